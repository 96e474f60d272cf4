//! Who holds what in a mock account, evaluated slowly and straight from the raw rules: what a sync
//! is compared with.
//!
//! It follows the project's semantics of access groups to the letter, in Kleene's three values, and
//! shares no code with the connector. A person is *named* by a group when an include rule that
//! identity decides says yes; a grant is given exactly when they are named and the group is not
//! *no* for them.

mod evaluator;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::mock::{self, Account};
use evaluator::World;
pub use evaluator::{Conditions, Held, Kind, Lists, Principal, evaluate};

/// What a whole account holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Truth {
    /// By the grant's id: `group:<id>:member:user:<id>`, `role:<id>:assigned:member:<id>`.
    pub grants: BTreeMap<String, Held>,
    /// The addresses, in lower case, that hold something though no user and no member has them.
    pub emails: BTreeSet<String>,
}

/// Everything that a full read of the account has to give.
pub fn account(account: &Account) -> Truth {
    let groups: Vec<Value> =
        account.groups.iter().map(|group| serde_json::to_value(group).expect("a group is JSON")).collect();
    let lists: Lists = account.lists.iter().map(|list| (list.id.clone(), Some(list.items.clone()))).collect();
    let world = World::new(&account.id, &groups, &lists);
    let mut truth = Truth::default();

    for user in &account.users {
        let principal = Principal { kind: Kind::User, address: user.email.clone(), status: None };
        truth.add_groups(&world, &principal, &user.id);
    }
    for member in &account.members {
        let address = member.address().map(str::to_owned);
        let principal = Principal { kind: Kind::Member, address, status: Some(member.status.clone()) };
        truth.add_groups(&world, &principal, &member.id);
        truth.add_roles(&account.id, member);
    }
    let users = account.users.iter().filter_map(|user| user.email.as_deref());
    let matched: BTreeSet<String> = users
        .chain(account.members.iter().filter_map(mock::Member::address))
        .map(str::to_ascii_lowercase)
        .collect();
    for address in world.included_addresses().difference(&matched) {
        let principal = Principal { kind: Kind::Email, address: Some(address.clone()), status: None };
        if truth.add_groups(&world, &principal, address) {
            truth.emails.insert(address.clone());
        }
    }
    truth
}

impl Truth {
    /// Whether there was anything to add.
    fn add_groups(&mut self, world: &World, principal: &Principal, id: &str) -> bool {
        let mut any = false;
        for (group, held) in world.holdings(principal) {
            if let Some(held) = held {
                any = true;
                self.grants.insert(format!("group:{group}:member:{}:{id}", principal.kind.as_str()), held);
            }
        }
        any
    }

    fn add_roles(&mut self, account_id: &str, member: &mock::Member) {
        if member.status == "rejected" {
            return;
        }
        let roles: BTreeSet<&String> = member.roles.iter().collect();
        let wide = format!("com.cloudflare.api.account.{account_id}");
        let is_wide = |group: &mock::ResourceGroup| {
            group.scope.key == wide && group.scope.objects.iter().any(|object| object.key == "*")
        };
        let all_wide = member
            .policies
            .iter()
            .all(|policy| !policy.resource_groups.is_empty() && policy.resource_groups.iter().all(is_wide));
        let all_explained = member.policies.iter().all(|policy| {
            policy.access == "allow" && policy.permission_groups.iter().all(|group| roles.contains(&group.id))
        });
        for role in &roles {
            let held = Held {
                conditions: None,
                basis: vec![("role".into(), (*role).clone())],
                revocable: roles.len() > 1 && all_wide && all_explained,
            };
            self.grants.insert(format!("role:{role}:assigned:member:{}", member.id), held);
        }
    }
}
