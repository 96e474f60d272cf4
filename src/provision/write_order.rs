//! Which group is written next.

use super::change::Operation;
use super::gains::Granted;
use super::plan::{Asked, Hold, Verdict, holds};
use super::world::World;
use crate::cloudflare::id::Id;
use crate::sorted::{Map, Set};

/// Of the groups that wait, the one to write next: one whose changes do now what they do in the
/// end, or else one that gives nobody anything in between.
pub(super) fn next(
    world: &mut World,
    waiting: &[Asked],
    verdicts: &[Verdict],
    granted: &Granted,
) -> Option<Id> {
    let mut groups: Vec<&Id> = Vec::new();
    let mut by_address: Map<Option<&str>, Set<&Id>> = Map::default();
    for asked in waiting {
        if !groups.contains(&&asked.group) {
            groups.push(&asked.group);
        }
        by_address.get_or_insert_with(asked.who.address_key(), Set::default).insert(&asked.group);
    }
    let mut harmless = None;
    for group in &groups {
        let (mut is_clean, mut is_harmless) = (true, true);
        for (asked, verdict) in waiting.iter().zip(verdicts).filter(|(asked, _)| asked.group == **group) {
            let (Some(own), Some(place)) = (verdict.own(), world.place_of(group.as_str())) else { continue };
            let address = asked.who.address_key();
            // Where the address has no other change, now is the end.
            if by_address.get(&address).is_none_or(|groups| groups.len() < 2) {
                continue;
            }
            let before = world.written(address);
            let mut after = before.clone();
            after.insert(group.as_str().to_owned(), own);
            let (was, is) = (holds(world, &asked.who, &before), holds(world, &asked.who, &after));
            let granted = |place: usize| granted.has(address, world.id_at(place));
            let gives =
                (0..was.len()).any(|other| is[other] > was[other] && other != place && !granted(other));
            is_harmless &= asked.operation == Operation::Grant || !gives;
            is_clean &= match asked.operation {
                Operation::Grant => is[place] > Hold::No,
                Operation::Revoke => is[place] == Hold::No && !gives,
            };
        }
        if is_clean {
            return Some((*group).clone());
        }
        if is_harmless {
            harmless.get_or_insert_with(|| (*group).clone());
        }
    }
    harmless.or_else(|| groups.first().map(|group| (*group).clone()))
}
