//! Learns what a cursor rests on, where this session doesn't know it yet. A call does a bounded part
//! of that. If more is left, its page is empty, and its cursor is for the rest: a session that stays
//! goes on from its memory.
//!
//! What people are read for, their addresses, is in the cursor too, so that no session has to read
//! all of them. Groups, applications, lists, roles and user groups are too large for a
//! cursor: a session that is lost begins with them again. Then the next one may do more in a call, so
//! that even a host that opens a session for each call comes to the end.

use super::budget::{Budget, LEFT_OF_LOST, MOST_LOST};
use super::call::{Call, Memory};
use super::cursor::Cursor;
use super::learned::Learned;
use super::phase::Phase;
use super::{load, load_roles, look_up, phases};
use crate::cloudflare::paging::Position;
use crate::cloudflare::transport::Transport;
use crate::error::{Error, ErrorKind, Result};
use crate::kinds;
use crate::model::Kind;
use crate::records::warnings;
use std::ops::ControlFlow;

/// The state of what a cursor rests on: complete, or the cursor that reads the rest.
pub type Prepared = ControlFlow<Cursor>;

/// Learns what the cursor rests on, and compares the digest. Breaks off with the next cursor where
/// more is left than a call may read.
///
/// # Errors
/// The pages can't be read; `invalid-cursor` where the groups or their lists have changed.
pub fn prepare<T: Transport>(call: &mut Call<'_, T>, at: &Cursor) -> Result<Prepared> {
    // A page of another phase only takes up memory.
    call.memory.upstream.take_if(|page| Phase::Of(page.kind) != at.phase);
    if is_behind(call.memory, at) {
        let Memory { lost, is_kept, .. } = *call.memory;
        *call.memory = Memory { lost, is_kept, ..Memory::default() };
    }
    let mut budget = Budget::of_call(call.memory.lost);
    if !is_rest_read(call, at, &mut budget)? {
        give_up_or_go_on(call.memory)?;
        let prepared = at.prepared.saturating_add(budget.pages());
        return Ok(ControlFlow::Break(Cursor { prepared, ..at.clone() }));
    }
    if at.phase == Phase::Of(Kind::Email) {
        if is_behind_people(call.memory, at) {
            call.memory.upstream = None;
            restore_marks(call, at);
        }
        return match_people(call, at);
    }
    Ok(ControlFlow::Continue(()))
}

/// Decides whether another call makes sense after one that couldn't read everything again. A session
/// that lives on gets further with each.
///
/// # Errors
/// `unavailable` where one session after the other was lost.
fn give_up_or_go_on(memory: &mut Memory) -> Result<()> {
    if memory.is_kept {
        memory.lost = memory.lost.min(LEFT_OF_LOST);
    }
    memory.is_kept = true;
    if memory.lost < MOST_LOST {
        return Ok(());
    }
    let message = format!(
        "The read can't go on: {} sessions, one after the other, ended before they had read again the \
         groups, applications, lists, roles and user groups that this cursor rests on. Keep one session for \
         all calls of a read, or let a call take more time and requests, and start the read again without a \
         cursor.",
        memory.lost
    );
    let mut error = Error::new(ErrorKind::Unavailable, message).about("cursor");
    error.retryable = false;
    Err(error)
}

/// Learns the rules, lists and roles that the cursor rests on. Returns whether that is all of them.
fn is_rest_read<T: Transport>(call: &mut Call<'_, T>, at: &Cursor, budget: &mut Budget) -> Result<bool> {
    if at.phase == Phase::Principal {
        return Ok(true);
    }
    call.know_only();
    if let Some(holder) = call.holder.filter(|_| call.memory.principals.is_none()) {
        budget.take(call.client);
        look_up::learn(call, holder, at.member.as_ref()).map_err(look_up::again)?;
    }
    for kind in kinds::DECIDING {
        let is_needed = at.phase.rests_on(kind, call.selection);
        if !load_earlier(call, kind, at, is_needed, budget)? {
            return Ok(false);
        }
    }
    if !load_missing(call, at, budget)? {
        return Ok(false);
    }
    if Phase::Policies.later().any(|phase| phase == at.phase) {
        call.memory.learned.gather(call.selection);
        if !load_lists(call, at, budget)? {
            return Ok(false);
        }
        call.memory.learned.compile(call.selection, call.facts);
    }
    let others = |kind: &Kind| !kinds::DECIDING.contains(kind) && keeps_all_ids(*kind);
    for kind in Kind::ALL.into_iter().filter(others) {
        let is_needed = match kind {
            Kind::Role | Kind::UserGroup => {
                at.phase.rests_on_privileges(call.selection) && at.phase.is_behind(kind) && call.reads(kind)
            }
            _ => false,
        };
        if !load_earlier(call, kind, at, is_needed, budget)? {
            return Ok(false);
        }
    }
    if !load_names(call, at, budget)? || !load_group_members(call, at, budget)? {
        return Ok(false);
    }
    call.memory.learned.privileges.settle();
    if !call.memory.is_verified {
        if call.memory.learned.digest_at(at.phase, call.selection) != at.digest {
            return Err(Error::cursor(
                "the groups, applications and policies, the lists that they name, or the roles and user \
                 groups have changed since it was given",
            ));
        }
        restore_marks(call, at);
        call.memory.is_verified = true;
    }
    // What the principal holds may have to be named. That comes later than the digest, which is without it.
    Ok(at.phase != Phase::Held
        || !phases::needs_roles(call)
        || load_earlier(call, Kind::Role, at, true, budget)? && load_names(call, at, budget)?)
}

