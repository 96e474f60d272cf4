//! The account of a command: one at Cloudflare, or a mock's.

use super::embedded::{self, AccountArgs};
use super::failure::Failure;
use super::input;
use crate::mock::Mock;
use cloudflare_zero_trust::command::failure::Failure as Common;
use cloudflare_zero_trust::command::program;
use cloudflare_zero_trust::command::settings::{Connection, ConnectionArgs};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

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

/// The connection to an account, and the mock that serves it.
pub(super) struct Target {
    pub(super) connection: Connection,
    pub(super) mock: Option<Mock>,
}

impl From<ConnectionArgs> for TargetArgs {
    fn from(connection: ConnectionArgs) -> TargetArgs {
        TargetArgs { connection, mock: false, account: AccountArgs::default() }
    }
}

impl program::Target for TargetArgs {
    fn check(&self) -> Result<(), Common> {
        if self.account.is_given() && !self.mock {
            return Err(Common::Usage("The mock's sizes, seed and latency need --mock.".to_owned()));
        }
        Ok(())
    }

    fn reads_stdin(&self) -> bool {
        !self.mock && self.connection.reads_stdin()
    }
}

impl TargetArgs {
    /// The files that hold secrets, each with the flag that names it. A mock needs none of them, and
    /// an output must not replace them either.
    pub(super) fn secret_files(&self) -> impl Iterator<Item = (&'static str, &Path)> {
        self.connection.secret_files()
    }

    /// Starts the mock that is asked for, on this port (0: any), or reads the secrets.
    pub(super) async fn open(self, mock_port: u16) -> Result<Target, Failure> {
        if self.mock {
            let mock = self.account.start(SocketAddr::from((Ipv4Addr::LOCALHOST, mock_port))).await?;
            let connection = embedded::connection(&mock).paced_by(self.connection);
            return Ok(Target { connection, mock: Some(mock) });
        }
        Ok(Target { connection: self.connection.connection(input::open)?, mock: None })
    }
}
