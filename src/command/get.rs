//! `get`: one resource as it is now.

use super::args::{IdsArgs, TextFormat, resource_id};
use super::failure::{Exit, Failure};
use super::names::NamesArgs;
use super::program::{Access, Program, Session, Target, Wanted, exit_of_read};
use super::warnings::{Beside, Warned, Warnings};
use crate::contract::ResourceId;
use crate::output::{Card, JsonLines};
use std::io::{self, Write};

/// The resource to read, and the form of the result.
#[derive(Debug, clap::Args)]
pub struct GetArgs<T: Target> {
    /// What: a group, a role, a member, a user or an email, by its id
    #[arg(value_name = "KIND:ID", value_parser = resource_id)]
    resource: ResourceId,
    /// For a person, or for a program: the lines that sync writes
    #[arg(long, value_enum, default_value_t = TextFormat::Table)]
    format: TextFormat,
    #[command(flatten)]
    ids: IdsArgs,
    #[command(flatten)]
    names: NamesArgs,
    #[command(flatten)]
    target: T,
}

pub(super) fn run<P: Program>(program: &P, args: GetArgs<P::Target>) -> Result<Exit, P::Failure> {
    let GetArgs { resource, format, ids, names, target } = args;
    target.check()?;
    let is_table = format == TextFormat::Table;
    ids.check(is_table)?;
    names.check(is_table, target.reads_stdin())?;
    let mut snapshot = names.read(P::OPEN)?;
    let session = program.open(target, Access::ReadOnly)?;
    let wanted = Wanted::One(resource);
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
            let card = Card::new(&snapshot, P::terminal()).with_ids(ids.ids);
            card.write(&mut out).and_then(|()| out.flush()).map_err(Failure::Stdout)?;
            counts
        }
    };
    Ok(exit_of_read::<P>(&counts))
}
