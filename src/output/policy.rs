//! Policies: what they do, and the rules by which they do it.

use crate::contract::Alternative;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// The parts of a policy's profile that are shown.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Profile {
    decision: Value,
    include: Vec<Box<RawValue>>,
    require: Vec<Box<RawValue>>,
    exclude: Vec<Box<RawValue>>,
    approval_required: Value,
    approval_groups: Option<Box<RawValue>>,
    app_count: Value,
}

/// Cloudflare's word for what lets everything pass without a login.
pub(super) const BYPASS: &str = "bypass";

/// Returns the word of Cloudflare's dashboard for what a policy does:
/// <https://developers.cloudflare.com/cloudflare-one/access-controls/policies/>.
pub(super) fn action(decision: &str) -> &str {
    match decision {
        "allow" => "Allow",
        "deny" => "Block",
        BYPASS => "Bypass",
        "non_identity" => "Service Auth",
        other => other,
    }
}

impl Profile {
    /// Reads a profile. One that isn't understood is empty.
    pub(super) fn of(json: &str) -> Self {
        serde_json::from_str(json).unwrap_or_default()
    }

    /// Returns the word for what the policy does.
    pub(super) fn action(&self) -> &str {
        action(self.decision.as_str().unwrap_or_default())
    }

    /// Whether the policy keeps out whoever matches it.
    pub(super) fn is_block(&self) -> bool {
        self.decision == "deny"
    }

    /// Whether the policy lets everything pass without a login.
    pub(super) fn is_bypass(&self) -> bool {
        self.decision == BYPASS
    }

    /// Returns the number of applications that have the policy, if Cloudflare tells it.
    pub(super) fn app_count(&self) -> Option<u64> {
        self.app_count.as_u64()
    }

    /// Returns the rules by which the policy matches somebody.
    pub(super) fn rules(&self) -> Alternative {
        self.rules_with(texts(&self.include))
    }

    /// Returns the rules for whom the policy lets in: also that somebody has to approve them.
    pub(super) fn rules_and_approval(&self) -> Alternative {
        self.with_approval(self.rules())
    }

    /// Returns the include rules for those whom the policy or the group matches and no grant can name.
    pub(super) fn unnamed(&self) -> impl Iterator<Item = String> {
        /// The kinds of rules that name somebody, or a token, or that open an application to all.
        const NAMING: [&str; 9] = [
            "email",
            "email_domain",
            "email_list",
            "group",
            "everyone",
            "cloudflare_account_member",
            "login_method",
            "service_token",
            "any_valid_service_token",
        ];
        let is_naming = |rule: &String| {
            let rule = serde_json::from_str::<serde_json::Map<String, Value>>(rule).unwrap_or_default();
            rule.keys().any(|kind| NAMING.contains(&kind.as_str()))
        };
        texts(&self.include).into_iter().filter(move |rule| !is_naming(rule))
    }

    /// Returns the ids of the Access groups that it includes.
    pub(super) fn groups(&self) -> impl Iterator<Item = String> {
        self.include.iter().filter_map(|rule| {
            let rule: Value = serde_json::from_str(rule.get()).ok()?;
            rule.pointer("/group/id").and_then(Value::as_str).map(str::to_owned)
        })
    }

    /// Returns what the policy asks besides its include rules: also that somebody has to approve.
    pub(super) fn asks_besides(&self) -> Alternative {
        self.with_approval(self.rules_with(Vec::new()))
    }

    fn rules_with(&self, include: Vec<String>) -> Alternative {
        Alternative { any_of: include, all_of: texts(&self.require), none_of: texts(&self.exclude) }
    }

    fn with_approval(&self, mut rules: Alternative) -> Alternative {
        if self.approval_required == true {
            let groups = self.approval_groups.as_ref().map_or("[]", |groups| groups.get());
            rules.all_of.push(format!("{{\"approval_required\":{groups}}}"));
        }
        rules
    }
}

fn texts(rules: &[Box<RawValue>]) -> Vec<String> {
    rules.iter().map(|rule| rule.get().to_owned()).collect()
}
