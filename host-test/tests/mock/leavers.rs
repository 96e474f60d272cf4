//! Removals: members, users, seats and sessions.

use host_test::mock::{AccessUser, Account, Mock};
use http::Method;
use serde_json::{Value, json};

use super::client::Answer;
use super::writes::{id_of, send};
use super::{company, get};

const PRIYA: &str = "priya.raman@northwind.example";

fn user(mock: &Mock, address: &str) -> AccessUser {
    let has = |user: &&AccessUser| user.email.as_deref() == Some(address);
    mock.read(|account| account.users.iter().find(has).unwrap().clone())
}

async fn delete(mock: &Mock, path: &str) -> Answer {
    send(mock, Method::DELETE, path, Value::Null).await
}

async fn revoke(mock: &Mock, body: Value) -> Answer {
    send(mock, Method::POST, "access/organizations/revoke_user", body).await
}

/// Returns the number of sessions, by the account and by the API.
async fn sessions(mock: &Mock, address: &str) -> (usize, usize) {
    let of_api = get(mock, &format!("access/users/{}/active_sessions", user(mock, address).id)).await;
    let listed = of_api.json["result"].as_array().unwrap().len();
    (mock.read(|account| account.sessions_of(address).len()), listed)
}

#[tokio::test]
async fn the_company_has_somebody_with_something_of_everything() {
    let mock = company().await;
    let account = mock.account();
    let priya = user(&mock, PRIYA);
    assert_eq!(
        (priya.access_seat, priya.gateway_seat, priya.seat_uid.is_some()),
        (Some(true), Some(true), true)
    );
    assert_eq!(sessions(&mock, PRIYA).await, (3, 3));
    let member = account.members.iter().find(|member| member.address() == Some(PRIYA)).unwrap();
    assert_eq!((member.status.as_str(), member.roles.len()), ("accepted", 1));
    assert_eq!(account.user_groups_of(&member.id).count(), 1);
    let own = json!({ "email": { "email": PRIYA } });
    let groups = account.groups.iter().filter(|group| group.include.as_ref().unwrap().contains(&own));
    assert_eq!(
        groups.map(|group| group.name.as_str()).collect::<Vec<_>>(),
        ["Engineering", "Platform on-call"]
    );

    let truth = host_test::truth::account(&account);
    let reaches = |name: &str, who: &str| {
        let app = account.applications.iter().find(|app| app.name.as_deref() == Some(name)).unwrap();
        truth.passages.contains_key(&format!("app:{}:access:{who}", app.id))
    };
    let who = format!("user:{}", priya.id);
    assert!(["Wiki", "Git", "Admin console", "Production servers"].iter().all(|app| reaches(app, &who)));
    let okta = account.identity_providers.iter().find(|it| it.kind.as_deref() == Some("okta")).unwrap();
    let shown = get(&mock, &format!("access/identity_providers/{}", okta.id)).await;
    let scim = &shown.json["result"]["scim_config"];
    assert!(
        ["enabled", "user_deprovision", "seat_deprovision"].iter().all(|field| scim[field] == true),
        "{scim}"
    );
    let names_okta = |group: &&host_test::mock::Group| {
        let mut rules = group.include.iter().flatten();
        rules.any(|rule| rule["okta"]["identity_provider_id"] == okta.id.as_str())
    };
    assert_eq!(account.groups.iter().filter(names_okta).count(), 1);
}

#[tokio::test]
async fn a_removed_member_leaves_the_user_groups_too() {
    let mock = company().await;
    let find = |account: &Account| {
        account.members.iter().find(|member| member.address() == Some(PRIYA)).map(|member| member.id.clone())
    };
    let id = mock.read(find).unwrap();
    let removed = delete(&mock, &format!("members/{id}")).await;
    assert_eq!((removed.status.as_u16(), id_of(&removed)), (200, id.clone()));
    assert_eq!(mock.read(find), None);
    assert_eq!(mock.read(|account| account.user_groups_of(&id).count()), 0);
    assert_eq!(delete(&mock, &format!("members/{id}")).await.failure(), (404, 1003));
    assert!(mock.read(|account| account.sessions_of(PRIYA).len()) > 0, "Access is another thing");
}

