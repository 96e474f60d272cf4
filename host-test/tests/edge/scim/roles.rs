//! Roles of people by PATCH.

use super::{ANN, BOB, Scim, account};
use serde_json::{Value, json};

/// Adds a second Super Administrator, and another role.
fn account_with_two() -> host_test::mock::Account {
    let mut account = account();
    account.members[0].roles = vec!["d2".into()];
    account
}

#[tokio::test]
async fn roles_are_given_and_taken() {
    let scim = Scim::new(account_with_two()).await;
    let roles = |scim: &Scim| scim.edge.mock.read(|account| account.members[1].roles.clone());
    let path = format!("/Users/{}", super::EVE);
    let add = json!([{"op": "add", "path": "roles", "value": [{"value": "d1"}]}]);
    let (status, user) = scim.patch(&path, add).await;
    assert_eq!(status, 200, "{user}");
    assert_eq!(roles(&scim), ["d2", "d1"]);
    let ids: Vec<&Value> = user["roles"].as_array().unwrap().iter().map(|role| &role["value"]).collect();
    assert_eq!(ids, ["d1", "d2"]);
    let remove = json!([{"op": "remove", "path": "roles[value eq \"d2\"]"}]);
    let (status, user) = scim.patch(&path, remove).await;
    assert_eq!(status, 200, "{user}");
    assert_eq!(roles(&scim), ["d1"]);
    assert_eq!(scim.writes(), 2);
}

#[tokio::test]
async fn a_role_that_is_none_does_not_look_like_a_person_who_is_gone() {
    let scim = Scim::new(account_with_two()).await;
    let add = json!([{"op": "add", "path": "roles", "value": [{"value": "d1"}, {"value": "d9"}]}]);
    let (status, body) = scim.patch(&format!("/Users/{}", super::EVE), add).await;
    assert_eq!((status, body["scimType"].as_str()), (400, Some("invalidValue")), "{body}");
    assert!(body["detail"].as_str().unwrap().contains("GET /Roles tells"), "{body}");
    assert_eq!((scim.writes(), scim.edge.mock.account()), (0, account_with_two()));
}

#[tokio::test]
async fn the_last_super_administrator_stays_and_only_members_have_roles() {
    let scim = Scim::new(account_with_two()).await;
    let replace = json!([{"op": "replace", "path": "roles", "value": [{"value": "d1"}]}]);
    let (status, body) = scim.patch(&format!("/Users/{ANN}"), replace.clone()).await;
    assert_eq!((status, body["scimType"].as_str()), (400, Some("mutability")), "{body}");
    let (status, body) = scim.patch(&format!("/Users/{BOB}"), replace).await;
    assert_eq!((status, body["scimType"].as_str()), (400, Some("mutability")), "{body}");
    assert!(body["detail"].as_str().unwrap().contains("no member"), "{body}");
    assert_eq!((scim.writes(), scim.edge.mock.account()), (0, account_with_two()));
}
