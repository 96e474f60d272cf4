//! A whole sync is the truth: every resource, every grant with its basis, its conditions and
//! whether it can be revoked, and nothing else. The truth comes from an evaluator that shares no
//! code with the connector.

use crate::common::compare::compare;
use crate::common::setup::HostAndMock;
use host_test::mock::{Account, Size};
use serde_json::Value;
use std::collections::BTreeSet;

#[tokio::test]
async fn of_a_company() {
    let setup = HostAndMock::new(Account::company()).await;
    let whole = setup.read(&[]).await;
    compare(&whole, &setup.mock.account());
    assert!(!whole.of_kind("email").is_empty(), "somebody can get in whom no user list shows");
    assert!(whole.grants.iter().any(|grant| !grant.conditions.is_empty()), "some grants have conditions");
}

#[tokio::test]
async fn of_generated_accounts() {
    for seed in 0..6 {
        let account = Account::generate(seed, Size { users: 70, members: 60, groups: 30, roles: 55 });
        let setup = HostAndMock::new(account).await;
        compare(&setup.read(&[]).await, &setup.mock.account());
    }
}

#[tokio::test]
async fn of_accounts_with_little_in_them() {
    for (users, members, groups, roles) in [(0, 0, 0, 0), (1, 0, 1, 0), (0, 3, 2, 1), (5, 5, 22, 2)] {
        let setup = HostAndMock::new(Account::generate(99, Size { users, members, groups, roles })).await;
        compare(&setup.read(&[]).await, &setup.mock.account());
    }
}

#[tokio::test]
async fn of_what_is_rare() {
    let mut account = Account::generate(8, Size { users: 20, members: 12, groups: 3, roles: 4 });
    let unlisted = account.unlisted_roles[0].id.clone();
    for member in &mut account.members {
        // On many pages it has a role that the list of roles leaves out.
        member.roles.push(unlisted.clone());
        member.roles.sort();
        member.roles.dedup();
    }
    (account.members[0].status, account.members[1].status) = ("suspended".into(), String::new());
    account.groups[0].include = Some(vec![serde_json::json!({"everyone": {}})]);
    account.groups[0].exclude = Some(vec![serde_json::json!({"email": {"email": "ghost@outside.example"}})]);
    account.groups[1].include = Some(vec![serde_json::json!({"cloudflare_account_member": {}})]);
    (account.groups[1].exclude, account.groups[1].require) = (None, None);
    account.groups[2].include = Some(vec![serde_json::json!({"email": {"email": "not an address"}})]);
    let setup = HostAndMock::new(account).await;
    setup.mock.configure(|options| {
        options.max_per_page.insert("members".into(), 5);
    });
    let whole = setup.read(&[]).await;
    compare(&whole, &setup.mock.account());
    assert!(whole.of_kind("email").is_empty(), "nobody includes an address that is only excluded");
    let unknown = whole.of_kind("member").into_iter().filter(|member| {
        member.account.as_ref().unwrap().status == connector_host::contract::AccountStatus::Unknown
    });
    assert_eq!(unknown.count(), 2);
}

#[tokio::test]
async fn resources_say_what_cloudflare_says() {
    let setup = HostAndMock::new(Account::company()).await;
    let whole = setup.read(&[]).await;
    let account = setup.mock.account();
    let profile = |kind: &str, id: &str| -> Value {
        let found = whole.of_kind(kind).into_iter().find(|it| it.id.id == id).unwrap();
        serde_json::from_str(&found.profile).unwrap()
    };
    for user in &account.users {
        let shown = whole.of_kind("user").into_iter().find(|it| it.id.id == user.id).unwrap();
        let account = shown.account.as_ref().unwrap();
        assert_eq!(account.email, user.email);
        assert_eq!(account.status, connector_host::contract::AccountStatus::Enabled);
        assert_eq!(account.last_login, user.last_successful_login);
        assert_eq!(account.login, user.email);
        assert_eq!(Some(&shown.display_name), user.name.as_ref().or(user.email.as_ref()));
        let profile = profile("user", &user.id);
        assert_eq!(profile.get("uid").cloned(), user.uid.clone().map(Value::from));
        assert_eq!(profile.get("seat_uid").cloned(), user.seat_uid.clone().map(Value::from));
        assert_eq!(profile.get("access_seat").cloned(), user.access_seat.map(Value::from));
        assert_eq!(profile.get("gateway_seat").cloned(), user.gateway_seat.map(Value::from));
        assert_eq!(profile.get("active_device_count").cloned(), user.active_device_count.map(Value::from));
    }
    for member in &account.members {
        let profile = profile("member", &member.id);
        assert_eq!(profile["policies"], serde_json::to_value(&member.policies).unwrap());
        let user = member.user.as_ref();
        let two_factor = user.map(|user| Value::from(user.two_factor_authentication_enabled));
        assert_eq!(profile.get("two_factor_authentication_enabled").cloned(), two_factor);
        assert_eq!(profile.get("user_id").cloned(), user.and_then(|user| user.id.clone()).map(Value::from));
        let status = whole
            .of_kind("member")
            .into_iter()
            .find(|it| it.id.id == member.id)
            .unwrap()
            .account
            .as_ref()
            .unwrap();
        use connector_host::contract::AccountStatus::{Disabled, Enabled, Pending};
        let expected = match member.status.as_str() {
            "accepted" => Enabled,
            "pending" => Pending,
            _ => Disabled,
        };
        assert_eq!(status.status, expected, "{}", member.status);
    }
    for group in &account.groups {
        let profile = profile("group", &group.id);
        for (section, rules) in
            [("include", &group.include), ("exclude", &group.exclude), ("require", &group.require)]
        {
            assert_eq!(
                profile[section],
                Value::from(rules.clone().unwrap_or_default()),
                "{} {section}",
                group.name
            );
        }
    }
    for role in &account.roles {
        let profile = profile("role", &role.id);
        assert_eq!(profile["description"], Value::from(role.description.clone()));
        assert_eq!(profile["permissions"], role.permissions);
    }
}

#[tokio::test]
async fn what_nobody_understands_in_policies_is_told() {
    let size = Size { users: 0, members: 40, groups: 0, roles: 20 };
    let account = Account::generate(5, size).with_user_groups(5, 26);
    let unexplained = host_test::truth::account(&account).roles.unexplained;
    for kind in ["member:", "user-group:"] {
        assert!(
            unexplained.iter().any(|id| id.starts_with(kind)),
            "the account has none, so this shows nothing"
        );
    }
    let setup = HostAndMock::new(account).await;
    let whole = setup.read(&[]).await;
    let told = whole.warned_of("role-not-shown").into_iter().map(|warning| {
        assert!(warning.incomplete, "{warning:?}");
        let about = warning.about.as_ref().unwrap();
        format!("{}:{}", about.kind, about.id)
    });
    assert!(unexplained.is_superset(&told.collect::<BTreeSet<_>>()) && !unexplained.is_empty());
}
