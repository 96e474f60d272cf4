//! Failures of the network, in more words than the error codes of wasi:http have.

use crate::causes::causes;
use crate::proxy::Proxy;
use crate::tls;
use crate::tunnel::ProxyFailure;
use http::Uri;
use hyper_util::client::legacy;
use std::error::Error;
use std::fmt;
use std::io;
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
    /// Encryption couldn't be agreed on.
    Tls,
    /// The proxy opened no tunnel.
    Proxy,
}

impl NetworkFailure {
    /// Describes why a request to a host failed. `None` where the code that the connector gets says
    /// it all.
    pub(crate) fn of(error: &(dyn Error + 'static), host: &str) -> Option<NetworkFailure> {
        causes(error).find_map(|cause| {
            if let Some(failure) = cause.downcast_ref::<ProxyFailure>() {
                return Some(Self::of_proxy(failure));
            }
            cause.downcast_ref::<rustls::Error>().map(|error| tls::failure(error, host))
        })
    }

    pub(crate) fn of_proxy(failure: &ProxyFailure) -> NetworkFailure {
        NetworkFailure { cause: NetworkCause::Proxy, message: failure.to_string() }
    }

    /// Names the proxy in the failure of what is behind it, which may be the proxy's doing.
    pub(crate) fn through(self, proxy: &Proxy, to: &Uri) -> NetworkFailure {
        match proxy.for_request_to(to) {
            Some(via) if self.cause != NetworkCause::Proxy => {
                let message = format!("{} (through the proxy {})", self.message, via.name());
                NetworkFailure { message, ..self }
            }
            _ => self,
        }
    }

    /// Describes a host that made no encrypted connection in time.
    pub(crate) fn late(host: &str) -> NetworkFailure {
        let message =
            format!("{host} couldn't be connected to in time, or it didn't go on to agree on encryption");
        NetworkFailure { cause: NetworkCause::Tls, message }
    }

    /// Describes an encrypted connection that ended before it was one.
    pub(crate) fn of_handshake(error: &(dyn Error + 'static), host: &str) -> Option<NetworkFailure> {
        let ended = |cause: &(dyn Error + 'static)| {
            cause.downcast_ref::<io::Error>().is_some_and(|error| {
                use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
                matches!(error.kind(), BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof)
            })
        };
        causes(error).any(ended).then(|| NetworkFailure {
            cause: NetworkCause::Tls,
            message: format!("{host} closed the connection before encryption was agreed on"),
        })
    }
}

impl fmt::Display for NetworkFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// Whether a request failed while its connection was made, so that nothing of it was sent.
pub(crate) fn is_unsent(error: &(dyn Error + 'static)) -> bool {
    error.downcast_ref().is_some_and(legacy::Error::is_connect)
}

/// The failure of the session's request that ended last, if it failed and there are words for it.
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
