//! `validate`: the resource types that the credentials may read, for a person.

use super::failure::{Exit, Failure, exit_of};
use super::program::{Access, Program, Session};
use super::settings::ConnectionArgs;
use crate::contract::Check;
use crate::output::Terminal;
use std::io::{self, Write};

pub(super) fn run<P: Program>(program: &P, args: ConnectionArgs) -> Result<Exit, P::Failure> {
    let mut session = program.open(args.into(), Access::ReadOnly)?;
    let checks = session.validate()?;
    write(&checks, P::terminal(), &mut io::stdout().lock()).map_err(Failure::Stdout)?;
    Ok(exit(&checks))
}

fn exit(checks: &[Check]) -> Exit {
    let failed = checks.iter().find_map(|check| check.outcome.as_ref().err());
    failed.map_or(Exit::Done, |error| exit_of(error.kind))
}

/// Writes one line for each resource type.
///
/// # Errors
/// Fails when `to` does.
pub fn write(checks: &[Check], terminal: Terminal, to: &mut impl Write) -> io::Result<()> {
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
