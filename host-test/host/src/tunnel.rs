//! Connections to origins: directly, or in a tunnel that a proxy opens with `CONNECT`.
//!
//! hyper speaks to the proxy. hyper-util has a tunnel of its own, but its error is the same for a
//! refusal, for a host that the proxy can't reach, and for an answer that isn't HTTP.

use crate::causes::causes;
use crate::proxy::{Proxy, Via};
use bytes::Bytes;
use http::header::{HOST, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION};
use http::{HeaderMap, Request, Response, StatusCode, Uri};
use http_body_util::Empty;
use hyper::client::conn::http1;
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioIo;
use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use tokio::net::TcpStream;
use tower_service::Service;
use wasmtime_wasi_http::Error;

/// A connection to an origin, before its own encryption: encrypted only towards a proxy with TLS.
type Connection = MaybeHttpsStream<TokioIo<TcpStream>>;
type BoxError = Box<dyn StdError + Send + Sync>;

/// Connects to origins of `https`, and leaves their encryption to its user.
#[derive(Clone)]
pub(crate) struct Connector {
    direct: HttpConnector,
    to_proxy: HttpsConnector<HttpConnector>,
    proxy: Proxy,
}

impl Connector {
    pub(crate) fn new(
        direct: HttpConnector,
        to_proxy: HttpsConnector<HttpConnector>,
        proxy: Proxy,
    ) -> Connector {
        Connector { direct, to_proxy, proxy }
    }
}

impl Service<Uri> for Connector {
    type Response = Connection;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Connection, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.direct.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        match self.proxy.for_request_to(&to) {
            None => {
                let connecting = self.direct.call(to);
                Box::pin(async move { Ok(connecting.await?.into()) })
            }
            Some(via) => {
                let connecting = self.to_proxy.call(via.address.clone());
                Box::pin(async move {
                    let opened = match connecting.await {
                        Ok(connection) => open(connection, &to, &via).await,
                        Err(error) => Err(unreachable(&*error)),
                    };
                    opened.map_err(|why| ProxyFailure { via, why }.into())
                })
            }
        }
    }
}

/// The host and the port of an address, as `CONNECT` names them.
fn target(to: &Uri) -> String {
    format!("{}:{}", to.host().unwrap_or_default(), to.port_u16().unwrap_or(443))
}

/// Asks a proxy for a tunnel, and returns the connection that goes through it.
async fn open(connection: Connection, to: &Uri, via: &Via) -> Result<Connection, Why> {
    let target = target(to);
    let mut request = Request::connect(&target).header(HOST, &target);
    if let Some(credentials) = &via.credentials {
        request = request.header(PROXY_AUTHORIZATION, credentials);
    }
    let request = request.body(Empty::<Bytes>::new()).map_err(|_| Why::NotHttp)?;
    let (mut sender, connection) = http1::handshake(connection).await.map_err(|error| silent(&error))?;
    let answer = async move {
        let response = sender.send_request(request).await.map_err(|error| silent(&error))?;
        if !response.status().is_success() {
            let with_credentials = via.credentials.is_some();
            return Err(Why::Refused(Refusal::of(&response, target, with_credentials)));
        }
        hyper::upgrade::on(response).await.map_err(|error| silent(&error))
    };
    let mut answer = pin!(answer);
    let tunnel = tokio::select! {
        tunnel = &mut answer => tunnel?,
        // It ends when it hands the tunnel over, or fails; the answer then says which.
        _ = connection.with_upgrades() => answer.await?,
    };
    match tunnel.downcast::<Connection>() {
        // A server of TLS speaks second.
        Ok(parts) if parts.read_buf.is_empty() => Ok(parts.io),
        _ => Err(Why::NotHttp),
    }
}

/// The failure of a proxy: there is no connection, and no request was sent.
#[derive(Debug)]
pub(crate) struct ProxyFailure {
    via: Via,
    why: Why,
}

#[derive(Debug, PartialEq, Eq)]
enum Why {
    NameNotFound,
    ConnectionRefused,
    Late,
    Unreachable,
    /// The proxy is one with TLS, and its certificate isn't trusted.
    Certificate,
    Tls,
    Closed,
    NotHttp,
    /// There was no connection to this host and port when the request's time for it was over.
    NoTunnelInTime(String),
    Refused(Refusal),
}

