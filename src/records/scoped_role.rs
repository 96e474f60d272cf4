//! Scoped roles: permission groups on less than the whole account.

use super::ids;
use crate::cloudflare::account::ACCOUNT_KEY;
use crate::cloudflare::account_policy::{Reach, Scope};
use crate::cloudflare::permission_group::PermissionGroup;
use crate::json::{self, Object, quoted};
use crate::kinds::{self, ASSIGNED_SLUG};
use crate::model::{Entitlement, Kind, Resource, ResourceId};
use crate::roles::{Held, Roles};

/// The most parts that a name or a message lists.
const NAMED: usize = 3;

/// Returns the scoped role as a resource. Its parent is the role of the same name.
pub fn resource(held: &Held<'_>, roles: &Roles) -> Resource {
    let parent = held.by.and_then(|(group, _)| roles.of(group));
    Resource {
        id: ResourceId::new(Kind::ScopedRole, &*held.id),
        parent: parent.map(|role| ResourceId::new(Kind::Role, role.as_str())),
        display_name: name(held),
        account: None,
        profile: held.by.map_or("{}".to_owned(), |(group, reach)| profile(group, reach)),
    }
}

/// Returns the entitlement on the scoped role.
pub fn entitlement(held: &Held<'_>) -> Entitlement {
    Entitlement {
        id: ids::with_slug(Kind::ScopedRole, &held.id, ASSIGNED_SLUG),
        on: ResourceId::new(Kind::ScopedRole, &*held.id),
        slug: ASSIGNED_SLUG,
        display_name: [&name(held), " assigned"].concat(),
        description: String::new(),
        grantable_to: kinds::row(Kind::ScopedRole).holders(),
        extra: "{}".to_owned(),
    }
}

/// Returns the name of what a permission group gives on a part of the account: "DNS on corp.example".
pub fn name_of(group: &PermissionGroup, reach: &Reach) -> String {
    let group = group.name().or(group.id.as_ref().map(AsRef::as_ref)).unwrap_or("something");
    if reach.is_account {
        return [group, " on the whole account"].concat();
    }
    let mut parts: Vec<String> = reach.scopes.iter().flat_map(|scope| parts(scope, reach)).collect();
    parts.dedup();
    if parts.is_empty() {
        parts.extend(reach.name.clone().or_else(|| Some(reach.scope_id().into_owned())));
    }
    [group, " on ", &in_brief(parts)].concat()
}

/// Joins texts, and counts those beyond the first ones.
pub(super) fn in_brief(mut texts: Vec<String>) -> String {
    let more = texts.len().saturating_sub(NAMED);
    texts.truncate(NAMED);
    let brief = texts.join(", ");
    if more > 0 { format!("{brief} and {more} more") } else { brief }
}

fn name(held: &Held<'_>) -> String {
    held.by.map_or_else(|| held.id.to_string(), |(group, reach)| name_of(group, reach))
}

/// Returns the parts of a scope in words. The name of a resource group is that of its zone (inferred).
fn parts(scope: &Scope, reach: &Reach) -> Vec<String> {
    let is_zone = scope.key.strip_prefix(ACCOUNT_KEY).is_some_and(|key| key.starts_with("zone."));
    match &reach.name {
        Some(name) if is_zone => vec![name.clone()],
        _ if scope.objects.is_empty() || scope.objects.iter().any(|key| key == "*") => vec![part(&scope.key)],
        _ => scope.objects.iter().map(|key| part(key)).collect(),
    }
}

fn part(key: &str) -> String {
    let mut ends = key.rsplitn(3, '.');
    match (ends.next(), ends.next(), ends.next()) {
        (Some(id), Some(kind @ ("zone" | "worker")), Some("com.cloudflare.api.account")) => {
            [kind, " ", id].concat()
        }
        (Some(id), ..) => id.to_owned(),
        _ => String::new(),
    }
}

/// Returns what the scoped role's id is made of.
fn profile(group: &PermissionGroup, reach: &Reach) -> String {
    let profile = Object::default().with_text("permission_group", group.id.as_ref().map(AsRef::as_ref));
    match (&reach.id, &reach.scopes[..]) {
        (None, [Scope { key, objects }]) => {
            let objects: Vec<String> = objects.iter().map(|key| quoted(key)).collect();
            profile.with_text("scope", Some(key)).with("objects", &json::list(&objects))
        }
        (id, _) => profile.with_text("resource_group", id.as_ref().map(AsRef::as_ref)),
    }
    .end()
}
