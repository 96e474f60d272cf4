//! The command line of a fleet.

mod accounts;
mod apply;
mod credential;
mod list;
mod read;
mod run;
mod state;
mod status;
mod table;

use crate::engine::Engine;
use crate::worker::{self, WorkerArgs};
use clap::{Parser, Subcommand, ValueEnum};
use std::io::IsTerminal;
use std::process::ExitCode;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

type Failed = Box<dyn std::error::Error + Send + Sync>;

/// Syncs and changes many Cloudflare accounts, with Temporal as the engine
#[derive(Debug, Parser)]
#[command(name = "fleet", version)]
pub struct Fleet {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    engine: Engine,
    /// The level of the log on standard error: off, error, warn, info or debug
    #[arg(long, global = true, value_name = "LEVEL", default_value = "info")]
    log_level: LevelFilter,
    /// The form of a log line
    #[arg(long, global = true, value_enum, default_value_t = LogFormat::Text)]
    log_format: LogFormat,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum LogFormat {
    /// For a person
    Text,
    /// A JSON object a line, for programs
    Json,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Add an account to the fleet, or change one: it is synced by its schedule from now on
    Add(accounts::Add),
    /// Take an account out of the fleet. What was stored of it stays
    Remove(accounts::Remove),
    /// List the accounts: their last and next run, state, requests, and whether something is missing
    List(list::List),
    /// Sync accounts now. Refused while a sync of the account is under way
    Run(run::Run),
    /// Show an account: its schedule, its sync that is under way, and how the last one ended
    Status(status::Status),
    /// Show who holds and who waits for a credential's slots, or change its limits
    Credential(credential::Credential),
    /// Write the records of an account's last complete run, as JSON lines
    Read(read::ReadArgs),
    /// Grant and revoke in an account what a list says, after what was asked for before
    ///
    /// The list, the report and the exit codes are those of `host-test apply`. Requests for one account are
    /// taken one after another.
    Apply(Box<apply::Apply>),
    /// Run a worker, until SIGTERM or SIGINT
    Worker(WorkerArgs),
}

impl Fleet {
    /// Runs the command. Exit code 1 says that it failed, or that a sync did.
    pub async fn run(self) -> ExitCode {
        self.log();
        let Fleet { command, engine, .. } = self;
        let done = match command {
            Command::Add(add) => add.run(&engine).await,
            Command::Remove(remove) => remove.run(&engine).await,
            Command::List(list) => list.run(&engine).await,
            Command::Run(run) => run.run(&engine).await,
            Command::Status(status) => status.run(&engine).await,
            Command::Credential(credential) => credential.run(&engine).await,
            Command::Read(args) => return read::read(args).await.into(),
            Command::Apply(apply) => return apply.run(&engine),
            Command::Worker(args) => worker::run(&engine, &args).await,
        };
        match done {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("error: {}", crate::engine::causes(&*error));
                ExitCode::FAILURE
            }
        }
    }

    fn log(&self) {
        // Of the libraries, what a person has to know.
        let others = self.log_level.min(LevelFilter::WARN);
        let targets = Targets::new().with_default(others).with_target("fleet", self.log_level);
        let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_target(false);
        let registry = tracing_subscriber::registry().with(targets);
        match self.log_format {
            LogFormat::Text => registry.with(layer.with_ansi(std::io::stderr().is_terminal())).init(),
            LogFormat::Json => registry.with(layer.json()).init(),
        }
    }
}
