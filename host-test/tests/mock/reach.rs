//! The evaluator of who reaches which application.

use std::collections::BTreeMap;

use host_test::truth::{Asking, Conditions, Exposure, Kind, Lists, Principal, Reach, Setting};
use serde_json::{Value, json};

const CASES: &str = include_str!("../../../src/apps/apps.json");
const ACCOUNT: &str = "0123456789abcdef0123456789abcdef";

fn alternative(Conditions { any_of, all_of, none_of }: &Conditions) -> Value {
    json!({ "any_of": any_of, "all_of": all_of, "none_of": none_of })
}

/// Puts an answer into the form of apps.json.
fn shown(reach: &Reach) -> Value {
    let passage = match reach {
        Reach::None => return json!({ "grant": "none" }),
        Reach::Undecided => return json!({ "grant": "undecided" }),
        Reach::Granted(passage) => passage,
    };
    let basis: Vec<Value> = passage
        .basis
        .iter()
        .map(|through| json!({ "policy": through.policy, "rule": through.rule }))
        .collect();
    match passage.alternatives[..] {
        [] => json!({ "grant": "certain", "basis": basis }),
        _ => json!({
            "grant": "conditional",
            "alternatives": passage.alternatives.iter().map(alternative).collect::<Vec<_>>(),
            "basis": basis,
        }),
    }
}

/// Asks for the application of a case.
fn asked(case: &Value, groups: &[Value]) -> Reach {
    let lists: BTreeMap<String, Vec<String>> =
        case.get("lists").map(|lists| serde_json::from_value(lists.clone()).unwrap()).unwrap_or_default();
    let lists: Lists = lists.into_iter().map(|(id, items)| (id, Some(items))).collect();
    let providers: Option<Vec<String>> =
        case.get("identity_providers").map(|providers| serde_json::from_value(providers.clone()).unwrap());
    let mut app = case["app"].clone();
    app["id"] = json!("app");
    if app.get("type").is_none() {
        app["type"] = json!("self_hosted");
    }
    let principal = &case["principal"];
    let text = |field: &str| principal[field].as_str().map(str::to_owned);
    let person = |kind| Principal { kind, address: text("email"), status: text("status") };
    let (id, person) = (
        text("id").unwrap_or_default(),
        match principal["kind"].as_str() {
            Some("user") => Some(person(Kind::User)),
            Some("member") => Some(person(Kind::Member)),
            Some("email") => Some(person(Kind::Email)),
            Some("service-token") => None,
            other => panic!("no such kind: {other:?}"),
        },
    );
    let asking = match &person {
        Some(person) => Asking::Person(person),
        None => Asking::Token { id: &id, is_valid: principal["valid"] != false },
    };
    let apps = [app];
    Setting::new(ACCOUNT, groups, &lists, providers.as_deref(), &apps).apps(asking).remove("app").unwrap()
}

#[test]
fn every_worked_case_comes_out_in_whatever_order_the_groups_come() {
    let cases: Value = serde_json::from_str(CASES).unwrap();
    let cases = cases["cases"].as_array().unwrap();
    assert!(cases.len() >= 65);
    for case in cases {
        let mut groups = case["groups"].as_array().cloned().unwrap_or_default();
        for _ in 0..groups.len().max(1) {
            assert_eq!(shown(&asked(case, &groups)), case["expect"], "{}", case["name"]);
            let step = groups.len().min(1);
            groups.rotate_left(step);
        }
    }
}

fn exposure(kind: &str, policies: Value) -> Exposure {
    let apps = [json!({ "id": "app", "type": kind, "policies": policies })];
    let lists = Lists::new();
    Setting::new(ACCOUNT, &[], &lists, None, &apps).exposures().remove("app").unwrap()
}

fn policy(id: &str, decision: &str, include: Value) -> Value {
    json!({ "id": id, "decision": decision, "include": include, "require": [], "exclude": [] })
}

#[test]
fn an_application_is_open_to_nobody_in_particular_by_what_needs_no_login() {
    let ip = json!({ "ip": { "ip": "203.0.113.0/24" } });
    let token = json!({ "service_token": { "token_id": "t1" } });
    let policies = json!([
        policy("everyone", "bypass", json!([{ "everyone": {} }])),
        policy("office", "non_identity", json!([ip, token])),
        policy("token", "non_identity", json!([token])),
        policy("any token", "non_identity", json!([{ "any_valid_service_token": {} }])),
        policy("login", "bypass", json!([{ "email_domain": { "domain": "corp.example" } }])),
        policy("staff", "allow", json!([ip])),
    ]);
    let exposure = exposure("self_hosted", policies);
    assert!(exposure.public && !exposure.whoever_logs_in);
    let open_to: Vec<&Value> = exposure.open_to.iter().map(|open| &open["policy"]).collect();
    assert_eq!(open_to, ["everyone", "office"]);
    assert_eq!(
        exposure.open_to[1],
        json!({
            "policy": "office", "decision": "non_identity",
            "any_of": [ip, token], "all_of": [], "none_of": [],
        })
    );
}

#[test]
fn whoever_logs_in_is_let_in_by_an_allow_without_conditions() {
    let everyone = || json!([{ "everyone": {} }]);
    let lets = |kind: &str, policies: Value| exposure(kind, policies).whoever_logs_in;
    let is = |policies: Value| lets("self_hosted", policies);
    assert!(is(json!([policy("a", "allow", everyone())])));
    assert!(is(json!([policy("a", "allow", json!([{ "login_method": { "id": "otp" } }]))])));
    assert!(!is(json!([policy("a", "allow", json!([{ "login_method": { "id": "" } }]))])), "hollow");
    assert!(!is(json!([policy("a", "allow", json!([{ "okta": { "name": "Staff" } }]))])));
    assert!(!is(json!([policy("a", "deny", everyone()), policy("b", "allow", everyone())])));
    assert!(is(json!([policy("a", "allow", everyone()), policy("b", "deny", everyone())])));
    let few = json!([{ "email": { "email": "ann@corp.example" } }]);
    assert!(is(json!([policy("a", "deny", few), policy("b", "allow", everyone())])), "it denies few");
    for more in [json!({ "require": everyone() }), json!({ "approval_required": true })] {
        let mut gated = policy("a", "allow", everyone());
        gated.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        assert!(!is(json!([gated])), "{more}");
    }
    assert!(lets("end_user", json!([])) && lets("bookmark", json!([])) && !is(json!([])));
}
