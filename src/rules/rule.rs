//! One rule of a rule set, understood as far as identity can decide it.

use super::asks::Asks;
use super::spelling::{self, Part};
use crate::identities::ProviderGroup;
use crate::json::{Object, entries, has_key_twice, items};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// A rule. In Cloudflare's API, it is an object whose one key is the rule's kind
/// (`OpenAPI: GET /accounts/{account_id}/access/groups`, the schemas of rules).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rule {
    /// All people.
    Everyone,
    /// One address, as the rule spells it; ASCII. The text can have parts instead, and
    /// other characters around them.
    Email(Box<str>),
    /// All addresses of one domain, as the rule spells it, maybe with a sign in front; ASCII. The text
    /// can have parts instead, and other characters around them.
    EmailDomain(Box<str>),
    /// The addresses of the list with this id.
    EmailList(Box<str>),
    /// The members of the group with this id.
    Group(Box<str>),
    /// The members of this Cloudflare account, with the account id as the rule gives it: empty if it
    /// gives none.
    AccountMember(Box<str>),
    /// The service token with this id.
    Token(Box<str>),
    /// Any service token of the account.
    AnyToken,
    /// The people in this group of an identity provider. Only a login shows whether somebody is, but facts
    /// can name them.
    Provider(Box<ProviderGroup>),
    /// A known kind with nothing in it. It matches nobody (inferred).
    Hollow,
    /// A known kind whose selector is empty, and other fields aren't, for example an Okta rule that
    /// names only the identity provider; or any kind that is null as a whole. Whom it matches isn't
    /// documented.
    NoSelector(Asks),
    /// A kind that is decided when somebody comes, or that isn't known.
    Open(Asks),
    /// An address or a domain with characters beyond ASCII, as the rule spells it. Cloudflare doesn't
    /// document how it compares them.
    NotAscii(Box<str>),
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
    /// A key occurs twice, in the rule or in the kind's value.
    KeyTwice,
    /// The kind's value, or its selector, has an unexpected type.
    Type,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::NotAnObject => f.write_str("it isn't an object"),
            Fault::Keys(0) => f.write_str("it has no key"),
            Fault::Keys(n) => write!(f, "it has {n} keys instead of one"),
            Fault::KeyTwice => f.write_str("a key occurs twice in it"),
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

/// A kind of rule that has a text.
type OfText = fn(Box<str>) -> Rule;

