//! A mock of Cloudflare's API within this process.

use super::connector;
use super::failure::{Exit, Failure};
use super::signals::Signals;
use crate::mock::{AccessSize, Account, DEMO_TOKEN, Mock, Options, Size};
use cloudflare_zero_trust::command::settings::Connection;
use std::io::{self, Write};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// The account that the mock serves.
#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = "The mock's account (a small company where no size is given)")]
pub(super) struct AccountArgs {
    /// Access users; 1000, where another size is given. An account of any size is random, and has what
    /// can't be read or understood: a sync of it ends with 6
    #[arg(long, value_name = "N")]
    users: Option<usize>,
    /// Account members; 100
    #[arg(long, value_name = "N")]
    members: Option<usize>,
    /// Access groups; 50
    #[arg(long, value_name = "N")]
    groups: Option<usize>,
    /// Account roles; 20
    #[arg(long, value_name = "N")]
    roles: Option<usize>,
    /// User groups of account members; 5
    #[arg(long, value_name = "N")]
    user_groups: Option<usize>,
    /// Access applications; 20
    #[arg(long, value_name = "N")]
    applications: Option<usize>,
    /// Reusable Access policies; 10
    #[arg(long, value_name = "N")]
    policies: Option<usize>,
    /// Identity providers; 3
    #[arg(long, value_name = "N")]
    identity_providers: Option<usize>,
    /// Service tokens; 5
    #[arg(long, value_name = "N")]
    service_tokens: Option<usize>,
    /// Another seed makes other people, groups and applications; 1
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// How long each answer takes
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 0)]
    latency_ms: u64,
}

/// The arguments of `mock`.
#[derive(Debug, clap::Args)]
pub(super) struct ServeArgs {
    /// An address of this machine's loopback, such as ::1
    #[arg(long, value_name = "IP", default_value = "127.0.0.1", value_parser = loopback)]
    address: IpAddr,
    /// 0 is any free port
    #[arg(long, default_value_t = 0)]
    port: u16,
    #[command(flatten)]
    account: AccountArgs,
}

impl AccountArgs {
    fn account(&self) -> Account {
        if self.sizes().iter().all(Option::is_none) && self.seed.is_none() {
            return Account::company();
        }
        let size = Size {
            users: self.users.unwrap_or(1_000),
            members: self.members.unwrap_or(100),
            groups: self.groups.unwrap_or(50),
            roles: self.roles.unwrap_or(20),
        };
        let access = AccessSize {
            applications: self.applications.unwrap_or(20),
            policies: self.policies.unwrap_or(10),
            identity_providers: self.identity_providers.unwrap_or(3),
            service_tokens: self.service_tokens.unwrap_or(5),
        };
        let seed = self.seed.unwrap_or(1);
        let user_groups = self.user_groups.unwrap_or(5);
        Account::generate(seed, size).with_user_groups(seed, user_groups).with_access(seed, access)
    }

    fn sizes(&self) -> [Option<usize>; 9] {
        let Self { users, members, groups, roles, user_groups, applications, policies, .. } = *self;
        let [providers, tokens] = [self.identity_providers, self.service_tokens];
        [users, members, groups, roles, user_groups, applications, policies, providers, tokens]
    }

    /// Whether any of these flags is given.
    pub(super) fn is_given(&self) -> bool {
        self.sizes().iter().any(Option::is_some) || self.seed.is_some() || self.latency_ms > 0
    }

    pub(super) async fn start(&self, address: SocketAddr) -> Result<Mock, Failure> {
        let options = Options {
            address: address.ip(),
            port: address.port(),
            latency: Duration::from_millis(self.latency_ms),
            ..Options::default()
        };
        start(self.account(), options).await
    }
}

/// Parses the address of a mock. Anybody on a network would know its token.
fn loopback(text: &str) -> Result<IpAddr, &'static str> {
    let address = text.parse().ok().filter(IpAddr::is_loopback);
    address.ok_or("it is no address of this machine's loopback, as 127.0.0.1 and that of IPv6 are")
}

pub(super) async fn start(account: Account, options: Options) -> Result<Mock, Failure> {
    Mock::start(account, options)
        .await
        .map_err(|error| Failure::System { what: "the mock can't listen on its address", error })
}

/// The connection to a mock's account.
pub(super) fn connection(mock: &Mock) -> Connection {
    Connection::with_token(mock.read(|account| account.id.clone()), mock.base_url(), DEMO_TOKEN)
}

/// Runs the mock until Ctrl-C, SIGTERM or SIGHUP.
pub(super) async fn serve(args: ServeArgs) -> Result<Exit, Failure> {
    let mock = args.account.start(SocketAddr::new(args.address, args.port)).await?;
    let signals = connector::listen()?;
    announce(&mock).map_err(Failure::stdout)?;
    keep(mock, signals).await
}

/// Leaves a mock running until a signal ends it.
pub(super) async fn keep(mock: Mock, mut signals: Signals) -> Result<Exit, Failure> {
    signals.first().await;
    mock.stop().await;
    Ok(Exit::Done)
}

/// Prints the mock's address and credentials in the form of a shell script, with comments.
fn announce(mock: &Mock) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let size = mock.read(|account| {
        let [users, members] = [account.users.len(), account.members.len()];
        format!(
            "{users} users, {members} members, {} groups, {} roles, {} user groups, {} applications",
            account.groups.len(),
            account.roles.len(),
            account.user_groups.len(),
            account.applications.len()
        )
    });
    writeln!(out, "# A mock of Cloudflare's API ({size}). Ctrl-C ends it. To sync it from another shell:")?;
    write_exports(mock, &mut out)
}

/// Writes the lines that make another shell use this mock.
pub(super) fn write_exports(mock: &Mock, to: &mut impl Write) -> io::Result<()> {
    writeln!(to, "export CLOUDFLARE_BASE_URL={}", mock.base_url())?;
    writeln!(to, "export CLOUDFLARE_ACCOUNT_ID={}", mock.read(|account| account.id.clone()))?;
    writeln!(to, "export CLOUDFLARE_API_TOKEN={DEMO_TOKEN}")?;
    to.flush()
}
