//! Decides what each change of a group does, before anything is written. A change is judged by all
//! groups, and by the state that the whole call leaves, so the order of its changes doesn't matter.

use super::direct_rules::DirectRules;
use super::gains::{Accepted, Batch, Granted, as_member, gains};
use super::groups_of_call::GroupsOfCall;
use super::limits::{refuse_empty_includes, refuse_too_many_rules};
use super::provided::{provided, rule_text};
use super::verdict::{PlannedChange, Verdict};
use crate::cloudflare::group;
use crate::identities::plain_address;
use crate::json::value::Json;
use crate::model::{Kind, ResourceId};
use crate::provision::change::Operation;
use crate::provision::errors::{about, listed, not_found, shortened};
use crate::provision::people::Principal;
use crate::rules::{DirectRule, Evaluation, Value, may_mean};

/// The facts beside the groups that a plan rests on.
pub(super) struct Facts {
    pub granted: Granted,
    pub members: Accepted,
    pub allow_gains: bool,
    /// The advice where a revoke would give something.
    pub if_it_gives: [&'static str; 2],
}

/// Returns a verdict for each change.
pub(super) fn plan(groups: &mut GroupsOfCall, changes: &[PlannedChange], facts: &Facts) -> Vec<Verdict> {
    let mut refusals: Vec<Option<Verdict>> = vec![None; changes.len()];
    // What is refused is no part of the batch: the others are judged again without it.
    loop {
        let known = refusals.iter().flatten().count();
        let others = changes.iter().zip(&refusals).filter(|(_, refusal)| refusal.is_none());
        let batch = Batch::new(groups, others.map(|(change, _)| change));
        let verdicts = changes.iter().zip(refusals).map(|(change, refusal)| match refusal {
            Some(verdict) => verdict,
            None => judge(groups, change, &batch, facts),
        });
        let mut verdicts: Vec<Verdict> = verdicts.collect();
        refuse_empty_includes(groups, changes, &mut verdicts);
        refuse_too_many_rules(groups, changes, &mut verdicts);
        if verdicts.iter().filter(|verdict| verdict.is_refused()).count() == known {
            return verdicts;
        }
        refusals = verdicts.into_iter().map(|verdict| Some(verdict).filter(Verdict::is_refused)).collect();
    }
}

fn judge(groups: &mut GroupsOfCall, change: &PlannedChange, batch: &Batch<'_>, facts: &Facts) -> Verdict {
    match (groups.place_of(change.group.as_str()), change.operation) {
        (None, _) => unknown(groups, change),
        (Some(place), Operation::Grant) => grant(groups, change, place, batch),
        (Some(place), Operation::Revoke) => revoke(groups, change, place, batch, facts),
    }
}

fn grant(groups: &mut GroupsOfCall, change: &PlannedChange, place: usize, batch: &Batch<'_>) -> Verdict {
    let principal = &change.principal;
    let (Some(address), Some(key)) = (principal.address(), principal.address_key()) else {
        return change.refused("This person has no address that a rule could name.");
    };
    if plain_address(address).is_none() {
        return change.refused(
            "This person's address is not one plain address in ASCII: which rule would match it isn't known.",
        );
    }
    let before = groups.written(principal);
    let left = batch.left(key);
    let with = if change.direct_rules(groups, &before) == 0 {
        before.with(&change.group, DirectRule::Added)
    } else {
        before.clone()
    };
    let mut without = left.clone();
    without.restore(&change.group, &before);
    let (mut why_not, mut is_for_nothing) = (None, true);
    for person in change.people() {
        if groups.evaluate(person, &left).value(place) == Value::No {
            why_not.get_or_insert_with(|| refusing(groups, person, &left, place));
            continue;
        }
        let mut seen = |rules: &DirectRules| {
            let evaluation = groups.evaluate(person, rules);
            (evaluation.value(place), evaluation.is_named_by_rules(place))
        };
        // The rule changes nothing now, and nothing in the state that the rest of the batch leaves.
        if seen(&before) != (seen(&with).0, true) || seen(&without) != (seen(&left).0, true) {
            return Verdict::Add;
        }
        is_for_nothing = false;
    }
    match why_not.filter(|_| is_for_nothing) {
        Some(rule) => {
            change.refused(&format!("A rule of their own would not make them a member of this group{rule}."))
        }
        None => {
            let why = "The group has this person already, and a rule of their own would change nothing.";
            Verdict::Unchanged(why.to_owned())
        }
    }
}

/// Describes the rule of a group that says *no* in any case to somebody with these direct rules, if there is
/// one, as the end of a sentence.
pub(super) fn refusing(
    groups: &mut GroupsOfCall,
    person: &Principal,
    rules: &DirectRules,
    place: usize,
) -> String {
    let evaluation = groups.evaluate(person, rules);
    let Some(rule) = evaluation.refusing(place) else { return String::new() };
    let (section, number, text) = (rule.section.word(), rule.position + 1, rule.text.into_owned());
    let json = Json::parse(&text).unwrap_or(Json::Null);
    let text = match json.get("group").get("id").text() {
        Some(id) => group_text(groups, id),
        None => shortened(&text),
    };
    format!(": its {section} rule {number} says no ({text})")
}

/// Names a group by its id, and by its name if it has one.
fn group_text(groups: &GroupsOfCall, id: &str) -> String {
    let name = groups.name_of(&ResourceId::new(Kind::Group, id));
    let name = name.map(|name| format!(" ({name:?})")).unwrap_or_default();
    format!("group {}{name}", shortened(id))
}

/// Says as whom somebody stays in a group whose address alone doesn't.
fn as_whom(
    groups: &mut GroupsOfCall,
    change: &PlannedChange,
    (person, rules): (&Principal, &DirectRules),
    place: usize,
) -> &'static str {
    let is_owner = person.id != change.principal.id && person.id.kind == Kind::Member;
    let is_by_address = |groups: &mut GroupsOfCall| groups.evaluate(&change.principal, rules).holds(place);
    if is_owner && !is_by_address(groups) { ", as an account member," } else { "" }
}

