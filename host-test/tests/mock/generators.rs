//! The accounts that the generators make.

use std::collections::{BTreeMap, BTreeSet};

use host_test::mock::{Account, Group, SUPER_ADMINISTRATOR, Size};
use host_test::truth;
use serde_json::Value;

const BIG: Size = Size { users: 3000, members: 200, groups: 300, roles: 90 };

fn rules(group: &Group) -> impl Iterator<Item = &Value> {
    [&group.include, &group.exclude, &group.require].into_iter().flatten().flatten()
}

fn included(account: &Account) -> impl Iterator<Item = &Value> {
    account.groups.iter().filter_map(|group| group.include.as_ref()).flatten()
}

/// Returns the values of a field in the rules of a kind.
fn values(
    rules: impl Iterator<Item = impl std::borrow::Borrow<Value>>,
    kind: &str,
    field: &str,
) -> Vec<String> {
    rules.filter_map(|rule| rule.borrow()[kind][field].as_str().map(str::to_owned)).collect()
}

#[test]
fn the_same_seed_gives_the_same_account() {
    let size = Size { users: 300, members: 40, groups: 40, roles: 20 };
    assert_eq!(Account::generate(7, size), Account::generate(7, size));
    assert_ne!(Account::generate(7, size), Account::generate(8, size));
    assert_eq!(Account::company(), Account::company());
}

#[test]
fn sizes_are_exact_and_ids_unique() {
    let sizes = [
        (0, 0, 0, 0),
        (1, 0, 0, 0),
        (0, 1, 1, 0),
        (0, 0, 3, 2),
        (3, 9, 5, 1),
        (1, 1, 1, 1),
        (2000, 51, 300, 51),
    ];
    for (users, members, groups, roles) in sizes {
        let account = Account::generate(5, Size { users, members, groups, roles });
        let lengths = [account.users.len(), account.members.len(), account.groups.len(), account.roles.len()];
        assert_eq!(lengths, [users, members, groups, roles]);
        let ids = account.users.iter().map(|user| &user.id);
        let ids = ids
            .chain(account.members.iter().map(|member| &member.id))
            .chain(account.groups.iter().map(|group| &group.id));
        let ids: BTreeSet<_> = ids.chain(account.roles.iter().map(|role| &role.id)).collect();
        assert_eq!(ids.len(), users + members + groups + roles);
        assert!(account.groups.iter().all(|group| rules(group).count() <= 1000));
    }
}

#[test]
fn half_a_million_users_are_no_trouble() {
    let account = Account::generate(2, Size { users: 500_000, members: 10, groups: 3, roles: 3 });
    let addresses: BTreeSet<_> = account.users.iter().filter_map(|user| user.email.as_deref()).collect();
    assert_eq!(addresses.len(), 499_999, "all but the one without have their own");
}

#[test]
fn every_rule_kind_is_there() {
    let account = Account::generate(1, BIG);
    let kinds: BTreeSet<&str> = account
        .groups
        .iter()
        .flat_map(rules)
        .filter_map(Value::as_object)
        .flat_map(|rule| rule.keys().map(String::as_str))
        .collect();
    let known = [
        "any_valid_service_token",
        "auth_context",
        "auth_method",
        "azureAD",
        "certificate",
        "cloudflare_account_member",
        "common_name",
        "device_posture",
        "email",
        "email_domain",
        "email_list",
        "everyone",
        "external_evaluation",
        "geo",
        "github-organization",
        "group",
        "gsuite",
        "ip",
        "ip_list",
        "linked_app_token",
        "login_method",
        "oidc",
        "okta",
        "quantum_badge",
        "saml",
        "service_token",
        "user_risk_score",
    ];
    assert_eq!(kinds, known.into());
}

