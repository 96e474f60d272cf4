//! One write: a request, and a read that shows its effect. An answer that was lost says nothing, and
//! one that refuses is no proof: the state that a read finds decides.

mod failed;
mod state;

pub(crate) use failed::{Failed, FoundAfter};
pub(crate) use state::State;

use crate::cloudflare::client::Client;
use crate::cloudflare::client::write::Written;
use crate::cloudflare::endpoint::Object;
use crate::cloudflare::transport::Transport;
use crate::error::{Error, ErrorKind, Result};
use failed::{changed_meanwhile, gone, in_doubt, indeterminate, not_as_written, overtaken, unread_refusal};
use serde_json::value::RawValue;
use state::{AnyState, Found, absent_any, read_any, typed};
use std::fmt::Display;

/// Reads the state of an object.
///
/// # Errors
/// The failure of the read, or `invalid-response` for a state that can't be written back.
pub(crate) fn fetch<T: Transport, S: State>(client: &mut Client<T>, object: &Object) -> Result<S> {
    let found = fetch_any(client, object, &read_any::<S>, &absent_any::<S>)?;
    typed(found).ok_or_else(|| Error::internal("a state of another type"))
}

type Read<'r> = &'r dyn Fn(&RawValue, &str) -> std::result::Result<Found, String>;

