//! One policy of a member or of a user group, read from its JSON: its pairs of a permission and a place.

use super::scope::{self, Place};
use serde_json::Value;

/// A policy as far as it is understood.
pub(super) struct Policy {
    pub id: String,
    /// `None` is a word that nobody knows.
    pub allows: Option<bool>,
    pub pairs: Vec<Pair>,
    /// Whether something in it isn't understood.
    pub is_unclear: bool,
    pub permissions: usize,
    pub resources: usize,
}

/// A permission group of a policy on a place of the policy, with their numbers in it.
pub(super) struct Pair {
    pub permission: Permission,
    pub place: Place,
    pub numbers: (usize, usize),
}

/// A permission group. One without an id and a name isn't read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Permission {
    pub id: Option<String>,
    pub name: Option<String>,
}

impl Permission {
    pub fn read(raw: &Value) -> Option<Permission> {
        let text = |field: &str| {
            let text = raw[field].as_str().map(str::trim);
            text.filter(|text| !text.is_empty()).map(str::to_owned)
        };
        let (id, name) = (text("id"), text("name"));
        (id.is_some() || name.is_some()).then_some(Permission { id, name })
    }

    /// Whether both are the same one, by the id or by the name.
    pub fn is(&self, other: &Permission) -> bool {
        let same = |one: &Option<String>, other: &Option<String>| one.is_some() && one == other;
        same(&self.id, &other.id) || same(&self.name, &other.name)
    }
}

impl Policy {
    pub fn read(account: &str, raw: &Value) -> Policy {
        let groups = |field: &str| raw[field].as_array();
        let (permissions, resources) = (groups("permission_groups"), groups("resource_groups"));
        let mut policy = Policy {
            id: raw["id"].as_str().unwrap_or_default().to_owned(),
            allows: match raw["access"].as_str() {
                Some("allow") => Some(true),
                Some("deny") => Some(false),
                _ => None,
            },
            pairs: Vec::new(),
            is_unclear: permissions.is_none(),
            permissions: permissions.map_or(0, Vec::len),
            resources: resources.map_or(0, Vec::len),
        };
        policy.is_unclear |= policy.allows.is_none();
        if policy.permissions == 0 {
            return policy;
        }
        policy.is_unclear |= policy.resources == 0;
        for (resource_number, resource) in resources.into_iter().flatten().enumerate() {
            let places = scope::places(account, resource);
            policy.is_unclear |= places.is_empty();
            for (number, permission) in permissions.into_iter().flatten().enumerate() {
                let Some(permission) = Permission::read(permission) else {
                    policy.is_unclear = true;
                    continue;
                };
                policy.is_unclear |= permission.id.is_none() && places.iter().any(|it| *it != Place::Account);
                policy.pairs.extend(places.iter().map(|place| Pair {
                    permission: permission.clone(),
                    place: place.clone(),
                    numbers: (number, resource_number),
                }));
            }
        }
        policy
    }
}
