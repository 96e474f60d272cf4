//! User groups from a seed, and members with policies of every sort. The policies are in
//! `random_policies`.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::json;

use crate::mock::account::Account;
use crate::mock::iam::{Inherited, PermissionGroup, Policy, UserGroup};

use super::random::{hex, pick, shuffle, time};
use super::random_policies::{self, Office, SORTS};

impl Account {
    /// Adds so many generated user groups, and policies of every sort that they and the members have:
    ///
    /// - on the account, on zones and on Workers, by id or in place, as an object or as a list;
    /// - that allow or deny, or do what nobody understands;
    /// - for roles that the list has, that it hasn't, and for what only a zone can have;
    /// - those of groups among those of members, or not; by the seed, also among their roles;
    /// - members whose answers lack `policies` or `roles`, and groups without policies or members.
    ///
    /// Fewer groups and members have some of these, by the seed. In odd seeds, permission groups have other
    /// ids than the roles of that name.
    pub fn with_user_groups(mut self, seed: u64, count: usize) -> Account {
        let mut rng = ChaCha8Rng::seed_from_u64(seed ^ 0x0075_7365_7267_7270);
        self.has_own_permission_ids = seed % 2 == 1;
        self.inherited = [Inherited::InPolicies, Inherited::Hidden, Inherited::InRoles][(seed % 3) as usize];
        self.give_permission_ids();
        self.permission_groups.extend(of_zones(&mut rng));
        let mut sorts = SORTS.to_vec();
        shuffle(&mut rng, &mut sorts);
        let groups: Vec<UserGroup> =
            (0..count).map(|number| group(&mut rng, &self, &sorts, number)).collect();
        self.user_groups.extend(groups);
        members(&mut rng, &mut self, &sorts);
        self
    }

    /// Gives the permission groups of roles in policies the ids that the account has for them.
    fn give_permission_ids(&mut self) {
        let mut members = std::mem::take(&mut self.members);
        for policy in members.iter_mut().flat_map(|member| &mut member.policies) {
            for group in &mut policy.permission_groups {
                if let Some(role) = self.role(&group.id) {
                    *group = self.permission_group(role);
                }
            }
        }
        self.members = members;
    }
}

/// Returns permission groups for zones and for single resources, and one whose `meta` has the other form.
fn of_zones(rng: &mut ChaCha8Rng) -> Vec<PermissionGroup> {
    let mut group = |name: &str, meta| PermissionGroup { id: hex(rng), name: name.into(), meta: Some(meta) };
    let scoped = |scopes: &str| json!({ "label": "scoped", "editable": "false", "scopes": scopes });
    vec![
        group("Domain Administrator", scoped("com.cloudflare.api.account.zone")),
        group("Worker Editor", scoped("com.cloudflare.api.account.worker")),
        group("Newly invented", json!({ "key": "label", "value": "newly_invented" })),
    ]
}

/// Makes a group. Most have some tenth of the members and up to three policies.
fn group(
    rng: &mut ChaCha8Rng,
    account: &Account,
    sorts: &[random_policies::Sort],
    number: usize,
) -> UserGroup {
    let share = *pick(rng, &[0.1, 0.3, 0.6]);
    let is_in = |_: &&_| rng.random_bool(if number % 7 == 5 { 0.0 } else { share });
    let mut members: Vec<String> =
        account.members.iter().filter(is_in).map(|member| member.id.clone()).collect();
    shuffle(rng, &mut members);
    let id = hex(rng);
    let mut policies: Vec<Policy> = Vec::new();
    let mut office = Office { rng, account };
    policies.extend(sorts.get(number).and_then(|sort| sort(&mut office)));
    for _ in 0..office.rng.random_range(0..3) {
        policies.extend(random_policies::everyday(&mut office));
    }
    UserGroup {
        id,
        name: format!("User group {number:03}"),
        created_on: time(rng, 2025),
        modified_on: time(rng, 2026),
        policies: match number % 9 {
            4 => None,
            8 => Some(Vec::new()),
            _ => Some(policies),
        },
        members,
        is_managed: number % 4 == 3,
    }
}

/// Gives members the policies of every sort, one each, and takes fields from the answers about some.
fn members(rng: &mut ChaCha8Rng, account: &mut Account, sorts: &[random_policies::Sort]) {
    let mut all = std::mem::take(&mut account.members);
    let groups: Vec<Policy> =
        account.user_groups.iter().flat_map(|group| group.policies.iter().flatten()).cloned().collect();
    // The first five are what other generators made them.
    for (number, member) in all.iter_mut().enumerate().skip(5) {
        match number % 4 {
            1 => {}
            2 if number % 3 == 0 => {
                member.policies.extend(random_policies::everyday(&mut Office { rng, account }));
            }
            _ => {
                let sort = sorts[number % sorts.len()];
                member.policies.extend(sort(&mut Office { rng, account }));
            }
        }
        match number % 13 {
            // The policies say more than the roles.
            2 => member.roles.clear(),
            3 => member.without = &["policies"],
            5 => member.without = &["roles"],
            // A policy of a group, though the group may not have the member.
            7 if !groups.is_empty() => {
                let policy = pick(rng, &groups).clone();
                if member.policies.iter().all(|own| own.id != policy.id) {
                    member.policies.push(policy);
                }
            }
            // One role less, though a policy gives it.
            11 => drop(member.roles.pop()),
            _ => {}
        }
    }
    account.members = all;
}
