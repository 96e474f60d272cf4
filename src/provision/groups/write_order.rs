//! The order in which groups are written.

use super::gains::Granted;
use super::groups_of_call::GroupsOfCall;
use super::verdict::{Decided, Hold, Holds};
use crate::cloudflare::id::Id;
use crate::provision::change::Operation;
use crate::sorted::{Map, Set};

/// Picks the group to write next, among those with changes that wait: first one whose changes have
/// their final effect at once, else one whose write gives nobody anything for the time between.
pub(super) fn next(groups: &mut GroupsOfCall, waiting: &[Decided], granted: &Granted) -> Option<Id> {
    let mut targets: Vec<&Id> = Vec::new();
    let mut by_address: Map<&str, Set<&Id>> = Map::default();
    for Decided { change, .. } in waiting {
        if !targets.contains(&&change.group) {
            targets.push(&change.group);
        }
        if let Some(address) = change.principal.address_key() {
            by_address.get_or_insert_with(address, Set::default).insert(&change.group);
        }
    }
    let mut harmless = None;
    for &group in &targets {
        let Some(place) = groups.place_of(group.as_str()) else { return Some(group.clone()) };
        let (mut is_clean, mut is_harmless) = (true, true);
        for Decided { change, verdict } in waiting.iter().filter(|decided| decided.change.group == *group) {
            let (Some(rule), Some(address)) = (verdict.direct_rule(), change.principal.address_key()) else {
                continue;
            };
            // An address with no other change has its final state after this write.
            if by_address.get(address).is_none_or(|groups| groups.len() < 2) {
                continue;
            }
            let before = groups.written(&change.principal);
            let was = Holds::of(groups, &change.principal, &before);
            let is = Holds::of(groups, &change.principal, &before.with(group, rule));
            let is_asked_for = |other| other == place || granted.has(address, groups.id_at(other));
            let gives = is.firmer_than(&was).any(|other| !is_asked_for(other));
            is_harmless &= change.operation == Operation::Grant || !gives;
            is_clean &= match change.operation {
                Operation::Grant => is.at(place) > Hold::No,
                Operation::Revoke => is.at(place) == Hold::No && !gives,
            };
        }
        if is_clean {
            return Some(group.clone());
        }
        if is_harmless {
            harmless.get_or_insert(group);
        }
    }
    harmless.or_else(|| targets.first().copied()).cloned()
}
