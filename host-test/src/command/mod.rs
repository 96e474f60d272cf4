//! The command line.

#![warn(missing_docs)]

mod cursor_file;
mod demo;
mod describe;
mod embedded;
mod failure;
mod secret;
mod settings;
mod sync;
mod validate;

use crate::COMPONENT;
use crate::host::{Config, Host};
use clap::{Parser, Subcommand};
use embedded::ServeArgs;
use failure::{Exit, Failure};
use settings::ConnectionArgs;
use std::process::ExitCode;
use sync::SyncArgs;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  failed
  2  usage or settings
  3  credentials or permissions
  4  rate limited: try again later
  6  done, but data is missing: the warnings say which";

/// Runs the Cloudflare Zero Trust connector: against a mock of Cloudflare's API, or against Cloudflare.
///
/// Without a command it gives the demo.
#[derive(Debug, Parser)]
#[command(name = "host-test", version, after_help = EXIT_CODES, max_term_width = 120)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    /// What to log to standard error: off, error, warn, info, debug or trace
    #[arg(long, global = true, value_name = "LEVEL", default_value = "warn")]
    log_level: LevelFilter,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start a mock, sync it, and show who holds what and why
    Demo,
    /// Show what the connector is and needs
    Describe,
    /// Ask Cloudflare what these credentials may read
    #[command(after_help = EXIT_CODES)]
    Validate(ConnectionArgs),
    /// Read everything: who is there, what can be held, and who holds it
    #[command(after_help = EXIT_CODES)]
    Sync(Box<SyncArgs>),
    /// Run the mock of Cloudflare's API until Ctrl-C
    Mock(ServeArgs),
}

/// Runs the command line of this process.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    log_to_stderr(cli.log_level);
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
    }
}

async fn host() -> Result<Host, Failure> {
    Host::new(COMPONENT, Config::default()).await.map_err(Failure::host("starting the connector"))
}

/// Our own logs at the level that was asked for; those of libraries below it, which show what goes over the wire, never beyond
/// warnings.
fn log_to_stderr(level: LevelFilter) {
    let filter = Targets::new()
        .with_target(env!("CARGO_CRATE_NAME"), level)
        .with_target("guest", level)
        .with_default(level.min(LevelFilter::WARN));
    let colour = std::io::IsTerminal::is_terminal(&std::io::stderr())
        && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(colour);
    tracing_subscriber::registry().with(layer).with(filter).init();
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

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
