//! Grants and revokes through the service.

use crate::asking::{Edge, failed};
use host_test::mock::{AccessUser, Account, Effect, Fault, Group, Options};
use serde_json::{Value, json};

fn email(address: &str) -> Value {
    json!({"email": {"email": address}})
}

fn group(id: &str, include: Value, exclude: Value) -> Group {
    let rules = |rules: Value| rules.as_array().cloned();
    Group {
        id: id.into(),
        name: format!("Group {id}"),
        include: rules(include),
        exclude: rules(exclude),
        ..Group::default()
    }
}

/// Makes Ann and Bob of one domain. `a1` has Ann by her address, `a2` the domain, `a3` everyone who
/// isn't in `a1`.
fn account() -> Account {
    let user = |id: &str, address: &str| AccessUser {
        id: id.into(),
        email: Some(address.into()),
        name: Some(format!("User {id}")),
        ..AccessUser::default()
    };
    Account {
        id: "0123456789abcdef0123456789abcdef".into(),
        users: vec![user("0a", "ann@corp.example"), user("0b", "bob@corp.example")],
        groups: vec![
            group("a1", json!([email("ann@corp.example"), email("other@corp.example")]), json!([])),
            group("a2", json!([{"email_domain": {"domain": "corp.example"}}]), json!([])),
            group("a3", json!([{"everyone": {}}]), json!([{"group": {"id": "a1"}}])),
        ],
        ..Account::default()
    }
}

fn change(operation: &str, group: &str, kind: &str, id: &str) -> Value {
    let entitlement = format!("group:{group}:member");
    json!({"operation": operation, "entitlement": entitlement, "principal": {"kind": kind, "id": id}})
}

fn includes(edge: &Edge, group: usize) -> Vec<Value> {
    edge.mock.read(|account| account.groups[group].include.clone().unwrap())
}

/// Returns the rules of the account's groups.
fn rules(edge: &Edge) -> Vec<[Option<Vec<Value>>; 3]> {
    let rules = |group: &Group| [group.include.clone(), group.exclude.clone(), group.require.clone()];
    edge.mock.read(|account| account.groups.iter().map(rules).collect())
}

#[tokio::test]
pub async fn what_was_asked_is_applied_and_nothing_else() {
    let edge = Edge::new(account()).await;
    let before = rules(&edge);
    let changes = [
        change("grant", "a1", "email", "new@corp.example"),
        change("grant", "a2", "user", "0a"),
        change("revoke", "a2", "user", "0b"),
        change("revoke", "a1", "user", "0a"),
        change("grant", "a1", "robot", "x"),
    ];
    let plan = edge.post("/v1/apply", &json!({"changes": changes, "dry_run": true})).await;
    assert_eq!(rules(&edge), before, "a dry run changed something");
    assert!(edge.mock.requests().iter().all(|request| request.method == "GET"));
    let answer = edge.post("/v1/apply", &json!({"changes": changes})).await;
    assert_eq!((plan.status.as_u16(), answer.status.as_u16()), (200, 200));
    let came = |report: &Value| -> Vec<(String, String)> {
        let results = report["results"].as_array().unwrap().iter();
        let word =
            |result: &Value| result.get("status").unwrap_or(&result["kind"]).as_str().unwrap().to_owned();
        results.map(|result| (result["type"].as_str().unwrap().to_owned(), word(result))).collect()
    };
    let told = |first: &str| {
        [
            ("outcome", first),
            ("outcome", "unchanged"),
            ("error", "refused"),
            ("error", "refused"),
            ("error", "invalid-argument"),
        ]
        .map(|(kind, word)| (kind.to_owned(), word.to_owned()))
    };
    assert_eq!((came(&plan.json), came(&answer.json)), (told("planned").to_vec(), told("applied").to_vec()));
    for (change, result) in changes.iter().zip(answer.json["results"].as_array().unwrap()) {
        for field in ["operation", "entitlement", "principal"] {
            assert_eq!(change[field], result[field]);
        }
    }
    let result = &answer.json["results"][0];
    assert_eq!(result["added"][0]["id"], "group:a1:member:email:new@corp.example");
    assert_eq!(plan.json["writes"], answer.json["writes"]);
    let [write] = answer.json["writes"].as_array().unwrap().as_slice() else { panic!("{}", answer.body) };
    assert_eq!(write["on"], json!({"kind": "group", "id": "a1"}));
    assert_eq!(write["before"]["include"], json!(before[0][0]));
    assert_eq!(write["after"]["include"], json!(includes(&edge, 0)));
    let mut expected = before;
    expected[0][0].as_mut().unwrap().push(email("new@corp.example"));
    assert_eq!(rules(&edge), expected);
    let requests = [&plan, &answer].map(|answer| answer.json["requests"].as_u64().unwrap());
    assert_eq!(requests.iter().sum::<u64>(), edge.mock.request_count());
}

