//! A proxy opens the way to the allowed origins, and to nothing else.

use crate::server::Server;
use crate::support::{Bench, say_one};
use connector_host::{Cache, Config, Host, Limits, Origin, Proxy, Session};

const DENIED: &str = "HttpRequestDenied";

/// Opens a session of the hostile connector that may reach these origins, through this proxy.
async fn through(proxy: &Server, origins: &[&str]) -> Session {
    let cache = Cache::Directory(concat!(env!("CARGO_TARGET_TMPDIR"), "/compiled").into());
    let url = format!("http://ann:canary-7f3a@{}", proxy.address);
    let config = Config { cache, proxy: Proxy::new(&url, "").unwrap(), ..Config::default() };
    let host = Host::new(guests::HOSTILE, config).await.unwrap();
    let origins: Vec<Origin> = origins.iter().map(|origin| origin.parse().unwrap()).collect();
    host.open_to(origins, "", &[]).await.unwrap()
}

/// Starts a server that refuses every tunnel.
async fn refusing() -> Server {
    Server::answering("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n".to_owned()).await
}

#[tokio::test]
async fn no_tunnel_leads_to_another_address() {
    let bench = Bench::new(Limits::default()).await;
    let (proxy, other) = (refusing().await, Server::start().await);
    let mut session = through(&proxy, &["https://api.example:8443"]).await;
    for (scheme, authority) in [
        // The proxy itself, as an origin.
        ("http", proxy.authority()),
        ("https", proxy.authority()),
        // Other addresses behind it.
        ("https", "api.example".to_owned()),
        ("https", "api.example:443".to_owned()),
        ("https", "api.example:22".to_owned()),
        ("https", "evil.example:8443".to_owned()),
        ("https", "api.example.:8443".to_owned()),
        ("https", other.authority()),
        ("http", other.authority()),
        ("http", "api.example:8443".to_owned()),
        ("https", "api.example:8443@evil.example:8443".to_owned()),
        ("https", "evil.example:8443@api.example:8443".to_owned()),
    ] {
        let said = say_one(&mut session, &["http", "GET", scheme, &authority, "/"]).await;
        assert!(said == DENIED || said.starts_with("refused: "), "{scheme} {authority}: {said}");
    }
    // A tunnel of the guest's own.
    let said = say_one(&mut session, &["http", "CONNECT", "https", "api.example:8443", "/"]).await;
    assert_eq!(said, DENIED);
    proxy.assert_untouched().await;
    other.assert_untouched().await;
    bench.lives_on().await;
}

#[tokio::test]
async fn a_tunnel_is_asked_for_with_the_hosts_own_headers() {
    let bench = Bench::new(Limits::default()).await;
    let proxy = refusing().await;
    let mut session = through(&proxy, &["https://api.example:8443"]).await;
    let request = ["http", "GET", "https", "api.example:8443", "/secret-path?x=1"];
    for header in ["proxy-authorization: Basic eA==", "Proxy-Authorization: x", "host: evil.example"] {
        let said = say_one(&mut session, &[&request[..], &[header]].concat()).await;
        assert!(said.starts_with("refused: header ") && said.contains("Forbidden"), "{header}: {said}");
    }
    proxy.assert_untouched().await;

    let said = say_one(&mut session, &[&request[..], &["authorization: Bearer of-the-guest"]].concat()).await;
    assert_eq!(said, DENIED, "the proxy refused");
    let seen = proxy.seen();
    // "ann:canary-7f3a"
    let expected = "CONNECT api.example:8443 HTTP/1.1\r\nhost: api.example:8443\r\n\
                    proxy-authorization: Basic YW5uOmNhbmFyeS03ZjNh\r\n\r\n";
    assert_eq!(seen.heads, [expected]);
    bench.lives_on().await;
}

#[tokio::test]
async fn loopback_in_the_clear_goes_past_the_proxy() {
    let bench = Bench::new(Limits::default()).await;
    let (proxy, server) = (refusing().await, Server::start().await);
    let mut session = through(&proxy, &[&server.origin()]).await;
    let said = say_one(&mut session, &["http", "GET", "http", &server.authority(), "/"]).await;
    assert_eq!(said, "200");
    let head = server.seen().heads.concat();
    assert!(!head.to_ascii_lowercase().contains("proxy"), "{head}");
    proxy.assert_untouched().await;
    bench.lives_on().await;
}
