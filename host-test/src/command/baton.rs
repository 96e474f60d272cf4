//! `host-test capabilities` and `host-test config-schema`

use super::describe::manifest;
use super::failure::{Exit, Failure};
use crate::output::baton;
use cloudflare_zero_trust::contract::Manifest;
use std::io::{self, StdoutLock};

pub(super) async fn capabilities() -> Result<Exit, Failure> {
    write(baton::capabilities).await
}

pub(super) async fn config_schema() -> Result<Exit, Failure> {
    write(baton::config_schema).await
}

async fn write(what: fn(&Manifest, &mut StdoutLock<'static>) -> io::Result<()>) -> Result<Exit, Failure> {
    let host = super::host().await?;
    let manifest = manifest(&host).await?;
    what(&manifest, &mut io::stdout().lock()).map_err(Failure::stdout)?;
    Ok(Exit::Done)
}
