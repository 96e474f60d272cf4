//! The evaluator that a sync is compared with.

use std::collections::{BTreeMap, BTreeSet};

use host_test::mock::Account;
use host_test::truth::{self, Conditions, Held, Kind, Lists, Principal, evaluate};
use serde_json::Value;

const CASES: &str = include_str!("../../../src/rules/membership.json");
const ACCOUNT: &str = "0123456789abcdef0123456789abcdef";

fn principal(case: &Value) -> Principal {
    let kind = match case["kind"].as_str() {
        Some("user") => Kind::User,
        Some("member") => Kind::Member,
        Some("email") => Kind::Email,
        other => panic!("no such kind: {other:?}"),
    };
    let text = |field: &str| case[field].as_str().map(str::to_owned);
    Principal { kind, address: text("email"), status: text("status") }
}

/// Puts the result of `evaluate` into the form of membership.json.
fn shown(held: Option<&Held>) -> Value {
    let Some(held) = held else { return serde_json::json!({ "grant": "none" }) };
    let kinds: BTreeSet<_> = held.basis.iter().map(|(kind, _)| kind).collect();
    match &held.conditions {
        None => serde_json::json!({ "grant": "certain", "basis": kinds }),
        Some(Conditions { any_of, all_of, none_of }) => serde_json::json!({
            "grant": "conditional",
            "basis": kinds,
            "conditions": { "any_of": any_of, "all_of": all_of, "none_of": none_of },
        }),
    }
}

#[test]
fn every_worked_case_comes_out_in_whatever_order_the_groups_come() {
    let cases: Value = serde_json::from_str(CASES).unwrap();
    let cases = cases["cases"].as_array().unwrap();
    assert!(cases.len() >= 32);
    for case in cases {
        let mut groups = case["groups"].as_array().unwrap().clone();
        let lists: BTreeMap<String, Vec<String>> =
            case.get("lists").map(|lists| serde_json::from_value(lists.clone()).unwrap()).unwrap_or_default();
        let lists = lists.into_iter().map(|(id, items)| (id, Some(items))).collect();
        for _ in 0..groups.len() {
            groups.rotate_left(1);
            let found = evaluate(ACCOUNT, &groups, &lists, &principal(&case["principal"]));
            for (group, expected) in case["expect"].as_object().unwrap() {
                assert_eq!(&shown(found[group].as_ref()), expected, "{}: group {group}", case["name"]);
            }
        }
    }
}

fn one(include: Value) -> Value {
    serde_json::json!([{ "id": "a", "include": include }])
}

fn held(groups: &Value, principal: &Principal) -> Option<Held> {
    evaluate(ACCOUNT, groups.as_array().unwrap(), &Lists::new(), principal).remove("a").unwrap()
}

fn ann() -> Principal {
    Principal { kind: Kind::User, address: Some("ann@corp.example".into()), status: None }
}

#[test]
fn revocable_is_what_the_own_email_rules_alone_give() {
    let own = serde_json::json!({ "email": { "email": "Ann@corp.example" } });
    let other = serde_json::json!({ "email": { "email": "bob@corp.example" } });
    let domain = serde_json::json!({ "email_domain": { "domain": "corp.example" } });
    let revocable = |include: &[&Value]| held(&one(serde_json::json!(include)), &ann()).unwrap().revocable;
    assert!(revocable(&[&own, &other]));
    assert!(revocable(&[&own, &other, &own]));
    assert!(!revocable(&[&own]), "nobody would be left");
    assert!(!revocable(&[&own, &domain]), "still named by the domain");
    assert!(!revocable(&[&domain, &other]), "nothing to take out");
    // A removal of the rule here also empties the inner group, which includes this one.
    let cycle = serde_json::json!([
        { "id": "a", "include": [own, other, { "group": { "id": "b" } }] },
        { "id": "b", "include": [{ "group": { "id": "a" } }] },
    ]);
    assert!(held(&cycle, &ann()).unwrap().revocable);
}

#[test]
fn a_basis_has_each_rule_once_as_it_stands() {
    let rule = |address: &str| serde_json::json!({ "email": { "email": address } });
    let include =
        serde_json::json!([rule("ANN@corp.example"), rule("ann@corp.example"), rule("ANN@corp.example")]);
    let basis = held(&one(include), &ann()).unwrap().basis;
    let entry = |address: &str| ("email".to_owned(), address.to_owned());
    assert_eq!(basis, [entry("ANN@corp.example"), entry("ann@corp.example")]);
}

#[test]
fn without_an_address_only_rules_that_need_none_name() {
    let nobody = Principal { address: None, ..ann() };
    let email = serde_json::json!({ "email": { "email": "ann@corp.example" } });
    assert_eq!(held(&one(serde_json::json!([email])), &nobody), None);
    let groups = serde_json::json!([{ "id": "a", "include": [{ "everyone": {} }], "exclude": [email] }]);
    let conditions = held(&groups, &nobody).unwrap().conditions.unwrap();
    assert_eq!(conditions.none_of, [email], "the address may be the excluded one");
}

#[test]
fn an_account_gives_roles_by_status_and_scope() {
    let account = Account::company();
    let truth = truth::account(&account);
    let of = |address: &str| {
        let member = account.members.iter().find(|member| member.address() == Some(address)).unwrap();
        let ending = format!(":assigned:member:{}", member.id);
        truth
            .grants
            .iter()
            .filter(|(id, _)| id.ends_with(&ending))
            .map(|(_, held)| held.revocable)
            .collect::<Vec<_>>()
    };
    assert_eq!(of("sofia.lindqvist@northwind.example"), [true; 3]);
    assert_eq!(of("ingrid.solheim@northwind.example"), [false], "the last role");
    assert_eq!(of("auditor@brightline-audit.example"), [true; 2], "pending");
    assert_eq!(of("oscar.lund@northwind.example"), [] as [bool; 0], "rejected");
    assert_eq!(of("ops@harbor-msp.example"), [false], "the last thing, on one zone");
}

#[test]
fn unmatched_emails_are_those_that_hold_something() {
    let emails = truth::account(&Account::company()).emails;
    let expected = [
        "external.audit@brightline-audit.example",
        "jo.park.design@mail.example",
        "l.ferrara@studio-ferrara.example",
        "m.silva.freelance@mail.example",
        "new.starter@northwind.example",
        "tess.archer@northwind.example",
    ];
    assert_eq!(emails, expected.map(str::to_owned).into());
}
