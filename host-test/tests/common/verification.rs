//! Comparisons with the policy tester, and what facts say of last logins.

use host_test::mock::{Account, AttachedPolicy};
use host_test::truth::{Fact, ProviderGroup};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Returns all rules of groups and policies.
fn rules(account: &Account) -> Vec<Value> {
    let own = account.applications.iter().flat_map(|app| &app.policies);
    let own = own.filter_map(|attached| match &attached.policy {
        AttachedPolicy::Own(policy) => Some(policy),
        AttachedPolicy::Reusable(_) => None,
    });
    let policies = account.policies.iter().chain(own);
    let of_policies = policies.flat_map(|it| [&it.include, &it.exclude, &it.require]);
    let of_groups = account.groups.iter().flat_map(|it| [&it.include, &it.exclude, &it.require]);
    of_groups.chain(of_policies).flatten().flatten().cloned().collect()
}

/// Gives everybody a last login, which meets all rules about a group of a provider or none of them,
/// however they are spelled.
pub fn with_logins(mut account: Account, seed: u64) -> Account {
    for user in &mut account.users {
        user.last_successful_login = Some("2026-11-20T08:00:00Z".to_owned());
    }
    let mut account = account.with_last_logins(seed);
    let rules = rules(&account);
    let group = |rule: &Value| ProviderGroup::of(rule).map(|group| group.normal());
    for login in account.last_logins.values_mut() {
        let met: BTreeSet<ProviderGroup> = login.meets.iter().filter_map(group).collect();
        let others = rules.iter().filter(|rule| group(rule).is_some_and(|group| met.contains(&group)));
        login.meets.extend(others.cloned());
        login.meets.dedup();
    }
    account
}

/// Whether facts may name an address, and nobody else has it.
pub fn is_known(account: &Account, address: &str) -> bool {
    let same = account.users.iter().filter_map(|user| user.email.as_deref());
    let is_plain =
        address.is_ascii() && address.matches('@').count() == 1 && !address.contains([' ', '"', ';', ',']);
    is_plain && same.filter(|other| other.eq_ignore_ascii_case(address)).count() == 1
}

/// Returns the facts that the last logins show, about every group that rules name.
pub fn right_facts(account: &Account) -> Vec<Fact> {
    let mut people: BTreeMap<ProviderGroup, Vec<String>> = BTreeMap::new();
    let group = |rule: &Value| ProviderGroup::of(rule).map(|group| group.normal());
    for found in rules(account).iter().filter_map(group) {
        people.entry(found).or_default();
    }
    for user in &account.users {
        let Some(address) = user.email.as_deref().filter(|address| is_known(account, address)) else {
            continue;
        };
        let met = account.last_logins.get(&user.id).map(|login| login.meets.as_slice()).unwrap_or_default();
        for found in met.iter().filter_map(group).collect::<BTreeSet<_>>() {
            people.entry(found).or_default().push(address.to_owned());
        }
    }
    let fact = |(group, addresses): (ProviderGroup, Vec<String>)| Fact {
        provider: group.provider,
        group: group.group,
        addresses,
        source: "Okta".to_owned(),
        as_of: Some("2026-11-20T08:00:00Z".to_owned()),
    };
    people.into_iter().map(fact).collect()
}

/// Returns facts from an earlier time: of every second person in a group, it doesn't know yet, and every
/// second group has somebody who has left.
pub fn stale(mut facts: Vec<Fact>) -> Vec<Fact> {
    let everybody: BTreeSet<String> = facts.iter().flat_map(|fact| fact.addresses.clone()).collect();
    for (at, fact) in facts.iter_mut().enumerate() {
        let mut count = 0;
        fact.addresses.retain(|_| {
            count += 1;
            count % 2 != 0
        });
        if at % 2 == 0 {
            fact.addresses.extend(everybody.iter().nth(at % everybody.len().max(1)).cloned());
        }
    }
    facts
}
