//! Bodies and variables as Windows writes them.

use crate::asking::{Edge, TOKEN, checked, failed};
use host_test::mock::{Account, Options};
use http::Method;
use serde_json::json;

#[tokio::test]
pub async fn a_body_may_have_a_byte_order_mark_and_utf_16_is_named() {
    let edge = Edge::new(Account::company()).await;
    let group = edge.mock.read(|account| account.groups[0].id.clone());
    let change = json!({
        "operation": "grant",
        "entitlement": format!("group:{group}:member"),
        "principal": {"kind": "email", "id": "one@elsewhere.example"},
    });
    let body = format!("\u{feff}{{\r\n\"dry_run\": true,\r\n\"changes\": [{change}]}}\r\n");
    let answer = checked(&edge.trusted(), Method::POST, "/v1/apply", &body).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(answer.body.contains("planned"), "{}", answer.body);

    let utf16: String =
        json!({"changes": [change]}).to_string().chars().flat_map(|sign| [sign, '\0']).collect();
    let answer = checked(&edge.trusted(), Method::POST, "/v1/apply", &utf16).await;
    assert_eq!(failed(&answer), (400, "invalid-argument"));
    assert!(answer.body.contains("The body is UTF-16 text. Send it as UTF-8"), "{}", answer.body);
    edge.server.settle().await;
}

#[tokio::test]
async fn a_variable_with_signs_around_its_value_is_named_and_not_shown() {
    for (variable, value, told) in [
        ("CLOUDFLARE_API_TOKEN", "\"canary-0f9e8d7c6b5a\"", "api-token has quotation marks around it"),
        ("CLOUDFLARE_API_TOKEN", "canary-0f9e8d7c6b5a\r", "api-token has a blank or a line break"),
        ("CLOUDFLARE_API_TOKEN", "Bearer canary-0f9e8d7c6b5a", "api-token begins with Bearer"),
        ("CLOUDFLARE_ACCOUNT_ID", "canary-0f9e8d7c6b5a ", "account-id has a blank or a line break"),
    ] {
        let edge = Edge::with(Account::company(), Options::default(), &[(variable, value)]).await;
        let answer = edge.post("/v1/validate", &json!({})).await;
        assert_eq!(failed(&answer), (500, "invalid-settings"), "{variable}");
        assert!(answer.body.contains(told), "{}", answer.body);
        assert!(!format!("{}{}", answer.body, edge.log()).contains("canary"), "{}", answer.body);
        assert_eq!(edge.mock.request_count(), 0);
    }
    let token = format!("{TOKEN}\r");
    let edge = Edge::with(Account::company(), Options::default(), &[("CONNECTOR_TOKEN", &token)]).await;
    assert_eq!(failed(&edge.post("/v1/validate", &json!({})).await), (401, "unauthenticated"));
    let log = edge.log();
    assert!(log.contains("CONNECTOR_TOKEN, which has quotation marks, a blank, a line break"), "{log}");
    assert!(!log.contains(TOKEN), "{log}");
}
