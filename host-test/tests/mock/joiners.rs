//! Invitations: who can be invited, how, and what becomes of it.

use std::time::Duration;

use host_test::mock::{Account, INVITATION_LASTS, Member, Mock};
use http::Method;
use serde_json::{Value, json};

use super::client::Answer;
use super::writes::{id_of, send};
use super::{company, get};

const NEW: &str = "new.starter@northwind.example";

async fn post(mock: &Mock, body: Value) -> Answer {
    send(mock, Method::POST, "members", body).await
}

fn role(account: &Account, name: &str) -> String {
    account.roles.iter().find(|role| role.name == name).unwrap().id.clone()
}

fn member(mock: &Mock, address: &str) -> Option<Member> {
    mock.read(|account| account.members.iter().find(|member| member.address() == Some(address)).cloned())
}

async fn invited(mock: &Mock, address: &str) -> Answer {
    let dns = mock.read(|account| role(account, "DNS"));
    post(mock, json!({ "email": address, "roles": [dns] })).await
}

/// Returns the body of a policy that gives these permissions on these resources.
fn policy(permissions: &str, resources: &str) -> Value {
    json!({
        "access": "allow",
        "permission_groups": [{ "id": permissions }],
        "resource_groups": [{ "id": resources }],
    })
}

#[tokio::test]
async fn an_invitation_is_a_pending_member_whom_the_answer_shows_without_roles() {
    let mock = company().await;
    let answer = invited(&mock, NEW).await;
    let result = &answer.json["result"];
    assert_eq!(
        (answer.status.as_u16(), &result["status"], &result["email"]),
        (200, &json!("pending"), &json!(NEW))
    );
    assert!(result.get("roles").is_none() && result["user"].get("id").is_none(), "{result}");
    let dns = mock.read(|account| role(account, "DNS"));
    let whole = get(&mock, &format!("members/{}", id_of(&answer))).await.json["result"].take();
    assert_eq!(whole["roles"][0]["id"], json!(dns));
    assert_eq!(whole["policies"], result["policies"]);
    let pending = get(&mock, "members?status=pending&per_page=50").await.ids();
    assert_eq!(pending.last(), Some(&id_of(&answer)));
    assert_eq!(pending.len(), 3);
}

#[tokio::test]
async fn an_invitation_names_roles_as_plain_ids_or_policies_and_never_both() {
    let mock = company().await;
    let account = mock.account();
    let dns = role(&account, "DNS");
    let domain_dns = account.permission_groups[0].id.clone();
    let zone = account.user_groups[1].policies.as_ref().unwrap()[0].resource_groups[0].id.clone();
    let with = |what: Value| {
        let mut body = json!({ "email": NEW });
        body.as_object_mut().unwrap().extend(what.as_object().unwrap().clone());
        body
    };
    for refused in [
        json!({ "roles": [dns], "policies": [policy(&domain_dns, &zone)] }),
        json!({ "roles": [], "policies": [policy(&domain_dns, &zone)] }),
        json!({ "roles": [{ "id": dns }] }),
    ] {
        assert_eq!(post(&mock, with(refused.clone())).await.failure(), (400, 1004), "{refused}");
    }
    for refused in [json!({}), json!({ "roles": [] }), json!({ "policies": [] })] {
        assert_eq!(post(&mock, with(refused.clone())).await.failure(), (400, 1001), "{refused}");
    }
    assert_eq!(member(&mock, NEW), None);
    let answer = post(&mock, with(json!({ "policies": [policy(&domain_dns, &zone)] }))).await;
    assert_eq!(answer.json["result"]["policies"][0]["permission_groups"][0]["name"], "Domain DNS");
    assert_eq!(member(&mock, NEW).unwrap().roles, Vec::<String>::new());
}

#[tokio::test]
async fn a_permission_of_domains_doesn_t_fit_the_whole_account() {
    let mock = company().await;
    let account = mock.account();
    let whole = account.account_wide_policy("", &account.roles[0]).resource_groups[0].id.clone();
    let body = json!({ "email": NEW, "policies": [policy(&account.permission_groups[0].id, &whole)] });
    let answer = post(&mock, body).await;
    assert_eq!(answer.failure(), (400, 1006));
    let message = &answer.json["errors"][0]["message"];
    assert_eq!(message, "invalid permission group and resource group combination");
    assert_eq!(member(&mock, NEW), None);
}

#[tokio::test]
async fn whoever_is_a_member_or_invited_already_can_t_be_invited() {
    let mock = company().await;
    invited(&mock, NEW).await;
    for there in
        ["kim.larsen@northwind.example", "SAMUEL.ORTIZ@northwind.example", "New.Starter@Northwind.example"]
    {
        assert_eq!(invited(&mock, there).await.failure(), (400, 1008), "{there}");
    }
}

