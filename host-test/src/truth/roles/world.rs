//! An account as its answers show it, and the roles that it has.

use super::policy::Permission;
use serde_json::Value;

/// A role that is known before anybody holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Role {
    pub id: String,
    pub name: String,
}

impl Role {
    pub fn read(raw: &Value) -> Option<Role> {
        let id = raw["id"].as_str().filter(|id| !id.is_empty())?.to_owned();
        Some(Role { name: raw["name"].as_str().map_or_else(|| id.clone(), str::to_owned), id })
    }
}

/// An account, as its answers show it.
pub(super) struct World {
    pub account: String,
    /// The roles of the list, or those of the permission groups where the list is gone.
    pub listed: Vec<Role>,
    pub members: Vec<Value>,
    pub groups: Vec<Value>,
    /// The ids of the members of each group.
    pub inside: Vec<Vec<String>>,
}

impl World {
    /// Returns the ids of the user groups with a policy of this id.
    pub fn groups_with(&self, policy: &str) -> Vec<String> {
        let has = |group: &&Value| {
            let policies = group["policies"].as_array().into_iter().flatten();
            policies.into_iter().any(|known| known["id"] == policy)
        };
        self.groups.iter().filter(has).map(|group| text(&group["id"])).collect()
    }

    /// Returns the role that a permission group is on the whole account. `own` are the holder's roles.
    pub fn role(&self, permission: &Permission, own: &[Role]) -> Option<Role> {
        let all = || self.listed.iter().chain(own);
        let by_id = all().find(|role| permission.id.as_ref() == Some(&role.id));
        let is_named = |role: &&Role| permission.name.as_deref() == Some(role.name.trim());
        let listed: Vec<&Role> = self.listed.iter().filter(is_named).collect();
        let by_name = match listed[..] {
            [] => own.iter().find(is_named),
            [one] => Some(one),
            _ => listed.iter().find(|role| own.iter().any(|own| own.id == role.id)).copied(),
        };
        let found = by_id.or(by_name).cloned();
        found.or_else(|| {
            let id = permission.id.clone()?;
            Some(Role { name: permission.name.clone().unwrap_or_else(|| id.clone()), id })
        })
    }
}

pub(super) fn text(raw: &Value) -> String {
    raw.as_str().unwrap_or_default().to_owned()
}
