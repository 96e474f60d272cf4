//! The roles that members and user groups hold, on the account and on less, and the user groups that
//! members are in. It is worked out from the answers as JSON, one holder and one policy at a time.

mod holder;
mod policy;
mod scope;

use super::rules::Held;
use crate::mock::Account;
use holder::Holder;
use policy::{Permission, Policy};
use scope::Place;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// A permission group on less than the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopedRole {
    pub name: String,
    /// The id of the role with the permission group's name.
    pub parent: Option<String>,
}

/// Everything that a sync has to say of roles.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Roles {
    pub grants: BTreeMap<String, Held>,
    /// The ids of the policies that deny something of a grant, by the grant's id.
    pub denied: BTreeMap<String, BTreeSet<String>>,
    /// Names by id.
    pub roles: BTreeMap<String, String>,
    pub scoped_roles: BTreeMap<String, ScopedRole>,
    /// The holders, as `member:<id>`, of whom something isn't explained.
    pub unexplained: BTreeSet<String>,
    /// The holders with a policy that denies something.
    pub denying: BTreeSet<String>,
}

/// A role that is known before anybody holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Role {
    id: String,
    name: String,
}

impl Role {
    fn read(raw: &Value) -> Option<Role> {
        let id = raw["id"].as_str().filter(|id| !id.is_empty())?.to_owned();
        Some(Role { name: raw["name"].as_str().map_or_else(|| id.clone(), str::to_owned), id })
    }
}

/// An account, as its answers show it.
struct World {
    account: String,
    /// The roles of the list, or those of the permission groups where the list is gone.
    listed: Vec<Role>,
    members: Vec<Value>,
    groups: Vec<Value>,
    /// The ids of the members of each group.
    inside: Vec<Vec<String>>,
}

/// Returns everything that a sync of the account has to say of roles.
pub(super) fn of_account(account: &Account) -> Roles {
    let members: Vec<Value> = account.members.iter().map(|member| account.member_json(member)).collect();
    let world = World {
        account: account.id.clone(),
        listed: match account.roles_gone {
            None => account.roles.iter().filter_map(|role| Role::read(&json!(role))).collect(),
            Some(_) => of_permission_groups(account, &members),
        },
        members,
        groups: account.user_groups.iter().map(|group| json!(group)).collect(),
        inside: account.user_groups.iter().map(|group| group.members.clone()).collect(),
    };
    let mut roles = Roles::default();
    roles.roles.extend(world.listed.iter().map(|role| (role.id.clone(), role.name.clone())));
    for at in 0..world.groups.len() {
        world.add(Holder::of_group(&world, at), &mut roles);
        let id = text(&world.groups[at]["id"]);
        for member in &world.members {
            let member_id = text(&member["id"]);
            if member["status"] != "rejected" && world.inside[at].contains(&member_id) {
                let held = Held {
                    conditions: None,
                    basis: vec![("member".into(), member_id.clone())],
                    revocable: true,
                };
                roles.grants.insert(format!("user-group:{id}:member:member:{member_id}"), held);
            }
        }
    }
    for member in &world.members {
        if member["status"] != "rejected" {
            world.add(Holder::of_member(&world, member), &mut roles);
        }
    }
    roles
}

fn text(raw: &Value) -> String {
    raw.as_str().unwrap_or_default().to_owned()
}

/// Returns the roles of an account without the roles API: its permission groups on the whole account, under
/// the ids that members' roles of the same names have.
fn of_permission_groups(account: &Account, members: &[Value]) -> Vec<Role> {
    let known: Vec<Role> = members
        .iter()
        .flat_map(|member| member["roles"].as_array())
        .flatten()
        .filter_map(Role::read)
        .collect();
    let groups = account.all_permission_groups();
    let wide = groups.iter().filter(|group| {
        let scopes = group.meta.as_ref().and_then(|meta| meta["scopes"].as_str());
        scopes
            .is_none_or(|scopes| scopes.split(',').any(|scope| scope.trim() == "com.cloudflare.api.account"))
    });
    let role = |group: &crate::mock::PermissionGroup| {
        let named = known.iter().find(|role| role.name.trim() == group.name.trim());
        Role { id: named.map_or(&group.id, |role| &role.id).clone(), name: group.name.clone() }
    };
    wide.map(role).collect()
}

impl World {
    /// Returns the ids of the user groups with a policy of this id.
    fn groups_with(&self, policy: &str) -> Vec<String> {
        let has = |group: &&Value| {
            let policies = group["policies"].as_array().into_iter().flatten();
            policies.into_iter().any(|known| known["id"] == policy)
        };
        self.groups.iter().filter(has).map(|group| text(&group["id"])).collect()
    }

    /// Returns the role that a permission group is on the whole account. `own` are the holder's roles.
    fn role(&self, permission: &Permission, own: &[Role]) -> Option<Role> {
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

    /// Adds what a holder has.
    fn add(&self, holder: Holder, roles: &mut Roles) {
        let Holder { principal, is_unclear, .. } = &holder;
        if *is_unclear {
            roles.unexplained.insert(principal.clone());
        }
        if holder.is_denying {
            roles.denying.insert(principal.clone());
        }
        for (held, reasons) in &holder.held {
            let (on, id) = match held {
                holder::Thing::Role(id) => ("role", id),
                holder::Thing::Scoped(id) => ("scoped-role", id),
            };
            let grant = format!("{on}:{id}:assigned:{principal}");
            let denied = holder.denied(held);
            let held = Held {
                conditions: None,
                basis: reasons.iter().cloned().collect(),
                revocable: holder.is_revocable(held),
            };
            roles.grants.insert(grant.clone(), held);
            if !denied.is_empty() {
                roles.denied.insert(grant, denied);
            }
        }
        for role in holder.roles {
            roles.roles.entry(role.id).or_insert(role.name);
        }
        for (id, name, permission) in holder.scoped {
            let is_named = |role: &&Role| permission.name.as_deref() == Some(role.name.trim());
            let parent = self.listed.iter().find(is_named).map(|role| role.id.clone());
            roles.scoped_roles.entry(id).or_insert(ScopedRole { name, parent });
        }
    }
}
