//! `validate`: what the credentials may read and change, for a person.

use super::failure::{Exit, Failure, exit_of};
use super::program::{Access, Program, Session};
use crate::contract::{Check, Right, StepCheck, Validation};
use crate::kinds;
use crate::model::Kind;
use crate::output::{Terminal, warning_text};
use std::io::{self, Write};

pub(super) fn run<P: Program>(program: &P, args: P::Upstream) -> Result<Exit, P::Failure> {
    let mut session = program.open(args.into(), Access::ReadOnly)?;
    let validation = session.validate()?;
    write(&validation, P::terminal(), &mut io::stdout().lock()).map_err(Failure::Stdout)?;
    let exit = exit(&validation.checks);
    if exit != Exit::Done {
        let failed = validation.checks.iter().filter(|check| check.read.is_err() && is_needed(check));
        let kinds: Vec<&str> = failed.map(|check| check.resource_type.as_str()).collect();
        P::note(exit, &format!("these credentials can't read everything: {}", kinds.join(", ")));
    }
    Ok(exit)
}

/// Whether a sync of all that isn't opt-in needs to read this.
fn is_needed(check: &Check) -> bool {
    Kind::parse(&check.resource_type).is_none_or(|kind| !kinds::is_dispensable(kind))
}

/// Returns the exit code. Only what can't be read is a failure: credentials that may change nothing
/// are right for most.
fn exit(checks: &[Check]) -> Exit {
    let failed = checks.iter().filter(|check| is_needed(check)).find_map(|check| check.read.as_ref().err());
    failed.map_or(Exit::Done, |error| exit_of(error.kind))
}

/// The explanation of the sign `?`.
const NOTABLE: &str = "? stands for what isn't needed, or isn't known: a sync works without it, and the exit \
                       code doesn't count it.";

/// Writes a line for each resource type that can be read, for each that can be changed, for each step, and
/// for each warning.
///
/// # Errors
/// Fails when `to` does.
pub fn write(validation: &Validation, terminal: Terminal, to: &mut impl Write) -> io::Result<()> {
    let Validation { checks, steps, warnings } = validation;
    writeln!(to, "{}", terminal.heading("What these credentials may read"))?;
    let read = checks.iter().map(|check| {
        let why = check.read.as_ref().err().map(|error| error.message.as_str());
        let sign = match why {
            None => Sign::Good,
            Some(_) if is_needed(check) => Sign::Bad,
            Some(_) => Sign::Notable,
        };
        (check.resource_type.as_str(), sign, why)
    });
    let mut is_notable = lines(read, terminal, to)?;
    if checks.iter().any(|check| check.change.is_some()) {
        writeln!(to, "\n{}", terminal.heading("What they may change (nothing was tried)"))?;
    }
    let rights = checks.iter().filter_map(|check| {
        let (sign, why) = sign_of(check.change.as_ref()?);
        Some((check.resource_type.as_str(), sign, why))
    });
    is_notable |= lines(rights, terminal, to)?;
    if !steps.is_empty() {
        writeln!(to, "\n{}", terminal.heading("What they may do for people who join and leave"))?;
    }
    let rights = steps.iter().map(|StepCheck { step, right }| {
        let (sign, why) = sign_of(right);
        (step.as_str(), sign, why)
    });
    is_notable |= lines(rights, terminal, to)?;
    if is_notable {
        writeln!(to, "\n{}", terminal.paragraph(NOTABLE, 2))?;
    }
    if !warnings.is_empty() {
        writeln!(to, "\n{}", terminal.heading("To know before the first sync"))?;
    }
    for warning in warnings {
        writeln!(to, "  {} {}", terminal.notable("!"), terminal.plain(&warning_text(warning)))?;
    }
    writeln!(to)
}

/// The sign in front of a line.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sign {
    Good,
    Bad,
    Notable,
}

/// Returns the sign of a right, and the reason if it isn't granted.
fn sign_of(right: &Right) -> (Sign, Option<&str>) {
    match right {
        Right::Granted => (Sign::Good, None),
        Right::Missing(error) => (Sign::Bad, Some(&error.message)),
        Right::Unknown(error) => (Sign::Notable, Some(&error.message)),
    }
}

/// Writes a line for each name. Names with the same reason share the line of the first one. Returns
/// whether one of them has the sign that needs an explanation.
fn lines<'a>(
    of: impl Iterator<Item = (&'a str, Sign, Option<&'a str>)>,
    terminal: Terminal,
    to: &mut impl Write,
) -> io::Result<bool> {
    let mut lines: Vec<(String, Sign, Option<&str>)> = Vec::new();
    for (name, sign, why) in of {
        let has_the_reason = |line: &&mut (String, Sign, Option<&str>)| (line.1, line.2) == (sign, why);
        match lines.iter_mut().find(has_the_reason).filter(|_| why.is_some()) {
            Some((names, ..)) => {
                names.push_str(", ");
                names.push_str(name);
            }
            None => lines.push((name.to_owned(), sign, why)),
        }
    }
    let is_notable = lines.iter().any(|line| line.1 == Sign::Notable);
    for (names, sign, why) in lines {
        let sign = match sign {
            Sign::Good => terminal.good("✓"),
            Sign::Bad => terminal.bad("✗"),
            Sign::Notable => terminal.notable("?"),
        };
        write!(to, "  {sign} {}", terminal.plain(&names))?;
        if let Some(why) = why {
            write!(to, ": {}", terminal.plain(why))?;
        }
        writeln!(to)?;
    }
    Ok(is_notable)
}
