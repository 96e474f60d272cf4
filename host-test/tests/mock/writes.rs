//! Writes to the account.

use host_test::mock::{Account, Mock};
use http::Method;
use serde_json::{Value, json};

use super::client::{Answer, Client};
use super::{below, company, get};

/// Sends a request to a path below the account.
pub async fn send(mock: &Mock, method: Method, path: &str, body: Value) -> Answer {
    Client::new(mock).send(method, &below(mock, path), body).await
}

/// Returns the id of the result.
pub fn id_of(answer: &Answer) -> String {
    answer.json["result"]["id"].as_str().unwrap_or_else(|| panic!("no id in {answer:?}")).to_owned()
}

#[tokio::test]
async fn a_put_replaces_a_group_and_clears_what_it_leaves_out() {
    let mock = company().await;
    let group = mock
        .read(|account| account.groups.iter().find(|group| group.name == "Security team").unwrap().clone());
    let path = format!("access/groups/{}", group.id);
    let kim = json!({ "email": { "email": "kim.larsen@northwind.example" } });
    let include = json!([kim, { "quantum_badge": { "level": [1] } }]);
    let note = json!({ "by": "audit" });
    let body = json!({ "id": "ignored", "name": "Security", "include": include, "approval_note": note });
    let put = send(&mock, Method::PUT, &path, body).await;
    assert_eq!(put.status, 200);

    let now = get(&mock, &path).await.json["result"].take();
    assert_eq!(now, put.json["result"]);
    assert_eq!((&now["id"], &now["name"], &now["include"]), (&json!(group.id), &json!("Security"), &include));
    assert_eq!(now["approval_note"], json!({ "by": "audit" }));
    assert_eq!(now["created_at"], json!(group.created_at));
    assert_ne!(now["updated_at"], json!(group.updated_at));
    for cleared in ["require", "exclude", "is_default"] {
        assert!(now.get(cleared).is_none(), "{cleared} in {now}");
    }
}

#[tokio::test]
async fn a_group_body_that_is_refused_changes_nothing() {
    let mock = company().await;
    let before = mock.account();
    let path = format!("access/groups/{}", before.groups[0].id);
    let everyone = json!([{ "everyone": {} }]);
    let many: Vec<Value> =
        (0..1001).map(|n| json!({ "email": { "email": format!("a{n}@b.example") } })).collect();
    for body in [
        json!({ "name": "no include" }),
        json!({ "name": "empty", "include": [] }),
        json!({ "name": "null", "include": null }),
        json!({ "include": everyone }),
        json!({ "name": "", "include": everyone }),
        json!({ "name": "no rules", "include": ["everyone"] }),
        json!({ "name": "as shown", "include": everyone, "is_default": everyone }),
        json!({ "name": "too many", "include": many }),
        json!([]),
    ] {
        assert_eq!(send(&mock, Method::PUT, &path, body.clone()).await.failure(), (400, 12130), "{body}");
        assert_eq!(send(&mock, Method::POST, "access/groups", body).await.failure(), (400, 12130));
    }
    assert_eq!(mock.account(), before);
    let body = json!({ "name": "x", "include": everyone });
    assert_eq!(send(&mock, Method::PUT, "access/groups/none", body).await.failure(), (404, 1003));
}

#[tokio::test]
async fn groups_are_created_and_deleted() {
    let mock = company().await;
    let body = json!({ "name": "New", "include": [{ "everyone": {} }] });
    let (one, two) = (
        send(&mock, Method::POST, "access/groups", body.clone()).await,
        send(&mock, Method::POST, "access/groups", body).await,
    );
    assert_eq!(one.status, 201);
    assert_ne!(id_of(&one), id_of(&two));
    let path = format!("access/groups/{}", id_of(&one));
    assert_eq!(get(&mock, &path).await.json["result"], one.json["result"]);
    let deleted = send(&mock, Method::DELETE, &path, Value::Null).await;
    assert_eq!((deleted.status.as_u16(), &deleted.json["result"]), (202, &json!({ "id": id_of(&one) })));
    assert_eq!(get(&mock, &path).await.failure(), (404, 1003));
}

fn member_path(account: &Account, email: &str) -> String {
    let member = account.members.iter().find(|member| member.address() == Some(email)).unwrap();
    format!("members/{}", member.id)
}

#[tokio::test]
async fn a_change_of_roles_makes_all_policies_account_wide() {
    let mock = company().await;
    let account = mock.account();
    let path = member_path(&account, "ops@harbor-msp.example");
    let ids = [&account.roles[2].id, &account.roles[1].id, &account.roles[2].id];
    let body = json!({ "roles": ids.map(|id| json!({ "id": id })) });
    let put = send(&mock, Method::PUT, &path, body).await.json["result"].take();
    assert_eq!(put["roles"], json!([account.roles[2], account.roles[1]]));
    for (role, policy) in account.roles[1..3].iter().rev().zip(put["policies"].as_array().unwrap()) {
        assert_eq!(policy["permission_groups"][0]["id"], json!(account.permission_group(role).id));
        assert_eq!(policy["resource_groups"][0]["scope"]["objects"], json!([{ "key": "*" }]));
    }
    assert_eq!(get(&mock, &path).await.json["result"], put);
}

