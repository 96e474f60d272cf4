//! One call of `apply` while it runs: what its parts share.

use super::change::{Operation, Options, Outcome, Report, Status, Write};
use super::errors::{not_read_back, write_not_shown};
use super::owners::Owners;
use super::people::People;
use super::write::{Failed, FoundAfter, State, write};
use crate::cloudflare::client::Client;
use crate::cloudflare::endpoint::Object;
use crate::cloudflare::id::Id;
use crate::cloudflare::transport::Transport;
use crate::error::{Error, ErrorKind, Result};
use crate::identities::Facts;
use crate::model::{Kind, ResourceId, Warning};
use crate::sorted::{Map, Set};
use std::rc::Rc;

/// Bytes of all outcomes of a report: a host takes no more from one call, and whatever is written
/// has to be reported.
const MOST_REPORTED: usize = 16 << 20;
/// Bytes of all states that a report shows.
const MOST_SHOWN: usize = 8 << 20;
/// After so many failures of the upstream in a row, nothing more is tried.
const FAILURES_IN_A_ROW: u32 = 3;

/// Another name for a group.
#[derive(Clone, Debug)]
pub(crate) struct Rename {
    /// Its place in the call.
    pub index: usize,
    pub group: Id,
    pub name: String,
}

/// One call of `apply`.
pub(crate) struct Call<'c, T: Transport> {
    pub client: &'c mut Client<T>,
    /// The facts about groups of identity providers.
    pub facts: Rc<Facts>,
    pub dry_run: bool,
    pub allow_gains: bool,
    /// Whether nobody is told what each change gives and takes, so that nothing is read for that alone.
    pub only_decides: bool,
    /// The advice where a revoke would give something, and its end where that can be taken away too.
    pub if_it_gives: [&'static str; 2],
    /// The group that gets another name, until that is settled.
    pub rename: Option<Rename>,
    pub people: People,
    pub owners: Owners,
    pub warnings: Vec<Warning>,
    /// Bytes of outcomes that the report still takes.
    pub room_for_outcomes: usize,
    /// Bytes of states that the report still takes.
    room_for_states: usize,
    /// The result of each change: `None` until it is settled.
    results: Vec<Option<Result<Outcome>>>,
    writes: Vec<Write>,
    /// By kind of resource, why it may not be written.
    denied: Map<Kind, Error>,
    /// The last failure of an upstream that can't be reached, and how many there were in a row.
    last_failure: Option<(Error, u32)>,
}

impl<'c, T: Transport> Call<'c, T> {
    /// Begins a call with so many changes.
    pub fn new(client: &'c mut Client<T>, changes: usize, options: &Options) -> Self {
        Self {
            client,
            facts: Rc::default(),
            dry_run: options.dry_run,
            allow_gains: options.allow_gains,
            only_decides: false,
            if_it_gives: ["Allow gains if that is meant", ", or take it away in the same call."],
            rename: None,
            people: People::default(),
            owners: Owners::default(),
            warnings: Vec::new(),
            room_for_outcomes: MOST_REPORTED,
            room_for_states: MOST_SHOWN,
            results: vec![None; changes],
            writes: Vec::new(),
            denied: Map::default(),
            last_failure: None,
        }
    }

    /// Ends the call.
    pub fn into_report(self) -> Report {
        let unsettled = || Err(Error::internal("a change was forgotten"));
        Report {
            results: self.results.into_iter().map(|result| result.unwrap_or_else(unsettled)).collect(),
            writes: self.writes,
            warnings: self.warnings,
            requests: self.client.requests(),
            rate_limit: self.client.rate_limit(),
        }
    }

    /// Settles the change at this place of the call. Its first result counts.
    pub fn settle(&mut self, index: usize, result: Result<Outcome>) {
        if let Some(slot) = self.results.get_mut(index) {
            slot.get_or_insert(result);
        }
    }

    /// Makes room for so many more changes. Returns the place of the first.
    pub fn expect(&mut self, changes: usize) -> usize {
        let first = self.results.len();
        self.results.resize(first + changes, None);
        first
    }

    /// Whether a change has failed.
    pub fn has_failed(&self) -> bool {
        self.results.iter().flatten().any(Result::is_err)
    }

    /// Settles all changes that have no result.
    pub fn settle_rest(&mut self, error: &Error) {
        for slot in &mut self.results {
            slot.get_or_insert_with(|| Err(error.clone()));
        }
    }

    /// Whether the change at this place of the call has its result.
    pub fn is_settled(&self, index: usize) -> bool {
        self.results.get(index).is_some_and(Option::is_some)
    }

    /// Returns the result of the change at this place.
    pub fn result(&self, index: usize) -> Result<Outcome> {
        let result = self.results.get(index).cloned().flatten();
        result.unwrap_or_else(|| Err(Error::internal("a change was forgotten")))
    }

