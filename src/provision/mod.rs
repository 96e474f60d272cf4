//! Changing who holds what: grants and revokes of Access groups and roles, that lose nothing.
//!
//! A call learns first whatever it needs ([`people`], [`world`], [`roles`]), plans each change on the evaluation that sync uses
//! ([`plan`]), and writes one resource at a time: GET, PUT, GET ([`write`]). Nothing is written that a plan refuses, and nothing is
//! reported that a read hasn't shown. Cloudflare has no version and no If-Match: what another writer puts between our GET and our PUT
//! is overwritten, and no read can show it.

mod change;
mod document;
mod groups;
mod people;
mod plan;
mod roles;
mod world;
mod write;

pub use change::{Change, Operation, Options, Outcome, Report, Status, Write};

use crate::cloudflare::client::Client;
use crate::cloudflare::transport::Transport;
use crate::error::{Error, Result};
use crate::model::Warning;
use change::{MOST_CHANGES, Target};
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
        results: changes.iter().map(|_| None).collect(),
        writes: Vec::new(),
        warnings: Vec::new(),
    };
    match check(changes, options) {
        Err(error) => changes.iter().enumerate().for_each(|(index, _)| call.settle(index, Err(error.clone()))),
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
        let message = format!("One call takes at most {MOST_CHANGES} changes, and these are {}.", changes.len());
        return Err(Error::argument("changes", message));
    }
    let extra = options.extra.trim();
    let none =
        extra.is_empty() || serde_json::from_str(extra).is_ok_and(|extra: serde_json::Map<_, _>| extra.is_empty());
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
    /// For each change: `None` until it is settled.
    results: Vec<Option<Result<Outcome>>>,
    writes: Vec<Write>,
    warnings: Vec<Warning>,
}

impl<T: Transport> Call<'_, T> {
    fn run(&mut self, changes: &[Change]) {
        let (mut on_groups, mut on_roles) = (Vec::new(), Vec::new());
        for (index, change) in changes.iter().enumerate() {
            match change.target() {
                Err(error) => self.settle(index, Err(error)),
                Ok(Target::Group { group, somebody }) => on_groups.push((index, change.operation, group, somebody)),
                Ok(Target::Role { role, somebody }) => on_roles.push((index, change.operation, role, somebody)),
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

    /// What a change fails with that isn't tried any more, where nothing is.
    fn barred(&self) -> Option<Error> {
        let mut error = self.client.barred()?.clone();
        error.message = format!("This change was not tried, because an earlier request failed. {}", error.message);
        Some(error)
    }
}
