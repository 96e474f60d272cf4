//! The order in which policies are looked at, and what stands in the way.

use super::*;

fn everyone() -> Json {
    json!([{"everyone": {}}])
}

fn ann() -> Json {
    json!([{"email": {"email": "ann@corp.example"}}])
}

fn ip(last: u8) -> Json {
    json!([{"ip": {"ip": format!("203.0.113.{last}")}}])
}

/// Returns the access of `ann@corp.example` to an application with these policies.
fn access(policies: Json) -> Option<Told> {
    let account = Account::new(&json!({"apps": [{"policies": policies}]}));
    account.access(person("Ann@corp.example")).pop()
}

fn of(policies: Json) -> Vec<[String; 3]> {
    access(policies).map(|told| told.basis).unwrap_or_default()
}

#[test]
fn precedence_then_the_order_of_the_list() {
    let policy = |id: &str, precedence: Json| json!({"id": id, "include": ann(), "precedence": precedence});
    let found = of(json!([
        policy("e", Json::Null),
        policy("c", json!(7)),
        policy("f", Json::Null),
        policy("a", json!(-1)),
        policy("b", json!(0)),
        policy("d", json!(7)),
    ]));
    let ids: Vec<&str> = found.iter().map(|[policy, ..]| policy.as_str()).collect();
    assert_eq!(ids, ["a", "b", "c", "d", "e", "f"]);
}

#[test]
fn each_open_policy_before_it_is_in_the_way_and_none_behind_it() {
    let deny = |id: &str, last| json!({"id": id, "decision": "deny", "include": ip(last)});
    let found = access(json!([
        deny("d1", 1),
        {"id": "a1", "include": ann(), "require": ip(11)},
        deny("d2", 2),
        {"id": "ask", "include": ip(3),
            "approval_required": true, "approval_groups": [{"approvals_needed": 2}]},
        {"id": "a2", "include": ann()},
        deny("d3", 4),
    ]));
    let found = found.unwrap();
    assert_eq!(found.basis.iter().map(|[policy, ..]| policy.as_str()).collect::<Vec<_>>(), ["a1", "a2"]);
    let not = |ids: &[&str]| ids.iter().map(|id| json!({"policy": {"id": id}})).collect::<Vec<_>>();
    let expected = json!([
        {"any_of": [], "all_of": ip(11), "none_of": not(&["d1"])},
        {"any_of": ip(3), "all_of": [{"approval_required": [{"approvals_needed": 2}]}],
            "none_of": not(&["d1", "d2"])},
        {"any_of": [], "all_of": [], "none_of": not(&["d1", "d2", "ask"])},
    ]);
    assert_eq!(found.alternatives, expected);
}

#[test]
fn conditions_stand_in_one_order() {
    let account = Account::new(&json!({
        "identity_providers": ["okta", "otp"],
        "apps": [{"allowed_idps": ["okta"], "policies": [
            {"id": "d", "decision": "deny", "include": ip(1)},
            {"id": "a", "include": [{"geo": {"country_code": "NL"}}, {"certificate": {}}],
                "require": [{"ip": {"ip": "203.0.113.9"}}], "exclude": [{"geo": {"country_code": "KP"}}],
                "approval_required": true, "approval_groups": []},
            {"id": "b", "include": ann()},
        ]}],
    }));
    let found = account.access(person("ann@corp.example")).pop().unwrap();
    assert_eq!(
        found.alternatives[0],
        json!({
            "any_of": [{"geo": {"country_code": "NL"}}, {"certificate": {}}],
            "all_of": [{"ip": {"ip": "203.0.113.9"}}, {"allowed_idps": ["okta"]}, {"approval_required": []}],
            "none_of": [{"geo": {"country_code": "KP"}}, {"policy": {"id": "d"}}],
        })
    );
}

#[test]
fn what_is_not_known_leaves_no_grant_unless_it_is_decided_before() {
    let unknown = || json!({"id": "u", "decision": "quarantine", "include": everyone()});
    let unread = || json!({"id": "r", "decision": "allow"});
    for odd in [unknown(), unread()] {
        let allow = json!({"id": "a", "include": ann()});
        let deny_another =
            json!({"id": "d", "decision": "deny", "include": [{"email": {"email": "bob@corp.example"}}]});
        let open = json!({"id": "o", "include": ann(), "require": ip(1)});
        let bypass = json!({"id": "b", "decision": "bypass", "include": everyone()});
        let asks = json!({"id": "q", "include": ann(), "approval_required": true, "approval_groups": []});
        for (policies, expected) in [
            (json!([odd, allow]), None),
            (json!([allow, odd]), Some("certain")),
            (json!([open, odd, allow]), None),
            (json!([open, odd]), None),
            (json!([deny_another, odd, allow]), None),
            (json!([bypass, odd, allow]), None),
            (json!([asks, odd]), Some("conditional")),
        ] {
            let found = access(policies.clone());
            assert_eq!(found.as_ref().map(Told::grant), expected, "{policies}");
        }
    }
}