    /// Whether the change at this place is planned, and nothing hinders it.
    pub fn is_planned(&self, index: usize) -> bool {
        self.result(index).is_ok_and(|outcome| outcome.status == Status::Planned)
    }

    /// Replaces the result of a change that was only planned: it couldn't be done.
    pub fn withdraw(&mut self, index: usize, why: &Error) {
        if let Some(slot) = self.results.get_mut(index) {
            *slot = Some(Err(why.clone()));
        }
    }

    /// The number of writes that are kept for the report.
    pub const fn recorded(&self) -> usize {
        self.writes.len()
    }

    /// Forgets the writes behind the first ones: they were only planned, and couldn't be sent.
    pub fn forget_recorded(&mut self, first: usize) {
        self.writes.truncate(first);
    }

    /// Keeps a write for the report. Its states are dropped where they would make the report too
    /// large for a host.
    pub fn record(&mut self, write: Write) {
        let size = write.before.len() + write.after.len();
        match self.room_for_states.checked_sub(size) {
            Some(room) => {
                self.room_for_states = room;
                self.writes.push(write);
            }
            None => {
                self.warnings.push(write_not_shown(write.on.clone()));
                self.writes.push(write.without_states());
            }
        }
    }

    /// Keeps a write that failed for the report, with the state that was found after it, unless nothing of it
    /// was written. `shown` is what a report shows of a state.
    pub fn record_failed<S>(&mut self, sent: Write, found: FoundAfter<S>, shown: impl FnOnce(S) -> String) {
        match found {
            FoundAfter::Before | FoundAfter::Theirs(_) => {}
            FoundAfter::Other(found) => self.record(sent.found(shown(found))),
            FoundAfter::Gone => self.record(sent.gone()),
            FoundAfter::Unknown => self.record(sent),
        }
    }

    /// Replaces the state of an object, or only plans that, and keeps the write for the report. `shown` is
    /// what a report shows of a state.
    ///
    /// # Errors
    /// The reason why it wasn't written, or why that isn't known.
    pub fn replace<S: State>(
        &mut self,
        object: &Object,
        on: ResourceId,
        [before, after]: [&S; 2],
        shown: impl Fn(&S) -> String,
    ) -> Result<()> {
        let sent = Write { on, before: shown(before), after: shown(after) };
        if !self.dry_run {
            match write(self.client, object, before, after) {
                Ok(done) => {
                    let unread = done.warning.map(|message| not_read_back(sent.on.clone(), message));
                    self.warnings.extend(unread);
                }
                Err(Failed { error, found }) => {
                    self.record_failed(sent, found, |found| shown(&found));
                    return Err(error);
                }
            }
        }
        self.record(sent);
        Ok(())
    }

    /// Returns the error for the remaining changes of this kind of resource, if they are skipped: the
    /// limit is used up, a credential or permission is missing, or the upstream failed several times in
    /// a row.
    pub fn stopped(&self, kind: Kind) -> Option<Error> {
        let failing = self.last_failure.as_ref().filter(|(_, in_a_row)| *in_a_row >= FAILURES_IN_A_ROW);
        let cause = self.client.stopped().or(self.denied.get(&kind)).or(failing.map(|(error, _)| error))?;
        let mut stopped = cause.not_tried();
        if stopped.kind == ErrorKind::Indeterminate {
            // A change that wasn't tried certainly isn't written.
            (stopped.kind, stopped.retryable) = (ErrorKind::Unavailable, true);
        }
        Some(stopped)
    }

    /// Remembers how reading or writing a resource of this kind went: later changes may be stopped
    /// by it.
    pub fn note(&mut self, kind: Kind, failure: Option<&Error>) {
        let in_a_row = self.last_failure.take().map_or(0, |(_, in_a_row)| in_a_row);
        match failure {
            Some(error) if error.kind == ErrorKind::PermissionDenied => {
                self.denied.insert(kind, error.clone());
            }
            Some(error) if matches!(error.kind, ErrorKind::Unavailable | ErrorKind::Indeterminate) => {
                self.last_failure = Some((error.clone(), in_a_row + 1));
            }
            _ => {}
        }
    }
}

/// Returns for each change whether another one contradicts it: one grants what the other revokes. Each
/// comes with a text that names what it is about, and for whom.
pub(crate) fn opposed(changes: Vec<(String, Operation)>) -> std::vec::IntoIter<bool> {
    let (mut granted, mut revoked) = (Set::default(), Set::default());
    for (key, operation) in &changes {
        match operation {
            Operation::Grant => granted.insert(key.as_str()),
            Operation::Revoke => revoked.insert(key.as_str()),
        };
    }
    let is_opposed =
        |(key, _): &(String, _)| granted.contains(key.as_str()) && revoked.contains(key.as_str());
    changes.iter().map(is_opposed).collect::<Vec<_>>().into_iter()
}
