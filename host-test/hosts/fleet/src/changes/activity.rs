//! The activity of one request of changes: a session that may write, and one call of the connector.

use super::guard::guard;
use super::records::{self, MOST_BYTES, Report};
use super::{Answer, Failed, Request};
use crate::account::Account;
use crate::credential::Slot;
use crate::failure::{self, Before, Then};
use crate::lease::Lease;
use crate::secrets::{Secrets, SecretsError};
use cloudflare_zero_trust::contract as connector;
use connector_host::contract::Options;
use connector_host::{BASE_URL, Host, HostError, Session};
use host_test::contract::Translate;
use host_test::routes;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use temporalio_macros::activities;
use temporalio_sdk::ApplicationFailure;
use temporalio_sdk::activities::{ActivityContext, ActivityError};
use tokio::sync::watch;

/// A request, and the slot of the credential that it has.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Job {
    /// The request.
    pub request: Request,
    /// The slot.
    pub slot: Slot,
}

/// A request that came to its end.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Done {
    /// The answer.
    pub answer: Answer,
    /// The point that the pace of the slot has reached.
    pub tat: u64,
}

/// The activity of changes, and what it works with.
///
/// Two attempts never write at once: an attempt asks the server right before each write whether the request
/// is still its own. One that was paused, or cut off, for so long that another attempt has begun gets a "no",
/// and writes nothing more.
pub struct Changers {
    /// The host of the connector, which may write.
    pub host: Host,
    /// The credentials.
    pub secrets: Secrets,
    /// Whether this worker is asked to end.
    pub stopping: watch::Receiver<bool>,
}

/// The details for the next attempt.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Progress {
    /// Whether the connector itself was at fault.
    was_connectors: bool,
    /// The point that the pace has reached.
    tat: u64,
}

impl Progress {
    /// Decides what follows, and notes it for the next attempt.
    fn decide(&mut self, failure: &Failure) -> (&'static str, Then) {
        match failure {
            Failure::Host(error) => {
                let before = Before { was_connectors: self.was_connectors, ..Before::default() };
                let decision = failure::decide(error, before);
                self.was_connectors = decision.is_connectors;
                (decision.kind, decision.then)
            }
            Failure::Secrets(_) => ("secrets", Then::Fail),
            Failure::Guard(_) => ("lost", Then::Retry(None)),
        }
    }
}

/// The reason why an attempt has no report.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("{0}")]
    Host(#[from] HostError),
    #[error("{0}")]
    Secrets(#[from] SecretsError),
    #[error("a write was not sent, and none after it: {0}")]
    Guard(String),
}

#[activities]
impl Changers {
    /// Makes the changes of one request.
    #[activity]
    pub async fn apply_changes(
        self: Arc<Self>,
        ctx: ActivityContext,
        job: Job,
    ) -> Result<Done, ActivityError> {
        let progress: Option<Progress> = ctx.heartbeat_details().deserialize()?;
        let progress = progress.unwrap_or(Progress { was_connectors: false, tat: job.slot.tat });
        let (account, attempt) = (&job.request.account.name, ctx.info().attempt);
        let heartbeat = ctx.info().heartbeat_timeout.unwrap_or(Duration::from_secs(60));
        let lease = Lease::of(&ctx);
        let mut work =
            Attempt { of: &self, job: &job, lease: lease.clone(), heartbeat, progress, is_open: false };
        work.keep().await;
        tracing::info!(account, attempt, changes = job.request.changes.len(), "changes begin");
        let done = tokio::select! {
            biased;
            never = lease.keep_alive() => match never {},
            () = ctx.cancelled() => {
                if *self.stopping.borrow() {
                    return Err(again("stopping", "the worker was asked to end. Another one goes on", None));
                }
                tracing::info!(account, attempt, "the server takes changes back");
                return Err(ActivityError::cancelled());
            }
            done = work.run() => done,
        };
        match done {
            Ok(report) => {
                tracing::info!(account, attempt, requests = report.requests, "changes have ended");
                let answer = Answer::Report { report, attempts: attempt };
                Ok(Done { answer, tat: work.progress.tat })
            }
            Err(failure) => {
                let (kind, then) = work.progress.decide(&failure);
                tracing::warn!(account, attempt, kind, "changes aren't made, or not all: {failure}");
                if let Then::Retry(delay) = then {
                    work.keep().await;
                    return Err(again(kind, &failure.to_string(), delay));
                }
                let may_be_written = may_be_written(&job.request, work.is_open, attempt);
                let answer = Answer::Failed(failed(kind, &failure, may_be_written));
                Ok(Done { answer, tat: work.progress.tat })
            }
        }
    }
}

/// Makes the failure of an attempt that another one follows.
fn again(kind: &str, message: &str, delay: Option<Duration>) -> ActivityError {
    let failure = ApplicationFailure::builder(message.to_owned()).type_name(kind.to_owned());
    failure.maybe_next_retry_delay(delay).build().into()
}

/// Returns the end of an attempt. What the connector says of writes that the guard didn't let out isn't the
/// end of the request: another attempt makes them.
fn concluded(
    report: Result<connector::Report, HostError>,
    refusal: Option<String>,
) -> Result<Report, Failure> {
    match refusal {
        Some(reason) => Err(Failure::Guard(reason)),
        None => Ok(Report::from(report?).fitting(MOST_BYTES)),
    }
}

/// Whether a request that failed may have written: in this attempt, or in one whose end nobody knows.
fn may_be_written(request: &Request, is_open: bool, attempt: u32) -> bool {
    !request.dry_run && (is_open || attempt > 1)
}

fn failed(kind: &str, failure: &Failure, may_be_written: bool) -> Failed {
    let error = match failure {
        Failure::Host(error) => error.as_connector().cloned().map(|error| {
            let error: connector::Error = error.translate();
            records::Error::from(error)
        }),
        _ => None,
    };
    Failed { kind: kind.to_owned(), message: failure.to_string(), may_be_written, error }
}

/// One attempt at a request.
struct Attempt<'a> {
    of: &'a Changers,
    job: &'a Job,
    lease: Lease,
    heartbeat: Duration,
    progress: Progress,
    /// Whether a session was opened, which may have written.
    is_open: bool,
}

