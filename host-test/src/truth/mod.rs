//! The truth that a sync is compared with: who holds what in a mock account.
//!
//! It is evaluated slowly and straight from the raw rules, in Kleene's three values, and shares no
//! code with the connector. A group *names* a person if an include rule that identity decides says
//! yes. There is a grant exactly if the group names the person and is not *no* for them.

mod roles;
mod rules;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::mock::{self, Account};
use rules::World;
pub use rules::{Conditions, Held, Kind, Lists, Principal, evaluate, unclear};

/// All grants of an account.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Truth {
    /// The grants by id: `group:<id>:member:user:<id>`, `role:<id>:assigned:member:<id>`.
    pub grants: BTreeMap<String, Held>,
    /// The addresses, in lower case, that hold a grant though no user and no member has them.
    pub emails: BTreeSet<String>,
}

/// Returns everything that a full sync of the account has to emit.
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
        truth.grants.extend(roles::of_member(&account.id, member));
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
    /// Adds a principal's memberships. Returns whether there are any.
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
}
