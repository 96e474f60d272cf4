//! The permissions of a token: newer, older, smaller and larger ones.

use crate::common::reading::connector_error;
use crate::common::setup::{HostAndMock, host};
use connector_host::contract::{
    Change, ErrorKind, Operation, Options as HowToApply, ResourceId, Right, Status,
};
use host_test::mock::Permission::{
    AccessGroupsRead, AccountSettingsEdit, AccountSettingsRead, AppsRead, AuditLogsRead, GroupsEdit,
    GroupsRead, ProvidersRead, ScimProvisioning, ServiceTokensRead, TokensRead, UsersRead, ZeroTrustRead,
};
use host_test::mock::{Account, DEMO_TOKEN, Options, Permission, Token};
use host_test::routes;

/// Starts a mock with a token that has these permissions, and those to read what applications take.
async fn with(permissions: &[Permission]) -> HostAndMock {
    let of_apps = [AppsRead, ServiceTokensRead, ProvidersRead];
    let token = Token::new(DEMO_TOKEN).with_permissions(permissions.iter().copied().chain(of_apps));
    HostAndMock::with(Account::company(), Options { tokens: vec![token], ..Options::default() }).await
}

/// The words for what a session may change of groups and of roles; everything can be read.
async fn validated(setup: &HostAndMock) -> [String; 2] {
    let mut session = setup.host.open("api-token", &setup.settings()).await.unwrap();
    let checks = session.validate().await.map_err(connector_error).unwrap().checks;
    assert!(checks.iter().all(|check| check.read.is_ok()), "{checks:?}");
    ["group", "role"].map(|kind| {
        let check = checks.iter().find(|check| check.resource_type == kind).unwrap();
        match check.change.as_ref().unwrap() {
            Right::Granted => "granted".to_owned(),
            Right::Missing(error) => error.message.clone(),
            Right::Unknown(error) => panic!("{error:?}"),
        }
    })
}

#[tokio::test]
async fn the_smallest_permissions_suffice_for_everything() {
    let whole = HostAndMock::new(Account::company()).await.read(&[]).await;
    let setup = with(&[GroupsEdit, UsersRead, ScimProvisioning, ZeroTrustRead, TokensRead]).await;
    assert_eq!(validated(&setup).await, ["granted", "granted"]);
    assert_eq!(setup.read(&[]).await.facts(), whole.facts());

    let (member, role) = setup.mock.read(|account| {
        let member = account.members.iter().find(|member| member.status == "accepted").unwrap();
        let role = account.roles.iter().find(|role| !member.roles.contains(&role.id)).unwrap();
        (member.id.clone(), role.id.clone())
    });
    let principal = ResourceId { kind: "member".into(), id: member.clone() };
    let entitlement = format!("role:{role}:assigned");
    let change = Change { operation: Operation::Grant, entitlement, principal };
    let how = HowToApply { dry_run: false, allow_gains: false, extra: String::new() };
    let mut session = setup.host.open_with(routes::writable(), "api-token", &setup.settings()).await.unwrap();
    let report = session.apply(&[change], &how).await.unwrap();
    assert_eq!(report.results[0].as_ref().unwrap().status, Status::Applied);
    let has = setup
        .mock
        .read(|account| account.members.iter().any(|of| of.id == member && of.roles.contains(&role)));
    assert!(has);
}

#[tokio::test]
async fn older_and_newer_permissions_are_told_apart_from_none() {
    let newer = [GroupsRead, UsersRead, AccountSettingsRead, ZeroTrustRead, TokensRead];
    let older = [AccessGroupsRead, AuditLogsRead, AccountSettingsRead, ZeroTrustRead, TokensRead];
    for reads_only in [newer, older] {
        let [groups, roles] = validated(&with(&reads_only).await).await;
        let both = "\u{201c}Access: Groups Edit\u{201d} (or \u{201c}Access: Organizations, Identity \
                    Providers, and Groups Edit\u{201d}) on this account";
        assert!(groups.contains(both), "{groups}");
        let both =
            "\u{201c}SCIM Provisioning Edit\u{201d} (or \u{201c}Account Settings Edit\u{201d}) on this";
        assert!(roles.contains(both), "{roles}");
    }
    let larger =
        [Permission::AccessGroupsEdit, AuditLogsRead, AccountSettingsEdit, ZeroTrustRead, TokensRead];
    assert_eq!(validated(&with(&larger).await).await, ["granted", "granted"]);
}

#[tokio::test]
async fn a_refusal_names_the_newer_permission_and_the_older_one() {
    let setup = with(&[GroupsRead, AccountSettingsRead, ZeroTrustRead]).await;
    let error = setup.try_read_with(&setup.settings()).await.err().unwrap();
    assert_eq!(error.kind, ErrorKind::PermissionDenied);
    let both = "\u{201c}Access: Users Read\u{201d} (or \u{201c}Access: Audit Logs Read\u{201d})";
    assert!(error.message.contains(both), "{}", error.message);
    // To read, nobody is told to give a permission to change.
    let setup = with(&[GroupsRead, UsersRead, ZeroTrustRead]).await;
    let error = setup.try_read_with(&setup.settings()).await.err().unwrap();
    assert!(error.message.contains("\u{201c}Account Settings Read\u{201d}"), "{}", error.message);
    assert!(!error.message.contains("SCIM"), "{}", error.message);
}

#[tokio::test]
async fn the_manifest_names_the_permissions_that_suffice_too() {
    let host = host().await;
    let manifest = host.describe().await.unwrap();
    let also = |name: &str| {
        let all = manifest.resource_types.iter().flat_map(|of| &of.permissions);
        all.filter(|of| of.name == name).map(|of| of.also.clone()).next().unwrap()
    };
    let groups = "Access: Organizations, Identity Providers, and Groups";
    assert_eq!(also("Access: Groups Read"), [format!("{groups} Read")]);
    assert_eq!(also("Access: Groups Edit"), [format!("{groups} Edit")]);
    assert_eq!(also("Access: Users Read"), ["Access: Audit Logs Read"]);
    assert_eq!(also("Account Settings Read"), ["SCIM Provisioning Edit"]);
    assert_eq!(also("SCIM Provisioning Edit"), ["Account Settings Edit"]);
    assert!(also("Zero Trust Read").is_empty());
}
