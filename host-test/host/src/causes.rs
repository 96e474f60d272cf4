//! The causes of an error.

use std::error::Error;
use std::{io, iter};

type Cause<'a> = &'a (dyn Error + 'static);

/// Returns an error, its cause, the cause of that, and so on.
pub(crate) fn causes<'a>(error: Cause<'a>) -> impl Iterator<Item = Cause<'a>> {
    iter::successors(Some(error), |&error: &Cause<'a>| -> Option<Cause<'a>> {
        // `io::Error::source` skips the error that it wraps.
        match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(wrapped) => Some(wrapped),
            None => error.source(),
        }
    })
}
