//! Facts about groups of identity providers, and what a read says of them.

use crate::common::compare::compare_with;
use crate::common::whole::{Whole, grant_id};
use connector_host::contract::{GroupFacts, ProviderGroup, ResourceId};
use host_test::mock::Account;
use host_test::truth::{self, Expected, Fact};
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Returns facts in the contract's form.
pub fn given(facts: &[Fact]) -> Vec<GroupFacts> {
    let of_fact = |fact: &Fact| GroupFacts {
        group: ProviderGroup {
            provider: ResourceId { kind: "identity-provider".to_owned(), id: fact.provider.clone() },
            group: fact.group.clone(),
        },
        addresses: fact.addresses.clone(),
        source: fact.source.clone(),
        as_of: fact.as_of.clone(),
    };
    facts.iter().map(of_fact).collect()
}

/// Makes facts about most of the groups that an account's rules name, and about one that none names. They
/// are of two sources, of which one is late, and they know people whom the account doesn't.
pub fn about(account: &Account, seed: u64) -> Vec<Fact> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let users = account.users.iter().filter_map(|user| user.email.clone());
    let members = account.members.iter().filter_map(|member| member.address().map(str::to_owned));
    let mut people: Vec<String> = users.chain(members).filter(|address| is_plain(address)).collect();
    people.extend((0..3).map(|number| format!("Only.Facts{number}@partner.example")));
    let mut facts = Vec::new();
    for (group, _) in truth::account(account).provider_groups {
        for (source, as_of) in [("Okta", Some("2026-11-20T08:00:00Z")), ("Last year's list", None)] {
            if rng.random_bool(0.4) {
                continue;
            }
            let count = rng.random_range(0..people.len().min(9));
            let some = people.sample(&mut rng, count).map(|address| address.to_ascii_uppercase());
            facts.push(Fact {
                provider: group.provider.to_ascii_uppercase(),
                group: group.group.clone(),
                addresses: some.collect(),
                source: source.to_owned(),
                as_of: as_of.map(str::to_owned),
            });
        }
    }
    let strange = Fact {
        provider: "nowhere".to_owned(),
        group: "Nobody names it".to_owned(),
        addresses: people,
        source: "Strange".to_owned(),
        as_of: None,
    };
    facts.push(strange);
    facts
}

/// Whether facts may name the address: those that aren't plain ones are refused.
fn is_plain(address: &str) -> bool {
    address.is_ascii() && address.matches('@').count() == 1 && !address.contains([' ', '"'])
}

/// Returns what the grants say of facts, by their ids.
pub fn told(whole: &Whole) -> BTreeMap<String, Expected> {
    let told = whole.grants.iter().filter_map(|grant| {
        let extra: Value = serde_json::from_str(&grant.extra).unwrap();
        let holds = extra.get("expected")?.as_bool().unwrap();
        let text = |name: &str| extra.get(name).map(|text| text.as_str().unwrap().to_owned());
        assert!(!grant.conditions.is_empty(), "{grant:?}");
        Some((grant_id(grant), Expected { holds, source: text("source").unwrap(), as_of: text("as_of") }))
    });
    told.collect()
}

/// Compares a sync of a session that was told facts with the truth.
pub fn compare_with_facts(whole: &Whole, account: &Account, has_tokens: bool, facts: &[Fact]) {
    let truth = truth::account_with(account, facts);
    compare_with(whole, account, has_tokens, truth.clone());
    let (told, truth) = (told(whole), truth.expected);
    let ids: BTreeSet<&String> = told.keys().chain(truth.keys()).collect();
    for id in ids {
        assert_eq!(told.get(id), truth.get(id), "{id}");
    }
}
