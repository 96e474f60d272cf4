//! Which account a command is about: one at Cloudflare, or a mock's.

use super::embedded::{self, AccountArgs};
use super::failure::Failure;
use super::input;
use crate::mock::Mock;
use cloudflare_zero_trust::command::settings::{Connection, ConnectionArgs};
use connector_host::{Host, Session, WritableRoute};

/// Cloudflare, or a mock within this process.
#[derive(Debug, clap::Args)]
pub(super) struct TargetArgs {
    #[command(flatten)]
    connection: ConnectionArgs,
    /// Take a mock within this process instead of Cloudflare; no account and no credentials are
    /// used
    #[arg(long, help_heading = "The mock's account (a small company where no size is given)")]
    mock: bool,
    #[command(flatten)]
    account: AccountArgs,
}

/// What a [`TargetArgs`] leads to.
pub(super) struct Target {
    pub(super) connection: Connection,
    mock: Option<Mock>,
}

impl TargetArgs {
    /// What can be seen to be impossible before anything is started.
    pub(super) fn check(&self) -> Result<(), Failure> {
        if self.account.is_given() && !self.mock {
            return Err(Failure::usage("The mock's sizes, seed and latency need --mock."));
        }
        Ok(())
    }

    /// Whether a secret comes from standard input.
    pub(super) fn reads_stdin(&self) -> bool {
        !self.mock && self.connection.reads_stdin()
    }

    /// Starts the mock that is asked for, on this port (0: any), or reads the secrets.
    pub(super) async fn open(self, mock_port: u16) -> Result<Target, Failure> {
        if self.mock {
            let mock = self.account.start(mock_port).await?;
            let connection = embedded::connection(&mock).paced_by(self.connection);
            return Ok(Target { connection, mock: Some(mock) });
        }
        Ok(Target { connection: self.connection.connection(input::open)?, mock: None })
    }
}

impl Target {
    pub(super) async fn close(self) {
        if let Some(mock) = self.mock {
            mock.stop().await;
        }
    }
}

/// A session that reads.
pub(super) async fn open(connection: &Connection, host: &Host) -> Result<Session, Failure> {
    open_with(&[], connection, host).await
}

pub(super) async fn open_with(
    writable: &[WritableRoute],
    connection: &Connection,
    host: &Host,
) -> Result<Session, Failure> {
    let opened = host.open_with(writable, connection.auth_method(), &connection.settings()).await;
    opened.map_err(Failure::host("opening a session"))
}
