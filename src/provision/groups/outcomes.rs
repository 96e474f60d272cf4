//! The outcome of a change of a group for its principal.

use super::by_facts;
use super::document::email_rule;
use super::groups_of_call::GroupsOfCall;
use super::plan::still_open;
use super::verdict::{Decided, Hold, Holds, PlannedChange};
use crate::cloudflare::id::Id;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Alternative, Grant, Kind, ResourceId};
use crate::provision::change::{Operation, Outcome, Status};
use crate::provision::errors::about;
use crate::provision::people::Principal;
use crate::records;
use crate::rules::DirectRule;
use crate::sorted::{Map, Set};

/// A write of a group, sent or planned.
pub(super) struct GroupWrite<'a> {
    pub group: &'a Id,
    /// The group's name.
    pub name: &'a str,
    /// The addresses that get a rule, as the rules spell them.
    pub added: &'a [String],
    pub dry_run: bool,
}

impl GroupWrite<'_> {
    /// Returns what the write gives each principal and takes from them, by the change's place in
    /// the call. Returns nothing if that takes more than `room` bytes, which it reduces.
    pub fn outcomes(
        &self,
        groups: &mut GroupsOfCall,
        waiting: &[Decided],
        room: &mut usize,
    ) -> Option<Map<usize, Outcome>> {
        let spelled: Map<String, &String> =
            self.added.iter().map(|address| (address.to_ascii_lowercase(), address)).collect();
        let mut outcomes = Map::default();
        let mut left = *room;
        for Decided { change, verdict } in
            waiting.iter().filter(|decided| decided.change.group == *self.group)
        {
            let (Some(rule), Some(key)) = (verdict.direct_rule(), change.principal.address_key()) else {
                continue;
            };
            let outcome = self.outcome(groups, change, rule, spelled.get(key).copied());
            left = left.checked_sub(outcome.size())?;
            outcomes.insert(change.index, outcome);
        }
        *room = left;
        Some(outcomes)
    }

    /// Returns the outcome of one change. `spelled` is the address as a new rule spells it.
    fn outcome(
        &self,
        groups: &mut GroupsOfCall,
        change: &PlannedChange,
        rule: DirectRule,
        spelled: Option<&String>,
    ) -> Outcome {
        let as_spelled = |person: &Principal| match spelled {
            Some(address) => person.with_address(address),
            None => person.clone(),
        };
        let before = groups.written(&change.principal);
        let after = before.with(self.group, rule);
        let target = groups.place_of(self.group.as_str());
        let (mut added, mut open, mut stays) = (Vec::new(), String::new(), String::new());
        let (mut lost, mut kept) = (Set::default(), Set::default());
        for principal in change.people().iter().map(as_spelled) {
            let (was, is) = (Holds::of(groups, &principal, &before), Holds::of(groups, &principal, &after));
            let is_asked = |place: usize| Some(place) == target && rule == DirectRule::Added;
            let is_new = |place: usize| is.at(place) > was.at(place) || is_asked(place);
            added.extend(groups.grants(&principal, &after, &places(&is, &is_new)));
            let stays_open = |place: usize| {
                let hold = (was.at(place), is.at(place));
                hold == (Hold::OnConditions, Hold::OnConditions) && groups.is_app(place)
            };
            let on_conditions = places(&is, &stays_open);
            let had = groups.grants(&principal, &before, &on_conditions);
            let has = groups.grants(&principal, &after, &on_conditions);
            added.extend(had.iter().zip(has).filter(|(had, has)| asks_less(had, has)).map(|(_, has)| has));
            let evaluation = groups.evaluate(&principal, &after);
            open = target.map(|place| still_open(&evaluation, place)).unwrap_or_default();
            let left = target.filter(|_| rule == DirectRule::Removed);
            if let Some(held) = left.and_then(|place| groups.grants(&principal, &after, &[place]).pop()) {
                stays = by_facts::stays(groups, &held);
            }
            lost.extend(was.places().filter(|&place| is.at(place) == Hold::No));
            kept.extend(is.places());
        }
        // What only one of several principals loses is still held.
        let removed = lost.into_iter().filter(|place| !kept.contains(place));
        let removed = removed.map(|place| groups.entitlement_at(place)).collect();
        let principal = as_spelled(&change.principal);
        let (name, address) = (self.name, principal.address().unwrap_or_default());
        let rule_text = email_rule(address);
        let detail = match (rule, self.dry_run) {
            (DirectRule::Added, false) => format!("Added {rule_text} to the include of {name:?}."),
            (DirectRule::Added, true) => format!("Would add {rule_text} to the include of {name:?}."),
            (_, false) => {
                format!("Took every email rule for {address} out of the include of {name:?}.{open}{stays}")
            }
            (_, true) => {
                format!(
                    "Would take every email rule for {address} out of the include of {name:?}.{open}{stays}"
                )
            }
        };
        let detail = format!("{detail}{}", owners_of(change));
        Outcome { added, removed, ..Outcome::new(Status::of_write(self.dry_run), detail) }
    }
}

