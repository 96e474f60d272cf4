//! Access groups, and who is a member.

use super::{alternative, extra, ids};
use crate::cloudflare::group::{Group, Sections};
use crate::cloudflare::id::Id;
use crate::kinds::{self, MEMBER_SLUG};
use crate::model::{Basis, Entitlement, Grant, Kind, Resource, ResourceId};
use crate::rules::{Held, RuleSet};

/// Returns the id of the entitlement on the group with this id.
pub fn entitlement_id(id: &str) -> String {
    ids::with_slug(Kind::Group, id, MEMBER_SLUG)
}

/// Returns the group as a resource.
pub fn resource(group: &Group) -> Resource {
    Resource {
        parent: None,
        id: ResourceId::new(Kind::Group, group.id.as_str()),
        display_name: name(group).to_owned(),
        account: None,
        profile: group.profile.clone(),
    }
}

/// Returns the entitlement on the group.
pub fn entitlement(group: &Group) -> Entitlement {
    let id = group.id.as_str();
    Entitlement {
        id: entitlement_id(id),
        on: ResourceId::new(Kind::Group, id),
        slug: MEMBER_SLUG,
        display_name: format!("Member of {}", name(group)),
        description: "Every policy that includes this Access group applies.".to_owned(),
        grantable_to: kinds::row(Kind::Group).holders(),
        extra: "{}".to_owned(),
    }
}

/// Returns the rules of the group with this id, in the account with that id.
pub fn rule_set(id: &Id, sections: Sections, account_id: &str) -> RuleSet {
    RuleSet::new(ResourceId::new(Kind::Group, id.as_str()), sections, account_id)
}

fn name(group: &Group) -> &str {
    group.name.as_deref().unwrap_or(group.id.as_str())
}

/// Returns the grant that makes a principal a member of a group.
pub fn grant(principal: &ResourceId, held: &Held<'_>) -> Grant {
    Grant {
        entitlement: ids::with_slug(held.resource.kind, &held.resource.id, MEMBER_SLUG),
        principals: vec![principal.clone()],
        basis: held
            .basis
            .iter()
            .map(|&(rule, value)| Basis { rule: rule.to_owned(), value: value.to_owned(), through: None })
            .collect(),
        conditions: held.conditions.iter().map(alternative).collect(),
        revocable: held.revocable,
        extra: extra(held.expected.as_ref()),
    }
}
