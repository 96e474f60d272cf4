//! Kinds, bases and conditions in a person's words.

use super::json::compact;
use super::snapshot::Snapshot;
use crate::contract::{Alternative, Basis};
use serde_json::Value;

/// Names a kind in words, for one resource or for many.
pub(super) fn kind(id: &str, many: bool) -> &str {
    match (id, many) {
        ("user", true) => "users",
        ("member", true) => "members",
        ("email", false) => "unmatched email",
        ("email", true) => "unmatched emails",
        ("group", true) => "groups",
        ("role", true) => "roles",
        (other, _) => other,
    }
}

/// Says why a principal holds something.
pub(super) fn basis(basis: &[Basis], snapshot: &Snapshot) -> String {
    let reasons: Vec<String> = basis.iter().map(|basis| reason(basis, snapshot)).collect();
    reasons.join("; ")
}

fn reason(Basis { rule, value, through }: &Basis, snapshot: &Snapshot) -> String {
    let words = rule_in_words(rule, value, snapshot);
    match through {
        Some(through) => format!("{words}, {} {}", through.kind, name(&through.kind, &through.id, snapshot)),
        None => words,
    }
}

fn rule_in_words(rule: &str, value: &str, snapshot: &Snapshot) -> String {
    match rule {
        "everyone" => "everyone".to_owned(),
        // The address is in the same row.
        "email" => "named by address".to_owned(),
        "email_domain" => format!("email domain {value}"),
        "email_list" => format!("email list {}", short(value)),
        "group" => format!("nested group {}", name("group", value, snapshot)),
        "role" => "assigned".to_owned(),
        "cloudflare_account_member" => "every account member".to_owned(),
        rule if value.is_empty() => rule.replace('_', " "),
        rule => format!("{} {value}", rule.replace('_', " ")),
    }
}

/// Says what a grant depends on.
pub(super) fn conditions(alternatives: &[Alternative], snapshot: &Snapshot) -> String {
    let ways: Vec<String> = alternatives.iter().map(|way| alternative(way, snapshot)).collect();
    ways.join("; or else ")
}

fn alternative(conditions: &Alternative, snapshot: &Snapshot) -> String {
    let listed = |rules: &[String], between: &str| {
        let rules: Vec<String> = rules.iter().map(|rule| condition(rule, snapshot)).collect();
        rules.join(between)
    };
    let mut parts = Vec::new();
    if !conditions.any_of.is_empty() {
        parts.push(listed(&conditions.any_of, " or "));
    }
    if !conditions.all_of.is_empty() {
        parts.push(listed(&conditions.all_of, " and "));
    }
    if !conditions.none_of.is_empty() {
        parts.push(format!("not {}", listed(&conditions.none_of, ", nor ")));
    }
    parts.join("; ")
}

/// Puts a rule of Cloudflare's into words, or returns its JSON on one line if it isn't understood.
fn condition(rule: &str, snapshot: &Snapshot) -> String {
    let parsed: Option<Value> = serde_json::from_str(rule).ok();
    let in_words = parsed.as_ref().and_then(Value::as_object).and_then(|rule| {
        let (kind, selector) = rule.iter().next().filter(|_| rule.len() == 1)?;
        known_condition(kind, selector, snapshot)
    });
    let as_it_is = || parsed.as_ref().and_then(|_| compact(rule)).unwrap_or_else(|| rule.to_owned());
    in_words.unwrap_or_else(as_it_is)
}

