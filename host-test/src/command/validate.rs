//! `host-test validate`

use super::failure::{Exit, Failure};
use super::input;
use super::target::open;
use crate::contract::Translate;
use cloudflare_zero_trust::command::settings::ConnectionArgs;
use cloudflare_zero_trust::command::validate;
use cloudflare_zero_trust::contract::Check;
use cloudflare_zero_trust::output::Terminal;
use connector_host::Session;
use std::io;

pub(super) async fn run(args: ConnectionArgs) -> Result<Exit, Failure> {
    let connection = args.connection(input::open)?;
    let host = super::host().await?;
    let checks = checks(&mut open(&connection, &host).await?).await?;
    validate::write(&checks, Terminal::stdout(), &mut io::stdout().lock()).map_err(Failure::stdout)?;
    Ok(validate::exit(&checks))
}

pub(super) async fn checks(session: &mut Session) -> Result<Vec<Check>, Failure> {
    let checks = session.validate().await.map_err(Failure::host("validating the credentials"))?;
    Ok(checks.translate())
}
