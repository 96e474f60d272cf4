//! `get` and `held`: one resource as it is now, and everything that one principal holds now.

use super::args::{IdsArgs, TextFormat};
use super::facts::Sources;
use super::failure::{Exit, Failure};
use super::ids::{principal_id, resource_id};
use super::names::{NamesArgs, by_name};
use super::program::{Access, Program, Session, Target, Wanted, exit_of_read};
use super::tell::tell;
use super::warnings::{Beside, Warned, Warnings};
use crate::contract::ResourceId;
use crate::output::{Card, Holdings, JsonLines};
use std::io::{self, Write};

/// The resource to read, and the form of the result.
#[derive(Debug, clap::Args)]
pub struct GetArgs<T: Target> {
    /// What: an application, a policy, a group, somebody or something else, by its kind and id; with --names,
    /// its name can stand for the id
    #[arg(value_name = "KIND:ID", value_parser = resource_id)]
    resource: ResourceId,
    #[command(flatten)]
    form: FormArgs<T>,
}

/// The principal to ask for, and the form of the result.
#[derive(Debug, clap::Args)]
pub struct HeldArgs<T: Target> {
    /// The principal: a user, a member or a service token by its id, or whoever has an address; with
    /// --names, a name can stand for the id
    #[arg(value_name = "KIND:ID", value_parser = principal_id)]
    principal: ResourceId,
    #[command(flatten)]
    form: FormArgs<T>,
}

/// The form of the result, and the account.
#[derive(Debug, clap::Args)]
struct FormArgs<T: Target> {
    /// For a person, or for a program: the lines that sync writes
    #[arg(long, value_enum, default_value_t = TextFormat::Table)]
    format: TextFormat,
    #[command(flatten)]
    ids: IdsArgs,
    #[command(flatten)]
    names: NamesArgs,
    #[command(flatten)]
    facts: T::Facts,
    #[command(flatten)]
    target: T,
}

pub(super) fn get<P: Program>(program: &P, args: GetArgs<P::Target>) -> Result<Exit, P::Failure> {
    run(program, Wanted::One, args.resource, args.form)
}

pub(super) fn held<P: Program>(program: &P, args: HeldArgs<P::Target>) -> Result<Exit, P::Failure> {
    run(program, Wanted::Held, args.principal, args.form)
}

fn run<P: Program>(
    program: &P,
    wanted: fn(ResourceId) -> Wanted,
    asked_for: ResourceId,
    form: FormArgs<P::Target>,
) -> Result<Exit, P::Failure> {
    let FormArgs { format, ids, names, facts, target } = form;
    target.check()?;
    let is_table = format == TextFormat::Table;
    ids.check(is_table)?;
    names.check(is_table, facts.check(target.reads_stdin())?)?;
    let mut snapshot = names.read(P::OPEN)?;
    let wanted = wanted(by_name(asked_for, &snapshot)?);
    let sources = facts.read(P::OPEN)?;
    let mut session = program.open(target, Access::ReadOnly)?;
    let learned = tell::<P>(&mut session, sources)?;
    snapshot.note_told(learned.groups);
    let is_held = matches!(wanted, Wanted::Held(_));
    let mut out = io::stdout().lock();
    let counts = match format {
        TextFormat::Jsonl => {
            let mut warnings = Warnings::new(Beside::Gaps, P::warn);
            let mut lines = JsonLines::new(&mut out);
            let counts = session.pages(wanted, &mut Warned { sink: &mut lines, warnings: &mut warnings })?;
            warnings.finish();
            counts
        }
        TextFormat::Table => {
            let counts = session.pages(wanted, &mut snapshot)?;
            let terminal = P::terminal();
            let written = match is_held {
                true => Holdings::new(&snapshot, terminal).with_ids(ids.ids).write(&mut out),
                false => Card::new(&snapshot, terminal).with_ids(ids.ids).write(&mut out),
            };
            written.and_then(|()| out.flush()).map_err(Failure::Stdout)?;
            counts
        }
    };
    Ok(exit_of_read::<P>(&counts, learned.is_in_part))
}
