//! `host-test validate`

use super::failure::{Exit, Failure, exit_of};
use super::settings::ConnectionArgs;
use crate::host::Session;
use crate::host::contract::Check;
use cloudflare_zero_trust::output::Terminal;
use std::io::{self, Write};

pub(super) async fn run(args: ConnectionArgs) -> Result<Exit, Failure> {
    let connection = args.connection()?;
    let host = super::host().await?;
    let mut session = connection.open(&host).await?;
    let checks = checks(&mut session).await?;
    write(&checks, Terminal::stdout(), &mut io::stdout().lock()).map_err(Failure::Stdout)?;
    let failed = checks.iter().find_map(|check| check.outcome.as_ref().err());
    Ok(failed.map_or(Exit::Done, |error| exit_of(error.kind)))
}

pub(super) async fn checks(session: &mut Session) -> Result<Vec<Check>, Failure> {
    session.validate().await.map_err(Failure::host("validating the credentials"))
}

/// One line a resource type.
pub(super) fn write(checks: &[Check], terminal: Terminal, to: &mut impl Write) -> io::Result<()> {
    writeln!(to, "{}", terminal.heading("What these credentials may read"))?;
    for Check { resource_type, outcome } in checks {
        match outcome {
            Ok(()) => writeln!(to, "  {} {}", terminal.good("✓"), terminal.plain(resource_type))?,
            Err(error) => {
                writeln!(
                    to,
                    "  {} {}: {}",
                    terminal.bad("✗"),
                    terminal.plain(resource_type),
                    terminal.plain(&error.message)
                )?;
            }
        }
    }
    writeln!(to)
}
