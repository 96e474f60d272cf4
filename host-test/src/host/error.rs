//! What can go wrong between a host and a connector.

use super::contract;
use super::origin::OriginError;
use std::fmt;
use std::time::Duration;

/// Why a call didn't give what was asked for.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// The connector's own answer: what it tried, what came back, what to do.
    #[error("{}", .0.message)]
    Connector(Box<contract::Error>),
    /// The call used up what a session may use. The session is over.
    #[error("the connector was stopped in `{call}`: {limit}")]
    LimitExceeded {
        /// The contract's function.
        call: &'static str,
        /// What was used up.
        limit: Limit,
    },
    /// The connector broke off. The session is over.
    #[error("the connector trapped in `{call}`: {reason}")]
    Trap {
        /// The contract's function.
        call: &'static str,
        /// What wasmtime says.
        reason: String,
    },
    /// The connector's answer is not what the contract says, and is not handed on. The session
    /// lives on.
    #[error("the connector broke its contract in `{call}`: {what}")]
    Contract {
        /// The contract's function.
        call: &'static str,
        /// What is wrong.
        what: &'static str,
    },
    /// An earlier call ended this session. Open another one and go on from the last stored cursor.
    #[error("this session is over: {0}")]
    SessionOver(String),
    /// The component is of the world `reader`.
    #[error("this connector can't change anything: it is a reader, and exports no `provision`")]
    Reader,
    /// An origin to allow is not one.
    #[error(transparent)]
    Origin(#[from] OriginError),
    /// The component can't be compiled, or is no connector, or wants what this host gives to none.
    #[error("the component can't be run: {0}")]
    Component(String),
}

/// What a session may use up: see [`Limits`](super::Limits).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Guest memory, in bytes.
    Memory(usize),
    /// The time of one call.
    Time(Duration),
    /// What a call hands to the host, in bytes.
    Data(usize),
    /// What the host keeps for the guest.
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
    /// The connector's error, where it is one.
    #[must_use]
    pub fn as_connector(&self) -> Option<&contract::Error> {
        match self {
            HostError::Connector(error) => Some(error),
            _ => None,
        }
    }
}

impl From<contract::Error> for HostError {
    fn from(error: contract::Error) -> Self {
        HostError::Connector(Box::new(error))
    }
}
