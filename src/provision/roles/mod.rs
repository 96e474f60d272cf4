//! Changes of roles: one account member at a time, all changes of it in one write of the whole list
//! of roles.
//!
//! [`RoleChanges`] is the face. `holders` refuses principals that can't hold a role, `plan` decides
//! on each change of a member, `super_administrators` keeps one in the account, and `state` is the
//! state of a member that a write replaces.

mod holders;
mod plan;
mod state;
mod super_administrators;

use super::call::{Call, extract_opposed};
use super::change::{Operation, Outcome, Status, Write};
use super::errors::{about, contradiction, not_read_back};
use super::reading::find;
use super::target::PrincipalRef;
use super::write::{Failed, FoundAfter, fetch, write};
use crate::cloudflare::id::Id;
use crate::cloudflare::member::{self, Member, Status as Membership};
use crate::cloudflare::role::{self, Role};
use crate::cloudflare::transport::Transport;
use crate::error::{Error, Result};
use crate::model::{Kind, ResourceId};
use crate::records;
use crate::roles::{Assignments, On, Roles, UserGroups};
use crate::sorted::{Map, Set, sort_by};
use plan::{Facts, PlannedChange, Verdict, plan};
use state::{holds, shown};
use super_administrators::{SuperAdministrators, is_super_administrator};

/// A change of a role whose form is right.
pub(super) struct RoleChange {
    /// Its place in the call.
    pub index: usize,
    pub operation: Operation,
    pub role: Id,
    pub principal: PrincipalRef,
}

/// The changes of roles of a call, from the first read to the last write.
pub(super) struct RoleChanges {
    /// The changes of each member, in the order in which the members are written.
    by_member: Vec<(Id, Vec<PlannedChange>)>,
    facts: Facts,
}

impl RoleChanges {
    /// Reads the roles that are granted, and the Super Administrators, as far as the changes need
    /// them. A change for which this fails is settled.
    pub fn learn<T: Transport>(call: &mut Call<'_, T>, changes: Vec<RoleChange>) -> Self {
        let (mut planned, mut others) = (Vec::new(), Vec::new());
        for RoleChange { index, operation, role, principal } in changes {
            match principal {
                PrincipalRef::Member(member) => {
                    planned.push(PlannedChange { index, operation, member, role });
                }
                principal => others.push((index, principal)),
            }
        }
        holders::refuse(call, &others);
        refuse_opposed(call, &mut planned);
        let granted = learn_granted(call, &mut planned);
        let super_administrators = learn_super_administrators(call, &mut planned);
        let mut by_member: Vec<(Id, Vec<PlannedChange>)> = Vec::new();
        for change in planned {
            match by_member.iter_mut().find(|(member, _)| *member == change.member) {
                Some((_, changes)) => changes.push(change),
                None => by_member.push((change.member.clone(), vec![change])),
            }
        }
        // A new Super Administrator comes before the one who goes.
        let goes_last = |(_, changes): &(Id, Vec<PlannedChange>)| {
            !changes
                .iter()
                .any(|change| change.operation == Operation::Grant && is_super_administrator(&change.role))
        };
        sort_by(&mut by_member, |a, b| goes_last(a).cmp(&goes_last(b)));
        Self { by_member, facts: Facts { granted, super_administrators } }
    }

    /// Decides and writes, one member after another, and settles all changes.
    pub fn write<T: Transport>(mut self, call: &mut Call<'_, T>) {
        for (member, changes) in std::mem::take(&mut self.by_member) {
            match call.stopped(Kind::Role) {
                Some(stopped) => settle_all(call, &changes, &stopped),
                None => self.write_member(call, &member, &changes),
            }
        }
    }

    fn write_member<T: Transport>(&mut self, call: &mut Call<'_, T>, id: &Id, changes: &[PlannedChange]) {
        let about = about(Kind::Member, id);
        let object = member::COLLECTION.object(id.clone());
        let before: Member = match fetch(call.client, &object) {
            Ok(member) => member,
            Err(error) => {
                call.note(Kind::Role, Some(&error));
                return settle_all(call, changes, &error.or_about(about));
            }
        };
        let super_administrators = self.facts.super_administrators.clone();
        let verdicts = plan(&before, changes, &mut self.facts);
        let after = with_roles(&before, &verdicts);
        let mut failed = None;
        if verdicts.iter().any(|verdict| matches!(verdict, Verdict::Add(_) | Verdict::Take(_))) {
            let on = ResourceId::new(Kind::Member, id.as_str());
            let sent = Write { on: on.clone(), before: shown(&before), after: shown(&after) };
            let written = if call.dry_run { Ok(None) } else { write(call.client, &object, &before, &after) };
            call.note(Kind::Role, written.as_ref().err().map(|failed| &failed.error));
            match written {
                Ok(warning) => {
                    call.warnings.extend(warning.map(|message| not_read_back(on, message)));
                    call.record(sent);
                }
                Err(Failed { error, found }) => {
                    failed = Some(error.or_about(about.as_str()));
                    match found {
                        // Members that were to lose the role still have it.
                        FoundAfter::Before => self.facts.super_administrators = super_administrators,
                        // The member may have lost the role: it doesn't count as one who stays.
                        FoundAfter::Theirs(_) => {}
                        FoundAfter::Unknown => call.record(sent),
                        FoundAfter::Gone => call.record(sent.gone()),
                        FoundAfter::Other(found) => call.record(sent.found(shown(&found))),
                    }
                }
            }
        }
        for (change, verdict) in changes.iter().zip(verdicts) {
            let result = match (verdict, &failed) {
                (Verdict::Refused(error), _) => Err(error.about(about.as_str())),
                (Verdict::Unchanged(why), _) => Ok(Outcome::unchanged(why)),
                (Verdict::Add(_) | Verdict::Take(_), Some(error)) => Err(error.clone()),
                (Verdict::Add(role), None) => {
                    self.facts.super_administrators.gets(&before, &role.id);
                    Ok(outcome(&after, &role, Operation::Grant, call.dry_run))
                }
                (Verdict::Take(role), None) => Ok(outcome(&after, &role, Operation::Revoke, call.dry_run)),
            };
            call.settle(change.index, result);
        }
    }
}

