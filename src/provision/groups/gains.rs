//! The gains of a revoke: leaving a group can let a principal into another group that excludes it, or
//! into an application that denies it.

use super::direct_rules::DirectRules;
use super::groups_of_call::GroupsOfCall;
use super::verdict::{Holds, PlannedChange};
use crate::cloudflare::id::Id;
use crate::model::Kind;
use crate::provision::change::Operation;
use crate::rules::DirectRule;
use crate::sorted::{Map, Set};

/// The direct rules of each address as the whole call leaves them.
pub(super) struct Batch<'a> {
    left: Map<&'a str, DirectRules>,
    /// The groups that an address is to leave.
    revoked: Map<&'a str, Vec<&'a Id>>,
}

impl<'a> Batch<'a> {
    /// Adds up the changes that aren't refused.
    pub fn new(groups: &mut GroupsOfCall, changes: impl Iterator<Item = &'a PlannedChange>) -> Self {
        let mut batch = Self { left: Map::default(), revoked: Map::default() };
        for change in changes {
            let Some(address) = change.principal.address_key() else { continue };
            let written = groups.written(&change.principal);
            let rule = match change.operation {
                Operation::Revoke => Some(DirectRule::Removed),
                Operation::Grant => (change.direct_rules(groups, &written) == 0).then_some(DirectRule::Added),
            };
            let left = batch.left.get_or_insert_with(address, || written);
            if let Some(rule) = rule {
                left.set(&change.group, rule);
            }
            if change.operation == Operation::Revoke {
                batch.revoked.get_or_insert_with(address, Vec::new).push(&change.group);
            }
        }
        batch
    }

    /// Returns the direct rules of an address as the call leaves them.
    pub fn left(&self, address: &str) -> DirectRules {
        self.left.get(address).cloned().unwrap_or_default()
    }

    /// The groups that an address is to leave.
    fn revoked(&self, address: &str) -> &[&'a Id] {
        self.revoked.get(address).map_or(&[], Vec::as_slice)
    }
}

/// The grants of a call, by address. A gain that is among them was asked for, and no revoke is refused
/// for it.
#[derive(Default)]
pub(super) struct Granted(Map<String, Set<Id>>);

impl Granted {
    /// Collects the grants among these changes.
    pub fn new(changes: &[PlannedChange]) -> Self {
        let mut granted = Self::default();
        for change in changes.iter().filter(|change| change.operation == Operation::Grant) {
            if let Some(address) = change.principal.address_key() {
                let groups = granted.0.get_or_insert_with(address.to_owned(), Set::default);
                groups.insert(change.group.clone());
            }
        }
        granted
    }

    /// Whether the call grants this group to this address.
    pub fn has(&self, address: &str, group: &str) -> bool {
        self.0.get(address).is_some_and(|groups| groups.contains(group))
    }
}

/// Whether addresses, in lower case, belong to accepted account members, as far as that can matter.
pub(super) type Accepted = Map<String, bool>;

/// Returns the change for the same person as an account member, if the principal isn't a member and
/// the person is one.
pub(super) fn as_member(change: &PlannedChange, members: &Accepted) -> Option<PlannedChange> {
    let is_other = change.principal.id.kind != Kind::Member;
    let is_member = is_other && members.get(change.principal.address_key()?) == Some(&true);
    is_member.then(|| change.of(&change.principal.as_accepted_member()))
}

/// Returns the addresses for which it matters whether an account member has them: leaving their
/// groups could give a member more than it gives another principal.
pub(super) fn matter_as_members(groups: &mut GroupsOfCall, changes: &[PlannedChange]) -> Set<String> {
    let mut left: Map<&str, DirectRules> = Map::default();
    let is_revoke = |change: &&PlannedChange| {
        change.operation == Operation::Revoke && change.principal.id.kind != Kind::Member
    };
    let revokes = changes
        .iter()
        .filter(is_revoke)
        .filter_map(|change| change.principal.address_key().map(|address| (address, change)));
    for (address, change) in revokes.clone() {
        let left = left.get_or_insert_with(address, || groups.written(&change.principal));
        left.set(&change.group, DirectRule::Removed);
    }
    let mut matter = Set::default();
    for (address, change) in revokes {
        let Some(left) = left.get(address) else { continue };
        let before = groups.written(&change.principal);
        let mut gained = |principal| -> Set<usize> {
            let now = Holds::of(groups, principal, &before);
            Holds::of(groups, principal, left).firmer_than(&now).collect()
        };
        let anyway = gained(&change.principal);
        if gained(&change.principal.as_accepted_member()).iter().any(|place| !anyway.contains(place)) {
            matter.insert(address.to_owned());
        }
    }
    matter
}

/// Describes the entitlements that a revoke gives its principal, or makes certain, and that nobody
/// asked for. It is judged among the other changes of the batch: `before` are the direct rules now,
/// and `left` are those that the whole call leaves.
pub(super) fn gains(
    groups: &mut GroupsOfCall,
    change: &PlannedChange,
    before: &DirectRules,
    left: &DirectRules,
    batch: &Batch<'_>,
    granted: &Granted,
) -> Vec<String> {
    let principal = &change.principal;
    let Some(address) = principal.address_key() else { return Vec::new() };
    let now = Holds::of(groups, principal, before);
    let in_the_end = Holds::of(groups, principal, left);
    let is_asked_for = |place: &usize| granted.has(address, groups.id_at(*place));
    let mut gained: Vec<usize> = in_the_end.firmer_than(&now).filter(|place| !is_asked_for(place)).collect();
    if gained.is_empty() {
        return Vec::new();
    }
    // A gain that the grants alone would cause isn't the effect of a revoke.
    let mut grants_alone = left.clone();
    for revoked in batch.revoked(address) {
        grants_alone.restore(revoked, before);
    }
    let by_grants = Holds::of(groups, principal, &grants_alone);
    gained.retain(|&place| in_the_end.at(place) > by_grants.at(place));
    // Several revokes of one person can cause a gain together. Each revoke that the gain depends on is
    // refused. If it depends on no single one, all of them are.
    let mut by_whom: Map<usize, Vec<&Id>> = Map::default();
    for other in batch.revoked(address) {
        let mut without = left.clone();
        without.restore(other, before);
        let without = Holds::of(groups, principal, &without);
        for &place in gained.iter().filter(|&&place| without.at(place) < in_the_end.at(place)) {
            by_whom.get_or_insert_with(place, Vec::new).push(other);
        }
    }
    gained.retain(|place| by_whom.get(place).is_none_or(|groups| groups.contains(&&change.group)));
    gained.into_iter().map(|place| groups.described_at(place)).collect()
}
