//! `identities wanted`: the groups of identity providers that rules name.

use super::facts::provider;
use super::failure::{Exit, Failure};
use super::help;
use super::names::NamesArgs;
use super::program::{Access, Program, Session, Target, exit_of_gaps};
use super::providers::Providers;
use crate::contract::WantedGroup;
use crate::output::Wanted;
use std::io::{self, Write};

/// Facts that identity providers could tell.
#[derive(clap::Subcommand)]
pub enum Identities<P: Program> {
    /// List the groups of identity providers that rules name: those that --identities can tell of
    ///
    /// Rules such as "Okta group Finance" name people whom Cloudflare knows only at a login. This lists
    /// all groups that rules name so, with the rules that name them. Export their members from the
    /// identity provider, and give the file to sync, get, held and the other commands as --identities.
    #[command(after_help = P::after_help(&help::WANTED))]
    Wanted(Box<WantedArgs<P::Target>>),
}

/// The form of the list, and the account.
#[derive(Debug, clap::Args)]
pub struct WantedArgs<T: Target> {
    /// For a person, a program, or to be filled
    #[arg(long, value_enum, default_value_t = WantedFormat::Table)]
    format: WantedFormat,
    #[command(flatten)]
    names: NamesArgs,
    #[command(flatten)]
    target: T,
}

/// The formats of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum WantedFormat {
    /// For a person
    Table,
    /// One JSON object a line
    Jsonl,
    /// The file that --identities reads, with a row for each group: fill in an address, and add a row
    /// for each other person
    Csv,
}

impl<P: Program> Identities<P> {
    /// Runs the command.
    ///
    /// # Errors
    /// Fails when the account can't be read, or the list can't be written.
    pub(super) fn run(self, program: &P) -> Result<Exit, P::Failure> {
        match self {
            Identities::Wanted(args) => run(program, *args),
        }
    }
}

fn run<P: Program>(program: &P, args: WantedArgs<P::Target>) -> Result<Exit, P::Failure> {
    let WantedArgs { format, names, target } = args;
    target.check()?;
    names.check(format == WantedFormat::Table, target.reads_stdin())?;
    let names = names.read(P::OPEN)?;
    let demand = program.open(target, Access::ReadOnly)?.wanted()?;
    let providers: Providers = demand.groups.iter().map(provider).collect();
    let name = |of: &WantedGroup| providers.word(&of.group.provider.id);
    let wanted = Wanted::new(&demand);
    let out = &mut io::stdout().lock();
    let written = match format {
        WantedFormat::Table => wanted.write(&names, P::terminal(), out),
        WantedFormat::Jsonl => out.write_all(wanted.json_lines().map_err(Failure::from)?.as_bytes()),
        WantedFormat::Csv => wanted.csv(name).and_then(|text| out.write_all(&text)),
    };
    written.and_then(|()| out.flush()).map_err(Failure::Stdout)?;
    let is_beside = |incomplete: bool| format != WantedFormat::Jsonl || incomplete;
    demand.warnings.iter().filter(|it| is_beside(it.incomplete)).for_each(P::warn);
    Ok(exit_of_gaps::<P>(demand.warnings.iter().any(|warning| warning.incomplete)))
}
