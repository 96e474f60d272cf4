//! Last logins from a seed.

use std::collections::BTreeSet;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;

use crate::mock::access::{AttachedPolicy, LastLogin};
use crate::mock::account::Account;
use crate::truth::Shown;

use super::random::pick;

/// Returns the provider whose group a rule names.
fn provider(rule: &Value) -> Option<&str> {
    rule.as_object()?.values().next()?.get("identity_provider_id")?.as_str()
}

impl Account {
    /// Gives everybody who has logged in a last login with one of the account's identity providers. It
    /// meets about half of the rules that a request can meet, of groups of that provider alone.
    pub fn with_last_logins(mut self, seed: u64) -> Account {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut rules = self.rules();
        rules.retain(Shown::may_meet);
        rules.sort_by_key(Value::to_string);
        rules.dedup();
        let mut providers: BTreeSet<String> = rules.iter().filter_map(provider).map(str::to_owned).collect();
        providers.extend(self.identity_providers.iter().map(|provider| provider.id.clone()));
        let providers: Vec<String> = providers.into_iter().chain([String::new()]).collect();
        let have_logged_in = self.users.iter().filter(|user| user.last_successful_login.is_some());
        for id in have_logged_in.map(|user| user.id.clone()).collect::<Vec<_>>() {
            let own = pick(&mut rng, &providers).clone();
            let mut meets = rules.clone();
            meets.retain(|rule| {
                let is_there = provider(rule).is_none_or(|provider| provider.eq_ignore_ascii_case(&own));
                rng.random_bool(0.5) && is_there
            });
            self.last_logins.insert(id, LastLogin { provider: own, meets });
        }
        self
    }

    /// Returns all rules of groups and policies.
    fn rules(&self) -> Vec<Value> {
        let own = self.applications.iter().flat_map(|application| &application.policies);
        let own = own.filter_map(|attached| match &attached.policy {
            AttachedPolicy::Own(policy) => Some(policy),
            AttachedPolicy::Reusable(_) => None,
        });
        let policies = self.policies.iter().chain(own);
        let of_policies = policies.flat_map(|it| [&it.include, &it.exclude, &it.require]);
        let of_groups = self.groups.iter().flat_map(|it| [&it.include, &it.exclude, &it.require]);
        of_groups.chain(of_policies).flatten().flatten().cloned().collect()
    }
}
