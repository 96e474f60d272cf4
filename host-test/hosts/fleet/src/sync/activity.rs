//! The activity of a sync: from the last heartbeat's cursor to the end. Each page is stored before its cursor
//! is, so a page that was stored twice has overwritten itself.

use super::progress::{Outcome, Progress};
use crate::account::Account;
use crate::credential::Slot;
use crate::failure::{MOST_RESTARTS, Then};
use crate::lease::{Lease, Lost};
use crate::pace::Pace;
use crate::secrets::{Secrets, SecretsError};
use crate::store::{Connector, Manifest, Run, Store, StoreError};
use cloudflare_zero_trust::output::{JsonLines, Sink};
use connector_host::contract::Page;
use connector_host::{BASE_URL, Host, HostError, Session};
use host_test::contract::Translate;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use temporalio_macros::activities;
use temporalio_sdk::ApplicationFailure;
use temporalio_sdk::activities::{ActivityContext, ActivityError};
use tokio::sync::watch;

/// The work of one sync.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Job {
    /// The account.
    pub account: Account,
    /// The run's folder.
    pub run: String,
    /// When it was asked for, in milliseconds since 1970.
    pub started_ms: u64,
    /// The slot of the credential.
    pub slot: Slot,
}

/// The activities of syncs, and what they work with.
pub struct Syncs {
    /// The host of the connector, which only reads.
    pub host: Host,
    /// The store of runs.
    pub store: Store,
    /// The credentials.
    pub secrets: Secrets,
    /// The complete runs that are kept of each account.
    pub keep: usize,
    /// Whether this worker is asked to end.
    pub stopping: watch::Receiver<bool>,
}

