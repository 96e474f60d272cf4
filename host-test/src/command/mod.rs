//! The command line.

#![warn(missing_docs)]

mod cursor_file;
mod demo;
mod describe;
mod embedded;
mod endless;
mod exit_codes;
mod failure;
mod logs;
mod secret;
mod settings;
mod sync;
mod validate;

use crate::COMPONENT;
use crate::host::{Config, Host};
use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::Shell;
use embedded::ServeArgs;
use failure::{Exit, Failure};
use logs::LogArgs;
use settings::ConnectionArgs;
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;
use sync::SyncArgs;

/// Runs the Cloudflare Zero Trust connector: against a mock of Cloudflare's API, or against Cloudflare.
///
/// Without a command it gives the demo.
#[derive(Debug, Parser)]
#[command(name = "host-test", version, after_help = exit_codes::ALL, max_term_width = 120)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    logs: LogArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start a mock, sync it, and show who holds what and why
    #[command(after_help = exit_codes::DEMO)]
    Demo,
    /// Show what the connector is and needs
    #[command(after_help = exit_codes::LOCAL)]
    Describe,
    /// Ask Cloudflare what these credentials may read
    #[command(after_help = exit_codes::VALIDATE)]
    Validate(ConnectionArgs),
    /// Read everything: who is there, what can be held, and who holds it
    #[command(after_help = exit_codes::ALL)]
    Sync(Box<SyncArgs>),
    /// Run the mock of Cloudflare's API until Ctrl-C
    #[command(after_help = exit_codes::LOCAL)]
    Mock(ServeArgs),
    /// Write what makes a shell complete this command line
    ///
    /// For bash, for example: host-test completions bash > ~/.local/share/bash-completion/completions/host-test
    #[command(after_help = exit_codes::LOCAL)]
    Completions {
        /// Which shell
        shell: Shell,
    },
}

/// Runs the command line of this process.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    cli.logs.start();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let outcome = match runtime {
        Ok(runtime) => runtime.block_on(run(cli.command.unwrap_or(Command::Demo))),
        Err(error) => Err(Failure::System { what: "no runtime can be started", error }),
    };
    let exit = match outcome {
        Ok(exit) => exit,
        Err(failure) => {
            if !failure.is_broken_pipe() {
                eprint!("{}", failure.report());
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
        Command::Validate(args) => validate::run(args).await,
        Command::Sync(args) => sync::run(*args).await,
        Command::Mock(args) => embedded::serve(args).await,
        Command::Completions { shell } => completions(shell).map_err(Failure::Stdout),
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
    Host::new(COMPONENT, config).await.map_err(Failure::host("starting the connector"))
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
