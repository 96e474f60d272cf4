//! The lists of addresses that rules name, and the rules themselves. Both phases emit only warnings.

use crate::cloudflare::transport::Transport;
use crate::error::{Error, Result};
use crate::model::Progress;
use crate::sync::call::Call;
use crate::sync::cursor::Cursor;
use crate::sync::load;

/// Reads the next page of a list.
pub(super) fn read_list<T: Transport>(call: &mut Call<'_, T>, at: &Cursor) -> Result<Option<Cursor>> {
    for warning in load::list(call)? {
        call.out.warning(warning);
    }
    let learned = &call.memory.learned;
    let (list, next) = learned.lists_next;
    let (done, total) = (list as u32, learned.named_lists.len() as u32);
    call.out.page.progress = Progress { phase: at.phase.word(), done, total: Some(total) };
    if learned.has_all_lists() {
        return Ok(call.begin_after(at.phase));
    }
    Ok(Some(Cursor { at: next, list: done, digest: learned.digest, ..at.clone() }))
}

/// Warns of what a person should know of the rules.
pub(super) fn warn<T: Transport>(call: &mut Call<'_, T>, at: &Cursor) -> Result<Option<Cursor>> {
    let Some(membership) = &call.memory.learned.membership else {
        return Err(Error::internal("rules are reported before there are groups"));
    };
    let mut done = at.item;
    for warning in membership.warnings().iter().skip(at.item as usize) {
        if call.out.is_full() {
            break;
        }
        // The others are told with what the principal holds.
        if call.holder.is_none() || warning.incomplete {
            call.out.warning(warning.clone());
        }
        done += 1;
    }
    let total = membership.warnings().len() as u32;
    call.out.page.progress = Progress { phase: at.phase.word(), done, total: Some(total) };
    Ok(if done < total { Some(Cursor { item: done, ..at.clone() }) } else { call.begin_after(at.phase) })
}