fn settle_all<T: Transport>(call: &mut Call<'_, T>, changes: &[PlannedChange], error: &Error) {
    changes.iter().for_each(|change| call.settle(change.index, Err(error.clone())));
}

/// Refuses grants and revokes of the same.
fn refuse_opposed<T: Transport>(call: &mut Call<'_, T>, changes: &mut Vec<PlannedChange>) {
    let key = |change: &PlannedChange| [change.member.as_str(), change.role.as_str()].join(" ");
    for change in extract_opposed(changes, key, |change| change.operation) {
        call.settle(change.index, Err(contradiction(Kind::Member, &change.member)));
    }
}

/// Reads the roles that are granted. The grants of a role that can't be read are settled.
fn learn_granted<T: Transport>(call: &mut Call<'_, T>, changes: &mut Vec<PlannedChange>) -> Map<Id, Role> {
    let grants = changes.iter().filter(|change| change.operation == Operation::Grant);
    let wanted: Set<Id> = grants.map(|change| change.role.clone()).collect();
    let found: Map<Id, Result<Role>> = find(call.client, &role::COLLECTION, wanted, false);
    changes.retain(|change| match found.get(&change.role) {
        Some(Err(error)) if change.operation == Operation::Grant => {
            call.settle(change.index, Err(error.clone().or_about("entitlement")));
            false
        }
        _ => true,
    });
    found.into_iter().filter_map(|(id, role)| Some((id, role.ok()?))).collect()
}

/// Finds the Super Administrators, if a change removes one. If they can't be read, such changes are
/// settled.
fn learn_super_administrators<T: Transport>(
    call: &mut Call<'_, T>,
    changes: &mut Vec<PlannedChange>,
) -> SuperAdministrators {
    let loses = |change: &PlannedChange| {
        change.operation == Operation::Revoke && is_super_administrator(&change.role)
    };
    let losing: Set<Id> =
        changes.iter().filter(|change| loses(change)).map(|change| change.member.clone()).collect();
    if losing.is_empty() {
        return SuperAdministrators::default();
    }
    match SuperAdministrators::learn(call, &losing) {
        Ok(found) => found,
        Err(error) => {
            for change in changes.extract_if(.., |change| loses(change)) {
                call.settle(change.index, Err(error.clone()));
            }
            SuperAdministrators::default()
        }
    }
}

/// Returns the member with the roles that the verdicts add and remove.
fn with_roles(member: &Member, verdicts: &[Verdict]) -> Member {
    let mut after = member.clone();
    for verdict in verdicts {
        match verdict {
            Verdict::Add(role) if !holds(&after, &role.id) => after.roles.push(role.clone()),
            Verdict::Take(role) => after.roles.retain(|held| held.id != role.id),
            Verdict::Add(_) | Verdict::Unchanged(_) | Verdict::Refused(_) => {}
        }
    }
    after
}

fn outcome(member: &Member, role: &Role, operation: Operation, dry_run: bool) -> Outcome {
    let name = role.name.as_deref().unwrap_or(role.id.as_str());
    let done = match (operation, dry_run) {
        (Operation::Grant, false) => "Gave",
        (Operation::Grant, true) => "Would give",
        (Operation::Revoke, false) => "Took",
        (Operation::Revoke, true) => "Would take",
    };
    let is_grant = operation == Operation::Grant;
    let waits = match member.status {
        Membership::Pending if is_grant => " It takes effect when the invitation is accepted.",
        _ => "",
    };
    let (groups, roles) = (UserGroups::default(), Roles::default());
    let of = Assignments::of_member(member, &groups, &roles);
    let holder = ResourceId::new(Kind::Member, member.id.as_str());
    let grant = of.get(On::Role, role.id.as_str()).map(|held| records::role::grant(&holder, &of, held));
    Outcome {
        status: Status::of_write(dry_run),
        detail: format!("{done} the role {name:?}.{waits}"),
        added: grant.filter(|_| is_grant).into_iter().collect(),
        removed: (!is_grant).then(|| records::role::entitlement_id(role.id.as_str())).into_iter().collect(),
    }
}