/// Lists those places of what is held that a condition is true for.
fn places(held: &Holds, is_wanted: &dyn Fn(usize) -> bool) -> Vec<usize> {
    held.places().filter(|&place| is_wanted(place)).collect()
}

/// Names the users and members that have a change's address, as a sentence that follows another one.
fn owners_of(change: &PlannedChange) -> String {
    let owners: Vec<String> = change.owners.iter().map(|owner| owner.id.to_string()).collect();
    match owners.as_slice() {
        [] => String::new(),
        [one] => format!(" {one} has this address."),
        many => format!(" {} have this address.", many.join(" and ")),
    }
}

/// Whether a grant has an alternative that asks for something else than each of those before.
fn asks_less(had: &Grant, has: &Grant) -> bool {
    has.conditions.iter().any(|new| !had.conditions.iter().any(|old| implies(new, old)))
}

/// Whether a login that meets one alternative meets another one too.
fn implies(one: &Alternative, other: &Alternative) -> bool {
    let has_all = |all: &[String], of: &[String]| of.iter().all(|rule| all.contains(rule));
    let any_of = &other.any_of;
    has_all(&one.all_of, &other.all_of)
        && has_all(&one.none_of, &other.none_of)
        && (any_of.is_empty() || !one.any_of.is_empty() && has_all(any_of, &one.any_of))
}

/// A change that no later step can refuse any more.
pub(super) enum Done {
    /// Its group was written, with this outcome right after the write.
    Written(PlannedChange, Outcome),
    /// Another change of the call removes the rule that names the person.
    Follows(PlannedChange),
}

impl Done {
    /// The change.
    pub const fn change(&self) -> &PlannedChange {
        match self {
            Done::Written(change, _) | Done::Follows(change) => change,
        }
    }

    /// Returns the outcome in the state that the whole call has left: a later write of another group
    /// can have changed it.
    ///
    /// # Errors
    /// The principal still is a member, because a change that this one rested on has failed.
    pub fn in_the_end(self, groups: &mut GroupsOfCall, dry_run: bool) -> Result<Outcome> {
        let change = self.change();
        let (operation, group) = (change.operation, &change.group);
        let left = groups.written(&change.principal);
        let target = groups.place_of(group.as_str());
        let people = change.people().iter();
        let is: Vec<(ResourceId, Holds)> =
            people.map(|person| (person.id.clone(), Holds::of(groups, person, &left))).collect();
        let hold = is.iter().filter_map(|(_, is)| Some(is.at(target?))).max().unwrap_or(Hold::No);
        let by_rules = |person: &Principal| {
            target.is_some_and(|place| groups.evaluate(person, &left).holds_without_facts(place))
        };
        if operation == Operation::Revoke && hold > Hold::No && change.people().iter().any(by_rules) {
            let (kind, wrote) = match self {
                Done::Written(..) => (ErrorKind::Conflict, "Their own rule was taken, but"),
                Done::Follows(_) => (ErrorKind::Refused, "Nothing was written:"),
            };
            let message = format!(
                "{wrote} this person stays a member of the group, because another change of this call, \
                 which it rested on, failed. See that one, and run the same changes again."
            );
            return Err(Error::new(kind, message).about(about(Kind::Group, group)));
        }
        match self {
            Done::Follows(change) => {
                let mut detail = "The group has no rule for this person; what named them there is taken \
                                  away by another change of this call."
                    .to_owned();
                let mut removed = Vec::new();
                match target.and_then(|place| groups.grants(&change.principal, &left, &[place]).pop()) {
                    Some(held) => {
                        detail.push_str(&by_facts::open(groups, &change, &left));
                        detail.push_str(&by_facts::stays(groups, &held));
                    }
                    None => removed.push(records::group::entitlement_id(change.group.as_str())),
                }
                Ok(Outcome { removed, ..Outcome::new(Status::of_write(dry_run), detail) })
            }
            Done::Written(change, mut outcome) => {
                let entitlements = |is: &Holds| -> Vec<String> {
                    is.places().map(|place| groups.entitlement_at(place)).collect()
                };
                let held: Vec<(ResourceId, Vec<String>)> =
                    is.iter().map(|(person, is)| (person.clone(), entitlements(is))).collect();
                outcome.added.retain(|grant| {
                    held.iter().any(|(person, held)| {
                        grant.principals.contains(person) && held.contains(&grant.entitlement)
                    })
                });
                outcome
                    .removed
                    .retain(|entitlement| !held.iter().any(|(_, held)| held.contains(entitlement)));
                if change.operation == Operation::Grant && hold == Hold::No {
                    outcome.detail.push_str(
                        " It has no effect yet, because another change of this call, which it rested on, \
                         failed.",
                    );
                }
                Ok(outcome)
            }
        }
    }
}