#[test]
fn an_application_whose_policies_could_not_be_read_has_no_grants() {
    let account = Account::new(&json!({"apps": [{"policies": null}]}));
    assert_eq!(account.access(person("ann@corp.example")), []);
    assert_eq!((account.extra(0), account.warnings()), (json!({}), vec![]));
}

#[test]
fn a_rule_is_told_once_for_each_policy() {
    let twice = json!([{"email": {"email": "ann@corp.example"}}, {"email": {"email": "ann@corp.example"}},
        {"email": {"email": "ANN@corp.example"}}]);
    let found = of(json!([{"id": "p", "include": twice}, {"id": "q", "include": ann()}]));
    let told = |policy: &str, value: &str| [policy, "email", value].map(str::to_owned);
    assert_eq!(
        found,
        [told("p", "ann@corp.example"), told("p", "ANN@corp.example"), told("q", "ann@corp.example")]
    );
}

#[test]
fn identity_providers_that_an_application_accepts() {
    for (allowed, all, is_condition) in [
        (json!([]), json!(["a", "b"]), false),
        (json!(["a"]), json!(["a", "b"]), true),
        (json!(["b", "a"]), json!(["a", "b"]), false),
        (json!(["gone"]), json!(["a"]), true),
        (json!(["gone", "a"]), json!(["a"]), false),
        (json!(["a"]), Json::Null, true),
        (json!(["a\"\\"]), Json::Null, true),
    ] {
        let mut account =
            json!({"apps": [{"allowed_idps": allowed, "policies": [{"id": "p", "include": ann()}]}]});
        if !all.is_null() {
            account["identity_providers"] = all.clone();
        }
        let found = Account::new(&account).access(person("ann@corp.example")).pop().unwrap();
        let expected = match is_condition {
            true => json!([{"any_of": [], "all_of": [{"allowed_idps": allowed}], "none_of": []}]),
            false => json!([]),
        };
        assert_eq!(found.alternatives, expected, "{allowed} of {all}");
    }
}

/// A policy that several applications have is one rule set. Its precedence belongs to each pair.
#[test]
fn a_reusable_policy_stands_elsewhere_in_each_application() {
    let allow = |precedence: i64| json!({"id": "allow", "include": ann(), "precedence": precedence});
    let deny = || json!({"id": "deny", "decision": "deny", "include": everyone(), "precedence": 5});
    let account = Account::new(&json!({"apps": [
        {"id": "before", "policies": [deny(), allow(1)]},
        {"id": "behind", "policies": [deny(), allow(9)]},
    ]}));
    let found = told(&account, &["ann@corp.example", "bob@corp.example"]);
    assert_eq!(found["ann@corp.example"], ["before certain"]);
    assert!(found["bob@corp.example"].is_empty());
}

#[test]
fn who_is_asked_how_to_change_access_hears_of_groups_and_rules() {
    let account = Account::new(&json!({
        "groups": [{"id": "g", "include": ann()}],
        "apps": [{"policies": [
            {"id": "d", "decision": "deny", "include": [{"group": {"id": "g"}}]},
            {"id": "q", "include": [{"group": {"id": "g"}}, {"geo": {"country_code": "NL"}}]},
            {"id": "p", "include": [{"email": {"email": "bob@corp.example"}}], "precedence": 1},
        ]}],
    }));
    let ways = account.applications.ways_in(0, &account.membership);
    let told: Vec<_> = ways.iter().map(|way| (way.policy, way.rule, way.value)).collect();
    assert_eq!(told, [("p", "email", "bob@corp.example"), ("q", "group", "g")]);
}

#[test]
fn a_provider_is_a_way_in_where_facts_say_for_whom() {
    let ways = |facts: Json| {
        let okta = |name: &str| json!({"okta": {"name": name, "identity_provider_id": "i"}});
        let account = Account::new(&json!({
            "apps": [{"policies": [{"id": "p", "include": [okta("Eng"), okta("Ops")]}]}],
            "facts": facts,
        }));
        let ways = account.applications.ways_in(0, &account.membership).into_iter();
        ways.map(|way| [way.rule, way.value].map(str::to_owned)).collect::<Vec<_>>()
    };
    let eng = json!([{"provider": "i", "group": "Eng", "addresses": [], "source": "Okta"}]);
    assert_eq!((ways(json!([])), ways(eng)), (Vec::new(), vec![["okta", "Eng"].map(str::to_owned)]));
}
