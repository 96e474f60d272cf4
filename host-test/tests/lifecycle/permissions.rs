//! Each step has the smallest permission that works, and a missing one is told in words.

use crate::{PRIYA, Setup, accounts, add_user, end_sessions, free_seat, invite, planning, really, remove};
use connector_host::contract::lifecycle::Step;
use connector_host::contract::{ErrorKind, Right};
use host_test::mock::{
    Account, DEMO_TOKEN, Member, Options, Permission, SUPER_ADMINISTRATOR, Token, TokenOwner,
};
use std::collections::BTreeMap;

const MEMBERS: &str = "SCIM Provisioning Edit";
const SEATS: &str = "Zero Trust: Seats Edit";
const SESSIONS: &str = "Access: Organizations Revoke";

pub fn steps(account: &Account) -> BTreeMap<&'static str, Vec<Step>> {
    let (Some(user), Some(member)) = accounts(account, PRIYA) else { panic!() };
    let role = format!("role:{}:assigned", account.roles[0].id);
    BTreeMap::from([
        ("add-user", vec![add_user("eve@northwind.example")]),
        ("end-sessions", vec![end_sessions(&format!("email:{PRIYA}"))]),
        ("free-seat", vec![free_seat(&format!("user:{user}"))]),
        ("invite", vec![invite("eve@northwind.example", &[&role])]),
        ("remove", vec![remove(&format!("member:{member}")), remove(&format!("user:{user}"))]),
    ])
}

/// Everything that is read.
fn reads() -> [Permission; 6] {
    use Permission::{AccountSettingsRead, AppsRead, GroupsRead, ProvidersRead, TokensRead, UsersRead};
    [AppsRead, AccountSettingsRead, GroupsRead, ProvidersRead, TokensRead, UsersRead]
}

pub fn token(more: &[Permission], owner: TokenOwner) -> Token {
    let permissions = reads().into_iter().chain(more.iter().copied());
    Token { owner, ..Token::new(DEMO_TOKEN) }.with_permissions(permissions)
}

#[tokio::test]
async fn the_manifest_gives_each_step_its_own_permission() {
    let host = crate::host().await;
    let manifest = host.describe().await.unwrap();
    let told: Vec<(&str, Vec<&str>, Vec<&str>)> = manifest
        .steps
        .iter()
        .map(|step| {
            let permissions = step.permissions.iter();
            assert!(permissions.clone().all(|it| it.provision_only && it.without.is_empty()));
            let kinds = step.resource_types.iter().map(String::as_str).collect();
            (step.id.as_str(), kinds, permissions.map(|it| it.name.as_str()).collect())
        })
        .collect();
    let expected = [
        ("invite", vec!["member"], vec![MEMBERS]),
        ("add-user", vec!["user"], vec![SEATS]),
        ("end-sessions", vec!["user"], vec![SESSIONS]),
        ("free-seat", vec!["user"], vec![SEATS]),
        ("remove", vec!["member", "user"], vec![MEMBERS, SEATS]),
    ];
    assert_eq!(told, expected);
    let also = &manifest.steps[2].permissions[0].also;
    assert!(also.iter().any(|name| name == "Access: Organizations, Identity Providers, and Groups Edit"));
}

#[tokio::test]
async fn with_that_permission_and_no_other_a_step_works_and_the_others_are_told() {
    use Permission::{OrganizationsRevoke, ScimProvisioning, SeatsWrite};
    for owner in [TokenOwner::User, TokenOwner::Account] {
        for (permission, works) in [
            (ScimProvisioning, &["invite"][..]),
            (SeatsWrite, &["add-user", "free-seat"]),
            (OrganizationsRevoke, &["end-sessions"]),
        ] {
            let account = Account::company();
            let tokens = vec![token(&[permission], owner)];
            let setup = Setup::with(account.clone(), Options { tokens, ..Options::default() }).await;
            let mut session = setup.session("api-token").await;
            let checks = session.validate().await.unwrap().steps;
            for (word, steps) in steps(&account) {
                let check = checks.iter().find(|check| check.step == word).unwrap();
                let planned = session.apply_steps(&steps, &planning()).await.unwrap();
                let report = session.apply_steps(&steps, &really()).await.unwrap();
                if works.contains(&word) {
                    assert!(matches!(check.right, Right::Granted), "{word}: {check:?}");
                    for result in planned.results.iter().chain(&report.results) {
                        assert!(result.is_ok(), "{word} with {permission:?}: {result:?}");
                    }
                    continue;
                }
                let Right::Missing(missing) = &check.right else { panic!("{word}: {check:?}") };
                assert!(missing.message.contains("lacks the permission"), "{}", missing.message);
                let [planned, report] = [planned, report]
                    .map(|report| report.results.iter().find_map(|it| it.as_ref().err()).cloned().unwrap());
                // A plan says what would come of it, in words.
                for error in [&planned, &report] {
                    assert_eq!(error.kind, ErrorKind::PermissionDenied, "{word}: {error:?}");
                    let names = [MEMBERS, SEATS, SESSIONS];
                    assert!(names.iter().any(|name| error.message.contains(name)), "{}", error.message);
                }
            }
        }
    }
}

