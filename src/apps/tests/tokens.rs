//! Service tokens: the policies that concern them, and the groups that they are in.

use super::*;
use crate::rules::Value;

fn rules(include: Json) -> Json {
    json!({"id": "p", "decision": "non_identity", "include": [include]})
}

fn access(policies: Json) -> Option<Told> {
    let account = Account::new(&json!({
        "groups": [
            {"id": "ci", "include": [{"service_token": {"token_id": "t1"}}]},
            {"id": "programs", "include": [{"any_valid_service_token": {}}, {"group": {"id": "people"}}]},
            {"id": "people", "include": [{"email_domain": {"domain": "corp.example"}}]},
            {"id": "world", "include": [{"everyone": {}}]},
        ],
        "identity_providers": ["a", "b"],
        "apps": [{"policies": policies, "allowed_idps": ["a"]}],
    }));
    account.access(Subject::Token("t1")).pop()
}

/// For each rule, the value for the token `t1`, and whether it names the token.
#[test]
fn every_kind_of_rule_has_a_value_for_a_token() {
    use Value::{No, Open, Yes};
    let cases = [
        (json!({"service_token": {"token_id": "t1"}}), Yes, true),
        (json!({"service_token": {"token_id": "T1"}}), No, false),
        (json!({"service_token": {"token_id": "t2"}}), No, false),
        (json!({"service_token": {"token_id": null}}), No, false),
        (json!({"any_valid_service_token": {}}), Yes, true),
        (json!({"everyone": {}}), Yes, false),
        (json!({"group": {"id": "ci"}}), Yes, true),
        (json!({"group": {"id": "programs"}}), Yes, true),
        (json!({"group": {"id": "people"}}), No, false),
        (json!({"group": {"id": "world"}}), Yes, false),
        (json!({"group": {"id": "gone"}}), Open, false),
        (json!({"email": {"email": "t1"}}), No, false),
        (json!({"email": {"email": "t1, t2@corp.example"}}), No, false),
        (json!({"email": {"email": "m\u{fc}ller@corp.example"}}), No, false),
        (json!({"email_domain": {"domain": "corp.example"}}), No, false),
        (json!({"email_list": {"id": "unread"}}), No, false),
        (json!({"login_method": {"id": "i"}}), No, false),
        (json!({"auth_method": {"auth_method": "mfa"}}), No, false),
        (json!({"auth_context": {"id": "c", "ac_id": "1", "identity_provider_id": "i"}}), No, false),
        (json!({"cloudflare_account_member": {}}), No, false),
        (json!({"cloudflare_account_member": {"account_id": "f"}}), No, false),
        (json!({"okta": {"name": "Eng", "identity_provider_id": "i"}}), No, false),
        (json!({"okta": {"name": null, "identity_provider_id": "i"}}), No, false),
        (json!({"azureAD": {"id": "x", "identity_provider_id": "i"}}), No, false),
        (json!({"gsuite": {"email": "x@corp.example", "identity_provider_id": "i"}}), No, false),
        (json!({"saml": {"attribute_name": "a", "attribute_value": "b"}}), No, false),
        (json!({"oidc": {"claim_name": "a", "claim_value": "b"}}), No, false),
        (json!({"github-organization": {"name": "corp"}}), No, false),
        (json!({"ip": {"ip": "203.0.113.0/24"}}), Open, false),
        (json!({"geo": {"country_code": "NL"}}), Open, false),
        (json!({"certificate": {}}), Open, false),
        (json!({"common_name": {"common_name": "x"}}), Open, false),
        (json!({"device_posture": {"integration_uid": "x"}}), Open, false),
        (json!({"linked_app_token": {"app_uid": "x"}}), Open, false),
        (json!({"quantum_badge": {"level": 5}}), Open, false),
        (json!({"email": null}), No, false),
        (json!({"email_domain": null}), No, false),
        (json!({"email_list": null}), No, false),
        (json!({"login_method": null}), No, false),
        (json!({"cloudflare_account_member": null}), No, false),
        (json!({"certificate": null}), Open, false),
        (json!({"email": 5}), Open, false),
    ];
    let token = json!({"any_valid_service_token": {}});
    for (rule, value, is_named) in cases {
        let found = access(json!([rules(rule.clone())]));
        assert_eq!(found.is_some(), is_named && value != No, "{rule}");
        // In a require and an exclude, beside a rule that names the token.
        for (section, lets_in, list) in [("require", value, "all_of"), ("exclude", !value, "none_of")] {
            let mut policy = rules(token.clone());
            policy[section] = json!([rule]);
            let found = access(json!([policy]));
            let grant = found.as_ref().map(Told::grant);
            let expected = match lets_in {
                No => None,
                Open => Some("conditional"),
                Yes => Some("certain"),
            };
            assert_eq!(grant, expected, "{section} {rule}");
            if lets_in == Open {
                assert_eq!(found.unwrap().alternatives[0][list], json!([rule]), "{section}");
            }
        }
    }
}

