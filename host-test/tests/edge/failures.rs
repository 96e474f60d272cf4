//! Upstream failures and wrong settings have statuses of their own, and are in the log.

use crate::asking::{Edge, failed, lines};
use host_test::mock::{Account, Effect, Fault, Options};
use serde_json::{Value, json};

fn status(status: u16, code: u64, headers: &[(&str, &str)]) -> Effect {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Effect::Status { status, code, message: "no".into(), headers }
}

#[tokio::test]
pub async fn cloudflares_failures_have_fitting_statuses() {
    let body = |body: &str| Effect::Body { status: 200, body: body.into() };
    // A wait that is longer than a call may take is not waited for.
    let long = [("retry-after", "290")];
    for (effect, expected, wait) in [
        (status(401, 10000, &[]), (502, "unauthenticated"), None),
        (status(403, 10000, &[]), (502, "permission-denied"), None),
        (status(429, 971, &long), (429, "rate-limited"), Some("290")),
        (status(503, 1, &long), (503, "unavailable"), Some("290")),
        (body("nonsense"), (502, "invalid-response"), None),
        (body(r#"{"success":true,"result":"nonsense"}"#), (502, "invalid-response"), None),
        (Effect::Redirect { location: "https://elsewhere.example/".into() }, (502, "invalid-response"), None),
    ] {
        let edge = Edge::new(Account::company()).await;
        edge.mock.inject(Fault::always(effect.clone()));
        let before = edge.log().len();
        let answer = edge.post("/v1/sync", &json!({})).await;
        assert_eq!(failed(&answer), expected, "{effect:?}");
        assert_eq!(answer.headers.get("retry-after").map(String::as_str), wait, "{effect:?}");
        let log = edge.log_since(before);
        assert_eq!(
            (log.len(), &log[0]["status"], &log[0]["kind"]),
            (1, &json!(expected.0), &json!(expected.1))
        );
        assert_eq!(log[0]["reason"], answer.json["message"]);
        let answer = edge.get("/v1/resources/group/f174e90a").await;
        assert_eq!(failed(&answer), expected, "{effect:?}");
    }
}

#[tokio::test]
pub async fn an_upstream_that_is_gone_is_unavailable() {
    let edge = Edge::new(Account::company()).await;
    edge.mock.go_away().await;
    let answer = edge.post("/v1/sync", &json!({})).await;
    assert_eq!(failed(&answer), (503, "unavailable"));
    edge.mock.come_back().await;
    assert_eq!(edge.post("/v1/sync", &json!({})).await.status, 200);
}

#[tokio::test]
async fn an_account_without_zero_trust_has_no_groups() {
    let edge = Edge::with(Account::company(), Options { zero_trust: false, ..Options::default() }, &[]).await;
    assert_eq!(failed(&edge.post("/v1/sync", &json!({})).await), (404, "not-found"));
    assert_eq!(edge.post("/v1/sync", &json!({"kinds": ["member"]})).await.status, 200);
}

#[tokio::test]
async fn a_lone_warning_comes_with_the_next_page_or_not_at_all() {
    let edge = Edge::new(Account::company()).await;
    edge.mock.inject(Fault::on("GET", "access/identity_providers", status(403, 10000, &[])));
    let all = lines(&edge.post("/v1/sync", &json!({})).await);
    assert_eq!(all[0]["type"], "resource", "{}", all[0]);
    let warning = |line: &&Value| line["code"] == "providers-not-readable";
    assert_eq!(all.iter().filter(warning).count(), 1);
    edge.mock.inject(Fault::on("GET", "access/groups", status(403, 10000, &[])));
    assert_eq!(failed(&edge.post("/v1/sync", &json!({})).await), (502, "permission-denied"));
}

#[tokio::test]
async fn what_credentials_may_read_is_told_for_each_resource_type() {
    let edge = Edge::new(Account::company()).await;
    edge.mock.inject(Fault::on("GET", "roles", status(403, 10000, &[])));
    let answer = edge.post("/v1/validate", &json!({})).await;
    let checks = answer.json["checks"].as_array().unwrap();
    let told = checks
        .iter()
        .map(|check| (check["resource_type"].as_str().unwrap(), check["error"]["kind"].as_str()));
    assert_eq!(
        told.collect::<Vec<_>>(),
        [
            ("identity-provider", None),
            ("group", None),
            ("policy", None),
            ("app", None),
            ("role", Some("permission-denied")),
            ("user-group", None),
            ("scoped-role", Some("permission-denied")),
            ("service-token", None),
            ("member", None),
            ("user", None),
            ("email", None)
        ]
    );
}

#[tokio::test]
async fn settings_that_are_wrong_are_the_operators_fault() {
    for (variables, told) in [
        (&[("CLOUDFLARE_API_TOKEN", "")][..], "no credentials"),
        (&[("CLOUDFLARE_API_KEY", "k")], "both CLOUDFLARE_API_TOKEN and CLOUDFLARE_API_KEY"),
        (&[("CLOUDFLARE_ACCOUNT_ID", "")], "account-id"),
        (&[("CLOUDFLARE_ACCOUNT_ID", "nonsense")], "account-id"),
        (&[("CLOUDFLARE_BASE_URL", "http://elsewhere.example")], "base-url"),
        (&[("CLOUDFLARE_API_TOKEN", ""), ("CLOUDFLARE_API_KEY", "k")], "email"),
    ] {
        let edge = Edge::with(Account::company(), Options::default(), variables).await;
        let answer = edge.post("/v1/sync", &json!({})).await;
        assert_eq!(failed(&answer), (500, "invalid-settings"), "{variables:?}");
        assert!(answer.body.contains(told), "{}", answer.body);
        assert_eq!(edge.log_since(0)[0]["level"], "error");
        assert_eq!((edge.get("/healthz").await.status.as_u16(), edge.mock.request_count()), (200, 0));
    }
}

#[tokio::test]
pub async fn a_key_with_its_address_does_as_well_as_a_token() {
    use host_test::mock::{DEMO_EMAIL, DEMO_KEY};
    let variables =
        [("CLOUDFLARE_API_TOKEN", ""), ("CLOUDFLARE_EMAIL", DEMO_EMAIL), ("CLOUDFLARE_API_KEY", DEMO_KEY)];
    let edge = Edge::with(Account::company(), Options::default(), &variables).await;
    assert_eq!(edge.post("/v1/sync", &json!({})).await.status, 200);
}
