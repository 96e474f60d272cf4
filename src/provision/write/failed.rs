//! Writes that failed, and the sentences about them.

use super::state::{AnyState, Found, State, typed};
use crate::error::{Error, ErrorKind};
use std::fmt::Display;

/// A write that failed, or whose effect isn't known.
pub(crate) struct Failed<S> {
    /// The error for the change.
    pub error: Error,
    /// The state that is there now.
    pub found: FoundAfter<S>,
}

impl<S> Failed<S> {
    /// The write certainly isn't done, and nothing else has changed.
    pub(super) const fn unwritten(error: Error) -> Self {
        Self { error, found: FoundAfter::Before }
    }

    /// The write may be done.
    pub(super) const fn unknown(error: Error) -> Self {
        Self { error, found: FoundAfter::Unknown }
    }
}

/// The state that is found after a write that failed.
pub(crate) enum FoundAfter<S> {
    /// The state before the write.
    Before,
    /// The state that somebody else made before ours was sent.
    Theirs(S),
    /// Another state.
    Other(S),
    /// None: the object is gone.
    Gone,
    /// It isn't known.
    Unknown,
}

impl<S> FoundAfter<S> {
    /// Whether nothing of ours was written.
    pub const fn is_untouched(&self) -> bool {
        matches!(self, FoundAfter::Before | FoundAfter::Theirs(_))
    }
}

impl Failed<Found> {
    pub(super) fn typed<S: State>(self) -> Failed<S> {
        let found = match self.found {
            FoundAfter::Before => Some(FoundAfter::Before),
            FoundAfter::Theirs(found) => typed(found).map(FoundAfter::Theirs),
            FoundAfter::Other(found) => typed(found).map(FoundAfter::Other),
            FoundAfter::Gone => Some(FoundAfter::Gone),
            FoundAfter::Unknown => None,
        };
        Failed { error: self.error, found: found.unwrap_or(FoundAfter::Unknown) }
    }
}

/// The failure of a write that Cloudflare answered with success, and that a read doesn't find. What
/// the answer showed and the read lacks, somebody else has changed. What the answer itself lacks,
/// Cloudflare didn't take.
pub(super) fn not_as_written(
    object: &dyn Display,
    [before, after]: [&dyn AnyState; 2],
    shown: Option<&dyn AnyState>,
    found: Found,
) -> Failed<Found> {
    let is_unchanged = before.differs(&*found).is_none();
    let lacks = after.lacks(&*found).or_else(|| after.differs(&*found)).unwrap_or_default();
    let seen_by = match shown {
        Some(shown) => match shown.differs(&*found) {
            Some(differs) => return conflict(object, &differs, found),
            None => "its answer already",
        },
        None if !is_unchanged => return taken_in_part_or_changed(object, &lacks),
        None => "the next read",
    };
    let tell = |how: &str| {
        format!(
            "Cloudflare answered the change of the {object} with success, but {seen_by} shows it {how} was \
             taken. {} Look at it in Cloudflare's dashboard, and make the change there.",
            after.why_not_taken()
        )
    };
    if is_unchanged {
        return Failed::unwritten(Error::new(ErrorKind::Refused, tell("unchanged: nothing of the change")));
    }
    let message = tell(&format!("not as it was written ({lacks}): only a part"));
    Failed::unknown(Error::new(ErrorKind::Indeterminate, message))
}

pub(super) fn indeterminate(object: &dyn Display, lost: &Error, unread: Option<&Error>) -> Error {
    let after = match unread {
        Some(unread) => format!("and what came after it failed too: {}", unread.message),
        None => "and it isn't there, though it may still come.".to_owned(),
    };
    let message = format!(
        "The {object} may or may not have been changed: the answer was lost ({}), {after} Run the same \
         change again: it ends in the same state.",
        lost.message
    );
    in_doubt(unread.unwrap_or(lost).clone(), message)
}

/// The error for a write that was refused, where no read shows that it isn't done.
pub(super) fn unread_refusal(object: &dyn Display, refusal: &Error, unread: Error) -> Error {
    let message = format!(
        "The {object} may or may not have been changed: the change was refused ({}), and it couldn't be read \
         to be sure: {} Run the same change again: it ends in the same state.",
        refusal.message, unread.message
    );
    in_doubt(unread, message)
}

/// Turns the error that hides the effect of a write into `indeterminate`.
pub(super) fn in_doubt(mut error: Error, message: String) -> Error {
    (error.kind, error.retryable, error.message) = (ErrorKind::Indeterminate, false, message);
    error
}

/// The failure of a write that was confirmed, and that somebody else has changed since.
fn conflict(object: &dyn Display, differs: &str, found: Found) -> Failed<Found> {
    let message = format!(
        "After the change, the {object} is not what was written: {differs}. Somebody else changes it too. \
         Read it again, then decide."
    );
    Failed { error: Error::new(ErrorKind::Conflict, message), found: FoundAfter::Other(found) }
}

/// The failure of a write that was confirmed without the object: whose doing the state after it is
/// can't be told.
fn taken_in_part_or_changed(object: &dyn Display, differs: &str) -> Failed<Found> {
    let message = format!(
        "After the change, the {object} is not what was written: {differs}. Cloudflare's answer to the \
         change doesn't show it, so either only a part was taken, or somebody else changes it too. Read it \
         again, then decide."
    );
    Failed::unknown(Error::new(ErrorKind::Indeterminate, message))
}

/// The failure of a write without a certain answer, whose object is neither what was there nor what
/// was written.
pub(super) fn changed_meanwhile(
    object: &dyn Display,
    after: &dyn AnyState,
    found: Found,
    cause: &Error,
) -> Failed<Found> {
    let differs = after.differs(&*found).unwrap_or_default();
    let message = format!(
        "The change of the {object} has no certain answer ({}), and the {object} is not what was written: \
         {differs}. Somebody else changes it too. Read it again, then decide.",
        cause.message
    );
    Failed { error: Error::new(ErrorKind::Conflict, message), found: FoundAfter::Other(found) }
}

/// The error for a change of somebody else's before ours could be sent again.
pub(super) fn overtaken(object: &dyn Display, differs: &str, found: Found) -> Failed<Found> {
    let message = format!(
        "While Cloudflare's limit was waited for, somebody else changed the {object}: {differs}. Nothing was \
         written. Read it again, then decide."
    );
    Failed { error: Error::new(ErrorKind::Conflict, message), found: FoundAfter::Theirs(found) }
}

pub(super) fn gone(object: &dyn Display) -> Failed<Found> {
    let message = format!(
        "The {object} went away while it was changed. Somebody else changes it too. Read again, then decide."
    );
    Failed { error: Error::new(ErrorKind::Conflict, message), found: FoundAfter::Gone }
}
