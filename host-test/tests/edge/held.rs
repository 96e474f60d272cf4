//! The holdings of one principal: the lines that a sync has about it.

use crate::asking::{Edge, failed, lines};
use crate::resources::encoded;
use host_test::mock::{Account, Effect, Fault, Options, Size};
use host_test::truth;
use http::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn account() -> (Account, Options) {
    let mut options = Options::default();
    options.max_per_page.extend([("access/users".to_owned(), 20), ("members".to_owned(), 20)]);
    (Account::generate(7, Size { users: 75, members: 45, groups: 20, roles: 30 }), options)
}

fn path(kind: &str, id: &str) -> String {
    format!("/v1/principals/{kind}/{}/held", encoded(id))
}

fn texts<'a>(lines: impl IntoIterator<Item = &'a Value>) -> BTreeSet<String> {
    lines.into_iter().map(Value::to_string).collect()
}

/// Returns the lines of a sync about what this principal holds: itself, its grants, their
/// entitlements and the resources of these.
fn expected(all: &[Value], id: &Value) -> BTreeSet<String> {
    let grants: Vec<&Value> =
        all.iter().filter(|line| line["type"] == "grant" && line["principal"] == *id).collect();
    let is_held = |entitlement: &&Value| grants.iter().any(|grant| grant["entitlement"] == entitlement["id"]);
    let entitlements: Vec<&Value> =
        all.iter().filter(|line| line["type"] == "entitlement").filter(is_held).collect();
    let is_named = |resource: &&Value| {
        resource["id"] == *id || entitlements.iter().any(|entitlement| entitlement["on"] == resource["id"])
    };
    let resources = all.iter().filter(|line| line["type"] == "resource").filter(is_named);
    texts(resources.chain(entitlements.iter().copied()).chain(grants.iter().copied()))
}

/// Returns the lines about what is held: without warnings, the end, and the identity providers. Each of
/// these is one that a condition names.
fn held(lines: &[Value]) -> Vec<&Value> {
    let conditions: String = lines.iter().map(|line| line["conditions"].to_string()).collect();
    let is_held = |line: &&Value| match line["type"].as_str().unwrap() {
        "resource" if line["id"]["kind"] == "identity-provider" => {
            assert!(conditions.contains(line["id"]["id"].as_str().unwrap()), "{line}");
            false
        }
        "warning" | "end" => false,
        _ => true,
    };
    lines.iter().filter(is_held).collect()
}

#[tokio::test]
pub async fn it_is_what_a_sync_says_of_the_principal() {
    let (account, options) = account();
    let edge = Edge::with(account, options, &[]).await;
    let all = lines(&edge.post("/v1/sync", &json!({})).await);
    for kind in ["member", "user", "email"] {
        let of_kind = all.iter().filter(|line| line["type"] == "resource" && line["id"]["kind"] == kind);
        let mut grants = 0;
        for resource in of_kind.take(8) {
            let id = &resource["id"];
            edge.mock.forget_requests();
            let answer = edge.get(&path(kind, id["id"].as_str().unwrap())).await;
            assert_eq!(answer.headers["content-type"], "application/x-ndjson");
            let lines = lines(&answer);
            let end = lines.last().unwrap();
            assert_eq!(
                (&end["type"], end["requests"].as_u64()),
                (&json!("end"), Some(edge.mock.request_count()))
            );
            let found = held(&lines);
            grants += found.iter().filter(|line| line["type"] == "grant").count();
            assert_eq!(found.len(), texts(found.iter().copied()).len(), "each line comes once");
            assert_eq!(texts(found), expected(&all, id), "{id}");
        }
        assert!(grants > 5, "there is little to see of {kind}");
    }
    edge.server.settle().await;
}

