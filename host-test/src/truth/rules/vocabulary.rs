//! The vocabulary of the evaluation: people, lists, and how somebody holds something.

use serde_json::Value;
use std::collections::BTreeMap;

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
