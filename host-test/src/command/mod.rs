//! The command line.

#![warn(missing_docs)]

mod baton;
mod components;
mod cursor_file;
mod demo;
mod demo_changes;
mod describe;
mod drafts;
mod embedded;
mod failure;
mod format;
mod get;
mod help;
mod input;
mod logs;
mod provision;
mod reading;
mod resumable;
mod sync;
mod target;
mod validate;

use crate::CONNECTOR;
use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::Shell;
use cloudflare_zero_trust::command::settings::ConnectionArgs;
use cloudflare_zero_trust::contract::Operation;
use components::ComponentsArgs;
use connector_host::{Config, Host};
use embedded::ServeArgs;
use failure::{Exit, Failure};
use get::GetArgs;
use logs::LogArgs;
use provision::{ApplyArgs, ChangeArgs};
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;
use sync::SyncArgs;

/// Runs the Cloudflare Zero Trust connector: against a mock of Cloudflare's API, or against
/// Cloudflare.
///
/// Without a command it gives the demo.
#[derive(Debug, Parser)]
#[command(name = "host-test", version, after_help = help::all(), max_term_width = 120)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    logs: LogArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start a mock, sync it, show who holds what and why, and grant and revoke
    #[command(after_help = help::demo())]
    Demo,
    /// Show what the connector is and needs
    #[command(after_help = help::describe())]
    Describe,
    /// Write what the connector can read and change, and what that needs, as ConductorOne's baton
    /// has it: in JSON
    #[command(after_help = help::capabilities())]
    Capabilities,
    /// Write the connector's form, with its ways to authenticate, as ConductorOne's baton has it:
    /// in JSON
    #[command(after_help = help::config_schema())]
    ConfigSchema,
    /// Ask Cloudflare what these credentials may read
    #[command(after_help = help::validate())]
    Validate(Box<ConnectionArgs>),
    /// Read everything: who is there, what can be held, and who holds it
    #[command(after_help = help::sync())]
    Sync(Box<SyncArgs>),
    /// Read one resource, what can be held on it, and who holds it, as they are now
    #[command(after_help = help::get())]
    Get(Box<GetArgs>),
    /// Give principals an entitlement
    #[command(after_help = help::grant())]
    Grant(Box<ChangeArgs>),
    /// Take an entitlement from principals
    #[command(after_help = help::revoke())]
    Revoke(Box<ChangeArgs>),
    /// Grant and revoke what a file lists
    ///
    /// Each line of the file is a change; lines may be empty:
    ///
    /// {"operation":"grant","entitlement":"group:…:member","principal":{"kind":"user","id":"…"}}
    ///
    /// If a line is none, nothing is sent. Changes of the same resource go out as one write, and
    /// one that fails leaves the others standing. At most 1,000 changes.
    #[command(after_help = help::apply())]
    Apply(Box<ApplyArgs>),
    /// Run the mock of Cloudflare's API until Ctrl-C
    #[command(after_help = help::mock())]
    Mock(ServeArgs),
    /// Write the components into a directory: the plugins, and the program that stands alone
    #[command(after_help = help::components())]
    Components(ComponentsArgs),
    /// Write what makes a shell complete this command line
    #[command(after_help = help::completions())]
    Completions {
        /// Which shell
        shell: Shell,
    },
}

/// Runs the command line of this process.
#[must_use]
pub fn main() -> ExitCode {
    let Cli { command, logs } = Cli::parse();
    logs.start();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let outcome = match runtime {
        Ok(runtime) => runtime.block_on(run(command.unwrap_or(Command::Demo))),
        Err(error) => Err(Failure::System { what: "no runtime can be started", error }),
    };
    let exit = match outcome {
        Ok(exit) => exit,
        Err(failure) => {
            if !failure.is_broken_pipe() {
                logs.tell(&failure);
            }
            failure.exit()
        }
    };
    exit.into()
}

async fn run(command: Command) -> Result<Exit, Failure> {
    match command {
        Command::Demo => demo::run().await,
        Command::Describe => describe::run().await,
        Command::Capabilities => baton::capabilities().await,
        Command::ConfigSchema => baton::config_schema().await,
        Command::Validate(args) => validate::run(*args).await,
        Command::Sync(args) => sync::run(*args).await,
        Command::Get(args) => get::run(*args).await,
        Command::Grant(args) => provision::change(Operation::Grant, *args).await,
        Command::Revoke(args) => provision::change(Operation::Revoke, *args).await,
        Command::Apply(args) => provision::apply(*args).await,
        Command::Mock(args) => embedded::serve(args).await,
        Command::Components(args) => components::write(&args),
        Command::Completions { shell } => completions(shell).map_err(Failure::stdout),
    }
}

fn completions(shell: Shell) -> io::Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "host-test", &mut script);
    io::stdout().lock().write_all(&script)?;
    Ok(Exit::Done)
}

/// The most that `--max-wait-seconds` allows.
const LONGEST_WAIT: Duration = Duration::from_secs(300);

async fn host() -> Result<Host, Failure> {
    let mut config = Config::default();
    // A connector may be told to wait for this long within one call, and still has to work then.
    config.limits.call += LONGEST_WAIT;
    Host::new(CONNECTOR, config).await.map_err(Failure::host("starting the connector"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn no_flag_takes_a_secret() {
        for command in Cli::command().get_subcommands() {
            for flag in command.get_arguments().filter_map(clap::Arg::get_long) {
                let is_secret = ["token", "key", "secret", "password"].iter().any(|word| flag.contains(word));
                assert!(!is_secret || flag.ends_with("-file"), "--{flag}");
            }
        }
    }
}
