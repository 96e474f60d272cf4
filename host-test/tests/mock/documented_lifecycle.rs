//! The answers about joiners and leavers are as Cloudflare's OpenAPI document describes them.

use host_test::mock::Account;
use http::Method;
use serde_json::{Value, json};

use crate::common::cloudflare_openapi::CloudflareOpenApi;
use crate::documented::{Checked, check_answer, company};

#[tokio::test]
async fn every_way_to_write_is_as_documented() {
    let Some(document) = CloudflareOpenApi::load() else { return };
    let mock = company().await;
    let checked = Checked::new(&document, &mock);
    let Account { users, roles, members, user_groups, permission_groups, .. } = mock.account();
    let zone = &user_groups[1].policies.as_ref().unwrap()[0].resource_groups[0].id;
    let policy = json!({
        "access": "allow",
        "permission_groups": [{ "id": permission_groups[0].id }],
        "resource_groups": [{ "id": zone }],
    });
    mock.change(|account| account.lifecycle.logins.insert("b@northwind.example".to_owned()));
    for body in [
        json!({ "email": "a@northwind.example", "policies": [policy] }),
        json!({ "email": "b@northwind.example", "roles": [roles[1].id], "status": "accepted" }),
        json!({ "email": "c@northwind.example", "roles": [roles[1].id], "status": "pending" }),
    ] {
        checked.send(Method::POST, "members", body, 200).await;
    }
    assert_eq!(checked.get("members?status=pending&per_page=50").await.ids().len(), 4);
    for (member, has_null) in members.iter().zip([false, true]) {
        mock.change(|account| account.lifecycle.has_null_removals = has_null);
        checked.send(Method::DELETE, &format!("members/{}", member.id), Value::Null, 200).await;
    }

    let body = json!({ "email": "a@northwind.example" });
    checked.send(Method::POST, "access/users", body, 201).await;
    for user in &users[..2] {
        let uid = &user.seat_uid;
        let seat = |access: bool| json!([{ "seat_uid": uid, "access_seat": access, "gateway_seat": false }]);
        checked.send(Method::PATCH, "access/seats", seat(true), 200).await;
        checked.send(Method::PATCH, "access/seats", seat(false), 200).await;
        let path = format!("access/users/{}", user.id);
        assert!(!checked.get(&format!("{path}/active_sessions")).await.json["result"][0].is_null());
        let body = json!({
            "email": user.email, "user_uid": user.uid, "devices": true, "warp_session_reauth": false,
        });
        let revoke = "access/organizations/revoke_user?devices=true";
        checked.send(Method::POST, revoke, body, 200).await;
        assert_eq!(checked.get(&format!("{path}/active_sessions")).await.json["result"], json!([]));
        checked.send(Method::DELETE, &path, Value::Null, 202).await;
        checked.get(&path).await;
        checked.send(Method::GET, &path, Value::Null, 404).await;
    }
    assert_eq!(
        checked.get("access/identity_providers").await.json["result"][0]["scim_config"]["enabled"],
        true
    );
    checked.check_requests();
}

#[tokio::test]
async fn failures_are_as_documented() {
    let Some(document) = CloudflareOpenApi::load() else { return };
    let mock = company().await;
    let checked = Checked::new(&document, &mock);
    let nowhere = "00000000-0000-4000-a000-000000000000";
    let user = format!("access/users/{nowhere}");
    let seat = json!([{ "seat_uid": nowhere, "access_seat": false, "gateway_seat": false }]);
    let role = mock.read(|account| account.roles[1].id.clone());
    for (method, path, body, status) in [
        (Method::POST, "access/users", json!({}), 400),
        (Method::PUT, &user, json!({}), 404),
        (Method::DELETE, &user, Value::Null, 404),
        (Method::GET, &format!("{user}/active_sessions"), Value::Null, 404),
        (Method::PATCH, "access/seats", seat, 404),
        (Method::POST, "members", json!({ "email": "kim.larsen@northwind.example", "roles": [role] }), 400),
        (
            Method::POST,
            "members",
            json!({ "email": "a@b.example", "roles": [role], "status": "accepted" }),
            400,
        ),
        (Method::DELETE, &format!("members/{}", "0".repeat(32)), Value::Null, 404),
    ] {
        checked.send(method, path, body, status).await;
    }
}

#[tokio::test]
async fn a_wrong_session_or_seat_is_found() {
    let Some(document) = CloudflareOpenApi::load() else { return };
    let mock = company().await;
    let checked = Checked::new(&document, &mock);
    let (account, user) = mock.read(|account| (account.id.clone(), account.users[0].clone()));
    let below = |path: &str| format!("/accounts/{account}/{path}");
    let path = format!("access/users/{}/active_sessions", user.id);
    let sessions = checked.get(&path).await.json;
    let body = json!([{ "seat_uid": user.seat_uid, "access_seat": false, "gateway_seat": false }]);
    let seats = checked.send(Method::PATCH, "access/seats", body, 200).await.json;
    for (method, path, right, pointer, wrong) in [
        ("GET", below(&path), &sessions, "/result/0/name", json!(7)),
        ("GET", below(&path), &sessions, "/result/0/expiration", json!("soon")),
        ("GET", below(&path), &sessions, "/result/0/metadata/iat", json!("now")),
        ("PATCH", below("access/seats"), &seats, "/result/0/access_seat", json!("yes")),
        ("PATCH", below("access/seats"), &seats, "/result", json!(7)),
    ] {
        check_answer(&document, method, &path, 200, right).unwrap();
        let mut body = right.clone();
        *body.pointer_mut(pointer).unwrap() = wrong;
        assert!(check_answer(&document, method, &path, 200, &body).is_err(), "{pointer}");
    }
}
