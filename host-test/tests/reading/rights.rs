//! `validate` reports what these credentials may change, and tries no change for it.

use crate::common::reading::connector_error;
use crate::common::setup::{HostAndMock, pairs};
use connector_host::contract::{Check, ErrorKind, Right};
use connector_host::{Config, Host};
use host_test::mock::{
    Account, DEMO_EMAIL, DEMO_KEY, DEMO_TOKEN, Effect, Fault, Member, Options, Permission, Role, Token,
    TokenOwner,
};
use serde_json::{Value, json};

const GROUPS: &str = "Access: Groups Edit";
const MEMBERS: &str = "SCIM Provisioning Edit";

/// A word for a right, and the message that comes with it.
type Told = (&'static str, String);

fn told(checks: &[Check], kind: &str) -> Option<Told> {
    let check = checks.iter().find(|check| check.resource_type == kind).unwrap();
    Some(match check.change.as_ref()? {
        Right::Granted => ("granted", String::new()),
        Right::Missing(error) => {
            assert_eq!((error.kind, error.retryable), (ErrorKind::PermissionDenied, false));
            ("missing", error.message.clone())
        }
        Right::Unknown(error) => ("unknown", error.message.clone()),
    })
}

/// Returns what is told of groups and of roles. Everything can be read, and nothing was changed.
async fn validated(setup: &HostAndMock, method: &str, settings: &[(String, String)]) -> [Told; 2] {
    setup.mock.forget_requests();
    let before = setup.mock.account();
    let mut session = setup.host.open(method, settings).await.unwrap();
    let checks = session.validate().await.map_err(connector_error).unwrap().checks;
    assert!(checks.iter().all(|check| check.read.is_ok()), "{checks:?}");
    for kind in ["member", "user", "email"] {
        assert_eq!(told(&checks, kind), None, "{kind}");
    }
    assert!(setup.mock.requests().iter().all(|request| request.method == "GET" && request.body.is_empty()));
    assert_eq!(setup.mock.account(), before);
    ["group", "role"].map(|kind| told(&checks, kind).unwrap())
}

async fn with(token: Token, faults: Vec<Fault>) -> ([Told; 2], u64) {
    let options = Options { tokens: vec![token], faults, ..Options::default() };
    let setup = HostAndMock::with(Account::company(), options).await;
    let told = validated(&setup, "api-token", &setup.settings()).await;
    (told, setup.mock.request_count())
}

fn without(permissions: &[Permission]) -> Token {
    let mut token = Token::new(DEMO_TOKEN);
    token.permissions.retain(|permission| !permissions.contains(permission));
    token
}

fn granted() -> Told {
    ("granted", String::new())
}

#[tokio::test]
async fn a_tokens_own_policies_say_what_it_may_change() {
    use Permission::{AccessGroupsEdit, AccountSettingsEdit};
    for owner in [TokenOwner::User, TokenOwner::Account] {
        let all = Token { owner, ..without(&[]) };
        let (told, requests) = with(all, Vec::new()).await;
        assert_eq!(told, [granted(), granted()], "{owner:?}");
        // Two more than reading takes: the account, and the token.
        let verified = if owner == TokenOwner::User { 1 } else { 2 };
        assert_eq!(requests, verified + 10 + 2);
        for (missing, at, name) in [(AccessGroupsEdit, 0, GROUPS), (AccountSettingsEdit, 1, MEMBERS)] {
            let less = Token { owner, ..without(&[missing]) };
            let (told, _) = with(less, Vec::new()).await;
            assert_eq!(told[1 - at], granted(), "{name}");
            assert_eq!(told[at].0, "missing");
            assert!(told[at].1.contains(name) && told[at].1.contains("lacks"), "{}", told[at].1);
        }
    }
    let reads_only = without(&[AccessGroupsEdit, AccountSettingsEdit]);
    assert_eq!(with(reads_only, Vec::new()).await.0.map(|told| told.0), ["missing", "missing"]);
}

#[tokio::test]
async fn a_token_that_may_not_read_itself_leaves_it_unknown_and_says_why() {
    for (owner, name) in [
        (TokenOwner::User, "\u{201c}API Tokens Read"),
        (TokenOwner::Account, "\u{201c}Account API Tokens Read"),
    ] {
        let token = Token { owner, ..without(&[Permission::TokensRead]) };
        for told in with(token, Vec::new()).await.0 {
            assert_eq!(told.0, "unknown");
            assert!(told.1.contains(name) && told.1.contains("No change needs"), "{}", told.1);
        }
    }
}

#[tokio::test]
async fn policies_that_deny_or_cover_something_else_do_not_pass_for_a_right() {
    let account = Account::company().id;
    let here = json!({format!("com.cloudflare.api.account.{account}"): "*"});
    let names = [GROUPS.replace("Edit", "Write"), MEMBERS.replace("Edit", "Write")];
    let policy = |effect: &str, resources: &Value| {
        let groups: Vec<Value> = names.iter().map(|name| json!({"id": "0", "name": name})).collect();
        json!({"id": "0", "effect": effect, "permission_groups": groups, "resources": resources})
    };
    let zones =
        json!({format!("com.cloudflare.api.account.{account}"): {"com.cloudflare.api.account.zone.*": "*"}});
    let elsewhere = json!({format!("com.cloudflare.api.account.{}", "0".repeat(32)): "*"});
    for (policies, word, says) in [
        (json!([policy("allow", &here)]), "granted", ""),
        (json!([policy("allow", &json!({"com.cloudflare.api.account.*": "*"}))]), "granted", ""),
        (json!([policy("allow", &here), policy("deny", &here)]), "missing", "deny"),
        (json!([policy("allow", &zones)]), "missing", "lacks"),
        (json!([policy("allow", &elsewhere)]), "missing", "lacks"),
        (json!([]), "missing", "lacks"),
        (json!([policy("perhaps", &here)]), "unknown", "can't be understood"),
        (
            json!([policy("allow", &json!({"com.cloudflare.api.galaxy.1": "*"}))]),
            "unknown",
            "can't be understood",
        ),
        (json!(null), "unknown", "not the API's"),
        (json!("canary"), "unknown", "not the API's"),
    ] {
        let token = Token { shown_policies: Some(policies.clone()), ..without(&[]) };
        for told in with(token, Vec::new()).await.0 {
            assert_eq!(told.0, word, "{policies}: {}", told.1);
            assert!(told.1.contains(says), "{policies}: {}", told.1);
        }
    }
}

#[tokio::test]
async fn whatever_fails_there_is_no_failure_of_validate() {
    let status = |status, code| Effect::Status { status, code, message: "no".into(), headers: Vec::new() };
    let body = |body: &str| Effect::Body { status: 200, body: body.to_owned() };
    for (effect, says) in [
        (status(401, 1000), "doesn't know these credentials"),
        (status(404, 7003), "isn't allowed to read its own permissions"),
        (status(429, 971), "limit"),
        (status(500, 1), "Try again later"),
        (Effect::Html { status: 200 }, "not the API's"),
        (body(r#"{"success":true,"result":null}"#), "not the API's"),
        (body(r#"{"success":true}"#), "not the API's"),
        (body(r#"{"success":true,"result":[]}"#), "not the API's"),
    ] {
        let fault = Fault::on("GET", "user/tokens/{id}", effect.clone());
        for told in with(without(&[]), vec![fault]).await.0 {
            assert_eq!(told.0, "unknown", "{effect:?}");
            assert!(told.1.contains(says), "{effect:?}: {}", told.1);
        }
    }
}

/// An id that a server makes from the token would end up in a path, and so in logs.
#[tokio::test]
async fn no_id_that_may_be_the_token_is_asked_for() {
    let token = "canary0123456789abcdef0123456789abcdef";
    let reversed: String = token.chars().rev().collect();
    for id in [token, &token[..19], &reversed, &format!("x{token}"), "a/b", ""] {
        let body = json!({"success": true, "result": {"id": id, "status": "active"}}).to_string();
        let fault = Fault::on("GET", "user/tokens/verify", Effect::Body { status: 200, body });
        let options = Options { tokens: vec![Token::new(token)], faults: vec![fault], ..Options::default() };
        let setup = HostAndMock::with(Account::company(), options).await;
        let mut settings = setup.settings();
        settings[1].1 = token.to_owned();
        for told in validated(&setup, "api-token", &settings).await {
            assert_eq!(told.0, "unknown");
            assert!(told.1.contains("doesn't tell the API token's id"), "{}", told.1);
        }
        assert!(setup.mock.requests().iter().all(|request| !request.path.contains("canary")));
        assert_eq!(setup.mock.request_count(), 12);
    }
}

#[tokio::test]
async fn a_global_key_may_change_everything_if_its_owner_is_a_super_administrator() {
    let of_roles = |roles: &[&str]| {
        let mut account = Account::company();
        let role = |(at, name): (usize, &&str)| Role {
            id: format!("{at:032x}"),
            name: (*name).to_owned(),
            ..Role::default()
        };
        let held: Vec<Role> = roles.iter().enumerate().map(role).collect();
        account.members.push(Member {
            id: "f".repeat(32),
            status: "accepted".into(),
            email: Some(DEMO_EMAIL.into()),
            roles: held.iter().map(|role| role.id.clone()).collect(),
            ..Member::default()
        });
        account.unlisted_roles.extend(held);
        account
    };
    for (account, word) in [
        (of_roles(&["Super Administrator - All Privileges"]), "granted"),
        (of_roles(&["Administrator"]), "unknown"),
        (Account::company(), "unknown"),
    ] {
        let setup = HostAndMock::new(account).await;
        let (id, base_url) = (setup.mock.read(|account| account.id.clone()), setup.mock.base_url());
        let settings = pairs(&[
            ("account-id", id.as_str()),
            ("base-url", &base_url),
            ("email", DEMO_EMAIL),
            ("api-key", DEMO_KEY),
        ]);
        for told in validated(&setup, "api-key", &settings).await {
            assert_eq!(told.0, word);
            assert!(word == "granted" || told.1.contains("Super Administrator"), "{}", told.1);
        }
        assert_eq!(setup.mock.request_count(), 12);
    }
}

#[tokio::test]
async fn a_reader_says_nothing_of_changes_and_asks_nothing_for_it() {
    let setup = HostAndMock::new(Account::company()).await;
    let host = Host::new(host_test::READER, Config::default()).await.unwrap();
    let checks = host.open("api-token", &setup.settings()).await.unwrap().validate().await.unwrap().checks;
    assert_eq!(checks.len(), 11);
    assert!(checks.iter().all(|check| check.read.is_ok() && check.change.is_none()), "{checks:?}");
    assert_eq!(setup.mock.request_count(), 12);
}
