//! The words about grants that facts about groups of identity providers speak of.

use super::app_changes::way;
use super::direct_rules::DirectRules;
use super::groups_of_call::GroupsOfCall;
use super::plan::still_open;
use super::verdict::PlannedChange;
use crate::json::value::Json;
use crate::model::Grant;
use crate::provision::errors::listed;
use crate::provision::people::Principal;
use crate::rules::Value;

/// Says whether a login is expected to show what a grant's conditions ask for, and according to whom, as a
/// sentence that follows another one; nothing if no fact speaks of it.
pub(super) fn expectation(grant: &Grant) -> String {
    let extra = Json::parse(&grant.extra).unwrap_or(Json::Null);
    let Some(source) = extra.get("source").text() else { return String::new() };
    let verb = if matches!(extra.get("expected"), Json::Bool(true)) { "is" } else { "isn't" };
    let according = according(source, extra.get("as_of").text());
    format!(" {according}, a login {verb} expected to show that.")
}

fn according(source: &str, as_of: Option<&str>) -> String {
    let as_of = as_of.map(|as_of| [", as of ", as_of].concat()).unwrap_or_default();
    ["According to ", source, &as_of].concat()
}

/// Says that a person with these direct rules isn't expected to match any of the groups and policies at some
/// places of the membership, if facts say so.
pub(super) fn unexpected(
    groups: &mut GroupsOfCall,
    person: &Principal,
    rules: &DirectRules,
    places: &[usize],
) -> Option<String> {
    let evidence = groups.evidence(places)?;
    let evaluation = groups.evaluate(person, rules);
    let is_unexpected = places.iter().all(|&place| evaluation.expected_value(place) == Some(Value::No));
    let according = according(&evidence.source, evidence.as_of.as_deref());
    is_unexpected.then(|| [&according, ", this person isn't expected to."].concat())
}

/// Lists the include rules that a login may still match for the principal of a change with these direct
/// rules, as a sentence that follows another one.
pub(super) fn open(groups: &mut GroupsOfCall, change: &PlannedChange, rules: &DirectRules) -> String {
    let Some(place) = groups.place_of(change.group.as_str()) else { return String::new() };
    still_open(&groups.evaluate(&change.principal, rules), place)
}

/// Says that a person whose own rule goes stays a member, because facts name them too, as a sentence that
/// follows the one about rules that a login may still match.
pub(super) fn stays(groups: &GroupsOfCall, left: &Grant) -> String {
    let ways = listed(left.basis.iter().map(|basis| way(groups, basis)));
    format!(" If it does, they stay a member through {ways}.{}", expectation(left))
}
