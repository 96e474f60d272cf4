//! Somebody who holds roles: a member, or a user group.

use super::policy::{Pair, Permission, Policy};
use super::scope::Place;
use super::world::{Role, World, text};
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
    /// Whether a policy of its own denies something.
    pub is_denying: bool,
    /// The permission groups that policies deny, with the policy's id, also those of its groups.
    pub denying: Vec<(Permission, String)>,
    /// The permission groups behind what is held.
    permissions: BTreeMap<Thing, BTreeSet<Permission>>,
    is_member: bool,
    /// The member's own policies, whose reasons are direct.
    direct: Vec<Direct>,
    /// The roles that the member has of itself.
    assigned: BTreeSet<String>,
    /// Whether the answers about a member show roles.
    shows_roles: bool,
    has_inherited: bool,
}

/// A policy of one's own, and what it gives.
struct Direct {
    allows: bool,
    /// Each with the numbers of its permission group and of its resource group.
    gives: Vec<(Thing, (usize, usize))>,
    permissions: usize,
    resources: usize,
}

impl Direct {
    fn gives(&self, wanted: &Thing) -> bool {
        self.gives.iter().any(|(thing, _)| thing == wanted)
    }

    /// Whether a part of the policy can go, so that this is lost and nothing else: a resource group, if there
    /// is one permission group alone, or the other way round.
    fn can_lose(&self, wanted: &Thing) -> bool {
        let of = |number: fn(&(usize, usize)) -> usize| {
            let parts: BTreeSet<usize> =
                self.gives.iter().filter(|(thing, _)| thing == wanted).map(|(_, at)| number(at)).collect();
            let mut gone = self.gives.iter().filter(|(_, at)| parts.contains(&number(at)));
            gone.all(|(thing, _)| thing == wanted)
        };
        match (self.permissions, self.resources) {
            (1, _) => of(|(_, resource)| *resource),
            (_, 1) => of(|(permission, _)| *permission),
            _ => false,
        }
    }
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
        holder.is_denying = !holder.denying.is_empty();
        holder
    }

    pub fn of_member(world: &World, member: &Value) -> Holder {
        let id = text(&member["id"]);
        let own: Vec<Role> =
            member["roles"].as_array().into_iter().flatten().filter_map(Role::read).collect();
        let mut holder = Holder { principal: format!("member:{id}"), is_member: true, ..Holder::default() };
        let has = |field: &str| member.get(field).is_some();
        holder.shows_roles = has("roles");
        holder.is_unclear |= !has("roles") && !has("policies");

        let mut inherited: BTreeSet<Thing> = BTreeSet::new();
        let mut mine: BTreeSet<Thing> = BTreeSet::new();
        for policy in holder.policies(world, &member["policies"], !has("policies")) {
            let groups = world.groups_with(&policy.id);
            if groups.is_empty() {
                let gives = holder.take(world, &policy, &own, &[("policy".to_owned(), policy.id.clone())]);
                mine.extend(gives.iter().map(|(thing, _)| thing.clone()));
                holder.is_denying |= policy.allows == Some(false) && !policy.pairs.is_empty();
                holder.direct.push(Direct {
                    allows: policy.allows == Some(true),
                    gives,
                    permissions: policy.permissions,
                    resources: policy.resources,
                });
            } else {
                holder.has_inherited = true;
                let reasons: Vec<Reason> =
                    groups.into_iter().map(|group| ("user_group".to_owned(), group)).collect();
                holder.inherit(world, &policy, &reasons);
                // The member's roles may show it, too.
                let mut mirror = Holder::default();
                let gives = mirror.take(world, &policy, &own, &reasons);
                inherited.extend(gives.into_iter().map(|(thing, _)| thing));
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
            for policy in group["policies"].as_array().into_iter().flatten() {
                let policy = Policy::read(&world.account, policy);
                holder.inherit(world, &policy, std::slice::from_ref(&reason));
            }
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

    /// Adds what a policy of a group gives or denies, as the group has it. What isn't understood is told of
    /// the group.
    fn inherit(&mut self, world: &World, policy: &Policy, reasons: &[Reason]) {
        let was_unclear = self.is_unclear;
        self.take(world, policy, &[], reasons);
        self.is_unclear = was_unclear;
    }

    /// Adds what a policy gives or denies, for these reasons. Returns what it gives.
    fn take(
        &mut self,
        world: &World,
        policy: &Policy,
        own: &[Role],
        reasons: &[Reason],
    ) -> Vec<(Thing, (usize, usize))> {
        self.is_unclear |= policy.is_unclear;
        let mut gives = Vec::new();
        for Pair { permission, place, numbers } in &policy.pairs {
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
            gives.push((thing, *numbers));
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
                && policy.resources > 0
                && policy
                    .gives
                    .iter()
                    .all(|(thing, _)| matches!(thing, Thing::Role(id) if self.assigned.contains(id)))
        };
        let giving = |thing: &Thing| -> Vec<&(Thing, (usize, usize))> {
            self.direct.iter().flat_map(|policy| &policy.gives).filter(|(given, _)| given == thing).collect()
        };
        // Such a role may only be shown because a user group gives it.
        let is_doubtful = |role: &String| {
            let thing = Thing::Role(role.clone());
            giving(&thing).is_empty() && self.held[&thing].iter().any(|(rule, _)| rule == "user_group")
        };
        if !self.shows_roles || self.is_unclear || self.assigned.iter().any(is_doubtful) {
            return false;
        }
        if !self.has_inherited && self.direct.iter().all(all_roles) {
            return true;
        }
        self.assigned.iter().all(|role| giving(&Thing::Role(role.clone())).len() == 1)
            && self.direct.iter().filter(|policy| policy.gives(held)).all(|policy| policy.can_lose(held))
    }
}
