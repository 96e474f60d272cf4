//! `host-test get`

use super::failure::{Exit, Failure};
use super::reading::read_all;
use super::target::{TargetArgs, open};
use crate::contract::Translate;
use cloudflare_zero_trust::command::args::{ResourceArgs, TextFormat};
use cloudflare_zero_trust::output::{Card, JsonLines, Snapshot, Terminal};
use connector_host::Wanted;
use std::io::{self, Write};

/// What to read, and from where.
#[derive(Debug, clap::Args)]
pub(super) struct GetArgs {
    #[command(flatten)]
    what: ResourceArgs,
    #[command(flatten)]
    target: TargetArgs,
}

pub(super) async fn run(args: GetArgs) -> Result<Exit, Failure> {
    let GetArgs { what: ResourceArgs { resource, format }, target } = args;
    target.check()?;
    let target = target.open(0).await?;
    let host = super::host().await?;
    let session = open(&target.connection, &host).await?;
    let wanted = Wanted::One(resource.clone().translate());
    let mut out = io::stdout().lock();
    let stats = match format {
        TextFormat::Jsonl => read_all(session, wanted, &mut JsonLines::new(&mut out)).await?,
        TextFormat::Table => {
            let mut snapshot = Snapshot::default();
            let stats = read_all(session, wanted, &mut snapshot).await?;
            let card = Card::new(&snapshot, &resource, Terminal::stdout());
            card.write(&mut out).and_then(|()| out.flush()).map_err(Failure::stdout)?;
            stats
        }
    };
    target.close().await;
    Ok(if stats.counts.is_incomplete() { Exit::Incomplete } else { Exit::Done })
}
