//! User groups, what they give to their members, and who these are.

use super::assigned;
use crate::cloudflare::transport::Transport;
use crate::cloudflare::user_group::UserGroup;
use crate::error::Result;
use crate::model::{Kind, Progress, ResourceId};
use crate::records;
use crate::roles::{Assignments, KnownGroup};
use crate::sync::call::Call;
use crate::sync::cursor::Cursor;
use crate::sync::emitter::{Emitter, Turn};
use crate::sync::learned::Learned;
use crate::sync::load_roles::{self, Joined};
use crate::sync::upstream::Emit;
use std::ops::ControlFlow;

impl Emit for UserGroup {
    fn emit(&self, done: u32, to: &mut Emitter<'_>) -> ControlFlow<u32> {
        let holder = ResourceId::new(Kind::UserGroup, self.id.as_str());
        let known = KnownGroup::from(self);
        let of = Assignments::of_group(&known, to.roles);
        let is_wanted = to.selection.wants(Kind::UserGroup);
        if done == 0 {
            if is_wanted {
                to.out.resource(records::user_group::resource(self));
                to.out.entitlement(records::user_group::entitlement(self));
            }
            assigned::announce(&holder, &of, to);
        }
        if !is_wanted {
            return ControlFlow::Continue(());
        }
        assigned::grants(&holder, &of, to, &mut Turn::after(done))
    }

    fn rests_on(&self) -> String {
        // It has the policies.
        self.profile.clone()
    }

    fn learn(&mut self, learned: &mut Learned, _account_id: &str) {
        learned.privileges.add_group(self);
    }
}

/// Reads the next page of the members of a user group. Where one user group is all that is wanted, emits
/// the grants that they hold on it.
pub(super) fn read_members<T: Transport>(call: &mut Call<'_, T>, at: &Cursor) -> Result<Option<Cursor>> {
    let Joined { members, warnings } = load_roles::group_members(call)?;
    warnings.into_iter().for_each(|warning| call.out.warning(warning));
    if let Some((group, members)) = members.filter(|_| call.only.is_some()) {
        members.iter().for_each(|member| call.out.grant(records::user_group::grant(&group, member)));
    }
    let privileges = &call.memory.learned.privileges;
    let (total, next) = (privileges.groups.all().len() as u32, call.next_group());
    let done = next.map_or(total, |(group, _)| group as u32);
    call.out.page.progress = Progress { phase: at.phase.word(), done, total: Some(total) };
    let Some((group, next)) = next else { return Ok(call.begin_after(at.phase)) };
    let digest = call.memory.learned.digest_at(at.phase, call.selection);
    Ok(Some(Cursor { at: next, list: group as u32, digest, ..at.clone() }))
}
