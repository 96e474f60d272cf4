//! The program that is the connector itself, for `wasmtime run`: it opens no files, and knows no
//! host but its runtime.

use super::args::{self, Format, HoldersArgs, HowArgs, ReadArgs, ResourceArgs, TextFormat};
use super::failure::{Exit, Failure};
use super::settings::{Connection, ConnectionArgs};
use super::{changes_file, describe, input, provision, validate};
use crate::cloudflare::transport::Transport;
use crate::contract::{self, Change, Operation, Page, ResourceId};
use crate::output::csv::{Csv, Table};
use crate::output::{Applied, Card, Counts, JsonLines, Sink, SinkError, Snapshot, Tables, Terminal, clean};
use crate::session::Session;
use crate::{error, model};
use clap::{Parser, Subcommand};
use std::io;
use std::path::{Path, PathBuf};

/// Reads who holds what in a Cloudflare Zero Trust account, and changes it.
#[derive(Debug, Parser)]
#[command(name = "cloudflare-zero-trust", version, after_help = AFTER_HELP)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const AFTER_HELP: &str = "\
Examples:
  export CLOUDFLARE_ACCOUNT_ID=… CLOUDFLARE_API_TOKEN=…
  wasmtime run -S http --env CLOUDFLARE_ACCOUNT_ID --env CLOUDFLARE_API_TOKEN cloudflare-zero-trust.wasm sync
  wasmtime run -S http --env … cloudflare-zero-trust.wasm sync --format jsonl > who-holds-what.jsonl
  wasmtime run -S http --env … cloudflare-zero-trust.wasm apply --file - < changes.jsonl

It has nothing but what `wasmtime run` gives it: `--env NAME` hands on a variable, and keeps a secret off the
command line. It opens no files: where one is asked for, give - and its content on standard input.

Exit codes: 0 if all of it is done, otherwise 1. A component can say no more than that (wasi:cli has no other
numbers); standard error tells what happened. Missing data and refused changes are 1 too.";

/// What stands at the end of each command's help.
fn example(arguments: &str) -> String {
    format!(
        "Example:\n  wasmtime run -S http --env CLOUDFLARE_ACCOUNT_ID --env CLOUDFLARE_API_TOKEN cloudflare-zero-trust.wasm \\\n    \
         {arguments}\n\nExit codes: 0 if all of it is done, otherwise 1; standard error tells what happened."
    )
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show what the connector is and needs
    #[command(after_help = example("describe"))]
    Describe,
    /// Ask Cloudflare what these credentials may read
    #[command(after_help = example("validate"))]
    Validate(Box<ConnectionArgs>),
    /// Read everything: who is there, what can be held, and who holds it
    #[command(after_help = example("sync --format jsonl > who-holds-what.jsonl"))]
    Sync(Box<SyncArgs>),
    /// Read one resource, what can be held on it, and who holds it, as they are now
    #[command(after_help = example(args::GET))]
    Get(Box<GetArgs>),
    /// Give principals an entitlement
    #[command(after_help = example(args::GRANT))]
    Grant(Box<ChangeArgs>),
    /// Take an entitlement from principals
    #[command(after_help = example(args::REVOKE))]
    Revoke(Box<ChangeArgs>),
    /// Grant and revoke what a list says
    ///
    /// Each line of the list is a change; lines may be empty:
    ///
    /// {"operation":"grant","entitlement":"group:…:member","principal":{"kind":"user","id":"…"}}
    ///
    /// If a line is none, nothing is sent. Changes of the same resource go out as one write, and
    /// one that fails leaves the others standing. At most 1,000 changes.
    #[command(after_help = example("apply --file - --format jsonl < changes.jsonl"))]
    Apply(Box<ApplyArgs>),
}

#[derive(Debug, clap::Args)]
struct SyncArgs {
    /// For a person, a program or a spreadsheet
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    #[command(flatten)]
    read: ReadArgs,
    #[command(flatten)]
    connection: ConnectionArgs,
}

#[derive(Debug, clap::Args)]
struct GetArgs {
    #[command(flatten)]
    resource: ResourceArgs,
    #[command(flatten)]
    connection: ConnectionArgs,
}

#[derive(Debug, clap::Args)]
struct ChangeArgs {
    #[command(flatten)]
    holders: HoldersArgs,
    #[command(flatten)]
    how: HowArgs,
    #[command(flatten)]
    connection: ConnectionArgs,
}

#[derive(Debug, clap::Args)]
struct ApplyArgs {
    /// Which changes; - is standard input
    #[arg(long, short, value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    how: HowArgs,
    #[command(flatten)]
    connection: ConnectionArgs,
}

/// Runs the command line of this process.
pub fn run(transport: impl Transport) -> Exit {
    let outcome = match Cli::parse().command {
        Command::Describe => describe(),
        Command::Validate(args) => validate(*args, transport),
        Command::Sync(args) => sync(*args, transport),
        Command::Get(args) => get(*args, transport),
        Command::Grant(args) => change(Operation::Grant, *args, transport),
        Command::Revoke(args) => change(Operation::Revoke, *args, transport),
        Command::Apply(args) => apply(*args, transport),
    };
    outcome.unwrap_or_else(|failure| {
        if !failure.is_broken_pipe() {
            eprint!("{}", failure.report());
        }
        failure.exit()
    })
}

fn open<T: Transport>(connection: &Connection, transport: T) -> Result<Session<T>, Failure> {
    let settings = connection.parse().map_err(Failure::connector("opening a session"))?;
    Ok(Session::new(settings, transport))
}

