//! `open` refuses a setting that is missing, unknown, empty, malformed or contradictory, names the
//! field, and asks Cloudflare nothing.

use crate::common::reading::connector_error;
use crate::common::setup::{HostAndMock, host, pairs};
use connector_host::HostError;
use connector_host::contract::ErrorKind;
use host_test::mock::{Account, DEMO_EMAIL, DEMO_KEY, DEMO_TOKEN};

const ACCOUNT: &str = "0123456789abcdef0123456789abcdef";

#[tokio::test]
async fn every_fault_names_its_field() {
    let host = host().await;
    let account = ("account-id", ACCOUNT);
    let token = ("api-token", "canary-secret");
    type Given<'a> = &'a [(&'a str, &'a str)];
    let cases: &[(&str, Given, &str)] = &[
        ("api-token", &[token], "account-id"),
        ("api-token", &[account], "api-token"),
        ("api-key", &[account, ("api-key", "canary-secret")], "email"),
        ("password", &[account, token], "auth-method"),
        ("api-token", &[account, token, ("colour", "red")], "colour"),
        ("api-token", &[account, ("api-token", "")], "api-token"),
        ("api-token", &[account, ("api-token", "\"canary-secret\"")], "api-token"),
        ("api-token", &[account, ("api-token", "canary-secret\r\n")], "api-token"),
        ("api-token", &[account, ("api-token", "CLOUDFLARE_API_TOKEN=canary-secret")], "api-token"),
        ("api-token", &[account, token, ("base-url", "\"https://canary.example/client/v4\"")], "base-url"),
        ("api-token", &[("account-id", "12"), token], "account-id"),
        ("api-token", &[account, token, ("max-wait-seconds", "soon")], "max-wait-seconds"),
        ("api-token", &[account, token, ("api-key", "canary-secret")], "api-key"),
        ("api-key", &[account, token, ("email", "a@b.example"), ("api-key", "canary-secret")], "api-token"),
        ("api-token", &[account, token, account], "account-id"),
    ];
    for (method, settings, field) in cases {
        let error = connector_error(host.open(method, &pairs(settings)).await.err().unwrap());
        assert_eq!(
            (error.kind, error.about.as_deref()),
            (ErrorKind::InvalidSettings, Some(*field)),
            "{settings:?}"
        );
        assert!(!format!("{error:?}").contains("canary"), "{error:?}");
    }
}

#[tokio::test]
async fn a_token_never_travels_in_the_clear() {
    let host = host().await;
    for base_url in
        ["http://api.cloudflare.com/client/v4", "http://127.0.0.1.evil.example", "ftp://127.0.0.1"]
    {
        let settings = pairs(&[("account-id", ACCOUNT), ("api-token", "t"), ("base-url", base_url)]);
        // The component itself refuses it, whatever a host allows.
        let error = host.open_to(Vec::new(), "api-token", &settings).await.err().unwrap();
        assert_eq!(connector_error(error).about.as_deref(), Some("base-url"), "{base_url}");
        // This host refuses it too.
        let error = host.open("api-token", &settings).await.err().unwrap();
        assert!(matches!(error, HostError::Origin(_) | HostError::Connector(_)), "{base_url}: {error}");
    }
}

#[tokio::test]
async fn both_ways_to_authenticate_read_the_same() {
    let setup = HostAndMock::new(Account::company()).await;
    let by_token = setup.read(&[]).await;
    let account = setup.mock.read(|account| account.id.clone());
    let settings = pairs(&[
        ("account-id", &account.to_uppercase()),
        ("email", DEMO_EMAIL),
        ("api-key", DEMO_KEY),
        ("base-url", &format!("{}/", setup.mock.base_url())),
    ]);
    let mut session = setup.host.open("api-key", &settings).await.unwrap();
    let page = session.read(&["role".to_owned()], None).await.unwrap();
    assert_eq!(page.resources.len(), by_token.of_kind("role").len() - unlisted(&setup));
    let agent = format!("cloudflare-zero-trust-connector/{}", env!("CARGO_PKG_VERSION"));
    for request in setup.mock.requests() {
        let sent = request
            .headers
            .iter()
            .find(|(name, _)| *name == "user-agent")
            .and_then(|(_, value)| value.as_deref());
        assert_eq!(sent, Some(agent.as_str()), "the user agent names the connector and its version");
    }
    assert_ne!(DEMO_TOKEN, DEMO_KEY);
}

/// Counts the roles that a full read emits beyond the list.
fn unlisted(setup: &HostAndMock) -> usize {
    setup.mock.read(|account| {
        let held = |id: &String| {
            account.members.iter().any(|member| member.status != "rejected" && member.roles.contains(id))
        };
        account.unlisted_roles.iter().filter(|role| held(&role.id)).count()
    })
}