/// The answer of a proxy that opens no tunnel.
#[derive(Debug, PartialEq, Eq)]
struct Refusal {
    status: StatusCode,
    /// The host and the port that were asked for.
    target: String,
    with_credentials: bool,
    /// The ways to authenticate that the proxy offers.
    schemes: Vec<&'static str>,
}

impl Refusal {
    fn of<B>(response: &Response<B>, target: String, with_credentials: bool) -> Refusal {
        let (status, schemes) = (response.status(), schemes(response.headers()));
        Refusal { status, target, with_credentials, schemes }
    }

    /// Whether the same request may succeed a little later.
    fn is_passing(&self) -> bool {
        // Asked again, a proxy that refuses would say the same; and a wrong password that is sent again
        // and again gets its owner locked out.
        let status = self.status;
        !status.is_client_error()
            || matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS)
    }

    fn takes_password(&self) -> bool {
        self.schemes.is_empty() || self.schemes.contains(&"Basic")
    }
}

/// The ways to authenticate that proxies offer. A name from the network isn't shown: it could be what the
/// proxy was sent, which is a secret.
/// <https://www.iana.org/assignments/http-authschemes/>, and those of Windows.
const SCHEMES: [&str; 6] = ["Basic", "Digest", "Negotiate", "NTLM", "Kerberos", "Bearer"];
/// The name of every other way.
const ANOTHER: &str = "another way";

/// The ways to authenticate that an answer offers. A header can offer several, with commas between them,
/// and commas between the parameters of each (RFC 9110, section 11.6.1).
fn schemes(headers: &HeaderMap) -> Vec<&'static str> {
    let mut found = Vec::new();
    for header in headers.get_all(PROXY_AUTHENTICATE) {
        let text = String::from_utf8_lossy(header.as_bytes());
        let before = found.len();
        for part in text.split(',') {
            let word = part.split_ascii_whitespace().next().unwrap_or_default();
            let known = SCHEMES.into_iter().find(|name| name.eq_ignore_ascii_case(word));
            found.extend(known);
        }
        if found.len() == before {
            found.push(ANOTHER);
        }
    }
    let mut schemes = Vec::new();
    for name in found {
        if !schemes.contains(&name) {
            schemes.push(name);
        }
    }
    schemes
}

