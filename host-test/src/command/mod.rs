//! The command line: the commands of every program, and those of this one alone.

#![warn(missing_docs)]

mod asked;
mod baton;
mod ca_file;
mod components;
mod connector;
mod cursor_file;
mod demo;
mod demo_changes;
mod drafts;
mod embedded;
mod facts;
mod failure;
mod format;
mod help;
mod input;
mod logs;
mod outputs;
mod program;
mod reading;
mod resumable;
mod review;
mod serve;
mod signals;
mod sync;
mod target;
mod whole;

use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::Shell;
use cloudflare_zero_trust::command::program::exit_of_read;
use cloudflare_zero_trust::command::{Command as Shared, parse};
use components::ComponentsArgs;
use demo::DemoArgs;
use embedded::ServeArgs;
use failure::{Exit, Failure};
use logs::LogArgs;
use program::HostTest;
use review::ReviewArgs;
use serve::ServiceArgs;
use std::io::{self, Write};
use std::process::ExitCode;
use tokio::runtime::Runtime;

/// Runs the Cloudflare Zero Trust connector: against a mock of Cloudflare's API, or against
/// Cloudflare.
///
/// Without a command it runs the demo.
#[derive(Parser)]
#[command(name = "host-test", version, after_help = help::all(), max_term_width = 120)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    logs: LogArgs,
}

#[derive(Subcommand)]
enum Command {
    /// Start a mock, sync it, show who holds what and why, and grant and revoke
    #[command(after_help = help::end(&help::DEMO))]
    Demo(DemoArgs),
    #[command(flatten)]
    Shared(Shared<HostTest>),
    /// Make one file of HTML for the person who signs who holds what: read the account, or take a sync's file
    ///
    /// The file needs no server and no network: it opens in a browser. It shows who holds what and why, what
    /// deserves a look, and what changed since an earlier review. Decisions are taken in it, and leave it as
    /// a list of changes that apply takes. Service tokens are in it too if the credentials may read them.
    #[command(after_help = help::end(&help::REVIEW))]
    Review(Box<ReviewArgs>),
    /// Write what the connector can read and change, and what that needs, as ConductorOne's baton
    /// has it: in JSON
    #[command(after_help = help::end(&help::CAPABILITIES))]
    Capabilities,
    /// Write the connector's form, with its ways to authenticate, as ConductorOne's baton has it:
    /// in JSON
    #[command(after_help = help::end(&help::CONFIG_SCHEMA))]
    ConfigSchema,
    /// Run the mock of Cloudflare's API until Ctrl-C
    #[command(after_help = help::end(&help::MOCK))]
    Mock(ServeArgs),
    /// Run the HTTP service until Ctrl-C or SIGTERM: /healthz, /v1 and /scim/v2, as the component has them
    ///
    /// Clients need the token in CONNECTOR_TOKEN, and those of SCIM the one in SCIM_TOKEN, as
    /// Authorization: Bearer. They only read, unless CONNECTOR_PROVISIONING, CONNECTOR_LIFECYCLE and
    /// CONNECTOR_WITHOUT_MAIL are true.
    #[command(after_help = help::end(&help::SERVE))]
    Serve(Box<ServiceArgs>),
    /// Write the components into a directory: the plugins, and the program that stands alone; with
    /// them the contract, as a WIT package
    #[command(after_help = help::end(&help::COMPONENTS))]
    Components(ComponentsArgs),
    /// Write what makes a shell complete this command line
    #[command(after_help = help::end(&help::COMPLETIONS))]
    Completions {
        /// Which shell
        shell: Shell,
    },
}

/// Runs the command line of this process.
#[must_use]
pub fn main() -> ExitCode {
    let Cli { command, logs } = match parse::<Cli>() {
        Ok(cli) => cli,
        Err(exit) => return exit.into(),
    };
    logs.start();
    let outcome = Runtime::new()
        .map_err(|error| Failure::System { what: "no runtime can be started", error })
        .and_then(|runtime| {
            runtime
                .block_on(async { signals::survive_file_limits() })
                .map_err(|error| Failure::System { what: "a signal can't be caught", error })?;
            run(command.unwrap_or(Command::Demo(DemoArgs::default())), &HostTest { runtime })
        });
    let exit = match outcome {
        Ok(exit) => exit,
        Err(failure) => {
            if !failure.is_broken_pipe() {
                logs.report(&failure);
            }
            failure.exit()
        }
    };
    exit.into()
}

fn run(command: Command, program: &HostTest) -> Result<Exit, Failure> {
    match command {
        Command::Demo(args) => program.runtime.block_on(demo::run(&args)),
        Command::Shared(command) => command.run(program),
        Command::Review(args) => {
            let (counts, is_in_part) = program.runtime.block_on(review::run(*args))?;
            Ok(exit_of_read::<HostTest>(&counts, is_in_part))
        }
        Command::Capabilities => baton::capabilities(program),
        Command::ConfigSchema => baton::config_schema(program),
        Command::Mock(args) => program.runtime.block_on(embedded::serve(args)),
        Command::Serve(args) => program.runtime.block_on(serve::run(*args)),
        Command::Components(args) => components::write(&args),
        Command::Completions { shell } => completions(shell).map_err(Failure::stdout),
    }
}

fn completions(shell: Shell) -> io::Result<Exit> {
    const NAME: &str = "host-test";
    // The script for bash spells the name of a function in two ways if the program's name has a hyphen
    // (clap_complete 4.6, src/aot/shells/bash.rs), and then it completes nothing of any command.
    let name = if shell == Shell::Bash { "host_test" } else { NAME };
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), name, &mut script);
    let mut script = String::from_utf8(script).map_err(io::Error::other)?;
    if shell == Shell::Bash {
        script = script.replace(" -o default host_test\n", &format!(" -o default {NAME}\n"));
    }
    io::stdout().lock().write_all(script.as_bytes())?;
    Ok(Exit::Done)
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
                // The mock takes a number of them.
                let is_number = flag == "service-tokens";
                assert!(!is_secret || is_number || flag.ends_with("-file"), "--{flag}");
            }
        }
    }
}
