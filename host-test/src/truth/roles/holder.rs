//! Somebody who holds roles: a member, or a user group.

use super::{Permission, Place, Policy, Role, World, text};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A role, by its id, on the account or on less.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Thing {
    Role(String),
    Scoped(String),
}

type Reason = (String, String);

#[derive(Default)]
pub(super) struct Holder {
    /// The kind and the id.
    pub principal: String,
    pub held: BTreeMap<Thing, BTreeSet<Reason>>,
    /// All roles that came up.
    pub roles: Vec<Role>,
    /// The id, the name and the permission group of each scoped role that came up.
    pub scoped: Vec<(String, String, Permission)>,
    pub is_unclear: bool,
    /// The permission groups that policies deny, with the policy's id.
    pub denying: Vec<(Permission, String)>,
    /// The permission groups behind what is held.
    permissions: BTreeMap<Thing, BTreeSet<Permission>>,
    is_member: bool,
    /// The member's own policies, whose reasons are direct.
    direct: Vec<Direct>,
    /// The roles that the member has of itself.
    assigned: BTreeSet<String>,
    /// Whether members' answers show both roles and policies.
    has_both: bool,
    has_inherited: bool,
}

/// A policy of one's own, and what it gives.
struct Direct {
    allows: bool,
    is_unclear: bool,
    gives: Vec<Thing>,
    permissions: usize,
    resources: usize,
}

impl Holder {
    pub fn of_group(world: &World, at: usize) -> Holder {
        let group = &world.groups[at];
        let principal = format!("user-group:{}", text(&group["id"]));
        let mut holder = Holder { principal, ..Holder::default() };
        for policy in holder.policies(world, &group["policies"], group["policies"].is_null()) {
            let reason = ("policy".to_owned(), policy.id.clone());
            holder.take(world, &policy, &[], std::slice::from_ref(&reason));
        }
        holder
    }

    pub fn of_member(world: &World, member: &Value) -> Holder {
        let id = text(&member["id"]);
        let own: Vec<Role> =
            member["roles"].as_array().into_iter().flatten().filter_map(Role::read).collect();
        let mut holder = Holder { principal: format!("member:{id}"), is_member: true, ..Holder::default() };
        let has = |field: &str| member.get(field).is_some();
        holder.has_both = has("roles") && has("policies");
        holder.is_unclear |= !has("roles") && !has("policies");

        let mut inherited: BTreeSet<Thing> = BTreeSet::new();
        let mut mine: BTreeSet<Thing> = BTreeSet::new();
        for policy in holder.policies(world, &member["policies"], !has("policies")) {
            let groups = world.groups_with(&policy.id);
            if groups.is_empty() {
                let gives = holder.take(world, &policy, &own, &[("policy".to_owned(), policy.id.clone())]);
                mine.extend(gives.iter().cloned());
                holder.direct.push(Direct {
                    allows: policy.allows == Some(true),
                    is_unclear: policy.is_unclear,
                    gives,
                    permissions: policy.permissions,
                    resources: policy.resources,
                });
            } else {
                holder.has_inherited = true;
                let reasons: Vec<Reason> =
                    groups.into_iter().map(|group| ("user_group".to_owned(), group)).collect();
                inherited.extend(holder.take(world, &policy, &own, &reasons));
            }
        }
        for role in own.clone() {
            let thing = Thing::Role(role.id.clone());
            if inherited.contains(&thing) && !mine.contains(&thing) {
                continue;
            }
            holder.assigned.insert(role.id.clone());
            let permission =
                Permission { id: Some(role.id.clone()), name: Some(role.name.trim().to_owned()) };
            holder.permissions.entry(thing.clone()).or_default().insert(permission);
            let reasons = holder.held.entry(thing).or_default();
            reasons.retain(|(rule, _)| rule != "policy");
            reasons.insert(("role".to_owned(), role.id.clone()));
            holder.roles.push(role);
        }
        for (at, group) in world.groups.iter().enumerate() {
            if !world.inside[at].contains(&id) {
                continue;
            }
            let reason = ("user_group".to_owned(), text(&group["id"]));
            let was_unclear = holder.is_unclear;
            for policy in holder.policies(world, &group["policies"], true) {
                holder.take(world, &policy, &own, std::slice::from_ref(&reason));
            }
            // That is told of the group.
            holder.is_unclear = was_unclear;
        }
        holder
    }

