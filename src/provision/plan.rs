//! What each change of a group does, decided before anything is written, over all groups and over the whole batch: a change is judged by
//! the state that the batch leaves, so that the order of its changes doesn't matter.

use super::change::{Operation, plain_address};
use super::people::Who;
use super::world::{OwnRules, World};
use crate::cloudflare::id::Id;
use crate::error::{Error, ErrorKind};
use crate::membership::{Evaluation, Own, Value};
use crate::model::Kind;
use crate::sync::records::entitlement_id;
use std::collections::{BTreeMap, BTreeSet};

/// A change of a group whose principal is known.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    /// Its place in the call.
    pub index: usize,
    pub operation: Operation,
    pub group: Id,
    pub who: Who,
}

/// What is to be done for a change.
#[derive(Clone, Debug)]
pub(super) enum Verdict {
    /// It is so already.
    Unchanged(String),
    /// The address gets a rule.
    Add,
    /// The address loses its rules.
    Take,
    /// Nothing is to be written for it: another change of the batch takes away what names the person.
    Follows,
    /// It must not be done, or can't.
    Refused(Box<Error>),
}

impl Verdict {
    /// What it makes of the person's own rules, if anything.
    pub const fn own(&self) -> Option<Own> {
        match self {
            Verdict::Add => Some(Own::Added),
            Verdict::Take => Some(Own::Taken),
            Verdict::Unchanged(_) | Verdict::Follows | Verdict::Refused(_) => None,
        }
    }
}

/// How firmly somebody is in a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Hold {
    No,
    OnConditions,
    Certain,
}

/// How firmly somebody is in the group at this place.
fn hold(evaluation: &Evaluation<'_, '_>, place: usize) -> Hold {
    match (evaluation.holds(place), evaluation.value(place)) {
        (false, _) => Hold::No,
        (true, Value::Yes) => Hold::Certain,
        (true, _) => Hold::OnConditions,
    }
}

/// How firmly somebody whose own rules are as `own` says is in each group.
pub(super) fn holds(world: &mut World, who: &Who, own: &OwnRules) -> Vec<Hold> {
    let places = world.len();
    let evaluation = world.evaluate(who, own);
    (0..places).map(|place| hold(&evaluation, place)).collect()
}

/// Decides on all changes that wait, each in its place.
pub(super) fn plan(world: &mut World, waiting: &[Asked], granted: &Granted, allow_gains: bool) -> Vec<Verdict> {
    let mut verdicts: Vec<Option<Verdict>> = vec![None; waiting.len()];
    loop {
        let batch = Batch::new(world, waiting, &verdicts);
        let mut refused = false;
        for (place, asked) in waiting.iter().enumerate() {
            if matches!(verdicts[place], Some(Verdict::Refused(_))) {
                continue;
            }
            let verdict = match asked.operation {
                Operation::Grant => grant(world, asked, &batch),
                Operation::Revoke => revoke(world, asked, &batch, granted, allow_gains),
            };
            refused |= matches!(verdict, Verdict::Refused(_));
            verdicts[place] = Some(verdict);
        }
        refused |= refuse_empty_includes(world, waiting, &mut verdicts);
        if !refused {
            break;
        }
    }
    verdicts.into_iter().map(|verdict| verdict.unwrap_or(Verdict::Follows)).collect()
}

/// What the call grants: a gain of that is no surprise. By address and group.
pub(super) type Granted = BTreeSet<(String, Id)>;

/// What the batch leaves of the own rules of each address.
struct Batch {
    left: BTreeMap<String, OwnRules>,
    /// The groups that an address is to leave.
    revoked: BTreeMap<String, Vec<Id>>,
}

impl Batch {
    fn new(world: &mut World, waiting: &[Asked], verdicts: &[Option<Verdict>]) -> Self {
        let mut batch = Self { left: BTreeMap::new(), revoked: BTreeMap::new() };
        for (asked, verdict) in waiting.iter().zip(verdicts) {
            let Some(address) = asked.who.address_key() else { continue };
            if matches!(verdict, Some(Verdict::Refused(_))) {
                continue;
            }
            let written = world.written(Some(&address));
            let own = match asked.operation {
                Operation::Revoke => Some(Own::Taken),
                Operation::Grant => (own_rules(world, asked, &written) == 0).then_some(Own::Added),
            };
            let left = batch.left.entry(address.clone()).or_insert(written);
            left.extend(own.map(|own| (asked.group.as_str().to_owned(), own)));
            if asked.operation == Operation::Revoke {
                batch.revoked.entry(address).or_default().push(asked.group.clone());
            }
        }
        batch
    }

    fn left(&self, who: &Who) -> OwnRules {
        who.address_key().and_then(|address| self.left.get(&address)).cloned().unwrap_or_default()
    }
}