#[tokio::test]
async fn a_missing_permission_stops_its_own_steps_alone() {
    let account = Account::company();
    let tokens = vec![token(
        &[Permission::ScimProvisioning, Permission::SeatsWrite, Permission::GroupsEdit],
        TokenOwner::User,
    )];
    let setup = Setup::with(account, Options { tokens, ..Options::default() }).await;
    let offboarding = setup.offboard(&format!("email:{PRIYA}"), &[]).await;
    let failed: Vec<&str> = offboarding
        .parts
        .iter()
        .filter(|part| part.outcome.is_err())
        .map(|part| part.word.as_str())
        .collect();
    assert_eq!(failed, ["sessions"], "{:#?}", offboarding.parts);
}

#[tokio::test]
async fn with_a_key_the_rights_are_those_of_its_owner() {
    let mut account = Account::company();
    account.members.push(Member {
        id: "ad0a".to_owned(),
        email: Some(crate::DEMO_EMAIL.to_owned()),
        status: "accepted".to_owned(),
        roles: vec![SUPER_ADMINISTRATOR.to_owned()],
        ..Member::default()
    });
    let setup = Setup::new(account.clone()).await;
    let steps = setup.session("api-key").await.validate().await.unwrap().steps;
    assert!(steps.iter().all(|check| matches!(check.right, Right::Granted)), "{steps:?}");
    account.members.retain(|member| member.address() != Some(crate::DEMO_EMAIL));
    let setup = Setup::new(account).await;
    let steps = setup.session("api-key").await.validate().await.unwrap().steps;
    assert!(steps.iter().all(|check| matches!(check.right, Right::Unknown(_))), "{steps:?}");
}

#[tokio::test]
async fn the_plan_of_an_offboarding_says_which_parts_lack_a_permission() {
    use Permission::{GroupsEdit, OrganizationsRevoke, ScimProvisioning, SeatsWrite};
    let all = [GroupsEdit, ScimProvisioning, SeatsWrite, OrganizationsRevoke];
    for owner in [TokenOwner::User, TokenOwner::Account] {
        for (lacking, kinds, name) in [
            (GroupsEdit, &["group"][..], "Access: Groups Edit"),
            (ScimProvisioning, &["user-group", "member"], MEMBERS),
            (SeatsWrite, &["seat", "user"], SEATS),
            (OrganizationsRevoke, &["sessions"], SESSIONS),
        ] {
            let held: Vec<Permission> = all.into_iter().filter(|it| *it != lacking).collect();
            let account = Account::company();
            let setup =
                Setup::with(account, Options { tokens: vec![token(&held, owner)], ..Options::default() })
                    .await;
            let person = format!("email:{PRIYA}");
            let planned = setup.try_offboard(&person, &[], &planning()).await.unwrap();
            let mut denied = 0;
            for part in &planned.parts {
                let kind = part.word.split(':').next().unwrap();
                assert_eq!(part.outcome.is_err(), kinds.contains(&kind), "{lacking:?}: {part:?}");
                if let Err(error) = &part.outcome {
                    denied += 1;
                    assert_eq!(error.kind, ErrorKind::PermissionDenied, "{error:?}");
                    let message = &error.message;
                    let told = message.contains("lacks the permission") && message.contains(name);
                    assert!(told && message.contains("Cloudflare would refuse this"), "{message}");
                }
            }
            assert_eq!(planned.writes.len(), planned.parts.len() - denied);
            // What is done then comes to the same.
            let done = setup.try_offboard(&person, &[], &really()).await.unwrap();
            for (planned, done) in planned.parts.iter().zip(&done.parts) {
                assert_eq!(planned.outcome.is_ok(), done.outcome.is_ok(), "{lacking:?}: {done:?}");
            }
            let into = |of: &connector_host::contract::lifecycle::Offboarding| {
                let ways = of.remaining.iter();
                ways.map(|way| way.into.as_ref().map(crate::shown)).collect::<Vec<_>>()
            };
            assert_eq!(into(&planned), into(&done), "{lacking:?}");
        }
    }
}
