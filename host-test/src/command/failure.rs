//! Failures of this program's commands: those of the shared command line, and its own.

use super::signals::Signal;
use crate::contract::Translate;
pub(super) use cloudflare_zero_trust::command::failure::Exit;
use cloudflare_zero_trust::command::failure::Failure as Common;
use cloudflare_zero_trust::command::failure::MAY_BE_WRITTEN;
use cloudflare_zero_trust::command::program::Fault;
use cloudflare_zero_trust::command::shown::file_name;
use cloudflare_zero_trust::contract::Error;
use cloudflare_zero_trust::output::{SinkError, Snapshot, clean};
use connector_host::{HostError, Limit, NetworkCause, NetworkFailure};
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

/// A reason for which a command couldn't do what was asked.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// A failure that every program has.
    #[error(transparent)]
    Common(#[from] Common),
    /// The host couldn't run the connector, or stopped it.
    #[error("{tried} failed: {error}")]
    Host { tried: &'static str, error: HostError },
    /// The connector's failure, whose reason the host knows better.
    #[error("{cause}")]
    Network { cause: Box<Failure>, failure: NetworkFailure },
    /// A file can't be written.
    #[error("{} can't be written: {}", file_name(path), without_path(error))]
    File { path: PathBuf, error: io::Error },
    /// The file that an option names can't be written.
    #[error("{option}: {cause}")]
    Option { option: &'static str, cause: Box<Failure>, help: Option<&'static str> },
    /// This machine lacks what is needed.
    #[error("{what}: {error}")]
    System { what: &'static str, error: io::Error },
    /// The service can't have its address.
    #[error("the service can't listen on {addr}: {error}{}", advice_on_address(.error))]
    Listening { addr: SocketAddr, error: io::Error },
    /// Data is missing, and the output would not show it.
    #[error(
        "data is missing, as the warnings say, and nothing was written: in a full sync it would pass for \
         revoked"
    )]
    Incomplete,
    /// Ctrl-C, or another signal that asks the process to end.
    #[error("interrupted{}", .0.by())]
    Interrupted(Signal),
    /// The same command can continue where this one stopped.
    #[error("{cause}")]
    Resumable { cause: Box<Failure>, cursor_file: PathBuf },
    /// The failure came when changes may have been written already.
    #[error("{0}")]
    MayBeWritten(Box<Failure>),
}

impl Failure {
    pub(super) fn usage(problem: impl Into<String>) -> Failure {
        Common::Usage(problem.into()).into()
    }

    pub(super) fn stdout(error: io::Error) -> Failure {
        Common::Stdout(error).into()
    }

    /// Makes a failure of the host's error; `tried` names the purpose of the call.
    pub(super) fn host(tried: &'static str) -> impl FnOnce(HostError) -> Failure {
        move |error| match error {
            HostError::Connector(error) => {
                Common::Connector { tried, error: Box::new((*error).translate()) }.into()
            }
            HostError::Network { error, failure } => {
                let cause = Common::Connector { tried, error: Box::new((*error).translate()) };
                Failure::Network { cause: Box::new(cause.into()), failure }
            }
            error => Failure::Host { tried, error },
        }
    }

    pub(super) fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Failure {
        let path = path.into();
        move |error| Failure::File { path, error }
    }

    /// Makes a failure of the file of a result.
    pub(super) fn output(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Failure {
        move |error| Failure::file(path)(error).of_output()
    }

    /// Makes a failure of the file of cursors.
    pub(super) fn cursor_file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Failure {
        move |error| {
            let cause = Box::new(Failure::file(path)(error));
            Failure::Option { option: "--cursor-file", cause, help: None }
        }
    }

    /// Makes a failure of the file of a sync's figures, which are written last.
    pub(super) fn stats(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Failure {
        move |error| {
            let cause = Box::new(Failure::file(path)(error));
            Failure::Option { option: "--stats", cause, help: Some("The result is complete.") }
        }
    }

    /// Names the option in a failure of a result's file. Another failure stays as it is.
    pub(super) fn of_output(self) -> Failure {
        match self {
            Failure::File { .. } | Failure::Common(Common::Page(_)) => {
                Failure::Option { option: "--output", cause: Box::new(self), help: None }
            }
            other => other,
        }
    }

    pub(super) fn exit(&self) -> Exit {
        match self {
            Failure::Option { cause, .. } => cause.exit(),
            Failure::Common(failure) => failure.exit(),
            Failure::Host { error: HostError::Origin(_) | HostError::Proxy(_), .. } => Exit::Usage,
            Failure::Incomplete => Exit::Incomplete,
            Failure::Interrupted(signal) => signal.exit(),
            Failure::Network { cause, .. }
            | Failure::Resumable { cause, .. }
            | Failure::MayBeWritten(cause) => cause.exit(),
            _ => Exit::Failed,
        }
    }

    /// Whether the reader of a pipe has closed it, as `… | head` does. A user expects that.
    pub(super) fn is_broken_pipe(&self) -> bool {
        match self {
            Failure::Common(failure) => failure.is_broken_pipe(),
            Failure::MayBeWritten(cause) | Failure::Option { cause, .. } => cause.is_broken_pipe(),
            _ => false,
        }
    }

    /// Describes what was tried, what came back and what to do, in a few lines that are safe for a
    /// terminal.
    pub(super) fn report(&self) -> impl fmt::Display + '_ {
        fmt::from_fn(|f| {
            writeln!(f, "error: {}", clean(&self.to_string()))?;
            self.report_what_helps(f)
        })
    }

    fn report_what_helps(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Common(failure) => failure.report_what_helps(f),
            Failure::Option { cause, help, .. } => {
                cause.report_what_helps(f)?;
                help.map_or(Ok(()), |help| writeln!(f, "  {help}"))
            }
            Failure::Resumable { cause, cursor_file } => {
                cause.report_what_helps(f)?;
                let path = cursor_file.display().to_string();
                writeln!(
                    f,
                    "  What was read so far is kept: the same command goes on from there ({}).",
                    clean(&path)
                )
            }
            Failure::Network { cause, failure } => {
                writeln!(f, "  The reason: {}", in_full(failure))?;
                cause.report_what_helps(f)
            }
            Failure::Incomplete => {
                writeln!(
                    f,
                    "  Mend what the warnings name, or take --allow-incomplete: it writes a partial sync of \
                     what is there."
                )
            }
            Failure::MayBeWritten(cause) => {
                cause.report_what_helps(f)?;
                writeln!(f, "  {MAY_BE_WRITTEN}")
            }
            Failure::Host { error: HostError::LimitExceeded { limit: Limit::Time(_), .. }, .. } => {
                writeln!(f, "  The upstream may be slow, or the connector may hang. Try again.")
            }
            Failure::Host {
                error: HostError::LimitExceeded { .. } | HostError::Trap { .. } | HostError::Contract { .. },
                ..
            } => {
                writeln!(
                    f,
                    "  This is a fault of the connector. --log-level debug shows more; please report it."
                )
            }
            _ => Ok(()),
        }
    }
}

