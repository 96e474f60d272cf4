//! Errors that leave a gap in what is known, and don't end the work.

use crate::cloudflare::failure;
use crate::error::{Error, ErrorKind};

/// Whether an error of reading a list that a rule names is a gap of what is known, and no failure:
/// the list can't be read, the API refuses it for now, the answer doesn't say what it has, or the
/// server fails for it. If no answer comes, that says nothing of the list: the next one wouldn't come
/// either.
pub fn is_gap(error: &Error) -> bool {
    is_unreadable(error) || error.no_items || error.passes || is_failing(error)
}

/// Whether the server answered that it fails, also when the request was sent again (at least once).
pub fn is_failing(error: &Error) -> bool {
    error.kind == ErrorKind::Unavailable && error.http_status.is_some_and(failure::is_failing)
}

/// Whether an error means that something may not be read, or isn't there.
pub fn is_unreadable(error: &Error) -> bool {
    matches!(error.kind, ErrorKind::NotFound | ErrorKind::PermissionDenied)
        // An answer that was cut off means nothing, whatever its status.
        || error.http_status == Some(400) && error.kind == ErrorKind::InvalidResponse
}
