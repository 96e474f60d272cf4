//! What a change of a group came to, for its principal.

use super::Call;
use super::change::{MOST_CHANGES, Operation, Outcome, Status};
use super::document::email_rule;
use super::groups::{Groups, about};
use super::plan::{Asked, Hold, Verdict, holds, still_open};
use super::world::{OwnRules, World};
use crate::cloudflare::id::Id;
use crate::cloudflare::transport::Transport;
use crate::error::{Error, ErrorKind};
use crate::records;
use crate::rules::DirectRule;
use crate::sorted::Map;

/// Bytes of all outcomes of a call: a host takes no more than so much from one, and what is written
/// has to be told.
const MOST_TOLD: usize = 16 << 20;

impl<T: Transport> Call<'_, T> {
    /// What a write of a group, sent or planned, gives and takes from each principal that it is
    /// for, by the change's place; nothing where that is more than the report takes. `added`
    /// are addresses as the new rules spell them.
    pub(super) fn outcomes(
        &mut self,
        groups: &mut Groups,
        verdicts: &[Verdict],
        group: &Id,
        name: &str,
        added: &[String],
    ) -> Option<Vec<(usize, Outcome)>> {
        let spelled: Map<String, &String> =
            added.iter().map(|address| (address.to_ascii_lowercase(), address)).collect();
        let mut outcomes = Vec::new();
        let mut told = self.told;
        for (asked, verdict) in groups.waiting.iter().zip(verdicts).filter(|(asked, _)| asked.group == *group)
        {
            let (Some(own), Some(address)) = (verdict.own(), asked.who.address_key()) else { continue };
            let before = groups.world.written(Some(address));
            let mut after = before.clone();
            after.insert(group.as_str().to_owned(), own);
            let mut asked = asked.clone();
            if let Some(&spelled) = spelled.get(address) {
                asked.who.address = Some(spelled.clone());
            }
            let outcome = self.outcome(&mut groups.world, &asked, own, name, [&before, &after]);
            told += outcome.size();
            if told > MOST_TOLD {
                return None;
            }
            outcomes.push((asked.index, outcome));
        }
        self.told = told;
        Some(outcomes)
    }

    fn outcome(
        &self,
        world: &mut World,
        asked: &Asked,
        own: DirectRule,
        name: &str,
        [before, after]: [&OwnRules; 2],
    ) -> Outcome {
        let (was, is) = (holds(world, &asked.who, before), holds(world, &asked.who, after));
        let target = world.place_of(asked.group.as_str());
        let address = asked.who.address.as_deref().unwrap_or_default();
        let mut evaluation = world.evaluate(&asked.who, after);
        let is_new = |place: &usize| is[*place] > was[*place] || Some(*place) == target;
        let added = (0..is.len()).filter(is_new).filter_map(|place| evaluation.held_of(place));
        let added: Vec<_> = added.map(|held| records::group::grant(&asked.who.id, &held)).collect();
        let open = target.map(|place| still_open(&evaluation, place)).unwrap_or_default();
        let removed = (0..is.len()).filter(|&place| was[place] > Hold::No && is[place] == Hold::No);
        let removed = removed.map(|place| records::group::entitlement_id(world.id_at(place))).collect();
        let rule = email_rule(address);
        let detail = match (own, self.dry_run) {
            (DirectRule::Added, false) => format!("Added {rule} to the include of {name:?}."),
            (DirectRule::Added, true) => format!("Would add {rule} to the include of {name:?}."),
            (_, false) => {
                format!("Took every email rule for {address} out of the include of {name:?}.{open}")
            }
            (_, true) => {
                format!("Would take every email rule for {address} out of the include of {name:?}.{open}")
            }
        };
        let status = if self.dry_run { Status::Planned } else { Status::Applied };
        Outcome { status, detail, added, removed }
    }

    /// Holds what was reported on the way against what the whole call has left: one group can
    /// decide over another.
    pub(super) fn report_groups(&mut self, groups: Groups) {
        let Groups { mut world, done, .. } = groups;
        for (asked, verdict) in done {
            let left = world.written(asked.who.address_key());
            let is = holds(&mut world, &asked.who, &left);
            let Some(place) = world.place_of(asked.group.as_str()) else { continue };
            let held = |entitlement: &str| {
                (0..is.len()).any(|place| {
                    is[place] > Hold::No && records::group::entitlement_id(world.id_at(place)) == entitlement
                })
            };
            let result = match (asked.operation, is[place], verdict) {
                (Operation::Revoke, Hold::OnConditions | Hold::Certain, verdict) => {
                    let wrote = if verdict.own().is_some() { "Their own rule was taken, but" } else { "Nothing was written:" };
                    let message = format!(
                        "{wrote} this principal stays a member of the group, because another change of this call, which it rested on, \
                         failed. See that one, and run the same changes again."
                    );
                    let kind = if verdict.own().is_some() { ErrorKind::Conflict } else { ErrorKind::Refused };
                    Err(Error::new(kind, message).about(about(&asked.group)))
                }
                (_, _, Verdict::Follows) => Ok(Outcome {
                    status: if self.dry_run { Status::Planned } else { Status::Applied },
                    detail: "The group has no rule for this principal; what named them there is taken away by another change of this call."
                        .to_owned(),
                    added: Vec::new(),
                    removed: vec![records::group::entitlement_id(asked.group.as_str())],
                }),
                (operation, is, _) => {
                    let Some(Ok(mut outcome)) = self.results.get_mut(asked.index).and_then(Option::take) else { continue };
                    outcome.added.retain(|grant| held(&grant.entitlement));
                    outcome.removed.retain(|entitlement| !held(entitlement));
                    if operation == Operation::Grant && is == Hold::No {
                        outcome.detail.push_str(
                            " It has no effect yet, because another change of this call, which it rested on, failed.",
                        );
                    }
                    Ok(outcome)
                }
            };
            self.resettle(asked.index, result);
        }
    }
}

/// That a host couldn't take what there would be to tell.
pub(super) fn too_much_to_tell() -> Error {
    let message = format!(
        "What there is to tell of these changes is too long for one report, because of the conditions of the groups that they give. Nothing \
         was written for them: ask for fewer than {MOST_CHANGES} in one call."
    );
    Error::argument("changes", message)
}
