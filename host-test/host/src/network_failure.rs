//! Failures of the network, in more words than the error codes of wasi:http have.

use std::fmt;
use std::sync::{Mutex, PoisonError};

/// The reason why a request got no answer, where the host knows more of it than it can tell the
/// connector: wasi:http has a code for a certificate that isn't trusted, and no words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkFailure {
    /// The part of the network that failed.
    pub cause: NetworkCause,
    /// A text for a person, without a secret and safe to show: what failed, and why.
    pub message: String,
}

/// The part of the network that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NetworkCause {
    /// The server's certificate is from an authority that this machine doesn't trust.
    UnknownAuthority,
    /// This machine trusts no authority at all.
    NoAuthority,
    /// The server's certificate has another fault.
    Certificate,
    /// Encryption couldn't be agreed on, or it broke later.
    Tls,
    /// The proxy can't be reached, or what answers there may be none: its address may be wrong.
    Proxy,
    /// The proxy answered that it opens no tunnel: to somebody it doesn't know, to this host, or now.
    ProxyRefusal,
    /// No part of the network: the session's [`WriteGuard`](crate::WriteGuard) let a write not leave.
    Guard,
}

impl fmt::Display for NetworkFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// The words for the failure of a call's request that failed last, if there are words. An answer to
/// another request, which may be one that is read ahead, doesn't end them; the next call does.
#[derive(Debug, Default)]
pub(crate) struct LastFailure(Mutex<Option<NetworkFailure>>);

impl LastFailure {
    pub(crate) fn set(&self, failure: Option<NetworkFailure>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = failure;
    }

    pub(crate) fn get(&self) -> Option<NetworkFailure> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
