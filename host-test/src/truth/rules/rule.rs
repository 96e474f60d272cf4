//! Rules and groups, read from their JSON.

use super::text;
use super::told::ProviderGroup;
use serde_json::{Map, Value};

/// A rule, as far as an evaluation needs it.
#[derive(Clone, Copy)]
pub(super) enum Rule<'a> {
    Everyone,
    Email(&'a str),
    Domain(&'a str),
    List(&'a str),
    Group(&'a str),
    AccountMember(Option<&'a str>),
    /// A service token, by its id.
    Token(&'a str),
    /// Any valid service token.
    AnyToken,
    /// A rule about a group of an identity provider, by its kind and body.
    Provider(&'a str, &'a Map<String, Value>),
    /// A rule about a login that nothing but the login decides.
    Login,
    /// A rule that matches nobody.
    Hollow,
    /// A rule about something else that only a request shows, or one that isn't understood.
    Open,
}

/// The known kinds of rules with their selectors.
const KINDS: [(&str, Option<&str>); 26] = [
    ("email", Some("email")),
    ("email_domain", Some("domain")),
    ("email_list", Some("id")),
    ("everyone", None),
    ("group", Some("id")),
    ("cloudflare_account_member", None),
    ("ip", Some("ip")),
    ("ip_list", Some("id")),
    ("geo", Some("country_code")),
    ("certificate", None),
    ("common_name", Some("common_name")),
    ("service_token", Some("token_id")),
    ("any_valid_service_token", None),
    ("linked_app_token", Some("app_uid")),
    ("login_method", Some("id")),
    ("auth_method", Some("auth_method")),
    ("auth_context", Some("id")),
    ("azureAD", Some("id")),
    ("okta", Some("name")),
    ("gsuite", Some("email")),
    ("github-organization", Some("name")),
    ("saml", Some("attribute_name")),
    ("oidc", Some("claim_name")),
    ("device_posture", Some("integration_uid")),
    ("external_evaluation", Some("evaluate_url")),
    ("user_risk_score", Some("user_risk_score")),
];

/// Whether a kind of rule is about a login, so that no token and nobody without one matches it.
fn is_about_a_login(kind: &str) -> bool {
    let kinds = [
        "email",
        "email_domain",
        "email_list",
        "login_method",
        "auth_method",
        "auth_context",
        "okta",
        "azureAD",
        "gsuite",
        "saml",
        "oidc",
        "github-organization",
    ];
    kinds.contains(&kind)
}

impl<'a> Rule<'a> {
    pub(super) fn read(rule: &'a Value) -> Rule<'a> {
        let Some((kind, body)) = only_entry(rule) else { return Rule::Open };
        let Some((_, selector)) = KINDS.iter().find(|(known, _)| known == kind) else { return Rule::Open };
        let Some(body) = body.as_object() else { return Rule::Open };
        let Some(selector) = selector else {
            return match kind.as_str() {
                "everyone" => Rule::Everyone,
                "any_valid_service_token" => Rule::AnyToken,
                "cloudflare_account_member" => match body.get("account_id") {
                    None | Some(Value::Null) => Rule::AccountMember(None),
                    Some(Value::String(id)) => {
                        Rule::AccountMember(Some(id).filter(|id| !id.is_empty()).map(|id| &**id))
                    }
                    Some(_) => Rule::Open,
                },
                _ => Rule::Open,
            };
        };
        let empty = |value: &Value| match value {
            Value::Null => true,
            Value::String(text) => text.is_empty(),
            Value::Array(levels) => kind == "user_risk_score" && levels.is_empty(),
            _ => false,
        };
        match body.get(*selector) {
            // The rule matches nobody only if nothing else is in it.
            value if value.is_none_or(empty) => {
                if body.values().all(empty) {
                    Rule::Hollow
                } else if is_about_a_login(kind) {
                    Rule::Login
                } else {
                    Rule::Open
                }
            }
            Some(Value::String(text)) if kind != "user_risk_score" => match kind.as_str() {
                "email" if text::is_open(text, false) => Rule::Login,
                "email_domain" if text::is_open(text, true) => Rule::Login,
                "email" => Rule::Email(text),
                "email_domain" => Rule::Domain(text),
                "email_list" => Rule::List(text),
                "group" => Rule::Group(text),
                "service_token" => Rule::Token(text),
                kind if ProviderGroup::read(kind, body).is_some() => Rule::Provider(kind, body),
                kind if is_about_a_login(kind) => Rule::Login,
                _ => Rule::Open,
            },
            _ => Rule::Open,
        }
    }

    /// Returns the rule in the form that a basis has.
    pub(super) fn basis(&self) -> (String, String) {
        let (kind, value) = match self {
            Rule::Provider(kind, body) => {
                let group = ProviderGroup::read(kind, body).expect("it was read before");
                return (group.rule, group.group);
            }
            Rule::Everyone => ("everyone", ""),
            Rule::Email(address) => ("email", *address),
            Rule::Domain(domain) => ("email_domain", *domain),
            Rule::List(id) => ("email_list", *id),
            Rule::Group(id) => ("group", *id),
            Rule::AccountMember(id) => ("cloudflare_account_member", id.unwrap_or_default()),
            Rule::Token(id) => ("service_token", *id),
            Rule::AnyToken => ("any_valid_service_token", ""),
            Rule::Hollow | Rule::Login | Rule::Open => unreachable!("names nobody"),
        };
        (kind.to_owned(), value.to_owned())
    }
}

/// Returns the one kind of a rule. If there are several, those that are null, or that have nothing but
/// nulls in them, don't count.
fn only_entry(rule: &Value) -> Option<(&String, &Value)> {
    let mut entries: Vec<_> = rule.as_object()?.iter().collect();
    if entries.len() > 1 {
        entries.retain(|(_, body)| match body {
            Value::Null => false,
            Value::Object(fields) => fields.is_empty() || !fields.values().all(Value::is_null),
            _ => true,
        });
    }
    entries.first().copied().filter(|_| entries.len() == 1)
}

/// The rules of one part of a group, each with its raw JSON.
pub(super) type Part<'a> = Vec<(Rule<'a>, &'a Value)>;

pub(super) struct RuleSet<'a> {
    pub(super) id: &'a str,
    pub(super) include: Part<'a>,
    pub(super) exclude: Part<'a>,
    pub(super) require: Part<'a>,
}

impl<'a> RuleSet<'a> {
    pub(super) fn read(group: &'a Value) -> Option<RuleSet<'a>> {
        let rules = |part: &str| -> Part<'a> {
            let rules = group.get(part).and_then(Value::as_array).into_iter().flatten();
            rules.map(|raw| (Rule::read(raw), raw)).collect()
        };
        Some(RuleSet {
            id: group.get("id")?.as_str()?,
            include: rules("include"),
            exclude: rules("exclude"),
            require: rules("require"),
        })
    }
}
