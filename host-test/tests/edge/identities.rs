//! Facts about people whom only their identity provider knows, in the body of a sync.

use crate::asking::{Edge, failed, lines};
use crate::common::facts::{self, about, compare_with_facts};
use crate::records::whole;
use connector_host::contract::GroupFacts;
use host_test::mock::{AccessSize, Account, Size};
use host_test::truth::Fact;
use serde_json::{Value, json};

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
            "addresses": (0..count).map(|n| format!("p{n}@reseller.example")).collect::<Vec<_>>(),
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