#[tokio::test]
async fn a_removal_may_answer_with_null_and_cancels_an_invitation() {
    let mock = company().await;
    mock.change(|account| account.lifecycle.has_null_removals = true);
    let pending = get(&mock, "members?status=pending&per_page=50").await.ids();
    let removed = delete(&mock, &format!("members/{}", pending[0])).await;
    assert_eq!(
        (removed.status.as_u16(), &removed.json["result"], &removed.json["success"]),
        (200, &Value::Null, &json!(true))
    );
    assert_eq!(get(&mock, "members?status=pending&per_page=50").await.ids(), pending[1..]);
}

#[tokio::test]
async fn a_deleted_user_shows_for_some_reads_and_is_gone_then() {
    for reads in [0, 1, 3] {
        let mock = company().await;
        mock.change(|account| account.lifecycle.deleted_users_show = Some(reads));
        let id = user(&mock, PRIYA).id;
        let path = format!("access/users/{id}");
        assert_eq!(delete(&mock, &path).await.status, 202);
        for read in 0..reads {
            if read % 2 == 0 {
                assert_eq!(get(&mock, &path).await.status, 200, "{read} of {reads}");
            } else {
                assert!(get(&mock, "access/users?per_page=1000").await.ids().contains(&id));
            }
        }
        assert_eq!(get(&mock, &path).await.failure(), (404, 1003));
        assert!(!get(&mock, "access/users?per_page=1000").await.ids().contains(&id));
        assert_eq!(delete(&mock, &path).await.failure(), (404, 1003));
    }
}

#[tokio::test]
async fn a_deleted_user_shows_until_the_deletion_ends() {
    let mock = company().await;
    mock.change(|account| account.lifecycle.deleted_users_show = None);
    let path = format!("access/users/{}", user(&mock, PRIYA).id);
    assert_eq!(delete(&mock, &path).await.status, 202);
    for _ in 0..5 {
        assert_eq!(get(&mock, &path).await.status, 200);
    }
    assert_eq!(delete(&mock, &path).await.status, 202, "once more is no error");
    assert_eq!(
        mock.read(|account| account.deleting().map(str::to_owned).collect::<Vec<_>>()),
        [path[13..].to_owned()]
    );
    mock.change(Account::finish_deletions);
    assert_eq!(get(&mock, &path).await.failure(), (404, 1003));
    assert_eq!(mock.read(|account| account.users.len()), 31, "nobody else is gone");
}

#[tokio::test]
async fn a_deletion_frees_the_seat_and_ends_the_sessions_at_once() {
    let mock = company().await;
    let others = mock.read(|account| account.sessions.len()) - 3;
    let path = format!("access/users/{}", user(&mock, PRIYA).id);
    delete(&mock, &path).await;
    assert_eq!(sessions(&mock, PRIYA).await, (0, 0));
    assert_eq!(mock.read(|account| account.sessions.len()), others);
    let shown = get(&mock, &path).await.json["result"].take();
    assert_eq!((&shown["access_seat"], &shown["gateway_seat"]), (&json!(false), &json!(false)));
    assert_eq!(shown["active_device_count"], 0);
}

async fn patch(mock: &Mock, body: Value) -> Answer {
    send(mock, Method::PATCH, "access/seats", body).await
}

