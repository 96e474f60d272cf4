//! Facts about groups of identity providers.

use serde_json::{Map, Value};

/// The statement of one source about one group of an identity provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    pub provider: String,
    pub group: String,
    pub addresses: Vec<String>,
    pub source: String,
    pub as_of: Option<String>,
}

/// The expectation that facts give a grant on conditions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// Whether one of its alternatives is expected to hold: all of its rules that are covered, each as the
    /// facts say, and none of the others has to fail.
    pub holds: bool,
    /// The names of the sources, sorted, with commas between them.
    pub source: String,
    /// The oldest of their times, if each tells one.
    pub as_of: Option<String>,
}

/// A group of an identity provider that a rule names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProviderGroup {
    pub rule: String,
    pub provider: String,
    pub group: String,
}

impl ProviderGroup {
    /// Reads the group from the body of a rule of some kind, if it names one.
    pub(super) fn read(kind: &str, body: &Map<String, Value>) -> Option<ProviderGroup> {
        let text = |field: &str| match body.get(field) {
            None | Some(Value::Null) => Some(""),
            Some(Value::String(text)) => Some(text.as_str()),
            Some(_) => None,
        };
        let group = match kind {
            "azureAD" => text("id")?.to_owned(),
            "okta" => text("name")?.to_owned(),
            "gsuite" => text("email")?.to_owned(),
            "github-organization" => match (text("name")?, text("team")?) {
                (organization, "") => organization.to_owned(),
                (organization, team) => format!("{organization}/{team}"),
            },
            "saml" => Some(text("attribute_value")?)
                .filter(|value| !value.is_empty())
                .map(|value| format!("{}={value}", text("attribute_name").unwrap_or_default()))?,
            "oidc" => Some(text("claim_value")?)
                .filter(|value| !value.is_empty())
                .map(|value| format!("{}={value}", text("claim_name").unwrap_or_default()))?,
            _ => return None,
        };
        let provider = text("identity_provider_id")?.to_owned();
        let is_whole = !provider.is_empty() && !group.is_empty();
        is_whole.then(|| ProviderGroup { rule: kind.to_owned(), provider, group })
    }

    /// Reads the group that a rule names, if it names one.
    #[must_use]
    pub fn of(rule: &Value) -> Option<ProviderGroup> {
        match rule.as_object()?.iter().collect::<Vec<_>>()[..] {
            [(kind, Value::Object(body))] => Self::read(kind, body),
            _ => None,
        }
    }

    /// Returns the spelling that all rules about the same group share.
    #[must_use]
    pub fn normal(&self) -> ProviderGroup {
        let ignores_case = ["azureAD", "gsuite", "github-organization"].contains(&self.rule.as_str());
        ProviderGroup {
            rule: self.rule.clone(),
            provider: self.provider.to_ascii_lowercase(),
            group: if ignores_case { self.group.to_ascii_lowercase() } else { self.group.clone() },
        }
    }

    /// Whether a fact is about this group.
    pub(super) fn is_of(&self, fact: &Fact) -> bool {
        let of_fact = ProviderGroup {
            rule: self.rule.clone(),
            provider: fact.provider.clone(),
            group: fact.group.clone(),
        };
        of_fact.normal() == self.normal()
    }
}
