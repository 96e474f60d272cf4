//! What a command says, and how it exits, when it can't do what was asked.

use super::provision::MAY_BE_WRITTEN;
use super::settings::how_to_set;
use crate::contract::{Error, ErrorKind};
use crate::output::{SinkError, clean, upstream_said, when_again};
use std::fmt;
use std::io;
use std::process::ExitCode;

/// How a command ended. The numbers are a promise to scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All of it is done.
    Done = 0,
    /// Failed for another reason than those below.
    Failed = 1,
    /// It was asked in a way that can't be done.
    Usage = 2,
    /// The credentials are no good, or may not do it.
    Credentials = 3,
    /// Try again later.
    RateLimited = 4,
    /// Changes were; the command did all that it could.
    Refused = 5,
    /// Done, but data is missing.
    Incomplete = 6,
    /// As a shell has it.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit as u8)
    }
}

/// How a command ends on a connector's error.
#[must_use]
pub fn exit_of(kind: ErrorKind) -> Exit {
    match kind {
        ErrorKind::InvalidSettings | ErrorKind::InvalidArgument | ErrorKind::InvalidCursor => Exit::Usage,
        ErrorKind::Unauthenticated | ErrorKind::PermissionDenied => Exit::Credentials,
        ErrorKind::RateLimited => Exit::RateLimited,
        _ => Exit::Failed,
    }
}

/// Why a command couldn't do what was asked.
#[derive(Debug)]
pub enum Failure {
    /// It was asked in a way that can't be done.
    Usage(String),
    /// The connector's own answer to a call.
    Connector {
        /// What the call was to do.
        tried: &'static str,
        /// What the connector said.
        error: Box<Error>,
    },
    /// What the connector gave can't be given out.
    Page(SinkError),
    /// Standard output can't be written.
    Stdout(io::Error),
    /// A file of changes that isn't one.
    Changes {
        /// Its name.
        file: String,
        /// Where in it, from 1.
        line: Option<usize>,
        /// What is wrong.
        problem: String,
    },
    /// The connector breaks its contract.
    Contract(String),
    /// It happened when changes were made, and kept them from being told.
    Untold(Box<Failure>),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Usage(text) | Failure::Contract(text) => f.write_str(text),
            Failure::Connector { tried, error } => write!(f, "{tried} failed: {}", error.message),
            Failure::Page(error) => write!(f, "the result can't be written: {error}"),
            Failure::Stdout(error) => write!(f, "standard output can't be written: {error}"),
            Failure::Changes { file, line: Some(line), problem } => {
                write!(f, "{file}, line {line}: {problem}")
            }
            Failure::Changes { file, line: None, problem } => write!(f, "{file}: {problem}"),
            Failure::Untold(cause) => cause.fmt(f),
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
    /// The connector's own answer to what was tried.
    pub fn connector<E: Into<Error>>(tried: &'static str) -> impl FnOnce(E) -> Failure {
        move |error| Failure::Connector { tried, error: Box::new(error.into()) }
    }

    /// How the command ends on it.
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self {
            Failure::Usage(_) | Failure::Changes { .. } => Exit::Usage,
            Failure::Connector { error, .. } => exit_of(error.kind),
            Failure::Untold(cause) => cause.exit(),
            _ => Exit::Failed,
        }
    }

    /// Nobody is left to read: that is how `… | head` ends, and no news to its user.
    #[must_use]
    pub fn is_broken_pipe(&self) -> bool {
        if let Failure::Untold(cause) = self {
            return cause.is_broken_pipe();
        }
        let (Failure::Stdout(error) | Failure::Page(SinkError::Io(error))) = self else {
            return false;
        };
        error.kind() == io::ErrorKind::BrokenPipe
    }

    /// What was tried, what came back, what to do: a line or a few, safe for a terminal.
    pub fn report(&self) -> impl fmt::Display + '_ {
        fmt::from_fn(|f| {
            writeln!(f, "error: {}", clean(&self.to_string()))?;
            self.report_what_helps(f)
        })
    }

    /// The lines of [`Failure::report`] behind the first.
    ///
    /// # Errors
    /// The formatter's.
    pub fn report_what_helps(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Changes { .. } => writeln!(f, "  Nothing was sent."),
            Failure::Connector { error, .. } => report_connector_error(f, error),
            Failure::Untold(cause) => {
                cause.report_what_helps(f)?;
                writeln!(f, "  {MAY_BE_WRITTEN}")
            }
            _ => Ok(()),
        }
    }
}

fn report_connector_error(f: &mut fmt::Formatter<'_>, error: &Error) -> fmt::Result {
    if let Some(said) = upstream_said(error) {
        writeln!(f, "  {}", clean(&said))?;
    }
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
    }
}
