//! Steps and offboardings through the service.

use crate::asking::{Edge, failed, values_for_off};
use host_test::mock::{Account, DEMO_TOKEN, Options, Permission, Token};
use serde_json::{Value, json};

const GRACE: &str = "grace.whitfield@northwind.example";
const NEW: &str = "new.colleague@northwind.example";

fn role(account: &Account, name: &str) -> String {
    account.roles.iter().find(|role| role.name == name).unwrap().id.clone()
}

fn invitation(edge: &Edge, without_mail: bool) -> Value {
    let role = edge.mock.read(|account| role(account, "Audit Logs Viewer"));
    let entitlements = [format!("role:{role}:assigned")];
    json!({"step": "invite", "address": NEW, "entitlements": entitlements, "without_mail": without_mail})
}

fn grace() -> Value {
    json!({"kind": "email", "id": GRACE})
}

fn words(results: &Value) -> Vec<(&str, &str)> {
    let results = results.as_array().unwrap().iter();
    let word = |result: &'_ Value| result.get("status").is_some();
    results
        .map(|result| {
            let field = if word(result) { "status" } else { "kind" };
            (result["step"].as_str().unwrap_or("change"), result[field].as_str().unwrap())
        })
        .collect()
}

fn only_reads(edge: &Edge) -> bool {
    edge.mock.requests().iter().all(|request| request.method == "GET")
}

#[tokio::test]
async fn steps_are_done_and_each_has_its_result_in_the_order_of_the_request() {
    let edge = Edge::new(Account::company()).await;
    let steps = json!([
        {"step": "remove", "id": {"kind": "user", "id": "no-such-user"}},
        {"step": "end-sessions", "id": grace()},
        {"step": "add-user", "address": "visitor@elsewhere.example", "name": "Visitor"},
        invitation(&edge, false),
        {"step": "free-seat", "id": {"kind": "member", "id": "1"}},
    ]);
    let before = edge.mock.account();
    let plan = edge.post("/v1/steps", &json!({"steps": steps, "dry_run": true})).await;
    assert_eq!(plan.status, 200);
    assert!(only_reads(&edge) && edge.mock.account() == before, "a dry run changed something");
    let done = edge.post("/v1/steps", &json!({"steps": steps})).await;
    let told = |word| {
        [
            ("remove", "unchanged"),
            ("end-sessions", word),
            ("add-user", word),
            ("invite", word),
            ("free-seat", "invalid-argument"),
        ]
    };
    assert_eq!(words(&plan.json["results"]), told("planned"));
    assert_eq!(words(&done.json["results"]), told("applied"));
    // The fields of a step are in its result.
    for (step, result) in steps.as_array().unwrap().iter().zip(done.json["results"].as_array().unwrap()) {
        for (field, value) in step.as_object().unwrap() {
            assert_eq!(&result[field], value, "{field}");
        }
    }
    let invited = &done.json["results"][3];
    assert_eq!(invited["created"][0]["kind"], "member");
    let member = invited["created"][0]["id"].as_str().unwrap();
    let status = edge.mock.read(|account| {
        let member = account.members.iter().find(|it| it.id == member).unwrap();
        (member.status.clone(), member.address().unwrap().to_owned())
    });
    assert_eq!(status, ("pending".to_owned(), NEW.to_owned()));
    assert!(
        edge.mock.read(|account| account.users.iter().any(|user| user.name.as_deref() == Some("Visitor")))
    );
    // The same again ends in the same state.
    let again = edge.post("/v1/steps", &json!({"steps": [steps[3], steps[2]]})).await;
    assert_eq!(words(&again.json["results"]), [("invite", "unchanged"), ("add-user", "unchanged")]);
}

