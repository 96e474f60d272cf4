//! Decides what each change of a member's roles does, on the member as it was just read.

use super::state::holds;
use super::super_administrators::SuperAdministrators;
use crate::cloudflare::id::Id;
use crate::cloudflare::member::{Member, Status};
use crate::cloudflare::role::Role;
use crate::error::Error;
use crate::provision::change::Operation;
use crate::provision::errors::refused;
use crate::roles::{Assignments, Roles, UserGroups, Way};
use crate::sorted::{Map, Set};

/// A change of a role of a member.
pub(super) struct PlannedChange {
    /// Its place in the call.
    pub index: usize,
    pub operation: Operation,
    pub member: Id,
    pub role: Id,
}

/// The decision on a change.
pub(super) enum Verdict {
    /// Nothing is written: the change is in effect already.
    Unchanged(&'static str),
    /// The role is added.
    Add(Role),
    /// The role is removed.
    Take(Role),
    /// Nothing is written: the change must not be done, or can't.
    Refused(Error),
}

/// The facts beside the member that a plan rests on.
#[derive(Default)]
pub(super) struct Facts {
    /// The roles that are to be granted.
    pub granted: Map<Id, Role>,
    pub super_administrators: SuperAdministrators,
}

/// Returns a verdict for each change of one member.
pub(super) fn plan(member: &Member, changes: &[PlannedChange], facts: &mut Facts) -> Vec<Verdict> {
    let (groups, roles) = (UserGroups::default(), Roles::default());
    let why_roles_stay = match Assignments::of_member(member, &groups, &roles).way {
        Ok(Way::Roles) => None,
        Ok(Way::Policies) => Some(
            "The member has a policy beside the roles: writing roles could drop it. Change the member in \
             Cloudflare's dashboard.",
        ),
        Err(why) => Some(why),
    };
    let adds = |change: &&PlannedChange| change.operation == Operation::Grant && !holds(member, &change.role);
    let added: Set<&Id> = changes.iter().filter(adds).map(|change| &change.role).collect();
    let mut left = member.roles.len() + added.len();
    let mut taken: Set<&Id> = Set::default();
    let mut verdicts = Vec::new();
    for change in changes {
        let held = member.roles.iter().find(|held| held.id == change.role);
        let role = held.or_else(|| facts.granted.get(&change.role));
        let verdict = match (change.operation, held, role, why_roles_stay) {
            (Operation::Grant, Some(_), _, _) if member.status != Status::Rejected => {
                Verdict::Unchanged("The member has this role already.")
            }
            (Operation::Revoke, None, _, _) if !member.roles_missing => {
                Verdict::Unchanged("The member doesn't have this role.")
            }
            (_, _, _, Some(why)) => Verdict::Refused(refused(why)),
            (Operation::Grant, None, Some(role), None) => Verdict::Add(role.clone()),
            (Operation::Revoke, Some(role), _, None) if taken.contains(&role.id) => {
                Verdict::Take(role.clone())
            }
            (Operation::Revoke, Some(_), _, None) if left == 1 => Verdict::Refused(refused(
                "This is the member's last role: a membership without one would have to be deleted, which \
                 this doesn't do.",
            )),
            (Operation::Revoke, Some(role), _, None) => {
                match facts.super_administrators.loses(member, &role.id) {
                    Ok(()) => {
                        left -= 1;
                        taken.insert(&role.id);
                        Verdict::Take(role.clone())
                    }
                    Err(error) => Verdict::Refused(error),
                }
            }
            _ => Verdict::Refused(Error::internal("a role was forgotten")),
        };
        verdicts.push(verdict);
    }
    verdicts
}
