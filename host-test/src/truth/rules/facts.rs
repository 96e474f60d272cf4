//! Facts about groups of identity providers, and what follows from them.

use super::kleene::Kleene::{No, Open, Yes};
use super::kleene::any;
use super::rule::{Part, Rule};
use super::solution::Solution;
use super::world::World;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// What one source says about one group of an identity provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    pub provider: String,
    pub group: String,
    pub addresses: Vec<String>,
    pub source: String,
    pub as_of: Option<String>,
}

/// What facts say of a grant on conditions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// Whether one of its alternatives is expected to hold: all of its rules that are covered, each as the
    /// facts say, and none of the others has to fail.
    pub holds: bool,
    /// The names of the sources, sorted, with commas between them.
    pub source: String,
    /// The oldest of their times.
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
    fn is_of(&self, fact: &Fact) -> bool {
        let of_fact = ProviderGroup {
            rule: self.rule.clone(),
            provider: fact.provider.clone(),
            group: fact.group.clone(),
        };
        of_fact.normal() == self.normal()
    }
}

impl<'a> World<'a> {
    /// Returns the facts about the group that a rule names.
    pub(super) fn about(&self, rule: Rule) -> Vec<&'a Fact> {
        let Rule::Provider(kind, body) = rule else { return Vec::new() };
        let Some(group) = ProviderGroup::read(kind, body) else { return Vec::new() };
        self.facts.iter().filter(|fact| group.is_of(fact)).collect()
    }

    /// Returns the groups of identity providers that the rules of the set at a place name.
    pub(super) fn provider_groups(&self, at: usize) -> impl Iterator<Item = ProviderGroup> {
        let set = &self.sets[at];
        let rules = set.include.iter().chain(&set.exclude).chain(&set.require);
        rules.filter_map(|(rule, _)| match rule {
            Rule::Provider(kind, body) => ProviderGroup::read(kind, body),
            _ => None,
        })
    }

    /// Returns the sources of the facts about rules of these sets, and of all sets that they refer to, with
    /// the oldest of their times; `None` if there are no such facts.
    pub(super) fn evidence(&self, sets: &[usize]) -> Option<(String, Option<String>)> {
        let reached = |at: &usize| sets.iter().any(|set| set == at || self.references.reach[*set][*at]);
        let mut facts = Vec::new();
        for set in (0..self.sets.len()).filter(reached).map(|at| &self.sets[at]) {
            let rules = set.include.iter().chain(&set.exclude).chain(&set.require);
            facts.extend(rules.flat_map(|(rule, _)| self.about(*rule)));
        }
        let names: BTreeSet<&str> = facts.iter().map(|fact| fact.source.as_str()).collect();
        let oldest = facts.iter().filter_map(|fact| fact.as_of.as_ref()).min_by_key(|as_of| minutes(as_of));
        let names = names.into_iter().collect::<Vec<_>>().join(", ");
        (!facts.is_empty()).then(|| (names, oldest.cloned()))
    }

    /// Whether the alternative that a set's own open rules make is expected to hold.
    pub(super) fn is_expected(&self, claim: &Solution, expectation: &Solution, at: usize) -> bool {
        let rules = &self.sets[at];
        let expected = |part: &Part| -> Vec<_> {
            let open = part.iter().filter(|(rule, _)| claim.rule(at, *rule) == Open);
            open.map(|(rule, _)| expectation.rule(at, *rule)).collect()
        };
        let is_included = any(claim.part(at, &rules.include)) == Yes;
        (is_included || expected(&rules.include).iter().any(|value| *value != No))
            && expected(&rules.require).iter().all(|value| *value != No)
            && expected(&rules.exclude).iter().all(|value| *value != Yes)
    }
}

/// Returns the minutes from the year 0 to a time like `2026-11-20T08:30:00+02:00`, in which all seconds are 0.
fn minutes(time: &str) -> i64 {
    let number = |from: usize, to: usize| time[from..to].parse::<i64>().expect("a number");
    let (year, month, day) = (number(0, 4), number(5, 7), number(8, 10));
    // Years begin in March, so that a leap day is the last one.
    let (year, month) = if month < 3 { (year - 1, month + 9) } else { (year, month - 3) };
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day;
    let offset = if time.ends_with('Z') { 0 } else { number(19, 22) * 60 + number(23, 25) };
    (days * 24 + number(11, 13)) * 60 + number(14, 16) - offset
}
