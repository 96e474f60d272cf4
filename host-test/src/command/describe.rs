//! `host-test describe`

use super::failure::{Exit, Failure};
use cloudflare_zero_trust::command::describe;
use cloudflare_zero_trust::output::Terminal;
use std::io;

pub(super) async fn run() -> Result<Exit, Failure> {
    let host = super::host().await?;
    let manifest = host.describe().await.map_err(Failure::host("describing the connector"))?;
    describe::write(manifest, Terminal::stdout(), &mut io::stdout().lock()).map_err(Failure::stdout)?;
    Ok(Exit::Done)
}
