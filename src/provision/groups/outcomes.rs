//! The outcome of a change of a group for its principal.

use super::document::email_rule;
use super::groups_of_call::GroupsOfCall;
use super::plan::still_open;
use super::verdict::{Decided, Hold, Holds, PlannedChange};
use crate::cloudflare::id::Id;
use crate::error::{Error, ErrorKind, Result};
use crate::model::Kind;
use crate::provision::change::{Operation, Outcome, Status};
use crate::provision::errors::about;
use crate::records;
use crate::rules::DirectRule;
use crate::sorted::Map;

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
            let outcome = match spelled.get(key) {
                Some(address) => {
                    let principal = change.principal.with_address(address);
                    self.outcome(groups, &PlannedChange { principal, ..change.clone() }, rule)
                }
                None => self.outcome(groups, change, rule),
            };
            left = left.checked_sub(outcome.size())?;
            outcomes.insert(change.index, outcome);
        }
        *room = left;
        Some(outcomes)
    }

    fn outcome(&self, groups: &mut GroupsOfCall, change: &PlannedChange, rule: DirectRule) -> Outcome {
        let principal = &change.principal;
        let before = groups.written(principal);
        let after = before.with(self.group, rule);
        let (was, is) = (Holds::of(groups, principal, &before), Holds::of(groups, principal, &after));
        let target = groups.place_of(self.group.as_str());
        let mut evaluation = groups.evaluate(principal, &after);
        let is_new = |place: &usize| is.at(*place) > was.at(*place) || Some(*place) == target;
        let added = is.places().filter(is_new).filter_map(|place| evaluation.held_of(place));
        let added: Vec<_> = added.map(|held| records::group::grant(&principal.id, &held)).collect();
        let open = target.map(|place| still_open(&evaluation, place)).unwrap_or_default();
        let removed = was.places().filter(|&place| is.at(place) == Hold::No);
        let removed = removed.map(|place| groups.entitlement_at(place)).collect();
        let (name, address) = (self.name, principal.address().unwrap_or_default());
        let rule_text = email_rule(address);
        let detail = match (rule, self.dry_run) {
            (DirectRule::Added, false) => format!("Added {rule_text} to the include of {name:?}."),
            (DirectRule::Added, true) => format!("Would add {rule_text} to the include of {name:?}."),
            (_, false) => {
                format!("Took every email rule for {address} out of the include of {name:?}.{open}")
            }
            (_, true) => {
                format!("Would take every email rule for {address} out of the include of {name:?}.{open}")
            }
        };
        Outcome { status: Status::of_write(self.dry_run), detail, added, removed }
    }
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
        let PlannedChange { operation, group, principal, .. } = self.change();
        let left = groups.written(principal);
        let is = Holds::of(groups, principal, &left);
        let hold = groups.place_of(group.as_str()).map_or(Hold::No, |place| is.at(place));
        if *operation == Operation::Revoke && hold > Hold::No {
            let (kind, wrote) = match self {
                Done::Written(..) => (ErrorKind::Conflict, "Their own rule was taken, but"),
                Done::Follows(_) => (ErrorKind::Refused, "Nothing was written:"),
            };
            let message = format!(
                "{wrote} this principal stays a member of the group, because another change of this call, \
                 which it rested on, failed. See that one, and run the same changes again."
            );
            return Err(Error::new(kind, message).about(about(Kind::Group, group)));
        }
        match self {
            Done::Follows(change) => Ok(Outcome {
                status: Status::of_write(dry_run),
                detail: "The group has no rule for this principal; what named them there is taken away by \
                         another change of this call."
                    .to_owned(),
                added: Vec::new(),
                removed: vec![records::group::entitlement_id(change.group.as_str())],
            }),
            Done::Written(change, mut outcome) => {
                let held: Vec<String> = is.places().map(|place| groups.entitlement_at(place)).collect();
                outcome.added.retain(|grant| held.contains(&grant.entitlement));
                outcome.removed.retain(|entitlement| !held.contains(entitlement));
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
