//! User groups, permission groups and resource groups are as Cloudflare's OpenAPI document describes them.

use http::Method;
use serde_json::{Value, json};

use crate::common::cloudflare_openapi::CloudflareOpenApi;
use crate::documented::{Checked, check_answer, company};

#[tokio::test]
async fn what_can_be_read_is_as_documented() {
    let Some(document) = CloudflareOpenApi::load() else { return };
    let mock = company().await;
    let checked = Checked::new(&document, &mock);
    let permission = mock.read(|account| account.permission_groups[0].id.clone());
    for (list, query) in [
        ("iam/user_groups", "?page=1&per_page=500&direction=desc"),
        ("iam/user_groups", "?name=auditors"),
        ("iam/user_groups", "?fuzzyName=platform"),
        ("iam/permission_groups", "?page=2&per_page=5"),
        ("iam/permission_groups", "?name=dns"),
        ("iam/permission_groups", "?label=all_privileges"),
        ("iam/permission_groups", &format!("?id={permission}")),
        ("iam/resource_groups", "?name=northwind.example"),
    ] {
        let found = checked.get(&format!("{list}{query}")).await.ids();
        assert!(!found.is_empty(), "{list}{query}");
        for id in checked.get(list).await.ids() {
            let one = checked.get(&format!("{list}/{id}")).await;
            assert_eq!(one.json["result"]["id"], *id);
        }
    }
    for id in checked.get("iam/user_groups").await.ids() {
        let members = format!("iam/user_groups/{id}/members");
        for member in checked.get(&format!("{members}?page=1&per_page=500&fuzzyEmail=north")).await.ids() {
            checked.get(&format!("{members}/{member}")).await;
        }
    }
    checked.check_requests();
}

#[tokio::test]
async fn what_can_be_written_is_as_documented() {
    let Some(document) = CloudflareOpenApi::load() else { return };
    let mock = company().await;
    let checked = Checked::new(&document, &mock);
    let account = mock.account();
    let permissions = account.permission_group(&account.roles[2]).id;
    let resources = &account.user_groups[1].policies.as_ref().unwrap()[0].resource_groups[0].id;
    let policy = json!({
        "access": "deny",
        "permission_groups": [{ "id": permissions }],
        "resource_groups": [{ "id": resources }],
    });
    let body = json!({ "name": "New", "policies": [policy] });
    let created = checked.send(Method::POST, "iam/user_groups", body, 200).await;
    let group = format!("iam/user_groups/{}", created.json["result"]["id"].as_str().unwrap());
    checked.send(Method::PUT, &group, json!({ "name": "Newer" }), 200).await;
    checked.send(Method::PUT, &group, json!({ "policies": [] }), 200).await;
    let ids: Vec<Value> = account.members[..3].iter().map(|member| json!({ "id": member.id })).collect();
    let members = format!("{group}/members");
    checked.send(Method::POST, &members, json!(ids[..1]), 200).await;
    checked.send(Method::PUT, &members, json!(ids), 200).await;
    checked.send(Method::DELETE, &format!("{members}/{}", account.members[0].id), Value::Null, 200).await;
    checked.send(Method::DELETE, &group, Value::Null, 200).await;
    checked.check_requests();
    assert_eq!(mock.account().user_groups, account.user_groups);
}

#[tokio::test]
async fn failures_are_as_documented() {
    let Some(document) = CloudflareOpenApi::load() else { return };
    let mock = company().await;
    let checked = Checked::new(&document, &mock);
    let nowhere = "0".repeat(32);
    for path in ["iam/user_groups", "iam/permission_groups", "iam/resource_groups"] {
        checked.send(Method::GET, &format!("{path}/{nowhere}"), Value::Null, 404).await;
    }
    let group = mock.read(|account| account.user_groups[0].id.clone());
    let members = format!("iam/user_groups/{group}/members");
    checked.send(Method::GET, &format!("{members}/{nowhere}"), Value::Null, 404).await;
    checked.send(Method::DELETE, &format!("{members}/{nowhere}"), Value::Null, 404).await;
    checked.send(Method::POST, &members, json!([{ "id": nowhere }]), 404).await;
    checked.send(Method::GET, "iam/permission_groups?per_page=51", Value::Null, 400).await;
    for (status, code) in [(404, 7003), (410, 7003)] {
        mock.change(|account| account.roles_gone = Some((status, code)));
        checked.send(Method::GET, "roles", Value::Null, status).await;
        checked.send(Method::GET, &format!("roles/{nowhere}"), Value::Null, status).await;
    }
}

#[tokio::test]
async fn a_wrong_user_group_is_found() {
    let Some(document) = CloudflareOpenApi::load() else { return };
    let mock = company().await;
    let checked = Checked::new(&document, &mock);
    let right = checked.get("iam/user_groups").await.json;
    let path = format!("/accounts/{}/iam/user_groups", mock.read(|account| account.id.clone()));
    for (pointer, wrong) in [
        ("/result/0/id", json!(7)),
        ("/result/0/name", json!(null)),
        ("/result/0/created_on", json!("yesterday")),
        ("/result/0/policies", json!("all")),
    ] {
        let mut body = right.clone();
        *body.pointer_mut(pointer).unwrap() = wrong;
        assert!(check_answer(&document, "GET", &path, 200, &body).is_err(), "{pointer}");
    }
}