/// The reason why an attempt ends before the sync does.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("{0}")]
    Host(#[from] HostError),
    #[error("{0}")]
    Store(#[from] StoreError),
    #[error("{0}")]
    Secrets(#[from] SecretsError),
    #[error("{0}")]
    Lost(#[from] Lost),
    #[error("a page can't be written as JSON Lines: {0}")]
    Lines(String),
    #[error("pages that were stored have gone, again and again. Look at the store")]
    Gone,
    #[error("the worker was asked to end. Another one goes on")]
    Stopping,
}

#[activities]
impl Syncs {
    /// Reads an account to its end.
    #[activity]
    pub async fn read_account(
        self: Arc<Self>,
        ctx: ActivityContext,
        job: Job,
    ) -> Result<Outcome, ActivityError> {
        let mut progress: Progress =
            ctx.heartbeat_details().deserialize()?.unwrap_or_else(|| Progress::with(&job.slot));
        let lease = Lease::of(&ctx);
        let mut attempt = Attempt { of: &self, job: &job, lease: lease.clone(), requests: 0 };
        attempt.tell(&progress).await;
        let (account, run, number) = (&job.account.name, &job.run, ctx.info().attempt);
        tracing::info!(account, run, attempt = number, page = progress.pages, "a sync begins, or goes on");
        let done = tokio::select! {
            biased;
            never = lease.keep_alive() => match never {},
            () = ctx.cancelled() => {
                tracing::info!(account, run, attempt = number, "the server takes a sync back");
                return Err(ActivityError::cancelled());
            }
            done = attempt.run(&mut progress) => done,
        };
        match done {
            Ok(outcome) => {
                tracing::info!(
                    account,
                    run,
                    pages = outcome.pages,
                    requests = outcome.requests,
                    "a sync is complete"
                );
                Ok(outcome)
            }
            Err(Failure::Lost(Lost::Cancelled)) => Err(ActivityError::cancelled()),
            Err(failure) => {
                let (kind, then) = decide(&failure, &mut progress, job.slot.share);
                attempt.tell(&progress).await;
                tracing::warn!(account, run, attempt = number, kind, "an attempt ends: {failure}");
                let delay = if let Then::Retry(delay) = then { delay } else { None };
                let failure = ApplicationFailure::builder(failure.to_string())
                    .type_name(kind.to_owned())
                    .non_retryable(then == Then::Fail)
                    .maybe_next_retry_delay(delay);
                Err(failure.build().into())
            }
        }
    }
}

/// One attempt at a sync.
struct Attempt<'a> {
    of: &'a Syncs,
    job: &'a Job,
    lease: Lease,
    /// The requests of this attempt's session that are counted.
    requests: u64,
}

impl Attempt<'_> {
    async fn run(&mut self, progress: &mut Progress) -> Result<Outcome, Failure> {
        let run = self.of.store.run(&self.job.account.name, &self.job.run);
        if !run.has_pages(progress.pages).await? {
            if progress.restarts >= MOST_RESTARTS {
                return Err(Failure::Gone);
            }
            self.restart(progress, "a page that was stored has gone").await;
        }
        let mut session = None;
        loop {
            while !progress.is_read {
                if session.is_none() {
                    session = Some(self.open().await?);
                    self.requests = 0;
                }
                let Some(open) = &mut session else { continue };
                match self.page(open, &run, progress).await {
                    Ok(()) => {}
                    Err(Failure::Host(error)) if progress.decide(&error).then == Then::Restart => {
                        self.restart(progress, &error.to_string()).await;
                    }
                    Err(failure) => return Err(failure),
                }
            }
            self.lease.confirm().await?;
            if run.has_pages(progress.pages).await? {
                break;
            }
            if progress.restarts >= MOST_RESTARTS {
                return Err(Failure::Gone);
            }
            self.restart(progress, "a page that was stored has gone").await;
        }
        run.complete(self.manifest(progress).await?).await?;
        run.clean(self.of.keep).await?;
        let Progress { pages, requests, records, warnings, incomplete, tat, .. } = progress.clone();
        Ok(Outcome { run: self.job.run.clone(), pages, requests, records, warnings, incomplete, tat })
    }

    async fn open(&self) -> Result<Session, Failure> {
        let Account { account_id, credential, base_url, .. } = &self.job.account;
        let secrets = self.of.secrets.of(credential).await?;
        let mut settings = secrets.settings;
        settings.push(("account-id".to_owned(), account_id.clone()));
        settings.extend(base_url.iter().map(|url| (BASE_URL.to_owned(), url.clone())));
        Ok(self.of.host.open(secrets.auth_method, &settings).await?)
    }

    /// Reads the next page when the pace allows it, and stores it.
    async fn page(
        &mut self,
        session: &mut Session,
        run: &Run,
        progress: &mut Progress,
    ) -> Result<(), Failure> {
        let share = self.job.slot.share;
        self.wait(share.wait_before(now(), progress.tat)).await?;
        let read = session.read(&[], progress.cursor.as_deref()).await;
        let sent = session.traffic().requests;
        let requests = sent - std::mem::replace(&mut self.requests, sent);
        progress.spend(requests, share, now());
        let page = read?;
        if let Some(limit) = &page.rate_limit {
            progress.spare(limit, share, now());
        }
        let lines = lines(&page)?;
        self.lease.confirm().await?;
        let digest = run.put_page(progress.pages, &lines, &progress.digest).await?;
        progress.add(&page, digest);
        self.tell(progress).await;
        if *self.of.stopping.borrow() { Err(Failure::Stopping) } else { Ok(()) }
    }

    async fn wait(&self, ms: u64) -> Result<(), Failure> {
        let mut stopping = self.of.stopping.clone();
        tokio::select! {
            biased;
            Ok(_) = stopping.wait_for(|stopping| *stopping) => Err(Failure::Stopping),
            () = tokio::time::sleep(Duration::from_millis(ms)) => Ok(()),
        }
    }

    /// Tells the server where the sync stands.
    async fn tell(&self, progress: &Progress) {
        match serde_json::to_value(progress) {
            Ok(details) => self.lease.keep(details).await,
            Err(error) => tracing::warn!("the progress can't be written: {error}"),
        }
    }

    async fn restart(&self, progress: &mut Progress, why: &str) {
        let (account, run) = (&self.job.account.name, &self.job.run);
        tracing::warn!(account, run, "a sync begins again from the start: {why}");
        progress.restart();
        self.tell(progress).await;
    }

    async fn manifest(&self, progress: &Progress) -> Result<Manifest, Failure> {
        let connector = self.of.host.describe().await?;
        Ok(Manifest {
            account: self.job.account.name.clone(),
            run: self.job.run.clone(),
            connector: Connector { id: connector.id.clone(), version: connector.version.clone() },
            begun_ms: self.job.started_ms,
            ended_ms: now(),
            pages: progress.pages,
            digest: progress.digest.clone(),
            requests: progress.requests,
            records_by_kind: progress.records.clone(),
            warnings: progress.warnings,
            incomplete: progress.incomplete,
            ..Manifest::default()
        })
    }
}

/// Decides what follows, and notes it for the next attempt.
fn decide(failure: &Failure, progress: &mut Progress, share: Pace) -> (&'static str, Then) {
    match failure {
        Failure::Host(error) => {
            let decision = progress.decide(error);
            progress.note(&decision, share, now());
            (decision.kind, decision.then)
        }
        Failure::Store(_) => ("store", Then::Retry(None)),
        Failure::Lost(_) => ("lost", Then::Retry(None)),
        // As long as an account has no credentials, it doesn't hold up those that share their slot.
        Failure::Secrets(_) => ("secrets", Then::Fail),
        Failure::Lines(_) => ("contract-broken", Then::Fail),
        Failure::Gone => ("store", Then::Fail),
        Failure::Stopping => ("stopping", Then::Retry(Some(Duration::from_millis(1)))),
    }
}

fn lines(page: &Page) -> Result<Vec<u8>, Failure> {
    let mut lines = Vec::new();
    let written = JsonLines::new(&mut lines).page(&page.clone().translate());
    written.map_err(|error| Failure::Lines(error.to_string()))?;
    Ok(lines)
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sync_goes_on_after_what_passes_and_ends_with_what_a_person_has_to_change() {
        let mut progress = Progress { pages: 3, ..Progress::default() };
        let share = Pace::new(100, 75_000);
        let no_answer = Lost::Unknown { after: Duration::from_secs(60), why: "no connection".to_owned() };
        let at_once = Then::Retry(Some(Duration::from_millis(1)));
        for (failure, expected) in [
            (Failure::Lost(Lost::Taken), ("lost", Then::Retry(None))),
            (Failure::Lost(no_answer), ("lost", Then::Retry(None))),
            (
                Failure::Store(StoreError::NoRun { account: "berlin".to_owned() }),
                ("store", Then::Retry(None)),
            ),
            (Failure::Stopping, ("stopping", at_once)),
            (Failure::Gone, ("store", Then::Fail)),
            (Failure::Lines("no".to_owned()), ("contract-broken", Then::Fail)),
            (Failure::Host(HostError::Reader), ("unsupported", Then::Fail)),
        ] {
            assert_eq!(decide(&failure, &mut progress, share), expected, "{failure}");
        }
        assert_eq!(progress, Progress { pages: 3, ..Progress::default() });
    }
}