#[tokio::test]
async fn only_somebody_with_a_cloudflare_user_is_added_without_an_invitation() {
    let mock = company().await;
    let body = |address: &str| {
        let dns = mock.read(|account| role(account, "DNS"));
        json!({ "email": address, "roles": [dns], "status": "accepted" })
    };
    let answer = post(&mock, body(NEW)).await;
    assert_eq!(answer.failure(), (400, 1001));
    let message = &answer.json["errors"][0]["message"];
    assert_eq!(message, "Invalid request: automatic verification of new members is not allowed");
    assert_eq!(member(&mock, NEW), None);

    mock.change(|account| account.lifecycle.logins.insert(NEW.to_owned()));
    let answer = post(&mock, body("New.Starter@northwind.example")).await;
    assert_eq!(answer.json["result"]["status"], "accepted");
    assert!(answer.json["result"]["user"]["id"].is_string());
    assert_eq!(
        post(&mock, json!({ "email": "x@y.example", "status": "rejected" })).await.failure(),
        (400, 1004)
    );
}

#[tokio::test]
async fn an_invitation_is_accepted_once() {
    let mock = company().await;
    invited(&mock, NEW).await;
    assert!(mock.change(|account| account.accept_invitation("NEW.starter@northwind.example")));
    let accepted = member(&mock, NEW).unwrap();
    assert_eq!(accepted.status, "accepted");
    assert!(accepted.user.unwrap().id.is_some());
    assert!(!mock.change(|account| account.accept_invitation(NEW)));
    mock.change(|account| account.pass(INVITATION_LASTS));
    assert!(member(&mock, NEW).is_some(), "a member doesn't expire");
}

#[tokio::test]
async fn an_invitation_expires_after_four_days_and_vanishes() {
    let mock = company().await;
    let day = Duration::from_secs(24 * 60 * 60);
    let auditors = || mock.read(|account| account.user_groups[2].members.len());
    let pending = async || get(&mock, "members?status=pending&per_page=50").await.ids().len();
    mock.change(|account| account.pass(day));
    let id = id_of(&invited(&mock, NEW).await);
    mock.change(|account| account.pass(2 * day));
    assert_eq!((pending().await, auditors()), (3, 2));
    // Those who were pending from the start are older by a day.
    mock.change(|account| account.pass(day));
    assert_eq!((pending().await, auditors()), (1, 1));
    mock.change(|account| account.pass(day - Duration::from_secs(1)));
    assert_eq!(get(&mock, &format!("members/{id}")).await.status, 200);
    mock.change(|account| account.pass(Duration::from_secs(1)));
    assert_eq!(get(&mock, &format!("members/{id}")).await.failure(), (404, 1003));
    assert_eq!(member(&mock, NEW), None);

    let again = invited(&mock, NEW).await;
    assert_ne!(id_of(&again), id, "the next invitation has an id of its own");
    assert_eq!(pending().await, 1);
}

#[tokio::test]
async fn a_user_is_added_without_a_seat_and_once() {
    let mock = company().await;
    let add = async |body: Value| send(&mock, Method::POST, "access/users", body).await;
    let answer = add(json!({ "email": NEW, "name": "New Starter" })).await;
    assert_eq!(answer.status, 201);
    let user = get(&mock, &format!("access/users/{}", id_of(&answer))).await.json["result"].take();
    assert_eq!(user, answer.json["result"]);
    assert_eq!((&user["email"], &user["name"]), (&json!(NEW), &json!("New Starter")));
    assert_eq!((&user["access_seat"], &user["gateway_seat"]), (&json!(false), &json!(false)));
    assert!(user.get("seat_uid").is_none() && user.get("last_successful_login").is_none(), "{user}");

    assert_eq!(add(json!({ "email": "New.STARTER@northwind.example" })).await.failure(), (400, 12130));
    for body in [json!({}), json!({ "name": "Nobody" }), json!({ "email": "nobody" })] {
        assert_eq!(add(body.clone()).await.failure(), (400, 12130), "{body}");
    }
    assert_eq!(get(&mock, &format!("access/users?email={NEW}")).await.ids(), [id_of(&answer)]);
}

#[tokio::test]
async fn a_user_is_renamed_and_keeps_the_address() {
    let mock = company().await;
    let user = mock.read(|account| account.users[0].clone());
    let path = format!("access/users/{}", user.id);
    let put = async |body: Value| send(&mock, Method::PUT, &path, body).await;
    let email = user.email.clone().unwrap();
    assert_eq!(put(json!({ "name": "Ingrid" })).await.failure(), (400, 12130));
    assert_eq!(put(json!({ "email": email })).await.failure(), (400, 12130));
    assert_eq!(put(json!({ "email": NEW, "name": "Ingrid" })).await.failure(), (400, 12130));
    assert_eq!(put(json!({ "email": email, "name": "Ingrid" })).await.json["result"]["name"], "Ingrid");
    let now = mock.read(|account| account.users[0].clone());
    assert_eq!(
        (now.name.as_deref(), &now.email, &now.seat_uid),
        (Some("Ingrid"), &user.email, &user.seat_uid)
    );
    let body = json!({ "email": email, "name": "Ingrid" });
    assert_eq!(send(&mock, Method::PUT, "access/users/none", body).await.failure(), (404, 1003));
}
