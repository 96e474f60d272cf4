//! User groups, and the account members in them.

use super::ids;
use crate::cloudflare::user_group::UserGroup;
use crate::kinds::{self, MEMBER_SLUG};
use crate::model::{Entitlement, Kind, Resource, ResourceId};

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

fn name(group: &UserGroup) -> &str {
    group.name.as_deref().unwrap_or(group.id.as_str())
}
