//! Membership of groups and reach of applications, evaluated from the raw rules as JSON. It needs
//! nothing else, so that the fuzz targets can use it without the host.

mod apps;
mod kleene;
mod references;
mod rule;
mod solution;
mod text;
mod world;

pub use apps::{Asking, Exposure, Passage, Reach, Setting, Through};
use serde_json::Value;
use solution::Who;
use std::collections::{BTreeMap, BTreeSet};
use world::World;

/// The items of Zero Trust lists by id, or `None` for a list that can't be read. A list that doesn't
/// exist can't be read either.
pub type Lists = BTreeMap<String, Option<Vec<String>>>;

/// The person that groups are evaluated for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    pub kind: Kind,
    pub address: Option<String>,
    /// A member's status: `accepted`, `pending` or `rejected`.
    pub status: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An Access user.
    User,
    /// An account member.
    Member,
    /// An address that no user and no member has.
    Email,
}

impl Kind {
    /// Returns the kind's word in a grant's id.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::User => "user",
            Kind::Member => "member",
            Kind::Email => "email",
        }
    }
}

/// The way in which a principal holds an entitlement.
#[derive(Clone, Debug, PartialEq)]
pub struct Held {
    /// `None` means that the grant is certain.
    pub conditions: Option<Conditions>,
    /// Rule kinds and values as the rules spell them, sorted, each once.
    pub basis: Vec<(String, String)>,
    /// For a group: whether other rules remain without the person's own `email` rules, none of them may
    /// mean the person in another spelling, and the person is no member then. For a role: whether the
    /// member has others, and every policy mirrors a role over the whole account.
    pub revocable: bool,
}

/// A group's own open rules, raw and in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Conditions {
    pub any_of: Vec<Value>,
    pub all_of: Vec<Value>,
    pub none_of: Vec<Value>,
}

/// Returns a principal's membership of each group, or `None` where there is none. `groups` are as the
/// API returns them.
pub fn evaluate(
    account_id: &str,
    groups: &[Value],
    lists: &Lists,
    principal: &Principal,
) -> BTreeMap<String, Option<Held>> {
    let world = World::new(account_id, groups, lists, Vec::new());
    world.holdings(&world.solution(Who::Person(principal)))
}

/// Returns the addresses, in lower case, that an include rule of a group names one by one, directly or
/// through a list that can be read.
pub fn included_addresses(account_id: &str, groups: &[Value], lists: &Lists) -> BTreeSet<String> {
    let world = World::new(account_id, groups, lists, Vec::new());
    world.included_addresses(0..world.groups)
}

/// Returns the groups with an include rule whose text isn't one address or one domain, and may mean
/// the principal. The rule may be in an included group.
pub fn unclear(account_id: &str, groups: &[Value], lists: &Lists, principal: &Principal) -> BTreeSet<String> {
    World::new(account_id, groups, lists, Vec::new()).unclear(principal)
}
