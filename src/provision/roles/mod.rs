//! Changes of what account members hold: roles, scoped roles, and memberships in user groups.
//!
//! [`RoleChanges`] is the face. All roles and scoped roles of one member are written at once, as the
//! whole list of roles or of policies. Each membership is a write of its own. Members join groups first,
//! and leave them last, so that nobody loses for a moment what they keep.
//!
//! `holders` refuses principals that can't hold a role. `facts` reads what the decisions rest on, and
//! `give` what it takes to give a role. `plan` decides on each change of a member, and
//! `super_administrators` keeps one in the account. `members` and `groups` write, `state` and
//! `membership` are the states that a write replaces, and `outcome` says what came of it.
//!
//! [`roster`] is the face for those who come to the account, and leave it: `invitation` puts together what
//! they get.

mod facts;
mod give;
mod groups;
mod holders;
pub(crate) mod invitation;
mod members;
mod membership;
mod outcome;
mod plan;
mod planned_change;
pub(crate) mod roster;
mod state;
mod super_administrators;

#[cfg(test)]
mod tests;

use super::call::{Call, opposed};
use super::change::{Operation, Outcome};
use super::errors::{about, contradiction, refused};
use super::target::PrincipalRef;
use crate::cloudflare::id::Id;
use crate::cloudflare::transport::Transport;
use crate::error::{Error, ErrorKind};
use crate::model::Kind;
use crate::sorted::sort_by;
use facts::Facts;
use planned_change::PlannedChange;

/// A change of what an account member holds, whose form is right.
pub(super) struct RoleChange {
    /// Its place in the call.
    pub index: usize,
    pub operation: Operation,
    /// A role, a scoped role or a user group.
    pub kind: Kind,
    pub id: String,
    pub principal: PrincipalRef,
}

/// A change that rests on memberships which the call begins or ends.
struct Waiting {
    change: PlannedChange,
    rests_on: Vec<String>,
    /// Whether a part of it is written already, or would be.
    is_written: bool,
    /// The outcome in the end.
    outcome: Outcome,
}

/// The changes of roles of a call, from the first read to the last write.
pub(super) struct RoleChanges {
    /// The memberships that begin.
    joins: Vec<PlannedChange>,
    /// The changes of each member, in the order in which the members are written.
    by_member: Vec<(Id, Vec<PlannedChange>)>,
    /// The memberships that end.
    leaves: Vec<PlannedChange>,
    waiting: Vec<Waiting>,
    facts: Facts,
}

impl RoleChanges {
    /// Reads the user groups, the roles that are granted, and the Super Administrators, as far as the
    /// changes need them. A change for which this fails is settled.
    pub fn learn<T: Transport>(call: &mut Call<'_, T>, changes: Vec<RoleChange>) -> Self {
        Self::learn_with(call, changes, Facts::default())
    }

    fn learn_with<T: Transport>(call: &mut Call<'_, T>, changes: Vec<RoleChange>, mut facts: Facts) -> Self {
        let (mut planned, mut others) = (Vec::new(), Vec::new());
        for RoleChange { index, operation, kind, id, principal } in changes {
            match principal {
                PrincipalRef::Member(member) => {
                    planned.push(PlannedChange { index, operation, member, kind, id });
                }
                principal => others.push((index, principal)),
            }
        }
        holders::refuse(call, &others);
        refuse_opposed(call, &mut planned);
        if !planned.is_empty() {
            match facts.learn(call, &mut planned) {
                Ok(()) => facts.learn_granted(call, &mut planned),
                Err(error) => {
                    settle_all(call, &planned, &error);
                    planned.clear();
                }
            }
        }
        let (mut joins, mut leaves) = (Vec::new(), Vec::new());
        let mut by_member: Vec<(Id, Vec<PlannedChange>)> = Vec::new();
        for change in planned {
            let changes = match (change.kind, change.operation) {
                (Kind::UserGroup, Operation::Grant) => &mut joins,
                (Kind::UserGroup, Operation::Revoke) => &mut leaves,
                _ => {
                    match by_member.iter_mut().find(|(member, _)| *member == change.member) {
                        Some((_, changes)) => changes.push(change),
                        None => by_member.push((change.member.clone(), vec![change])),
                    }
                    continue;
                }
            };
            changes.push(change);
        }
        // A new Super Administrator comes before the one who goes.
        let goes_last = |(_, changes): &(Id, Vec<PlannedChange>)| {
            !changes.iter().any(|change| facts.makes_super_administrator(change))
        };
        sort_by(&mut by_member, |a, b| goes_last(a).cmp(&goes_last(b)));
        Self { joins, by_member, leaves, waiting: Vec::new(), facts }
    }

    /// Decides and writes, one member after another, and settles all changes.
    pub fn write<T: Transport>(self, call: &mut Call<'_, T>) {
        self.write_all(call);
    }

    /// Does that, and returns what is known then.
    fn write_all<T: Transport>(mut self, call: &mut Call<'_, T>) -> Facts {
        for join in std::mem::take(&mut self.joins) {
            self.write_membership(call, &join);
        }
        for (member, changes) in std::mem::take(&mut self.by_member) {
            match call.stopped(Kind::Role) {
                Some(stopped) => settle_all(call, &changes, &stopped),
                None => self.write_member(call, &member, changes),
            }
        }
        for leave in std::mem::take(&mut self.leaves) {
            self.write_membership(call, &leave);
        }
        for Waiting { change, rests_on, is_written, outcome } in self.waiting {
            let result = if rests_on.iter().all(|membership| self.facts.done.contains(membership)) {
                Ok(outcome)
            } else {
                const WHY: &str = "The member still has this role through a user group, because another \
                                   change of this call, which this one rested on, failed. See that one, \
                                   and run the same changes again.";
                Err(if is_written {
                    Error::new(ErrorKind::Conflict, ["Their own role was taken. ", WHY].concat())
                } else {
                    refused(WHY)
                })
            };
            let about = about(Kind::Member, &change.member);
            call.settle(change.index, result.map_err(|error| error.about(about)));
        }
        self.facts
    }
}

fn settle_all<T: Transport>(call: &mut Call<'_, T>, changes: &[PlannedChange], error: &Error) {
    changes.iter().for_each(|change| call.settle(change.index, Err(error.clone())));
}

/// Refuses grants and revokes of the same.
fn refuse_opposed<T: Transport>(call: &mut Call<'_, T>, changes: &mut Vec<PlannedChange>) {
    let key = |change: &PlannedChange| [change.member.as_str(), &change.entitlement()].join(" ");
    let mut opposed = opposed(changes.iter().map(|change| (key(change), change.operation)).collect());
    changes.retain(|change| {
        let is_opposed = opposed.next().unwrap_or_default();
        if is_opposed {
            call.settle(change.index, Err(contradiction(Kind::Member, &change.member)));
        }
        !is_opposed
    });
}
