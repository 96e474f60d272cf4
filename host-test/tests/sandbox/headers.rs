//! Headers can't change a request's meaning or its target.

use crate::server::Server;
use crate::support::{Bench, say_one};
use connector_host::Limits;

#[tokio::test]
async fn headers_of_the_connection_are_the_hosts_own() {
    let bench = Bench::new(Limits::default()).await;
    let server = Server::start().await;
    let mut session = bench.to(&server).await;
    for header in [
        "host: evil.example",
        "Host: evil.example",
        "HOST: evil.example",
        "transfer-encoding: chunked",
        "Transfer-Encoding: identity",
        "connection: close",
        "connection: upgrade",
        "upgrade: websocket",
        "keep-alive: timeout=600",
        "proxy-connection: keep-alive",
        "proxy-authorization: Basic eA==",
        "proxy-authenticate: Basic",
        "http2-settings: x",
    ] {
        let said = say_one(&mut session, &["http", "GET", "http", &server.authority(), "/", header]).await;
        assert!(said.starts_with("refused: header ") && said.contains("Forbidden"), "{header}: {said}");
    }
    server.assert_untouched().await;
    bench.lives_on().await;
}

#[tokio::test]
async fn a_line_break_makes_no_header_of_its_own() {
    let bench = Bench::new(Limits::default()).await;
    let server = Server::start().await;
    let mut session = bench.to(&server).await;
    for header in [
        "x: a\r\nhost: evil.example",
        "x: a\nhost: evil.example",
        "x: a\rhost: evil.example",
        "x: a\0b",
        "x\r\nhost: evil.example",
        "x\nhost: evil.example",
        "host : evil.example",
        " host: evil.example",
        ":authority: evil.example",
        ": evil.example",
    ] {
        let said = say_one(&mut session, &["http", "GET", "http", &server.authority(), "/", header]).await;
        assert!(said.starts_with("refused: header ") && said.contains("InvalidSyntax"), "{header:?}: {said}");
    }
    server.assert_untouched().await;
    bench.lives_on().await;
}

#[tokio::test]
async fn a_length_that_is_not_so_is_not_sent() {
    let bench = Bench::new(Limits::default()).await;
    let server = Server::start().await;
    let mut session = bench.to(&server).await;
    let address = server.authority();
    let request = ["http", "GET", "http", &address, "/"];
    for length in ["content-length: 5", "content-length: -5", "content-length: +5", "content-length: 5, 5"] {
        let said = say_one(&mut session, &[&request[..], &[length]].concat()).await;
        assert!(
            said.starts_with("HttpRequestBodySize") || said.starts_with("refused: header"),
            "{length}: {said}"
        );
    }
    let twice = ["content-length: 0", "content-length: 0"];
    let said = say_one(&mut session, &[&request[..], &twice].concat()).await;
    assert!(said.starts_with("refused: header content-length"), "{said}");
    server.assert_untouched().await;
    bench.lives_on().await;
}