/// Takes over from the cursor which addresses the people before it have.
fn restore_marks<T: Transport>(call: &mut Call<'_, T>, at: &Cursor) {
    let first = call.first_address();
    let learned = &mut call.memory.learned;
    let is_at = |kind| at.phase == Phase::Of(kind) || at.people == Some(kind);
    let (members, users) = match at.phase {
        // Nobody comes before the first page of members.
        Phase::Of(Kind::Member) if at.at == Position::START => return,
        Phase::Of(Kind::Member | Kind::User | Kind::Email) if is_at(Kind::Member) => {
            (Some(at.at), Some(Position::START))
        }
        Phase::Of(Kind::User | Kind::Email) if is_at(Kind::User) => (None, Some(at.at)),
        Phase::Of(Kind::Email) => (None, None),
        _ => return,
    };
    let from = if at.phase == Phase::Of(Kind::Email) { at.item as usize } else { first };
    learned.matched.restore(from, &at.marks);
    learned.seen.note(Kind::Member, None, members);
    learned.seen.note(Kind::User, None, users);
}

/// Whether a session keeps the ids of all items of the kind, so that it knows what comes again.
fn keeps_all_ids(kind: Kind) -> bool {
    kinds::row(kind).collection.is_some_and(|list| !list.has_people)
}

/// Whether this session has gone on past the cursor, and doesn't have its page any more.
fn is_behind(memory: &Memory, at: &Cursor) -> bool {
    match at.phase {
        Phase::Of(kind) if keeps_all_ids(kind) => {
            let is_here = memory.upstream.as_ref().is_some_and(|page| page.is_page(kind, at.at.page));
            let is_past = |next: Option<Position>| next.is_none_or(|next| next.page > at.at.page);
            !is_here && is_past(memory.learned.seen.next(kind))
        }
        Phase::Policies => {
            let found = &memory.learned.found;
            (found.done, found.next.page) > (at.list, at.at.page)
        }
        Phase::Lists => {
            let (list, next) = memory.learned.lists_next;
            (list as u32, next.page) > (at.list, at.at.page)
        }
        Phase::RoleNames => {
            let (step, next) = memory.learned.privileges.names_next;
            (step, next.page) > (at.list, at.at.page)
        }
        Phase::GroupMembers => {
            let (group, next) = memory.learned.privileges.members_next;
            (group as u32, next.page) > (at.list, at.at.page)
        }
        Phase::Principal | Phase::Of(_) | Phase::Rules | Phase::Held => false,
    }
}

/// The people who are still to be read for their addresses.
fn people_left(learned: &Learned) -> Option<(Kind, Position)> {
    let left = |kind| Some((kind, learned.seen.next(kind)?));
    left(Kind::Member).or_else(|| left(Kind::User))
}

/// Whether this session has read people for their addresses whom the cursor, in the phase of emails,
/// still wants to have read: it returns the same page again only if it reads them again.
fn is_behind_people(memory: &Memory, at: &Cursor) -> bool {
    let learned = &memory.learned;
    match (at.people, people_left(learned)) {
        // A cursor without marks begins with the first member.
        (None, None) => {
            at.marks.is_empty()
                && (at.item as usize) < learned.matched.included.len()
                && learned.matched.knows(at.item as usize)
        }
        (None, Some(left)) => left != (Kind::Member, Position::START),
        (Some(_), None) => true,
        (Some(kind), Some((next_kind, next))) => {
            let is_later_kind = kind == Kind::Member && next_kind == Kind::User;
            is_later_kind || kind == next_kind && next.page > at.at.page
        }
    }
}

/// Reads the pages of a kind's collection that come before the cursor. In a phase of another kind, reads
/// all pages if that phase needs them, and else none. Returns whether none is left.
fn load_earlier<T: Transport>(
    call: &mut Call<'_, T>,
    kind: Kind,
    at: &Cursor,
    is_needed: bool,
    budget: &mut Budget,
) -> Result<bool> {
    while let Some(next) = call.memory.learned.seen.next(kind) {
        let is_earlier = if at.phase == Phase::Of(kind) { next.page < at.at.page } else { is_needed };
        if !is_earlier {
            break;
        }
        if !budget.take(call.client) {
            return Ok(false);
        }
        phases::load(call, kind, next, &[])?;
    }
    Ok(true)
}

