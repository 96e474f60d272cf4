//! User groups, and the account members in them.

use super::ids;
use crate::cloudflare::id::Id;
use crate::cloudflare::user_group::UserGroup;
use crate::kinds::{self, MEMBER_SLUG};
use crate::model::{Basis, Entitlement, Grant, Kind, Resource, ResourceId};

/// Returns the user group as a resource.
pub fn resource(group: &UserGroup) -> Resource {
    Resource {
        id: ResourceId::new(Kind::UserGroup, group.id.as_str()),
        parent: None,
        display_name: name(group).to_owned(),
        account: None,
        profile: group.profile.clone(),
    }
}

/// Returns the entitlement on the user group.
pub fn entitlement(group: &UserGroup) -> Entitlement {
    let id = group.id.as_str();
    Entitlement {
        id: ids::with_slug(Kind::UserGroup, id, MEMBER_SLUG),
        on: ResourceId::new(Kind::UserGroup, id),
        slug: MEMBER_SLUG,
        display_name: format!("Member of {}", name(group)),
        description: "Its members hold what the policies of this user group allow.".to_owned(),
        grantable_to: kinds::row(Kind::UserGroup).holders(),
        extra: "{}".to_owned(),
    }
}

/// Returns the grant that makes an account member one of a user group with this id. Whether the group can
/// be changed isn't told: an identity provider may manage it.
pub fn grant(group: &Id, member: &Id) -> Grant {
    Grant {
        entitlement: ids::with_slug(Kind::UserGroup, group.as_str(), MEMBER_SLUG),
        principals: vec![ResourceId::new(Kind::Member, member.as_str())],
        basis: vec![Basis { rule: "member".to_owned(), value: member.as_str().to_owned(), through: None }],
        conditions: Vec::new(),
        revocable: true,
        extra: "{}".to_owned(),
    }
}

fn name(group: &UserGroup) -> &str {
    group.name.as_deref().unwrap_or(group.id.as_str())
}
