//! What a group has room for: Cloudflare keeps no group without an include rule, and none with more
//! than so many rules.

use super::plan::{Asked, Verdict, own_rules, refused};
use super::world::World;
use crate::cloudflare::id::Id;
use crate::sorted::{Map, Set};

/// Cloudflare's limit on the rules of a group.
const MOST_RULES: usize = 1000;

/// Refuses the revokes that would take the last include rule of a group. What the batch adds to it
/// counts.
pub(super) fn refuse_empty_includes(
    world: &mut World,
    waiting: &[Asked],
    verdicts: &mut [Option<Verdict>],
) -> bool {
    let mut left: Map<&Id, usize> = Map::default();
    let mut seen = Set::default();
    for (asked, verdict) in waiting.iter().zip(verdicts.iter()) {
        let Some(place) = world.place_of(asked.group.as_str()) else { continue };
        let left = left.get_or_insert_with(&asked.group, || world.includes(place));
        if matches!(verdict, Some(Verdict::Add)) && seen.insert((&asked.group, asked.who.address_key())) {
            *left += 1;
        }
    }
    let mut taken: Map<(&Id, Option<&str>), bool> = Map::default();
    let mut any = false;
    for (asked, verdict) in waiting.iter().zip(verdicts.iter_mut()) {
        if !matches!(verdict, Some(Verdict::Take)) {
            continue;
        }
        let may = match taken.get(&(&asked.group, asked.who.address_key())) {
            Some(&may) => may,
            None => {
                let written = world.written(asked.who.address_key());
                let own = own_rules(world, asked, &written);
                let left = left.get_or_insert_with(&asked.group, usize::default);
                let may = *left > own;
                if may {
                    *left -= own;
                }
                taken.insert((&asked.group, asked.who.address_key()), may);
                may
            }
        };
        if !may {
            let why = "This is the last include rule of the group, and Cloudflare keeps no group without one. Give the group another rule \
                       first, or delete it.";
            *verdict = Some(refused(asked, why));
            any = true;
        }
    }
    any
}

/// Refuses the last ones of the grants that would give a group more rules than Cloudflare takes. A
/// group that has more already shows that the account has another limit.
pub(super) fn refuse_too_many_rules(
    world: &mut World,
    waiting: &[Asked],
    verdicts: &mut [Option<Verdict>],
) -> bool {
    let mut rules: Map<&Id, (usize, Set<Option<&str>>)> = Map::default();
    for (asked, verdict) in waiting.iter().zip(verdicts.iter()) {
        let Some(place) = world.place_of(asked.group.as_str()) else { continue };
        let (count, taken) = rules.get_or_insert_with(&asked.group, || (world.rules(place), Set::default()));
        if matches!(verdict, Some(Verdict::Take))
            && *count <= MOST_RULES
            && taken.insert(asked.who.address_key())
        {
            let written = world.written(asked.who.address_key());
            *count -= own_rules(world, asked, &written).min(*count);
        }
    }
    let mut any = false;
    let mut added = Set::default();
    for (asked, verdict) in waiting.iter().zip(verdicts.iter_mut()) {
        let Some((count, _)) = rules.get_mut(&asked.group) else { continue };
        if !matches!(verdict, Some(Verdict::Add))
            || *count > MOST_RULES
            || added.contains(&(&asked.group, asked.who.address_key()))
        {
            continue;
        }
        if *count == MOST_RULES {
            let why = format!(
                "The group would have more than {MOST_RULES} rules, and Cloudflare takes no more. Use a list or another group."
            );
            *verdict = Some(refused(asked, why));
            any = true;
        } else {
            *count += 1;
            added.insert((&asked.group, asked.who.address_key()));
        }
    }
    any
}
