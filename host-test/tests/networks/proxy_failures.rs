//! Proxies that open no tunnel. Each one is named for what it is, and nothing passes for sent.

use crate::common::proxy_server::{Manner, OPEN, ProxyServer};
use crate::common::tls::{Authority, Certificate, Offers, TlsFront};
use crate::office::{Office, text, written};
use host_test::mock::{Account, Effect, Fault, Options};
use std::process::Output;

/// A password, as it is and as `ann:…` in Base64 begins.
const PASSWORD: &str = "canary-7f3a";
const ENCODED: &str = "YW5uO";

const FORBIDDEN: Manner = Manner::Answers("HTTP/1.1 403 Forbidden\r\ncontent-length: 3\r\n\r\nno\n");
const NO_GATEWAY: Manner = Manner::Answers("HTTP/1.1 502 Bad Gateway\r\n\r\n");
const WANTS_BASIC: Manner = Manner::Answers(
    "HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic realm=\"x\"\r\n\r\n",
);

/// Reads the roles through a proxy. Without a second try, so that it ends soon.
fn sync(office: &Office, proxy: &str) -> Output {
    let output = office
        .command(&["sync", "--kinds", "role", "--format", "jsonl", "--max-wait-seconds", "0"])
        .env("HTTPS_PROXY", proxy)
        .output()
        .unwrap();
    let everything = written(&output);
    assert!(!everything.contains(PASSWORD) && !everything.contains(ENCODED), "{everything}");
    assert_eq!(text(&output.stdout), "");
    output
}

/// Checks that a sync fails with these words about the proxy.
fn assert_named(office: &Office, proxy: &str, words: &str) {
    let output = sync(office, proxy);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    let told = text(&output.stderr);
    let address = proxy.rsplit(['/', '@']).next().unwrap();
    let expected = format!("the proxy {address} {words}");
    assert!(told.contains(&expected), "{expected:?} is missing from {told}");
    assert_eq!(office.mock.request_count(), 0);
}

#[test]
fn each_refusal_is_named_for_what_it_is() {
    let credentials = format!("ann:{PASSWORD}@");
    let wants_more = Manner::Answers(
        "HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Negotiate\r\n\
         proxy-authenticate: NTLM\r\nproxy-authenticate: <b>x\r\ncontent-length: 0\r\n\r\n",
    );
    for (manner, credentials, words) in [
        (WANTS_BASIC, "", "wants a user name and a password (407): they belong into its address"),
        (
            WANTS_BASIC,
            credentials.as_str(),
            "doesn't accept the user name and the password of its address (407)",
        ),
        (
            Manner::Answers("HTTP/1.0 401 Unauthorized\r\n\r\n"),
            credentials.as_str(),
            "doesn't accept the user name and the password of its address (401)",
        ),
        (wants_more, "", "wants to know who asks (407) by Negotiate or NTLM"),
        (wants_more, credentials.as_str(), "wants to know who asks (407) by Negotiate or NTLM"),
        (
            Manner::Answers("HTTP/1.1 407 No\r\nproxy-authenticate: Negotiate, Basic realm=\"x\"\r\n\r\n"),
            "",
            "wants a user name and a password (407): they belong into its address",
        ),
        // What the proxy was sent comes back, and `sync` looks for it.
        (
            Manner::Answers(
                "HTTP/1.1 407 No\r\nproxy-authenticate: canary-7f3a realm=x\r\n\
                 proxy-authenticate: YW5uOmNhbmFyeS03ZjNh\r\n\r\n",
            ),
            credentials.as_str(),
            "wants to know who asks (407) by another way, and",
        ),
        (
            Manner::Answers("HTTP/1.1 408 Request Timeout\r\n\r\n"),
            "",
            "took too long to connect to api.cloudflare.example:443 (408)",
        ),
        (
            Manner::Answers("HTTP/1.1 429 Too Many Requests\r\n\r\n"),
            "",
            "is too busy to connect to api.cloudflare.example:443 (429)",
        ),
        (FORBIDDEN, "", "doesn't allow connections to api.cloudflare.example:443 (403)"),
        (NO_GATEWAY, "", "can't connect to api.cloudflare.example:443 (502)"),
        (
            Manner::Answers("HTTP/1.1 500 Unable to connect\r\n\r\n"),
            "",
            "can't connect to api.cloudflare.example:443 (500)",
        ),
        (
            Manner::Answers("HTTP/1.1 405 Method Not Allowed\r\n\r\n"),
            "",
            "opens no tunnel to api.cloudflare.example:443 (405): at its address there may be a server",
        ),
        (
            Manner::Answers("HTTP/1.1 302 Found\r\nlocation: http://login.example/\r\n\r\n"),
            "",
            "opens no tunnel to api.cloudflare.example:443 (302)",
        ),
        (
            Manner::AnswersAndStays("HTTP/1.1 403 Forbidden\r\ncontent-length: 99\r\n\r\n"),
            "",
            "doesn't allow",
        ),
        (Manner::Hangs, "", "made no connection to api.cloudflare.example:443 in time"),
        (Manner::Closes, "", "closed the connection and opened no tunnel"),
        (Manner::Answers("HTTP/1.1 2"), "", "closed the connection and opened no tunnel"),
        (Manner::Answers("SSH-2.0-OpenSSH_9.2\r\n\r\n"), "", "answered with something that isn't HTTP"),
        (
            Manner::Answers("HTTP/1.1 200 OK\r\n\r\n220 mail.example"),
            "",
            "answered with something that isn't HTTP",
        ),
    ] {
        let office = Office::new(Offers::Both, manner);
        assert_named(&office, &office.proxy_url(credentials), words);
        assert_eq!(office.proxy.seen().heads.len(), 1, "{manner:?}");
    }
}