#[test]
fn each_non_identity_policy_is_a_way_and_none_is_in_the_way() {
    let ip = |last: u8| json!([{"ip": {"ip": format!("203.0.113.{last}")}}]);
    let token = json!([{"service_token": {"token_id": "t1"}}]);
    let found = access(json!([
        {"id": "deny", "decision": "deny", "include": [{"everyone": {}}]},
        {"id": "odd", "decision": "quarantine", "include": [{"everyone": {}}]},
        {"id": "unread"},
        {"id": "one", "decision": "non_identity", "include": token, "require": ip(1)},
        {"id": "two", "decision": "non_identity", "include": ip(2),
            "approval_required": true, "approval_groups": []},
        {"id": "three", "decision": "bypass", "include": [{"any_valid_service_token": {}}]},
        {"id": "four", "decision": "allow", "include": token},
    ]));
    let found = found.unwrap();
    assert_eq!(found.basis, [["one", "service_token", "t1"].map(str::to_owned)]);
    assert_eq!(
        found.alternatives,
        json!([
            {"any_of": [], "all_of": ip(1), "none_of": []},
            {"any_of": ip(2), "all_of": [{"approval_required": []}], "none_of": []},
        ])
    );
    let certain = access(json!([
        {"id": "one", "decision": "non_identity", "include": token, "require": ip(1)},
        {"id": "two", "decision": "non_identity", "include": [{"everyone": {}}]},
    ]));
    let certain = certain.unwrap();
    assert_eq!((certain.grant(), certain.basis[0][0].as_str()), ("certain", "one"));
}

#[test]
fn a_token_is_a_member_of_the_groups_that_name_it() {
    let account = Account::new(&json!({"groups": [
        {"id": "any", "include": [{"any_valid_service_token": {}}],
            "require": [{"ip": {"ip": "203.0.113.1"}}]},
        {"id": "nested", "include": [{"group": {"id": "own"}}, {"email": {"email": "t1@corp.example"}}]},
        {"id": "own",
            "include": [{"service_token": {"token_id": "t1"}}, {"email": {"email": "ann@corp.example"}}]},
        {"id": "other", "include": [{"service_token": {"token_id": "t2"}}]},
        {"id": "out", "include": [{"any_valid_service_token": {}}], "exclude": [{"group": {"id": "own"}}]},
        {"id": "world", "include": [{"everyone": {}}]},
        {"id": "world-and-own", "include": [{"everyone": {}}, {"service_token": {"token_id": "t1"}}]},
    ]}));
    let mut scratch = Scratch::default();
    let held = account.membership.of(Subject::Token("t1"), &mut scratch);
    let told: Vec<(&str, String, bool)> = held
        .iter()
        .map(|held| {
            let (rule, value) = held.basis[0];
            assert_eq!((held.basis.len(), held.revocable), (1, false));
            (held.resource.id.as_str(), format!("{rule} {value}"), held.conditions.is_some())
        })
        .collect();
    let expected = [
        ("any", "any_valid_service_token ", true),
        ("nested", "group own", false),
        ("own", "service_token t1", false),
        ("world-and-own", "service_token t1", false),
    ];
    assert_eq!(told, expected.map(|(id, basis, is_open)| (id, basis.to_owned(), is_open)));
    assert!(account.membership.of(Subject::Nobody, &mut scratch).is_empty());
    // To a person, whether a token is shown is open, and it names nobody.
    let of_person = account.membership.of(person("eve@corp.example"), &mut scratch);
    assert_eq!(
        of_person.iter().map(|held| held.resource.id.as_str()).collect::<Vec<_>>(),
        ["world", "world-and-own"]
    );
}