impl Attempt<'_> {
    async fn run(&mut self) -> Result<Report, Failure> {
        let Job { request, slot } = self.job;
        let wait = slot.share.wait_before(now(), self.progress.tat);
        tokio::time::sleep(Duration::from_millis(wait)).await;
        let mut session = self.open().await?;
        self.is_open = true;
        let changes: Vec<connector::Change> = request.changes.iter().cloned().map(Into::into).collect();
        let (dry_run, allow_gains) = (request.dry_run, request.allow_gains);
        let options = Options { dry_run, allow_gains, extra: String::new() };
        let report = session.apply(&changes.translate(), &options).await;
        self.progress.tat = slot.share.after(now(), self.progress.tat, session.traffic().requests);
        concluded(report.map(Translate::translate), session.guard_refusal())
    }

    async fn open(&self) -> Result<Session, Failure> {
        let Request { account, dry_run, .. } = &self.job.request;
        let Account { account_id, credential, base_url, .. } = account;
        let secrets = self.of.secrets.of(credential).await?;
        let mut settings = secrets.settings;
        settings.push(("account-id".to_owned(), account_id.clone()));
        settings.extend(base_url.iter().map(|url| (BASE_URL.to_owned(), url.clone())));
        if *dry_run {
            return Ok(self.of.host.open(secrets.auth_method, &settings).await?);
        }
        let guard = guard(&self.lease, self.heartbeat);
        Ok(self.of.host.open_guarded(routes::writable(), guard, secrets.auth_method, &settings).await?)
    }

    /// Tells the server what the next attempt has to know.
    async fn keep(&self) {
        match serde_json::to_value(self.progress) {
            Ok(details) => self.lease.keep(details).await,
            Err(error) => tracing::warn!("the progress can't be written: {error}"),
        }
    }
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::work::Times;

    #[test]
    fn a_report_of_writes_that_did_not_leave_is_not_the_end() {
        let report = || connector::Report {
            results: Vec::new(),
            writes: Vec::new(),
            warnings: Vec::new(),
            requests: 3,
            rate_limit: None,
        };
        assert_eq!(concluded(Ok(report()), None).unwrap().requests, 3);
        let on = connector::ResourceId { kind: "group".to_owned(), id: "1".to_owned() };
        let write = connector::Write { on, before: "x".repeat(MOST_BYTES), after: "{}".to_owned() };
        let long = connector::Report { writes: vec![write], ..report() };
        assert!(records::size(&concluded(Ok(long), None).unwrap()) <= MOST_BYTES);
        for report in [Ok(report()), Err(HostError::NoManager)] {
            let end = concluded(report, Some("somebody else has them".to_owned()));
            assert!(matches!(end, Err(Failure::Guard(reason)) if reason == "somebody else has them"));
        }
    }

    #[test]
    fn another_attempt_follows_where_it_can_help() {
        let mut progress = Progress::default();
        let guard = Failure::Guard("no answer".to_owned());
        assert_eq!(progress.decide(&guard), ("lost", Then::Retry(None)));
        let trap = || HostError::Trap { call: "apply", reason: "unreachable".to_owned() }.into();
        assert_eq!(progress.decide(&trap()), ("trap", Then::Retry(None)));
        assert_eq!(progress.decide(&trap()), ("trap", Then::Fail));
        assert_eq!(progress.decide(&HostError::NoManager.into()), ("unsupported", Then::Fail));
    }

    #[test]
    fn only_a_first_attempt_that_opened_nothing_is_known_to_have_written_nothing() {
        let account = Account {
            name: "berlin".to_owned(),
            account_id: "1".to_owned(),
            credential: "berlin".to_owned(),
            base_url: None,
        };
        let request = |dry_run| Request {
            account: account.clone(),
            changes: Vec::new(),
            dry_run,
            allow_gains: false,
            times: Times::of_changes(),
        };
        for (is_open, attempt, expected) in [(false, 1, false), (true, 1, true), (false, 2, true)] {
            assert_eq!(may_be_written(&request(false), is_open, attempt), expected, "{is_open} {attempt}");
            assert!(!may_be_written(&request(true), is_open, attempt));
        }
    }
}
