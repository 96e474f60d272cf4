//! A certificate authority that a test makes, and a server with its certificate before a mock.

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use time::{Duration, OffsetDateTime};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

/// The names of a good certificate.
pub const NAMES: [&str; 4] = ["localhost", "127.0.0.1", "::1", "api.cloudflare.example"];
/// The name of a certificate that is for another server.
pub const ANOTHER_NAME: &str = "another.example";

/// A certificate authority.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

/// The certificate of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certificate {
    /// For [`NAMES`], today.
    Good,
    /// For [`NAMES`], until yesterday.
    Expired,
    /// For [`NAMES`], from tomorrow on.
    NotYetValid,
    /// For [`ANOTHER_NAME`].
    ForAnotherName,
}

/// The versions of HTTP that a server offers by ALPN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offers {
    Http1,
    Http2,
    Both,
    /// No ALPN at all.
    Nothing,
}

impl Authority {
    /// Makes an authority with this name.
    pub fn new(name: &str) -> Authority {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let pem = params.self_signed(&key).unwrap().pem();
        Authority { issuer: Issuer::new(params, key), pem }
    }

    /// Returns its own certificate, which clients are to trust.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// Makes a certificate, and the configuration of a server that has it.
    pub fn server(&self, certificate: Certificate, offers: Offers) -> Arc<ServerConfig> {
        let (chain, key) = self.certified(certificate);
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let versions = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let mut config = versions.unwrap().with_no_client_auth().with_single_cert(vec![chain], key).unwrap();
        config.alpn_protocols = match offers {
            Offers::Http1 => vec![b"http/1.1".to_vec()],
            Offers::Http2 => vec![b"h2".to_vec()],
            Offers::Both => vec![b"h2".to_vec(), b"http/1.1".to_vec()],
            Offers::Nothing => Vec::new(),
        };
        Arc::new(config)
    }

    fn certified(&self, certificate: Certificate) -> (CertificateDer<'static>, PrivateKeyDer<'static>) {
        let names = match certificate {
            Certificate::ForAnotherName => vec![ANOTHER_NAME.to_owned()],
            _ => NAMES.map(str::to_owned).to_vec(),
        };
        let (today, day) = (OffsetDateTime::now_utc(), Duration::days(1));
        let mut params = CertificateParams::new(names).unwrap();
        (params.not_before, params.not_after) = match certificate {
            Certificate::Expired => (today - day * 30, today - day),
            Certificate::NotYetValid => (today + day, today + day * 30),
            _ => (today - day, today + day * 30),
        };
        let key = KeyPair::generate().unwrap();
        let signed = params.signed_by(&key, &self.issuer).unwrap();
        (signed.der().clone(), PrivatePkcs8KeyDer::from(key.serialize_der()).into())
    }
}

/// A server that speaks TLS, and hands on what it decrypts to another one. Dropping it ends it.
pub struct TlsFront {
    address: SocketAddr,
    seen: Arc<Seen>,
    serving: JoinHandle<()>,
}

/// The connections that a server has seen.
#[derive(Default)]
struct Seen {
    accepted: AtomicUsize,
    /// The protocol that ALPN chose, for each handshake that both sides finished.
    protocols: Mutex<Vec<String>>,
}

impl TlsFront {
    /// Starts a server on loopback before the one at `behind`.
    pub async fn start(behind: SocketAddr, config: Arc<ServerConfig>) -> TlsFront {
        Self::serve(behind, vec![config], false).await
    }

    /// Starts a server of HTTP/1.1 that takes one request on each connection. The nth connection is
    /// shown the nth certificate, and each further one the last.
    pub async fn start_in_turn(behind: SocketAddr, configs: Vec<Arc<ServerConfig>>) -> TlsFront {
        Self::serve(behind, configs, true).await
    }

    async fn serve(behind: SocketAddr, configs: Vec<Arc<ServerConfig>>, one_request: bool) -> TlsFront {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::<Seen>::default();
        let counted = Arc::clone(&seen);
        let serving = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let number = counted.accepted.fetch_add(1, Ordering::SeqCst);
                let config = &configs[number.min(configs.len() - 1)];
                let acceptor = TlsAcceptor::from(Arc::clone(config));
                connections.spawn(converse(stream, acceptor, behind, one_request, Arc::clone(&counted)));
            }
        });
        TlsFront { address, seen, serving }
    }

    /// Returns the address that it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns `https://localhost:PORT/client/v4`.
    pub fn base_url(&self) -> String {
        format!("https://localhost:{}/client/v4", self.address.port())
    }

    /// Returns the number of connections so far, whatever became of them.
    pub fn accepted(&self) -> usize {
        self.seen.accepted.load(Ordering::SeqCst)
    }

    /// Returns the protocol of each handshake that was finished: `h2`, `http/1.1`, or nothing.
    pub fn protocols(&self) -> Vec<String> {
        self.seen.protocols.lock().unwrap().clone()
    }
}

impl Drop for TlsFront {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// Takes one connection, and copies bytes until an end closes. A handshake or a connection that fails
/// is the client's affair, so no error is reported here.
async fn converse(
    stream: TcpStream,
    acceptor: TlsAcceptor,
    behind: SocketAddr,
    one_request: bool,
    seen: Arc<Seen>,
) {
    let Ok(mut stream) = acceptor.accept(stream).await else { return };
    let protocol = stream.get_ref().1.alpn_protocol().unwrap_or_default();
    seen.protocols.lock().unwrap().push(String::from_utf8_lossy(protocol).into_owned());
    if let Ok(mut behind) = TcpStream::connect(behind).await {
        let _ = behind.set_nodelay(true);
        let copied = if one_request {
            answer_once(&mut stream, &mut behind).await
        } else {
            copy_bidirectional(&mut stream, &mut behind).await.map(|_| ())
        };
        let _ = copied;
    }
}

/// Copies a request and its answer, which it makes the last one of the connection.
async fn answer_once(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    behind: &mut TcpStream,
) -> io::Result<()> {
    let (mut request, mut to_server) = tokio::io::split(stream);
    let (mut answer, mut from_client) = behind.split();
    let there = async { copy(&mut request, &mut from_client).await.map(|_| ()) };
    let back = async {
        let mut line = Vec::new();
        while !line.ends_with(b"\r\n") {
            line.push(answer.read_u8().await?);
        }
        line.extend_from_slice(b"connection: close\r\n");
        to_server.write_all(&line).await?;
        copy(&mut answer, &mut to_server).await.map(|_| ())
    };
    tokio::try_join!(there, back).map(|_| ())
}
