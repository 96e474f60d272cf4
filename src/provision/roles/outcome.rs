//! The outcome of a change.

use super::planned_change::PlannedChange;
use crate::cloudflare::member::{Member, Status as Membership};
use crate::model::{Kind, ResourceId};
use crate::provision::change::{Operation, Outcome, Status};
use crate::records;
use crate::records::scoped_role::name_of;
use crate::roles::{Assignments, Held};

/// The id of a policy that no write has made yet.
pub(super) const PLANNED: &str = "-";

/// Returns the outcome of a role that was given or taken. `of` has it.
pub(super) fn of_role(
    member: &Member,
    change: &PlannedChange,
    of: &Assignments<'_>,
    dry_run: bool,
) -> Outcome {
    let done = match (change.operation, dry_run) {
        (Operation::Grant, false) => "Gave",
        (Operation::Grant, true) => "Would give",
        (Operation::Revoke, false) => "Took",
        (Operation::Revoke, true) => "Would take",
    };
    let mut outcome = following(member, change, of, dry_run);
    let held = of.get(change.on(), &change.id);
    let name = held.map_or_else(|| change.id.clone(), name);
    outcome.detail = format!("{done} the role {name:?}.{}", waits(member, change.operation));
    outcome
}

/// Returns the outcome of a role that came or went with a user group.
pub(super) fn following(
    member: &Member,
    change: &PlannedChange,
    of: &Assignments<'_>,
    dry_run: bool,
) -> Outcome {
    let held = of.get(change.on(), &change.id).map(|held| {
        let mut grant = records::role::grant(&holder(member), of, held);
        grant.basis.iter_mut().filter(|basis| basis.value == PLANNED).for_each(|basis| basis.value.clear());
        grant
    });
    let is_grant = change.operation == Operation::Grant;
    let detail = "It comes or goes with a user group that another change of this call is about.";
    Outcome {
        added: held.filter(|_| is_grant).into_iter().collect(),
        removed: (!is_grant).then(|| change.entitlement()).into_iter().collect(),
        ..Outcome::new(Status::of_write(dry_run), detail.to_owned())
    }
}

/// Returns the sentence about an invitation that isn't accepted yet.
pub(super) fn waits(member: &Member, operation: Operation) -> &'static str {
    match (member.status, operation) {
        (Membership::Pending, Operation::Grant) => " It takes effect when the invitation is accepted.",
        _ => "",
    }
}

/// Returns the member as the holder of something.
pub(super) fn holder(member: &Member) -> ResourceId {
    ResourceId::new(Kind::Member, member.id.as_str())
}

/// Returns the name of what is held, as far as its holder tells it.
fn name(held: &Held<'_>) -> String {
    match (held.role.and_then(|role| role.name.clone()), held.by) {
        (Some(name), _) => name,
        (None, Some((group, reach))) if !reach.is_account => name_of(group, reach),
        (None, by) => by.and_then(|(group, _)| group.name.clone()).unwrap_or_else(|| held.id.to_string()),
    }
}