fn describe() -> Result<Exit, Failure> {
    describe::write(&contract::manifest(), Terminal::file(), &mut io::stdout().lock())
        .map_err(Failure::Stdout)?;
    Ok(Exit::Done)
}

fn validate(args: ConnectionArgs, transport: impl Transport) -> Result<Exit, Failure> {
    let mut session = open(&args.connection(input::standard_input_only)?, transport)?;
    let checks = session.validate().map_err(Failure::connector("validating the credentials"))?;
    let checks: Vec<contract::Check> = checks.into_iter().map(Into::into).collect();
    validate::write(&checks, Terminal::file(), &mut io::stdout().lock()).map_err(Failure::Stdout)?;
    Ok(validate::exit(&checks))
}

fn sync(args: SyncArgs, transport: impl Transport) -> Result<Exit, Failure> {
    let SyncArgs { format, read, connection } = args;
    read.check(format == Format::Csv)?;
    read.check_kinds(&contract::manifest())?;
    let mut session = open(&connection.connection(input::standard_input_only)?, transport)?;
    let page = |cursor: Option<&str>| session.read(&read.kinds, cursor);
    let tried = "reading the account";
    let mut out = io::stdout().lock();
    let counts = match format {
        Format::Jsonl => read_all(tried, page, &mut JsonLines::new(&mut out))?,
        Format::Csv => {
            let table = read.table.unwrap_or(Table::Grants);
            read_all(tried, page, &mut WithWarnings(Csv::new(&mut out, table), table))?
        }
        Format::Table => {
            let mut snapshot = Snapshot::default();
            let counts = read_all(tried, page, &mut snapshot)?;
            Tables::new(&snapshot, Terminal::file()).write(&mut out).map_err(Failure::Stdout)?;
            counts
        }
    };
    Ok(complete(&counts))
}

fn get(args: GetArgs, transport: impl Transport) -> Result<Exit, Failure> {
    let GetArgs { resource: ResourceArgs { resource, format }, connection } = args;
    let mut session = open(&connection.connection(input::standard_input_only)?, transport)?;
    let ResourceId { kind, id } = &resource;
    let page = |cursor: Option<&str>| session.get(kind, id, cursor);
    let tried = "reading the resource";
    let mut out = io::stdout().lock();
    let counts = match format {
        TextFormat::Jsonl => read_all(tried, page, &mut JsonLines::new(&mut out))?,
        TextFormat::Table => {
            let mut snapshot = Snapshot::default();
            let counts = read_all(tried, page, &mut snapshot)?;
            Card::new(&snapshot, &resource, Terminal::file()).write(&mut out).map_err(Failure::Stdout)?;
            counts
        }
    };
    Ok(complete(&counts))
}

/// Reads to the end; each page is out before the next one is asked for.
fn read_all(
    tried: &'static str,
    mut page: impl FnMut(Option<&str>) -> error::Result<model::Page>,
    sink: &mut impl Sink,
) -> Result<Counts, Failure> {
    let mut counts = Counts::default();
    let mut cursor = None;
    loop {
        let page: Page = page(cursor.as_deref()).map_err(Failure::connector(tried))?.into();
        counts.add(&page);
        sink.page(&page)?;
        if page.next.is_none() {
            return Ok(counts);
        }
        cursor = page.next;
    }
}

/// A gap must not look like a revocation to whoever sees the exit code alone.
fn complete(counts: &Counts) -> Exit {
    if !counts.is_incomplete() {
        return Exit::Done;
    }
    eprintln!("warning: data is missing: the warnings say which");
    Exit::Incomplete
}

/// A table that has no place for them: they go to standard error.
struct WithWarnings<S>(S, Table);

impl<S: Sink> Sink for WithWarnings<S> {
    fn page(&mut self, page: &Page) -> Result<(), SinkError> {
        self.0.page(page)?;
        if self.1 != Table::Warnings {
            for warning in &page.warnings {
                eprintln!("warning: {}", clean(&format!("{} ({})", warning.message, warning.code)));
            }
        }
        Ok(())
    }
}

fn change(operation: Operation, args: ChangeArgs, transport: impl Transport) -> Result<Exit, Failure> {
    let ChangeArgs { holders, how, connection } = args;
    make(&holders.changes(operation), &how, connection, transport)
}

fn apply(args: ApplyArgs, transport: impl Transport) -> Result<Exit, Failure> {
    let ApplyArgs { file, how, connection } = args;
    if file == Path::new("-") && connection.reads_stdin() {
        return Err(Failure::Usage(changes_file::ONE_STANDARD_INPUT.to_owned()));
    }
    make(&changes_file::read(&file, input::standard_input_only)?, &how, connection, transport)
}

fn make(
    changes: &[Change],
    how: &HowArgs,
    connection: ConnectionArgs,
    transport: impl Transport,
) -> Result<Exit, Failure> {
    let mut session = open(&connection.connection(input::standard_input_only)?, transport)?;
    let options = how.options();
    let asked: Vec<_> = changes.iter().cloned().map(Into::into).collect();
    let report = session.apply(&asked, &options.clone().into()).into();
    provision::check(&report, changes)?;
    let applied = Applied::new(changes, &report, &options);
    let told = provision::tell(
        &applied,
        how.format,
        Terminal::file(),
        &mut io::stdout().lock(),
        &mut io::stderr().lock(),
    );
    told.map_err(|cause| if options.dry_run { cause } else { Failure::Untold(Box::new(cause)) })?;
    Ok(provision::exit(&report))
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
