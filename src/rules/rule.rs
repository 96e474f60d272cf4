//! One rule of a rule set, understood as far as identity can decide it.

use crate::json::Object;
use serde_json::Value as Json;
use std::fmt;

/// A rule. In Cloudflare's API, it is an object whose one key is the rule's kind
/// (`OpenAPI: GET /accounts/{account_id}/access/groups`, the schemas of rules).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rule {
    /// All people.
    Everyone,
    /// One address, as the rule spells it; ASCII.
    Email(Box<str>),
    /// All addresses of one domain, as the rule spells it; ASCII.
    EmailDomain(Box<str>),
    /// The addresses of the list with this id.
    EmailList(Box<str>),
    /// The members of the group with this id.
    Group(Box<str>),
    /// The members of this Cloudflare account, with the account id as the rule gives it: empty if it
    /// gives none.
    AccountMember(Box<str>),
    /// A known kind whose selector is empty. It matches nobody (inferred).
    Hollow,
    /// A kind that only a login can decide, or that isn't known.
    Open,
    /// An address or a domain with characters beyond ASCII. Cloudflare doesn't document how it
    /// compares them.
    NotAscii,
    /// A rule that isn't an object with one key, or has a value of an unexpected type.
    NotUnderstood(Fault),
}

/// The reason why a rule isn't understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The rule isn't a JSON object.
    NotAnObject,
    /// The rule has no key, or more than one.
    Keys(usize),
    /// The kind's value, or its selector, has an unexpected type.
    Type,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::NotAnObject => f.write_str("it isn't an object"),
            Fault::Keys(0) => f.write_str("it has no key"),
            Fault::Keys(n) => write!(f, "it has {n} keys instead of one"),
            Fault::Type => f.write_str("its value is of an unexpected type"),
        }
    }
}

/// The kinds of rules with a selector, and its field in the kind's value. All other kinds have none,
/// or aren't known (`OpenAPI: GET /accounts/{account_id}/access/groups`, the schemas of rules).
const SELECTORS: &[(&str, &str)] = &[
    ("email", "email"),
    ("email_domain", "domain"),
    ("email_list", "id"),
    ("group", "id"),
    ("ip", "ip"),
    ("ip_list", "id"),
    ("geo", "country_code"),
    ("common_name", "common_name"),
    ("service_token", "token_id"),
    ("linked_app_token", "app_uid"),
    ("login_method", "id"),
    ("auth_method", "auth_method"),
    ("auth_context", "id"),
    ("azureAD", "id"),
    ("okta", "name"),
    ("gsuite", "email"),
    ("github-organization", "name"),
    ("saml", "attribute_name"),
    ("oidc", "claim_name"),
    ("device_posture", "integration_uid"),
    ("external_evaluation", "evaluate_url"),
    ("user_risk_score", "user_risk_score"),
];

impl Rule {
    /// Reads one rule of the account with this id. It can't fail: a rule that isn't understood is an
    /// open one.
    pub fn parse(raw: &Json, account_id: &str) -> Self {
        let Json::Object(rule) = raw else {
            return Rule::NotUnderstood(Fault::NotAnObject);
        };
        let mut keys = rule.iter();
        let (Some((kind, value)), None) = (keys.next(), keys.next()) else {
            return Rule::NotUnderstood(Fault::Keys(rule.len()));
        };
        let Json::Object(value) = value else {
            return Rule::NotUnderstood(Fault::Type);
        };
        match kind.as_str() {
            "everyone" => return Rule::Everyone,
            "cloudflare_account_member" => {
                // Without an account id, the rule means this account (inferred).
                return match value.get("account_id").unwrap_or(&Json::Null) {
                    Json::Null => Rule::AccountMember(Box::default()),
                    Json::String(id) if id.is_empty() || id.eq_ignore_ascii_case(account_id) => {
                        Rule::AccountMember(id.as_str().into())
                    }
                    Json::String(_) => Rule::Open,
                    _ => Rule::NotUnderstood(Fault::Type),
                };
            }
            _ => {}
        }
        let Some((_, selector)) = SELECTORS.iter().find(|(known, _)| known == kind) else {
            return Rule::Open;
        };
        match value.get(*selector).unwrap_or(&Json::Null) {
            Json::Null => Rule::Hollow,
            Json::Array(levels) if kind == "user_risk_score" => {
                if levels.is_empty() {
                    Rule::Hollow
                } else {
                    Rule::Open
                }
            }
            Json::String(_) if kind == "user_risk_score" => Rule::NotUnderstood(Fault::Type),
            Json::String(text) if text.is_empty() => Rule::Hollow,
            Json::String(text) => match kind.as_str() {
                "email" | "email_domain" if !text.is_ascii() => Rule::NotAscii,
                "email" => Rule::Email(text.as_str().into()),
                "email_domain" => Rule::EmailDomain(text.as_str().into()),
                "email_list" => Rule::EmailList(text.as_str().into()),
                "group" => Rule::Group(text.as_str().into()),
                _ => Rule::Open,
            },
            _ => Rule::NotUnderstood(Fault::Type),
        }
    }