/// The reason why there is no connection to a proxy.
fn unreachable(error: &(dyn StdError + 'static)) -> Why {
    causes(error).find_map(reason).unwrap_or(Why::Unreachable)
}

fn reason(cause: &(dyn StdError + 'static)) -> Option<Why> {
    if let Some(error) = cause.downcast_ref::<rustls::Error>() {
        let untrusted = matches!(error, rustls::Error::InvalidCertificate(_));
        return Some(if untrusted { Why::Certificate } else { Why::Tls });
    }
    if let Some(error) = cause.downcast_ref::<io::Error>() {
        return match error.kind() {
            io::ErrorKind::ConnectionRefused => Some(Why::ConnectionRefused),
            io::ErrorKind::TimedOut => Some(Why::Late),
            io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset => Some(Why::Closed),
            _ => None,
        };
    }
    // hyper-util's type is private, so its text decides.
    (cause.to_string() == "dns error").then_some(Why::NameNotFound)
}

/// The reason why a proxy gave no answer to a request.
fn silent(error: &hyper::Error) -> Why {
    if error.is_parse() || error.is_parse_too_large() { Why::NotHttp } else { Why::Closed }
}

impl ProxyFailure {
    /// The failure of a request whose time to connect is over, if it goes through a proxy.
    pub(crate) fn late(proxy: &Proxy, to: &Uri) -> Option<ProxyFailure> {
        let via = proxy.for_request_to(to)?;
        Some(ProxyFailure { via, why: Why::NoTunnelInTime(target(to)) })
    }

    /// Whether the proxy itself can't be reached, or may be no proxy, so that its address may be wrong.
    pub(crate) fn is_of_address(&self) -> bool {
        match &self.why {
            Why::NameNotFound
            | Why::ConnectionRefused
            | Why::Late
            | Why::Unreachable
            | Why::Certificate
            | Why::Tls
            | Why::Closed
            | Why::NotHttp
            | Why::NoTunnelInTime(_) => true,
            Why::Refused(refusal) => {
                !matches!(refusal.status.as_u16(), 401 | 403 | 407 | 408 | 429 | 500 | 502..=504)
            }
        }
    }

    /// Returns WASI's error. It is one of those which say that the request wasn't sent.
    pub(crate) fn to_wasi(&self) -> Error {
        match &self.why {
            Why::NameNotFound => Error::DnsError { rcode: None, info_code: None },
            Why::ConnectionRefused => Error::ConnectionRefused,
            Why::Late | Why::NoTunnelInTime(_) => Error::ConnectionTimeout,
            Why::Certificate => Error::TlsCertificateError,
            Why::Tls => Error::TlsProtocolError,
            Why::Refused(refusal) if !refusal.is_passing() => Error::HttpRequestDenied,
            Why::Refused(_) | Why::Unreachable | Why::Closed | Why::NotHttp => Error::DestinationUnavailable,
        }
    }
}

impl fmt::Display for ProxyFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the proxy {} ", self.via.name())?;
        match &self.why {
            Why::NameNotFound => f.write_str("can't be found: its name has no address"),
            Why::ConnectionRefused => f.write_str("refuses connections: check its host and its port"),
            Why::Late => f.write_str("can't be reached: connecting to it took too long"),
            Why::Unreachable => f.write_str("can't be reached from this machine"),
            Why::Certificate => f.write_str("has a certificate that this machine doesn't trust"),
            Why::Tls => f.write_str(
                "can't agree on encryption: its address begins with https://, and most proxies are reached \
                 with http://",
            ),
            Why::Closed => f.write_str("closed the connection and opened no tunnel"),
            Why::NotHttp => f.write_str(
                "answered with something that isn't HTTP: at its address there may be another service",
            ),
            Why::NoTunnelInTime(target) => write!(f, "made no connection to {target} in time"),
            Why::Refused(refusal) => refusal.fmt(f),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (target, status) = (&self.target, self.status.as_u16());
        match status {
            407 if !self.takes_password() => write!(
                f,
                "wants to know who asks (407) by {}, and this program can only give a user name and a \
                 password (Basic): a local proxy that knows more can stand between them",
                self.schemes.join(" or ")
            ),
            // tinyproxy answers a wrong password with 401.
            401 | 407 if self.with_credentials => {
                write!(f, "doesn't accept the user name and the password of its address ({status})")
            }
            407 => f.write_str(
                "wants a user name and a password (407): they belong into its address, as in \
                 http://user:password@proxy.example:3128",
            ),
            403 => write!(f, "doesn't allow connections to {target} (403): whoever runs it can allow them"),
            408 => write!(f, "took too long to connect to {target} (408)"),
            429 => write!(f, "is too busy to connect to {target} (429)"),
            // tinyproxy means the same by 500 as others by 502 to 504.
            500 | 502..=504 => write!(f, "can't connect to {target} ({status})"),
            _ => write!(
                f,
                "opens no tunnel to {target} ({status}): at its address there may be a server that is no \
                 proxy for https"
            ),
        }
    }
}

impl StdError for ProxyFailure {}

#[cfg(test)]
mod tests {
    use super::*;

    fn offered(headers: &[&str]) -> Vec<&'static str> {
        let headers = headers.iter().map(|value| (PROXY_AUTHENTICATE, value.parse().unwrap()));
        schemes(&headers.collect())
    }

    #[test]
    fn the_ways_to_authenticate_are_known_names_alone() {
        for (headers, names) in [
            (&["Basic realm=\"x\""][..], &["Basic"][..]),
            (&["Negotiate, Basic realm=\"x\""], &["Negotiate", "Basic"]),
            (&["Basic realm=\"a, b\", charset=\"UTF-8\",NTLM"], &["Basic", "NTLM"]),
            (&["Digest realm=\"x\", nonce=\"y\", qop=auth", "ntlm"], &["Digest", "NTLM"]),
            (&["Negotiate", "NTLM", "Negotiate"], &["Negotiate", "NTLM"]),
            (&["hunter2-canary realm=x", "YW5uOmh1bnRlcjI="], &[ANOTHER]),
            (&["NTLM", "hunter2-canary"], &["NTLM", ANOTHER]),
            (&[""], &[ANOTHER]),
            (&[], &[]),
        ] {
            assert_eq!(offered(headers), names, "{headers:?}");
        }
    }
}
