//! `host-test get`

use super::failure::{Exit, Failure};
use super::reading::{Wanted, read_all};
use super::target::TargetArgs;
use super::{TextFormat, resource_id};
use crate::host::contract::ResourceId;
use cloudflare_zero_trust::output::{Card, JsonLines, Snapshot, Terminal};
use std::io::{self, Write};

/// What to read, and from where.
#[derive(Debug, clap::Args)]
pub(super) struct GetArgs {
    /// What: a group, a role, a member, a user or an email, by its id
    #[arg(value_name = "KIND:ID", value_parser = resource_id)]
    resource: ResourceId,
    /// For a person, or for a program: the lines that sync writes
    #[arg(long, value_enum, default_value_t = TextFormat::Table)]
    format: TextFormat,
    #[command(flatten)]
    target: TargetArgs,
}

pub(super) async fn run(args: GetArgs) -> Result<Exit, Failure> {
    args.target.check()?;
    let target = args.target.open(0).await?;
    let host = super::host().await?;
    let mut session = target.connection.open(&host).await?;
    let wanted = Wanted::One(&args.resource);
    let mut out = io::stdout().lock();
    let stats = match args.format {
        TextFormat::Jsonl => read_all(&mut session, wanted, &mut JsonLines::new(&mut out)).await?,
        TextFormat::Table => {
            let mut snapshot = Snapshot::default();
            let stats = read_all(&mut session, wanted, &mut snapshot).await?;
            let card = Card::new(&snapshot, &args.resource, Terminal::stdout());
            card.write(&mut out).and_then(|()| out.flush()).map_err(Failure::Stdout)?;
            stats
        }
    };
    target.close().await;
    Ok(if stats.counts.is_incomplete() { Exit::Incomplete } else { Exit::Done })
}
