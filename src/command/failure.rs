//! Failures of a command: their texts, and their exit codes.

use crate::contract::{Error, ErrorKind};
use crate::output::{SinkError, clean, flags, upstream_said, when_again};
use crate::settings::variables::how_to_set;
use std::fmt;
use std::io;
use std::process::ExitCode;

/// The text for a call that ended when something may have been written.
pub const MAY_BE_WRITTEN: &str =
    "The changes may or may not have been written: run the same command again to know.";

/// The exit code of a command. The numbers are a promise to scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Everything is done.
    Done = 0,
    /// It failed for another reason than those below.
    Failed = 1,
    /// The arguments or settings are wrong.
    Usage = 2,
    /// The credentials are rejected, or lack a permission.
    Credentials = 3,
    /// The upstream's limit is used up: the same command can succeed later.
    RateLimited = 4,
    /// At least one change was refused or failed; all others were tried. Or a verdict of the upstream can't
    /// be.
    Refused = 5,
    /// Everything is done, but data is missing.
    Incomplete = 6,
    /// SIGHUP ended it: its terminal is gone. Shells use this number for it, and the next two.
    HungUp = 129,
    /// Ctrl-C ended it.
    Interrupted = 130,
    /// SIGTERM ended it.
    Terminated = 143,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit as u8)
    }
}

/// The purpose of a call for one resource.
pub(super) const READING_ONE: &str = "reading the resource";
/// The purpose of a call for everything that a principal holds.
pub(super) const READING_HELD: &str = "reading what the principal holds";
/// The purpose of `verification.compare`, for a failure.
pub const COMPARING: &str = "comparing with Cloudflare's verdict";
/// The purpose of a call for somebody who leaves.
pub const OFFBOARDING: &str = "offboarding";
/// The advice for somebody who has a name and no id.
const HOW_TO_FIND: &str = "sync --ids shows the ids beside the names. With --names and the file of a sync, a \
                           name can stand for the id: \"app:Some name\".";

/// The exit code for a connector's error.
#[must_use]
pub fn exit_of(kind: ErrorKind) -> Exit {
    match kind {
        ErrorKind::InvalidSettings | ErrorKind::InvalidArgument | ErrorKind::InvalidCursor => Exit::Usage,
        ErrorKind::Unauthenticated | ErrorKind::PermissionDenied => Exit::Credentials,
        ErrorKind::RateLimited => Exit::RateLimited,
        ErrorKind::Refused => Exit::Refused,
        _ => Exit::Failed,
    }
}

/// A reason for which a command couldn't do what was asked.
#[derive(Debug)]
pub enum Failure {
    /// The arguments or settings are wrong.
    Usage(String),
    /// The connector answered a call with an error.
    Connector {
        /// The purpose of the call.
        tried: &'static str,
        /// The connector's error.
        error: Box<Error>,
    },
    /// A page of the connector can't be written.
    Page(SinkError),
    /// Standard output can't be written.
    Stdout(io::Error),
    /// A file of changes, or of facts about people, can't be read or understood.
    Changes {
        /// The file's name.
        file: String,
        /// The line's number, from 1.
        line: Option<usize>,
        /// The problem with it.
        problem: String,
    },
    /// The connector breaks its contract.
    Contract(String),
    /// The upstream took longer than the command waits.
    TooLong(String),
    /// The failure came when changes may have been written already.
    MayBeWritten(Box<Failure>),
    /// The report of changes that were made can't be written.
    Unreported {
        /// The reason.
        cause: Box<Failure>,
        /// Lines that tell what was done, safe for a terminal.
        done: String,
    },
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Usage(text) | Failure::Contract(text) | Failure::TooLong(text) => f.write_str(text),
            Failure::Connector { tried, error } => write!(f, "{tried} failed: {}", error.message),
            Failure::Page(error) => write!(f, "the result can't be written: {error}"),
            Failure::Stdout(error) => write!(f, "standard output can't be written: {error}"),
            Failure::Changes { file, line: Some(line), problem } => {
                write!(f, "{file}, line {line}: {problem}")
            }
            Failure::Changes { file, line: None, problem } => write!(f, "{file}: {problem}"),
            Failure::MayBeWritten(cause) => cause.fmt(f),
            Failure::Unreported { cause, .. } => write!(f, "the report of these changes is lost: {cause}"),
        }
    }
}

impl std::error::Error for Failure {}

impl From<SinkError> for Failure {
    fn from(error: SinkError) -> Failure {
        Failure::Page(error)
    }
}

impl Failure {
    /// Makes a failure of the connector's error; `tried` names the purpose of the call.
    pub fn connector<E: Into<Error>>(tried: &'static str) -> impl FnOnce(E) -> Failure {
        move |error| Failure::Connector { tried, error: Box::new(error.into()) }
    }

