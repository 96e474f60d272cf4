//! Membership of groups and reach of applications, evaluated from the raw rules as JSON. It needs
//! nothing else, so that the fuzz targets can use it without the host.

mod apps;
mod facts;
mod holdings;
mod kleene;
mod references;
mod rule;
mod shown;
mod solution;
mod text;
mod told;
mod vocabulary;
mod world;

pub use apps::{Asking, Exposure, Passage, Reach, Setting, Through};
pub use shown::{Shown, Tested};

use serde_json::Value;
use solution::{Solution, Who};
use std::collections::{BTreeMap, BTreeSet};
pub use told::{Expected, Fact, ProviderGroup};
pub use vocabulary::{Conditions, Held, Kind, Lists, Principal};
use world::World;

/// Returns a principal's membership of each group, or `None` where there is none. `groups` are as the
/// API returns them.
pub fn evaluate(
    account_id: &str,
    groups: &[Value],
    lists: &Lists,
    principal: &Principal,
) -> BTreeMap<String, Option<Held>> {
    let world = World::new(account_id, groups, lists, Vec::new());
    world.holdings(&Solution::of(&world, Who::Person(principal)))
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
