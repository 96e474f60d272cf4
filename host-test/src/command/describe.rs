//! `host-test describe`

use super::failure::{Exit, Failure};
use crate::contract::Translate;
use cloudflare_zero_trust::command::describe;
use cloudflare_zero_trust::contract::Manifest;
use cloudflare_zero_trust::output::Terminal;
use connector_host::Host;
use std::io;

pub(super) async fn run() -> Result<Exit, Failure> {
    let host = super::host().await?;
    let manifest = manifest(&host).await?;
    describe::write(&manifest, Terminal::stdout(), &mut io::stdout().lock()).map_err(Failure::stdout)?;
    Ok(Exit::Done)
}

/// Asks the connector for its manifest.
pub(super) async fn manifest(host: &Host) -> Result<Manifest, Failure> {
    let manifest = host.describe().await.map_err(Failure::host("describing the connector"))?;
    Ok(manifest.clone().translate())
}