/// How many rules of their own somebody has in the group of the change.
fn own_rules(world: &mut World, asked: &Asked, own: &OwnRules) -> usize {
    let Some(place) = world.place_of(asked.group.as_str()) else { return 0 };
    world.evaluate(&asked.who, own).own_rules(place)
}

fn refused(asked: &Asked, why: impl Into<String>) -> Verdict {
    let about = format!("{}:{}", Kind::Group, asked.group);
    Verdict::Refused(Box::new(
        Error::new(ErrorKind::Refused, format!("{} Nothing was written.", why.into())).about(about),
    ))
}

fn grant(world: &mut World, asked: &Asked, batch: &Batch) -> Verdict {
    let group = asked.group.as_str();
    let Some(place) = world.place_of(group) else { return unknown(world, asked) };
    let Some(address) = asked.who.address.as_deref() else {
        return refused(asked, "This principal has no address that a rule could name.");
    };
    if plain_address(address).is_none() {
        return refused(
            asked,
            "This principal's address is not one plain address in ASCII: which rule would match it isn't known.",
        );
    }
    let before = world.written(asked.who.address_key().as_deref());
    let left = batch.left(&asked.who);
    let (mut with, mut without) = (before.clone(), left.clone());
    without.remove(group);
    without.extend(before.get(group).map(|&own| (group.to_owned(), own)));
    if own_rules(world, asked, &before) == 0 {
        with.insert(group.to_owned(), Own::Added);
    }
    let in_the_end = world.evaluate(&asked.who, &left);
    if in_the_end.value(place) == Value::No {
        let rule = in_the_end.refusing(place);
        let rule = rule.map_or_else(String::new, |rule| {
            format!(": its {} rule {} says no ({})", rule.section.word(), rule.position + 1, rule.text)
        });
        return refused(asked, format!("A rule for {address} would not make them a member of this group{rule}."));
    }
    let end = in_the_end.value(place);
    let mut same = |one: &OwnRules, value: Option<Value>| {
        let evaluation = world.evaluate(&asked.who, one);
        let found = evaluation.value(place);
        (evaluation.is_named(place) && value.is_none_or(|value| value == found)).then_some(found)
    };
    let now = same(&before, None).and_then(|value| same(&with, Some(value)));
    if now.is_some() && same(&without, Some(end)).is_some() {
        return Verdict::Unchanged(
            "The group has this principal already, and a rule of their own would change nothing.".to_owned(),
        );
    }
    Verdict::Add
}

fn revoke(world: &mut World, asked: &Asked, batch: &Batch, granted: &Granted, allow_gains: bool) -> Verdict {
    let group = asked.group.as_str();
    let Some(place) = world.place_of(group) else { return unknown(world, asked) };
    let before = world.written(asked.who.address_key().as_deref());
    let now = world.evaluate(&asked.who, &before);
    let (own, held) = (now.own_rules(place), now.holds(place));
    let open = still_open(&now, place);
    let left = if asked.who.address.is_some() { batch.left(&asked.who) } else { before.clone() };
    let in_the_end = world.evaluate(&asked.who, &left);
    if in_the_end.holds(place) {
        let naming = named(&in_the_end.basis(place));
        let stays = if held { "stays" } else { "becomes" };
        return refused(
            asked,
            format!("This principal {stays} a member of the group: {naming} still names them. Change that first."),
        );
    }
    if own == 0 && !held {
        return Verdict::Unchanged(format!(
            "The group has no rule for this principal, and doesn't name them otherwise.{open}"
        ));
    }
    if !allow_gains {
        let gains = gains(world, asked, &before, &left, batch, granted);
        if !gains.is_empty() {
            return refused(
                asked,
                format!(
                    "Leaving this group would give this principal what they don't hold now: {}. Allow gains if that is meant, or take it away \
                     in the same call.",
                    gains.join(", ")
                ),
            );
        }
    }
    if own == 0 { Verdict::Follows } else { Verdict::Take }
}

/// What the group's open includes could still let in, as the end of a sentence before it.
pub(super) fn still_open(evaluation: &Evaluation<'_, '_>, place: usize) -> String {
    let open = evaluation.open_includes(place);
    let shown: Vec<&str> = open.iter().take(5).map(AsRef::as_ref).collect();
    let rest = if open.len() > shown.len() { format!(" and {} more", open.len() - shown.len()) } else { String::new() };
    if open.is_empty() { String::new() } else { format!(" A login may still match {}{rest}.", shown.join(", ")) }
}

