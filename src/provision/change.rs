//! The records of `wit/provision.wit` in plain Rust: the changes that a host asks for, and the report
//! that it gets. The contract documents each field.

use crate::error::Result;
use crate::model::{Basis, Grant, RateLimit, ResourceId, Warning};

/// The most changes of one call.
pub const MOST_CHANGES: usize = 1000;

/// The direction of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "documented in wit/provision.wit")]
pub enum Operation {
    Grant,
    Revoke,
}

/// One grant or revoke that is asked for. Nothing in it is checked yet.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "documented in wit/provision.wit")]
pub struct Change {
    pub operation: Operation,
    pub entitlement: String,
    pub principal_kind: String,
    pub principal_id: String,
}

/// The options of a call.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs, reason = "documented in wit/provision.wit")]
pub struct Options {
    pub dry_run: bool,
    pub allow_gains: bool,
    pub extra: String,
}

/// The end of a change that didn't fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "documented in wit/provision.wit")]
pub enum Status {
    Applied,
    Unchanged,
    Planned,
}

/// The outcome of a change that didn't fail.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "documented in wit/provision.wit")]
pub struct Outcome {
    pub status: Status,
    pub detail: String,
    /// Only a step of `wit/lifecycle.wit` creates something.
    pub created: Vec<ResourceId>,
    pub added: Vec<Grant>,
    pub removed: Vec<String>,
}

/// One write, sent or planned.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "documented in wit/provision.wit")]
pub struct Write {
    pub on: ResourceId,
    pub before: String,
    pub after: String,
}

/// The report of a call.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "documented in wit/provision.wit")]
pub struct Report {
    pub results: Vec<Result<Outcome>>,
    pub writes: Vec<Write>,
    pub warnings: Vec<Warning>,
    pub requests: u32,
    pub rate_limit: Option<RateLimit>,
}

impl Write {
    /// The text for a state that is gone, or isn't shown.
    pub(crate) const NO_STATE: &str = "{}";

    /// Replaces the state after the write: the resource is gone.
    pub(crate) fn gone(self) -> Self {
        self.found(Self::NO_STATE)
    }

    /// Replaces the state after the write by the one that was found.
    pub(crate) fn found(self, after: impl Into<String>) -> Self {
        Self { after: after.into(), ..self }
    }

    /// Drops both states.
    pub(crate) fn without_states(self) -> Self {
        Self { on: self.on, before: Self::NO_STATE.to_owned(), after: Self::NO_STATE.to_owned() }
    }
}

impl Status {
    /// Returns the status of a change that is written, or is only planned.
    pub(crate) const fn of_write(dry_run: bool) -> Self {
        if dry_run { Status::Planned } else { Status::Applied }
    }
}

impl Outcome {
    /// The outcome of a change that gives and takes nothing.
    pub(crate) const fn new(status: Status, detail: String) -> Self {
        Self { status, detail, created: Vec::new(), added: Vec::new(), removed: Vec::new() }
    }

    /// The outcome of a change that was in effect before the call.
    pub(crate) fn unchanged(detail: impl Into<String>) -> Self {
        Self::new(Status::Unchanged, detail.into())
    }

    /// Estimates the bytes that it takes.
    pub(crate) fn size(&self) -> usize {
        const OF_ONE: usize = 32;
        let text = |text: &String| OF_ONE + text.len();
        let texts = |list: &[String]| list.iter().map(text).sum::<usize>();
        let grant = |grant: &Grant| {
            let through = |basis: &Basis| basis.through.as_ref().map_or(0, |through| text(&through.id));
            let basis: usize =
                grant.basis.iter().map(|basis| text(&basis.value) + through(basis) + OF_ONE).sum();
            let alternatives = grant.conditions.iter();
            let conditions: usize = alternatives
                .map(|open| texts(&open.any_of) + texts(&open.all_of) + texts(&open.none_of))
                .sum();
            let principals: usize = grant.principals.iter().map(|principal| text(&principal.id)).sum();
            text(&grant.entitlement) + principals + basis + conditions
        };
        text(&self.detail) + texts(&self.removed) + self.added.iter().map(grant).sum::<usize>()
    }
}
