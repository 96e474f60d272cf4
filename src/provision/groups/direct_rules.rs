//! The rules of the account that name one address directly, group by group.

use crate::cloudflare::id::Id;
use crate::rules::DirectRule;
use crate::sorted::Map;

/// The direct rules of one address: each group where they are assumed to differ from what was read.
#[derive(Clone, Debug, Default)]
pub(super) struct DirectRules(Map<Id, DirectRule>);

impl DirectRules {
    /// Sets the direct rules in one group.
    pub fn set(&mut self, group: &Id, rule: DirectRule) {
        self.0.insert(group.clone(), rule);
    }

    /// Returns these rules with those in one group set.
    pub fn with(&self, group: &Id, rule: DirectRule) -> Self {
        let mut rules = self.clone();
        rules.set(group, rule);
        rules
    }

    /// Sets the direct rules in one group to what they are in `before`.
    pub fn restore(&mut self, group: &Id, before: &Self) {
        match before.0.get(group) {
            Some(&rule) => self.set(group, rule),
            None => self.forget(group.as_str()),
        }
    }

    /// Assumes nothing of the direct rules in one group: they are as they were read.
    pub fn forget(&mut self, group: &str) {
        self.0.remove(group);
    }

    /// Lists the groups, and the direct rules in each.
    pub fn iter(&self) -> impl Iterator<Item = (&Id, DirectRule)> {
        self.0.iter().map(|(group, &rule)| (group, rule))
    }
}
