//! One write: a request, and a GET that shows its effect. An answer that was lost says nothing: the
//! state that a read finds decides.

use crate::cloudflare::client::{Client, Written};
use crate::cloudflare::endpoint::{Object, Write};
use crate::cloudflare::transport::Transport;
use crate::error::{Error, ErrorKind, Result};
use serde_json::value::RawValue;

/// The state of an object that a write replaces.
pub(super) trait State: Sized {
    /// The write that replaces it.
    const REPLACE: &'static Write;

    /// Reads the state from an answer.
    ///
    /// # Errors
    /// The reason why it can't be written back without losing something.
    fn read(raw: &RawValue, account_id: &str) -> std::result::Result<Self, String>;

    /// Whether it is the state of this object.
    fn is_of(&self, object: &Object) -> bool;

    /// The body that a write sends.
    fn body(&self) -> String;

    /// Describes for a person how another state of the same object differs, if it does.
    fn differs(&self, found: &Self) -> Option<String>;
}

/// A write that failed, or whose effect isn't known.
pub(super) struct Failed<S> {
    /// The error for the change.
    pub error: Error,
    /// The state that is there now.
    pub found: FoundAfter<S>,
}

impl<S> Failed<S> {
    /// The write certainly isn't done, and nothing else has changed.
    const fn unwritten(error: Error) -> Self {
        Self { error, found: FoundAfter::Before }
    }

    /// The write may be done.
    const fn unknown(error: Error) -> Self {
        Self { error, found: FoundAfter::Unknown }
    }
}

/// The state that is found after a write that failed.
pub(super) enum FoundAfter<S> {
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

/// Reads the state of an object.
///
/// # Errors
/// The failure of the read, or `invalid-response` for a state that can't be written back.
pub(super) fn fetch<T: Transport, S: State>(client: &mut Client<T>, object: &Object) -> Result<S> {
    let raw = client.one(object)?;
    let read = S::read(&raw, &client.settings().account_id).and_then(|state| {
        if state.is_of(object) { Ok(state) } else { Err("it is another one than was asked for".to_owned()) }
    });
    read.map_err(|why| {
        let message = format!(
            "What Cloudflare says of the {object} can't be written back without losing something: {why}. \
             Nothing was written."
        );
        Error::new(ErrorKind::InvalidResponse, message)
    })
}

/// Replaces `before` by `after`, and reads it back. Returns a warning if Cloudflare confirmed the
/// write and it couldn't be read back. A read comes right before each further attempt, however long
/// this waits, so that another writer's change isn't overwritten.
///
/// # Errors
/// `conflict`, `indeterminate`, or the reason why it certainly isn't written.
pub(super) fn write<T: Transport, S: State>(
    client: &mut Client<T>,
    object: &Object,
    before: &S,
    after: &S,
) -> std::result::Result<Option<String>, Failed<S>> {
    let body = after.body();
    let (mut retries, mut under_way) = (0, None);
    loop {
        let lost = match (client.write(S::REPLACE, object, &body, retries), &under_way) {
            (Written::NotWritten(error), None) => return Err(Failed::unwritten(error)),
            // This attempt isn't written, but an earlier one still may be.
            (Written::NotWritten(error), Some(lost)) => {
                return Err(Failed::unknown(indeterminate(object, lost, Some(&error))));
            }
            (Written::Confirmed(shown), _) => return confirm(client, object, after, shown.as_deref()),
            (Written::Waited, _) => None,
            (Written::Lost { error, may_come }, _) => {
                if under_way.is_none() && may_come {
                    under_way = Some(error.clone());
                }
                Some(error)
            }
        };
        let may_repeat = lost.is_none() || client.pause(retries, None);
        // Without an attempt in doubt, the state isn't ours.
        let in_doubt = under_way.as_ref().or(lost.as_ref());
        let found: S = match (fetch(client, object), in_doubt) {
            (Ok(found), _) => found,
            (Err(unread), None) => return Err(Failed::unwritten(unread)),
            (Err(unread), Some(_)) if unread.kind == ErrorKind::NotFound => return Err(gone(object)),
            (Err(unread), Some(lost)) => {
                return Err(Failed::unknown(indeterminate(object, lost, Some(&unread))));
            }
        };
        if after.differs(&found).is_none() {
            return Ok(None);
        }
        match before.differs(&found) {
            Some(_) if in_doubt.is_some() => return Err(conflict(object, after, found)),
            Some(differs) => return Err(overtaken(object, &differs, found)),
            None => {}
        }
        if let Some(lost) = lost.filter(|_| !may_repeat) {
            return Err(match under_way {
                Some(lost) => Failed::unknown(indeterminate(object, &lost, None)),
                None => Failed::unwritten(lost),
            });
        }
        retries += 1;
    }
}

/// Reads back a write that Cloudflare has confirmed.
fn confirm<T: Transport, S: State>(
    client: &mut Client<T>,
    object: &Object,
    after: &S,
    shown: Option<&RawValue>,
) -> std::result::Result<Option<String>, Failed<S>> {
    let unread = match fetch::<T, S>(client, object) {
        Ok(found) if after.differs(&found).is_none() => return Ok(None),
        Ok(found) => return Err(conflict(object, after, found)),
        Err(error) if error.kind == ErrorKind::NotFound => return Err(gone(object)),
        Err(error) => error,
    };
    let account_id = &client.settings().account_id;
    let is_shown = shown
        .and_then(|shown| S::read(shown, account_id).ok())
        .is_some_and(|shown| shown.is_of(object) && after.differs(&shown).is_none());
    if is_shown {
        return Ok(Some(format!(
            "Cloudflare confirmed the change of the {object}, and it couldn't be read back, so what somebody \
             else did at the same moment isn't known. {}",
            unread.message
        )));
    }
    let message = format!(
        "Cloudflare confirmed the change of the {object}, but it can't be seen. Read it before anything \
         else. {}",
        unread.message
    );
    Err(Failed::unknown(in_doubt(unread, message)))
}

fn indeterminate(object: &Object, lost: &Error, unread: Option<&Error>) -> Error {
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

/// Turns the error that hides the effect of a write into `indeterminate`.
fn in_doubt(mut error: Error, message: String) -> Error {
    (error.kind, error.retryable, error.message) = (ErrorKind::Indeterminate, false, message);
    error
}

fn conflict<S: State>(object: &Object, after: &S, found: S) -> Failed<S> {
    let differs = after.differs(&found).unwrap_or_default();
    let message = format!(
        "After the change, the {object} is not what was written: {differs}. Somebody else changes it too. \
         Read it again, then decide."
    );
    Failed { error: Error::new(ErrorKind::Conflict, message), found: FoundAfter::Other(found) }
}

/// The error for a change of somebody else's before ours could be sent again.
fn overtaken<S>(object: &Object, differs: &str, found: S) -> Failed<S> {
    let message = format!(
        "While Cloudflare's limit was waited for, somebody else changed the {object}: {differs}. Nothing was \
         written. Read it again, then decide."
    );
    Failed { error: Error::new(ErrorKind::Conflict, message), found: FoundAfter::Theirs(found) }
}

fn gone<S>(object: &Object) -> Failed<S> {
    let message = format!(
        "The {object} went away while it was changed. Somebody else changes it too. Read again, then decide."
    );
    Failed { error: Error::new(ErrorKind::Conflict, message), found: FoundAfter::Gone }
}
