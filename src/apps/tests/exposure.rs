//! The access that nobody in particular has, and the warnings about it.

use super::*;

fn extra(app: Json) -> Json {
    Account::new(&json!({
        "groups": [
            {"id": "office", "include": [{"ip": {"ip": "203.0.113.0/24"}}]},
            {"id": "staff", "include": [{"email_domain": {"domain": "corp.example"}}]},
            {"id": "world", "include": [{"everyone": {}}]},
            {"id": "ci", "include": [{"service_token": {"token_id": "t"}}, {"any_valid_service_token": {}}]},
        ],
        "apps": [app],
    }))
    .extra(0)
}

fn opened_by(decision: &str, rules: Json) -> Json {
    let mut policy = rules;
    (policy["id"], policy["decision"]) = (json!("p"), json!(decision));
    extra(json!({"policies": [policy]}))
}

/// A policy opens the application if it isn't *no* for someone who has neither a login nor a token.
#[test]
fn each_policy_that_asks_for_neither_a_login_nor_a_token() {
    let everyone = || json!({"everyone": {}});
    let ip = || json!({"ip": {"ip": "203.0.113.0/24"}});
    let group = |id: &str| json!({"group": {"id": id}});
    let login = || json!({"okta": {"name": "Eng", "identity_provider_id": "i"}});
    for (rules, opens) in [
        (json!({"include": [everyone()]}), true),
        (json!({"include": [ip()]}), true),
        (json!({"include": [{"certificate": {}}]}), true),
        (json!({"include": [{"linked_app_token": {"app_uid": "a"}}]}), true),
        (json!({"include": [{"quantum_badge": {"level": 5}}]}), true),
        (json!({"include": [group("office")]}), true),
        (json!({"include": [group("world")]}), true),
        (json!({"include": [group("gone")]}), true),
        (json!({"include": []}), false),
        (json!({"include": [{"email": {"email": "ann@corp.example"}}]}), false),
        (json!({"include": [{"email": {"email": "m\u{fc}ller@corp.example"}}]}), false),
        (json!({"include": [{"email_domain": {"domain": "corp.example"}}]}), false),
        (json!({"include": [{"email_list": {"id": "unread"}}]}), false),
        (json!({"include": [login()]}), false),
        (json!({"include": [{"okta": {"name": null, "identity_provider_id": "i"}}]}), false),
        (json!({"include": [{"login_method": {"id": "i"}}]}), false),
        (json!({"include": [{"cloudflare_account_member": {}}]}), false),
        (json!({"include": [{"cloudflare_account_member": {"account_id": "f"}}]}), false),
        (json!({"include": [{"service_token": {"token_id": "t"}}]}), false),
        (json!({"include": [{"any_valid_service_token": {}}]}), false),
        (json!({"include": [group("staff"), group("ci")]}), false),
        (json!({"include": [everyone()], "require": [ip()]}), true),
        (json!({"include": [everyone()], "require": [group("office")]}), true),
        (json!({"include": [everyone()], "require": [login()]}), false),
        (json!({"include": [everyone()], "require": [{"service_token": {"token_id": "t"}}]}), false),
        (json!({"include": [everyone()], "require": [{"any_valid_service_token": {}}]}), false),
        (json!({"include": [everyone()], "require": [{"email": {"email": "ann@corp.example"}}]}), false),
        (json!({"include": [everyone()], "exclude": [ip()]}), true),
        (json!({"include": [everyone()], "exclude": [login()]}), true),
        (json!({"include": [everyone()], "exclude": [{"service_token": {"token_id": "t"}}]}), true),
        (json!({"include": [everyone()], "exclude": [everyone()]}), false),
        (json!({"include": [everyone()], "exclude": [group("world")]}), false),
    ] {
        for decision in ["bypass", "non_identity"] {
            let list = |section: &str| rules.get(section).cloned().unwrap_or(json!([]));
            let open_to = json!([{"policy": "p", "decision": decision, "any_of": list("include"),
                "all_of": list("require"), "none_of": list("exclude")}]);
            let found = opened_by(decision, rules.clone());
            assert_eq!(found.get("open_to"), opens.then_some(&open_to), "{decision} {rules}");
        }
        for decision in ["allow", "deny", "quarantine"] {
            assert_eq!(opened_by(decision, rules.clone()).get("open_to"), None, "{decision} {rules}");
        }
    }
}

