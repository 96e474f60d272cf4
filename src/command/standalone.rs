//! The program that is the connector itself, for `wasmtime run`. It opens no files, and has no host
//! but its runtime.

use super::args::{Format, ReadArgs};
use super::facts::{ASKING, ASKING_PUSHED, FactsArgs, Pushed, Sources, TELLING};
use super::failure::{COMPARING, Exit, Failure, OFFBOARDING};
use super::help::Help;
use super::input::{self, Open};
use super::logged::Logged;
use super::parse::parse;
use super::program::{self, Access, Program, Wanted, exit_of_read};
use super::run::Command;
use super::settings::ConnectionArgs;
use super::tell::tell;
use super::text::Text;
use super::warnings::{Beside, Warned, Warnings};
use crate::cloudflare::transport::Transport;
use crate::contract::{
    self, Change, Comparison, Demand, GroupFacts, Manifest, Options, Page, Report, ResourceId, Validation,
    lifecycle,
};
use crate::error;
use crate::output::{Counts, Sink, Terminal};
use crate::session::Session;
use clap::Parser;
use std::io;
use std::time::Duration;

/// Reads who holds what in a Cloudflare Zero Trust account, and changes it.
#[derive(Parser)]
#[command(name = "cloudflare-zero-trust", version, after_help = AFTER_HELP)]
struct Cli<T: Transport + Copy> {
    #[command(subcommand)]
    command: Command<Standalone<T>>,
    /// Show each request and each wait on standard error
    #[arg(long, global = true)]
    log_requests: bool,
}

const AFTER_HELP: &str = "\
Examples:
  export CLOUDFLARE_ACCOUNT_ID=… CLOUDFLARE_API_TOKEN=…
  wasmtime run -S http --env CLOUDFLARE_ACCOUNT_ID --env CLOUDFLARE_API_TOKEN \
cloudflare-zero-trust.wasm sync
  wasmtime run -S http --env … cloudflare-zero-trust.wasm sync --format jsonl > who-holds-what.jsonl
  wasmtime run -S http --env … cloudflare-zero-trust.wasm apply --file - < changes.jsonl

It has nothing but what `wasmtime run` gives it: `--env NAME` hands on a variable, and keeps a secret off the
command line. It opens no files: where one is asked for, give - and its content on standard input.

Exit codes: 0 if all of it is done, otherwise 1. A component can say no more than that (wasi:cli has no other
numbers); standard error tells what happened. Missing data and refused changes are 1 too.";

/// The format of a sync, and its subject.
#[derive(Debug, clap::Args)]
struct SyncArgs {
    /// For a person, a program or a spreadsheet
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    #[command(flatten)]
    read: ReadArgs,
    #[command(flatten)]
    facts: FactsArgs,
    #[command(flatten)]
    connection: ConnectionArgs,
}

/// Runs the command line of this process.
pub fn run(transport: impl Transport + Copy) -> Exit {
    let Cli { command, log_requests } = match parse::<Cli<_>>() {
        Ok(cli) => cli,
        Err(exit) => return exit,
    };
    command.run(&Standalone(Logged::new(transport, log_requests))).unwrap_or_else(|failure| {
        if !failure.is_broken_pipe() {
            eprint!("{}", failure.report());
        }
        failure.exit()
    })
}

struct Standalone<T>(Logged<T>);

impl<T: Transport + Copy> Program for Standalone<T> {
    type Upstream = ConnectionArgs;
    type Target = ConnectionArgs;
    type SyncArgs = SyncArgs;
    type Session = Session<Logged<T>>;
    type Failure = Failure;

    const EXIT_CODES: bool = false;
    const OPEN: Open = input::standard_input_only;
    const SYNC_HELP: Help = Help::new(&["sync --format jsonl > who-holds-what.jsonl"], &[]);

    fn after_help(help: &Help) -> String {
        let arguments = help.without_files.or(help.examples.first().copied()).unwrap_or_default();
        format!(
            "Example:\n  wasmtime run -S http --env CLOUDFLARE_ACCOUNT_ID --env CLOUDFLARE_API_TOKEN \
             cloudflare-zero-trust.wasm \\\n    {arguments}\n\n\
             Exit codes: 0 if all of it is done, otherwise 1; standard error tells what happened."
        )
    }

    fn terminal() -> Terminal {
        Terminal::file()
    }

    fn describe(&self) -> Result<Manifest, Failure> {
        Ok(contract::manifest())
    }

    fn open(&self, target: ConnectionArgs, _: Access) -> Result<Session<Logged<T>>, Failure> {
        let settings = target.connection(Self::OPEN)?.parse();
        Ok(Session::new(settings.map_err(Failure::connector("opening a session"))?, self.0))
    }

    fn sync(&self, args: SyncArgs) -> Result<Exit, Failure> {
        let SyncArgs { format, read, facts, connection } = args;
        let ReadArgs { kinds, table, .. } = &read;
        read.check(Some(format))?;
        read.check_kinds(&self.describe()?)?;
        facts.check(connection.reads_stdin())?;
        let sources = facts.read(Self::OPEN)?;
        let mut session = self.open(connection, Access::ReadOnly)?;
        let learned = tell::<Self>(&mut session, sources)?;
        let mut text = Text::new(format, &read, Self::terminal(), io::stdout().lock());
        text.note_told(learned.groups);
        let mut warnings = Warnings::new(Beside::text(format, *table, false), Self::warn);
        let wanted = Wanted::Kinds(kinds.clone());
        let counts = program::Session::pages(
            session,
            wanted,
            &mut Warned { sink: &mut text, warnings: &mut warnings },
        )?;
        text.finish().map_err(Failure::Stdout)?;
        warnings.finish();
        read.left_out(Some(format)).as_deref().into_iter().for_each(Self::summary);
        Ok(exit_of_read::<Self>(&counts, learned.is_in_part))
    }
}

