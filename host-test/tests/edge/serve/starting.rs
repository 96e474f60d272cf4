//! The start of the service: what is announced, and what is refused.

use super::{Ours, variables};
use crate::asking::{TOKEN, lines};
use crate::common::http::Client;
use crate::common::served::{Served, command};
use host_test::mock::{Account, Mock, Options};
use http::Method;

/// Starts a service that has to end at once, and returns what it says.
fn refused(arguments: &[&str], variables: &[(String, String)]) -> String {
    let output = command(arguments, variables).output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{told}");
    told
}

#[tokio::test]
async fn a_newcomer_tries_it_with_the_mock() {
    let served = Served::start(&["--mock"], &[]);
    assert_eq!(served.announced[0], format!("listening on http://{}", served.address));
    let token = served.announced[1].strip_prefix("export CONNECTOR_TOKEN=").unwrap();
    let headers =
        [("authorization", format!("Bearer {token}")), ("content-type", "application/json".to_owned())];
    let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
    let client = Client::at(format!("http://{}", served.address), &headers);
    let answer = client.try_send_text(Method::POST, "/v1/sync", "{}".to_owned()).await.unwrap();
    assert_eq!((answer.status.as_u16(), lines(&answer).last().unwrap()["type"].as_str()), (200, Some("end")));
}

#[tokio::test]
async fn what_would_serve_nobody_or_anybody_does_not_start() {
    let mock = Mock::start(Account::company(), Options::default()).await.unwrap();
    let good = variables(&mock);
    let with = |name: &str, value: &str| {
        let mut changed: Vec<_> = good.iter().filter(|(other, _)| other != name).cloned().collect();
        changed.push((name.to_owned(), value.to_owned()));
        changed
    };
    let loopback = ["--addr", "127.0.0.1:0"];
    for (arguments, variables, expected) in [
        (&loopback[..], with("CONNECTOR_TOKEN", ""), "set CONNECTOR_TOKEN"),
        (&loopback, with("SCIM_TOKEN", TOKEN), "are the same"),
        (
            &loopback,
            with("CONNECTOR_PROVISIONING", "yes"),
            "CONNECTOR_PROVISIONING is neither true nor false",
        ),
        (&loopback, with("SCIM_REPORT_ONLY", "canary"), "SCIM_REPORT_ONLY is neither true nor false"),
        (&loopback, with("SCIM_URL", "canary.example/scim/v2"), "SCIM_URL is no address"),
        (&loopback, with("SCIM_CACHE_SECONDS", "30s-canary"), "SCIM_CACHE_SECONDS to something else"),
        (&["--addr", "0.0.0.0:0"], good.clone(), "--behind-proxy"),
        (&["--addr", "0.0.0.0:0", "--mock", "--behind-proxy"], Vec::new(), "set CONNECTOR_TOKEN"),
        (&["--addr", "localhost:0"], good.clone(), "no address with a port"),
        (&loopback, with("CLOUDFLARE_API_TOKEN", ""), "no credentials"),
        (&loopback, with("CLOUDFLARE_ACCOUNT_ID", "canary"), "account-id"),
        (&loopback, with("CLOUDFLARE_BASE_URL", "http://canary.example"), "base-url"),
        (&["--addr", "127.0.0.1:0", "--max-wait-seconds", "5"], good.clone(), "is not for serve"),
        (&["--addr", "127.0.0.1:0", "--users", "5"], good.clone(), "need --mock"),
        (&["--addr", "127.0.0.1:0", "--requests-at-once", "0"], good.clone(), "requests-at-once"),
    ] {
        let told = refused(arguments, &variables);
        assert!(told.contains(expected), "{arguments:?}: {told}");
        assert!(!told.contains("canary"), "{told}");
    }
    assert_eq!(mock.request_count(), 0);
}

#[tokio::test]
async fn an_address_that_another_program_has_is_named() {
    let ours = Ours::with(Account::company(), &[]).await;
    let address = ours.served.address.to_string();
    let output = command(&["--addr", &address], &variables(&ours.mock)).output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0), "{told}");
    assert!(told.contains(&format!("can't listen on {address}")) && told.contains("--addr"), "{told}");
}

#[tokio::test]
async fn behind_a_proxy_it_listens_without_tls() {
    let ours = Ours::with(Account::company(), &["--addr", "0.0.0.0:0", "--behind-proxy"]).await;
    let client = Client::at(format!("http://127.0.0.1:{}", ours.served.address.port()), &[]);
    let health = client.try_send_text(Method::GET, "/healthz", String::new()).await.unwrap();
    assert_eq!(health.status, 200);
}
