//! Requests through a proxy: which go through it, and what it sees of them.

use crate::common::proxy_server::{Manner, OPEN};
use crate::common::tls::{Certificate, Offers, TlsFront};
use crate::office::{API, Office, text, written};
use host_test::mock::{Account, DEMO_TOKEN, Options, Size};

/// A user name, a password, and both as they go to the proxy. In the address of the proxy they are
/// `ann:p%40ss-canary@`.
const CREDENTIALS: &str = "ann:p%40ss-canary@";
const PASSWORD: &str = "p@ss-canary";
const HEADER: &str = "Basic YW5uOnBAc3MtY2FuYXJ5";

/// An account of many pages.
fn many_pages() -> (Account, Options) {
    let account = Account::generate(11, Size { users: 120, members: 110, groups: 26, roles: 60 });
    let max_per_page =
        ["access/users", "members", "roles", "access/groups"].map(|route| (route.to_owned(), 10));
    (account, Options { max_per_page: max_per_page.into(), ..Options::default() })
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|part| part.eq_ignore_ascii_case(text.as_bytes()))
}

/// Reads an account through a proxy, with HTTP/1.1 or HTTP/2, and returns the number of tunnels.
fn sync_through_a_proxy(offers: Offers) -> usize {
    let (account, options) = many_pages();
    let office = Office::with(account, options, offers, Manner::OpensFor(HEADER));
    let directly = office.read_directly();
    let output = office
        .command(&["sync", "--format", "jsonl", "--log-level", "trace"])
        .env("HTTPS_PROXY", office.proxy_url(CREDENTIALS))
        .output()
        .unwrap();
    assert_eq!(text(&output.stdout), directly, "{}", text(&output.stderr));

    // The proxy sees the host and the port, and its own credentials.
    let seen = office.proxy.seen();
    let expected =
        format!("CONNECT {API}:443 HTTP/1.1\r\nhost: {API}:443\r\nproxy-authorization: {HEADER}\r\n\r\n");
    assert!(seen.heads.iter().all(|head| *head == expected), "{:?}", seen.heads);
    let account = office.mock.read(|account| account.id.clone());
    assert!(seen.through.len() > 10_000, "everything went through it");
    for hidden in [DEMO_TOKEN, &account, "client/v4", "corp.example", "authorization"] {
        assert!(!contains(&seen.through, hidden), "{hidden}");
    }
    // Neither the origin nor the log sees the proxy's credentials.
    let requests = office.mock.requests();
    assert!(requests.len() > 30, "{}", requests.len());
    let headers = requests.iter().flat_map(|request| &request.headers);
    assert!(headers.clone().all(|(name, _)| !name.starts_with("proxy")));
    let everything = written(&output);
    for secret in [PASSWORD, CREDENTIALS, "p%40ss", "YW5uO", "canary"] {
        assert!(!everything.contains(secret), "{everything}");
    }
    assert_eq!(office.front.accepted(), seen.heads.len(), "nothing went past the proxy");
    seen.heads.len()
}

#[test]
fn a_sync_over_http_2_takes_one_tunnel_and_shows_the_proxy_nothing() {
    assert_eq!(sync_through_a_proxy(Offers::Both), 1);
}

#[test]
fn a_sync_over_http_1_uses_its_tunnels_again() {
    let tunnels = sync_through_a_proxy(Offers::Http1);
    // As many as requests are under way at once.
    assert!((1..=8).contains(&tunnels), "{tunnels}");
}

#[test]
fn every_way_to_say_yes_opens_a_tunnel() {
    for answer in [
        "HTTP/1.0 200 Connection established\r\n\r\n",
        "HTTP/1.1 200\r\n\r\n",
        "HTTP/1.1 200 OK\r\nvia: 1.1 proxy\r\nproxy-agent: x\r\nconnection: close\r\n\r\n",
        "HTTP/1.1 201 Created\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
        // RFC 9110, section 9.3.6: these say nothing there.
        "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
    ] {
        let office = Office::new(Offers::Both, Manner::Opens(answer));
        let output =
            office.through_proxy(&["sync", "--kinds", "role", "--format", "jsonl"]).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{answer:?}: {}", text(&output.stderr));
    }
}

