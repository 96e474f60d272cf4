//! The policy tester: its answers as documented, its judgement by last logins, and how it can behave.

use crate::client::{Answer, Client};
use crate::{below, company};
use host_test::mock::{AccessSize, Account, DEMO_TOKEN, LastLogin, Mock, Options, Permission, Size, Token};
use host_test::truth::{Entry, Visitor, log_in};
use http::Method;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Returns a copy of a policy as a test takes it.
fn allow(include: Value) -> Value {
    json!({ "name": "Tested", "decision": "allow", "include": include, "exclude": [], "require": [] })
}

async fn post(mock: &Mock, policies: Value) -> Answer {
    let path = below(mock, "access/policy-tests");
    Client::new(mock).send(Method::POST, &path, json!({ "policies": policies })).await
}

async fn get(mock: &Mock, path: &str) -> Answer {
    Client::new(mock).get(&below(mock, &format!("access/policy-tests/{path}"))).await
}

/// Begins a test, and returns its id.
async fn begin(mock: &Mock, policies: Value) -> String {
    let answer = post(mock, policies).await;
    assert_eq!((answer.status.as_u16(), &answer.json["result"]["status"]), (200, &json!("success")));
    answer.json["result"]["id"].as_str().unwrap().to_owned()
}

/// Returns the verdicts of a test by address, or by id without one.
async fn verdicts(mock: &Mock, policies: Value) -> BTreeMap<String, String> {
    let id = begin(mock, policies).await;
    assert_eq!(get(mock, &id).await.json["result"]["status"], "complete");
    let answer = get(mock, &format!("{id}/users?per_page=1000")).await;
    let users = answer.json["result"].as_array().unwrap().iter();
    let text = |user: &Value, field: &str| user[field].as_str().map(str::to_owned);
    users
        .map(|user| {
            let who = text(user, "email").or_else(|| text(user, "id")).unwrap();
            (who, text(user, "status").unwrap())
        })
        .collect()
}

fn approved(verdicts: &BTreeMap<String, String>) -> Vec<&str> {
    let approved = verdicts.iter().filter(|(_, status)| *status == "approved");
    approved.map(|(who, _)| who.strip_suffix("@northwind.example").unwrap_or(who)).collect()
}

fn group(mock: &Mock, name: &str) -> Value {
    let id = mock.read(|account| account.groups.iter().find(|group| group.name == name).unwrap().id.clone());
    json!([{ "group": { "id": id } }])
}

#[tokio::test]
async fn everybody_who_has_logged_in_is_judged_by_the_last_login() {
    let mock = company().await;
    let sales = verdicts(&mock, json!([allow(group(&mock, "Sales"))])).await;
    let by_okta_or_by_name = ["ben.carter", "marcus.adeyemi", "rosa.jimenez", "samuel.ortiz"];
    assert_eq!(approved(&sales), by_okta_or_by_name);
    let have_logged_in = mock.read(|account| {
        let have_logged_in = account.users.iter().filter(|user| user.last_successful_login.is_some());
        have_logged_in.map(|user| user.email.clone().unwrap()).collect::<BTreeSet<_>>()
    });
    assert_eq!(sales.keys().cloned().collect::<BTreeSet<_>>(), have_logged_in);
    assert!(!have_logged_in.contains("build-bot@northwind.example"), "it has never logged in");

    let on_call = verdicts(&mock, json!([allow(group(&mock, "Production access"))])).await;
    assert_eq!(
        approved(&on_call),
        ["helena.brandt", "ingrid.solheim", "kim.larsen", "priya.raman", "sofia.lindqvist", "yuki.tanaka"],
        "on-call engineers on an encrypted device, security with a second factor, and those with the glass"
    );
    let members = json!([{ "cloudflare_account_member": {} }]);
    assert_eq!(approved(&verdicts(&mock, json!([allow(members)])).await).len(), 11, "who has accepted");
    let okta = mock.read(|account| account.identity_providers[0].id.clone());
    let by_okta = verdicts(&mock, json!([allow(json!([{ "login_method": { "id": okta } }]))])).await;
    let blocked: Vec<_> = by_okta.iter().filter(|(_, status)| *status == "blocked").collect();
    assert_eq!(blocked.len(), 2, "{blocked:?}");
}

#[tokio::test]
async fn policies_decide_in_their_order() {
    let mock = company().await;
    let priya = json!([{ "email": { "email": "Priya.Raman@northwind.example" } }]);
    let deny = json!({ "name": "Not her", "decision": "deny", "include": priya });
    let everyone = allow(json!([{ "everyone": {} }]));
    let first = verdicts(&mock, json!([deny, everyone])).await;
    let blocked: Vec<_> = first.iter().filter(|(_, status)| *status == "blocked").collect();
    assert_eq!(
        blocked.iter().map(|(who, _)| who.as_str()).collect::<Vec<_>>(),
        ["priya.raman@northwind.example"]
    );
    let second = verdicts(&mock, json!([everyone, deny])).await;
    assert_eq!(approved(&second).len(), second.len());
    let bypass = json!({ "name": "Public", "decision": "bypass", "include": [{ "everyone": {} }] });
    assert!(approved(&verdicts(&mock, json!([bypass])).await).is_empty());
}

