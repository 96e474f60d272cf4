//! The roles that members hold.

use std::collections::BTreeSet;

use super::rules::Held;
use crate::mock::{Member, ResourceGroup};

/// Returns the grants of a member's roles, by id. A rejected member holds nothing.
pub(super) fn of_member(account_id: &str, member: &Member) -> Vec<(String, Held)> {
    if member.status == "rejected" {
        return Vec::new();
    }
    let roles: BTreeSet<&String> = member.roles.iter().collect();
    let wide = format!("com.cloudflare.api.account.{account_id}");
    let is_wide = |group: &ResourceGroup| {
        group.scope.key == wide && group.scope.objects.iter().any(|object| object.key == "*")
    };
    let all_wide = member
        .policies
        .iter()
        .all(|policy| !policy.resource_groups.is_empty() && policy.resource_groups.iter().all(is_wide));
    let all_explained = member.policies.iter().all(|policy| {
        policy.access == "allow" && policy.permission_groups.iter().all(|group| roles.contains(&group.id))
    });
    let grant = |role: &&String| {
        let held = Held {
            conditions: None,
            basis: vec![("role".into(), (*role).clone())],
            revocable: roles.len() > 1 && all_wide && all_explained,
        };
        (format!("role:{role}:assigned:member:{}", member.id), held)
    };
    roles.iter().map(grant).collect()
}
