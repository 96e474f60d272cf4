//! The service, and an API on an address of IPv6.

use crate::asking::Edge;
use crate::common::ipv6;
use host_test::mock::Account;
use serde_json::json;

#[tokio::test]
async fn an_account_on_ipv6_is_read() {
    let Some(options) = ipv6::options() else { return };
    let edge = Edge::with(Account::company(), options, &[]).await;
    let answer = edge.post("/v1/validate", &json!({})).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(edge.mock.request_count() > 0);
    edge.server.settle().await;
}
