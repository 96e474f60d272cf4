//! The errors between a host and a connector.

use crate::contract;
use crate::network_failure::NetworkFailure;
use crate::origin::OriginError;
use crate::proxy::ProxyError;
use std::fmt;
use std::time::Duration;

/// The reason why a call failed.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// An error that the connector returned. Its message says what was tried, what came back and
    /// what to do.
    #[error("{}", .0.message)]
    Connector(Box<contract::Error>),
    /// An error that the connector returned because a request got no answer, and what the host knows of
    /// the reason.
    #[error("{} ({failure})", .error.message)]
    Network {
        /// The connector's error.
        error: Box<contract::Error>,
        /// The host's words for what happened.
        failure: NetworkFailure,
    },
    /// The call exceeded a limit of the session. The session is over.
    #[error("the connector was stopped in `{call}`: {limit}")]
    LimitExceeded {
        /// The contract's function.
        call: &'static str,
        /// The limit.
        limit: Limit,
    },
    /// The connector trapped. The session is over.
    #[error("the connector trapped in `{call}`: {reason}")]
    Trap {
        /// The contract's function.
        call: &'static str,
        /// The reason, in wasmtime's words.
        reason: String,
    },
    /// The connector's answer is not one that the contract allows, and isn't handed on. The session
    /// goes on.
    #[error("the connector broke its contract in `{call}`: {what}")]
    Contract {
        /// The contract's function.
        call: &'static str,
        /// The fault of the answer.
        what: &'static str,
    },
    /// An earlier call ended this session. Open another one, and continue from the last stored
    /// cursor.
    #[error("this session is over: {0}")]
    SessionOver(String),
    /// The component is of the world `reader`, which exports no `provision`.
    #[error("this connector can't change anything: it is a reader, and exports no `provision`")]
    Reader,
    /// The component exports no `verification`: it is a reader, or a connector whose upstream judges nobody.
    #[error("this connector can't have its claims verified: it exports no `verification`")]
    NoVerification,
    /// The component isn't of the world `manager`: it exports no `lifecycle`.
    #[error("this connector brings nobody in and removes nobody: it exports no `lifecycle`")]
    NoManager,
    /// A text that names an origin to allow is no such origin.
    #[error(transparent)]
    Origin(#[from] OriginError),
    /// The proxy of [`Config::proxy`](crate::Config::proxy) can't be used.
    #[error(transparent)]
    Proxy(#[from] ProxyError),
    /// The component can't be compiled, is no connector, or imports something that this host gives
    /// to no connector.
    #[error("the component can't be run: {0}")]
    Component(String),
}

/// A limit of a session that was exceeded; see [`Limits`](crate::Limits).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Guest memory, in bytes.
    Memory(usize),
    /// The time of one call.
    Time(Duration),
    /// The data of one call, in bytes.
    Data(usize),
    /// The number of things that the host keeps for the guest.
    Handles(usize),
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Limit::Memory(bytes) => {
                write!(f, "it asked for more than {} of memory", Size(*bytes))
            }
            Limit::Time(time) => write!(f, "it took longer than {time:?}"),
            Limit::Data(bytes) => write!(f, "it handed over more than {} at once", Size(*bytes)),
            Limit::Handles(handles) => {
                write!(f, "it kept more than {handles} requests, streams or sessions open")
            }
        }
    }
}

struct Size(usize);

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MEBIBYTE: usize = 1 << 20;
        match self.0 {
            bytes if bytes.is_multiple_of(MEBIBYTE) => write!(f, "{} MiB", bytes / MEBIBYTE),
            bytes => write!(f, "{} KiB", bytes / 1024),
        }
    }
}

impl HostError {
    /// The connector's own error, if this is one.
    #[must_use]
    pub fn as_connector(&self) -> Option<&contract::Error> {
        match self {
            HostError::Connector(error) | HostError::Network { error, .. } => Some(error),
            _ => None,
        }
    }
}

impl From<contract::Error> for HostError {
    fn from(error: contract::Error) -> Self {
        HostError::Connector(Box::new(error))
    }
}
