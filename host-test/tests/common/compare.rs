//! The comparison of a whole read with the truth.

use crate::common::held::held;
use crate::common::reach::{compare_applications, compare_entitlement, compare_passages};
use crate::common::roles::compare_roles;
use crate::common::whole::{Whole, grant_id};
use connector_host::contract::Grant;
use host_test::mock::Account;
use host_test::truth::{self, Held, Truth};
use std::collections::{BTreeMap, BTreeSet};

fn held_by(grant: &Grant) -> Held {
    let Grant { basis, conditions, revocable, .. } = grant;
    let basis = basis.iter().map(|basis| (basis.rule.clone(), basis.value.clone()));
    assert!(conditions.len() < 2, "a group has at most one alternative: {grant:?}");
    assert!(grant.basis.iter().all(|basis| basis.through.is_none()), "{grant:?}");
    let conditions = conditions.first().map(|it| [&it.any_of[..], &it.all_of[..], &it.none_of[..]]);
    held(basis, conditions, *revocable)
}

/// Compares a sync of everything but the kinds that must be named with the truth, grant by grant.
pub fn compare(whole: &Whole, account: &Account) {
    compare_all(whole, account, false);
}

/// Compares a sync with the truth, grant by grant. `has_tokens` says that the kinds that must be named
/// are there, too.
pub fn compare_all(whole: &Whole, account: &Account, has_tokens: bool) {
    compare_with(whole, account, has_tokens, truth::account(account));
}

/// Compares a sync with this truth of the account, as [`compare_all`] does.
pub fn compare_with(whole: &Whole, account: &Account, has_tokens: bool, mut truth: Truth) {
    whole.assert_nothing_twice();
    compare_passages(whole, &truth, has_tokens);
    compare_applications(whole, account, &truth, has_tokens);
    compare_roles(whole, account, &truth.roles);
    truth.grants.retain(|id, _| has_tokens || !id.contains(":member:service-token:"));
    let on_apps = |grant: &&Grant| grant.entitlement.starts_with("app:");
    let given: BTreeMap<String, Held> = whole
        .grants
        .iter()
        .filter(|grant| !on_apps(grant))
        .map(|grant| (grant_id(grant), held_by(grant)))
        .collect();
    let missing: Vec<_> = truth.grants.keys().filter(|id| !given.contains_key(*id)).take(5).collect();
    let untrue: Vec<_> = given.iter().filter(|(id, _)| !truth.grants.contains_key(*id)).take(5).collect();
    assert!(missing.is_empty() && untrue.is_empty(), "missing: {missing:?}, untrue: {untrue:?}");
    let differences = given.iter().filter(|(id, held)| **held != truth.grants[*id]).take(5);
    let differences: Vec<_> = differences
        .map(|(id, held)| format!("{id}: given {held:?}, in truth {:?}", truth.grants[id]))
        .collect();
    assert!(differences.is_empty(), "{differences:#?}");
    for entitlement in &whole.entitlements {
        let on =
            whole.of_kind(&entitlement.on.kind).into_iter().find(|it| it.id.id == entitlement.on.id).unwrap();
        assert!(entitlement.display_name.contains(&on.display_name), "{entitlement:?}");
        let (slug, holders): (_, &[&str]) = match on.id.kind.as_str() {
            "app" => {
                compare_entitlement(entitlement, account, &truth);
                continue;
            }
            "group" => ("member", &["user", "member", "email", "service-token"]),
            "user-group" => ("member", &["member"]),
            _ => ("assigned", &["user-group", "member"]),
        };
        assert_eq!(entitlement.id, format!("{}:{}:{slug}", on.id.kind, on.id.id));
        assert_eq!(
            (entitlement.slug.as_str(), entitlement.grantable_to.as_slice()),
            (slug, holders.iter().map(ToString::to_string).collect::<Vec<_>>().as_slice())
        );
    }
    let ids =
        |kind: &str| -> BTreeSet<String> { whole.of_kind(kind).iter().map(|it| it.id.id.clone()).collect() };
    let expected = |ids: Vec<&String>| -> BTreeSet<String> { ids.into_iter().cloned().collect() };
    assert_eq!(ids("email"), truth.emails);
    assert_eq!(ids("user"), expected(account.users.iter().map(|it| &it.id).collect()));
    assert_eq!(ids("member"), expected(account.members.iter().map(|it| &it.id).collect()));
    assert_eq!(ids("group"), expected(account.groups.iter().map(|it| &it.id).collect()));
}