#[test]
fn policies_that_open_come_in_the_order_of_evaluation() {
    let office = json!({"ip": {"ip": "203.0.113.0/24"}});
    let found = extra(json!({"policies": [
        {"id": "last", "decision": "bypass", "include": [office]},
        {"id": "second", "decision": "non_identity", "include": [office], "precedence": 2},
        {"id": "first", "decision": "bypass", "include": [office], "precedence": 1},
    ]}));
    let ids: Vec<&Json> = found["open_to"].as_array().unwrap().iter().map(|open| &open["policy"]).collect();
    assert_eq!(ids, ["first", "second", "last"]);
}

#[test]
fn public_is_a_bypass_for_everyone_without_require_and_exclude() {
    let everyone = || json!({"everyone": {}});
    let ip = || json!({"ip": {"ip": "203.0.113.0/24"}});
    for (decision, rules, is_public) in [
        ("bypass", json!({"include": [everyone()]}), true),
        ("bypass", json!({"include": [ip(), everyone()]}), true),
        ("bypass", json!({"include": [ip()]}), false),
        ("bypass", json!({"include": [everyone()], "require": [ip()]}), false),
        ("bypass", json!({"include": [everyone()], "exclude": [ip()]}), false),
        ("bypass", json!({"include": [{"group": {"id": "world"}}]}), false),
        ("non_identity", json!({"include": [everyone()]}), false),
        ("allow", json!({"include": [everyone()]}), false),
    ] {
        let found = opened_by(decision, rules.clone());
        assert_eq!(found.get("public"), is_public.then_some(&json!(true)), "{decision} {rules}");
    }
}

#[test]
fn whoever_logs_in() {
    let everyone = || json!({"everyone": {}});
    let method = || json!({"login_method": {"id": "otp"}});
    let ip = || json!({"ip": {"ip": "203.0.113.0/24"}});
    let allow = |include: Json| json!({"id": "allow", "include": [include], "precedence": 2});
    let with = |field: &str, value: Json| {
        let mut policy = allow(everyone());
        policy[field] = value;
        policy
    };
    let deny = |precedence: i64, rules: Json| {
        let mut policy = rules;
        (policy["id"], policy["decision"], policy["precedence"]) =
            (json!("deny"), json!("deny"), json!(precedence));
        policy
    };
    for (app, expected) in [
        (json!({"policies": [allow(everyone())]}), true),
        (json!({"policies": [allow(method())]}), true),
        (json!({"policies": [allow(json!({"login_method": {"id": null}}))]}), false),
        (json!({"policies": [allow(ip())]}), false),
        (json!({"policies": [allow(json!({"email_domain": {"domain": "corp.example"}}))]}), false),
        (json!({"policies": [with("require", json!([ip()]))]}), false),
        (json!({"policies": [with("exclude", json!([ip()]))]}), true),
        (json!({"policies": [with("approval_required", json!(true))]}), false),
        (json!({"policies": [with("decision", json!("bypass"))]}), false),
        (json!({"policies": [allow(everyone()), deny(1, json!({"include": [everyone()]}))]}), false),
        (json!({"policies": [allow(everyone()), deny(3, json!({"include": [everyone()]}))]}), true),
        (json!({"policies": [allow(everyone()), deny(1, json!({"include": [ip()]}))]}), true),
        (
            json!({"policies": [allow(everyone()),
                deny(1, json!({"include": [everyone()], "require": [ip()]}))]}),
            true,
        ),
        (
            json!({"policies": [allow(everyone()),
                deny(1, json!({"include": [everyone()], "exclude": [ip()]}))]}),
            true,
        ),
        (json!({"type": "end_user"}), true),
        (json!({"type": "end_user", "policies": []}), true),
        (json!({"type": "bookmark", "policies": []}), true),
        (json!({"type": "bookmark", "policies": [allow(ip())]}), false),
        (json!({"type": "bookmark", "policies": [allow(everyone())]}), true),
        (json!({"type": "bookmark"}), false),
        (json!({"type": "mcp", "policies": []}), false),
        (json!({"policies": []}), false),
        (json!({}), false),
    ] {
        let found = extra(app.clone());
        assert_eq!(found.get("whoever_logs_in"), expected.then_some(&json!(true)), "{app}");
    }
}

