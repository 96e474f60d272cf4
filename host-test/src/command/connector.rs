//! The calls of the connector, each with the failure of this command line.

use super::failure::Failure;
use super::logs;
use super::signals::Signals;
use crate::CONNECTOR;
use crate::contract::Translate;
use crate::output::Progress;
use cloudflare_zero_trust::command::settings::Connection;
use cloudflare_zero_trust::contract::{Change, Manifest, Options, Report, Validation};
use connector_host::{Authorities, Config, Host, Proxy, Session, WritableRoute};
use std::time::Duration;

/// The most that `--max-wait-seconds` allows.
const LONGEST_WAIT: Duration = Duration::from_secs(300);

/// Starts the connector that is part of this program, in a host that trusts these authorities too.
pub(super) async fn host(authorities: Authorities) -> Result<Host, Failure> {
    let mut config = Config { authorities, proxy: Proxy::from_env(), ..Config::default() };
    // A connector may be told to wait for this long within one call, and still has to work then.
    config.limits.call += LONGEST_WAIT;
    Host::new(CONNECTOR, config).await.map_err(Failure::host("starting the connector"))
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

/// Makes changes, or plans them.
pub(super) async fn apply(
    session: &mut Session,
    changes: &[Change],
    options: &Options,
) -> Result<Report, Failure> {
    let _progress = Progress::start();
    let (changes, options) = (changes.to_vec().translate(), options.clone().translate());
    let report = session.apply(&changes, &options).await.map_err(Failure::host("changing who holds what"))?;
    // The errors of single changes have the connector's words alone.
    let unanswered = report.results.iter().flat_map(|result| result.as_ref().err());
    let unanswered = unanswered.filter(|error| error.http_status.is_none()).count() > 0;
    if let Some(failure) = session.network_failure().filter(|_| unanswered) {
        logs::network_failure(&failure);
    }
    Ok(report.translate())
}

/// Begins to listen to Ctrl-C and the other signals that ask this process to end.
pub(super) fn listen() -> Result<Signals, Failure> {
    Signals::listen().map_err(|error| Failure::System { what: "signals can't be waited for", error })
}

/// Works until Ctrl-C, SIGTERM or SIGHUP: then the work is dropped half-way, and the command fails.
pub(super) async fn unless_interrupted<T>(
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    listen()?.unless(work).await
}
