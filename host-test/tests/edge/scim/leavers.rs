//! People who are added, deactivated and deleted.

use super::{ANN, BOB, CAT, DEE, Scim, account, email};
use http::Method;
use serde_json::{Value, json};

/// Leaves nothing that lets Bob in but his own rule.
fn tidy() -> host_test::mock::Account {
    let mut account = account();
    account.groups[2].include = Some(vec![email("bob@corp.example"), email("other@corp.example")]);
    account.users[1].access_seat = Some(true);
    account
}

#[tokio::test]
async fn active_false_takes_rules_sessions_and_seat() {
    let scim = Scim::new(tidy()).await;
    let (status, user) =
        scim.patch(&format!("/Users/{BOB}"), json!([{"op": "replace", "value": {"active": false}}])).await;
    assert_eq!((status, &user["active"]), (200, &json!(false)), "{user}");
    assert_eq!(scim.includes(2), [email("other@corp.example")]);
    let account = scim.edge.mock.account();
    assert_eq!(account.revoked, ["bob@corp.example"]);
    assert_eq!(account.users[1].access_seat, Some(false));
    assert_eq!(account.users.len(), 3, "the Access user stays");
}

#[tokio::test]
async fn a_part_that_stays_is_no_refusal_of_the_whole() {
    let scim = Scim::new(account()).await;
    let inactive = json!([{"op": "replace", "path": "active", "value": false}]);
    // Bob is the last one whom this group names.
    let (status, body) = scim.patch(&format!("/Users/{BOB}"), inactive).await;
    let detail = body["detail"].as_str().unwrap();
    assert_eq!((status, &body["scimType"]), (409, &Value::Null), "{detail}");
    assert!(detail.starts_with("Taken from this person: the sessions. Not taken"), "{detail}");
    assert!(!detail.contains("Nothing was written"), "{detail}");
    assert_eq!(scim.includes(2), [email("bob@corp.example")]);
    assert_eq!(scim.edge.mock.account().revoked, ["bob@corp.example"]);
}

#[tokio::test]
async fn a_deleted_user_is_gone() {
    let scim = Scim::new(tidy()).await;
    for id in [BOB, DEE] {
        let path = format!("/Users/{id}");
        let answer = scim.ask(Method::DELETE, &path, &Value::Null).await;
        assert_eq!((answer.status.as_u16(), answer.body.as_str()), (204, ""));
        for method in [Method::GET, Method::DELETE] {
            assert_eq!(scim.ask(method, &path, &Value::Null).await.status, 404, "{path}");
        }
    }
}

#[tokio::test]
async fn a_group_that_only_keeps_people_out_keeps_naming_them() {
    let mut account = tidy();
    account.groups[2].exclude = Some(vec![json!({"group": {"id": "a1"}})]);
    let scim = Scim::new(account).await;
    let before = scim.includes(0);
    let path = format!("/Users/{DEE}");
    assert_eq!(scim.ask(Method::DELETE, &path, &Value::Null).await.status, 204);
    assert_eq!((scim.includes(0), scim.get(&path).await["id"].as_str()), (before, Some(DEE)));
}

#[tokio::test]
async fn memberships_stay_without_the_door_of_roles() {
    let mut account = tidy();
    account.members[1].email = Some("zoe@corp.example".into());
    for (door, members) in [("false", 2), ("true", 1)] {
        let scim = Scim::with(account.clone(), &[("CONNECTOR_PROVISIONING", door)]).await;
        let answer = scim.ask(Method::DELETE, &format!("/Users/{ANN}"), &Value::Null).await;
        assert_eq!(scim.edge.mock.account().members.len(), members, "{}", answer.body);
        if door == "false" {
            let detail = answer.json["detail"].as_str().unwrap();
            assert!(answer.status == 409 && detail.contains("membership"), "{detail}");
        }
    }
}

#[tokio::test]
async fn a_new_user_is_an_access_user() {
    let scim = Scim::new(account()).await;
    let body = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": "Fay@corp.example",
        "displayName": "Fay Lee",
        "active": true,
    });
    let answer = scim.ask(Method::POST, "/Users", &body).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    assert_eq!(answer.headers["location"], answer.json["meta"]["location"]);
    assert_eq!(answer.headers["etag"], answer.json["meta"]["version"]);
    let told = [&answer.json["userName"], &answer.json["displayName"], &answer.json["active"]];
    assert_eq!(told, [&json!("fay@corp.example"), &json!("Fay Lee"), &json!(true)]);
    let again = scim.ask(Method::POST, "/Users", &body).await;
    assert_eq!((again.status.as_u16(), &again.json["scimType"]), (409, &json!("uniqueness")));
    for (user, expected) in [(json!({"userName": "nobody"}), 400), (json!({}), 400)] {
        assert_eq!(scim.ask(Method::POST, "/Users", &user).await.status, expected, "{user}");
    }
    assert_eq!(scim.edge.mock.account().users.len(), 4);
}

#[tokio::test]
async fn without_the_switch_nobody_comes_and_nobody_goes() {
    let scim = Scim::with(account(), &[("CONNECTOR_LIFECYCLE", "false")]).await;
    let inactive = json!({"Operations": [{"op": "replace", "value": {"active": false}}]});
    for (method, path, body, expected) in [
        (Method::POST, "/Users".to_owned(), json!({"userName": "fay@corp.example"}), 403),
        (Method::DELETE, format!("/Users/{CAT}"), Value::Null, 403),
        (Method::PATCH, format!("/Users/{CAT}"), inactive, 400),
        (Method::POST, "/Groups".to_owned(), json!({"displayName": "New"}), 403),
        (Method::DELETE, "/Groups/a1".to_owned(), Value::Null, 403),
    ] {
        let answer = scim.ask(method.clone(), &path, &body).await;
        assert_eq!(answer.status, expected, "{method} {path}: {}", answer.body);
        assert!(answer.body.contains("CONNECTOR_LIFECYCLE"), "{}", answer.body);
    }
    assert_eq!((scim.writes(), scim.edge.mock.account()), (0, account()));
}
