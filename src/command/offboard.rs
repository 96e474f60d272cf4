//! `offboard`: everything is taken from a person who leaves, and what still lets them in comes first.

use super::actions::{Allowed, FormArgs};
use super::args::{TextFormat, person};
use super::exit_of_report::exit_of_results;
use super::failure::{Exit, Failure};
use super::names::by_name;
use super::program::{Access, Program, Session, Target};
use crate::contract::ResourceId;
use crate::contract::lifecycle::Offboarding;
use crate::output::{Offboarded, Snapshot, Terminal};
use std::io::{self, Write};

/// The text for an offboarding after which nobody knows what lets the person in.
const NOT_KNOWN_TO_BE_OUT: &str = "What still lets this person in isn't wholly known: see to what can't be \
                                   read, and run the same command again.";

/// Somebody who leaves.
#[derive(Debug, clap::Args)]
pub struct OffboardArgs<T: Target> {
    /// Who: an address, or an account by kind and id, which stands for its address; with --names, a name can
    /// stand for the id
    #[arg(value_name = "ADDRESS|KIND:ID", value_parser = person)]
    person: ResourceId,
    /// A part that stays: sessions, seat, group, user-group, member, user, or one of the last four with an
    /// id, as in group:…; to keep a seat or sessions, keep the user too (user,seat), and to keep user groups,
    /// the member; give it again, or with commas, for more of them
    #[arg(long, value_name = "WORD,…", value_delimiter = ',')]
    keep: Vec<String>,
    /// Also remove the member whose credentials are used; they stop working with that
    #[arg(long)]
    allow_own: bool,
    /// End the sessions of their devices too
    #[arg(long)]
    devices: bool,
    #[command(flatten)]
    form: FormArgs,
    #[command(flatten)]
    target: T,
}

pub(super) fn run<P: Program>(program: &P, args: OffboardArgs<P::Target>) -> Result<Exit, P::Failure> {
    let OffboardArgs { person, keep, allow_own: own, devices, form, target } = args;
    target.check()?;
    form.check(target.reads_stdin())?;
    let names = form.read_names(P::OPEN)?;
    let person = by_name(person, &names)?;
    let access = if form.dry_run { Access::ReadOnly } else { Access::Lifecycle };
    let mut session = program.open(target, access)?;
    let options = Allowed { own, devices, ..Allowed::default() }.of_steps(form.dry_run);
    let offboarding = session.offboard(&person, &keep, &options)?;
    let offboarded = Offboarded::new(&offboarding, form.dry_run).keeping(&keep);
    write(&offboarded, form.format, &names, P::terminal(), &mut io::stdout().lock()).map_err(|cause| {
        match form.dry_run {
            true => cause,
            false => Failure::Unreported { cause: Box::new(cause), done: offboarded.in_brief() },
        }
    })?;
    offboarding.warnings.iter().for_each(P::warn);
    P::summary(&offboarded.summary());
    let exit = exit(&offboarding, &offboarded);
    if exit == Exit::Incomplete {
        P::summary(NOT_KNOWN_TO_BE_OUT);
    }
    Ok(exit)
}

/// The exit code of an offboarding. It says whether the parts are done, not whether the person is out.
fn exit(offboarding: &Offboarding, offboarded: &Offboarded<'_>) -> Exit {
    match exit_of_results(offboarding.parts.iter().map(|part| &part.outcome)) {
        Exit::Done if offboarded.is_in_doubt() => Exit::Incomplete,
        exit => exit,
    }
}

fn write(
    offboarded: &Offboarded<'_>,
    format: TextFormat,
    names: &Snapshot,
    terminal: Terminal,
    to: &mut impl Write,
) -> Result<(), Failure> {
    let written = match format {
        TextFormat::Jsonl => to.write_all(offboarded.json_lines()?.as_bytes()),
        TextFormat::Table => offboarded.write(names, terminal, to),
    };
    written.and_then(|()| to.flush()).map_err(Failure::Stdout)
}
