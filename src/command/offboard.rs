//! `offboard`: everything is taken from a person who leaves, and what still lets them in comes first.

use super::actions::{Allowed, DevicesArgs, FormArgs, OwnArgs, unreported, write_as};
use super::exit_of_report::exit_of_results;
use super::facts::Sources;
use super::failure::{Exit, Failure};
use super::ids::person;
use super::names::{by_name, of_somebody};
use super::program::{Access, Fault, Program, Session, Target};
use super::tell::tell;
use crate::contract::ResourceId;
use crate::contract::lifecycle::Offboarding;
use crate::model::Kind;
use crate::output::{Offboarded, Snapshot};
use std::io;

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
    /// id, as in group:…; give it again, or with commas, for more of them
    ///
    /// A removal takes along what belongs to the account: to keep a seat or sessions, keep the user too
    /// (user,seat), and to keep user groups, the member. With --names, a name can stand for an id.
    #[arg(long, value_name = "WORD,…", value_delimiter = ',')]
    keep: Vec<String>,
    #[command(flatten)]
    own: OwnArgs,
    #[command(flatten)]
    devices: DevicesArgs,
    #[command(flatten)]
    form: FormArgs,
    #[command(flatten)]
    facts: T::Facts,
    #[command(flatten)]
    target: T,
}

pub(super) fn run<P: Program>(program: &P, args: OffboardArgs<P::Target>) -> Result<Exit, P::Failure> {
    let OffboardArgs { person, keep, own, devices, form, facts, target } = args;
    target.check()?;
    form.check(facts.check(target.reads_stdin())?)?;
    let names = form.read_names(P::OPEN)?;
    let person = of_somebody(person, &names)?;
    let keep = keep.into_iter().map(|word| kept(word, &names)).collect::<Result<Vec<_>, _>>()?;
    let access = if form.dry_run { Access::ReadOnly } else { Access::Lifecycle };
    let sources = facts.read(P::OPEN)?;
    let mut session = program.open(target, access)?;
    tell::<P>(&mut session, sources)?;
    let allowed = Allowed { own: own.allow_own, devices: devices.devices, ..Allowed::default() };
    let options = allowed.of_steps(form.dry_run);
    let offboarding =
        session.offboard(&person, &keep, &options).map_err(|failure| failure.with_names(&names))?;
    let offboarded = Offboarded::new(&offboarding, form.dry_run).keeping(&keep);
    let (names, terminal, to) = (&names, P::terminal(), &mut io::stdout().lock());
    let table = |to: &mut _| offboarded.write(names, terminal, to);
    let written = write_as(form.format, to, || offboarded.json_lines(), table);
    written.map_err(|cause| unreported(cause, form.dry_run, || offboarded.in_brief()))?;
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

/// Finds the id in a word that names what stays. The connector judges every other word.
fn kept(word: String, names: &Snapshot) -> Result<String, Failure> {
    match word.split_once(':') {
        Some((kind, id)) if Kind::parse(kind).is_some() && !id.is_empty() => {
            let of = ResourceId { kind: kind.to_owned(), id: id.to_owned() };
            by_name(of, names).map(|ResourceId { kind, id }| format!("{kind}:{id}"))
        }
        _ => Ok(word),
    }
}
