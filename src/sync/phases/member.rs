//! Account members, their roles, and the other grants that they hold.

use super::role;
use crate::cloudflare::member::Member;
use crate::model::{Kind, ResourceId};
use crate::records;
use crate::roles::{Assignments, Held, Roles, UserGroups};
use crate::rules::Subject;
use crate::sync::emitter::{Emitter, Turn};
use crate::sync::learned::Learned;
use crate::sync::upstream::Emit;
use std::ops::ControlFlow;

impl Emit for Member {
    fn emit(&self, done: u32, to: &mut Emitter<'_>) -> ControlFlow<u32> {
        let (groups, roles) = (UserGroups::default(), Roles::default());
        let of = Assignments::of_member(self, &groups, &roles);
        let holder = ResourceId::new(Kind::Member, self.id.as_str());
        let is_wanted = |held: &&Held<'_>| to.selection.wants_grants(records::role::kind(held.on));
        let held: Vec<&Held<'_>> = of.held.iter().filter(is_wanted).collect();
        if done == 0 {
            to.out.resource(records::member::resource(self));
            if to.selection.wants(Kind::Role) {
                records::member::role_warnings(&holder, &of).for_each(|warning| to.out.warning(warning));
            }
            emit_unlisted(&held, to);
        }
        let mut turn = Turn::after(done);
        for held in held {
            if turn.next(to.out)? {
                to.out.grant(records::role::grant(&holder, &of, held));
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

/// Emits roles that are missing from the list of roles, so that a host knows the role of every grant.
fn emit_unlisted(held: &[&Held<'_>], to: &mut Emitter<'_>) {
    if to.only.is_some() {
        return;
    }
    for role in held.iter().filter_map(|held| records::role::of_held(held)) {
        if !to.seen.has(Kind::Role, role.id.as_str()) && !to.unlisted.contains(&role.id) {
            role::emit(&role, to.out);
            to.unlisted.push(role.id.clone());
        }
    }
}