#[test]
fn a_proxy_that_is_not_there_is_named() {
    let office = Office::new(Offers::Both, OPEN);
    // A port that was free a moment ago.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    assert_named(&office, &format!("http://ann:{PASSWORD}@{free}"), "refuses connections: check its host");
    assert_named(&office, "http://proxy.invalid:3128", "can't be found: its name has no address");
    let told = sync(&office, "http://proxy.invalid:3128");
    assert!(text(&told.stderr).contains("HTTPS_PROXY or ALL_PROXY names the proxy"), "{told:?}");
}

#[test]
fn a_proxy_with_tls_is_held_to_its_certificate() {
    let office = Office::new(Offers::Both, OPEN);
    let proxy = format!("https://{}", office.proxy.address());
    assert_named(&office, &proxy, "can't agree on encryption: its address begins with https://");
    let stranger = Authority::new("A stranger").server(Certificate::Good, Offers::Both);
    let front = office.runtime.block_on(TlsFront::start(office.proxy.address(), stranger));
    let proxy = format!("https://ann:{PASSWORD}@localhost:{}", front.address().port());
    assert_named(&office, &proxy, "has a certificate that this machine doesn't trust");
    assert_eq!(office.proxy.seen().heads.len(), 0, "it got no password");
}

/// It may be the proxy that shows a certificate of its own, or that closes the tunnel.
#[test]
fn a_failure_of_what_is_behind_a_proxy_names_the_proxy_too() {
    let office = Office::new(Offers::Both, OPEN);
    let stranger = office.runtime.block_on(TlsFront::start(
        office.mock.address(),
        Authority::new("Gateway that inspects").server(Certificate::Good, Offers::Both),
    ));
    let inspecting = office.runtime.block_on(ProxyServer::start(stranger.address(), OPEN));
    let closing = Manner::Answers("HTTP/1.1 200 OK\r\n\r\n");
    let closing = office.runtime.block_on(ProxyServer::start(stranger.address(), closing));
    for (proxy, words) in [(inspecting, "Gateway that inspects"), (closing, "closed the connection before")] {
        let output = sync(&office, &format!("http://ann:{PASSWORD}@{}", proxy.address()));
        let told = text(&output.stderr);
        let named = format!("(through the proxy {})", proxy.address());
        assert!(told.contains(words) && told.contains(&named), "{words:?}, {named:?}: {told}");
        assert_eq!(proxy.seen().heads.len(), 1, "{told}");
    }
    assert_eq!(office.mock.request_count(), 0);
}