fn fetch_any<T: Transport>(
    client: &mut Client<T>,
    object: &Object,
    read: Read<'_>,
    absent: &dyn Fn() -> Option<Found>,
) -> Result<Found> {
    let raw = match client.one(object) {
        Err(error) if error.kind == ErrorKind::NotFound => return absent().ok_or(error),
        raw => raw?,
    };
    let read = read(&raw, &client.settings().account_id).and_then(|state| {
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

/// A write that is done.
pub(crate) struct Done<S> {
    /// The state as it was read back, or as Cloudflare's answer showed it.
    pub found: S,
    /// The warning, if Cloudflare confirmed the write and it couldn't be read back.
    pub warning: Option<String>,
}

/// Replaces `before` by `after`, and reads it back. A read comes right before each further attempt,
/// however long this waits, so that another writer's change isn't overwritten.
///
/// # Errors
/// `conflict`, `indeterminate`, or the reason why it certainly isn't written.
pub(crate) fn write<T: Transport, S: State>(
    client: &mut Client<T>,
    object: &Object,
    before: &S,
    after: &S,
) -> std::result::Result<Done<S>, Failed<S>> {
    write_while(client, object, before, after, &|_| Ok(()))
}

/// Replaces `before` by `after`, as [`write()`] does. `holds` checks before each further attempt what else
/// has to hold.
///
/// # Errors
/// As for [`write()`], or that of `holds`.
pub(crate) fn write_while<T: Transport, S: State>(
    client: &mut Client<T>,
    object: &Object,
    before: &S,
    after: &S,
    holds: Check<'_, T>,
) -> std::result::Result<Done<S>, Failed<S>> {
    typed_done(write_object(client, object, [before, after], holds))
}

/// Checks that a write may be sent.
type Check<'f, T> = &'f dyn Fn(&mut Client<T>) -> Result<()>;

/// Reads a state, after this answer to a write, if there was one.
type Fetch<'f, T, S> = &'f dyn Fn(&mut Client<T>, Option<&RawValue>) -> Result<S>;

/// Makes something that isn't there, and reads it back. It is sent again only right after a read that
/// doesn't find it. `name` names it, and `what` is a verb with its name. `find` reads it by what the
/// answer to the write says, or without an answer by what is known of it.
///
/// # Errors
/// As for [`write()`].
pub(crate) fn create<T: Transport, S: State>(
    client: &mut Client<T>,
    [name, what]: [&str; 2],
    find: Fetch<'_, T, S>,
    before: &S,
    after: &S,
) -> std::result::Result<Done<S>, Failed<S>> {
    let body = State::body(after).unwrap_or_default();
    let way = Way {
        name: &name,
        send: &|client, retries| client.act(State::write(after), what.to_owned(), &body, retries),
        fetch: &|client, answer| Ok(Box::new(after.aligned(find(client, answer)?))),
        shown: &|answer, account_id| after.read_other(answer, account_id).ok(),
        holds: &|_| Ok(()),
    };
    typed_done(write_any(client, &way, [before, after]))
}

fn typed_done<S: State>(
    done: std::result::Result<Done<Found>, Failed<Found>>,
) -> std::result::Result<Done<S>, Failed<S>> {
    let Done { found, warning } = done.map_err(Failed::typed)?;
    let unknown = || Failed::unknown(Error::internal("a state of another type"));
    Ok(Done { found: typed(found).ok_or_else(unknown)?, warning })
}

/// The way to what is written.
struct Way<'w, T: Transport> {
    name: &'w dyn Display,
    /// Sends the write, after so many attempts.
    send: &'w dyn Fn(&mut Client<T>, u32) -> Written,
    /// Reads the state, after this answer to the write, if there was one.
    fetch: Fetch<'w, T, Found>,
    /// Reads the state from an answer to the write, if it shows it.
    shown: &'w dyn Fn(&RawValue, &str) -> Option<Found>,
    /// Checks before each further attempt what has to hold besides the state.
    holds: Check<'w, T>,
}

fn write_object<T: Transport>(
    client: &mut Client<T>,
    object: &Object,
    [before, after]: [&dyn AnyState; 2],
    holds: Check<'_, T>,
) -> std::result::Result<Done<Found>, Failed<Found>> {
    let body = after.body();
    let read = |raw: &RawValue, account_id: &str| after.read_other(raw, account_id);
    let way = Way {
        name: object,
        send: &|client, retries| client.write(after.write(), object, body.as_deref(), retries),
        fetch: &|client, _| fetch_any(client, object, &read, &|| after.absent_other()),
        shown: &|answer, account_id| read(answer, account_id).ok().filter(|shown| shown.is_of(object)),
        holds,
    };
    write_any(client, &way, [before, after])
}

fn write_any<T: Transport>(
    client: &mut Client<T>,
    way: &Way<'_, T>,
    [before, after]: [&dyn AnyState; 2],
) -> std::result::Result<Done<Found>, Failed<Found>> {
    let object = way.name;
    let (mut retries, mut under_way) = (0, None);
    loop {
        let doubt = match ((way.send)(client, retries), &under_way) {
            (Written::NotWritten(error), None) => return Err(Failed::unwritten(error)),
            // This attempt isn't written, but an earlier one still may be.
            (Written::NotWritten(error), Some(lost)) => {
                return Err(Failed::unknown(indeterminate(object, lost, Some(&error))));
            }
            (Written::Confirmed(answer), _) => {
                return confirm(client, way, [before, after], answer.as_deref());
            }
            (Written::Waited, _) => Doubt::None,
            (Written::Refused(error), _) => Doubt::Refused(error),
            (Written::Lost { error, may_come, may_repeat }, _) => {
                if under_way.is_none() && may_come {
                    under_way = Some(error.clone());
                }
                Doubt::Lost { error, may_repeat }
            }
        };
        let is_final = after.comes_twice() && under_way.is_some();
        let may_repeat = matches!(doubt, Doubt::Lost { may_repeat: true, .. });
        let may_repeat = may_repeat && !is_final && client.pause(retries, None);
        // Without an attempt in doubt, the state isn't ours.
        let in_doubt = under_way.as_ref().or(doubt.cause());
        let found = match ((way.fetch)(client, None), in_doubt) {
            (Ok(found), _) => found,
            (Err(unread), None) => return Err(Failed::unwritten(unread)),
            (Err(unread), Some(lost)) => {
                return Err(match doubt {
                    // It isn't there, as the refusal says: nothing of the write is left either way.
                    Doubt::Refused(refusal)
                        if [&refusal, &unread].iter().all(|it| it.kind == ErrorKind::NotFound) =>
                    {
                        Failed::unwritten(refusal)
                    }
                    _ if unread.kind == ErrorKind::NotFound => gone(object),
                    Doubt::Refused(_) if under_way.is_none() => {
                        Failed::unknown(unread_refusal(object, lost, unread))
                    }
                    _ => Failed::unknown(indeterminate(object, lost, Some(&unread))),
                });
            }
        };
        if after.differs(&*found).is_none() {
            return Ok(Done { found, warning: None });
        }
        if let Some(differs) = before.differs(&*found) {
            return Err(match in_doubt {
                Some(cause) => changed_meanwhile(object, after, found, cause),
                None => overtaken(object, &differs, found),
            });
        }
        let doubt = match doubt {
            Doubt::Refused(refusal) => {
                // Where the read proves nothing, the API's own word counts, unless that says that there is
                // nothing to write to.
                let is_the_apis = refusal.code.is_some() && refusal.kind != ErrorKind::NotFound;
                let is_proof = !after.comes_later() || is_the_apis;
                return Err(match under_way {
                    Some(lost) => Failed::unknown(indeterminate(object, &lost, Some(&refusal))),
                    None if is_proof => Failed::unwritten(refusal),
                    None => Failed::unknown(indeterminate(object, &refusal, None)),
                });
            }
            Doubt::Lost { error, .. } if !may_repeat => {
                return Err(match under_way {
                    Some(lost) => Failed::unknown(indeterminate(object, &lost, None)),
                    None if after.comes_later() => Failed::unknown(indeterminate(object, &error, None)),
                    None => Failed::unwritten(error),
                });
            }
            Doubt::None | Doubt::Lost { .. } => doubt,
        };
        if let Err(error) = (way.holds)(client) {
            // What comes later may be under way, though it isn't seen.
            let lost = under_way.as_ref().or(doubt.cause().filter(|_| after.comes_later()));
            return Err(match lost {
                Some(lost) => Failed::unknown(indeterminate(object, lost, Some(&error))),
                None => Failed::unwritten(error),
            });
        }
        retries += 1;
    }
}

/// The doubt that an attempt leaves.
enum Doubt {
    /// It certainly isn't done.
    None,
    /// It was refused, and a read has to show that.
    Refused(Error),
    /// Its answer was lost. Another attempt may have one, or not.
    Lost { error: Error, may_repeat: bool },
}

impl Doubt {
    const fn cause(&self) -> Option<&Error> {
        match self {
            Doubt::None => None,
            Doubt::Refused(error) | Doubt::Lost { error, .. } => Some(error),
        }
    }
}

/// Reads back a write that Cloudflare has confirmed with this answer.
fn confirm<T: Transport>(
    client: &mut Client<T>,
    way: &Way<'_, T>,
    [before, after]: [&dyn AnyState; 2],
    answer: Option<&RawValue>,
) -> std::result::Result<Done<Found>, Failed<Found>> {
    let object = way.name;
    // An answer that leaves something out can't be compared, not even with itself.
    let shown = answer
        .filter(|_| after.is_shown())
        .and_then(|answer| (way.shown)(answer, &client.settings().account_id))
        .filter(|shown| shown.differs(&**shown).is_none());
    let unread = match (way.fetch)(client, answer) {
        Ok(found) if after.differs(&*found).is_none() => return Ok(Done { found, warning: None }),
        Ok(found) if after.comes_later() && before.differs(&*found).is_none() => {
            return Ok(Done { found, warning: None });
        }
        // Fields that Cloudflare's answer already had beside those that were sent are its own: a
        // version, for example.
        Ok(found)
            if shown
                .as_ref()
                .is_some_and(|shown| after.lacks(&**shown).is_none() && shown.differs(&*found).is_none()) =>
        {
            return Ok(Done { found, warning: None });
        }
        Ok(found) => return Err(not_as_written(object, [before, after], shown.as_deref(), found)),
        Err(error) if error.kind == ErrorKind::NotFound => {
            let message = format!(
                "Cloudflare confirmed the change of the {object}, and couldn't find it afterwards: somebody \
                 else may have taken it away. Read again, then decide. {}",
                error.message
            );
            return Err(Failed { error: Error::new(ErrorKind::Conflict, message), found: FoundAfter::Gone });
        }
        Err(error) => error,
    };
    // Without the membership, a token that is still good may read nothing here (inferred).
    let is_end = after.ends_credentials()
        && matches!(unread.kind, ErrorKind::Unauthenticated | ErrorKind::PermissionDenied);
    let gone = if is_end { after.absent_other() } else { None };
    if let Some(found) = shown.filter(|shown| after.lacks(&**shown).is_none()).or(gone) {
        let warning = Some(format!(
            "Cloudflare confirmed the change of the {object}, and it couldn't be read back, so what somebody \
             else did at the same moment isn't known. {}",
            unread.message
        ));
        return Ok(Done { found, warning });
    }
    let message = format!(
        "Cloudflare confirmed the change of the {object}, but it can't be seen. Read it before anything \
         else. {}",
        unread.message
    );
    Err(Failed::unknown(in_doubt(unread, message)))
}
