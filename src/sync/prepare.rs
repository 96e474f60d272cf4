//! Learns what a cursor rests on, where this session doesn't know it yet.

use super::call::{Call, Memory};
use super::cursor::Cursor;
use super::phase::Phase;
use super::{load, phases};
use crate::cloudflare::paging::Position;
use crate::cloudflare::transport::Transport;
use crate::error::{Error, Result};
use crate::kinds;
use crate::model::Kind;
use crate::records::warnings;

/// Learns what the cursor rests on, and compares the digest.
///
/// # Errors
/// The pages can't be read; `invalid-cursor` where the groups or their lists have changed.
pub fn prepare<T: Transport>(call: &mut Call<'_, T>, at: &Cursor) -> Result<()> {
    // A page of another phase only takes up memory.
    call.memory.upstream.take_if(|page| Phase::Of(page.kind()) != at.phase);
    if is_behind(call.memory, at) {
        *call.memory = Memory::default();
    }
    let membership = call.selection.needs_membership();
    load_earlier(call, Kind::Group, at, membership)?;
    if membership {
        load_lists(call, at)?;
        call.memory.learned.compile();
    }
    if !call.memory.is_verified {
        if at.phase.has_digest(call.selection) && call.memory.learned.digest != at.digest {
            return Err(Error::cursor(
                "the groups, or the lists that they name, have changed since it was given",
            ));
        }
        call.memory.is_verified = true;
    }
    for kind in Kind::ALL.into_iter().filter(|&kind| kind != Kind::Group && keeps_all_ids(kind)) {
        let is_needed = match kind {
            // Members emit the roles that the list of roles doesn't have.
            Kind::Role => {
                at.phase == Phase::Of(Kind::Member)
                    && call.selection.wants_grants(Kind::Role)
                    && call.only.is_none()
            }
            _ => false,
        };
        load_earlier(call, kind, at, is_needed)?;
    }
    if at.phase == Phase::Of(Kind::Email) {
        match_rest(call, Kind::Member)?;
        match_rest(call, Kind::User)?;
    }
    Ok(())
}

/// Whether a session keeps the ids of all items of the kind, so that it knows what comes again.
fn keeps_all_ids(kind: Kind) -> bool {
    kinds::row(kind).collection.is_some_and(|list| !list.has_people)
}

/// Whether this session has gone on past the cursor, and doesn't have its page any more.
fn is_behind(memory: &Memory, at: &Cursor) -> bool {
    match at.phase {
        Phase::Of(kind) if keeps_all_ids(kind) => {
            let is_here = memory.upstream.as_deref().is_some_and(|page| page.is_page(kind, at.at.page));
            let is_past = |next: Option<Position>| next.is_none_or(|next| next.page > at.at.page);
            !is_here && is_past(memory.learned.seen.next(kind))
        }
        Phase::Lists => {
            let (list, next) = memory.learned.lists_next;
            (list as u32, next.page) > (at.list, at.at.page)
        }
        Phase::Of(_) | Phase::Rules => false,
    }
}

/// Reads the pages of a kind's collection that come before the cursor. In a phase of another kind, reads
/// all pages if that phase needs them, and else none.
fn load_earlier<T: Transport>(
    call: &mut Call<'_, T>,
    kind: Kind,
    at: &Cursor,
    is_needed: bool,
) -> Result<()> {
    while let Some(next) = call.memory.learned.seen.next(kind) {
        let is_earlier = if at.phase == Phase::Of(kind) { next.page < at.at.page } else { is_needed };
        if !is_earlier {
            break;
        }
        phases::load(call, kind, next, &[])?;
    }
    Ok(())
}

/// Reads the pages of the lists of addresses that come before the cursor.
fn load_lists<T: Transport>(call: &mut Call<'_, T>, at: &Cursor) -> Result<()> {
    while at.phase != Phase::Of(Kind::Group) && !call.memory.learned.has_all_lists() {
        let (list, next) = call.memory.learned.lists_next;
        if at.phase == Phase::Lists && (list as u32, next.page) >= (at.list, at.at.page) {
            break;
        }
        // The phase of lists has reported the warnings.
        load::list(call)?;
    }
    Ok(())
}

/// Reads the pages of people that this session hasn't seen, for their addresses alone.
fn match_rest<T: Transport>(call: &mut Call<'_, T>, kind: Kind) -> Result<()> {
    if call.memory.learned.membership.is_none() {
        return Err(Error::internal("addresses are matched before there are groups"));
    }
    while let Some(next) = call.memory.learned.seen.next(kind) {
        phases::load(call, kind, next, &[])?;
        let finding = call.memory.upstream.as_deref().and_then(|page| page.verdict().finding);
        if let Some(finding) = finding {
            call.out.warning(warnings::list_moved(kinds::collection(kind)?.noun, finding));
        }
    }
    call.memory.upstream = None;
    Ok(())
}