#[test]
fn the_environment_says_which_requests_go_through() {
    let office = Office::new(Offers::Both, OPEN);
    let (proxy, nowhere) = (office.proxy_url(""), "http://127.0.0.1:9".to_owned());
    let local = office.front.base_url();
    let far = format!("https://{API}/client/v4");
    for (base_url, variables, through) in [
        (&far, &[("HTTPS_PROXY", &proxy)][..], true),
        (&far, &[("ALL_PROXY", &proxy)], true),
        (&far, &[("https_proxy", &proxy), ("HTTPS_PROXY", &nowhere)], true),
        (&far, &[("HTTPS_PROXY", &proxy), ("ALL_PROXY", &nowhere)], true),
        (&far, &[("HTTPS_PROXY", &proxy), ("NO_PROXY", &"localhost,127.0.0.1".to_owned())], true),
        // As with curl, a loopback host is no exception by itself.
        (&local, &[("HTTPS_PROXY", &proxy)], true),
        (&local, &[], false),
        (&local, &[("HTTPS_PROXY", &nowhere), ("NO_PROXY", &"localhost".to_owned())], false),
        (&local, &[("HTTPS_PROXY", &nowhere), ("no_proxy", &"*".to_owned())], false),
        (&local, &[("HTTP_PROXY", &nowhere), ("http_proxy", &nowhere)], false),
        (&local, &[("HTTPS_PROXY", &String::new())], false),
        (&office.mock.base_url(), &[("HTTPS_PROXY", &nowhere), ("ALL_PROXY", &nowhere)], false),
        (&office.mock.base_url(), &[("ALL_PROXY", &"socks5://127.0.0.1:9".to_owned())], false),
    ] {
        let before = office.proxy.seen().heads.len();
        let output = office
            .command(&["sync", "--kinds", "role", "--format", "jsonl"])
            .env("CLOUDFLARE_BASE_URL", base_url)
            .envs(variables.iter().map(|(name, value)| (name, value.as_str())))
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0), "{variables:?}: {}", text(&output.stderr));
        assert_eq!(office.proxy.seen().heads.len() > before, through, "{base_url} {variables:?}");
    }
}

#[test]
fn what_needs_no_network_needs_no_proxy() {
    let office = Office::new(Offers::Both, OPEN);
    for arguments in [&["describe"][..], &["sync", "--mock", "--format", "jsonl"], &["help"]] {
        let output = office.command(arguments).env("HTTPS_PROXY", "socks5://127.0.0.1:9").output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", text(&output.stderr));
    }
}

#[test]
fn a_proxy_can_be_reached_with_tls() {
    let office = Office::new(Offers::Both, OPEN);
    let config = office.authority.server(Certificate::Good, Offers::Both);
    let before_proxy = office.runtime.block_on(TlsFront::start(office.proxy.address(), config));
    let url = format!("https://localhost:{}", before_proxy.address().port());
    let output = office
        .command(&["sync", "--kinds", "role", "--format", "jsonl"])
        .env("HTTPS_PROXY", url)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!((office.proxy.seen().heads.len(), before_proxy.accepted()), (1, 1));
    assert_eq!(before_proxy.protocols(), [""], "HTTP/2 has another CONNECT");
}

#[test]
fn a_change_goes_through_a_proxy() {
    let office = Office::new(Offers::Both, OPEN);
    let group = office.mock.read(|account| account.groups[0].id.clone());
    let entitlement = format!("group:{group}:member");
    let grant = ["grant", "--entitlement", &entitlement, "--principal", "email:new@elsewhere.example"];
    let output = office.through_proxy(&grant).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", written(&output));
    assert!(office.mock.requests().iter().any(|request| request.method == "PUT"));
    assert_eq!(office.front.accepted(), office.proxy.seen().heads.len());
}
