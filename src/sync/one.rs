//! Reads one resource.

use super::call::Call;
use super::cursor::Cursor;
use super::phase::Phase;
use super::phases;
use crate::cloudflare::id::Id;
use crate::cloudflare::transport::Transport;
use crate::error::{Error, ErrorKind, Result};
use crate::kinds;
use crate::model::{Kind, ResourceId};

/// Emits a resource that can be read alone, and returns the cursor of those who hold its
/// entitlement. Returns `None` for a resource that is found only in its collection.
///
/// # Errors
/// `invalid-argument` where it isn't an id; `not-found`, or the resource can't be read.
pub fn emit_alone<T: Transport>(call: &mut Call<'_, T>, only: &ResourceId) -> Result<Option<Option<Cursor>>> {
    let row = kinds::row(only.kind);
    // The id of a kind without a collection isn't Cloudflare's.
    if row.collection.is_none() {
        return Ok(None);
    }
    let id = Id::asked(&only.id)
        .ok_or_else(|| Error::argument("id", format!("This is not the id of a {}.", only.kind)))?;
    if !row.is_read_alone {
        return Ok(None);
    }
    phases::emit_object(call, only.kind, id)?;
    call.know_only();
    Ok(Some(call.begin_after(Phase::Of(only.kind))))
}

/// Whether nothing more belongs to the one resource that is wanted, so that the rest from this cursor on
/// isn't read: nobody holds a policy, and all members of a user group were told.
pub fn is_done<T: Transport>(call: &Call<'_, T>, next: &Cursor) -> bool {
    call.only.is_some_and(|only| match only.kind {
        Kind::Policy => !call.out.page.resources.is_empty(),
        Kind::UserGroup => next.phase != Phase::GroupMembers,
        _ => false,
    })
}

/// Checks that the one resource that is wanted was emitted, or still can be. `is_end` says that no
/// page follows.
///
/// # Errors
/// `not-found`.
pub fn check_found<T: Transport>(call: &Call<'_, T>, is_end: bool) -> Result<()> {
    let Some(only) = call.only else { return Ok(()) };
    let row = kinds::row(only.kind);
    let learned = &call.memory.learned;
    let is_listed = || learned.seen.has_text(only.kind, &only.id);
    let is_held = || learned.unlisted.has(only);
    let is_found = if row.is_read_alone {
        true
    } else if only.kind == Kind::Policy {
        // It may belong to an application, or be missing from all lists.
        !is_end || is_listed() || learned.apps.owner_of(&only.id).is_some()
    } else if only.kind == Kind::Role {
        // Somebody may hold one that no list has.
        !is_end || is_listed() || is_held()
    } else if row.collection.is_some() {
        learned.seen.next(only.kind).is_some() || is_listed()
    } else if only.kind == Kind::ScopedRole {
        !is_end || is_held()
    } else {
        !is_end || !call.out.page.resources.is_empty()
    };
    if is_found {
        return Ok(());
    }
    // The id isn't repeated: any text passes for that of an email, and a secret can stand there.
    let mut message = format!("There is no {} with this id in this account.", only.kind);
    if only.kind == Kind::Email {
        message.push_str(
            " An email is an address that a group or an allow policy includes, and that no user or member \
             has.",
        );
    }
    Err(Error::new(ErrorKind::NotFound, message))
}
