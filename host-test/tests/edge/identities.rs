//! Facts about people whom only their identity provider knows, in the body of a request.

use crate::asking::{Edge, failed, lines};
use crate::common::facts::{self, about, compare_with_facts};
use crate::records::whole;
use crate::resources::encoded;
use connector_host::contract::GroupFacts;
use host_test::mock::{AccessSize, Account, DEMO_TOKEN, Options, Permission, Size, Token};
use host_test::truth::{self, Fact};
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn given(facts: &[Fact]) -> Vec<Value> {
    let of_fact = |GroupFacts { group, addresses, source, as_of }: GroupFacts| {
        json!({
            "provider": {"kind": group.provider.kind, "id": group.provider.id},
            "group": group.group,
            "addresses": addresses,
            "source": source,
            "as_of": as_of,
        })
    };
    facts::given(facts).into_iter().map(of_fact).collect()
}

fn generated(seed: u64) -> Account {
    let access = AccessSize { applications: 31, policies: 12, identity_providers: 8, service_tokens: 4 };
    Account::generate(seed, Size { users: 40, members: 20, groups: 26, roles: 6 }).with_access(seed, access)
}

#[tokio::test]
async fn a_sync_with_facts_is_the_truth_and_goes_on_only_with_them() {
    let account = generated(2);
    let edge = Edge::new(account.clone()).await;
    let facts = about(&account, 2);
    edge.mock.forget_requests();
    let answer = lines(&edge.post("/v1/sync", &json!({"identities": given(&facts)})).await);
    let read = whole(&answer);
    compare_with_facts(&read, &account, false, &facts);
    assert_eq!(u64::from(read.requests), edge.mock.request_count(), "requests for facts count too");
    let cursor = &answer.iter().find(|line| line["type"] == "cursor").unwrap()["cursor"];
    let on = edge.post("/v1/sync", &json!({"cursor": cursor, "identities": given(&facts)})).await;
    assert_eq!(lines(&on).last().unwrap()["type"], "end");
    let without = edge.post("/v1/sync", &json!({ "cursor": cursor })).await;
    assert_eq!(failed(&without), (400, "invalid-cursor"));
    // A client has no function to call.
    assert!(!without.body.contains("identities.learn"), "{}", without.body);
    edge.server.settle().await;
}

#[tokio::test]
async fn more_people_than_a_call_takes_are_given_in_one_body() {
    let edge = Edge::new(Account::company()).await;
    let provider = edge.mock.read(|account| account.identity_providers[0].id.clone());
    let facts = |count: usize, group: &str| {
        json!({"kinds": ["group", "email"], "identities": [{
            "provider": {"kind": "identity-provider", "id": provider},
            "group": group,
            "addresses": (0..count).map(|n| format!("p{n}@r.example")).collect::<Vec<_>>(),
            "source": "Okta",
        }]})
    };
    let answer = lines(&edge.post("/v1/sync", &facts(25_000, "Sales EMEA")).await);
    let emails = answer.iter().filter(|line| line["type"] == "resource" && line["id"]["kind"] == "email");
    assert!(emails.count() >= 25_000);
    let too_many = edge.post("/v1/sync", &facts(200_001, "Sales EMEA")).await;
    assert_eq!(failed(&too_many), (400, "invalid-argument"));
    assert_eq!(too_many.json["about"], "identities", "{}", too_many.json);
    edge.server.settle().await;
}

/// Returns the id of the first identity provider of the company, and a fact about one of its groups.
fn company_fact(edge: &Edge) -> Value {
    let provider = edge.mock.read(|account| account.identity_providers[0].id.clone());
    json!({
        "provider": {"kind": "identity-provider", "id": provider},
        "group": "Sales EMEA",
        "addresses": ["paula@reseller.example", "BEN.CARTER@northwind.example"],
        "source": "Okta export",
        "as_of": "2026-11-28T18:00:00Z",
    })
}

/// Returns the id of the company's group with this name.
fn group(edge: &Edge, name: &str) -> String {
    edge.mock.read(|account| account.groups.iter().find(|group| group.name == name).unwrap().id.clone())
}

/// Returns the grants among lines, as texts.
fn grants(lines: &[Value]) -> BTreeSet<String> {
    lines.iter().filter(|line| line["type"] == "grant").map(Value::to_string).collect()
}

/// Returns the number of requests that an answer tells.
fn requests(answer: &[Value]) -> u64 {
    answer.last().unwrap()["requests"].as_u64().unwrap()
}

