//! Conversions between the core's types and the contract's, for changes. A reader has none.

use super::provision;
use crate::provision as core;

impl From<provision::Change> for core::Change {
    fn from(change: provision::Change) -> Self {
        Self {
            operation: match change.operation {
                provision::Operation::Grant => core::Operation::Grant,
                provision::Operation::Revoke => core::Operation::Revoke,
            },
            entitlement: change.entitlement,
            principal_kind: change.principal.kind,
            principal_id: change.principal.id,
        }
    }
}

impl From<provision::Options> for core::Options {
    fn from(options: provision::Options) -> Self {
        Self { dry_run: options.dry_run, allow_gains: options.allow_gains, extra: options.extra }
    }
}

impl From<core::Status> for provision::Status {
    fn from(status: core::Status) -> Self {
        match status {
            core::Status::Applied => Self::Applied,
            core::Status::Unchanged => Self::Unchanged,
            core::Status::Planned => Self::Planned,
        }
    }
}

impl From<core::Write> for provision::Write {
    fn from(write: core::Write) -> Self {
        Self { on: write.on.into(), before: write.before, after: write.after }
    }
}

impl From<core::Outcome> for provision::Outcome {
    fn from(outcome: core::Outcome) -> Self {
        Self {
            status: outcome.status.into(),
            detail: outcome.detail,
            added: outcome.added.into_iter().map(Into::into).collect(),
            removed: outcome.removed,
        }
    }
}

impl From<core::Report> for provision::Report {
    fn from(report: core::Report) -> Self {
        Self {
            results: report
                .results
                .into_iter()
                .map(|result| result.map(Into::into).map_err(Into::into))
                .collect(),
            writes: report.writes.into_iter().map(Into::into).collect(),
            warnings: report.warnings.into_iter().map(Into::into).collect(),
            requests: report.requests,
            rate_limit: report.rate_limit.map(Into::into),
        }
    }
}