    /// The exit code for it.
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self {
            Failure::Usage(_) | Failure::Changes { .. } => Exit::Usage,
            // There, these words are about verdicts, and nobody gave a cursor.
            Failure::Connector { tried: COMPARING, error }
                if matches!(error.kind, ErrorKind::Refused | ErrorKind::InvalidCursor) =>
            {
                Exit::Failed
            }
            Failure::Connector { error, .. } => exit_of(error.kind),
            Failure::MayBeWritten(cause) => cause.exit(),
            _ => Exit::Failed,
        }
    }

    /// Whether the reader of a pipe has closed it, as `… | head` does. A user expects that, but not
    /// that nobody hears what became of changes.
    #[must_use]
    pub fn is_broken_pipe(&self) -> bool {
        if let Failure::MayBeWritten(cause) = self {
            return cause.is_broken_pipe();
        }
        let (Failure::Stdout(error) | Failure::Page(SinkError::Io(error))) = self else {
            return false;
        };
        error.kind() == io::ErrorKind::BrokenPipe
    }

    /// Describes what was tried, what came back and what to do, in a few lines that are safe for a
    /// terminal.
    pub fn report(&self) -> impl fmt::Display + '_ {
        fmt::from_fn(|f| {
            writeln!(f, "error: {}", clean(&self.to_string()))?;
            self.report_what_helps(f)
        })
    }

    /// Writes the lines of [`Failure::report`] after the first.
    ///
    /// # Errors
    /// Fails when the formatter does.
    pub fn report_what_helps(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Changes { .. } => writeln!(f, "  Nothing was sent."),
            Failure::Connector { tried, error } => {
                if error.kind == ErrorKind::NotFound && [READING_ONE, READING_HELD, COMPARING].contains(tried)
                {
                    writeln!(f, "  {HOW_TO_FIND}")?;
                }
                report_connector_error(f, error)
            }
            Failure::MayBeWritten(cause) => {
                cause.report_what_helps(f)?;
                writeln!(f, "  {MAY_BE_WRITTEN}")
            }
            Failure::Unreported { done, .. } => {
                writeln!(f, "  The changes ended so:")?;
                done.lines().try_for_each(|line| writeln!(f, "  {line}"))
            }
            _ => Ok(()),
        }
    }
}

fn report_connector_error(f: &mut fmt::Formatter<'_>, error: &Error) -> fmt::Result {
    if let Some(said) = upstream_said(error) {
        writeln!(f, "  {}", clean(&said))?;
    }
    flags(error).try_for_each(|flag| writeln!(f, "  {flag}"))?;
    if let Some(flag) = error.about.as_deref().and_then(how_to_set) {
        writeln!(f, "  Set it with {flag}.")?;
    }
    match when_again(error) {
        Some(when) => writeln!(f, "  {when}"),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connector(kind: ErrorKind) -> Failure {
        let error = Error {
            kind,
            message: "Cloudflare \x1b[31mrefused\nroot".to_owned(),
            code: Some("10\x0700".to_owned()),
            http_status: Some(403),
            retryable: true,
            retry_after_ms: Some(1_500),
            about: Some("account-id".to_owned()),
            details: "{\"cf-ray\":\"\u{9b}1\"}".to_owned(),
        };
        Failure::connector("reading")(error)
    }

    #[test]
    fn exit_codes_follow_what_a_script_can_do_about_it() {
        for (kind, exit) in [
            (ErrorKind::InvalidSettings, 2),
            (ErrorKind::Unauthenticated, 3),
            (ErrorKind::PermissionDenied, 3),
            (ErrorKind::RateLimited, 4),
            (ErrorKind::Unavailable, 1),
            (ErrorKind::InvalidResponse, 1),
            (ErrorKind::Internal, 1),
        ] {
            assert_eq!(connector(kind).exit() as u8, exit, "{kind:?}");
        }
        assert_eq!(Failure::Usage(String::new()).exit() as u8, 2);
    }

    #[test]
    fn a_report_says_what_to_do_and_is_safe_for_a_terminal() {
        let report = connector(ErrorKind::PermissionDenied).report().to_string();
        assert_eq!(
            report,
            "error: reading failed: Cloudflare \u{fffd}[31mrefused root\n  \
             The upstream said: HTTP status 403, code 10\u{fffd}00, {\"cf-ray\":\"\u{fffd}1\"}\n  \
             Set it with --account-id or CLOUDFLARE_ACCOUNT_ID.\n  \
             Try again in 2 seconds.\n"
        );
    }

    #[test]
    fn a_pipe_that_is_closed_is_no_news() {
        let broken = || io::Error::from(io::ErrorKind::BrokenPipe);
        assert!(Failure::Stdout(broken()).is_broken_pipe());
        assert!(Failure::Page(SinkError::Io(broken())).is_broken_pipe());
        assert!(!Failure::Stdout(io::ErrorKind::StorageFull.into()).is_broken_pipe());
        let cause = Box::new(Failure::Stdout(broken()));
        assert!(!Failure::Unreported { cause, done: String::new() }.is_broken_pipe());
    }
}
