//! What each change of a group does, decided before anything is written, over all groups and over
//! the whole batch: a change is judged by the state that the batch leaves, so that the order of its
//! changes doesn't matter.

use super::change::{Operation, plain_address, shortened};
use super::gains::{Accepted, Batch, Granted, as_member, gains, stand_again};
use super::group_limits::{refuse_empty_includes, refuse_too_many_rules};
use super::people::Who;
use super::world::{OwnRules, World};
use crate::cloudflare::group;
use crate::cloudflare::id::Id;
use crate::error::{Error, ErrorKind};
use crate::model::Kind;
use crate::rules::{DirectRule, Evaluation, Value};

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
    /// Nothing is to be written for it: another change of the batch takes away what names the
    /// person.
    Follows,
    /// It must not be done, or can't.
    Refused(Error),
}

impl Verdict {
    /// What it makes of the person's own rules, if anything.
    pub const fn own(&self) -> Option<DirectRule> {
        match self {
            Verdict::Add => Some(DirectRule::Added),
            Verdict::Take => Some(DirectRule::Removed),
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
pub(super) fn plan(
    world: &mut World,
    waiting: &[Asked],
    granted: &Granted,
    members: &Accepted,
    allow_gains: bool,
) -> Vec<Verdict> {
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
                Operation::Revoke => revoke(world, asked, &batch, granted, members, allow_gains),
            };
            refused |= matches!(verdict, Verdict::Refused(_));
            verdicts[place] = Some(verdict);
        }
        refused |= refuse_empty_includes(world, waiting, &mut verdicts);
        refused |= refuse_too_many_rules(world, waiting, &mut verdicts);
        if !refused {
            break;
        }
    }
    verdicts.into_iter().map(|verdict| verdict.unwrap_or(Verdict::Follows)).collect()
}

/// How many rules of their own somebody has in the group of the change.
pub(super) fn own_rules(world: &mut World, asked: &Asked, own: &OwnRules) -> usize {
    let Some(place) = world.place_of(asked.group.as_str()) else { return 0 };
    world.evaluate(&asked.who, own).own_rules(place)
}

pub(super) fn refused(asked: &Asked, why: impl Into<String>) -> Verdict {
    let about = format!("{}:{}", Kind::Group, asked.group);
    Verdict::Refused(
        Error::new(ErrorKind::Refused, format!("{} Nothing was written.", why.into())).about(about),
    )
}

fn grant(world: &mut World, asked: &Asked, batch: &Batch<'_>) -> Verdict {
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
    let before = world.written(asked.who.address_key());
    let left = batch.left(&asked.who);
    let (mut with, mut without) = (before.clone(), left.clone());
    stand_again(&mut without, &before, &asked.group);
    if own_rules(world, asked, &before) == 0 {
        with.insert(group.to_owned(), DirectRule::Added);
    }
    let in_the_end = world.evaluate(&asked.who, &left);
    if in_the_end.value(place) == Value::No {
        let rule = in_the_end.refusing(place);
        let rule = rule.map_or_else(String::new, |rule| {
            format!(
                ": its {} rule {} says no ({})",
                rule.section.word(),
                rule.position + 1,
                shortened(&rule.text)
            )
        });
        return refused(
            asked,
            format!("A rule for {address} would not make them a member of this group{rule}."),
        );
    }
    let mut seen = |own: &OwnRules| {
        let evaluation = world.evaluate(&asked.who, own);
        (evaluation.value(place), evaluation.is_named(place))
    };
    // It is so now, and the rest of the batch leaves it so.
    if seen(&before) == (seen(&with).0, true) && seen(&without) == (seen(&left).0, true) {
        let why = "The group has this principal already, and a rule of their own would change nothing.";
        return Verdict::Unchanged(why.to_owned());
    }
    Verdict::Add
}

