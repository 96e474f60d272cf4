//! Generated user groups and policies: each sort is there, and the truth says something of each.

use host_test::mock::{Account, Inherited, Size};
use host_test::truth;
use serde_json::Value;
use std::collections::BTreeSet;

const SIZE: Size = Size { users: 30, members: 120, groups: 0, roles: 12 };

fn generated(seed: u64) -> Account {
    Account::generate(seed, SIZE).with_user_groups(seed, 40)
}

#[test]
fn the_same_seed_makes_the_same_account() {
    assert_eq!(generated(4), generated(4));
    assert_ne!(generated(4).user_groups, generated(5).user_groups);
    assert_eq!(generated(4).user_groups.len(), 40);
    // The other generators make the same as ever.
    let (before, after) = (Account::generate(4, SIZE), generated(4));
    assert_eq!((before.roles, before.users), (after.roles, after.users));
    assert_eq!(before.members.len(), after.members.len());
    for size in
        [Size::default(), Size { members: 1, ..Size::default() }, Size { roles: 1, ..Size::default() }]
    {
        assert_eq!(Account::generate(1, size).with_user_groups(1, 30).user_groups.len(), 30);
    }
}

#[test]
fn every_shape_of_a_policy_is_there() {
    let account = generated(1);
    let policies: Vec<Value> =
        account.all_policies().map(|policy| serde_json::to_value(policy).unwrap()).collect();
    let groups = |field: &'static str| {
        policies.iter().flat_map(move |policy| policy[field].as_array().unwrap().iter().cloned())
    };
    let scopes = || groups("resource_groups").map(|group| group["scope"].clone());
    assert!(scopes().any(|scope| scope.as_array().is_some_and(|all| all.len() == 1)));
    assert!(scopes().any(|scope| scope.as_array().is_some_and(|all| all.len() == 2)));
    assert!(scopes().any(|scope| scope.is_null()));
    let key = |part: &str| scopes().any(|scope| scope["key"].as_str().is_some_and(|key| key.contains(part)));
    assert!(key(".zone.") && key(&account.id) && key(&account.id.to_ascii_uppercase()));
    assert!(scopes().any(|scope| scope["objects"].as_array().is_some_and(|objects| objects.len() > 3)));
    assert!(groups("resource_groups").any(|group| group.get("id").is_none()));
    assert!(groups("resource_groups").any(|group| group.get("meta").is_some()));
    assert!(groups("permission_groups").any(|group| group.get("id").is_none()));
    let access: BTreeSet<_> = policies.iter().filter_map(|policy| policy["access"].as_str()).collect();
    assert_eq!(access.into_iter().collect::<Vec<_>>(), ["allow", "audit", "deny"]);
    let metas: Vec<Value> = (0..6)
        .flat_map(|seed| generated(seed).all_policies().cloned().collect::<Vec<_>>())
        .flat_map(|policy| policy.permission_groups)
        .filter_map(|group| group.meta)
        .collect();
    assert!(metas.iter().any(|meta| meta.get("key").is_some()));
    assert!(metas.iter().any(|meta| meta.get("scopes").is_some()));

    for field in ["policies", "roles"] {
        assert!(account.members.iter().any(|member| member.without.contains(&field)), "{field}");
    }
    let groups = &account.user_groups;
    assert!(
        groups.iter().any(|group| group.is_managed) && groups.iter().any(|group| group.members.is_empty())
    );
    assert!(groups.iter().any(|group| group.policies.is_none()));
    let forms: Vec<Inherited> = (0..3).map(|seed| generated(seed).inherited).collect();
    assert_eq!(forms, [Inherited::InPolicies, Inherited::Hidden, Inherited::InRoles]);
}

#[test]
fn there_is_something_to_say_of_every_sort() {
    for seed in 0..4 {
        let truth = truth::account(&generated(seed));
        let count = |wanted: &dyn Fn(&str, &truth::Held) -> bool| {
            truth.grants.iter().filter(|(id, held)| wanted(id, held)).count()
        };
        for on in ["role", "scoped-role"] {
            for by in ["member", "user-group"] {
                let of =
                    |id: &str| id.starts_with(&format!("{on}:")) && id.contains(&format!(":assigned:{by}:"));
                assert!(count(&|id, _| of(id)) > 5, "{on} of {by}");
                let revocable = count(&|id, held| of(id) && held.revocable);
                assert_eq!(revocable > 0, by == "member", "{on} of {by}");
            }
        }
        for rule in ["role", "policy", "user_group"] {
            assert!(count(&|_, held| held.basis.iter().any(|basis| basis.0 == rule)) > 5, "{rule}");
        }
        assert!(count(&|_, held| held.basis.len() > 1) > 5, "for two reasons");
        assert!(count(&|id, _| id.starts_with("user-group:")) > 20);
        let roles = &truth.roles;
        assert!(roles.scoped_roles.values().any(|role| role.parent.is_some()));
        assert!(roles.scoped_roles.values().any(|role| role.parent.is_none()));
        assert!(!roles.denied.is_empty() && roles.denying.len() > 2 && roles.unexplained.len() > 2);
        assert!(roles.roles.len() > SIZE.roles, "some roles aren't in the list");
    }
}
