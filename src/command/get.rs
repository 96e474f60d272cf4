//! `get`: one resource as it is now.

use super::args::{TextFormat, resource_id};
use super::failure::{Exit, Failure};
use super::program::{Access, Program, Session, Target, Wanted, exit_of_read};
use crate::contract::ResourceId;
use crate::output::{Card, JsonLines, Snapshot};
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
    target: T,
}

pub(super) fn run<P: Program>(program: &P, args: GetArgs<P::Target>) -> Result<Exit, P::Failure> {
    let GetArgs { resource, format, target } = args;
    target.check()?;
    let session = program.open(target, Access::ReadOnly)?;
    let wanted = Wanted::One(resource);
    let mut out = io::stdout().lock();
    let counts = match format {
        TextFormat::Jsonl => session.pages(wanted, &mut JsonLines::new(&mut out))?,
        TextFormat::Table => {
            let mut snapshot = Snapshot::default();
            let counts = session.pages(wanted, &mut snapshot)?;
            let card = Card::new(&snapshot, P::terminal());
            card.write(&mut out).and_then(|()| out.flush()).map_err(Failure::Stdout)?;
            counts
        }
    };
    Ok(exit_of_read::<P>(&counts))
}