#[tokio::test]
pub async fn a_plan_needs_no_switch_and_sends_reads_alone() {
    let [on, off] = ["true", ""].map(|word| [("CONNECTOR_PROVISIONING", word)]);
    let changes = [change("grant", "a1", "email", "new@corp.example"), change("revoke", "a1", "user", "0a")];
    let planned = json!({"changes": changes, "dry_run": true});
    let with_switch = Edge::with(account(), Options::default(), &on).await.post("/v1/apply", &planned).await;
    let edge = Edge::with(account(), Options::default(), &off).await;
    let plan = edge.post("/v1/apply", &planned).await;
    assert_eq!((plan.status.as_u16(), &plan.json["results"]), (200, &with_switch.json["results"]));
    assert_eq!(plan.json["results"][0]["status"], "planned");
    let planned = edge.mock.request_count();
    for changing in [json!({"changes": changes}), json!({"changes": changes, "dry_run": false})] {
        assert_eq!(failed(&edge.post("/v1/apply", &changing).await), (403, "permission-denied"));
    }
    assert_eq!(edge.mock.request_count(), planned, "what is refused asks nothing");
    assert!(edge.mock.requests().iter().all(|request| request.method == "GET"));
    assert_eq!(edge.mock.account(), account());
    // The token is needed all the same.
    let stranger = edge.client(&[("content-type", "application/json")]);
    let body = json!({"changes": changes, "dry_run": true}).to_string();
    let answer = stranger.try_send_text(http::Method::POST, "/v1/apply", body).await.unwrap();
    assert_eq!(failed(&answer), (401, "unauthenticated"));
}

#[tokio::test]
async fn gains_elsewhere_are_allowed_by_name_only() {
    let edge = Edge::new(account()).await;
    let changes = [change("revoke", "a1", "user", "0a")];
    let refused = edge.post("/v1/apply", &json!({"changes": changes})).await;
    assert_eq!(refused.json["results"][0]["kind"], "refused");
    assert_eq!(rules(&edge)[0][0].as_ref().unwrap().len(), 2);
    let applied = edge.post("/v1/apply", &json!({"changes": changes, "allow_gains": true})).await;
    assert_eq!(applied.json["results"][0]["status"], "applied");
    assert_eq!(applied.json["results"][0]["added"][0]["entitlement"], "group:a3:member");
    assert_eq!(applied.json["results"][0]["removed"], json!(["group:a1:member"]));
    assert_eq!(includes(&edge, 0), [email("other@corp.example")]);
}

#[tokio::test]
pub async fn a_failure_upstream_is_the_changes_own() {
    let edge = Edge::new(account()).await;
    let message = "Authentication error".to_owned();
    let fault = Effect::Status { status: 403, code: 10000, message, headers: vec![] };
    edge.mock.inject(Fault::on("PUT", "access/groups/{id}", fault));
    let answer = edge.post("/v1/apply", &json!({"changes": [change("grant", "a1", "user", "0b")]})).await;
    assert_eq!(answer.status, 200);
    let result = &answer.json["results"][0];
    assert_eq!(
        (&result["type"], &result["kind"], &result["http_status"]),
        (&json!("error"), &json!("permission-denied"), &json!(403))
    );
    assert_eq!(answer.json["writes"], json!([]));
}

#[tokio::test]
async fn what_is_no_list_of_changes_sends_nothing() {
    let edge = Edge::with(account(), Options::default(), &[]).await;
    let good = change("grant", "a1", "user", "0b");
    let with = |field: &str, value: Value| {
        let mut bad = good.clone();
        bad[field] = value;
        json!({"changes": [good, bad]})
    };
    for (body, told) in [
        (json!({}), "missing field `changes`"),
        (json!({"changes": good}), "expected a sequence"),
        (json!({"changes": [good], "dryrun": true}), "an unknown field, expected one of `changes`"),
        (json!({"changes": [good], "dry_run": "true"}), "expected a boolean"),
        (with("operation", json!("give")), "expected `grant` or `revoke`"),
        (with("principal", json!("user:0b")), "expected an object with kind and id"),
        (with("principal", json!({"kind": "user"})), "missing field `id`"),
        (with("dry_run", json!(true)), "an unknown field, expected one of `operation`"),
        (json!({"changes": vec![good.clone(); 1001]}), "at most 1000"),
    ] {
        let answer = edge.post("/v1/apply", &body).await;
        assert_eq!(failed(&answer), (400, "invalid-argument"), "{body}");
        assert!(answer.json["message"].as_str().unwrap().contains(told), "{told}: {}", answer.body);
    }
    assert_eq!((edge.mock.request_count(), edge.mock.account()), (0, account()));
}
