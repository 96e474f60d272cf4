//! The groups of identity providers that the rules of an account name.

use super::provider_group::ProviderGroup;
use crate::model::{RateLimit, ResourceId, Warning};
use crate::sorted::{Map, Set};

/// The most groups and policies that are told for a group of a provider.
const MOST_USERS: usize = 20;

/// A group of an identity provider that rules name.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "documented in wit/identities.wit, `wanted-group`")]
pub struct WantedGroup {
    /// The group, as the first of its rules spells it.
    pub group: ProviderGroup,
    pub provider_name: Option<String>,
    pub provider_type: Option<String>,
    pub used_by: Vec<ResourceId>,
}

/// The groups of identity providers that the rules of an account name, and how they were read.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs, reason = "documented in wit/identities.wit, `demand`")]
pub struct Demand {
    /// By the group in its normal form.
    groups: Map<ProviderGroup, WantedGroup>,
    pub warnings: Vec<Warning>,
    pub requests: u32,
    pub rate_limit: Option<RateLimit>,
}

impl Demand {
    /// Notes that a rule of a group or a policy names this group of a provider.
    pub fn note(&mut self, group: &ProviderGroup, by: &ResourceId) {
        let wanted = || WantedGroup {
            group: group.clone(),
            provider_name: None,
            provider_type: None,
            used_by: Vec::new(),
        };
        let known = self.groups.get_or_insert_with(group.normal(), wanted);
        if known.used_by.len() < MOST_USERS && !known.used_by.contains(by) {
            known.used_by.push(by.clone());
        }
    }

    /// Says what the identity provider with this id is called, and of what type it is.
    pub fn name(&mut self, provider: &str, name: &str, kind: Option<&str>) {
        for wanted in self.groups.values_mut() {
            if wanted.group.provider.eq_ignore_ascii_case(provider) {
                wanted.provider_name = Some(name.to_owned());
                wanted.provider_type = kind.map(str::to_owned);
            }
        }
    }

    /// Returns the groups in their normal form.
    pub fn keys(&self) -> Set<ProviderGroup> {
        self.groups.iter().map(|(group, _)| group.clone()).collect()
    }

    /// Returns the groups, in the same order as [`Self::into_groups`].
    pub fn groups(&self) -> impl Iterator<Item = &WantedGroup> {
        self.groups.values()
    }

    /// Returns the groups, sorted by rule, provider and text.
    pub fn into_groups(self) -> impl Iterator<Item = WantedGroup> {
        self.groups.into_iter().map(|(_, wanted)| wanted)
    }
}
