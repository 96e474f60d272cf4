//! Roles, and the members and user groups that they are assigned to.

use super::ids;
use crate::cloudflare::id::Id;
use crate::cloudflare::role::Role;
use crate::json::{Object, list, quoted};
use crate::kinds::{self, ASSIGNED_SLUG};
use crate::model::{Basis, Entitlement, Grant, Kind, Resource, ResourceId};
use crate::roles::{Assignments, Held, On};

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

/// Returns a role that is held, as far as its holder tells it.
pub fn of_held(held: &Held<'_>) -> Option<Role> {
    if let Some(role) = held.role {
        return Some(role.clone());
    }
    let id = Id::parse(&held.id).filter(|_| held.on == On::Role)?;
    let name = held.by.and_then(|(group, _)| group.name.clone());
    let profile = Object::default().with_text("permission_group", Some(id.as_str())).end();
    Some(Role { id, name, description: None, profile })
}

/// Returns the grant of a role or a scoped role.
pub fn grant(holder: &ResourceId, of: &Assignments<'_>, held: &Held<'_>) -> Grant {
    let basis = held.reasons.iter().map(|reason| Basis {
        rule: reason.rule.word().to_owned(),
        value: reason.value.to_owned(),
        through: None,
    });
    let denied: Vec<String> = held.denied_by.iter().map(|policy| quoted(policy)).collect();
    let extra = if denied.is_empty() {
        Object::default()
    } else {
        Object::default().with("denied_by", &list(&denied))
    };
    Grant {
        entitlement: ids::with_slug(kind(held.on), &held.id, ASSIGNED_SLUG),
        principals: vec![holder.clone()],
        basis: basis.collect(),
        conditions: Vec::new(),
        revocable: of.is_revocable(held),
        extra: extra.end(),
    }
}

/// Returns the kind of what is held.
pub const fn kind(on: On) -> Kind {
    match on {
        On::Role => Kind::Role,
        On::Scoped => Kind::ScopedRole,
    }
}