#[tokio::test]
async fn an_address_stands_for_the_accounts_that_have_it() {
    let edge = Edge::new(Account::company()).await;
    let all = lines(&edge.post("/v1/sync", &json!({})).await);
    let address = all.iter().find_map(|line| {
        (line["id"]["kind"] == "user").then(|| line["account"]["email"].as_str().unwrap().to_owned())
    });
    let address = address.unwrap();
    let has_it = |line: &&Value| line["account"]["email"].as_str().is_some_and(|email| email == address);
    let ids: Vec<&Value> = all.iter().filter(has_it).map(|line| &line["id"]).collect();
    let expected: BTreeSet<String> = ids.iter().flat_map(|id| expected(&all, id)).collect();
    for spelling in [address.clone(), address.replace('@', "%40"), address.to_uppercase()] {
        let found = lines(&edge.get(&format!("/v1/principals/email/{spelling}/held")).await);
        assert_eq!(texts(held(&found)), expected, "{spelling}");
    }
}

#[tokio::test]
async fn an_address_that_nobody_has_holds_what_rules_say_of_it() {
    let edge = Edge::new(Account::company()).await;
    let address = edge.mock.read(|account| truth::account(account).emails.first().unwrap().clone());
    let found = lines(&edge.get(&path("email", &address)).await);
    let id = json!({"kind": "email", "id": address});
    assert!(found.iter().any(|line| line["type"] == "resource" && line["id"] == id), "{found:?}");
    assert!(found.iter().any(|line| line["type"] == "grant" && line["principal"] == id), "{found:?}");
}

#[tokio::test]
async fn who_is_not_there_is_not_found_and_what_holds_nothing_is_no_principal() {
    let (account, options) = account();
    let edge = Edge::with(account, options, &[]).await;
    for (kind, id) in [("member", "0123"), ("user", "0123")] {
        assert_eq!(failed(&edge.get(&path(kind, id)).await), (404, "not-found"), "{kind}");
    }
    let group = edge.mock.read(|account| account.groups[0].id.clone());
    edge.mock.forget_requests();
    for (kind, id) in [("robot", "1"), ("group", group.as_str()), ("role", "0123"), ("user", "../members")] {
        let answer = edge.get(&path(kind, id)).await;
        assert_eq!(failed(&answer), (400, "invalid-argument"), "{kind}");
    }
    assert_eq!(edge.mock.request_count(), 0);
}

#[tokio::test]
async fn a_failure_is_the_answer_at_first_and_the_last_line_later() {
    let edge = Edge::new(Account::company()).await;
    for (route, is_first) in [("members", true), ("access/groups", false)] {
        let message = "for a while".to_owned();
        let fault = Effect::Status { status: 403, code: 9109, message, headers: vec![] };
        edge.mock.inject(Fault::on("GET", route, fault));
        let before = edge.log().len();
        let answer = edge.get(&path("email", "ann@corp.example")).await;
        let lines = lines(&answer);
        let last = lines.last().unwrap();
        assert_eq!((&last["type"], &last["kind"]), (&json!("error"), &json!("permission-denied")), "{last}");
        assert_eq!(
            (answer.status.as_u16(), lines.len() == 1),
            if is_first { (502, true) } else { (200, false) }
        );
        let log = edge.log_since(before);
        assert_eq!((log.len(), &log[0]["route"]), (1, &json!("/v1/principals/{kind}/{id}/held")));
        assert!(!edge.log().contains("ann@"), "{}", edge.log());
        edge.mock.end_faults();
    }
}

#[tokio::test]
pub async fn a_head_has_no_body() {
    let edge = Edge::new(Account::company()).await;
    let user = edge.mock.read(|account| account.users[0].id.clone());
    for (id, status) in [(user.as_str(), 200), ("0123", 404)] {
        let answer =
            edge.trusted().try_send_text(Method::HEAD, &path("user", id), String::new()).await.unwrap();
        assert_eq!((answer.status.as_u16(), answer.body.as_str()), (status, ""));
    }
    edge.server.settle().await;
}
