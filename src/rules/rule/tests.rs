//! Rules as they are read.

use super::*;
use serde_json::{Value as Json, json};

fn parsed(raw: &str) -> Rule {
    Rule::parse(&RawValue::from_string(raw.to_owned()).unwrap(), ACCOUNT)
}

const ACCOUNT: &str = "0123456789abcdef0123456789abcdef";

#[test]
fn every_form_of_a_rule() {
    let not_understood = Rule::NotUnderstood(Fault::Type);
    let cases = [
        (json!({"everyone": {}}), Rule::Everyone),
        (json!({"email": {"email": "Ann@corp.example"}}), Rule::Email("Ann@corp.example".into())),
        (
            json!({"email": {"email": "\u{212a}im@corp.example"}}),
            Rule::NotAscii("\u{212a}im@corp.example".into()),
        ),
        (json!({"email": {"email": "\u{a0}ann@corp.example"}}), Rule::Email("\u{a0}ann@corp.example".into())),
        (
            json!({"email": {"email": "ann@corp.example, m\u{fc}ller@corp.example"}}),
            Rule::NotAscii("ann@corp.example, m\u{fc}ller@corp.example".into()),
        ),
        (json!({"email": {"email": "\u{200b}"}}), Rule::NotAscii("\u{200b}".into())),
        (
            json!({"email_domain": {"domain": "corp.example\u{ff0c}"}}),
            Rule::EmailDomain("corp.example\u{ff0c}".into()),
        ),
        (json!({"email": {"email": ""}}), Rule::Hollow),
        (json!({"email": {"email": null}}), Rule::Hollow),
        (json!({"email": {}}), Rule::Hollow),
        (json!({"email": {"email": 5}}), not_understood.clone()),
        (json!({"email": null}), Rule::NoSelector(Asks::Login)),
        (json!({"email": "ann@corp.example"}), not_understood.clone()),
        (json!({"email_domain": {"domain": "corp.example"}}), Rule::EmailDomain("corp.example".into())),
        (
            json!({"email_domain": {"domain": "b\u{fc}ro.example"}}),
            Rule::NotAscii("b\u{fc}ro.example".into()),
        ),
        (json!({"email_list": {"id": "l"}}), Rule::EmailList("l".into())),
        (json!({"group": {"id": "g"}}), Rule::Group("g".into())),
        (json!({"group": {"id": ["g"]}}), not_understood.clone()),
        (json!({"cloudflare_account_member": {}}), Rule::AccountMember(Box::default())),
        (json!({"cloudflare_account_member": {"account_id": null}}), Rule::AccountMember(Box::default())),
        (json!({"cloudflare_account_member": {"account_id": ACCOUNT}}), Rule::AccountMember(ACCOUNT.into())),
        (json!({"cloudflare_account_member": {"account_id": "f".repeat(32)}}), Rule::Open(Asks::Login)),
        (json!({"cloudflare_account_member": {"account_id": 7}}), not_understood.clone()),
        (json!({"common_name": {"common_name": null}}), Rule::Hollow),
        (json!({"okta": {"identity_provider_id": "i"}}), Rule::NoSelector(Asks::Login)),
        (json!({"okta": {"name": null, "identity_provider_id": "i"}}), Rule::NoSelector(Asks::Login)),
        (json!({"okta": {"name": "", "identity_provider_id": "i"}}), Rule::NoSelector(Asks::Login)),
        (json!({"okta": {"name": null, "identity_provider_id": null}}), Rule::Hollow),
        (json!({"okta": {"name": null, "identity_provider_id": ""}}), Rule::Hollow),
        (json!({"email": {"email": null, "note": 0}}), Rule::NoSelector(Asks::Login)),
        (json!({"certificate": null}), Rule::NoSelector(Asks::Another)),
        (json!({"everyone": null}), Rule::NoSelector(Asks::Another)),
        (json!({"certificate": 1}), not_understood.clone()),
        (json!({"user_risk_score": {"user_risk_score": []}}), Rule::Hollow),
        (json!({"user_risk_score": {"user_risk_score": ["low"]}}), Rule::Open(Asks::Another)),
        (json!({"user_risk_score": {"user_risk_score": "low"}}), not_understood.clone()),
        (json!({"certificate": {}}), Rule::Open(Asks::Another)),
        (json!({"any_valid_service_token": {}}), Rule::AnyToken),
        (json!({"service_token": {"token_id": "T"}}), Rule::Token("T".into())),
        (json!({"service_token": {"token_id": null}}), Rule::Hollow),
        (json!({"service_token": {"token_id": 1}}), not_understood.clone()),
        (json!({"login_method": {"id": "i"}}), Rule::Open(Asks::LoginMethod)),
        (json!({"login_method": null}), Rule::NoSelector(Asks::LoginMethod)),
        (json!({"linked_app_token": {"app_uid": "a"}}), Rule::Open(Asks::Another)),
        (json!({"quantum_badge": {"level": null}}), Rule::Open(Asks::Another)),
        (json!({"quantum_badge": 7}), not_understood.clone()),
        (json!({}), Rule::NotUnderstood(Fault::Keys(0))),
        (json!({"everyone": {}, "email": {}}), Rule::NotUnderstood(Fault::Keys(2))),
        (json!(["everyone"]), Rule::NotUnderstood(Fault::NotAnObject)),
    ];
    for (raw, expected) in cases {
        assert_eq!(parsed(&raw.to_string()), expected, "{raw}");
        let plain = Rule::plain(&raw.to_string());
        assert!(plain.is_none_or(|plain| plain == expected), "{raw}");
    }
}

