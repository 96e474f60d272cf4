//! The calls of the connector, each with the failure of this command line.

use super::failure::Failure;
use super::logs;
use super::signals::Signals;
use crate::MANAGER;
use crate::contract::Translate;
use crate::output::Progress;
use cloudflare_zero_trust::command::facts::{ASKING, ASKING_PUSHED, Pushed, TELLING};
use cloudflare_zero_trust::command::failure::{COMPARING, OFFBOARDING};
use cloudflare_zero_trust::command::program::{Fault, Wanted};
use cloudflare_zero_trust::command::settings::Connection;
use cloudflare_zero_trust::contract::{
    Change, Comparison, Demand, GroupFacts, Manifest, Options, Page, Report, ResourceId, Validation,
    lifecycle,
};
use cloudflare_zero_trust::output::Sink;
use connector_host::{Authorities, Config, Host, HostError, Proxy, Session, WritableRoute, contract as host};
use std::time::Duration;

/// The most that `--max-wait-seconds` allows.
const LONGEST_WAIT: Duration = Duration::from_secs(300);

/// Starts the connector that is part of this program, in a host that trusts these authorities too.
pub(super) async fn host(authorities: Authorities) -> Result<Host, Failure> {
    let mut config = Config { authorities, proxy: Proxy::from_env(), ..Config::default() };
    // A connector may be told to wait for this long within one call, and still has to work then.
    config.limits.call += LONGEST_WAIT;
    Host::new(MANAGER, config).await.map_err(Failure::host("starting the connector"))
}

/// Returns the connector's manifest.
pub(super) async fn describe(host: &Host) -> Result<Manifest, Failure> {
    let manifest = host.describe().await.map_err(Failure::host("describing the connector"))?;
    Ok(manifest.clone().translate())
}

/// Opens a session that may read, and write to these routes.
pub(super) async fn open(
    writable: &[WritableRoute],
    connection: &Connection,
    host: &Host,
) -> Result<Session, Failure> {
    let opened = host.open_with(writable, connection.auth_method(), &connection.settings()).await;
    opened.map_err(Failure::host("opening a session"))
}

/// Checks what the session's credentials may read and change.
pub(super) async fn validate(session: &mut Session) -> Result<Validation, Failure> {
    let validation = session.validate().await.map_err(Failure::host("validating the credentials"))?;
    Ok(validation.translate())
}

/// Asks which groups of identity providers rules name.
pub(super) async fn wanted(session: &mut Session) -> Result<Demand, Failure> {
    let _progress = Progress::start();
    Ok(session.wanted().await.map_err(Failure::host(ASKING))?.translate())
}

/// Asks what SCIM pushed of these groups, all of it.
pub(super) async fn pushed(session: &mut Session) -> Result<Pushed, Failure> {
    let _progress = Progress::start();
    let mut pushed = Pushed::default();
    while pushed.add(session.pushed().await.map_err(Failure::host(ASKING_PUSHED))?.translate()) {}
    Ok(pushed)
}

/// Tells who is in these groups.
pub(super) async fn learn(session: &mut Session, facts: &[GroupFacts]) -> Result<(), Failure> {
    session.learn(&facts.to_vec().translate()).await.map_err(Failure::host(TELLING))
}

/// Reads everything of these kinds. The session can be used on.
pub(super) async fn list(
    session: &mut Session,
    kinds: &[String],
    sink: &mut dyn Sink,
) -> Result<(), Failure> {
    let mut progress = Progress::start();
    let mut cursor = None;
    loop {
        let page = session.read(kinds, cursor.as_deref()).await;
        let page: Page = page.map_err(Failure::host(Wanted::Kinds(Vec::new()).tried()))?.translate();
        sink.page(&page)?;
        progress.update(&page);
        cursor = page.next;
        if cursor.is_none() {
            return Ok(());
        }
    }
}

/// Compares a part of what the rules say of people with Cloudflare's verdict.
pub(super) async fn compare(
    session: &mut Session,
    subject: &ResourceId,
    cursor: Option<&str>,
) -> Result<Comparison, Failure> {
    let _progress = Progress::start();
    let comparison = session.compare(&subject.clone().translate(), cursor).await;
    Ok(comparison.map_err(Failure::host(COMPARING))?.translate())
}

/// Waits for Cloudflare.
pub(super) async fn wait(time: Duration) -> Result<(), Failure> {
    let _progress = Progress::start();
    tokio::time::sleep(time).await;
    Ok(())
}

/// Makes changes, or plans them.
pub(super) async fn apply(
    session: &mut Session,
    changes: &[Change],
    options: &Options,
) -> Result<Report, Failure> {
    let _progress = Progress::start();
    let (changes, options) = (changes.to_vec().translate(), options.clone().translate());
    let report = session.apply(&changes, &options).await.map_err(Failure::host("changing who holds what"))?;
    tell_network_failure(session, report.results.iter().filter_map(|result| result.as_ref().err()));
    Ok(report.translate())
}

/// Does steps for people who join and leave, or plans them.
pub(super) async fn apply_steps(
    session: &mut Session,
    steps: &[lifecycle::Step],
    options: &lifecycle::Options,
) -> Result<lifecycle::Report, Failure> {
    let _progress = Progress::start();
    let (steps, options) = (steps.to_vec().translate(), options.clone().translate());
    let report = session.apply_steps(&steps, &options).await.map_err(Failure::host("doing the steps"))?;
    tell_network_failure(session, report.results.iter().filter_map(|result| result.as_ref().err()));
    Ok(report.translate())
}

/// Takes everything from a person who leaves, or plans that. If the connector itself says that the call
/// can't be made, nothing was written.
pub(super) async fn offboard(
    session: &mut Session,
    person: &ResourceId,
    keep: &[String],
    options: &lifecycle::Options,
) -> Result<lifecycle::Offboarding, Failure> {
    let _progress = Progress::start();
    let (person, options) = (person.clone().translate(), options.clone().translate());
    let offboarding = session.offboard(&person, keep, &options).await;
    let offboarding = offboarding.map_err(|error| {
        let nothing_was_written =
            options.dry_run || matches!(error, HostError::Connector(_) | HostError::Network { .. });
        let failure = Failure::host(OFFBOARDING)(error);
        if nothing_was_written { failure } else { failure.may_be_written() }
    })?;
    tell_network_failure(session, offboarding.parts.iter().filter_map(|part| part.outcome.as_ref().err()));
    Ok(offboarding.translate())
}

/// Tells what the host knows of an answer that was lost. The errors of single changes have the connector's
/// words alone.
fn tell_network_failure<'e>(session: &Session, mut errors: impl Iterator<Item = &'e host::Error>) {
    let is_unanswered = errors.any(|error| error.http_status.is_none());
    if let Some(failure) = session.network_failure().filter(|_| is_unanswered) {
        logs::network_failure(&failure);
    }
}

/// Begins to listen to Ctrl-C and the other signals that ask this process to end.
pub(super) fn listen() -> Result<Signals, Failure> {
    Signals::listen().map_err(|error| Failure::System { what: "signals can't be waited for", error })
}
