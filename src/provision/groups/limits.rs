//! The limits of a group: it has at least one include rule, and at most so many rules.

use super::groups_of_call::GroupsOfCall;
use super::verdict::{PlannedChange, Verdict};
use crate::sorted::{Map, Set};

/// The most rules of a group. <https://developers.cloudflare.com/cloudflare-one/account-limits/>
/// states this for an application; that a group has the same limit is inferred.
pub(crate) const MOST_RULES: usize = 1000;

/// Refuses the revokes that would remove the last include rule of a group. Rules that the call adds
/// to the group count.
///
/// `include` is required (OpenAPI: PUT /accounts/{account_id}/access/groups/{group_id}); an empty
/// one is refused (inferred).
pub(super) fn refuse_empty_includes(
    groups: &mut GroupsOfCall,
    changes: &[PlannedChange],
    verdicts: &mut [Verdict],
) {
    let mut left: Map<&str, usize> = Map::default();
    let mut added = Set::default();
    for (change, verdict) in changes.iter().zip(verdicts.iter()) {
        let Some(place) = groups.place_of(change.group.as_str()) else { continue };
        let left = left.get_or_insert_with(change.group.as_str(), || groups.includes(place));
        if matches!(verdict, Verdict::Add) && added.insert(key_of(change)) {
            *left += 1;
        }
    }
    let mut taken: Map<(&str, &str), bool> = Map::default();
    for (change, verdict) in changes.iter().zip(verdicts) {
        if !matches!(verdict, Verdict::Take) {
            continue;
        }
        let key = key_of(change);
        let is_allowed = taken.get(&key).copied().unwrap_or_else(|| {
            let written = groups.written(&change.principal);
            let direct = change.direct_rules(groups, &written);
            let left = left.get_or_insert_with(change.group.as_str(), usize::default);
            let is_allowed = *left > direct;
            if is_allowed {
                *left -= direct;
            }
            is_allowed
        });
        taken.insert(key, is_allowed);
        if !is_allowed {
            *verdict = change.refused(
                "This is the last include rule of the group, and Cloudflare keeps no group without one. Give \
                 the group another rule first, or delete it.",
            );
        }
    }
}

/// Refuses the last ones of the grants that would give a group more rules than Cloudflare takes. A
/// group that has more already shows that the account has another limit.
pub(super) fn refuse_too_many_rules(
    groups: &mut GroupsOfCall,
    changes: &[PlannedChange],
    verdicts: &mut [Verdict],
) {
    let mut rules: Map<&str, (usize, Set<&str>)> = Map::default();
    for (change, verdict) in changes.iter().zip(verdicts.iter()) {
        let Some(place) = groups.place_of(change.group.as_str()) else { continue };
        let (count, taken) =
            rules.get_or_insert_with(change.group.as_str(), || (groups.rules(place), Set::default()));
        if matches!(verdict, Verdict::Take) && *count <= MOST_RULES && taken.insert(key_of(change).1) {
            let written = groups.written(&change.principal);
            *count = count.saturating_sub(change.direct_rules(groups, &written));
        }
    }
    let mut wanted: Map<&str, Set<&str>> = Map::default();
    for (change, verdict) in changes.iter().zip(verdicts.iter()) {
        if matches!(verdict, Verdict::Add) {
            let (group, address) = key_of(change);
            wanted.get_or_insert_with(group, Set::default).insert(address);
        }
    }
    let mut added = Set::default();
    for (change, verdict) in changes.iter().zip(verdicts) {
        let Some((count, _)) = rules.get_mut(change.group.as_str()) else { continue };
        let key = key_of(change);
        if !matches!(verdict, Verdict::Add) || *count > MOST_RULES || added.contains(&key) {
            continue;
        }
        if *count == MOST_RULES {
            let all = wanted.get(key.0).map_or(0, |addresses| addresses.iter().count());
            let taken = added.iter().filter(|(group, _)| *group == key.0).count();
            *verdict = change.refused(&format!(
                "The group would have {} rules, and Cloudflare takes at most {MOST_RULES} in one. Give these \
                 people another group, or put their addresses into a list that the group includes.",
                MOST_RULES - taken + all
            ));
        } else {
            *count += 1;
            added.insert(key);
        }
    }
}

/// The group of a change, and the address whose rules it writes; empty where it has none.
fn key_of(change: &PlannedChange) -> (&str, &str) {
    (change.group.as_str(), change.principal.address_key().unwrap_or_default())
}