/// The beginnings of rules in the form that nearly all rules have.
const PLAIN: [(&str, OfText); 2] =
    [(r#"{"email":{"email":""#, Rule::Email), (r#"{"email_domain":{"domain":""#, Rule::EmailDomain)];

impl Rule {
    /// The text of the rule for all people.
    pub(super) const EVERYONE: &str = r#"{"everyone":{}}"#;

    /// Reads a rule whose text follows from it, without a parser: groups have tens of thousands of these,
    /// and hardly any others.
    pub(super) fn plain(raw: &str) -> Option<Self> {
        if raw == Self::EVERYONE {
            return Some(Rule::Everyone);
        }
        let (start, rule) = PLAIN.iter().find(|(start, _)| raw.starts_with(start))?;
        let text = raw.get(start.len()..)?.strip_suffix(r#""}}"#)?;
        let is_plain = |byte: u8| byte.is_ascii() && byte != b'"' && byte != b'\\';
        (!text.is_empty() && text.bytes().all(is_plain)).then(|| rule(text.into()))
    }

    /// Reads one rule of the account with this id. It can't fail: a rule that isn't understood is an
    /// open one.
    pub fn parse(raw: &RawValue, account_id: &str) -> Self {
        let Some(rule) = entries(raw.get()) else { return Rule::NotUnderstood(Fault::NotAnObject) };
        if has_key_twice(&rule) {
            return Rule::NotUnderstood(Fault::KeyTwice);
        }
        let Some((kind, value)) = only_kind(&rule) else {
            return Rule::NotUnderstood(Fault::Keys(rule.len()));
        };
        if value.get() == "null" {
            return Rule::NoSelector(Asks::of(kind));
        }
        let Some(fields) = entries(value.get()) else { return Rule::NotUnderstood(Fault::Type) };
        if has_key_twice(&fields) {
            return Rule::NotUnderstood(Fault::KeyTwice);
        }
        let field = |name: &str| {
            let value = fields.iter().find(|(key, _)| key == name).map(|(_, value)| *value);
            value.filter(|value| value.get() != "null")
        };
        match kind {
            "everyone" => return Rule::Everyone,
            "any_valid_service_token" => return Rule::AnyToken,
            "cloudflare_account_member" => {
                // Without an account id, the rule means this account (inferred).
                let Some(id) = field("account_id") else { return Rule::AccountMember(Box::default()) };
                return match text(id) {
                    Some(id) if id.is_empty() || id.eq_ignore_ascii_case(account_id) => {
                        Rule::AccountMember(id.into())
                    }
                    Some(_) => Rule::Open(Asks::Login),
                    None => Rule::NotUnderstood(Fault::Type),
                };
            }
            _ => {}
        }
        let Some((_, selector)) = SELECTORS.iter().find(|(known, _)| *known == kind) else {
            return Rule::Open(Asks::of(kind));
        };
        let Some(selector) = field(selector).filter(|selector| !is_empty(kind, selector)) else {
            let is_hollow = fields.iter().all(|(_, value)| value.get() == "null" || is_empty(kind, value));
            return if is_hollow { Rule::Hollow } else { Rule::NoSelector(Asks::of(kind)) };
        };
        if kind == "user_risk_score" {
            let is_list = selector.get().starts_with('[');
            return if is_list { Rule::Open(Asks::Another) } else { Rule::NotUnderstood(Fault::Type) };
        }
        let Some(text) = text(selector) else { return Rule::NotUnderstood(Fault::Type) };
        match kind {
            "email" => Rule::Email(text.into()).if_comparable(),
            "email_domain" => Rule::EmailDomain(text.into()).if_comparable(),
            "email_list" => Rule::EmailList(text.into()),
            "group" => Rule::Group(text.into()),
            "service_token" => Rule::Token(text.into()),
            _ => {
                let field = |name: &str| field(name).map_or_else(|| Some(String::new()), self::text);
                let group = ProviderGroup::of_rule(kind, text, &field);
                group.map_or_else(|| Rule::Open(Asks::of(kind)), |group| Rule::Provider(Box::new(group)))
            }
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
            Rule::Token(id) => Some(("service_token", id)),
            Rule::AnyToken => Some(("any_valid_service_token", "")),
            Rule::Provider(group) => Some((group.rule, &group.text)),
            Rule::Hollow
            | Rule::NoSelector(_)
            | Rule::Open(_)
            | Rule::NotAscii(_)
            | Rule::NotUnderstood(_) => None,
        }
    }

    /// Returns what the rule's text seems to mean, if it isn't one address or one domain. The rule
    /// is open for whom a part names.
    pub(super) fn parts(&self) -> Option<Vec<Part<'_>>> {
        match self {
            Rule::Email(text) => spelling::of_address(text),
            Rule::EmailDomain(text) => spelling::of_domain(text),
            _ => None,
        }
    }

    /// Returns the rule, unless how Cloudflare compares its text isn't known: it has characters beyond
    /// ASCII, and not only around what it means.
    fn if_comparable(self) -> Self {
        let is_domain = matches!(self, Rule::EmailDomain(_));
        match &self {
            Rule::Email(text) | Rule::EmailDomain(text) if !text.is_ascii() => {
                let has_parts = self.parts().is_some_and(|parts| !parts.is_empty());
                match has_parts && !spelling::is_beyond_ascii(text, is_domain) {
                    true => self,
                    false => Rule::NotAscii(text.clone()),
                }
            }
            _ => self,
        }
    }

    /// Whether the rule can be open for a subject with an address, so that its text can become a
    /// condition.
    pub fn can_be_open(&self) -> bool {
        match self {
            Rule::Everyone | Rule::Hollow => false,
            Rule::Email(_) | Rule::EmailDomain(_) => self.parts().is_some_and(|parts| !parts.is_empty()),
            _ => true,
        }
    }
}

/// Whether rules of this kind, by Cloudflare's word, name people one by one.
pub fn names_addresses(kind: &str) -> bool {
    matches!(kind, "email" | "email_list")
}

/// Returns the one kind of a rule, and its value.
fn only_kind<'a>(rule: &'a [(Cow<'_, str>, &'a RawValue)]) -> Option<(&'a str, &'a RawValue)> {
    let mut kinds = kinds(rule);
    let kind = kinds.next()?;
    kinds.next().is_none().then_some(kind)
}

/// Lists the kinds of a rule that say something, with their values. Beside a kind, others that are
/// null, or that have only nulls in them, say nothing: Cloudflare's own Terraform provider removes
/// them from answers (terraform-provider-cloudflare, commit ec84aaf5e).
pub fn kinds<'a>(rule: &'a [(Cow<'_, str>, &'a RawValue)]) -> impl Iterator<Item = (&'a str, &'a RawValue)> {
    let says_nothing = |value: &RawValue| {
        let has_only_nulls = |text| {
            let fields = entries(text).unwrap_or_default();
            !fields.is_empty() && fields.iter().all(|(_, value)| value.get() == "null")
        };
        value.get() == "null" || has_only_nulls(value.get())
    };
    let said = rule.iter().filter(move |(_, value)| rule.len() == 1 || !says_nothing(value));
    said.map(|(kind, value)| (&**kind, *value))
}

fn text(value: &RawValue) -> Option<String> {
    serde_json::from_str(value.get()).ok()
}

/// Whether a field of a kind's value is an empty text, or an empty list of risk levels.
fn is_empty(kind: &str, value: &RawValue) -> bool {
    let is_empty_list = |text| items(text).is_some_and(|list| list.is_empty());
    value.get() == r#""""# || kind == "user_risk_score" && is_empty_list(value.get())
}

#[cfg(test)]
mod tests;