fn revoke(
    groups: &mut GroupsOfCall,
    change: &PlannedChange,
    place: usize,
    batch: &Batch<'_>,
    facts: &Facts,
) -> Verdict {
    let principal = &change.principal;
    let before = groups.written(principal);
    let now = groups.evaluate(principal, &before);
    let direct = now.own_rules(place);
    let open = still_open(&now, place);
    let beyond_ascii = beyond_ascii(&now, place, principal);
    let left = principal.address_key().map_or_else(|| before.clone(), |address| batch.left(address));
    let doubtful = groups.evaluate(principal, &left).doubtful_include(place);
    let doubtful = doubtful.map(|(of, rule)| (of, shortened(&rule)));
    let mut is_held = false;
    for person in change.people() {
        let now = groups.evaluate(person, &before);
        let (held, had_rules) = (now.holds(place), now.holds_without_facts(place));
        let mut in_the_end = groups.evaluate(person, &left);
        // What rests on facts alone may stay where a rule of their own goes.
        if in_the_end.holds_without_facts(place) || !had_rules && in_the_end.holds(place) {
            let by_facts = in_the_end.held_of(place).filter(|_| !in_the_end.holds_without_facts(place));
            let source = by_facts.and_then(|held| held.expected).map(|expected| expected.evidence.source);
            let basis = in_the_end.basis(place);
            let basis = basis.into_iter().map(|(rule, value)| (rule, value.to_owned())).collect();
            let naming = named(groups, basis);
            if let Some(source) = source {
                return change.refused(&format!(
                    "Only facts name this person in the group: {naming}, according to {source}. There is \
                     no rule of their own to take. Take them out of it at the identity provider."
                ));
            }
            let stays = if held { "stays" } else { "becomes" };
            return change.refused(&format!(
                "This person{} {stays} a member of the group: {naming} still names them. Change that first.",
                as_whom(groups, change, (person, &left), place)
            ));
        }
        is_held |= held;
    }
    if let Some((of, rule)) = doubtful {
        let whose = match of == place {
            true => "The group".to_owned(),
            false => {
                let group = group_text(groups, groups.id_at(of));
                format!("The {group}, which this group includes,")
            }
        };
        return change.refused(&format!(
            "{whose} has the rule {rule}, which may mean this person among others, or in another \
             spelling: whether Cloudflare matches them by it isn't known. Correct it in Cloudflare's \
             dashboard first."
        ));
    }
    if let Some(rule) = beyond_ascii {
        return change.refused(&format!(
            "The group has the rule {rule}, which may be this person's: how Cloudflare compares \
             characters beyond ASCII isn't known. Change it in Cloudflare's dashboard."
        ));
    }
    if direct == 0 && !is_held {
        return Verdict::Unchanged(format!(
            "The group has no rule for this person, and doesn't name them otherwise.{open}"
        ));
    }
    if !facts.allow_gains {
        let people = change.people().iter().map(|person| (change.of(person), "this person"));
        let member = as_member(change, &facts.members);
        let member = member.into_iter().map(|change| (change, "this person, as an account member,"));
        for (change, whom) in people.chain(member) {
            let gains = gains(groups, &change, &before, &left, batch, &facts.granted);
            if !gains.is_empty() {
                let error = change.refusal(&format!(
                    "Leaving this group would give {whom} what they don't hold now: {}. {}",
                    listed(gains),
                    facts.if_it_gives.concat()
                ));
                return Verdict::Gains(error);
            }
        }
    }
    if direct == 0 { Verdict::Follows } else { Verdict::Take }
}

