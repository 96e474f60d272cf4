//! Changing who holds what: grants and revokes of Access groups and roles, that lose nothing.
//!
//! A call learns first whatever it needs (`people`, `world`, `roles`), plans each change on the
//! evaluation that sync uses (`plan`), and writes one resource at a time: GET, PUT, GET (`write`).
//! Nothing is written that a plan refuses, and nothing is reported that a read hasn't shown.
//! Cloudflare has no version and no If-Match: what another writer puts between our GET and our PUT
//! is overwritten, and no read can show it.

mod change;
mod document;
mod gains;
mod group_limits;
mod groups;
mod outcomes;
mod people;
mod plan;
mod roles;
mod world;
mod write;
mod write_order;

pub use change::{Change, MOST_CHANGES, Operation, Options, Outcome, Report, Status, Write};

use crate::cloudflare::client::Client;
use crate::cloudflare::transport::Transport;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Kind, Warning};
use crate::sorted::Map;
use change::{NOTHING, Target};
use people::People;

/// Applies changes, or plans them.
pub fn apply<T: Transport>(client: &mut Client<T>, changes: &[Change], options: &Options) -> Report {
    client.begin_call();
    client.forget_ahead();
    let mut call = Call {
        client,
        dry_run: options.dry_run,
        allow_gains: options.allow_gains,
        people: People::default(),
        denied: Map::default(),
        last_failure: None,
        results: changes.iter().map(|_| None).collect(),
        writes: Vec::new(),
        shown: 0,
        told: 0,
        warnings: Vec::new(),
    };
    match check(changes, options) {
        Err(error) => {
            changes.iter().enumerate().for_each(|(index, _)| call.settle(index, Err(error.clone())))
        }
        Ok(()) => call.run(changes),
    }
    let Call { results, writes, warnings, .. } = call;
    let unsettled = || Err(Error::internal("a change was forgotten"));
    Report {
        results: results.into_iter().map(|result| result.unwrap_or_else(unsettled)).collect(),
        writes,
        warnings,
        requests: client.requests(),
        rate_limit: client.rate_limit(),
    }
}

/// What is wrong with the call as a whole.
fn check(changes: &[Change], options: &Options) -> Result<()> {
    if changes.len() > MOST_CHANGES {
        let message =
            format!("One call takes at most {MOST_CHANGES} changes, and these are {}.", changes.len());
        return Err(Error::argument("changes", message));
    }
    let extra = options.extra.trim();
    let none = extra.is_empty()
        || serde_json::from_str(extra).is_ok_and(|extra: serde_json::Map<_, _>| extra.is_empty());
    if none {
        Ok(())
    } else {
        Err(Error::argument("options.extra", "This connector has no options beyond the contract's."))
    }
}

/// One call of `apply`, while it runs.
struct Call<'c, T: Transport> {
    client: &'c mut Client<T>,
    dry_run: bool,
    allow_gains: bool,
    people: People,
    /// By kind of resource: why it may not be written.
    denied: Map<Kind, Error>,
    /// The failure of an upstream that can't be reached, and how many there were in a row.
    last_failure: Option<(Error, u32)>,
    /// For each change: `None` until it is settled.
    results: Vec<Option<Result<Outcome>>>,
    writes: Vec<Write>,
    /// Bytes of what the writes show.
    shown: usize,
    /// Bytes of the outcomes.
    told: usize,
    warnings: Vec<Warning>,
}

impl<T: Transport> Call<'_, T> {
    fn run(&mut self, changes: &[Change]) {
        let (mut on_groups, mut on_roles) = (Vec::new(), Vec::new());
        for (index, change) in changes.iter().enumerate() {
            match change.target() {
                Err(error) => self.settle(index, Err(error)),
                Ok(Target::Group { group, somebody }) => {
                    on_groups.push((index, change.operation, group, somebody))
                }
                Ok(Target::Role { role, somebody }) => {
                    on_roles.push((index, change.operation, role, somebody))
                }
            }
        }
        // What either needs is learned before anything is written.
        let groups = self.learn_groups(on_groups);
        let roles = self.learn_roles(on_roles);
        if let Some(groups) = groups {
            self.change_groups(groups);
        }
        self.change_roles(roles);
    }

    /// Keeps a write for the report, without what would make that too large for a host.
    fn record(&mut self, write: Write) {
        const MOST_SHOWN: usize = 8 << 20;
        let size = write.before.len() + write.after.len();
        if self.shown + size <= MOST_SHOWN {
            self.shown += size;
            self.writes.push(write);
            return;
        }
        self.warnings.push(Warning {
            code: "write-not-shown",
            about: Some(write.on.clone()),
            message: "This report would be too long: what was there before this write, and is after it, is left out."
                .to_owned(),
            incomplete: false,
        });
        self.writes.push(Write { on: write.on, before: NOTHING.to_owned(), after: NOTHING.to_owned() });
    }

    /// The first result of a change stands.
    fn settle(&mut self, index: usize, result: Result<Outcome>) {
        if let Some(slot) = self.results.get_mut(index) {
            slot.get_or_insert(result);
        }
    }

    /// What later changes have made of a result.
    fn resettle(&mut self, index: usize, result: Result<Outcome>) {
        if let Some(slot) = self.results.get_mut(index) {
            *slot = Some(result);
        }
    }

    fn has_failed(&self, index: usize) -> bool {
        matches!(self.results.get(index), Some(Some(Err(_))))
    }

    /// What a change on a resource of this kind fails with that isn't tried any more: after a
    /// used-up limit, lost credentials, a missing permission, or an upstream that fails again
    /// and again.
    fn stopped(&self, kind: Kind) -> Option<Error> {
        const FAILURES_IN_A_ROW: u32 = 3;
        let failing = self.last_failure.as_ref().filter(|(_, in_a_row)| *in_a_row >= FAILURES_IN_A_ROW);
        let cause = self.client.stopped().or(self.denied.get(&kind)).or(failing.map(|(error, _)| error))?;
        let mut stopped = cause.not_tried();
        if stopped.kind == ErrorKind::Indeterminate {
            // Of what wasn't tried, it is known.
            (stopped.kind, stopped.retryable) = (ErrorKind::Unavailable, true);
        }
        Some(stopped)
    }

    /// Remembers how the writing of a resource of this kind went, for what comes after it.
    fn note(&mut self, kind: Kind, failure: Option<&Error>) {
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
