//! Account members, their roles, and the other grants that they hold.

use super::assigned;
use crate::cloudflare::member::Member;
use crate::model::{Kind, ResourceId};
use crate::records;
use crate::roles::Assignments;
use crate::rules::Subject;
use crate::sync::emitter::{Emitter, Turn};
use crate::sync::learned::Learned;
use crate::sync::upstream::Emit;
use std::ops::ControlFlow;

impl Emit for Member {
    fn emit(&self, done: u32, to: &mut Emitter<'_>) -> ControlFlow<u32> {
        let holder = ResourceId::new(Kind::Member, self.id.as_str());
        let of = Assignments::of_member(self, to.user_groups, to.roles);
        let is_wanted = to.selection.wants(Kind::Member);
        if done == 0 {
            if is_wanted {
                to.out.resource(records::member::resource(self));
            }
            assigned::announce(&holder, &of, to);
        }
        if !is_wanted {
            return ControlFlow::Continue(());
        }
        let mut turn = Turn::after(done);
        assigned::grants(&holder, &of, to, &mut turn)?;
        if to.selection.wants(Kind::UserGroup) {
            for group in assigned::groups_of(self, to.user_groups) {
                if turn.next(to.out)? {
                    to.out.grant(records::user_group::grant(&group.id, &self.id));
                }
            }
        }
        let standing = records::member::standing(self.status);
        to.grants(Kind::Member, &self.id, Subject::Person { address: self.email.as_deref(), standing }, turn)
    }

    fn rests_on(&self) -> String {
        let roles: Vec<&str> = self.roles.iter().map(|role| role.id.as_str()).collect();
        // The profile has the policies.
        let email = self.email.as_deref().unwrap_or_default();
        format!("{:?} {} {email} {}", self.status, roles.join(" "), self.profile)
    }

    fn learn(&mut self, learned: &mut Learned, _account_id: &str) {
        learned.mark_address(self.email.as_deref());
    }
}
