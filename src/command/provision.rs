//! What became of changes, told.

use super::args::TextFormat;
use super::failure::{Exit, Failure, exit_of};
use crate::contract::{Change, Report};
use crate::output::{Applied, Snapshot, Terminal, applied_text};
use std::io::{self, Write};

/// The text for what ended a call in which something may have been written.
pub const MAY_BE_WRITTEN: &str =
    "The changes may or may not have been written: run the same command again to know.";

/// Writes what became of each change; standard output has the changes alone, as a program wants it,
/// and `beside` the rest.
///
/// # Errors
/// Where it can't be written, or the connector gave something that is not JSON.
pub fn tell(
    applied: &Applied<'_>,
    format: TextFormat,
    terminal: Terminal,
    to: &mut impl Write,
    beside: &mut impl Write,
) -> Result<(), Failure> {
    let told = match format {
        TextFormat::Jsonl => to.write_all(applied.json_lines()?.as_bytes()),
        TextFormat::Table => applied_text::write(applied, &Snapshot::default(), terminal, to),
    };
    told.and_then(|()| to.flush()).map_err(Failure::Stdout)?;
    // Where nobody reads it, nothing is lost.
    let _: io::Result<()> = beside.write_all(applied.warnings_and_summary().as_bytes());
    Ok(())
}

/// Each change must have its result.
///
/// # Errors
/// Where it hasn't.
pub fn check(report: &Report, changes: &[Change]) -> Result<(), Failure> {
    let (results, asked) = (report.results.len(), changes.len());
    if results == asked {
        return Ok(());
    }
    Err(Failure::Contract(format!("the connector gave {results} results for {asked} changes")))
}

/// The batch breaks off where credentials or the limit fail, and the rest then fails for that too:
/// a script can do something about it.
#[must_use]
pub fn exit(report: &Report) -> Exit {
    let failed = report.results.iter().filter_map(|result| result.as_ref().err());
    let exits: Vec<Exit> = failed.map(|error| exit_of(error.kind)).collect();
    let broke_off = |exit: &Exit| matches!(exit, Exit::Credentials | Exit::RateLimited);
    if exits.is_empty() {
        Exit::Done
    } else if !exits.iter().all(broke_off) {
        Exit::Refused
    } else if exits.contains(&Exit::Credentials) {
        Exit::Credentials
    } else {
        Exit::RateLimited
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{Error, ErrorKind, Outcome, Status};

    fn report(kinds: &[Option<ErrorKind>]) -> Report {
        let result = |kind: &Option<ErrorKind>| match kind {
            None => {
                Ok(Outcome { status: Status::Applied, detail: String::new(), added: vec![], removed: vec![] })
            }
            Some(kind) => Err(Error {
                kind: *kind,
                message: String::new(),
                code: None,
                http_status: None,
                retryable: false,
                retry_after_ms: None,
                about: None,
                details: "{}".to_owned(),
            }),
        };
        let results = kinds.iter().map(result).collect();
        Report { results, writes: vec![], warnings: vec![], requests: 0, rate_limit: None }
    }

    #[test]
    fn the_exit_code_tells_what_to_do_next() {
        use ErrorKind::*;
        for (kinds, code) in [
            (&[][..], 0),
            (&[None, None], 0),
            (&[None, Some(Refused)], 5),
            (&[Some(NotFound)], 5),
            (&[Some(Indeterminate), Some(RateLimited)], 5),
            (&[Some(InvalidArgument), Some(InvalidArgument)], 5),
            (&[Some(Unauthenticated), Some(Refused)], 5),
            (&[None, Some(RateLimited), Some(RateLimited)], 4),
            (&[Some(Unauthenticated), Some(Unauthenticated)], 3),
            (&[None, Some(PermissionDenied)], 3),
            (&[Some(RateLimited), Some(PermissionDenied)], 3),
        ] {
            assert_eq!(exit(&report(kinds)) as u8, code, "{kinds:?}");
        }
    }
}
