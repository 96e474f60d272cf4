//! The HTTP client that all sessions of a host share. It keeps connections and uses them again.

use crate::causes::causes;
use crate::limits::Limits;
use crate::proxy::Proxy;
use crate::traffic::Traffic;
use crate::tunnel::{Connector, ProxyFailure};
use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::{HttpConnector, capture_connection};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use std::io;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Sleep, sleep, timeout};
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody};

/// A client for each scheme, so that a request of `https` can't be sent in the clear.
pub(crate) struct Client {
    plain: legacy::Client<HttpConnector, WasiBody>,
    /// Made at its first use: a machine without certificates can still reach loopback.
    encrypted: OnceLock<Option<legacy::Client<HttpsConnector<Connector>, WasiBody>>>,
    limits: Limits,
    proxy: Proxy,
}

/// The three timeouts of a request. One that the guest doesn't set, or sets longer than the host's
/// limit, is the limit.
struct Timeouts {
    connect: Duration,
    first_byte: Duration,
    between_bytes: Duration,
}

impl Timeouts {
    fn of(options: Option<RequestOptions>, limits: &Limits) -> Timeouts {
        let options = options.unwrap_or_default();
        let shorter = |asked: Option<Duration>, longest| asked.map_or(longest, |asked| asked.min(longest));
        Timeouts {
            connect: shorter(options.connect_timeout, limits.connect),
            first_byte: shorter(options.first_byte_timeout, limits.first_byte),
            between_bytes: shorter(options.between_bytes_timeout, limits.between_bytes),
        }
    }
}

impl Client {
    pub(crate) fn new(limits: Limits, proxy: Proxy) -> Client {
        Client { plain: pool().build(connector(&limits)), encrypted: OnceLock::new(), limits, proxy }
    }

    /// Sends a request, and follows no redirect.
    pub(crate) async fn send(
        &self,
        mut request: Request<WasiBody>,
        encrypted: bool,
        options: Option<RequestOptions>,
        traffic: Arc<Traffic>,
    ) -> Result<Response<WasiBody>, Error> {
        let timeouts = Timeouts::of(options, &self.limits);
        let mut connection = capture_connection(&mut request);
        let to = request.uri().clone();
        let late = async {
            let connected = connection.wait_for_connection_metadata();
            if timeout(timeouts.connect, connected).await.is_err() {
                if let Some(failure) = ProxyFailure::late(&self.proxy, &to) {
                    tracing::warn!("{failure}");
                }
                return Error::ConnectionTimeout;
            }
            sleep(timeouts.first_byte).await;
            Error::ConnectionReadTimeout
        };
        let response =
            if encrypted { self.encrypted()?.request(request) } else { self.plain.request(request) };
        let response = tokio::select! {
            response = response => response.map_err(|error| to_wasi(&error))?,
            error = late => return Err(error),
        };
        Ok(response.map(|incoming| {
            TimedBody { incoming, between_bytes: timeouts.between_bytes, waiting: None, traffic }
                .boxed_unsync()
        }))
    }

    fn encrypted(&self) -> Result<&legacy::Client<HttpsConnector<Connector>, WasiBody>, Error> {
        let client = self.encrypted.get_or_init(|| {
            let mut tcp = connector(&self.limits);
            tcp.enforce_http(false);
            let builder = || {
                let provider = rustls::crypto::ring::default_provider();
                HttpsConnectorBuilder::new().with_provider_and_platform_verifier(provider)
            };
            let both = builder().and_then(|to_proxy| Ok((to_proxy, builder()?)));
            match both {
                Ok((to_proxy, builder)) => {
                    let to_proxy = to_proxy.https_or_http().enable_http1().wrap_connector(tcp.clone());
                    let connector = Connector::new(tcp, to_proxy, self.proxy.clone());
                    let https = builder.https_only().enable_all_versions().wrap_connector(connector);
                    Some(pool().build(https))
                }
                Err(error) => {
                    tracing::error!(%error, "this machine's trusted certificates can't be read");
                    None
                }
            }
        });
        client.as_ref().ok_or(Error::TlsCertificateError)
    }
}

fn connector(limits: &Limits) -> HttpConnector {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    connector.set_connect_timeout(Some(limits.connect));
    connector
}

fn pool() -> legacy::Builder {
    let mut builder = legacy::Client::builder(TokioExecutor::new());
    builder.timer(TokioTimer::new()).pool_timer(TokioTimer::new());
    builder
}

/// A body that counts its bytes, and fails if none comes for too long.
struct TimedBody {
    incoming: Incoming,
    between_bytes: Duration,
    /// Runs only while the guest waits for bytes: a guest that reads slowly is no fault of the
    /// network.
    waiting: Option<Pin<Box<Sleep>>>,
    traffic: Arc<Traffic>,
}

impl Body for TimedBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let this = &mut *self;
        match Pin::new(&mut this.incoming).poll_frame(context) {
            Poll::Ready(frame) => {
                this.waiting = None;
                let frame = frame.map(|frame| frame.map_err(|error| to_wasi(&error)));
                if let Some(Ok(frame)) = &frame {
                    this.traffic.received(frame.data_ref().map_or(0, Bytes::len));
                }
                Poll::Ready(frame)
            }
            Poll::Pending => {
                let between_bytes = this.between_bytes;
                let waiting = this.waiting.get_or_insert_with(|| Box::pin(sleep(between_bytes)));
                waiting.as_mut().poll(context).map(|()| Some(Err(Error::ConnectionReadTimeout)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}

/// WASI's error for a failed request: that of the first cause in the chain that has one.
fn to_wasi(error: &(dyn std::error::Error + 'static)) -> Error {
    tracing::debug!(?error, "a request failed");
    causes(error).find_map(known_cause).unwrap_or(Error::HttpProtocolError)
}

fn known_cause(error: &(dyn std::error::Error + 'static)) -> Option<Error> {
    if let Some(Error::HttpRequestBodySize(size)) = error.downcast_ref() {
        return Some(Error::HttpRequestBodySize(*size));
    }
    if let Some(failure) = error.downcast_ref::<ProxyFailure>() {
        tracing::warn!("{failure}");
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
