//! Roles and scoped roles that somebody holds.

use super::role;
use crate::cloudflare::member::{Member, Status};
use crate::model::{Kind, ResourceId};
use crate::records::{self, member::role_warnings, role::kind, scoped_role};
use crate::roles::{Assignments, Held, KnownGroup, Roles, UserGroups};
use crate::sync::emitter::{Emitter, Turn};
use crate::sync::page::Output;
use std::ops::ControlFlow;

/// Emits what comes before the grants of an account member or a user group on roles: warnings about its
/// policies, and the roles and scoped roles that no list has, so that a host knows that of every grant.
pub(super) fn announce(holder: &ResourceId, of: &Assignments<'_>, to: &mut Emitter<'_>) {
    if to.selection.wants(Kind::Role) || to.selection.wants(Kind::ScopedRole) {
        for warning in role_warnings(holder, of) {
            to.out.warning(warning);
        }
    }
    for held in &of.held {
        let is_listed = || kind(held.on) == Kind::Role && to.roles.has(&held.id);
        let is_unlisted = to.selection.wants(kind(held.on)) && !is_listed();
        if is_unlisted && to.unlisted.is_new(&ResourceId::new(kind(held.on), &*held.id)) {
            emit(held, to.roles, to.out);
        }
    }
}

/// Emits the grants of an account member or a user group on roles.
pub(super) fn grants(
    holder: &ResourceId,
    of: &Assignments<'_>,
    to: &mut Emitter<'_>,
    turn: &mut Turn,
) -> ControlFlow<u32> {
    for held in of.held.iter().filter(|held| to.selection.wants(kind(held.on))) {
        if turn.next(to.out)? {
            to.out.grant(records::role::grant(holder, of, held));
        }
    }
    ControlFlow::Continue(())
}

/// Returns the user groups that an account member is in. One who declined the invitation is in none
/// (inferred).
pub(super) fn groups_of<'g>(member: &Member, groups: &'g UserGroups) -> impl Iterator<Item = &'g KnownGroup> {
    let is_in = member.status != Status::Rejected;
    groups.of(&member.id).filter(move |_| is_in)
}

/// Emits a role or a scoped role as its holder shows it, and the entitlement on it.
pub(super) fn emit(held: &Held<'_>, roles: &Roles, out: &mut Output) {
    if kind(held.on) == Kind::Role {
        records::role::of_held(held).iter().for_each(|known| role::emit(known, out));
    } else {
        out.resource(scoped_role::resource(held, roles));
        out.entitlement(scoped_role::entitlement(held));
    }
}