#[tokio::test]
async fn a_reusable_policy_is_named_by_its_id() {
    let mock = company().await;
    let staff = mock.read(|account| account.policies[0].id.clone());
    let by_id = verdicts(&mock, json!([staff])).await;
    let copied = mock.read(|account| json!(account.policies[0]));
    assert_eq!(by_id, verdicts(&mock, json!([copied])).await);
    assert!(approved(&by_id).contains(&"priya.raman"));
    assert_eq!(post(&mock, json!(["00000000-0000-4000-a000-000000000000"])).await.failure().0, 404);
}

#[tokio::test]
async fn a_login_is_what_a_later_test_judges_by() {
    let mut account = Account::company();
    let okta = account.identity_providers[0].id.clone();
    let sales = json!({ "okta": { "name": "Sales EMEA", "identity_provider_id": okta } });
    let desk = account.applications.iter().find(|it| it.name.as_deref() == Some("Support desk")).unwrap();
    let (desk, address) = (desk.id.clone(), "stranger@elsewhere.example".to_owned());
    let visitor =
        Visitor { address: address.clone(), provider: okta, meets: vec![sales], ..Visitor::default() };
    assert!(matches!(log_in(&mut account, &desk, &visitor), Entry::LetIn { .. }));
    let mock = crate::start(account).await;
    let members = || json!([allow(group(&mock, "Sales"))]);
    assert_eq!(verdicts(&mock, members()).await[&address], "approved");
    mock.change(|account| {
        let user = account.users.iter().find(|user| user.email.as_deref() == Some(&address)).unwrap();
        account.last_logins.insert(user.id.clone(), LastLogin::default());
    });
    assert_eq!(verdicts(&mock, members()).await[&address], "blocked");
}