/// A wrong password that is sent again and again gets its owner locked out.
#[test]
fn a_proxy_that_says_no_is_not_asked_again() {
    let busy = Manner::Answers("HTTP/1.1 429 Too Many Requests\r\n\r\n");
    for (manner, once) in [(WANTS_BASIC, true), (FORBIDDEN, true), (NO_GATEWAY, false), (busy, false)] {
        let office = Office::new(Offers::Both, manner);
        let output =
            office.through_proxy(&["sync", "--kinds", "role", "--format", "jsonl"]).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
        assert_eq!(office.proxy.seen().heads.len() == 1, once, "{manner:?}");
        // The address is right: the variables that have it are no way out.
        let told = text(&output.stderr);
        assert!(!told.contains("names the proxy"), "{told}");
    }
}

#[test]
fn a_variable_that_names_no_proxy_is_told_before_anything_is_sent() {
    let office = Office::new(Offers::Both, OPEN);
    for (value, reason) in [
        ("socks5://ann:canary-7f3a@127.0.0.1:9", "a SOCKS proxy is not supported"),
        ("http://ann:canary-7f3a@", "it is no URL"),
        ("http://ann:canary-7f3a@:3128", "it has no host"),
        ("http://ann:canary-7f3a@x@127.0.0.1:9", "write %40 for @"),
        ("http://ann:canary-7f3a/x@127.0.0.1:9", "%2F for /"),
        ("http://127.0.0.1:99999", "its port is not a number"),
        ("http://127.0.0.1/canary-7f3a.pac", "a PAC file is not supported"),
    ] {
        let output = office
            .command(&["sync", "--format", "jsonl", "--output", "out"])
            .env("https_proxy", value)
            .output()
            .unwrap();
        let told = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{value}: {told}");
        assert!(told.contains("https_proxy names no proxy that can be used"), "{told}");
        assert!(told.contains(reason) && !told.contains(PASSWORD), "{reason:?}: {told}");
    }
    assert_eq!((office.proxy.seen().heads.len(), office.front.accepted()), (0, 0));
}

/// The tunnel of the reads ends, and there is no other one for the write.
#[test]
fn a_write_for_which_no_tunnel_is_opened_is_not_written() {
    for answer in [
        "",
        "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n",
        "HTTP/1.1 403 Forbidden\r\n\r\n",
        "HTTP/1.1 503 Service Unavailable\r\n\r\n",
        "not HTTP\r\n\r\n",
        "HTTP/1.1 200 OK\r\n\r\nno TLS",
        // A tunnel that ends before its encryption began.
        "HTTP/1.1 200 OK\r\n\r\n",
    ] {
        // The answer to the last read comes whole, and closes the connection.
        let group = Account::company().groups[0].id.clone();
        let closing = Fault::on("GET", "access/groups/{id}", Effect::Trickle { bytes: 1 << 20 });
        let options = Options { faults: vec![closing], ..Options::default() };
        let manner = Manner::OpensUntilOneEnds(answer);
        let office = Office::with(Account::company(), options, Offers::Http1, manner);
        let entitlement = format!("group:{group}:member");
        let arguments =
            ["grant", "--entitlement", &entitlement, "--principal", "email:new@elsewhere.example"];
        let more = ["--read-ahead", "1", "--max-wait-seconds", "0", "--format", "jsonl"];
        let output = office.through_proxy(&[&arguments[..], &more].concat()).output().unwrap();
        let line = text(&output.stdout);
        let unsent = line.contains(r#""kind":"unavailable""#) && line.contains(r#""request":"PUT "#);
        assert!(unsent && !line.contains("indeterminate"), "{answer:?}: {}", written(&output));
        let methods: Vec<String> = office.mock.requests().into_iter().map(|request| request.method).collect();
        assert!(!methods.is_empty() && methods.iter().all(|method| method == "GET"), "{methods:?}");
        let asked = office.proxy.seen().heads.len();
        assert!(asked >= 2, "{answer:?}: the write asks for a tunnel of its own, and {asked} were asked for");
    }
}