#[tokio::test]
async fn what_rules_name_is_listed() {
    let account = generated(3);
    let edge = Edge::new(account.clone()).await;
    edge.mock.forget_requests();
    let answer = edge.get("/v1/identities/wanted").await.json;
    assert_eq!(answer["requests"], edge.mock.request_count());
    let truth = truth::account(&account).provider_groups;
    let told = answer["groups"].as_array().unwrap();
    assert!(told.len() > 5 && told.len() == truth.len(), "{answer}");
    for wanted in told {
        let text = |field: &str| wanted[field].as_str().unwrap_or_default().to_owned();
        let provider = wanted["provider"]["id"].as_str().unwrap().to_owned();
        let group = truth::ProviderGroup { rule: text("rule"), provider, group: text("group") }.normal();
        let used_by = wanted["used_by"].as_array().unwrap().len();
        assert_eq!(Some(used_by), truth.get(&group).map(|all| all.len().min(20)), "{wanted}");
    }
    edge.server.settle().await;
}

#[tokio::test]
async fn what_may_not_be_read_makes_the_list_incomplete() {
    let permissions = Permission::ALL.into_iter().filter(|it| *it != Permission::AppsRead);
    let tokens = vec![Token::new(DEMO_TOKEN).with_permissions(permissions)];
    let edge = Edge::with(Account::company(), Options { tokens, ..Options::default() }, &[]).await;
    let answer = edge.get("/v1/identities/wanted").await.json;
    let warning = &answer["warnings"][0];
    assert_eq!((&warning["code"], &warning["incomplete"]), (&json!("applications-not-seen"), &json!(true)));
    assert!(!answer["groups"].as_array().unwrap().is_empty(), "{answer}");
    edge.server.settle().await;
}

#[tokio::test]
async fn one_resource_and_one_principal_are_read_with_facts() {
    let edge = Edge::new(Account::company()).await;
    let body = json!({"identities": [company_fact(&edge)]});
    let all = lines(&edge.post("/v1/sync", &body).await);
    let sales = group(&edge, "Sales");
    for (path, field, of) in [
        (format!("/v1/resources/group/{sales}"), "entitlement", json!(format!("group:{sales}:member"))),
        (
            format!("/v1/principals/email/{}/held", encoded("paula@reseller.example")),
            "principal",
            json!({"kind": "email", "id": "paula@reseller.example"}),
        ),
    ] {
        edge.mock.forget_requests();
        let told = lines(&edge.post(&path, &body).await);
        assert_eq!(requests(&told), edge.mock.request_count(), "{path}");
        let expected: Vec<Value> = all.iter().filter(|line| line[field] == of).cloned().collect();
        assert_eq!(grants(&told), grants(&expected), "{path}");
        let by_facts = |line: &&Value| line["extra"]["source"] == "Okta export";
        assert!(told.iter().any(|line| by_facts(&line)), "{path}");
        // A body without facts is a read without them, which for an address of nobody finds nothing.
        let without = edge.post(&path, &json!({})).await;
        assert_eq!(without.body, edge.get(&path).await.body, "{path}");
        assert!(lines(&without).iter().filter(by_facts).count() == 0, "{path}");
    }
    edge.server.settle().await;
}

#[tokio::test]
async fn changes_and_offboardings_are_judged_with_facts() {
    let edge = Edge::new(Account::company()).await;
    let (fact, sales) = (company_fact(&edge), group(&edge, "Sales"));
    let ben = json!({"kind": "email", "id": "ben.carter@northwind.example"});
    let change =
        json!({"operation": "revoke", "entitlement": format!("group:{sales}:member"), "principal": ben});
    for (path, body) in [
        ("/v1/apply", json!({"changes": [change], "dry_run": true})),
        ("/v1/offboard", json!({"person": ben, "dry_run": true})),
    ] {
        let mut with = body.clone();
        with["identities"] = json!([fact]);
        edge.mock.forget_requests();
        let told = edge.post(path, &with).await;
        assert_eq!(told.status, 200, "{told:?}");
        assert_eq!(told.json["requests"], edge.mock.request_count(), "{path}");
        let says = "ccording to Okta export, as of 2026-11-28T18:00:00Z";
        assert!(told.body.contains(says), "{}", told.body);
        let without = edge.post(path, &body).await;
        assert!(without.status == 200 && !without.body.contains("ccording to"), "{}", without.body);
    }
    edge.server.settle().await;
}