#[tokio::test]
async fn the_answers_have_the_documented_fields() {
    let mock = company().await;
    let id = begin(&mock, json!([allow(group(&mock, "Sales"))])).await;
    assert!(id.len() == 64 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
    let state = get(&mock, &id).await;
    assert_eq!(
        state.json["result"],
        json!({
            "id": id, "status": "complete", "total_users": 31, "percent_users_processed": 100,
            "users_approved": 4, "users_blocked": 27, "users_errored": 0,
            "percent_approved": 12, "percent_blocked": 87, "percent_errored": 0,
        })
    );
    let page = get(&mock, &format!("{id}/users?page=2")).await;
    assert_eq!(page.json["result_info"]["per_page"], 25, "the default");
    assert_eq!(page.ids().len(), 6);
    assert_eq!(get(&mock, &format!("{id}/users?per_page=5000")).await.json["result_info"]["per_page"], 1000);
    let user = &page.json["result"][0];
    let fields: Vec<&String> = user.as_object().unwrap().keys().collect();
    assert_eq!(fields, ["email", "id", "name", "status"]);
    for (filter, word, count) in [("success", "approved", 4), ("fail", "blocked", 27), ("error", "error", 0)]
    {
        let found = get(&mock, &format!("{id}/users?per_page=1000&status={filter}")).await;
        assert_eq!(found.ids().len(), count, "{filter}");
        let users = found.json["result"].as_array().unwrap();
        assert!(users.iter().all(|user| user["status"] == word), "{filter}");
    }
    assert_eq!(get(&mock, &format!("{id}/users?status=approved")).await.failure(), (400, 1004));
}

#[tokio::test]
async fn a_test_can_take_long_and_ends_as_it_is_told() {
    let mock = company().await;
    mock.change(|account| account.policy_tester.polls = 3);
    let id = begin(&mock, json!([allow(group(&mock, "Sales"))])).await;
    let users = async || get(&mock, &format!("{id}/users?per_page=1000")).await.ids().len();
    assert_eq!(users().await, 0, "nobody has asked yet");
    for (poll, judged) in [(1, 7), (2, 15), (3, 23)] {
        let state = get(&mock, &id).await.json["result"].clone();
        assert_eq!((&state["status"], &state["total_users"]), (&json!("processing"), &json!(31)), "{poll}");
        assert_eq!(users().await, judged, "{poll}");
    }
    assert_eq!(get(&mock, &id).await.json["result"]["status"], "complete");
    assert_eq!(users().await, 31);
    for word in ["exceeded time", "blocked", "paused for lunch"] {
        mock.change(|account| account.policy_tester.ends = Some(word.to_owned()));
        let id = begin(&mock, json!([allow(group(&mock, "Sales"))])).await;
        for _ in 0..3 {
            assert_eq!(get(&mock, &id).await.json["result"]["status"], "processing");
        }
        let state = get(&mock, &id).await.json["result"].clone();
        assert_eq!((&state["status"], &state["percent_users_processed"]), (&json!(word), &json!(74)));
    }
}

#[tokio::test]
async fn it_can_lie_and_it_changes_nothing() {
    let mock = company().await;
    let [first, second] = mock.read(|account| [0, 1].map(|at| account.users[at].id.clone()));
    mock.change(|account| {
        account.policy_tester.lies = [(first, "approved".to_owned()), (second, "perhaps".to_owned())].into();
    });
    let before = mock.account();
    let sales = verdicts(&mock, json!([allow(group(&mock, "Sales"))])).await;
    assert_eq!(sales["ingrid.solheim@northwind.example"], "approved");
    assert_eq!(sales["marcus.adeyemi@northwind.example"], "perhaps");
    assert!(mock.account() == before, "a test has changed the account");
}

#[tokio::test]
async fn whoever_has_no_address_is_judged_too() {
    let mock = company().await;
    let id = mock.change(|account| {
        account.users[3].email = None;
        account.users[3].id.clone()
    });
    let everyone = verdicts(&mock, json!([allow(json!([{ "everyone": {} }]))])).await;
    assert_eq!(everyone[&id], "approved");
    let priya = json!([{ "email": { "email": "priya.raman@northwind.example" } }]);
    assert_eq!(verdicts(&mock, json!([allow(priya)])).await[&id], "blocked");
}

#[tokio::test]
async fn a_test_needs_its_own_permission() {
    let all = Permission::ALL.into_iter().filter(|it| *it != Permission::PolicyTestWrite);
    let reader = Token::new("reader").with_permissions([Permission::PolicyTestRead]);
    let without = Token::new("without").with_permissions(all);
    let tokens = vec![Token::new(DEMO_TOKEN), reader, without];
    let options = Options { tokens, ..Options::default() };
    let mock = Mock::start(Account::company(), options).await.unwrap();
    let id = begin(&mock, json!([allow(json!([{ "everyone": {} }]))])).await;
    let body = json!({ "policies": [allow(json!([{ "everyone": {} }]))] });
    for (token, may_read) in [("reader", true), ("without", false)] {
        let client = Client::with_headers(&mock, &[("authorization", &format!("Bearer {token}"))]);
        let path = below(&mock, "access/policy-tests");
        let posted = client.send(Method::POST, &path, body.clone()).await;
        assert_eq!(posted.failure(), (403, 10000), "{token}");
        for path in [id.clone(), format!("{id}/users")] {
            let read = client.get(&below(&mock, &format!("access/policy-tests/{path}"))).await;
            assert_eq!(read.status.as_u16(), if may_read { 200 } else { 403 }, "{token} {path}");
        }
    }
}

#[tokio::test]
async fn what_is_no_test_is_refused() {
    let mock = company().await;
    let everyone = json!([{ "everyone": {} }]);
    for policies in [
        json!([]),
        json!([7]),
        json!([{ "decision": "allow", "include": everyone }]),
        json!([{ "name": "", "decision": "allow", "include": everyone }]),
        json!([{ "name": "A", "decision": "perhaps", "include": everyone }]),
        json!([{ "name": "A", "decision": "allow" }]),
        json!([{ "name": "A", "decision": "allow", "include": "everyone" }]),
        json!([{ "name": "A", "decision": "allow", "include": ["everyone"] }]),
        json!([{ "name": "A", "decision": "allow", "include": everyone, "exclude": null }]),
        json!("all"),
    ] {
        assert_eq!(post(&mock, policies.clone()).await.failure(), (400, 12130), "{policies}");
    }
    let nowhere = "0".repeat(64);
    for path in [nowhere.clone(), format!("{nowhere}/users")] {
        assert_eq!(get(&mock, &path).await.failure().0, 404, "{path}");
    }
}

#[tokio::test]
async fn generated_logins_show_something() {
    let size = Size { users: 100, members: 20, groups: 30, roles: 5 };
    let access = AccessSize { applications: 20, policies: 10, identity_providers: 3, service_tokens: 2 };
    let account = Account::generate(5, size).with_access(5, access);
    assert_eq!(account.clone().with_last_logins(1), account.clone().with_last_logins(1));
    let account = account.with_last_logins(1);
    let has_logged_in =
        |id: &String| account.users.iter().any(|user| user.id == *id && user.last_successful_login.is_some());
    assert!(account.last_logins.len() > 80 && account.last_logins.keys().all(has_logged_in));
    let groups: Vec<String> = account.groups.iter().map(|group| group.id.clone()).collect();
    let mock = crate::start(account).await;
    let mut mixed = 0;
    for id in groups {
        let verdicts = verdicts(&mock, json!([allow(json!([{ "group": { "id": id } }]))])).await;
        let approved = approved(&verdicts).len();
        mixed += usize::from(approved > 0 && approved < verdicts.len());
    }
    assert!(mixed > 10, "{mixed} groups let some in and others not");
}
