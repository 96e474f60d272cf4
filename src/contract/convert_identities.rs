//! Conversions between the core's types and the contract's, for facts about groups of identity providers.

use super::identities;
use crate::error::{Error, Result};
use crate::identities as core;
use crate::model::{Kind, ResourceId};

impl TryFrom<identities::GroupFacts> for core::GroupFacts {
    type Error = Error;

    /// Fails if the group's provider isn't of that kind.
    fn try_from(given: identities::GroupFacts) -> Result<Self> {
        let identities::GroupFacts { group, addresses, source, as_of } = given;
        if group.provider.kind != Kind::IdentityProvider.as_str() {
            let message = "The provider of this group is not a resource of the kind identity-provider.";
            return Err(Error::argument("facts", message));
        }
        Ok(Self { provider: group.provider.id, group: group.group, addresses, source, as_of })
    }
}

impl From<core::Demand> for identities::Demand {
    fn from(mut demand: core::Demand) -> Self {
        Self {
            warnings: std::mem::take(&mut demand.warnings).into_iter().map(Into::into).collect(),
            requests: demand.requests,
            rate_limit: demand.rate_limit.map(Into::into),
            groups: demand.into_groups().map(Into::into).collect(),
        }
    }
}

impl From<core::WantedGroup> for identities::WantedGroup {
    fn from(wanted: core::WantedGroup) -> Self {
        let core::WantedGroup { group, provider_name, provider_type, used_by } = wanted;
        Self {
            rule: group.rule.to_owned(),
            group: identities::ProviderGroup {
                provider: ResourceId::new(Kind::IdentityProvider, group.provider.into_string()).into(),
                group: group.text.into_string(),
            },
            provider_name,
            provider_type,
            used_by: used_by.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<core::PushedFacts> for identities::PushedFacts {
    fn from(part: core::PushedFacts) -> Self {
        Self {
            facts: part.facts.into_iter().map(Into::into).collect(),
            warnings: part.warnings.into_iter().map(Into::into).collect(),
            more: part.more,
            requests: part.requests,
            rate_limit: part.rate_limit.map(Into::into),
        }
    }
}

impl From<core::GroupFacts> for identities::GroupFacts {
    fn from(facts: core::GroupFacts) -> Self {
        let core::GroupFacts { provider, group, addresses, source, as_of } = facts;
        let provider = ResourceId::new(Kind::IdentityProvider, provider).into();
        Self { group: identities::ProviderGroup { provider, group }, addresses, source, as_of }
    }
}