#[tokio::test]
async fn policies_win_over_roles() {
    let mock = company().await;
    let account = mock.account();
    let path = member_path(&account, "daniel.osei@northwind.example");
    let zone =
        account.members.iter().find(|member| member.address() == Some("ops@harbor-msp.example")).unwrap();
    let policy = json!({
        "access": "allow",
        "permission_groups": [{ "id": account.permission_group(&account.roles[3]).id }],
        "resource_groups": [{ "id": zone.policies[0].resource_groups[0].id }],
    });
    let body = json!({ "roles": [{ "id": account.roles[1].id }], "policies": [policy] });
    let put = send(&mock, Method::PUT, &path, body).await.json["result"].take();
    assert_eq!(put["policies"][0]["permission_groups"][0]["name"], json!(account.roles[3].name));
    assert_eq!(put["policies"][0]["resource_groups"], json!(zone.policies[0].resource_groups));
    assert_eq!(put["roles"], json!([]), "it holds on one zone only");
}

#[tokio::test]
async fn wrong_members_are_refused() {
    let mock = company().await;
    let before = mock.account();
    let path = member_path(&before, "grace.whitfield@northwind.example");
    let unknown = "0".repeat(32);
    for roles in [json!([{ "id": unknown }]), json!([])] {
        assert_eq!(send(&mock, Method::PUT, &path, json!({ "roles": roles })).await.failure(), (400, 1001));
    }
    let post = async |body: Value| send(&mock, Method::POST, "members", body).await.failure();
    let role = &before.roles[1].id;
    assert_eq!(
        post(json!({ "email": "Grace.Whitfield@Northwind.example", "roles": [role] })).await,
        (400, 1008)
    );
    assert_eq!(post(json!({ "email": "new@b.example", "roles": [unknown] })).await, (400, 1001));
    assert_eq!(post(json!({ "roles": [role] })).await, (400, 1004));
    let body = json!({ "roles": [{ "id": role }] });
    assert_eq!(send(&mock, Method::PUT, "members/none", body).await.failure(), (404, 1003));
    let after = Account { created: before.created, ..mock.account() };
    assert_eq!(after, before);
}

#[tokio::test]
async fn members_are_invited_and_removed() {
    let mock = company().await;
    let role = mock.read(|account| account.roles[1].clone());
    let body = json!({ "email": "new@northwind.example", "roles": [role.id] });
    let invited = send(&mock, Method::POST, "members", body).await;
    assert!(invited.json["result"].get("roles").is_none());
    assert_eq!(invited.json["result"]["status"], "pending");
    let path = format!("members/{}", id_of(&invited));
    assert_eq!(get(&mock, &path).await.json["result"]["roles"], json!([role]));
    let removed = send(&mock, Method::DELETE, &path, Value::Null).await;
    assert_eq!(removed.json["result"], json!({ "id": id_of(&invited) }));
    assert_eq!(get(&mock, &path).await.failure(), (404, 1003));
}

#[tokio::test]
async fn seats_are_changed_together_or_not_at_all() {
    let mock = company().await;
    let before = mock.account();
    let seat = |at: usize, gateway: bool| {
        let uid = &before.users[at].seat_uid;
        json!({ "seat_uid": uid, "access_seat": false, "gateway_seat": gateway })
    };
    let unknown = json!({ "seat_uid": "none", "access_seat": false, "gateway_seat": false });
    assert_eq!(
        send(&mock, Method::PATCH, "access/seats", json!([seat(0, true), unknown])).await.failure(),
        (404, 1003)
    );
    assert_eq!(mock.account(), before);
    let changed = send(&mock, Method::PATCH, "access/seats", json!([seat(0, true), seat(1, false)])).await;
    assert_eq!(changed.json["result"].as_array().unwrap().len(), 2);
    let seats = mock.read(|account| {
        account.users[..2].iter().map(|user| (user.access_seat, user.gateway_seat)).collect::<Vec<_>>()
    });
    assert_eq!(seats, [(Some(false), Some(true)), (Some(false), Some(false))]);
}

#[tokio::test]
async fn sessions_are_revoked_by_address() {
    let mock = company().await;
    let path = "access/organizations/revoke_user";
    assert_eq!(send(&mock, Method::POST, path, json!({ "email": "a@b.example" })).await.json["result"], true);
    assert_eq!(send(&mock, Method::POST, path, json!({})).await.failure(), (400, 1004));
    assert_eq!(mock.account().revoked, ["a@b.example"]);
}
