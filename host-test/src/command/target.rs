//! The account of a command: one at Cloudflare, or a mock's.

use super::ca_file;
use super::embedded::{self, AccountArgs};
use super::facts::SourcesArgs;
use super::failure::Failure;
use super::input;
use crate::mock::Mock;
use cloudflare_zero_trust::command::failure::Failure as Common;
use cloudflare_zero_trust::command::program;
use cloudflare_zero_trust::command::settings::{Connection, ConnectionArgs};
use connector_host::Authorities;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

/// Cloudflare, and the way there.
#[derive(Debug, clap::Args)]
pub(super) struct UpstreamArgs {
    #[command(flatten)]
    connection: ConnectionArgs,
    /// Trust these certificate authorities too, in addition to those of this machine: a company's own,
    /// or that of a gateway that inspects TLS; one or many certificates in PEM form
    #[arg(long, value_name = "FILE", help_heading = "Network")]
    ca_file: Option<PathBuf>,
}

/// Cloudflare, or a mock within this process.
#[derive(Debug, clap::Args)]
pub(super) struct TargetArgs {
    #[command(flatten)]
    upstream: UpstreamArgs,
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
    pub(super) authorities: Authorities,
    pub(super) mock: Option<Mock>,
}

impl From<UpstreamArgs> for TargetArgs {
    fn from(upstream: UpstreamArgs) -> TargetArgs {
        TargetArgs { upstream, mock: false, account: AccountArgs::default() }
    }
}

impl program::Target for TargetArgs {
    type Facts = SourcesArgs;

    fn check(&self) -> Result<(), Common> {
        if self.account.is_given() && !self.mock {
            return Err(Common::Usage("The mock's sizes, seed and latency need --mock.".to_owned()));
        }
        Ok(())
    }

    fn reads_stdin(&self) -> bool {
        !self.mock && self.upstream.connection.reads_stdin()
    }
}

impl TargetArgs {
    /// The files that are read, each with the flag that names it. A mock needs none of them, and an
    /// output must not replace them either.
    pub(super) fn input_files(&self) -> impl Iterator<Item = (&'static str, &Path)> {
        let ca_file = self.upstream.ca_file.as_deref().map(|path| (ca_file::FLAG, path));
        self.upstream.connection.secret_files().chain(ca_file)
    }

    /// Starts the mock that is asked for, on this port (0: any), or reads the secrets.
    pub(super) async fn open(self, mock_port: u16) -> Result<Target, Failure> {
        let authorities =
            self.upstream.ca_file.as_deref().map(ca_file::read).transpose()?.unwrap_or_default();
        if self.mock {
            let mock = self.account.start(SocketAddr::from((Ipv4Addr::LOCALHOST, mock_port))).await?;
            let connection = embedded::connection(&mock).paced_by(self.upstream.connection);
            return Ok(Target { connection, authorities, mock: Some(mock) });
        }
        Ok(Target { connection: self.upstream.connection.connection(input::open)?, authorities, mock: None })
    }
}