#[test]
fn a_group_of_an_identity_provider_has_one_text() {
    let group = |rule, text: &str| {
        Rule::Provider(Box::new(ProviderGroup { rule, provider: "I".into(), text: text.into() }))
    };
    let open = || Rule::Open(Asks::Login);
    for (kind, fields, expected) in [
        ("okta", json!({"name": "Eng"}), group("okta", "Eng")),
        ("azureAD", json!({"id": "AB-1"}), group("azureAD", "AB-1")),
        ("gsuite", json!({"email": "Eng@corp.example"}), group("gsuite", "Eng@corp.example")),
        ("github-organization", json!({"name": "Corp"}), group("github-organization", "Corp")),
        ("github-organization", json!({"name": "Corp", "team": null}), group("github-organization", "Corp")),
        ("github-organization", json!({"name": "Corp", "team": ""}), group("github-organization", "Corp")),
        (
            "github-organization",
            json!({"name": "Corp", "team": "Eng"}),
            group("github-organization", "Corp/Eng"),
        ),
        ("github-organization", json!({"name": "Corp", "team": 5}), open()),
        ("saml", json!({"attribute_name": "a", "attribute_value": "b"}), group("saml", "a=b")),
        ("saml", json!({"attribute_name": "a"}), open()),
        ("saml", json!({"attribute_name": "a", "attribute_value": ""}), open()),
        ("saml", json!({"attribute_name": "a", "attribute_value": 5}), open()),
        ("oidc", json!({"claim_name": "a", "claim_value": "b=c"}), group("oidc", "a=b=c")),
        ("oidc", json!({"claim_name": "a", "claim_value": null}), open()),
        ("auth_context", json!({"id": "a", "ac_id": "b"}), open()),
    ] {
        let mut fields = fields;
        for (provider, is_named) in
            [(json!("I"), true), (Json::Null, false), (json!(""), false), (json!(5), false)]
        {
            fields["identity_provider_id"] = provider;
            let expected = if is_named { expected.clone() } else { open() };
            assert_eq!(parsed(&json!({kind: fields}).to_string()), expected, "{kind} {fields}");
        }
    }
}

#[test]
fn a_plain_rule_is_read_as_the_parser_reads_it() {
    for raw in [
        r#"{"everyone":{}}"#,
        r#"{"email":{"email":"Ann+x@corp.example"}}"#,
        r#"{"email":{"email":" ann@corp.example, bob"}}"#,
        r#"{"email":{"email":"}}"}}"#,
        r#"{"email_domain":{"domain":"*@corp.example"}}"#,
    ] {
        let plain = Rule::plain(raw).unwrap();
        assert_eq!(plain, parsed(raw));
        let text = match &plain {
            Rule::Email(email) => Rule::text("email", "email", email),
            Rule::EmailDomain(domain) => Rule::text("email_domain", "domain", domain),
            _ => Rule::EVERYONE.to_owned(),
        };
        assert_eq!(text, raw);
    }
    for raw in [
        r#"{"everyone": {}}"#,
        r#"{"email":{"email":""}}"#,
        r#"{"email":{"email":"\u0061nn@corp.example"}}"#,
        r#"{"email":{"email":"a\"b"}}"#,
        r#"{"email":{"email":"ann@corp.example","email":"bob@corp.example"}}"#,
        r#"{"email":{"email":"ann@corp.example"},"okta":{"name":"Eng"}}"#,
        r#"{"email":{"email":"ann@corp.example"} }"#,
        r#"{"email":{"email": "ann@corp.example"}}"#,
        r#"{"email":{"domain":"corp.example"}}"#,
        "{\"email\":{\"email\":\"m\u{fc}ller@corp.example\"}}",
    ] {
        assert_eq!(Rule::plain(raw), None, "{raw}");
    }
}

#[test]
fn a_kind_that_says_nothing_stands_beside_another_one() {
    let ann = Rule::Email("ann@corp.example".into());
    for beside in ["null", r#"{"common_name":null}"#, r#"{"a":null,"b": null}"#] {
        for (first, second) in [("common_name", "email"), ("email", "common_name")] {
            let value = |kind| if kind == "email" { r#"{"email":"ann@corp.example"}"# } else { beside };
            let rule = format!(r#"{{"{first}":{},"{second}":{}}}"#, value(first), value(second));
            assert_eq!(parsed(&rule), ann, "{rule}");
        }
    }
    for (rule, keys) in [
        (r#"{"email":{"email":"ann@corp.example"},"everyone":{}}"#, 2),
        (r#"{"email":{"email":"ann@corp.example"},"common_name":{"common_name":""}}"#, 2),
        (r#"{"email":{"email":null},"common_name":{"common_name":null}}"#, 2),
        (r#"{"email":{"email":"ann@corp.example"},"everyone":{},"certificate":null}"#, 3),
    ] {
        assert_eq!(parsed(rule), Rule::NotUnderstood(Fault::Keys(keys)), "{rule}");
    }
}

#[test]
fn a_key_that_occurs_twice_is_not_understood() {
    for rule in [
        r#"{"email":{"email":"ann@corp.example"},"email":{"email":"bob@corp.example"}}"#,
        r#"{"email":{"email":"ann@corp.example"},"\u0065mail":null}"#,
        r#"{"email":{"email":"ann@corp.example","email":"bob@corp.example"}}"#,
        r#"{"okta":{"name":"Eng","identity_provider_id":"a","identity_provider_id":"b"}}"#,
        r#"{"everyone":{"a":1,"a":1}}"#,
    ] {
        assert_eq!(parsed(rule), Rule::NotUnderstood(Fault::KeyTwice), "{rule}");
    }
}