/// Asks for the policies that come before the cursor, and that the list of applications doesn't have.
/// Returns whether none is left.
fn load_missing<T: Transport>(call: &mut Call<'_, T>, at: &Cursor, budget: &mut Budget) -> Result<bool> {
    while at.phase.rests_on(Kind::App, call.selection)
        && call.memory.learned.missing(call.selection).is_some()
    {
        let found = &call.memory.learned.found;
        if at.phase == Phase::Policies && (found.done, found.next.page) >= (at.list, at.at.page) {
            break;
        }
        if !budget.take(call.client) {
            return Ok(false);
        }
        // The phase of missing policies has emitted what came, and reported the warnings.
        load::missing(call)?;
    }
    Ok(true)
}

/// Reads the pages of the lists of addresses that come before the cursor. Returns whether none is
/// left.
fn load_lists<T: Transport>(call: &mut Call<'_, T>, at: &Cursor, budget: &mut Budget) -> Result<bool> {
    while call.memory.learned.lacks_lists() {
        let (list, next) = call.memory.learned.lists_next;
        if at.phase == Phase::Lists && (list as u32, next.page) >= (at.list, at.at.page) {
            break;
        }
        if !budget.take(call.client) {
            return Ok(false);
        }
        // The phase of lists has reported the warnings.
        load::list(call)?;
    }
    Ok(true)
}

/// Reads the pages that tell names of roles and come before the cursor, where there is no list of roles.
/// Returns whether none is left.
fn load_names<T: Transport>(call: &mut Call<'_, T>, at: &Cursor, budget: &mut Budget) -> Result<bool> {
    while call.memory.learned.privileges.lacks_names() {
        let (step, next) = call.memory.learned.privileges.names_next;
        if at.phase == Phase::RoleNames && (step, next.page) >= (at.list, at.at.page) {
            break;
        }
        if !budget.take(call.client) {
            return Ok(false);
        }
        // The phase of names has emitted the roles, and reported the warnings.
        load_roles::names(call)?;
    }
    Ok(true)
}

/// Reads the pages of the members of user groups that come before the cursor. Returns whether none is left.
fn load_group_members<T: Transport>(
    call: &mut Call<'_, T>,
    at: &Cursor,
    budget: &mut Budget,
) -> Result<bool> {
    let is_needed = match at.phase {
        Phase::GroupMembers => true,
        phase => phase.is_behind(Kind::UserGroup) && phase.rests_on_privileges(call.selection),
    };
    if !is_needed || !call.selection.needs_group_members() {
        return Ok(true);
    }
    while let Some((group, next)) = call.next_group() {
        if at.phase == Phase::GroupMembers && (group as u32, next.page) >= (at.list, at.at.page) {
            break;
        }
        if !budget.take(call.client) {
            return Ok(false);
        }
        // The phase of these members has reported the warnings.
        load_roles::group_members(call)?;
    }
    Ok(true)
}

/// Reads people again for their addresses alone, where neither this session nor the cursor knows who
/// has the address that comes next.
fn match_people<T: Transport>(call: &mut Call<'_, T>, at: &Cursor) -> Result<Prepared> {
    let learned = &mut call.memory.learned;
    if learned.membership.is_none() {
        return Err(Error::internal("addresses are matched before there are groups"));
    }
    if people_left(learned).is_none() && !learned.matched.knows(at.item as usize) {
        learned.matched.begin();
        learned.seen.note(Kind::Member, None, Some(Position::START));
        learned.seen.note(Kind::User, None, Some(Position::START));
    }
    let mut budget = Budget::of_call(call.memory.lost);
    let mut tail = at.tail.clone();
    while let Some((kind, next)) = people_left(&call.memory.learned) {
        let outcome = if budget.take(call.client) {
            phases::load(call, kind, next, tail.digests()).map(|()| true)
        } else {
            Ok(false)
        };
        let is_read = match outcome {
            // The pages before it must not be lost. The next call meets the error again, or goes on.
            Err(_) if budget.pages() > 1 => false,
            outcome => outcome?,
        };
        if !is_read {
            let marks = call.marks(at.item as usize);
            let rest = Cursor { at: next, people: Some(kind), marks, tail, prepared: 0, ..at.clone() };
            return Ok(ControlFlow::Break(rest));
        }
        let page = call.memory.upstream.as_ref();
        if let Some(finding) = page.and_then(|page| page.verdict().finding) {
            call.out.warning(warnings::list_moved(kinds::collection(kind)?.noun, finding));
        }
        tail = call.memory.tail();
    }
    call.memory.upstream = None;
    Ok(ControlFlow::Continue(()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_that_are_lost_again_and_again_end_in_an_error() {
        let lost = |lost| Memory { lost, ..Memory::default() };
        assert!(give_up_or_go_on(&mut lost(MOST_LOST - 1)).is_ok());
        let memory = &mut lost(MOST_LOST);
        let error = give_up_or_go_on(memory).unwrap_err();
        assert_eq!((error.kind, error.retryable), (ErrorKind::Unavailable, false));
        assert!(error.message.contains("Keep one session"), "{error}");
        // The same session gets further if it is asked again, and forgives most of the lost ones.
        assert!(give_up_or_go_on(memory).is_ok());
        assert_eq!(memory.lost, LEFT_OF_LOST);
    }
}
