//! Requests reach the allowed scheme, host and port alone, in whatever way another one is spelled.

use crate::server::Server;
use crate::support::{Bench, say_one};
use connector_host::{HostError, Limits};

const DENIED: &str = "HttpRequestDenied";

#[tokio::test]
async fn no_other_address_is_reached() {
    let bench = Bench::new(Limits::default()).await;
    let (allowed, other) = (Server::start().await, Server::start().await);
    let (here, there) = (allowed.port(), other.port());
    let mut session = bench.to(&allowed).await;
    let attempts = [
        // Another port, on the right host.
        ("http", other.authority()),
        ("http", "127.0.0.1".to_owned()),
        ("http", "127.0.0.1:".to_owned()),
        // Another host, with the right port; and the same one, by another name.
        ("http", format!("127.0.0.2:{here}")),
        ("http", format!("evil.example:{here}")),
        ("http", format!("127.0.0.1.evil.example:{here}")),
        ("http", format!("127.0.0.1.:{here}")),
        ("http", format!("localhost:{here}")),
        ("http", format!("LOCALHOST:{here}")),
        ("http", format!("localhost.:{here}")),
        ("http", format!("[::1]:{here}")),
        ("http", format!("[::ffff:127.0.0.1]:{here}")),
        ("http", format!("127.1:{here}")),
        ("http", format!("2130706433:{here}")),
        ("http", format!("0x7f.0.0.1:{here}")),
        ("http", format!("127.0.0.1%00:{here}")),
        // A user name that looks like the host.
        ("http", format!("127.0.0.1:{here}@127.0.0.1:{there}")),
        ("http", format!("127.0.0.1:{there}@127.0.0.1:{here}")),
        ("http", format!("127.0.0.1@127.0.0.1:{here}")),
        ("http", format!("@127.0.0.1:{here}")),
        // Two ports, and none.
        ("http", format!("127.0.0.1:{here}:{there}")),
        ("http", format!("127.0.0.1:{}", u32::from(here) + 65_536)),
        // More than an authority.
        ("http", format!("127.0.0.1:{there}/@127.0.0.1:{here}")),
        ("http", format!("127.0.0.1:{there}#@127.0.0.1:{here}")),
        ("http", format!("127.0.0.1:{there}?@127.0.0.1:{here}")),
        ("http", format!("127.0.0.1:{there}\\@127.0.0.1:{here}")),
        ("http", format!("127.0.0.1:{here}\r\nhost: evil.example")),
        ("http", String::new()),
        ("http", "-".to_owned()),
        // Another scheme.
        ("https", allowed.authority()),
        ("https", other.authority()),
        ("-", allowed.authority()),
        ("ws", allowed.authority()),
        ("ftp", allowed.authority()),
        ("file", allowed.authority()),
        ("http:", allowed.authority()),
        ("h\0ttp", allowed.authority()),
    ];
    for (scheme, authority) in attempts {
        let said = say_one(&mut session, &["http", "GET", scheme, &authority, "/"]).await;
        let refused =
            said.starts_with("refused: ") || said == "HttpProtocolError" || said == "HttpRequestUriInvalid";
        assert!(said == DENIED || refused, "{scheme}://{authority}: {said}");
    }
    allowed.assert_untouched().await;
    other.assert_untouched().await;
    assert_eq!(session.traffic().requests, 0);

    // The allowed request still passes.
    let said = say_one(&mut session, &["http", "GET", "http", &allowed.authority(), "/"]).await;
    assert_eq!((said.as_str(), allowed.seen().heads.len()), ("200", 1));
    bench.lives_on().await;
}

#[tokio::test]
async fn what_may_be_encrypted_only_is_not_sent_in_the_clear() {
    let bench = Bench::new(Limits::default()).await;
    let server = Server::start().await;
    let mut session = bench.to_origin(&format!("https://{}", server.address)).await;
    let said = say_one(&mut session, &["http", "GET", "http", &server.authority(), "/"]).await;
    assert_eq!(said, DENIED);
    server.assert_untouched().await;
    bench.lives_on().await;
}

/// The manifest of a connector must not open this machine to it.
#[tokio::test]
async fn a_manifest_opens_no_way_into_this_machine() {
    let server = Server::start().await;
    for origin in [server.origin(), format!("https://{}", server.address), "https://localhost".to_owned()] {
        let component = guests::hostile_in_describe(&format!("origin {origin}"));
        let bench = Bench::of(&component, Limits::default()).await;
        assert_eq!(bench.hostile.describe().await.unwrap().origins, [origin.as_str()]);
        let error = bench.hostile.open("", &[]).await.err().unwrap();
        assert!(matches!(error, HostError::Contract { call: "describe", .. }), "{origin}: {error}");
        bench.lives_on().await;
    }
    server.assert_untouched().await;
}

/// A scheme or a host in capitals is the same scheme or host.
#[tokio::test]
async fn capitals_are_no_way_out_and_no_fault() {
    let bench = Bench::new(Limits::default()).await;
    let (allowed, other) = (Server::start().await, Server::start().await);
    let mut session = bench.to_origin(&format!("http://localhost:{}", allowed.port())).await;
    for (authority, expected) in [
        (format!("LOCALHOST:{}", allowed.port()), "200"),
        (format!("LOCALHOST:{}", other.port()), DENIED),
        (format!("LOCALHOST.:{}", allowed.port()), DENIED),
        (allowed.authority(), DENIED),
    ] {
        let said = say_one(&mut session, &["http", "GET", "http", &authority, "/"]).await;
        assert_eq!(said, expected, "{authority}");
    }
    other.assert_untouched().await;
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let bench = Bench::new(Limits::default()).await;
    let other = Server::start().await;
    for status in [301, 302, 303, 307, 308] {
        let location = format!("http://{}/", other.address);
        let answer =
            format!("HTTP/1.1 {status} Elsewhere\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n");
        let allowed = Server::answering(answer).await;
        let mut session = bench.to(&allowed).await;
        let said = say_one(&mut session, &["http", "GET", "http", &allowed.authority(), "/"]).await;
        assert_eq!((said, allowed.seen().heads.len()), (status.to_string(), 1));
        assert_eq!(session.traffic().requests, 1);
    }
    other.assert_untouched().await;
    bench.lives_on().await;
}
