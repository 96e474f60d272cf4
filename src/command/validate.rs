//! What the credentials may read, for a person.

use super::failure::{Exit, exit_of};
use crate::contract::Check;
use crate::output::Terminal;
use std::io::{self, Write};

/// How a command ends on these checks.
#[must_use]
pub fn exit(checks: &[Check]) -> Exit {
    let failed = checks.iter().find_map(|check| check.outcome.as_ref().err());
    failed.map_or(Exit::Done, |error| exit_of(error.kind))
}

/// One line a resource type.
///
/// # Errors
/// Where it can't be written.
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
