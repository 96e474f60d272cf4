//! The roles that members and user groups hold, on the account and on less, and the user groups that
//! members are in. It is worked out from the answers as JSON, one holder and one policy at a time.

mod holder;
mod policy;
mod scope;
mod world;

use super::rules::Held;
use crate::mock::Account;
use holder::Holder;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use world::{Role, World, text};

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
