//! A whole read against the truth.

// Each test that includes this file uses a part of it.
#![allow(dead_code)]

use crate::whole::{Whole, grant_id};
use host_test::host::contract::Grant;
use host_test::mock::Account;
use host_test::truth::{self, Conditions, Held};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

fn parsed(rules: &[String]) -> Vec<Value> {
    rules.iter().map(|rule| raw_rule(serde_json::from_str(rule).unwrap())).collect()
}

/// The rule as Cloudflare gives it: one that is no object stands in a condition as an object.
pub fn raw_rule(mut condition: Value) -> Value {
    assert!(condition.is_object(), "{condition}");
    match condition.get_mut("not_understood") {
        Some(raw) if !raw.is_object() => raw.take(),
        _ => condition,
    }
}

/// What a grant of the contract's says, or one that the core gives natively: they have the same fields.
macro_rules! held {
    ($grant:expr) => {{
        let grant = $grant;
        let mut basis: Vec<_> = grant.basis.iter().map(|basis| (basis.rule.clone(), basis.value.clone())).collect();
        basis.sort();
        let conditions = grant.conditions.as_ref().map(|conditions| Conditions {
            any_of: parsed(&conditions.any_of),
            all_of: parsed(&conditions.all_of),
            none_of: parsed(&conditions.none_of),
        });
        Held { conditions, basis, revocable: grant.revocable }
    }};
}

fn held(grant: &Grant) -> Held {
    held!(grant)
}

pub fn held_natively(grant: &cloudflare_zero_trust::model::Grant) -> Held {
    held!(grant)
}

/// Holds a sync against the truth, grant by grant.
pub fn compare(whole: &Whole, account: &Account) {
    whole.assert_nothing_twice();
    let truth = truth::account(account);
    let given: BTreeMap<String, Held> = whole.grants.iter().map(|grant| (grant_id(grant), held(grant))).collect();
    let missing: Vec<_> = truth.grants.keys().filter(|id| !given.contains_key(*id)).take(5).collect();
    let untrue: Vec<_> = given.keys().filter(|id| !truth.grants.contains_key(*id)).take(5).collect();
    assert!(missing.is_empty() && untrue.is_empty(), "missing: {missing:?}, untrue: {untrue:?}");
    for (id, held) in &given {
        assert_eq!(held, &truth.grants[id], "{id}");
    }
    for entitlement in &whole.entitlements {
        let on = whole.of_kind(&entitlement.on.kind).into_iter().find(|it| it.id.id == entitlement.on.id).unwrap();
        let (slug, holders): (_, &[&str]) =
            if on.id.kind == "group" { ("member", &["user", "member", "email"]) } else { ("assigned", &["member"]) };
        assert_eq!(entitlement.id, format!("{}:{}:{slug}", on.id.kind, on.id.id));
        assert_eq!(entitlement.slug, slug);
        assert_eq!(entitlement.grantable_to, holders);
        assert!(entitlement.display_name.contains(&on.display_name), "{entitlement:?}");
    }
    let ids = |kind: &str| -> BTreeSet<String> { whole.of_kind(kind).iter().map(|it| it.id.id.clone()).collect() };
    let expected = |ids: Vec<&String>| -> BTreeSet<String> { ids.into_iter().cloned().collect() };
    assert_eq!(ids("email"), truth.emails);
    assert_eq!(ids("user"), expected(account.users.iter().map(|it| &it.id).collect()));
    assert_eq!(ids("member"), expected(account.members.iter().map(|it| &it.id).collect()));
    assert_eq!(ids("group"), expected(account.groups.iter().map(|it| &it.id).collect()));
    let held: Vec<&String> =
        account.members.iter().filter(|it| it.status != "rejected").flat_map(|member| &member.roles).collect();
    let roles = account.roles.iter().map(|it| &it.id).chain(held).collect();
    assert_eq!(ids("role"), expected(roles));
}
