//! The comparison of what a read says of roles, scoped roles and user groups with the truth.

use crate::common::whole::{Whole, grant_id};
use connector_host::contract::Resource;
use host_test::mock::Account;
use host_test::truth::Roles;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

/// Asserts that both are the same, and shows the first differences alone.
fn same<T: PartialEq + Debug>(what: &str, given: BTreeMap<String, T>, truth: &BTreeMap<String, T>) {
    let ids: BTreeSet<&String> = given.keys().chain(truth.keys()).collect();
    let differences: Vec<_> = ids
        .into_iter()
        .filter(|id| given.get(*id) != truth.get(*id))
        .map(|id| format!("{id}: given {:?}, in truth {:?}", given.get(id), truth.get(id)))
        .take(5)
        .collect();
    assert!(differences.is_empty(), "{what}: {differences:#?}");
}

/// Returns a set in the form of [`same`].
fn each(set: impl IntoIterator<Item = String>) -> BTreeMap<String, ()> {
    set.into_iter().map(|id| (id, ())).collect()
}

/// Compares roles, scoped roles, user groups, what denies them, and whom a warning is about.
pub fn compare_roles(whole: &Whole, account: &Account, truth: &Roles) {
    let named = |kind: &str| -> BTreeMap<String, &Resource> {
        whole.of_kind(kind).into_iter().map(|it| (it.id.id.clone(), it)).collect()
    };
    let names = |kind: &str| -> BTreeMap<String, String> {
        named(kind).into_iter().map(|(id, it)| (id, it.display_name.clone())).collect()
    };
    same("role", names("role"), &truth.roles);
    let groups = account.user_groups.iter().map(|group| (group.id.clone(), group.name.clone()));
    same("user group", names("user-group"), &groups.collect());
    for group in &account.user_groups {
        let profile: Value = serde_json::from_str(&named("user-group")[&group.id].profile).unwrap();
        let policies = serde_json::to_value(&group.policies).unwrap();
        assert_eq!(profile.get("policies").cloned().unwrap_or_default(), policies, "{}", group.name);
    }

    let scoped = named("scoped-role");
    let shown: BTreeMap<String, String> =
        scoped.iter().map(|(id, it)| (id.clone(), it.display_name.clone())).collect();
    let expected = truth.scoped_roles.iter().map(|(id, role)| (id.clone(), role.name.clone()));
    same("scoped role", shown, &expected.collect());
    for (id, role) in &truth.scoped_roles {
        let parent = scoped[id].parent.as_ref().map(|parent| {
            assert_eq!(parent.kind, "role");
            parent.id.clone()
        });
        assert_eq!(parent, role.parent, "{id}");
    }

    let denied: BTreeMap<String, BTreeSet<String>> = whole
        .grants
        .iter()
        // Those that facts speak of are never about roles.
        .filter(|grant| grant.extra != "{}" && !grant.extra.contains(r#""expected":"#))
        .map(|grant| {
            let extra: Value = serde_json::from_str(&grant.extra).unwrap();
            assert_eq!(extra.as_object().unwrap().len(), 1, "{extra}");
            let policies = extra["denied_by"].as_array().unwrap().iter();
            (grant_id(grant), policies.map(|id| id.as_str().unwrap().to_owned()).collect())
        })
        .collect();
    same("denied", denied, &truth.denied);

    let of = |code: &'static str| whole.warnings.iter().filter(move |warning| warning.code == code);
    let about = |code: &'static str| -> BTreeSet<String> {
        let warned = of(code).filter_map(|warning| warning.about.as_ref());
        warned.map(|about| format!("{}:{}", about.kind, about.id)).collect()
    };
    same("denying", each(about("policy-denies")), &each(truth.denying.clone()));
    let mut unexplained = about("role-not-shown");
    unexplained.append(&mut about("roles-not-understood"));
    same("unexplained", each(unexplained), &each(truth.unexplained.clone()));
    assert!(of("role-not-shown").all(|warning| warning.incomplete));
}