/// Rules that name somebody, for a message.
fn named(basis: &[(&'static str, &str)]) -> String {
    let rules = basis.iter().filter(|(rule, _)| *rule != "email").take(5);
    let rules: Vec<String> = rules.map(|(rule, value)| format!("{rule} {value}").trim_end().to_owned()).collect();
    if rules.is_empty() { "another rule".to_owned() } else { rules.join(", ") }
}

/// The entitlements that this revoke, among the batch's others, gives its principal or makes certain, and that nobody asked for.
fn gains(
    world: &mut World,
    asked: &Asked,
    before: &OwnRules,
    left: &OwnRules,
    batch: &Batch,
    granted: &Granted,
) -> Vec<String> {
    let Some(address) = asked.who.address_key() else { return Vec::new() };
    let revoked = batch.revoked.get(&address).cloned().unwrap_or_default();
    let standing = |left: &mut OwnRules, group: &Id| {
        left.remove(group.as_str());
        left.extend(before.get(group.as_str()).map(|&own| (group.as_str().to_owned(), own)));
    };
    // What the batch's grants give anyway is no gain of its revokes.
    let mut granted_alone = left.clone();
    revoked.iter().for_each(|group| standing(&mut granted_alone, group));
    let now = holds(world, &asked.who, before);
    let granted_alone = holds(world, &asked.who, &granted_alone);
    let in_the_end = holds(world, &asked.who, left);
    let mut gained: Vec<usize> =
        (0..now.len()).filter(|&place| in_the_end[place] > now[place].max(granted_alone[place])).collect();
    gained.retain(|&place| Id::parse(world.id_at(place)).is_none_or(|id| !granted.contains(&(address.clone(), id))));
    if gained.is_empty() {
        return Vec::new();
    }
    // Where several revokes of one person work together, those are to blame without which it wouldn't be so; or else all.
    let mut by_whom: BTreeMap<usize, Vec<Id>> = BTreeMap::new();
    for other in revoked {
        let mut without = left.clone();
        standing(&mut without, &other);
        let without = holds(world, &asked.who, &without);
        for &place in gained.iter().filter(|&&place| without[place] < in_the_end[place]) {
            by_whom.entry(place).or_default().push(other.clone());
        }
    }
    gained.retain(|place| by_whom.get(place).is_none_or(|groups| groups.contains(&asked.group)));
    gained.into_iter().map(|place| entitlement_id(Kind::Group, world.id_at(place))).collect()
}

/// Refuses the revokes that would take the last include rule of a group. What the batch adds to it counts.
fn refuse_empty_includes(world: &mut World, waiting: &[Asked], verdicts: &mut [Option<Verdict>]) -> bool {
    let mut left: BTreeMap<&Id, usize> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for (asked, verdict) in waiting.iter().zip(verdicts.iter()) {
        let Some(place) = world.place_of(asked.group.as_str()) else { continue };
        let left = left.entry(&asked.group).or_insert_with(|| world.includes(place));
        if matches!(verdict, Some(Verdict::Add)) && seen.insert((&asked.group, asked.who.address_key())) {
            *left += 1;
        }
    }
    let mut taken: BTreeMap<(&Id, Option<String>), bool> = BTreeMap::new();
    let mut any = false;
    for (asked, verdict) in waiting.iter().zip(verdicts.iter_mut()) {
        if !matches!(verdict, Some(Verdict::Take)) {
            continue;
        }
        let may = match taken.get(&(&asked.group, asked.who.address_key())) {
            Some(&may) => may,
            None => {
                let written = world.written(asked.who.address_key().as_deref());
                let own = own_rules(world, asked, &written);
                let left = left.entry(&asked.group).or_default();
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

/// For a group that isn't among those that are evaluated.
fn unknown(world: &World, asked: &Asked) -> Verdict {
    let group = &asked.group;
    let (kind, message) = match world.why_not_understood(group) {
        Some(why) => (
            ErrorKind::InvalidResponse,
            format!(
                "What Cloudflare says of the Access group {group} can't be understood: {why}. Nothing was written."
            ),
        ),
        None => {
            (ErrorKind::NotFound, format!("There is no Access group {group} in this account. Read again, then decide."))
        }
    };
    Verdict::Refused(Box::new(Error::new(kind, message).about(format!("{}:{group}", Kind::Group))))
}

/// Of the groups that wait, the place of the one to write next: one whose changes do now what they do in the end, or else one that
/// gives nobody anything in between.
pub(super) fn next(world: &mut World, waiting: &[Asked], verdicts: &[Verdict], granted: &Granted) -> Option<Id> {
    let mut groups: Vec<&Id> = Vec::new();
    let mut by_address: BTreeMap<Option<String>, BTreeSet<&Id>> = BTreeMap::new();
    for asked in waiting {
        if !groups.contains(&&asked.group) {
            groups.push(&asked.group);
        }
        by_address.entry(asked.who.address_key()).or_default().insert(&asked.group);
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
            let before = world.written(address.as_deref());
            let mut after = before.clone();
            after.insert(group.as_str().to_owned(), own);
            let (was, is) = (holds(world, &asked.who, &before), holds(world, &asked.who, &after));
            let granted = |place: usize| {
                let id = Id::parse(world.id_at(place));
                address.clone().zip(id).is_some_and(|of| granted.contains(&of))
            };
            let gives = (0..was.len()).any(|other| is[other] > was[other] && other != place && !granted(other));
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