#[tokio::test]
async fn facts_that_match_nothing_are_told() {
    let edge = Edge::new(Account::company()).await;
    let (good, sales) = (company_fact(&edge), group(&edge, "Sales"));
    let mut other = good.clone();
    other["group"] = json!("Sales canary-0f9e8d7c6b5a");
    let ben = json!({"kind": "email", "id": "ben.carter@northwind.example"});
    for (path, body, is_lines) in [
        ("/v1/sync".to_owned(), json!({}), true),
        (format!("/v1/resources/group/{sales}"), json!({}), true),
        ("/v1/principals/email/paula%40reseller.example/held".to_owned(), json!({}), true),
        ("/v1/apply".to_owned(), json!({"changes": [], "dry_run": true}), false),
        ("/v1/offboard".to_owned(), json!({"person": ben, "dry_run": true}), false),
    ] {
        for (facts, is_told) in [(json!([good, other]), true), (json!([good]), false)] {
            let mut body = body.clone();
            body["identities"] = facts;
            let told = edge.post(&path, &body).await;
            assert_eq!(told.status, 200, "{path}: {told:?}");
            let warnings: Vec<Value> = match is_lines {
                true => lines(&told).into_iter().filter(|line| line["type"] == "warning").collect(),
                false => told.json["warnings"].as_array().unwrap().clone(),
            };
            let unused: Vec<_> = warnings.iter().filter(|it| it["code"] == "facts-not-used").collect();
            assert_eq!(unused.len(), usize::from(is_told), "{path}: {warnings:?}");
            for warning in unused {
                let message = warning["message"].as_str().unwrap();
                assert!(message.contains("left out: identities[1]. GET /v1/identities/wanted"), "{message}");
                assert!(!message.contains("canary"), "{message}");
            }
        }
    }
    edge.server.settle().await;
}

#[tokio::test]
async fn wrong_facts_are_refused_before_anything_is_sent() {
    let edge = Edge::new(Account::company()).await;
    let mut wrong = company_fact(&edge);
    wrong["provider"]["kind"] = json!("group");
    let sales = group(&edge, "Sales");
    let person = json!({"kind": "email", "id": "ben.carter@northwind.example"});
    edge.mock.forget_requests();
    for (path, mut body) in [
        (format!("/v1/resources/group/{sales}"), json!({})),
        (format!("/v1/principals/email/{}/held", encoded("paula@reseller.example")), json!({})),
        ("/v1/apply".to_owned(), json!({"changes": []})),
        ("/v1/offboard".to_owned(), json!({"person": person})),
    ] {
        body["identities"] = json!([company_fact(&edge), wrong]);
        let answer = edge.post(&path, &body).await;
        assert_eq!(failed(&answer), (400, "invalid-argument"), "{path}");
        assert_eq!(answer.json["about"], "identities[1]", "{path}: {}", answer.json);
    }
    // Facts don't matter for a step.
    let steps = edge.post("/v1/steps", &json!({"steps": [], "identities": []})).await;
    assert_eq!((failed(&steps), &steps.json["about"]), ((400, "invalid-argument"), &json!("body")));
    assert_eq!(edge.mock.request_count(), 0);
    edge.server.settle().await;
}

#[tokio::test]
async fn what_is_wrong_is_named_by_its_place_and_not_repeated() {
    let edge = Edge::new(Account::company()).await;
    let provider = edge.mock.read(|account| account.identity_providers[0].id.clone());
    let good = json!({
        "provider": {"kind": "identity-provider", "id": provider},
        "group": "Sales EMEA",
        "addresses": ["ann@corp.example"],
        "source": "Okta",
        "as_of": "2026-11-28T18:00:00Z",
    });
    let with = |field: &str, value: Value| {
        let mut wrong = good.clone();
        wrong[field] = value;
        json!({"identities": [good, wrong]})
    };
    const KEY: &str = "c2547eb745079dac9320b638f5e225cf483cc";
    for (body, about) in [
        (with("provider", json!({"kind": "group", "id": provider})), "identities[1]"),
        (with("addresses", json!(["canary-0f9e8d7c6b5a"])), "identities[1]"),
        (with("source", json!("")), "identities[1]"),
        (with("source", json!(KEY)), "identities[1]"),
        (with("as_of", json!("yesterday")), "identities[1]"),
        (with("colour", json!("red")), "body"),
        (json!({"identities": [{"group": "Sales EMEA"}]}), "body"),
    ] {
        let answer = edge.post("/v1/sync", &body).await;
        assert_eq!(failed(&answer), (400, "invalid-argument"), "{body}");
        assert_eq!(answer.json["about"], about, "{}", answer.json);
        let told = answer.json.to_string();
        assert!(!told.contains("canary") && !told.contains(KEY), "{told}");
    }
    edge.server.settle().await;
}