    /// Reads policies. `may_be_absent` says that none may be shown.
    fn policies(&mut self, world: &World, raw: &Value, may_be_absent: bool) -> Vec<Policy> {
        let Some(all) = raw.as_array() else {
            self.is_unclear |= !may_be_absent;
            return Vec::new();
        };
        all.iter().map(|policy| Policy::read(&world.account, policy)).collect()
    }

    /// Adds what a policy gives or denies, for these reasons. Returns what it gives.
    fn take(&mut self, world: &World, policy: &Policy, own: &[Role], reasons: &[Reason]) -> Vec<Thing> {
        self.is_unclear |= policy.is_unclear;
        let mut gives = Vec::new();
        for (permission, place) in &policy.pairs {
            match policy.allows {
                Some(true) => {}
                Some(false) => {
                    self.denying.push((permission.clone(), policy.id.clone()));
                    continue;
                }
                None => continue,
            }
            let thing = match (place, &permission.id) {
                (Place::Account, _) => match world.role(permission, own) {
                    Some(role) => {
                        let thing = Thing::Role(role.id.clone());
                        self.roles.push(role);
                        thing
                    }
                    None => {
                        self.is_unclear = true;
                        continue;
                    }
                },
                (Place::Part { id, words }, Some(permission_id)) => {
                    let id = format!("{permission_id}-{id}");
                    let name = permission.name.as_ref().unwrap_or(permission_id);
                    self.scoped.push((id.clone(), format!("{name} on {words}"), permission.clone()));
                    Thing::Scoped(id)
                }
                (Place::Part { .. }, None) => continue,
            };
            self.permissions.entry(thing.clone()).or_default().insert(permission.clone());
            self.held.entry(thing.clone()).or_default().extend(reasons.iter().cloned());
            gives.push(thing);
        }
        gives
    }

    /// Returns the policies that deny the permission group behind something, wherever.
    pub fn denied(&self, held: &Thing) -> BTreeSet<String> {
        let behind = &self.permissions[held];
        let denying = self.denying.iter().filter(|(denied, _)| behind.iter().any(|it| it.is(denied)));
        denying.map(|(_, policy)| policy.clone()).collect()
    }

    /// Whether this member alone can lose it, by a change of its roles or of its own policies.
    pub fn is_revocable(&self, held: &Thing) -> bool {
        let is_inherited = self.held[held].iter().any(|(rule, _)| rule == "user_group");
        let direct =
            self.held.values().filter(|reasons| reasons.iter().any(|(rule, _)| rule != "user_group"));
        if !self.is_member || is_inherited || !self.denied(held).is_empty() || direct.count() < 2 {
            return false;
        }
        let all_roles = |policy: &Direct| {
            policy.allows
                && !policy.is_unclear
                && policy.resources > 0
                && policy
                    .gives
                    .iter()
                    .all(|thing| matches!(thing, Thing::Role(id) if self.assigned.contains(id)))
        };
        if !self.has_inherited && self.direct.iter().all(all_roles) {
            return true;
        }
        let giving =
            |thing: &Thing| self.direct.iter().filter(|it| it.gives.contains(thing)).collect::<Vec<_>>();
        let is_certain = |role: &String| matches!(giving(&Thing::Role(role.clone()))[..], [one] if one.permissions == 1 && one.resources == 1);
        let [one] = giving(held)[..] else { return false };
        self.has_both
            && self.direct.iter().all(|policy| !policy.is_unclear)
            && self.assigned.iter().all(is_certain)
            && (one.permissions == 1 || one.resources == 1)
    }
}
