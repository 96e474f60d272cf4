//! Reads and changes over TLS, in each version of HTTP.

use crate::common::reading::{connector_error, read_through};
use crate::common::setup::pairs;
use crate::common::tls::{Certificate, Offers};
use crate::support::Encrypted;
use connector_host::contract::{Change, Operation, Options as ApplyOptions, ResourceId};
use host_test::mock::{Account, Options, Size};
use serde_json::json;
use std::time::Duration;

fn large() -> Account {
    Account::generate(31, Size { users: 300, members: 700, groups: 24, roles: 300 })
}

/// Starts a mock that takes a moment for each answer, so that concurrent requests overlap.
async fn slow(offers: Offers) -> Encrypted {
    let options = Options { latency: Duration::from_millis(20), ..Options::default() };
    Encrypted::with(large(), options, Certificate::Good, offers).await
}

#[tokio::test]
async fn a_sync_is_the_same_in_each_version_of_http() {
    let mut found = Vec::new();
    for (offers, protocol) in
        [(Offers::Nothing, ""), (Offers::Http1, "http/1.1"), (Offers::Http2, "h2"), (Offers::Both, "h2")]
    {
        let encrypted = slow(offers).await;
        let whole = read_through(&mut encrypted.open().await, &[]).await.unwrap();
        whole.assert_nothing_twice();
        assert_eq!(whole.of_kind("member").len(), 700);
        assert!(whole.warned_of("list-moved").is_empty(), "{offers:?}");
        let mock = &encrypted.inner.mock;
        assert_eq!(u64::from(whole.requests), mock.request_count(), "each page came over TLS");
        let protocols = encrypted.front.protocols();
        assert!(protocols.iter().all(|used| used == protocol), "{offers:?}: {protocols:?}");
        // What is read ahead overlaps: in connections of HTTP/1.1, which are used again, or in one
        // of HTTP/2.
        let most = usize::try_from(mock.most_under_way()).unwrap();
        assert!(most > 1, "{offers:?}: nothing was read ahead");
        let handshakes = protocols.len();
        assert!(handshakes <= if protocol == "h2" { 1 } else { most }, "{offers:?}: {handshakes}");
        assert_eq!(encrypted.front.accepted(), handshakes);
        found.push(whole.facts());
    }
    let in_the_clear = crate::common::setup::HostAndMock::new(large()).await.read(&[]).await.facts();
    assert!(found.iter().all(|facts| *facts == in_the_clear));
}

#[tokio::test]
async fn a_change_is_made_over_tls() {
    for (offers, protocol) in [(Offers::Http1, "http/1.1"), (Offers::Http2, "h2")] {
        let encrypted = Encrypted::new(Certificate::Good, offers).await;
        let change = grant_to_new(&encrypted);
        let options = ApplyOptions { dry_run: false, allow_gains: false, extra: String::new() };
        let report = encrypted.open().await.apply(&[change], &options).await.unwrap();
        assert!(report.results[0].is_ok(), "{report:?}");
        let mock = &encrypted.inner.mock;
        assert_eq!(mock.requests_by_route()["PUT access/groups/{id}"], 1);
        let written =
            mock.read(|account| account.groups[0].include.iter().flatten().any(|rule| *rule == new_rule()));
        assert!(written);
        assert!(encrypted.front.protocols().iter().all(|used| used == protocol));
    }
}

#[tokio::test]
async fn a_session_has_one_origin_over_tls_too() {
    let encrypted = Encrypted::new(Certificate::Good, Offers::Both).await;
    let url = encrypted.front.base_url();
    // An address is another origin than the name of the same server, and another scheme is too.
    let allowed = url.replace("localhost", "127.0.0.1").trim_end_matches("/client/v4").parse().unwrap();
    let account = encrypted.inner.mock.read(|account| account.id.clone());
    for base_url in [url.as_str(), &url.replace("https", "http")] {
        let settings = pairs(&[("account-id", &account), ("api-token", "token"), ("base-url", base_url)]);
        let host = &encrypted.inner.host;
        let mut session = host.open_to(vec![Clone::clone(&allowed)], "api-token", &settings).await.unwrap();
        let error = session.read(&[], None).await.map_err(connector_error).unwrap_err();
        assert!(error.message.contains("host doesn't allow"), "{error:?}");
        assert!(session.traffic().denied > 0 && session.network_failure().is_none());
    }
    assert_eq!(encrypted.front.accepted(), 0);
}

/// Makes a change that adds an address to the first group.
pub fn grant_to_new(encrypted: &Encrypted) -> Change {
    let group = encrypted.inner.mock.read(|account| account.groups[0].id.clone());
    Change {
        operation: Operation::Grant,
        entitlement: format!("group:{group}:member"),
        principal: ResourceId { kind: "email".to_owned(), id: "new@contractor.example".to_owned() },
    }
}

fn new_rule() -> serde_json::Value {
    json!({"email": {"email": "new@contractor.example"}})
}
