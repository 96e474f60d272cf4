//! What a command says, and how it exits, when it can't do what was asked.

use super::settings::how_to_set;
use crate::host::contract::{self, ErrorKind};
use crate::host::{HostError, Limit};
use cloudflare_zero_trust::output::{SinkError, clean, upstream_said, when_again};
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

/// How a command ended. The numbers are a promise to scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exit {
    Done = 0,
    Failed = 1,
    Usage = 2,
    Credentials = 3,
    RateLimited = 4,
    /// Changes were; the command did all that it could.
    Refused = 5,
    Incomplete = 6,
    /// As a shell has it.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit as u8)
    }
}

/// Why a command couldn't do what was asked.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// It was asked in a way that can't be done.
    #[error("{0}")]
    Usage(String),
    /// The connector, or what runs it.
    #[error("{tried} failed: {error}")]
    Host { tried: &'static str, error: HostError },
    /// What the connector gave can't be given out.
    #[error("the result can't be written: {0}")]
    Page(SinkError),
    /// A file can't be written.
    #[error("{} can't be written: {error}", path.display())]
    File { path: PathBuf, error: io::Error },
    /// Standard output can't be written.
    #[error("standard output can't be written: {0}")]
    Stdout(io::Error),
    /// This machine doesn't give what is needed.
    #[error("{what}: {error}")]
    System { what: &'static str, error: io::Error },
    /// The connector doesn't come to an end.
    #[error("the read would never end: the connector goes in a circle, or on and on without giving anything")]
    Endless,
    /// Ctrl-C.
    #[error("interrupted")]
    Interrupted,
    /// The same command can go on where this one stopped.
    #[error("{cause}")]
    Resumable { cause: Box<Failure>, cursor_file: PathBuf },
    /// It happened when changes were under way, or made and not yet told.
    #[error("{0}")]
    Indeterminate(Box<Failure>),
    /// A file of changes that isn't one.
    #[error("{file}{}: {problem}", line.map_or(String::new(), |line| format!(", line {line}")))]
    Changes { file: String, line: Option<usize>, problem: String },
    /// The connector breaks its contract.
    #[error("{0}")]
    Contract(String),
}

impl Failure {
    pub(super) fn host(tried: &'static str) -> impl FnOnce(HostError) -> Failure {
        move |error| Failure::Host { tried, error }
    }

    pub(super) fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Failure {
        let path = path.into();
        move |error| Failure::File { path, error }
    }

    pub(super) fn exit(&self) -> Exit {
        match self {
            Failure::Usage(_) => Exit::Usage,
            Failure::Host { error: HostError::Connector(error), .. } => exit_of(error.kind),
            Failure::Host { error: HostError::Origin(_), .. } => Exit::Usage,
            Failure::Interrupted => Exit::Interrupted,
            Failure::Resumable { cause, .. } | Failure::Indeterminate(cause) => cause.exit(),
            Failure::Changes { .. } => Exit::Usage,
            _ => Exit::Failed,
        }
    }

    /// Nobody is left to read: that is how `… | head` ends, and no news to its user.
    pub(super) fn is_broken_pipe(&self) -> bool {
        if let Failure::Indeterminate(cause) = self {
            return cause.is_broken_pipe();
        }
        let (Failure::Stdout(error) | Failure::Page(SinkError::Io(error))) = self else {
            return false;
        };
        error.kind() == io::ErrorKind::BrokenPipe
    }

    /// What was tried, what came back, what to do: a line or a few, safe for a terminal.
    pub(super) fn report(&self) -> impl fmt::Display + '_ {
        fmt::from_fn(|f| {
            writeln!(f, "error: {}", clean(&self.to_string()))?;
            self.report_what_helps(f)
        })
    }

    fn report_what_helps(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Resumable { cause, cursor_file } => {
                cause.report_what_helps(f)?;
                let path = cursor_file.display().to_string();
                writeln!(f, "  What was read so far is kept: the same command goes on from there ({}).", clean(&path))
            }
            Failure::Indeterminate(cause) => {
                cause.report_what_helps(f)?;
                writeln!(f, "  The changes may or may not have been written: run the same command again to know.")
            }
            Failure::Changes { .. } => writeln!(f, "  Nothing was sent."),
            Failure::Host { error, .. } => match error {
                HostError::Connector(error) => report_connector_error(f, error),
                HostError::LimitExceeded { limit: Limit::Time(_), .. } => {
                    writeln!(f, "  The upstream may be slow, or the connector may hang. Try again.")
                }
                HostError::LimitExceeded { .. } | HostError::Trap { .. } | HostError::Contract { .. } => {
                    writeln!(f, "  This is a fault of the connector. --log-level debug shows more; please report it.")
                }
                _ => Ok(()),
            },
            _ => Ok(()),
        }
    }
}

impl From<SinkError> for Failure {
    fn from(error: SinkError) -> Failure {
        Failure::Page(error)
    }
}

/// How a command ends on a connector's error.
pub(super) fn exit_of(kind: ErrorKind) -> Exit {
    match kind {
        ErrorKind::InvalidSettings | ErrorKind::InvalidArgument | ErrorKind::InvalidCursor => Exit::Usage,
        ErrorKind::Unauthenticated | ErrorKind::PermissionDenied => Exit::Credentials,
        ErrorKind::RateLimited => Exit::RateLimited,
        _ => Exit::Failed,
    }
}

fn report_connector_error(f: &mut fmt::Formatter<'_>, error: &contract::Error) -> fmt::Result {
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
        let error = contract::Error {
            kind,
            message: "Cloudflare \x1b[31mrefused\nroot".to_owned(),
            code: Some("10\x0700".to_owned()),
            http_status: Some(403),
            retryable: true,
            retry_after_ms: Some(1_500),
            about: Some("account-id".to_owned()),
            details: "{\"cf-ray\":\"\u{9b}1\"}".to_owned(),
        };
        Failure::Host { tried: "reading", error: error.into() }
    }

    fn resumable(cause: Failure) -> Failure {
        Failure::Resumable { cause: Box::new(cause), cursor_file: "state/\u{9b}cursor".into() }
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
        assert_eq!(Failure::Interrupted.exit() as u8, 130);
        assert_eq!(resumable(Failure::Interrupted).exit() as u8, 130);
        assert_eq!(resumable(connector(ErrorKind::RateLimited)).exit() as u8, 4);
    }

    #[test]
    fn what_can_be_gone_on_with_says_so() {
        assert_eq!(
            resumable(Failure::Interrupted).report().to_string(),
            "error: interrupted\n  \
             What was read so far is kept: the same command goes on from there (state/\u{fffd}cursor).\n"
        );
        let report = resumable(connector(ErrorKind::RateLimited)).report().to_string();
        assert!(report.contains("Try again in 2 seconds.\n  What was read so far is kept"), "{report}");
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
        assert!(!Failure::file("x")(broken()).is_broken_pipe());
        assert!(!Failure::Stdout(io::ErrorKind::StorageFull.into()).is_broken_pipe());
    }
}