fn revoke(
    world: &mut World,
    asked: &Asked,
    batch: &Batch<'_>,
    granted: &Granted,
    members: &Accepted,
    allow_gains: bool,
) -> Verdict {
    let group = asked.group.as_str();
    let Some(place) = world.place_of(group) else { return unknown(world, asked) };
    let before = world.written(asked.who.address_key());
    let now = world.evaluate(&asked.who, &before);
    let (own, held) = (now.own_rules(place), now.holds(place));
    let open = still_open(&now, place);
    let doubtful = beyond_ascii(&now, place, &asked.who);
    let left = if asked.who.address.is_some() { batch.left(&asked.who) } else { before.clone() };
    let in_the_end = world.evaluate(&asked.who, &left);
    if in_the_end.holds(place) {
        let naming = named(&in_the_end.basis(place));
        let stays = if held { "stays" } else { "becomes" };
        return refused(
            asked,
            format!(
                "This principal {stays} a member of the group: {naming} still names them. Change that first."
            ),
        );
    }
    if let Some(rule) = doubtful {
        return refused(
            asked,
            format!(
                "The group has the rule {rule}, which may be this principal's: how Cloudflare compares characters beyond ASCII isn't known. \
                 Change it in Cloudflare's dashboard."
            ),
        );
    }
    if own == 0 && !held {
        return Verdict::Unchanged(format!(
            "The group has no rule for this principal, and doesn't name them otherwise.{open}"
        ));
    }
    if !allow_gains {
        for (who, whom) in [
            (Some(asked.who.clone()), "this principal"),
            (as_member(asked, members), "this person, as an account member,"),
        ] {
            let Some(who) = who else { continue };
            let gains = gains(world, &Asked { who, ..asked.clone() }, &before, &left, batch, granted);
            if !gains.is_empty() {
                return refused(
                    asked,
                    format!(
                        "Leaving this group would give {whom} what they don't hold now: {}. Allow gains if that is meant, or take it away in \
                         the same call.",
                        gains.join(", ")
                    ),
                );
            }
        }
    }
    if own == 0 { Verdict::Follows } else { Verdict::Take }
}

/// An include rule for the principal's very address, where that has characters beyond ASCII: it is
/// open, and no rule of their own.
fn beyond_ascii(evaluation: &Evaluation<'_, '_>, place: usize, who: &Who) -> Option<String> {
    let address = who.address.as_deref().filter(|address| !address.is_ascii())?;
    let names = |rule: &str| {
        let rule: serde_json::Value = serde_json::from_str(rule).unwrap_or_default();
        rule["email"]["email"].as_str().is_some_and(|named| named.eq_ignore_ascii_case(address))
    };
    evaluation.open_includes(place).into_iter().find(|rule| names(rule)).map(|rule| shortened(&rule))
}

/// What the group's open includes could still let in, as the end of a sentence before it.
pub(super) fn still_open(evaluation: &Evaluation<'_, '_>, place: usize) -> String {
    let open = evaluation.open_includes(place);
    let shown: Vec<String> = open.iter().take(5).map(|rule| shortened(rule)).collect();
    let rest = if open.len() > shown.len() {
        format!(" and {} more", open.len() - shown.len())
    } else {
        String::new()
    };
    if open.is_empty() {
        String::new()
    } else {
        format!(" A login may still match {}{rest}.", shown.join(", "))
    }
}

/// Rules that name somebody, for a message.
fn named(basis: &[(&'static str, &str)]) -> String {
    let rules = basis.iter().filter(|(rule, _)| *rule != "email").take(5);
    let rules: Vec<String> =
        rules.map(|(rule, value)| shortened(&format!("{rule} {value}")).trim_end().to_owned()).collect();
    if rules.is_empty() { "another rule".to_owned() } else { rules.join(", ") }
}

/// Refuses a change of a group that isn't among those that are evaluated.
fn unknown(world: &World, asked: &Asked) -> Verdict {
    let group = &asked.group;
    let error = match (world.why_not_understood(group), world.gap()) {
        (Some(why), _) => Error::new(
            ErrorKind::InvalidResponse,
            format!(
                "What Cloudflare says of the Access group {group} can't be understood: {why}. Nothing was written."
            ),
        ),
        (None, Some(gap)) => gap.error(
            &format!("Nothing was written, because it isn't known whether there is an Access group {group}."),
            &group::COLLECTION,
        ),
        (None, None) => Error::new(
            ErrorKind::NotFound,
            format!("There is no Access group {group} in this account. Read again, then decide."),
        ),
    };
    Verdict::Refused(error.about(format!("{}:{group}", Kind::Group)))
}
