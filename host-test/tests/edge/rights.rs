//! `/v1/validate` reports what the operator's credentials may change.

use crate::asking::Edge;
use host_test::mock::{Account, DEMO_TOKEN, Options, Permission, Token};
use serde_json::{Value, json};

/// Returns the change of each check, and the answer.
async fn changes(token: Token) -> Vec<(String, Value)> {
    let options = Options { tokens: vec![token], ..Options::default() };
    let edge = Edge::with(Account::company(), options, &[]).await;
    let answer = edge.post("/v1/validate", &json!({})).await;
    assert_eq!(answer.status, 200);
    let checks = answer.json["checks"].as_array().unwrap().iter();
    checks
        .map(|check| {
            assert_eq!(check["error"], Value::Null, "all of it can be read");
            (check["resource_type"].as_str().unwrap().to_owned(), check["change"].clone())
        })
        .collect()
}

#[tokio::test]
async fn what_may_be_changed_is_granted_missing_or_unknown() {
    use Permission::{AccountSettingsEdit, TokensRead};
    let mut token = Token::new(DEMO_TOKEN);
    let granted = json!({"right": "granted", "error": null});
    let all = changes(token.clone()).await;
    let expected =
        [("group", &granted), ("role", &granted), ("member", &Value::Null), ("user", &Value::Null)];
    for ((kind, change), (expected_kind, expected)) in all.iter().zip(expected) {
        assert_eq!((kind.as_str(), change), (expected_kind, expected));
    }
    assert_eq!((all.len(), &all[4]), (5, &("email".to_owned(), Value::Null)));

    token.permissions.remove(&AccountSettingsEdit);
    let less = changes(token.clone()).await;
    assert_eq!((&less[0].1, &less[1].1["right"]), (&granted, &json!("missing")));
    assert_eq!(less[1].1["error"]["kind"], "permission-denied");
    assert!(less[1].1["error"]["message"].as_str().unwrap().contains("Account Settings Edit"));

    token.permissions.remove(&TokensRead);
    for (_, change) in &changes(token).await[..2] {
        assert_eq!(change["right"], "unknown");
        assert!(change["error"]["message"].as_str().unwrap().contains("API Tokens Read"));
    }
}