/// Returns an include rule with characters beyond ASCII for the principal's very address, or for theirs
/// among others. Such a rule is open, and it is no direct rule.
fn beyond_ascii(evaluation: &Evaluation<'_, '_>, place: usize, principal: &Principal) -> Option<String> {
    let address = principal.address()?;
    let names = |rule: &str| {
        let rule = Json::parse(rule).unwrap_or(Json::Null);
        let named = rule.get("email").get("email").text();
        named.filter(|named| !named.is_ascii()).is_some_and(|named| {
            named.eq_ignore_ascii_case(address) || may_mean(named, [address].into_iter())
        })
    };
    evaluation.open_includes(place).into_iter().find(|rule| names(rule)).map(|rule| shortened(&rule))
}

/// Lists the include rules of a group that only a login can decide, as a sentence that follows
/// another one.
pub(super) fn still_open(evaluation: &Evaluation<'_, '_>, place: usize) -> String {
    let open = evaluation.open_includes(place);
    if open.is_empty() {
        return String::new();
    }
    let shown: Vec<String> = open.iter().take(5).map(|rule| rule_text(rule)).collect();
    let rest = match open.len() - shown.len() {
        0 => String::new(),
        rest => format!(" and {rest} more"),
    };
    format!(" A login may still match {}{rest}.", shown.join(", "))
}

/// Lists rules that name somebody, for a message.
fn named(groups: &GroupsOfCall, basis: Vec<(&'static str, String)>) -> String {
    let rules = basis.into_iter().filter(|(rule, _)| *rule != "email").map(|(rule, value)| {
        let text = provided(rule, &value)
            .unwrap_or_else(|| shortened(&format!("{rule} {value}")).trim_end().to_owned());
        let name = groups.name_of(&ResourceId::new(Kind::Group, value)).filter(|_| rule == "group");
        name.map_or_else(|| text.clone(), |name| format!("{text} ({name:?})"))
    });
    let rules = listed(rules);
    if rules.is_empty() { "another rule".to_owned() } else { rules }
}

/// Refuses a change of a group that isn't listed, or that can't be understood.
fn unknown(groups: &GroupsOfCall, change: &PlannedChange) -> Verdict {
    let object = group::COLLECTION.object(change.group.clone());
    let error = match (groups.why_not_understood(&change.group), groups.gap()) {
        (Some(why), _) => {
            let mut error = object.not_understood(why);
            error.message.push_str(" Nothing was written.");
            error
        }
        (None, Some(gap)) => gap.error(
            &format!("Nothing was written, because it isn't known whether there is an {object}."),
            &group::COLLECTION,
        ),
        (None, None) => not_found(&object),
    };
    Verdict::Refused(error.about(about(Kind::Group, &change.group)))
}
