//! Roles, and the members that they are assigned to.

use super::ids;
use crate::cloudflare::member::Member;
use crate::cloudflare::role::Role;
use crate::kinds::{self, ASSIGNED_SLUG};
use crate::model::{Basis, Entitlement, Grant, Kind, Resource, ResourceId};
use crate::roles;

/// Returns the id of the entitlement on the role with this id.
pub fn entitlement_id(id: &str) -> String {
    ids::with_slug(Kind::Role, id, ASSIGNED_SLUG)
}

/// Returns the role as a resource.
pub fn resource(role: &Role) -> Resource {
    Resource {
        parent: None,
        id: ResourceId::new(Kind::Role, role.id.as_str()),
        display_name: name(role).to_owned(),
        account: None,
        profile: role.profile.clone(),
    }
}

/// Returns the entitlement on the role.
pub fn entitlement(role: &Role) -> Entitlement {
    let id = role.id.as_str();
    Entitlement {
        id: entitlement_id(id),
        on: ResourceId::new(Kind::Role, id),
        slug: ASSIGNED_SLUG,
        display_name: format!("{} assigned", name(role)),
        description: role.description.clone().unwrap_or_default(),
        grantable_to: kinds::row(Kind::Role).holders(),
        extra: "{}".to_owned(),
    }
}

fn name(role: &Role) -> &str {
    role.name.as_deref().unwrap_or(role.id.as_str())
}

/// Returns the grant of one of a member's roles. It isn't revocable where the role is the last one,
/// because the membership would have to end, or where writing roles could lose something.
pub fn grant(member: &Member, role: &Role) -> Grant {
    Grant {
        entitlement: entitlement_id(role.id.as_str()),
        principals: vec![ResourceId::new(Kind::Member, member.id.as_str())],
        basis: vec![Basis { rule: "role".to_owned(), value: role.id.as_str().to_owned(), through: None }],
        conditions: Vec::new(),
        revocable: member.roles.len() > 1 && roles::why_they_stay(member).is_none(),
        extra: "{}".to_owned(),
    }
}
