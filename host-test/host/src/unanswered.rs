//! Requests that got no answer: what the guest is told, in the codes of wasi:http, and what people are.

use crate::causes::causes;
use crate::network_failure::{NetworkCause, NetworkFailure};
use crate::proxy::Proxy;
use crate::tls;
use crate::tunnel::ProxyFailure;
use http::Uri;
use hyper_util::client::legacy;
use std::io;
use wasmtime_wasi_http::Error;

type Cause<'a> = &'a (dyn std::error::Error + 'static);

/// A request that got no answer.
#[derive(Debug)]
pub(crate) struct Unanswered {
    /// WASI's error for it, for the guest.
    pub(crate) error: Error,
    /// The reason in words, where the error doesn't say it all.
    pub(crate) failure: Option<NetworkFailure>,
}

impl Unanswered {
    /// Names the proxy in the failure of what is behind it, which may be the proxy's doing.
    pub(crate) fn through(mut self, proxy: &Proxy, to: &Uri) -> Unanswered {
        let via = proxy.for_request_to(to);
        if let (Some(failure), Some(via)) = (&mut self.failure, via)
            && !matches!(failure.cause, NetworkCause::Proxy | NetworkCause::ProxyRefusal)
        {
            failure.message = format!("{} (through the proxy {})", failure.message, via.name());
        }
        self
    }
}

impl From<Error> for Unanswered {
    fn from(error: Error) -> Unanswered {
        Unanswered { error, failure: None }
    }
}

/// Says why a request got no answer, to the guest and to people.
pub(crate) fn unanswered(error: &legacy::Error, to: &Uri, encrypted: bool) -> Unanswered {
    if !error.is_connect() {
        let failure = causes(error).find_map(|cause| Some(tls::broken(cause.downcast_ref()?, host(to))));
        return Unanswered { error: perhaps_sent(to_wasi(error)), failure };
    }
    let failure = failure(error, host(to));
    if !encrypted {
        return Unanswered { error: to_wasi(error), failure };
    }
    // Without a connection, nothing of the request was sent.
    let error_of_guest = match to_wasi(error) {
        // These would say that the request may have been sent.
        Error::TlsAlertReceived { .. }
        | Error::ConnectionTerminated
        | Error::HttpResponseIncomplete
        | Error::HttpProtocolError => Error::TlsProtocolError,
        error => error,
    };
    let failure = failure.or_else(|| of_handshake(error, host(to)));
    Unanswered { error: error_of_guest, failure }
}

/// Replaces an error that would say that nothing was sent. On a connection that had been made, a
/// request may have arrived.
fn perhaps_sent(error: Error) -> Error {
    match error {
        Error::ConnectionRefused
        | Error::ConnectionTimeout
        | Error::ConnectionLimitReached
        | Error::DestinationIpProhibited
        | Error::DestinationIpUnroutable
        | Error::DestinationNotFound
        | Error::DestinationUnavailable
        | Error::DnsError { .. }
        | Error::DnsTimeout
        | Error::HttpRequestDenied
        | Error::TlsCertificateError
        | Error::TlsProtocolError => Error::ConnectionTerminated,
        error => error,
    }
}

/// WASI's error for a failed request: that of the first cause in the chain that has one.
pub(crate) fn to_wasi(error: &(dyn std::error::Error + 'static)) -> Error {
    const SHOWN: usize = 1_000;
    let text: String = format!("{error:?}").chars().take(SHOWN).collect();
    tracing::debug!(error = text, "a request failed");
    causes(error).find_map(known_cause).unwrap_or(Error::HttpProtocolError)
}

fn known_cause(error: &(dyn std::error::Error + 'static)) -> Option<Error> {
    if let Some(Error::HttpRequestBodySize(size)) = error.downcast_ref() {
        return Some(Error::HttpRequestBodySize(*size));
    }
    if let Some(failure) = error.downcast_ref::<ProxyFailure>() {
        return Some(failure.to_wasi());
    }
    if let Some(error) = error.downcast_ref::<rustls::Error>() {
        return Some(match error {
            rustls::Error::InvalidCertificate(_) => Error::TlsCertificateError,
            rustls::Error::AlertReceived(alert) => Error::TlsAlertReceived {
                alert_id: Some(u8::from(*alert)),
                alert_message: Some(format!("{alert:?}")),
            },
            _ => Error::TlsProtocolError,
        });
    }
    if let Some(error) = error.downcast_ref::<hyper::Error>() {
        if error.is_incomplete_message() {
            return Some(Error::HttpResponseIncomplete);
        }
        if error.is_parse_too_large() {
            return Some(Error::HttpResponseHeaderSectionSize(None));
        }
        if error.is_parse() {
            return Some(Error::HttpProtocolError);
        }
        if error.is_timeout() {
            return Some(Error::ConnectionReadTimeout);
        }
        return None;
    }
    if let Some(error) = error.downcast_ref::<io::Error>() {
        return match error.kind() {
            io::ErrorKind::ConnectionRefused => Some(Error::ConnectionRefused),
            io::ErrorKind::TimedOut => Some(Error::ConnectionTimeout),
            io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
                Some(Error::DestinationUnavailable)
            }
            io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::NotConnected => Some(Error::ConnectionTerminated),
            io::ErrorKind::UnexpectedEof => Some(Error::HttpResponseIncomplete),
            _ => None,
        };
    }
    // hyper-util's type is private, so its text decides.
    (error.to_string() == "dns error").then_some(Error::DnsError { rcode: None, info_code: None })
}

/// Describes why a request to a host failed. `None` where the guest's code says it all.
fn failure(error: Cause<'_>, host: &str) -> Option<NetworkFailure> {
    causes(error).find_map(|cause| {
        if let Some(failure) = cause.downcast_ref() {
            return Some(of_proxy(failure));
        }
        cause.downcast_ref().map(|error| tls::failure(error, host))
    })
}

fn of_proxy(failure: &ProxyFailure) -> NetworkFailure {
    let cause = if failure.is_of_address() { NetworkCause::Proxy } else { NetworkCause::ProxyRefusal };
    NetworkFailure { cause, message: failure.to_string() }
}

/// Describes an encrypted connection that ended before it was one.
fn of_handshake(error: Cause<'_>, host: &str) -> Option<NetworkFailure> {
    let ended = |cause: Cause<'_>| {
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

/// Describes a connection that wasn't made in time.
pub(crate) fn late(proxy: &Proxy, to: &Uri, encrypted: bool) -> Option<NetworkFailure> {
    if let Some(failure) = ProxyFailure::late(proxy, to) {
        return Some(of_proxy(&failure));
    }
    encrypted.then(|| NetworkFailure {
        cause: NetworkCause::Tls,
        message: format!(
            "{} couldn't be connected to in time, or it didn't go on to agree on encryption",
            host(to)
        ),
    })
}

fn host(to: &Uri) -> &str {
    to.host().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_fault_of_a_connection_that_was_made_says_that_nothing_was_sent() {
        let of = |error: Cause<'_>| perhaps_sent(to_wasi(error));
        for error in [
            rustls::Error::DecryptError,
            rustls::Error::InvalidMessage(rustls::InvalidMessage::InvalidContentType),
            rustls::Error::InvalidCertificate(rustls::CertificateError::Expired),
            rustls::Error::PeerSentOversizedRecord,
        ] {
            assert!(matches!(of(&error), Error::ConnectionTerminated), "{error:?}");
            let wrapped = io::Error::new(io::ErrorKind::InvalidData, error);
            assert!(matches!(of(&wrapped), Error::ConnectionTerminated), "{wrapped:?}");
        }
        for kind in [
            io::ErrorKind::TimedOut,
            io::ErrorKind::HostUnreachable,
            io::ErrorKind::NetworkUnreachable,
            io::ErrorKind::ConnectionRefused,
            io::ErrorKind::ConnectionReset,
        ] {
            assert!(matches!(of(&io::Error::from(kind)), Error::ConnectionTerminated), "{kind:?}");
        }
        let alert = rustls::Error::AlertReceived(rustls::AlertDescription::InternalError);
        assert!(matches!(of(&alert), Error::TlsAlertReceived { .. }));
    }
}
