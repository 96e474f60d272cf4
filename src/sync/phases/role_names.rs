//! The roles of an account for which Cloudflare has no list of roles any more.

use super::role;
use crate::cloudflare::transport::Transport;
use crate::error::Result;
use crate::model::{Kind, Progress};
use crate::sync::call::Call;
use crate::sync::cursor::Cursor;
use crate::sync::load_roles;
use crate::sync::privileges::Privileges;

/// Reads the next page of what tells names of roles, and emits the roles that are known then: with the
/// first permission groups those that account members show, and with each the others.
pub(super) fn learn<T: Transport>(call: &mut Call<'_, T>, at: &Cursor) -> Result<Option<Cursor>> {
    let is_wanted = call.selection.wants(Kind::Role);
    let (roles, warnings) = load_roles::names(call)?;
    warnings.into_iter().for_each(|warning| call.out.warning(warning));
    let learned = &call.memory.learned;
    let privileges = &learned.privileges;
    let is_first = at.list == Privileges::OF_GROUPS && at.at.page == 1;
    let shown = privileges.shown.iter().filter(|_| is_first);
    shown.chain(&roles).filter(|_| is_wanted).for_each(|known| role::emit(known, &mut call.out));

    let (step, next) = privileges.names_next;
    let total = call.out.page.progress.total;
    call.out.page.progress = Progress { phase: at.phase.word(), done: next.before, total };
    if !privileges.lacks_names() {
        return Ok(call.begin_after(at.phase));
    }
    let digest = learned.digest_at(at.phase, call.selection);
    Ok(Some(Cursor { at: next, list: step, digest, ..at.clone() }))
}