impl<T: Transport> program::Session for Session<T> {
    type Failure = Failure;

    fn validate(&mut self) -> Result<Validation, Failure> {
        let validation = Session::validate(self).map_err(Failure::connector("validating the credentials"))?;
        Ok(validation.into())
    }

    fn wanted(&mut self) -> Result<Demand, Failure> {
        Ok(Session::wanted(self).map_err(Failure::connector(ASKING))?.into())
    }

    fn learn(&mut self, facts: &[GroupFacts]) -> Result<(), Failure> {
        let facts: error::Result<Vec<_>> = facts.iter().cloned().map(TryInto::try_into).collect();
        facts.and_then(|facts| Session::learn(self, &facts)).map_err(Failure::connector(TELLING))
    }

    fn pushed(&mut self) -> Result<Pushed, Failure> {
        let mut pushed = Pushed::default();
        while pushed.add(Session::pushed(self).map_err(Failure::connector(ASKING_PUSHED))?.into()) {}
        Ok(pushed)
    }

    fn pages(mut self, wanted: Wanted, sink: &mut dyn Sink) -> Result<Counts, Failure> {
        all(&mut self, &wanted, sink)
    }

    fn list(&mut self, kinds: &[String], sink: &mut dyn Sink) -> Result<(), Failure> {
        all(self, &Wanted::Kinds(kinds.to_vec()), sink).map(drop)
    }

    fn compare(&mut self, subject: &ResourceId, cursor: Option<&str>) -> Result<Comparison, Failure> {
        let comparison = Session::compare(self, &subject.kind, &subject.id, cursor);
        Ok(comparison.map_err(Failure::connector(COMPARING))?.into())
    }

    fn wait(&mut self, time: Duration) -> Result<(), Failure> {
        std::thread::sleep(time);
        Ok(())
    }

    fn apply(&mut self, changes: &[Change], options: &Options) -> Result<Report, Failure> {
        let changes: Vec<_> = changes.iter().cloned().map(Into::into).collect();
        Ok(Session::apply(self, &changes, &options.clone().into()).into())
    }

    fn apply_steps(
        &mut self,
        steps: &[lifecycle::Step],
        options: &lifecycle::Options,
    ) -> Result<lifecycle::Report, Failure> {
        let steps: Vec<_> = steps.iter().cloned().map(Into::into).collect();
        Ok(Session::apply_steps(self, &steps, &options.clone().into()).into())
    }

    fn offboard(
        &mut self,
        person: &ResourceId,
        keep: &[String],
        options: &lifecycle::Options,
    ) -> Result<lifecycle::Offboarding, Failure> {
        let ResourceId { kind, id } = person;
        let offboarding = Session::offboard(self, kind, id, keep, &options.clone().into());
        Ok(offboarding.map_err(Failure::connector(OFFBOARDING))?.into())
    }
}

/// Reads to the end.
fn all<T: Transport>(
    session: &mut Session<T>,
    wanted: &Wanted,
    sink: &mut dyn Sink,
) -> Result<Counts, Failure> {
    let mut counts = Counts::default();
    let mut cursor = None;
    loop {
        let page = match wanted {
            Wanted::Kinds(kinds) => session.read(kinds, cursor.as_deref()),
            Wanted::One(ResourceId { kind, id }) => session.get(kind, id, cursor.as_deref()),
            Wanted::Held(ResourceId { kind, id }) => session.held(kind, id, cursor.as_deref()),
        };
        let page: Page = page.map_err(Failure::connector(wanted.tried()))?.into();
        counts.add(&page);
        sink.page(&page)?;
        if page.next.is_none() {
            return Ok(counts);
        }
        cursor = page.next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloudflare::transport::{Request, Response, TransportError};
    use clap::CommandFactory;

    #[derive(Clone, Copy)]
    struct Nowhere;

    impl Transport for Nowhere {
        type Pending = ();

        fn start(&self, _: Request) -> Result<(), TransportError> {
            Err(TransportError::Denied)
        }

        fn finish(&self, (): (), _: usize) -> Result<Response, TransportError> {
            Err(TransportError::Denied)
        }

        fn now(&self) -> u64 {
            0
        }

        fn wait(&self, _: u32) {}
    }

    #[test]
    fn the_command_line_is_sound() {
        Cli::<Nowhere>::command().debug_assert();
    }

    #[test]
    fn no_flag_takes_a_secret() {
        for command in Cli::<Nowhere>::command().get_subcommands() {
            for flag in command.get_arguments().filter_map(clap::Arg::get_long) {
                let is_secret = ["token", "key", "secret", "password"].iter().any(|word| flag.contains(word));
                assert!(!is_secret || flag.ends_with("-file"), "--{flag}");
            }
        }
    }
}
