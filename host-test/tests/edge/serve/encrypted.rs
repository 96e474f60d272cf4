//! The service with TLS of its own.

use super::{Ours, variables};
use crate::asking::TOKEN;
use crate::common::served::{Served, command};
use bytes::Bytes;
use host_test::mock::{Account, Mock, Options};
use http::Request;
use http_body_util::{BodyExt, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{CertificateParams, KeyPair};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// A certificate for localhost, which signs itself, and its key: as files in a folder, and their texts.
fn certified(folder: &Path) -> [String; 2] {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
    let texts = [certificate.pem(), key.serialize_pem()];
    for (name, text) in ["chain.pem", "key.pem"].into_iter().zip(&texts) {
        std::fs::write(folder.join(name), text).unwrap();
    }
    texts
}

fn flags(folder: &TempDir) -> [String; 4] {
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    ["--certificate-file".to_owned(), file("chain.pem"), "--key-file".to_owned(), file("key.pem")]
}

/// Connects with one protocol of HTTP.
async fn connected(served: &Served, certificate: &str, protocol: &[u8]) -> TlsStream<TcpStream> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let mut config = versions.unwrap().with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![protocol.to_vec()];
    let socket = TcpStream::connect(("127.0.0.1", served.address.port())).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, socket).await.unwrap()
}

fn sync(uri: &str) -> Request<Full<Bytes>> {
    Request::post(uri)
        .header("host", "localhost")
        .header("authorization", format!("Bearer {TOKEN}"))
        .header("content-type", "application/json")
        .body(Full::from("{}"))
        .unwrap()
}

#[tokio::test]
async fn both_versions_of_http_are_answered_encrypted_and_plain_text_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let [certificate, key] = certified(folder.path());
    let flags = flags(&folder);
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    // With TLS, other machines may reach it.
    let arguments = [&["--addr", "0.0.0.0:0"], &flags[..]].concat();
    let ours = Ours::with(Account::company(), &arguments).await;
    assert!(ours.served.announced[0].starts_with("listening on https://0.0.0.0:"));

    let stream = connected(&ours.served, &certificate, b"http/1.1").await;
    let (mut send, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let first = send.send_request(sync("/v1/sync")).await.unwrap();
    assert_eq!(first.status(), 200);
    let first = first.into_body().collect().await.unwrap().to_bytes();

    let stream = connected(&ours.served, &certificate, b"h2").await;
    let executor = TokioExecutor::new();
    let (mut send, connection) =
        hyper::client::conn::http2::handshake(executor, TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let mut both = tokio::task::JoinSet::new();
    for _ in 0..2 {
        let asked = send.send_request(sync("https://localhost/v1/sync"));
        both.spawn(async move { asked.await.unwrap().into_body().collect().await.unwrap().to_bytes() });
    }
    for answer in both.join_all().await {
        assert!(answer == first, "the answers differ");
    }

    let plain = ours.trusted();
    let plain = crate::common::http::Client::at(
        format!("http://127.0.0.1:{}", ours.served.address.port()),
        &plain.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect::<Vec<_>>(),
    );
    assert!(plain.try_send_text(http::Method::GET, "/healthz", String::new()).await.is_err());
    let log: String = ours.served.lines().iter().map(ToString::to_string).collect();
    assert!(!log.contains(key.lines().nth(1).unwrap()) && !log.contains(TOKEN));
}

#[tokio::test]
async fn a_certificate_and_a_key_that_can_not_be_used_are_named_and_not_shown() {
    let mock = Mock::start(Account::company(), Options::default()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let [certificate, key] = certified(folder.path());
    let another = tempfile::tempdir().unwrap();
    let [_, another_key] = certified(another.path());
    for (chain, secret, expected) in [
        ("", &*key, "--certificate-file: "),
        (&key, &key, "no certificate in PEM form"),
        (&certificate, &certificate, "no private key in PEM form"),
        (&certificate, &another_key, "not the key of the first certificate"),
    ] {
        std::fs::write(folder.path().join("chain.pem"), chain).unwrap();
        std::fs::write(folder.path().join("key.pem"), secret).unwrap();
        let flags = flags(&folder);
        let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
        let output = command(&[&["--addr", "127.0.0.1:0"], &flags[..]].concat(), &variables(&mock)).output();
        let output = output.unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{told}");
        assert!(told.contains(expected), "{told}");
        for secret in [&key, &another_key] {
            assert!(!told.contains(secret.lines().nth(1).unwrap()), "{told}");
        }
    }
}