#[test]
fn rules_that_are_hard_to_read_are_there() {
    let account = Account::generate(1, BIG);
    let all: Vec<&Value> = account.groups.iter().flat_map(rules).collect();
    let has = |wanted: &str| all.contains(&&serde_json::from_str(wanted).unwrap());
    assert!(has(r#"{"common_name":{"common_name":null}}"#), "hollow");
    assert!(has(r#"{"everyone":null}"#) && has("{}"), "not understood");
    assert!(all.iter().any(|rule| rule.as_object().is_some_and(|keys| keys.len() == 2)), "two keys");
    let named = values(all.iter().copied(), "email", "email");
    assert!(named.iter().any(|address| !address.is_ascii()), "non-ASCII");
    assert!(named.iter().any(|address| address.bytes().any(|byte| byte.is_ascii_uppercase())), "mixed case");
    assert!(account.groups.iter().any(|group| group.include.is_none()), "no include");

    let lists: BTreeMap<_, _> =
        account.lists.iter().map(|list| (list.id.clone(), list.items.len())).collect();
    let named = values(all.iter().copied(), "email_list", "id");
    let lengths: Vec<_> = named.iter().map(|id| lists.get(id)).collect();
    assert!(lengths.contains(&None), "a list that is not there");
    assert!(lengths.contains(&Some(&0)), "an empty list");
    assert!(lengths.iter().any(|length| length.is_some_and(|length| *length > 1000)), "a list of two pages");
}

#[test]
fn groups_refer_to_each_other_in_every_way() {
    let account = Account::generate(1, BIG);
    let refers = |part: fn(&Group) -> &Option<Vec<Value>>| -> BTreeSet<(String, String)> {
        let of = |group: &Group| {
            let ids = values(part(group).iter().flatten(), "group", "id");
            ids.into_iter().map(|id| (group.id.clone(), id)).collect::<Vec<_>>()
        };
        account.groups.iter().flat_map(of).collect()
    };
    let (include, exclude, require) =
        (refers(|group| &group.include), refers(|group| &group.exclude), refers(|group| &group.require));
    assert!(!require.is_empty());
    let back = |(from, to): &(String, String)| (to.clone(), from.clone());
    let two_of = |refs: &BTreeSet<(String, String)>| {
        refs.iter().any(|pair| pair.0 != pair.1 && include.contains(&back(pair)))
    };
    assert!(two_of(&include), "a plain cycle");
    assert!(two_of(&exclude), "a cycle through an exclude");
    assert!(include.iter().any(|(from, to)| from == to), "a group that includes itself");
    let known: BTreeSet<_> = account.groups.iter().map(|group| &group.id).collect();
    assert!(include.iter().any(|(_, to)| !to.is_empty() && !known.contains(to)), "a group that is not there");
}

#[test]
fn people_of_every_sort_are_there() {
    let account = Account::generate(1, BIG);
    let lower = |address: &str| address.to_ascii_lowercase();
    let users: BTreeSet<_> =
        account.users.iter().filter_map(|user| user.email.as_deref().map(lower)).collect();
    let members: BTreeSet<_> =
        account.members.iter().filter_map(|member| member.address().map(lower)).collect();
    assert!(users.intersection(&members).count() > 50, "user and member");
    assert!(members.difference(&users).count() > 50, "member only");
    assert!(account.users.iter().any(|user| user.email.is_none()), "a user without an address");
    for status in ["accepted", "pending", "rejected"] {
        assert!(account.members.iter().any(|member| member.status == status), "{status}");
    }
    let pending = account.members.iter().filter(|member| member.status != "accepted");
    assert!(pending.into_iter().all(|member| member.user.as_ref().is_some_and(|user| user.id.is_none())));

    let super_administrators =
        account.members.iter().filter(|member| member.roles.contains(&SUPER_ADMINISTRATOR.into()));
    assert_eq!(super_administrators.count(), 1);
    assert!(
        account.roles.iter().all(|role| role.id != SUPER_ADMINISTRATOR)
            && account.role(SUPER_ADMINISTRATOR).is_some()
    );

    let policies = || {
        account.members.iter().flat_map(|member| member.policies.iter().map(move |policy| (member, policy)))
    };
    let is_scoped =
        |(_, policy): &(_, &host_test::mock::Policy)| policy.resource_groups[0].scope.objects[0].key != "*";
    assert!(
        policies().any(|pair| is_scoped(&pair) && pair.0.roles.contains(&pair.1.permission_groups[0].id))
    );
    assert!(
        policies().any(|pair| !pair.0.roles.contains(&pair.1.permission_groups[0].id)),
        "no role explains it"
    );
}

#[test]
fn every_feature_makes_grants_of_every_sort() {
    let size = Size { users: 60, members: 30, groups: 30, roles: 12 };
    for seed in 0..4 {
        let account = Account::generate(seed, size);
        let truth = truth::account(&account);
        let count = |wanted: &dyn Fn(&String, &truth::Held) -> bool| {
            truth.grants.iter().filter(|(id, held)| wanted(id, held)).count()
        };
        assert!(count(&|_, held| held.conditions.is_none()) > 100);
        assert!(count(&|_, held| held.conditions.is_some()) > 50);
        for (kind, least) in [("user", 100), ("member", 50), ("email", 5)] {
            let of = format!(":member:{kind}:");
            assert!(count(&|id, _| id.contains(&of)) > least, "{kind}");
        }
        for is in [true, false] {
            assert!(count(&|id, held| id.starts_with("group:") && held.revocable == is) > 10, "group, {is}");
            assert!(count(&|id, held| id.starts_with("role:") && held.revocable == is) > 2, "role, {is}");
        }
        assert!(truth.emails.contains("stranger.two@outside.example"));
        assert!(
            !truth.emails.contains("stranger.three@outside.example"),
            "it is excluded wherever it is included"
        );
        assert!(truth.emails.iter().any(|address| address.ends_with("@partner.example")), "on a list");
        for kind in
            ["everyone", "email", "email_domain", "email_list", "group", "cloudflare_account_member", "role"]
        {
            assert!(count(&|_, held| held.basis.iter().any(|(rule, _)| rule == kind)) > 0, "{kind}");
        }
    }
}

/// Counts roughly, each rule for itself: a person who is named twice counts twice, and exclusion
/// and nesting don't count.
#[test]
fn a_big_company_has_about_a_million_memberships() {
    let account = Account::generate(1, Size { users: 50_000, members: 500, groups: 300, roles: 90 });
    let mut domains: BTreeMap<String, usize> = BTreeMap::new();
    for (_, domain) in account.users.iter().filter_map(|user| user.email.as_deref()?.rsplit_once('@')) {
        *domains.entry(domain.to_ascii_lowercase()).or_default() += 1;
    }
    let people = |rule: &Value| match rule["email_domain"]["domain"].as_str() {
        Some(domain) => domains.get(&domain.to_ascii_lowercase()).copied().unwrap_or_default(),
        None if rule.get("everyone").is_some() => account.users.len(),
        None => usize::from(rule.get("email").is_some()),
    };
    let memberships: usize = included(&account).map(people).sum();
    assert!((700_000..1_400_000).contains(&memberships), "{memberships}");
}

#[test]
fn the_company_reads_like_one() {
    let account = Account::company();
    assert!((25..=40).contains(&account.users.len()), "{}", account.users.len());
    assert_eq!((account.members.len(), account.roles.len()), (15, 10));
    assert!((10..=14).contains(&account.groups.len()), "{}", account.groups.len());
    assert!(account.id.len() == 32 && account.id.bytes().all(|byte| byte.is_ascii_hexdigit()));
    assert!(account.roles.iter().any(|role| role.id == SUPER_ADMINISTRATOR));
    // Everything that is named exists.
    let groups: BTreeSet<_> = account.groups.iter().map(|group| group.id.clone()).collect();
    assert!(
        values(account.groups.iter().flat_map(rules), "group", "id").iter().all(|id| groups.contains(id))
    );
    let lists: BTreeSet<_> = account.lists.iter().map(|list| list.id.clone()).collect();
    assert!(
        values(account.groups.iter().flat_map(rules), "email_list", "id").iter().all(|id| lists.contains(id))
    );
    assert!(account.members.iter().all(|member| !member.roles.is_empty() || !member.policies.is_empty()));
    assert_eq!(account.user_groups.len(), 3);
    let members: BTreeSet<_> = account.members.iter().map(|member| &member.id).collect();
    for group in &account.user_groups {
        assert_eq!(group.members.len(), 2, "{}", group.name);
        assert!(group.members.iter().all(|id| members.contains(id)), "{}", group.name);
        assert!(!group.policies.as_ref().unwrap()[0].permission_groups.is_empty(), "{}", group.name);
    }

    let truth = truth::account(&account);
    let held = |kind: &str| truth.grants.keys().filter(|id| id.contains(&format!(":{kind}:"))).count();
    assert!(held("user") > 50 && held("member") > 20 && held("email") >= 4);
    assert!(truth.grants.values().any(|held| held.conditions.is_some()));
}
