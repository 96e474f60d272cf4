//! The rules of groups and policies, as findings look at them.

use super::kinds::{APP, GROUP, POLICY};
use super::review::Review;
use super::thing::Thing;
use serde::Deserialize;
use serde_json::{Map, Value};

/// The rules of a group or a policy, and what a policy does.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Rules {
    pub(crate) include: Vec<Map<String, Value>>,
    pub(crate) require: Vec<Map<String, Value>>,
    pub(crate) exclude: Vec<Map<String, Value>>,
    decision: String,
    approval_required: Value,
    app_count: Option<u64>,
}

impl Rules {
    /// Reads the rules of a group or a policy. What isn't understood is left out.
    pub(crate) fn of(thing: &Thing) -> Rules {
        serde_json::from_str(&thing.profile).unwrap_or_default()
    }

    /// Whether it can let somebody in: it is a group, or a policy that allows.
    pub(crate) fn lets_in(&self, kind: u8) -> bool {
        kind == GROUP || self.decision == "allow"
    }

    /// Whether nothing is asked besides its include rules.
    pub(crate) fn asks_nothing_more(&self) -> bool {
        self.require.is_empty() && self.approval_required != true
    }

    /// Returns the number of applications that have the policy, if Cloudflare tells it.
    pub(crate) fn app_count(&self) -> Option<u64> {
        self.app_count
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Map<String, Value>> {
        self.include.iter().chain(&self.require).chain(&self.exclude)
    }
}

/// Returns a text that a rule of this kind has.
pub(crate) fn text<'r>(rule: &'r Map<String, Value>, kind: &str, field: &str) -> Option<&'r str> {
    rule.get(kind)?.get(field)?.as_str()
}

/// Returns all groups and policies, with their places and rules.
pub(crate) fn with_rules(review: &Review) -> impl Iterator<Item = (u32, u8, Rules)> {
    let have = (0..).zip(&review.things).filter(|(_, thing)| [GROUP, POLICY].contains(&thing.kind));
    have.map(|(place, thing)| (place, thing.kind, Rules::of(thing)))
}

/// The part of an application's profile that findings look at.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Application {
    pub(crate) policies: Vec<Attached>,
    pub(crate) allowed_idps: Vec<String>,
}

/// A policy of an application.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Attached {
    pub(crate) id: String,
}

/// Returns all applications, with their places.
pub(crate) fn applications(review: &Review) -> impl Iterator<Item = (u32, Application)> {
    let read = |thing: &Thing| serde_json::from_str(&thing.profile).unwrap_or_default();
    review.of_kind(APP).map(move |(place, thing)| (place, read(thing)))
}

/// Whether the rules of an application let in whoever logs in.
pub(crate) fn is_for_whoever_logs_in(extra: &str) -> bool {
    let extra: Value = serde_json::from_str(extra).unwrap_or_default();
    extra.get("whoever_logs_in") == Some(&Value::Bool(true))
}
