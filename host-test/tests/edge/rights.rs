//! `/v1/validate` reports what the operator's credentials may change, and what is no failure.

use crate::asking::Edge;
use cloudflare_zero_trust::model::Kind;
use host_test::mock::{Account, DEMO_TOKEN, Effect, Fault, Options, Permission, Token};
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

fn can_be_changed(kind: &str) -> bool {
    ["group", "role", "user-group", "scoped-role"].contains(&kind)
}

#[tokio::test]
async fn what_may_be_changed_is_granted_missing_or_unknown() {
    use Permission::{AccountSettingsEdit, TokensRead};
    let mut token = Token::new(DEMO_TOKEN);
    let granted = json!({"right": "granted", "error": null});
    let all = changes(token.clone()).await;
    assert_eq!(all.len(), Kind::ALL.len());
    for (kind, change) in &all {
        let expected = if can_be_changed(kind) { &granted } else { &Value::Null };
        assert_eq!(change, expected, "{kind}");
    }

    token.permissions.remove(&AccountSettingsEdit);
    let less = changes(token.clone()).await;
    let of = |wanted: &str| &less.iter().find(|(kind, _)| kind == wanted).unwrap().1;
    assert_eq!((of("group"), &of("role")["right"]), (&granted, &json!("missing")));
    assert_eq!(of("role")["error"]["kind"], "permission-denied");
    assert!(of("role")["error"]["message"].as_str().unwrap().contains("Account Settings Edit"));

    token.permissions.remove(&TokensRead);
    for (_, change) in changes(token).await.iter().filter(|(kind, _)| can_be_changed(kind)) {
        assert_eq!(change["right"], "unknown");
        assert!(change["error"]["message"].as_str().unwrap().contains("API Tokens Read"));
    }
}

#[tokio::test]
async fn warnings_stand_beside_the_checks() {
    let usual = Edge::new(Account::company()).await.post("/v1/validate", &json!({})).await;
    assert_eq!(usual.json["warnings"], json!([]));
    let acme = json!({"parent_org_id": "0f1e", "parent_org_name": "Acme"});
    let account = Account { managed_by: Some(acme), ..Account::company() };
    let answer = Edge::new(account).await.post("/v1/validate", &json!({})).await;
    assert_eq!((answer.status.as_u16(), &answer.json["checks"]), (200, &usual.json["checks"]));
    let [warning] = answer.json["warnings"].as_array().unwrap().as_slice() else { panic!("{answer:?}") };
    assert_eq!((&warning["type"], &warning["code"]), (&json!("warning"), &json!("implicit-administrators")));
    assert_eq!((&warning["about"], &warning["incomplete"]), (&Value::Null, &json!(false)));
    assert!(warning["message"].as_str().unwrap().contains("Acme"), "{warning}");
}

#[tokio::test]
async fn what_is_true_of_all_lists_is_one_answer() {
    let edge = Edge::new(Account::company()).await;
    let message = "Cannot use the access token from location: 198.51.100.7".to_owned();
    edge.mock.inject(Fault::always(Effect::Status { status: 403, code: 9109, message, headers: vec![] }));
    let answer = edge.post("/v1/validate", &json!({})).await;
    assert_eq!((answer.status.as_u16(), &answer.json["kind"]), (502, &json!("unauthenticated")));
    assert!(answer.json["message"].as_str().unwrap().contains("198.51.100.7"), "{answer:?}");
}