/// Puts a rule of a known kind into words. Kinds and fields are those of `include` in OpenAPI:
/// GET /accounts/{account_id}/access/groups.
fn known_condition(kind: &str, selector: &Value, snapshot: &Snapshot) -> Option<String> {
    let text = |field: &str| selector.get(field).and_then(Value::as_str).filter(|text| !text.is_empty());
    Some(match kind {
        "ip" => format!("IP address in {}", text("ip")?),
        "ip_list" => format!("IP address in list {}", short(text("id")?)),
        "geo" => format!("country {}", text("country_code")?),
        "certificate" => "a client certificate".to_owned(),
        "common_name" => format!("a certificate for {}", text("common_name")?),
        "service_token" => format!("service token {}", short(text("token_id")?)),
        "any_valid_service_token" => "any service token".to_owned(),
        "linked_app_token" => format!("a token of application {}", short(text("app_uid")?)),
        "login_method" => format!("login method {}", short(text("id")?)),
        "auth_method" => match text("auth_method")? {
            "mfa" => "multi-factor login".to_owned(),
            method => format!("authentication by {method}"),
        },
        "auth_context" => format!("authentication context {}", text("ac_id").or(text("id"))?),
        "azureAD" => format!("Entra ID group {}", short(text("id")?)),
        "okta" => format!("Okta group {}", text("name")?),
        "gsuite" => format!("Google group {}", text("email")?),
        "github-organization" => match text("team") {
            Some(team) => format!("GitHub team {}/{team}", text("name")?),
            None => format!("GitHub organization {}", text("name")?),
        },
        "saml" => format!("SAML {} = {}", text("attribute_name")?, text("attribute_value")?),
        "oidc" => format!("OIDC {} = {}", text("claim_name")?, text("claim_value")?),
        "device_posture" => format!("device check {}", short(text("integration_uid")?)),
        "external_evaluation" => format!("{} says so", text("evaluate_url")?),
        "user_risk_score" => {
            let levels = selector.get("user_risk_score")?.as_array()?;
            let levels: Vec<&str> = levels.iter().filter_map(Value::as_str).collect();
            format!("user risk {}", levels.join(" or "))
        }
        "group" => format!("in group {}", name("group", text("id")?, snapshot)),
        "email_list" => format!("on email list {}", short(text("id")?)),
        "email" => format!("address {}", text("email")?),
        "email_domain" => format!("email domain {}", text("domain")?),
        "cloudflare_account_member" => "login as a Cloudflare account member".to_owned(),
        _ => return None,
    })
}

fn name(kind: &str, id: &str, snapshot: &Snapshot) -> String {
    let name = snapshot.name(kind, id);
    if name == id { short(id) } else { format!("“{name}”") }
}

/// Shortens a long id to its first characters, which are enough to recognise it.
fn short(id: &str) -> String {
    const SHOWN: usize = 8;
    let is_long_id = id.len() >= 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    if is_long_id { id.chars().take(SHOWN).chain(['…']).collect() } else { id.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::super::sink::{Sink, SinkError};
    use super::*;
    use crate::contract::Page;

    fn snapshot() -> Result<Snapshot, SinkError> {
        let mut snapshot = Snapshot::default();
        snapshot.page(&Page { resources: vec![samples::group("g1", "Engineering")], ..samples::page() })?;
        Ok(snapshot)
    }

    #[test]
    fn a_basis_names_groups_instead_of_ids() {
        let list = "0c9b1d1e-3f5a-4b8e-9d7c-2a1b3c4d5e6f";
        let basis: Vec<Basis> = [
            ("email", "ann@corp.example"),
            ("email_domain", "corp.example"),
            ("group", "g1"),
            ("group", "gone"),
            ("email_list", list),
            ("new_kind", ""),
            ("new_kind", "x"),
        ]
        .map(|(rule, value)| Basis { rule: rule.to_owned(), value: value.to_owned(), through: None })
        .into();
        assert_eq!(
            super::basis(&basis, &snapshot().unwrap()),
            "named by address; email domain corp.example; nested group “Engineering”; nested group gone; \
             email list 0c9b1d1e…; new kind; new kind x"
        );
    }

    #[test]
    fn conditions_read_as_a_sentence() {
        let rules = |rules: &[&str]| rules.iter().map(|rule| (*rule).to_owned()).collect();
        let conditions = Alternative {
            any_of: rules(&[r#"{"okta":{"name":"Sales"}}"#, r#"{"geo":{"country_code":"NL"}}"#]),
            all_of: rules(&[r#"{"ip":{"ip":"192.0.2.0/24"}}"#, r#"{"group":{"id":"g1"}}"#]),
            none_of: rules(&[r#"{"user_risk_score":{"user_risk_score":["high","medium"]}}"#]),
        };
        assert_eq!(
            super::conditions(&[conditions], &snapshot().unwrap()),
            "Okta group Sales or country NL; IP address in 192.0.2.0/24 and in group “Engineering”; \
             not user risk high or medium"
        );
    }

    #[test]
    fn a_condition_that_is_not_known_stands_as_it_is() {
        let snapshot = snapshot().unwrap();
        for rule in
            [r#"{"new_kind":{"x":1}}"#, r#"{"ip":{}}"#, r#"{"ip":{"ip":"a"},"geo":{}}"#, "not JSON", "[]"]
        {
            assert_eq!(condition(rule, &snapshot), rule);
        }
        let spaced = "{\n   \"okta\": { \"id\": \"a b\",\r\n \"n\": 1.0 } }";
        assert_eq!(condition(spaced, &snapshot), r#"{"okta":{"id":"a b","n":1.0}}"#);
    }
}