/// Lists of addresses aren't known yet where applications are emitted.
#[test]
fn lists_do_not_matter_for_what_opens_an_application() {
    let app = json!({"policies": [{"id": "p", "decision": "bypass", "include": [{"everyone": {}}],
        "exclude": [{"email_list": {"id": "l"}}]}]});
    let account = |lists: Json| Account::new(&json!({"apps": [app], "lists": lists})).extra(0);
    assert_eq!(account(json!({})), account(json!({"l": ["ann@corp.example"]})));
    assert!(account(json!({})).get("open_to").is_some());
}

#[test]
fn each_type_gates_something() {
    let allow = || json!([{"id": "p", "include": [{"everyone": {}}]}]);
    let slug = |app: Json| Account::new(&json!({"apps": [app]})).applications.all()[0].gate.slug();
    for kind in [
        "self_hosted",
        "ssh",
        "vnc",
        "rdp",
        "saas",
        "infrastructure",
        "app_launcher",
        "warp",
        "biso",
        "proxy_endpoint",
        "dash_sso",
        "mcp_portal",
        "mcp",
        "bookmark",
        "end_user",
        "quantum_portal",
    ] {
        let app = json!({"id": "a", "type": kind, "policies": allow()});
        let account = Account::new(&json!({"apps": [app]}));
        let found = account.access(person("ann@corp.example"));
        let found: Vec<(&str, &str)> = found.iter().map(|told| (told.slug, told.grant())).collect();
        let (expected, expected_slug) = match kind {
            "mcp" | "bookmark" => (vec![("visible", "certain")], Some("visible")),
            "end_user" => (vec![], Some("access")),
            "quantum_portal" => (vec![], None),
            _ => (vec![("access", "certain")], Some("access")),
        };
        assert_eq!((found, slug(app)), (expected, expected_slug), "{kind}");
        let incomplete = account
            .warnings()
            .iter()
            .any(|&(code, _, incomplete)| code == "app-not-understood" && incomplete);
        assert_eq!(incomplete, kind == "quantum_portal", "{kind}");
    }
    for policies in [json!([]), Json::Null] {
        let account = Account::new(&json!({"apps": [{"type": "bookmark", "policies": policies}]}));
        assert_eq!(account.applications.all()[0].gate.slug(), Some("visible"));
        assert_eq!(account.access(person("ann@corp.example")), []);
    }
}

#[test]
fn warnings_say_what_to_do() {
    let account = Account::new(&json!({"apps": [
        {"id": "a", "type": "quantum_portal", "policies": []},
        {"id": "b", "policies": [
            {"id": "p", "decision": "bypass", "include": [{"everyone": {}}]},
            {"id": "q", "decision": "quarantine", "include": [{"everyone": {}}]},
            {"id": "r"},
            {"id": "nobody", "decision": "quarantine", "include": []},
        ]},
        {"id": "c", "policies": [
            {"id": "s", "decision": "bypass", "include": [{"geo": {"country_code": "NL"}}]},
        ]},
    ]}));
    let warnings = account.applications.warnings();
    let about: Vec<String> = warnings.iter().map(|it| it.about.as_ref().unwrap().to_string()).collect();
    assert_eq!(about, ["app:a", "app:b", "app:b"]);
    let told: Vec<(&str, bool)> = account.warnings().iter().map(|it| (it.0, it.2)).collect();
    assert_eq!(told, [("app-not-understood", true), ("app-not-understood", true), ("app-public", false)]);
    let message = warnings[1].message.as_str();
    assert!(message.contains("policy q") && message.contains("\"quarantine\""), "{message}");
    let message = warnings[2].message.as_str();
    assert!(message.contains("bypass policy p") && message.contains("delete the policy"), "{message}");
}
