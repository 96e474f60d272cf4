//! The everyday policies of generated applications, and the tools that make policies.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::mock::access::{AccessPolicy, Application, Attached, AttachedPolicy};
use crate::mock::ids::uuid;

use super::random::{hex, pick, time};
use super::random_rules::{Material, login_rules};

/// An id that nothing has.
pub(super) const NOWHERE: &str = "00000000-0000-4000-a000-000000000000";

/// Makes policies.
pub(super) struct Workshop<'a> {
    pub(super) material: Material<'a>,
    /// The ids of the reusable policies.
    pub(super) reusable: Vec<String>,
    /// The number of policies so far.
    made: usize,
}

impl<'a> Workshop<'a> {
    pub(super) fn new(material: Material<'a>) -> Workshop<'a> {
        Workshop { material, reusable: Vec::new(), made: 0 }
    }

    /// Makes a policy with this decision and these include rules.
    pub(super) fn policy(&mut self, decision: &str, include: Vec<Value>) -> AccessPolicy {
        self.made += 1;
        let policy = AccessPolicy {
            id: uuid(&hex(self.material.rng)),
            ..AccessPolicy::new(&format!("Policy {:03}", self.made), decision, include)
        };
        let rng = &mut self.material.rng;
        AccessPolicy { created_at: Some(time(rng, 2025)), updated_at: Some(time(rng, 2026)), ..policy }
    }

    pub(super) fn allow(&mut self, include: Vec<Value>) -> AccessPolicy {
        self.policy("allow", include)
    }

    /// Makes a policy as companies have them.
    pub(super) fn everyday(&mut self) -> AccessPolicy {
        let decision = *pick(
            self.material.rng,
            &["allow", "allow", "allow", "allow", "allow", "allow", "deny", "non_identity", "bypass"],
        );
        let mut include = self.some_people();
        let mut require = Vec::new();
        match decision {
            "non_identity" => include = self.tokens(),
            "bypass" => include = vec![json!({ "ip": { "ip": "192.0.2.0/24" } })],
            "deny" => include = self.material.emails(4),
            _ if self.material.chance(0.3) => require.push(self.login_rule()),
            _ => {}
        }
        let policy = self.policy(decision, include).requiring(require);
        if decision == "allow" && self.material.chance(0.15) {
            let out = self.material.emails(2);
            return policy.excluding(out);
        }
        policy
    }

    /// Returns include rules for groups, domains and a few addresses.
    fn some_people(&mut self) -> Vec<Value> {
        let mut include = self.material.emails(2);
        if self.material.chance(0.6) {
            include.extend(self.group());
        }
        if self.material.chance(0.4) || include.is_empty() {
            include.push(self.material.domain());
        }
        if self.material.chance(0.1) {
            include.extend(self.list());
        }
        include
    }

    pub(super) fn group(&mut self) -> Option<Value> {
        (!self.material.ids.is_empty()).then(|| self.material.group())
    }

    fn list(&mut self) -> Option<Value> {
        self.material.account.lists.iter().any(|list| list.kind == "EMAIL").then(|| self.material.list())
    }

    /// Returns rules for three of the service tokens, or for a missing one.
    pub(super) fn tokens(&mut self) -> Vec<Value> {
        let tokens = &self.material.account.service_tokens;
        if tokens.is_empty() {
            return vec![json!({ "service_token": { "token_id": NOWHERE } })];
        }
        let mut token = || pick(self.material.rng, tokens).id.as_str();
        let ids = BTreeSet::from([token(), token(), token()]);
        ids.into_iter().map(|id| json!({ "service_token": { "token_id": id } })).collect()
    }

    fn login_rule(&mut self) -> Value {
        pick(self.material.rng, &login_rules()).clone()
    }

    /// Gives an application up to five policies, reusable ones or its own.
    pub(super) fn usual(&mut self, application: &mut Application) {
        let count = *pick(self.material.rng, &[1, 1, 2, 2, 3, 5]);
        for precedence in 1..=count {
            if !self.reusable.is_empty() && self.material.chance(0.6) {
                let id = pick(self.material.rng, &self.reusable).clone();
                if application.policies.iter().all(|attached| attached.id() != id) {
                    reuse(application, &id, precedence);
                }
            } else {
                let policy = self.everyday();
                own(application, policy, precedence);
            }
        }
        if self.material.chance(0.15) {
            application.allowed_idps = self.providers(1);
        }
    }

    /// Returns the ids of the first identity providers.
    pub(super) fn providers(&self, count: usize) -> Option<Vec<String>> {
        let providers = &self.material.account.identity_providers;
        Some(providers.iter().take(count).map(|provider| provider.id.clone()).collect())
    }
}

pub(super) fn own(application: &mut Application, policy: AccessPolicy, precedence: impl Into<Option<i64>>) {
    application
        .policies
        .push(Attached { policy: AttachedPolicy::Own(policy), precedence: precedence.into() });
}

pub(super) fn reuse(application: &mut Application, id: &str, precedence: i64) {
    let policy = AttachedPolicy::Reusable(id.to_owned());
    application.policies.push(Attached { policy, precedence: Some(precedence) });
}
