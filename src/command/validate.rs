//! `validate`: what the credentials may read and change, for a person.

use super::failure::{Exit, Failure, exit_of};
use super::program::{Access, Program, Session};
use crate::contract::{Check, Right, Validation};
use crate::output::{Terminal, warning_text};
use std::io::{self, Write};

pub(super) fn run<P: Program>(program: &P, args: P::Upstream) -> Result<Exit, P::Failure> {
    let mut session = program.open(args.into(), Access::ReadOnly)?;
    let validation = session.validate()?;
    write(&validation, P::terminal(), &mut io::stdout().lock()).map_err(Failure::Stdout)?;
    let exit = exit(&validation.checks);
    if exit != Exit::Done {
        let failed = validation.checks.iter().filter(|check| check.read.is_err());
        let kinds: Vec<&str> = failed.map(|check| check.resource_type.as_str()).collect();
        P::note(exit, &format!("these credentials can't read everything: {}", kinds.join(", ")));
    }
    Ok(exit)
}

/// Returns the exit code. Only what can't be read is a failure: credentials that may change nothing
/// are right for most.
fn exit(checks: &[Check]) -> Exit {
    let failed = checks.iter().find_map(|check| check.read.as_ref().err());
    failed.map_or(Exit::Done, |error| exit_of(error.kind))
}

/// Writes a line for each resource type that can be read, for each that can be changed, and for each
/// warning.
///
/// # Errors
/// Fails when `to` does.
pub fn write(validation: &Validation, terminal: Terminal, to: &mut impl Write) -> io::Result<()> {
    let Validation { checks, warnings } = validation;
    writeln!(to, "{}", terminal.heading("What these credentials may read"))?;
    for Check { resource_type, read, .. } in checks {
        let (sign, why) = match read {
            Ok(()) => (terminal.good("✓"), None),
            Err(error) => (terminal.bad("✗"), Some(error.message.as_str())),
        };
        line(&sign, resource_type, why, terminal, to)?;
    }
    if checks.iter().any(|check| check.change.is_some()) {
        writeln!(to, "\n{}", terminal.heading("What they may change (nothing was tried)"))?;
    }
    let rights =
        checks.iter().filter_map(|check| Some((check.resource_type.as_str(), check.change.as_ref()?)));
    for (resource_types, right) in together(rights) {
        let (sign, why) = match right {
            Right::Granted => (terminal.good("✓"), None),
            Right::Missing(error) => (terminal.bad("✗"), Some(error.message.as_str())),
            Right::Unknown(error) => (terminal.notable("?"), Some(error.message.as_str())),
        };
        line(&sign, &resource_types, why, terminal, to)?;
    }
    if !warnings.is_empty() {
        writeln!(to, "\n{}", terminal.heading("To know before the first sync"))?;
    }
    for warning in warnings {
        writeln!(to, "  {} {}", terminal.notable("!"), terminal.plain(&warning_text(warning)))?;
    }
    writeln!(to)
}

/// Puts the names of neighbours together whose rights are unknown for the same reason.
fn together<'a>(rights: impl Iterator<Item = (&'a str, &'a Right)>) -> Vec<(String, &'a Right)> {
    let mut lines: Vec<(String, &Right)> = Vec::new();
    for (name, right) in rights {
        match (lines.last_mut(), right) {
            (Some((names, Right::Unknown(before))), Right::Unknown(why)) if before.message == why.message => {
                names.push_str(", ");
                names.push_str(name);
            }
            _ => lines.push((name.to_owned(), right)),
        }
    }
    lines
}

fn line(
    sign: &str,
    resource_type: &str,
    why: Option<&str>,
    terminal: Terminal,
    to: &mut impl Write,
) -> io::Result<()> {
    write!(to, "  {sign} {}", terminal.plain(resource_type))?;
    if let Some(why) = why {
        write!(to, ": {}", terminal.plain(why))?;
    }
    writeln!(to)
}
