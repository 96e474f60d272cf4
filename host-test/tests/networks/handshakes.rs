//! Servers with which encryption can't be agreed on. Nothing of a request is sent to them.

use crate::common::setup::host_with;
use crate::common::tls::{Certificate, Offers};
use crate::support::{Encrypted, impatient, trusting};
use connector_host::contract::ErrorKind;
use connector_host::{Config, HostError, NetworkCause};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// An answer to the first message of a client of TLS.
#[derive(Clone, Copy, Debug)]
enum Answer {
    /// None, and the connection stays open.
    Silence,
    Closed,
    Reset,
    Bytes(&'static [u8]),
}

/// The alert `protocol_version`, in a record of TLS 1.0 (RFC 5246, 7.2).
const WRONG_VERSION: &[u8] = &[21, 3, 1, 0, 2, 2, 70];
/// The alert `handshake_failure`.
const HANDSHAKE_FAILURE: &[u8] = &[21, 3, 3, 0, 2, 2, 40];
/// A `ServerHello` that chooses TLS 1.1 (RFC 4346, 7.4.1.3).
const OLD_HELLO: &[u8] = &[
    22, 3, 2, 0, 42, 2, 0, 0, 38, 3, 2, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
    7, 7, 7, 7, 7, 7, 7, 7, 7, 0, 0, 47, 0,
];

/// Starts a server that answers each client so. Returns its address, and the number of connections.
async fn start(answer: Answer) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let accepted = Arc::<AtomicUsize>::default();
    let counted = Arc::clone(&accepted);
    tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            open.extend(reply(&mut stream, answer).await.then_some(stream));
        }
    });
    (address, accepted)
}

/// Answers a client. Returns whether the connection stays open.
async fn reply(stream: &mut TcpStream, answer: Answer) -> bool {
    let mut hello = [0; 4096];
    match answer {
        Answer::Silence => return true,
        // What isn't read makes the end a reset.
        Answer::Reset => stream.readable().await.unwrap(),
        Answer::Closed => drop(stream.read(&mut hello).await.unwrap()),
        Answer::Bytes(bytes) => {
            assert!(stream.read(&mut hello).await.unwrap() > 0);
            stream.write_all(bytes).await.unwrap();
            stream.shutdown().await.unwrap();
            return true;
        }
    }
    false
}

#[tokio::test]
async fn what_is_no_tls_of_today_is_named_and_gets_no_request() {
    let encrypted = Encrypted::new(Certificate::Good, Offers::Http1).await;
    let authorities = trusting(&encrypted.authority);
    let host = host_with(Config { limits: impatient(), authorities, ..Config::default() }).await;
    let encrypted =
        Encrypted { inner: crate::common::setup::HostAndMock { host, ..encrypted.inner }, ..encrypted };
    for (answer, words) in [
        (
            Answer::Bytes(b"HTTP/1.1 400 Bad Request\r\n\r\n"),
            "doesn't answer in TLS: at this port there may be",
        ),
        (Answer::Bytes(b"SSH-2.0-OpenSSH_9.9\r\n"), "doesn't answer in TLS"),
        (Answer::Bytes(WRONG_VERSION), "speaks no version of TLS that can be used: this program speaks 1.2"),
        (Answer::Bytes(OLD_HELLO), "speaks no version of TLS that can be used"),
        (Answer::Bytes(HANDSHAKE_FAILURE), "ended the encryption with the alert HandshakeFailure"),
        (Answer::Closed, "closed the connection before encryption was agreed on"),
        (Answer::Reset, "closed the connection before encryption was agreed on"),
        (Answer::Silence, "couldn't be connected to in time, or it didn't go on to agree on encryption"),
    ] {
        let (address, accepted) = start(answer).await;
        let mut session = encrypted.open_at(&format!("https://localhost:{}/client/v4", address.port())).await;
        let error = session.read(&[], None).await.unwrap_err();
        let HostError::Network { error, failure } = error else { panic!("{answer:?}: {error}") };
        assert_eq!(error.kind, ErrorKind::Unavailable, "{answer:?}");
        assert_eq!(failure.cause, NetworkCause::Tls, "{answer:?}");
        assert!(failure.message.contains(words), "{answer:?}: {failure}");
        assert!(accepted.load(Ordering::SeqCst) > 0, "{answer:?}");
        // The connector knows for certain that nothing was sent.
        assert!(!error.message.contains("broken off"), "{answer:?}: {}", error.message);
    }
}

#[tokio::test]
async fn a_server_of_plain_http_is_named() {
    let encrypted = Encrypted::new(Certificate::Good, Offers::Http1).await;
    let url = encrypted.inner.mock.base_url().replace("http:", "https:");
    let error = encrypted.open_at(&url).await.read(&[], None).await.unwrap_err();
    assert!(error.to_string().contains("127.0.0.1"), "{error}");
    assert!(
        matches!(&error, HostError::Network { failure, .. } if failure.cause == NetworkCause::Tls),
        "{error}"
    );
    assert_eq!(encrypted.inner.mock.request_count(), 0);
}