/// Describes what the host knows of a failure of the network, and what helps, in whole sentences that
/// are safe for a terminal.
pub(super) fn in_full(failure: &NetworkFailure) -> impl fmt::Display + '_ {
    fmt::from_fn(|f| {
        write!(f, "{}.", clean(&failure.message))?;
        match failure.cause {
            NetworkCause::UnknownAuthority => f.write_str(
                " If it is your company's own authority, or that of a gateway that inspects TLS, name its \
                 certificate with --ca-file.",
            ),
            NetworkCause::Proxy => f.write_str(
                " HTTPS_PROXY or ALL_PROXY names the proxy, and NO_PROXY the hosts that need none.",
            ),
            NetworkCause::NoAuthority => f.write_str(" --ca-file names authorities to trust as well."),
            _ => Ok(()),
        }
    })
}

/// Describes an error of a file without the path, which some libraries add to it.
/// Returns what helps where another program has the address.
fn advice_on_address(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::AddrInUse => ". Another program uses this port: give another one with --addr",
        _ => "",
    }
}

fn without_path(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" at path \"").next().unwrap_or_default().to_owned()
}

impl Fault for Failure {
    fn may_be_written(self) -> Failure {
        Failure::MayBeWritten(Box::new(self))
    }

    fn with_names(self, names: &Snapshot) -> Failure {
        match self {
            Failure::Common(failure) => Failure::Common(failure.with_names(names)),
            other => other,
        }
    }

    fn error(&self) -> Option<&Error> {
        match self {
            Failure::Common(failure) => failure.error(),
            Failure::Network { cause, .. } => cause.error(),
            _ => None,
        }
    }
}

impl From<Signal> for Failure {
    fn from(signal: Signal) -> Failure {
        Failure::Interrupted(signal)
    }
}

impl From<SinkError> for Failure {
    fn from(error: SinkError) -> Failure {
        Common::Page(error).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cloudflare_zero_trust::contract::{Error, ErrorKind};

    fn rate_limited() -> Failure {
        let error = Error {
            kind: ErrorKind::RateLimited,
            message: "Cloudflare refused".to_owned(),
            code: None,
            http_status: None,
            retryable: true,
            retry_after_ms: Some(1_500),
            about: None,
            details: "{}".to_owned(),
        };
        Common::Connector { tried: "reading", error: Box::new(error) }.into()
    }

    fn resumable(cause: Failure) -> Failure {
        Failure::Resumable { cause: Box::new(cause), cursor_file: "state/\u{9b}cursor".into() }
    }

    #[test]
    fn exit_codes_follow_what_a_script_can_do_about_it() {
        assert_eq!(Failure::usage("").exit() as u8, 2);
        assert_eq!(Failure::Interrupted(Signal::Interrupt).exit() as u8, 130);
        assert_eq!(Failure::Incomplete.exit() as u8, 6);
        assert_eq!(resumable(Failure::Interrupted(Signal::Interrupt)).exit() as u8, 130);
        assert_eq!(resumable(rate_limited()).exit() as u8, 4);
    }

    #[test]
    fn what_can_be_gone_on_with_says_so() {
        assert_eq!(
            resumable(Failure::Interrupted(Signal::Interrupt)).report().to_string(),
            "error: interrupted\n  \
             What was read so far is kept: the same command goes on from there (state/\u{fffd}cursor).\n"
        );
        let report = resumable(rate_limited()).report().to_string();
        assert!(report.contains("Try again in 2 seconds.\n  What was read so far is kept"), "{report}");
    }

    #[test]
    fn a_pipe_that_is_closed_is_no_news() {
        let broken = || io::Error::from(io::ErrorKind::BrokenPipe);
        assert!(Failure::stdout(broken()).is_broken_pipe());
        assert!(Failure::stdout(broken()).may_be_written().is_broken_pipe());
        assert!(!Failure::file("x")(broken()).is_broken_pipe());
    }
}
