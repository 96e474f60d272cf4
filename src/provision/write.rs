//! One write: PUT, and a GET that shows what became of it. A lost answer is no answer: what is
//! there decides.

use crate::cloudflare::client::{Client, Put};
use crate::cloudflare::endpoint::Object;
use crate::cloudflare::transport::Transport;
use crate::error::{Error, ErrorKind, Result};
use serde_json::value::RawValue;

/// What a write replaces.
pub(super) trait State: Sized {
    /// Reads it from an answer.
    ///
    /// # Errors
    /// Why it can't be written back without losing something.
    fn read(raw: &RawValue, account_id: &str) -> std::result::Result<Self, String>;

    /// Whether it is the state of this thing.
    fn is_of(&self, one: &Object) -> bool;

    /// What a write sends.
    fn body(&self) -> String;

    /// What is different in another state of the same thing, for a person.
    fn differs(&self, found: &Self) -> Option<String>;
}

/// A write that isn't known to be done.
pub(super) struct Failed<S> {
    /// For the change.
    pub error: Error,
    /// What is there now.
    pub now: Now<S>,
}

/// What is there after a write that failed.
pub(super) enum Now<S> {
    /// What was there before.
    Before,
    /// What somebody else made of it before ours was sent.
    Theirs(S),
    /// Something else.
    Other(S),
    /// Nothing.
    Gone,
    /// That isn't known.
    Unknown,
}

/// Reads the state of one thing.
///
/// # Errors
/// What the failure means; what can't be written back is `invalid-response`.
pub(super) fn fetch<T: Transport, S: State>(client: &mut Client<T>, one: &Object) -> Result<S> {
    let raw = client.one(one)?;
    let read = S::read(&raw, &client.settings().account_id).and_then(|state| {
        if state.is_of(one) { Ok(state) } else { Err("it is another one than was asked for".to_owned()) }
    });
    read.map_err(|why| {
        let message = format!("What Cloudflare says of the {one} can't be written back without losing something: {why}. Nothing was written.");
        Error::new(ErrorKind::InvalidResponse, message)
    })
}

/// Replaces `before` by `after`, and makes sure. Gives a warning where Cloudflare confirmed it and
/// it couldn't be read back. Whatever has to be waited for, a read comes right before each further
/// attempt: what another writer does in between isn't overwritten.
///
/// # Errors
/// `conflict`, `indeterminate`, or why it certainly isn't written.
pub(super) fn write<T: Transport, S: State>(
    client: &mut Client<T>,
    one: &Object,
    before: &S,
    after: &S,
) -> std::result::Result<Option<String>, Failed<S>> {
    let body = after.body();
    let (mut retries, mut under_way) = (0, None);
    loop {
        let lost = match (client.put(one, &body, retries), &under_way) {
            (Put::NotWritten(error), None) => return Err(Failed { error, now: Now::Before }),
            // This one isn't, but one before it may be yet.
            (Put::NotWritten(error), Some(lost)) => {
                return Err(Failed { error: indeterminate(one, lost, Some(&error)), now: Now::Unknown });
            }
            (Put::Confirmed(shown), _) => return confirm(client, one, after, shown.as_deref()),
            (Put::Waited, _) => None,
            (Put::Lost { error, may_come }, _) => {
                if under_way.is_none() && may_come {
                    under_way = Some(error.clone());
                }
                Some(error)
            }
        };
        let may_repeat = lost.is_none() || client.pause(retries, None);
        // Where there is none, ours certainly isn't there.
        let in_doubt = under_way.as_ref().or(lost.as_ref());
        let found: S = match (fetch(client, one), in_doubt) {
            (Ok(found), _) => found,
            (Err(unread), None) => return Err(Failed { error: unread, now: Now::Before }),
            (Err(unread), Some(_)) if unread.kind == ErrorKind::NotFound => return Err(gone(one)),
            (Err(unread), Some(lost)) => {
                return Err(Failed { error: indeterminate(one, lost, Some(&unread)), now: Now::Unknown });
            }
        };
        if after.differs(&found).is_none() {
            return Ok(None);
        }
        match before.differs(&found) {
            Some(_) if in_doubt.is_some() => return Err(conflict(one, after, found)),
            Some(differs) => return Err(overtaken(one, &differs, found)),
            None => {}
        }
        if let Some(lost) = lost.filter(|_| !may_repeat) {
            return Err(match under_way {
                Some(lost) => Failed { error: indeterminate(one, &lost, None), now: Now::Unknown },
                None => Failed { error: lost, now: Now::Before },
            });
        }
        retries += 1;
    }
}

/// Reads back what Cloudflare says it has written.
fn confirm<T: Transport, S: State>(
    client: &mut Client<T>,
    one: &Object,
    after: &S,
    shown: Option<&RawValue>,
) -> std::result::Result<Option<String>, Failed<S>> {
    let unread = match fetch::<T, S>(client, one) {
        Ok(found) if after.differs(&found).is_none() => return Ok(None),
        Ok(found) => return Err(conflict(one, after, found)),
        Err(error) if error.kind == ErrorKind::NotFound => return Err(gone(one)),
        Err(error) => error,
    };
    let account_id = &client.settings().account_id;
    let is_shown = shown
        .and_then(|shown| S::read(shown, account_id).ok())
        .is_some_and(|shown| shown.is_of(one) && after.differs(&shown).is_none());
    if is_shown {
        return Ok(Some(format!(
            "Cloudflare confirmed the change of the {one}, and it couldn't be read back, so what somebody else did at the same moment \
             isn't known. {}",
            unread.message
        )));
    }
    let message = format!(
        "Cloudflare confirmed the change of the {one}, but it can't be seen. Read it before anything else. {}",
        unread.message
    );
    Err(Failed { error: in_doubt(unread, message), now: Now::Unknown })
}

fn indeterminate(one: &Object, lost: &Error, unread: Option<&Error>) -> Error {
    let after = match unread {
        Some(unread) => format!("and what came after it failed too: {}", unread.message),
        None => "and it isn't there, though it may still come.".to_owned(),
    };
    let message = format!(
        "The {one} may or may not have been changed: the answer was lost ({}), {after} Run the same change again: it ends in the same state.",
        lost.message
    );
    in_doubt(unread.unwrap_or(lost).clone(), message)
}

/// What came of a write isn't known, because of this error.
fn in_doubt(mut error: Error, message: String) -> Error {
    (error.kind, error.retryable, error.message) = (ErrorKind::Indeterminate, false, message);
    error
}

fn conflict<S: State>(one: &Object, after: &S, found: S) -> Failed<S> {
    let differs = after.differs(&found).unwrap_or_default();
    let message = format!(
        "After the change, the {one} is not what was written: {differs}. Somebody else changes it too. Read it again, then decide."
    );
    Failed { error: Error::new(ErrorKind::Conflict, message), now: Now::Other(found) }
}

/// Somebody else was there before ours could be sent again.
fn overtaken<S>(one: &Object, differs: &str, found: S) -> Failed<S> {
    let message = format!(
        "While Cloudflare's limit was waited for, somebody else changed the {one}: {differs}. Nothing was written. Read it again, then \
         decide."
    );
    Failed { error: Error::new(ErrorKind::Conflict, message), now: Now::Theirs(found) }
}

fn gone<S>(one: &Object) -> Failed<S> {
    let message = format!(
        "The {one} went away while it was changed. Somebody else changes it too. Read again, then decide."
    );
    Failed { error: Error::new(ErrorKind::Conflict, message), now: Now::Gone }
}
