//! Account members, their roles, and the other grants that they hold.

use super::role;
use crate::cloudflare::member::Member;
use crate::cloudflare::role::Role;
use crate::model::Kind;
use crate::records;
use crate::rules::Subject;
use crate::sync::emitter::{Emitter, Turn};
use crate::sync::learned::Learned;
use crate::sync::upstream::Emit;
use std::ops::ControlFlow;

impl Emit for Member {
    fn emit(&self, done: u32, to: &mut Emitter<'_>) -> ControlFlow<u32> {
        let roles = roles(self, to);
        if done == 0 {
            to.out.resource(records::member::resource(self));
            if to.selection.wants(Kind::Role) {
                records::member::role_warnings(self).for_each(|warning| to.out.warning(warning));
            }
            emit_unlisted(roles, to);
        }
        let mut turn = Turn::after(done);
        for role in roles {
            if turn.next(to.out)? {
                to.out.grant(records::role::grant(self, role));
            }
        }
        let standing = records::member::standing(self.status);
        to.grants(Kind::Member, &self.id, Subject::Person { address: self.email.as_deref(), standing }, turn)
    }

    fn rests_on(&self) -> String {
        let roles: Vec<&str> = self.roles.iter().map(|role| role.id.as_str()).collect();
        format!("{:?} {} {}", self.status, roles.join(" "), self.email.as_deref().unwrap_or_default())
    }

    fn learn(&mut self, learned: &mut Learned, _account_id: &str) {
        learned.mark_address(self.email.as_deref());
    }
}

/// Returns the roles of a member that are emitted as grants.
fn roles<'m>(member: &'m Member, to: &Emitter<'_>) -> &'m [Role] {
    if to.selection.wants_grants(Kind::Role) { records::member::held_roles(member) } else { &[] }
}

/// Emits roles that are missing from the list of roles, so that a host knows the role of every grant.
fn emit_unlisted(roles: &[Role], to: &mut Emitter<'_>) {
    if to.only.is_some() {
        return;
    }
    for role in roles {
        if !to.seen.has(Kind::Role, role.id.as_str()) && !to.unlisted.contains(&role.id) {
            role::emit(role, to.out);
            to.unlisted.push(role.id.clone());
        }
    }
}
