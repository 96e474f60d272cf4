//! The rights that it takes to invite, to remove, to free seats and to end sessions.

use host_test::mock::{
    Account, DEMO_EMAIL, DEMO_KEY, DEMO_TOKEN, Mock, Options, Permission, Token, TokenOwner,
};
use http::Method;
use serde_json::{Value, json};

use super::below;
use super::client::{Answer, Client};

/// The writes for joiners and leavers: method, path and body. None of them is right, so that each
/// can be sent again and again.
fn writes() -> [(Method, &'static str, Value); 7] {
    [
        (Method::POST, "members", json!({})),
        (Method::DELETE, "members/none", Value::Null),
        (Method::POST, "access/users", json!({})),
        (Method::PUT, "access/users/none", json!({})),
        (Method::DELETE, "access/users/none", Value::Null),
        (Method::PATCH, "access/seats", json!({})),
        (Method::POST, "access/organizations/revoke_user", json!({})),
    ]
}

/// Sends each of the writes, and returns the status and code of each answer.
async fn send(mock: &Mock, client: &Client) -> Vec<(u16, u64)> {
    let mut failures = Vec::new();
    for (method, path, body) in writes() {
        failures.push(client.send(method, &below(mock, path), body).await);
    }
    failures.iter().map(Answer::failure).collect()
}

/// Returns whether each of the writes was let through with this token.
async fn passed(token: Token) -> Vec<bool> {
    let options = Options { tokens: vec![token], ..Options::default() };
    let mock = Mock::start(Account::company(), options).await.unwrap();
    let answers = send(&mock, &Client::new(&mock)).await;
    assert!(answers.iter().all(|answer| answer.0 != 403 || *answer == (403, 10000)), "{answers:?}");
    answers.iter().map(|(status, _)| *status != 403).collect()
}

#[tokio::test]
async fn each_step_has_the_smallest_permission_that_works_and_a_larger_one() {
    use Permission::{
        AccessGroupsEdit, AccessGroupsRead, AccountSettingsEdit, AccountSettingsRead, AuditLogsRead,
        GroupsEdit, OrganizationsRevoke, ScimProvisioning, SeatsWrite, UsersRead,
    };
    let members = [true, true, false, false, false, false, false];
    let users = [false, false, true, true, true, true, false];
    let sessions = [false, false, false, false, false, false, true];
    for (permission, expected) in [
        (ScimProvisioning, members),
        (AccountSettingsEdit, members),
        (AccountSettingsRead, [false; 7]),
        (SeatsWrite, users),
        (AuditLogsRead, [false; 7]),
        (UsersRead, [false; 7]),
        (OrganizationsRevoke, sessions),
        (AccessGroupsEdit, sessions),
        (AccessGroupsRead, [false; 7]),
        (GroupsEdit, [false; 7]),
    ] {
        for owner in [TokenOwner::User, TokenOwner::Account] {
            let token = Token { owner, ..Token::new(DEMO_TOKEN) };
            assert_eq!(passed(token.with_permissions([permission])).await, expected, "{permission:?}");
        }
    }
}

#[tokio::test]
async fn the_global_key_may_do_it_all() {
    let mock = Mock::start(Account::company(), Options::default()).await.unwrap();
    let key = Client::with_headers(&mock, &[("x-auth-email", DEMO_EMAIL), ("x-auth-key", DEMO_KEY)]);
    let answers = send(&mock, &key).await;
    assert!(answers.iter().all(|(status, _)| [400, 404].contains(status)), "{answers:?}");
}

#[tokio::test]
async fn a_token_that_no_super_administrator_made_manages_no_members() {
    let token = Token { is_super_administrators: false, ..Token::new(DEMO_TOKEN) };
    let options = Options { tokens: vec![token], ..Options::default() };
    let mock = Mock::start(Account::company(), options).await.unwrap();
    let client = Client::new(&mock);
    let answers = send(&mock, &client).await;
    assert_eq!(answers[..2], [(403, 9109); 2]);
    assert!(answers[2..].iter().all(|(status, _)| [400, 404].contains(status)), "{answers:?}");
    let [member, group] =
        mock.read(|account| [account.members[0].id.clone(), account.user_groups[0].id.clone()]);
    for (method, path) in [
        (Method::PUT, format!("members/{member}")),
        (Method::DELETE, format!("iam/user_groups/{group}/members/{member}")),
    ] {
        let answer = client.send(method, &below(&mock, &path), json!({})).await;
        assert_eq!(answer.failure(), (403, 9109), "{path}");
    }
    assert_eq!(client.get(&below(&mock, "members")).await.status, 200, "it reads them");
}

#[tokio::test]
async fn a_token_shows_the_permission_for_sessions() {
    let token =
        Token::new(DEMO_TOKEN).with_permissions([Permission::OrganizationsRevoke, Permission::TokensRead]);
    let options = Options { tokens: vec![token], ..Options::default() };
    let mock = Mock::start(Account::company(), options).await.unwrap();
    let client = Client::new(&mock);
    let id = client.get("/user/tokens/verify").await.json["result"]["id"].as_str().unwrap().to_owned();
    let shown = client.get(&format!("/user/tokens/{id}")).await;
    assert!(shown.body.contains(r#""Access: Organizations Revoke""#), "{}", shown.body);
}

#[tokio::test]
async fn a_token_tells_its_owner_only_with_the_permission_for_that() {
    let with = |more: Option<Permission>, owner| {
        let permissions = Permission::ALL.into_iter().chain(more);
        Token { owner, ..Token::new(DEMO_TOKEN).with_permissions(permissions) }
    };
    let owner_read = Some(Permission::UserDetailsRead);
    for (token, told) in [
        (with(owner_read, TokenOwner::User), Ok(DEMO_EMAIL)),
        (with(None, TokenOwner::User), Err((403, 10000))),
        (with(owner_read, TokenOwner::Account), Err((401, 1000))),
    ] {
        let options = Options { tokens: vec![token], ..Options::default() };
        let mock = Mock::start(Account::company(), options).await.unwrap();
        let answer = Client::new(&mock).get("/user").await;
        match told {
            Ok(address) => assert_eq!(answer.json["result"]["email"], address),
            Err(failure) => assert_eq!(answer.failure(), failure),
        }
    }
}
