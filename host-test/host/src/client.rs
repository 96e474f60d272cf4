//! The HTTP client that all sessions of a host share. It keeps connections and uses them again.

use crate::authorities::Authorities;
use crate::config::Config;
use crate::limits::Limits;
use crate::network_failure::NetworkFailure;
use crate::proxy::Proxy;
use crate::tls;
use crate::traffic::Traffic;
use crate::tunnel::Connector;
use crate::unanswered::{Unanswered, late, to_wasi, unanswered};
use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::{HttpConnector, capture_connection};
use hyper_util::rt::{TokioExecutor, TokioTimer};
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
    encrypted: OnceLock<Result<Encrypted, NetworkFailure>>,
    limits: Limits,
    authorities: Authorities,
    proxy: Proxy,
    /// Whether a request that couldn't be sent on a used connection is sent on another one.
    repeats: bool,
}

type Encrypted = legacy::Client<HttpsConnector<Connector>, WasiBody>;

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
    pub(crate) fn new(config: &Config) -> Client {
        Self::with(config, true)
    }

    /// Makes a client that repeats no request by itself. The other one sends a request again if the
    /// connection that it took was closed in that moment, before anything was sent.
    pub(crate) fn that_sends_once(config: &Config) -> Client {
        Self::with(config, false)
    }

    fn with(config: &Config, repeats: bool) -> Client {
        let Config { limits, authorities, proxy, .. } = config.clone();
        let plain = pool(repeats).build(connector(&limits));
        Client { plain, encrypted: OnceLock::new(), limits, authorities, proxy, repeats }
    }

    /// Sends a request, and follows no redirect.
    pub(crate) async fn send(
        &self,
        mut request: Request<WasiBody>,
        encrypted: bool,
        options: Option<RequestOptions>,
        traffic: Arc<Traffic>,
    ) -> Result<Response<WasiBody>, Unanswered> {
        let timeouts = Timeouts::of(options, &self.limits);
        let mut connection = capture_connection(&mut request);
        let to = request.uri().clone();
        let late = async {
            let connected = connection.wait_for_connection_metadata();
            if timeout(timeouts.connect, connected).await.is_err() {
                return Unanswered {
                    error: Error::ConnectionTimeout,
                    failure: late(&self.proxy, &to, encrypted),
                };
            }
            sleep(timeouts.first_byte).await;
            Error::ConnectionReadTimeout.into()
        };
        let response =
            if encrypted { self.encrypted()?.request(request) } else { self.plain.request(request) };
        let response = tokio::select! {
            response = response => response
                .map_err(|error| unanswered(&error, &to, encrypted).through(&self.proxy, &to))?,
            failed = late => return Err(failed),
        };
        Ok(response.map(|incoming| {
            TimedBody { incoming, between_bytes: timeouts.between_bytes, waiting: None, traffic }
                .boxed_unsync()
        }))
    }

    fn encrypted(&self) -> Result<&Encrypted, Unanswered> {
        let client = self.encrypted.get_or_init(|| {
            let config = tls::client(&self.authorities).map_err(|error| tls::no_authority(&error))?;
            let mut tcp = connector(&self.limits);
            tcp.enforce_http(false);
            let builder = || HttpsConnectorBuilder::new().with_tls_config(config.clone());
            let to_proxy = builder().https_or_http().enable_http1().wrap_connector(tcp.clone());
            let connector = Connector::new(tcp, to_proxy, self.proxy.clone());
            Ok(pool(self.repeats)
                .build(builder().https_only().enable_all_versions().wrap_connector(connector)))
        });
        client.as_ref().map_err(|failure| {
            let failure = Some(failure.clone());
            Unanswered { error: Error::TlsCertificateError, failure }
        })
    }
}

fn connector(limits: &Limits) -> HttpConnector {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    connector.set_connect_timeout(Some(limits.connect));
    connector
}

fn pool(repeats: bool) -> legacy::Builder {
    let mut builder = legacy::Client::builder(TokioExecutor::new());
    builder.timer(TokioTimer::new()).pool_timer(TokioTimer::new()).retry_canceled_requests(repeats);
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