#[tokio::test]
async fn a_seat_is_freed_only_by_two_flags_that_are_false() {
    let mock = company().await;
    let uid = user(&mock, PRIYA).seat_uid;
    let flags = || {
        let AccessUser { access_seat, gateway_seat, active_device_count, .. } = user(&mock, PRIYA);
        (access_seat.unwrap(), gateway_seat.unwrap(), active_device_count.unwrap())
    };
    let body = |access: bool, gateway: bool| {
        let seat = json!({ "seat_uid": uid, "access_seat": access, "gateway_seat": gateway });
        json!([seat])
    };
    patch(&mock, body(true, true)).await;
    assert_eq!(flags(), (true, true, 3));
    let kept = patch(&mock, body(true, false)).await;
    assert_eq!(kept.json["result"][0]["access_seat"], true);
    assert_eq!(flags(), (true, false, 3), "devices stay with a seat");
    patch(&mock, body(false, true)).await;
    assert_eq!(flags(), (true, false, 3), "no flag gives a seat, and one alone doesn't free it");
    let freed = patch(&mock, body(false, false)).await;
    assert_eq!(flags(), (false, false, 0));
    assert_eq!(freed.json["result"][0]["access_seat"], false);
    assert_eq!(patch(&mock, body(true, true)).await.status, 200);
    assert_eq!(flags(), (false, false, 0), "a seat comes by a login alone");
    assert_eq!(sessions(&mock, PRIYA).await, (3, 3), "a seat is no session");
}

#[tokio::test]
async fn both_flags_of_a_known_seat_are_required() {
    let mock = company().await;
    let before = mock.account();
    let seat = user(&mock, PRIYA).seat_uid;
    for body in [
        json!([{ "seat_uid": seat, "access_seat": false }]),
        json!([{ "seat_uid": seat, "gateway_seat": false }]),
        json!([{ "access_seat": false, "gateway_seat": false }]),
        json!({ "seat_uid": seat, "access_seat": false, "gateway_seat": false }),
    ] {
        assert_eq!(patch(&mock, body.clone()).await.failure(), (400, 1004), "{body}");
    }
    let unknown = json!([{ "seat_uid": "none", "access_seat": false, "gateway_seat": false }]);
    assert_eq!(patch(&mock, unknown).await.failure(), (404, 1003));
    assert_eq!(mock.account(), before);
}

#[tokio::test]
async fn a_revocation_ends_all_sessions_of_the_person_and_nothing_else() {
    let mock = company().await;
    let before = mock.account();
    let answer = revoke(&mock, json!({ "email": PRIYA.to_uppercase() })).await;
    assert_eq!((answer.status.as_u16(), &answer.json["result"]), (200, &json!(true)));
    assert_eq!(sessions(&mock, PRIYA).await, (0, 0));
    let after = mock.account();
    assert_eq!(after.users, before.users, "seat, devices and record stay");
    assert_eq!(after.sessions.len(), before.sessions.len() - 3);
    assert_eq!(revoke(&mock, json!({ "email": "nobody@b.example" })).await.status, 200);
    assert_eq!(after.revoked, [PRIYA.to_uppercase()]);
}

#[tokio::test]
async fn a_revocation_takes_an_id_and_can_take_the_devices_along() {
    let mock = company().await;
    let devices = || user(&mock, PRIYA).active_device_count;
    let uid = user(&mock, "kim.larsen@northwind.example").uid;
    revoke(&mock, json!({ "email": PRIYA, "user_uid": uid, "devices": true })).await;
    assert_eq!((sessions(&mock, PRIYA).await.0, devices()), (3, Some(3)), "another's id");
    let uid = user(&mock, PRIYA).uid;
    let body = json!({ "email": PRIYA, "user_uid": uid, "devices": false, "warp_session_reauth": true });
    revoke(&mock, body).await;
    assert_eq!((sessions(&mock, PRIYA).await.0, devices()), (0, Some(3)));
    let path = "access/organizations/revoke_user?devices=true";
    send(&mock, Method::POST, path, json!({ "email": PRIYA })).await;
    assert_eq!(devices(), Some(0));
    for body in [
        json!({}),
        json!({ "email": PRIYA, "devices": "all" }),
        json!({ "email": PRIYA, "warp_session_reauth": 1 }),
    ] {
        assert_eq!(revoke(&mock, body.clone()).await.failure(), (400, 1004), "{body}");
    }
}
