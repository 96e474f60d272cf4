//! The bodies of requests, and the end of requests.

use crate::server::Server;
use crate::support::{Bench, read, say_one, short};
use connector_host::{HostError, Limit, Limits};
use std::time::Duration;
use tokio::time::timeout;

#[tokio::test]
async fn a_body_without_an_end_is_cut_off() {
    let limits = Limits { request_body_bytes: 100_000, call: Duration::from_secs(10), ..Limits::default() };
    let bench = Bench::new(limits).await;
    let server = Server::silent().await;
    let mut session = bench.to(&server).await;
    let words = ["http-body", "GET", "http", &server.authority(), "/", "content-length: 1000000000"];
    let said = say_one(&mut session, &words).await;
    assert!(said.starts_with("HttpRequestBodySize"), "{said}");
    assert!(server.seen().body_bytes <= 100_000, "{}", server.seen().body_bytes);
    bench.lives_on().await;
}

#[tokio::test]
async fn a_request_ends_with_its_session() {
    let bench = Bench::new(short()).await;
    let server = Server::silent().await;
    let mut session = bench.to(&server).await;
    let error = read(&mut session, &["http", "GET", "http", &server.authority(), "/"]).await.unwrap_err();
    let limit = Limit::Time(short().call);
    assert!(matches!(error, HostError::LimitExceeded { call: "read", limit: of } if of == limit), "{error}");
    // The session is still there; its request isn't.
    let gone = async {
        while server.seen().open > 0 {
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_secs(10), gone).await.expect("the connection ends");
    assert_eq!(session.traffic().requests, 1);
    bench.lives_on().await;
}
