//! Only `/healthz` and `/v1/manifest` answer without the token; `/v1/apply` needs more.

use crate::asking::{Edge, TOKEN, checked, failed, values_for_off};
use host_test::mock::{Account, Options};
use http::Method;
use serde_json::json;

const CLOSED: [(Method, &str); 6] = [
    (Method::GET, "/v1/openapi.json"),
    (Method::POST, "/v1/validate"),
    (Method::POST, "/v1/sync"),
    (Method::GET, "/v1/resources/user/u1"),
    (Method::POST, "/v1/apply"),
    (Method::GET, "/v1/nowhere"),
];

async fn is_refused(edge: &Edge, headers: &[(&str, &str)], reason: &str) {
    let client = edge.client(&[headers, &[("content-type", "application/json")]].concat());
    for (method, path) in CLOSED {
        let before = edge.log().len();
        let answer = client.try_send_text(method.clone(), path, "{}".to_owned()).await.unwrap();
        assert_eq!(failed(&answer), (401, "unauthenticated"), "{path}");
        assert_eq!(answer.headers["www-authenticate"], "Bearer");
        let log = edge.log_since(before);
        assert_eq!(log.len(), 1, "{log:?}");
        assert!(log[0]["reason"].as_str().unwrap().contains(reason), "{log:?}");
        if path != "/v1/nowhere" {
            checked(&client, method, path, "{}").await;
        }
    }
    for path in ["/healthz", "/v1/manifest"] {
        assert_eq!(checked(&client, Method::GET, path, "").await.status, 200);
    }
    assert_eq!(edge.mock.request_count(), 0);
}

#[tokio::test]
pub async fn without_the_right_token_only_two_paths_answer() {
    let edge = Edge::new(Account::company()).await;
    is_refused(&edge, &[], "No token was sent").await;
    for wrong in [format!("{TOKEN}x"), TOKEN[1..].to_owned(), format!("{TOKEN}{TOKEN}"), TOKEN.to_uppercase()]
    {
        is_refused(&edge, &[("authorization", &format!("Bearer {wrong}"))], "is not that of CONNECTOR_TOKEN")
            .await;
    }
    is_refused(&edge, &[("authorization", "Bearer ")], "no bearer token").await;
    is_refused(&edge, &[("authorization", &format!("Basic {TOKEN}"))], "no bearer token").await;
    edge.server.settle().await;
}

#[tokio::test]
async fn without_a_token_of_the_operators_nobody_is_let_in_and_the_log_says_why() {
    let edge = Edge::with(Account::company(), Options::default(), &[("CONNECTOR_TOKEN", "")]).await;
    for sent in [&[][..], &[("authorization", "Bearer ")], &[("authorization", "Bearer x")]] {
        is_refused(&edge, sent, "CONNECTOR_TOKEN is not set").await;
    }
}

#[tokio::test]
pub async fn changes_need_the_operators_word_too() {
    for &word in values_for_off() {
        let edge =
            Edge::with(Account::company(), Options::default(), &[("CONNECTOR_PROVISIONING", word)]).await;
        let before = edge.mock.account();
        for body in [json!({"changes": []}), json!({"changes": [], "dry_run": false})] {
            let answer = edge.post("/v1/apply", &body).await;
            assert_eq!(failed(&answer), (403, "permission-denied"));
            assert!(answer.body.contains("CONNECTOR_PROVISIONING") && answer.body.contains("dry_run"));
        }
        assert_eq!((edge.mock.request_count(), edge.mock.account()), (0, before));
        assert!(edge.log_since(0).iter().all(|line| line["status"] == 403), "{}", edge.log());
        assert_eq!(edge.post("/v1/validate", &json!({})).await.status, 200, "reading goes on");
    }
}
