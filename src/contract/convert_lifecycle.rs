//! Conversions between the core's types and the contract's, for people who join and leave. A reader and a
//! connector have none.

use super::{lifecycle, provision};
use crate::lifecycle as core;
use crate::provision::{Change, Operation, Outcome, Report};

impl From<lifecycle::Step> for core::Step {
    fn from(step: lifecycle::Step) -> Self {
        match step {
            lifecycle::Step::Invite(lifecycle::Invitation { address, entitlements, without_mail }) => {
                Self::Invite { address, entitlements, without_mail }
            }
            lifecycle::Step::AddUser(lifecycle::NewUser { address, name }) => Self::AddUser { address, name },
            lifecycle::Step::EndSessions(of) => Self::EndSessions { kind: of.kind, id: of.id },
            lifecycle::Step::FreeSeat(of) => Self::FreeSeat { kind: of.kind, id: of.id },
            lifecycle::Step::Remove(of) => Self::Remove { kind: of.kind, id: of.id },
        }
    }
}

impl From<core::Step> for lifecycle::Step {
    fn from(step: core::Step) -> Self {
        let of = |kind, id| lifecycle::ResourceId { kind, id };
        match step {
            core::Step::Invite { address, entitlements, without_mail } => {
                Self::Invite(lifecycle::Invitation { address, entitlements, without_mail })
            }
            core::Step::AddUser { address, name } => Self::AddUser(lifecycle::NewUser { address, name }),
            core::Step::EndSessions { kind, id } => Self::EndSessions(of(kind, id)),
            core::Step::FreeSeat { kind, id } => Self::FreeSeat(of(kind, id)),
            core::Step::Remove { kind, id } => Self::Remove(of(kind, id)),
        }
    }
}

impl From<lifecycle::Options> for core::Options {
    fn from(options: lifecycle::Options) -> Self {
        Self { dry_run: options.dry_run, allow_own: options.allow_own, extra: options.extra }
    }
}

impl From<Outcome> for lifecycle::Outcome {
    fn from(outcome: Outcome) -> Self {
        Self {
            status: outcome.status.into(),
            detail: outcome.detail,
            created: outcome.created.into_iter().map(Into::into).collect(),
            added: outcome.added.into_iter().map(Into::into).collect(),
            removed: outcome.removed,
        }
    }
}

impl From<Report> for lifecycle::Report {
    fn from(report: Report) -> Self {
        let result = |result: crate::error::Result<Outcome>| result.map(Into::into).map_err(Into::into);
        Self {
            results: report.results.into_iter().map(result).collect(),
            writes: report.writes.into_iter().map(Into::into).collect(),
            warnings: report.warnings.into_iter().map(Into::into).collect(),
            requests: report.requests,
            rate_limit: report.rate_limit.map(Into::into),
        }
    }
}

impl From<provision::Outcome> for lifecycle::Outcome {
    /// Changes create nothing.
    fn from(outcome: provision::Outcome) -> Self {
        let provision::Outcome { status, detail, added, removed } = outcome;
        Self { status, detail, created: Vec::new(), added, removed }
    }
}

impl From<provision::Report> for lifecycle::Report {
    fn from(report: provision::Report) -> Self {
        let provision::Report { results, writes, warnings, requests, rate_limit } = report;
        let results = results.into_iter().map(|result| result.map(Into::into)).collect();
        Self { results, writes, warnings, requests, rate_limit }
    }
}

impl From<core::Offboarding> for lifecycle::Offboarding {
    fn from(offboarding: core::Offboarding) -> Self {
        Self {
            address: offboarding.address.into(),
            accounts: offboarding.accounts.into_iter().map(Into::into).collect(),
            remaining: offboarding.remaining.into_iter().map(Into::into).collect(),
            parts: offboarding.parts.into_iter().map(Into::into).collect(),
            writes: offboarding.writes.into_iter().map(Into::into).collect(),
            warnings: offboarding.warnings.into_iter().map(Into::into).collect(),
            requests: offboarding.requests,
            rate_limit: offboarding.rate_limit.map(Into::into),
        }
    }
}

impl From<core::Way> for lifecycle::Way {
    fn from(way: core::Way) -> Self {
        Self {
            certainty: match way.certainty {
                core::Certainty::NotKnown => lifecycle::Certainty::NotKnown,
                core::Certainty::Certain => lifecycle::Certainty::Certain,
                core::Certainty::Conditional => lifecycle::Certainty::Conditional,
                core::Certainty::Open => lifecycle::Certainty::Open,
                core::Certainty::Returning => lifecycle::Certainty::Returning,
            },
            into: way.into.map(Into::into),
            detail: way.detail,
            by: way.by.map(Into::into),
        }
    }
}

impl From<core::Part> for lifecycle::Part {
    fn from(part: core::Part) -> Self {
        Self {
            word: part.word,
            action: match part.action {
                core::Action::Change(change) => lifecycle::Action::Change(change.into()),
                core::Action::Step(step) => lifecycle::Action::Step(step.into()),
            },
            outcome: part.outcome.map(Into::into).map_err(Into::into),
        }
    }
}

impl From<Change> for provision::Change {
    fn from(change: Change) -> Self {
        Self {
            operation: match change.operation {
                Operation::Grant => provision::Operation::Grant,
                Operation::Revoke => provision::Operation::Revoke,
            },
            entitlement: change.entitlement,
            principal: provision::ResourceId { kind: change.principal_kind, id: change.principal_id },
        }
    }
}