#[tokio::test]
pub async fn steps_need_the_operators_switch_and_a_plan_does_not() {
    let body = |more: Value| {
        let mut body = json!({"steps": [{"step": "end-sessions", "id": grace()}]});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    for &value in values_for_off() {
        // The switch for changes is another one.
        let switches = [("CONNECTOR_LIFECYCLE", value), ("CONNECTOR_PROVISIONING", "true")];
        let edge = Edge::with(Account::company(), Options::default(), &switches).await;
        let refused = edge.post("/v1/steps", &body(json!({}))).await;
        assert_eq!(failed(&refused), (403, "permission-denied"));
        let message = refused.json["message"].as_str().unwrap();
        assert!(message.contains("hasn't set CONNECTOR_LIFECYCLE to true"), "{message}");
        let offboard = edge.post("/v1/offboard", &json!({"person": grace(), "dry_run": false})).await;
        assert_eq!(failed(&offboard), (403, "permission-denied"));
        assert_eq!(edge.mock.request_count(), 0, "what is refused asks nothing");
        assert_eq!(edge.post("/v1/steps", &body(json!({"dry_run": true}))).await.status, 200);
        assert_eq!(edge.post("/v1/offboard", &json!({"person": grace(), "dry_run": true})).await.status, 200);
        assert!(only_reads(&edge) && edge.mock.account() == Account::company());
        // The token is needed all the same.
        let stranger = edge.client(&[("content-type", "application/json")]);
        for (path, body) in
            [("/v1/steps", json!({"steps": [], "dry_run": true})), ("/v1/offboard", json!({}))]
        {
            let answer = stranger.try_send_text(http::Method::POST, path, body.to_string()).await.unwrap();
            assert_eq!(failed(&answer), (401, "unauthenticated"), "{path}");
        }
    }
    let switches = [("CONNECTOR_LIFECYCLE", "true"), ("CONNECTOR_PROVISIONING", "")];
    let edge = Edge::with(Account::company(), Options::default(), &switches).await;
    assert_eq!(edge.post("/v1/steps", &body(json!({}))).await.json["results"][0]["status"], "applied");
    assert_eq!(failed(&edge.post("/v1/apply", &json!({"changes": []})).await), (403, "permission-denied"));
}

#[tokio::test]
async fn nobody_joins_without_a_mail_unless_the_operator_allows_it() {
    let mut account = Account::company();
    account.lifecycle.logins.insert(NEW.to_owned());
    let edge = Edge::new(account.clone()).await;
    let steps = json!({"steps": [invitation(&edge, true)]});
    let refused = edge.post("/v1/steps", &steps).await;
    assert_eq!(failed(&refused), (403, "permission-denied"));
    assert!(refused.json["message"].as_str().unwrap().contains("CONNECTOR_WITHOUT_MAIL"), "{refused:?}");
    assert_eq!((edge.mock.request_count(), edge.mock.account()), (0, account.clone()));

    let edge = Edge::with(account, Options::default(), &[("CONNECTOR_WITHOUT_MAIL", "true")]).await;
    let joined = edge.post("/v1/steps", &steps).await;
    assert_eq!(words(&joined.json["results"]), [("invite", "applied")]);
    let is_accepted = edge.mock.read(|account| {
        account.members.iter().any(|it| it.address() == Some(NEW) && it.status == "accepted")
    });
    assert!(is_accepted, "{joined:?}");
}

#[tokio::test]
async fn an_offboarding_begins_with_what_still_lets_them_in() {
    let edge = Edge::new(Account::company()).await;
    let plan = edge.post("/v1/offboard", &json!({"person": grace(), "dry_run": true})).await;
    assert_eq!(plan.status, 200);
    assert!(plan.body.starts_with(r#"{"remaining":["#), "{}", plan.body);
    assert!(only_reads(&edge) && edge.mock.account() == Account::company());
    let user = json!({"kind": "user", "id": plan.json["accounts"][0]["id"]});
    let done = edge.post("/v1/offboard", &json!({"person": user, "keep": ["seat", "user"]})).await;
    assert_eq!((&done.json["address"], &done.json["remaining"]), (&grace(), &plan.json["remaining"]));
    let remaining = done.json["remaining"].as_array().unwrap();
    let leads = |certainty: &str| remaining.iter().filter(|way| way["certainty"] == certainty).count();
    assert!(leads("certain") > 0 && leads("open") > 0 && leads("returning") > 0, "{remaining:?}");
    let parts: Vec<(&str, &str)> = done.json["parts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|part| {
            (part["word"].as_str().unwrap().split(':').next().unwrap(), part["status"].as_str().unwrap())
        })
        .collect();
    assert_eq!(parts, [("group", "applied"), ("sessions", "applied"), ("member", "applied")]);
    let is_gone = edge.mock.read(|account| account.members.iter().all(|it| it.address() != Some(GRACE)));
    assert!(is_gone);
    let again = edge.post("/v1/offboard", &json!({"person": grace()})).await;
    assert!(
        again.json["parts"].as_array().unwrap().iter().all(|part| part["type"] == "outcome"),
        "{again:?}"
    );
    let missing = json!({"person": {"kind": "user", "id": "0a0a"}});
    assert_eq!(failed(&edge.post("/v1/offboard", &missing).await), (404, "not-found"));
}

#[tokio::test]
async fn what_is_no_step_sends_nothing() {
    let edge = Edge::new(Account::company()).await;
    let end = json!({"step": "end-sessions", "id": grace()});
    let secret = "Xk3_9dQzT7-aaBcD0eFgHiJkLmNoPqRsTuVwXy12";
    for (path, body, told) in [
        ("/v1/steps", json!({}), "missing field `steps`"),
        ("/v1/steps", json!({"steps": [end], "dryrun": true}), "an unknown field, expected one of `steps`"),
        ("/v1/steps", json!({"steps": [{"step": "rename"}]}), "expected one of `invite`"),
        ("/v1/steps", json!({"steps": [{"id": grace()}]}), "missing field `step`"),
        ("/v1/steps", json!({"steps": vec![end.clone(); 1001]}), "at most 1000"),
        (
            "/v1/steps",
            json!({"steps": [end, {"step": "remove", "id": {"kind": "user", "id": secret}}]}),
            "Number 2 of the steps: `id.id` looks like an API token",
        ),
        ("/v1/offboard", json!({}), "missing field `person`"),
        ("/v1/offboard", json!({"person": GRACE}), "an object with kind and id"),
        ("/v1/offboard", json!({"person": grace(), "keep": "seat"}), "expected a sequence"),
        ("/v1/offboard", json!({"person": grace(), "keep": [secret]}), "What stays is named by these words"),
        ("/v1/offboard", json!({"person": {"kind": "group", "id": "g"}}), "email:<address>"),
        ("/v1/offboard", json!({"person": {"kind": "email", "id": secret}}), "`person.id` looks like"),
    ] {
        let answer = edge.post(path, &body).await;
        assert_eq!(failed(&answer), (400, "invalid-argument"), "{path} {told}: {answer:?}");
        assert!(answer.json["message"].as_str().unwrap().contains(told), "{told}: {}", answer.body);
        assert!(!answer.body.contains(secret) && !edge.log().contains(secret), "{}", answer.body);
    }
    assert_eq!((edge.mock.request_count(), edge.mock.account()), (0, Account::company()));
}

#[tokio::test]
async fn the_right_to_each_step_is_told_with_its_permission() {
    let rights = |permissions: Vec<Permission>| async move {
        let token = Token::new(DEMO_TOKEN).with_permissions(permissions);
        let edge =
            Edge::with(Account::company(), Options { tokens: vec![token], ..Options::default() }, &[]).await;
        let answer = edge.post("/v1/validate", &json!({})).await;
        answer.json["steps"].as_array().unwrap().clone()
    };
    let all = rights(Permission::ALL.to_vec()).await;
    assert_eq!(all.len(), 5);
    assert!(all.iter().all(|step| step["right"] == "granted" && step["error"].is_null()), "{all:?}");
    let none = Permission::ALL.into_iter().filter(|it| *it != Permission::SeatsWrite);
    let without_seats = rights(none.collect()).await;
    for step in without_seats {
        let missing = ["add-user", "free-seat", "remove"].contains(&step["step"].as_str().unwrap());
        assert_eq!(step["right"], if missing { "missing" } else { "granted" }, "{step}");
        let told = step["error"]["message"].as_str().unwrap_or_default();
        assert_eq!(told.contains("Zero Trust: Seats Edit"), missing, "{step}");
    }
}