    /// Returns a rule of a kind with a selector, as Cloudflare's API accepts it.
    pub fn text(kind: &str, selector: &str, value: &str) -> String {
        Object::default().with(kind, &Object::default().with_text(selector, Some(value)).end()).end()
    }

    /// Returns Cloudflare's word for the rule's kind and the value that it names, for the kinds that
    /// can name a subject.
    pub fn basis(&self) -> Option<(&'static str, &str)> {
        match self {
            Rule::Everyone => Some(("everyone", "")),
            Rule::Email(address) => Some(("email", address)),
            Rule::EmailDomain(domain) => Some(("email_domain", domain)),
            Rule::EmailList(id) => Some(("email_list", id)),
            Rule::Group(id) => Some(("group", id)),
            Rule::AccountMember(id) => Some(("cloudflare_account_member", id)),
            Rule::Hollow | Rule::Open | Rule::NotAscii | Rule::NotUnderstood(_) => None,
        }
    }

    /// Whether the rule can be open for a subject with an address, so that its text can become a
    /// condition.
    pub fn can_be_open(&self) -> bool {
        !matches!(self, Rule::Everyone | Rule::Email(_) | Rule::EmailDomain(_) | Rule::Hollow)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const ACCOUNT: &str = "0123456789abcdef0123456789abcdef";

    #[test]
    fn every_form_of_a_rule() {
        let not_understood = Rule::NotUnderstood(Fault::Type);
        let cases = [
            (json!({"everyone": {}}), Rule::Everyone),
            (json!({"email": {"email": "Ann@corp.example"}}), Rule::Email("Ann@corp.example".into())),
            (json!({"email": {"email": "\u{212a}im@corp.example"}}), Rule::NotAscii),
            (json!({"email": {"email": ""}}), Rule::Hollow),
            (json!({"email": {"email": null}}), Rule::Hollow),
            (json!({"email": {}}), Rule::Hollow),
            (json!({"email": {"email": 5}}), not_understood.clone()),
            (json!({"email": null}), not_understood.clone()),
            (json!({"email": "ann@corp.example"}), not_understood.clone()),
            (json!({"email_domain": {"domain": "corp.example"}}), Rule::EmailDomain("corp.example".into())),
            (json!({"email_domain": {"domain": "b\u{fc}ro.example"}}), Rule::NotAscii),
            (json!({"email_list": {"id": "l"}}), Rule::EmailList("l".into())),
            (json!({"group": {"id": "g"}}), Rule::Group("g".into())),
            (json!({"group": {"id": ["g"]}}), not_understood.clone()),
            (json!({"cloudflare_account_member": {}}), Rule::AccountMember(Box::default())),
            (json!({"cloudflare_account_member": {"account_id": null}}), Rule::AccountMember(Box::default())),
            (
                json!({"cloudflare_account_member": {"account_id": ACCOUNT}}),
                Rule::AccountMember(ACCOUNT.into()),
            ),
            (json!({"cloudflare_account_member": {"account_id": "f".repeat(32)}}), Rule::Open),
            (json!({"cloudflare_account_member": {"account_id": 7}}), not_understood.clone()),
            (json!({"common_name": {"common_name": null}}), Rule::Hollow),
            (json!({"okta": {"identity_provider_id": "i"}}), Rule::Hollow),
            (json!({"okta": {"name": "Eng", "identity_provider_id": "i"}}), Rule::Open),
            (json!({"user_risk_score": {"user_risk_score": []}}), Rule::Hollow),
            (json!({"user_risk_score": {"user_risk_score": ["low"]}}), Rule::Open),
            (json!({"user_risk_score": {"user_risk_score": "low"}}), not_understood.clone()),
            (json!({"certificate": {}}), Rule::Open),
            (json!({"any_valid_service_token": {}}), Rule::Open),
            (json!({"quantum_badge": {"level": null}}), Rule::Open),
            (json!({"quantum_badge": 7}), not_understood.clone()),
            (json!({}), Rule::NotUnderstood(Fault::Keys(0))),
            (json!({"everyone": {}, "email": {}}), Rule::NotUnderstood(Fault::Keys(2))),
            (json!(["everyone"]), Rule::NotUnderstood(Fault::NotAnObject)),
        ];
        for (raw, expected) in cases {
            assert_eq!(Rule::parse(&raw, ACCOUNT), expected, "{raw}");
        }
    }
}
