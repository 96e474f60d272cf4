//! `validate` reports what these credentials may read, and distinguishes the ways in which they may
//! fail.

use crate::common::reading::connector_error;
use crate::common::setup::{HostAndMock, pairs};
use connector_host::contract::{Check, Error, ErrorKind};
use host_test::mock::{
    Account, DEMO_EMAIL, Effect, Fault, Options, Permission, Token, TokenOwner, TokenStatus,
};

async fn validate(options: Options, token: &str) -> Result<Vec<Check>, Error> {
    let setup = HostAndMock::with(Account::company(), options).await;
    let mut settings = setup.settings();
    settings[1].1 = token.to_owned();
    checks(&setup, "api-token", &settings).await
}

async fn checks(
    setup: &HostAndMock,
    method: &str,
    settings: &[(String, String)],
) -> Result<Vec<Check>, Error> {
    let validated = setup.host.open(method, settings).await.unwrap().validate().await;
    validated.map(|validation| validation.checks).map_err(connector_error)
}

fn with(token: Token) -> Options {
    Options { tokens: vec![token], ..Options::default() }
}

fn outcome<'a>(checks: &'a [Check], kind: &str) -> Result<(), &'a Error> {
    checks.iter().find(|check| check.resource_type == kind).unwrap().read.as_ref().copied()
}

#[tokio::test]
async fn good_credentials_may_read_everything() {
    for owner in [TokenOwner::User, TokenOwner::Account] {
        let checks = validate(with(Token { owner, ..Token::new("good") }), "good").await.unwrap();
        let kinds: Vec<_> = checks.iter().map(|check| check.resource_type.as_str()).collect();
        let of_access = ["identity-provider", "group", "policy", "app"];
        let of_account = ["role", "user-group", "scoped-role", "service-token", "member", "user", "email"];
        assert_eq!(kinds, [&of_access[..], &of_account].concat());
        assert!(checks.iter().all(|check| check.read.is_ok()), "{checks:?}");
    }
}

#[tokio::test]
async fn the_global_api_key_is_probed_too() {
    let setup = HostAndMock::new(Account::company()).await;
    let account = setup.mock.read(|account| account.id.clone());
    let open = async |key: &str| {
        let settings = [("account-id", account.as_str()), ("email", DEMO_EMAIL), ("api-key", key)];
        let mut settings = pairs(&settings);
        settings.push(("base-url".to_owned(), setup.mock.base_url()));
        checks(&setup, "api-key", &settings).await
    };
    assert!(open(host_test::mock::DEMO_KEY).await.unwrap().iter().all(|check| check.read.is_ok()));
    assert_eq!(open("canary-wrong").await.unwrap_err().kind, ErrorKind::Unauthenticated);
}

#[tokio::test]
async fn each_missing_permission_is_named() {
    for (missing, failing, name) in [
        (Permission::AuditLogsRead, vec!["user", "email"], "Access: Audit Logs Read"),
        (
            Permission::AccessGroupsRead,
            vec!["identity-provider", "group", "app", "email"],
            "Access: Organizations, Identity Providers, and Groups Read",
        ),
        (
            Permission::AccountSettingsRead,
            vec!["role", "user-group", "scoped-role", "member", "email"],
            "Account Settings Read",
        ),
        (Permission::ZeroTrustRead, vec!["group", "app", "email"], "Zero Trust Read"),
        (Permission::AppsRead, vec!["policy", "app"], "Access: Apps and Policies Read"),
        (Permission::ServiceTokensRead, vec!["service-token"], "Access: Service Tokens Read"),
    ] {
        let mut token = Token::new("less");
        let implied = [Permission::AccessGroupsEdit, Permission::AccountSettingsEdit];
        token.permissions.retain(|permission| *permission != missing && !implied.contains(permission));
        let checks = validate(with(token), "less").await.unwrap();
        for check in &checks {
            let fails = failing.contains(&check.resource_type.as_str());
            assert_eq!(check.read.is_err(), fails, "without {name}: {check:?}");
            if let Err(error) = &check.read {
                assert_eq!(error.kind, ErrorKind::PermissionDenied, "{error:?}");
                assert!(error.message.contains(name), "{}", error.message);
            }
        }
    }
}

#[tokio::test]
async fn invalid_disabled_expired_and_not_set_up_are_told_apart() {
    let invalid = validate(Options::default(), "canary-unknown").await.unwrap_err();
    assert_eq!((invalid.kind, invalid.code.as_deref()), (ErrorKind::Unauthenticated, Some("1000")));
    assert!(!format!("{invalid:?}").contains("canary"));
    for (status, word) in [(TokenStatus::Disabled, "disabled"), (TokenStatus::Expired, "expired")] {
        for owner in [TokenOwner::User, TokenOwner::Account] {
            let error =
                validate(with(Token { status, owner, ..Token::new("old") }), "old").await.unwrap_err();
            assert_eq!((error.kind, error.code.as_deref()), (ErrorKind::Unauthenticated, Some(word)));
            assert!(error.message.contains(word), "{}", error.message);
            assert_eq!(error.about.as_deref(), Some("api-token"));
        }
    }
    let options = Options { zero_trust: false, ..Options::default() };
    let checks = validate(options, host_test::mock::DEMO_TOKEN).await.unwrap();
    for kind in ["group", "user", "email"] {
        let error = outcome(&checks, kind).unwrap_err();
        assert_eq!((error.kind, error.code.as_deref()), (ErrorKind::NotFound, Some("9999")), "{kind}");
        assert!(error.message.contains("Zero Trust is not set up"), "{}", error.message);
    }
    for kind in ["role", "member"] {
        assert!(outcome(&checks, kind).is_ok(), "{kind}");
    }
}

#[tokio::test]
async fn an_upstream_that_fails_says_so_where_it_fails() {
    let down = |on: Option<&str>| {
        let effect = Effect::Status { status: 503, code: 1, message: "down".into(), headers: Vec::new() };
        let fault = on.map_or(Fault::always(effect.clone()), |route| Fault::on("GET", route, effect));
        Options { faults: vec![fault], ..Options::default() }
    };
    let checks = validate(down(Some("members")), host_test::mock::DEMO_TOKEN).await.unwrap();
    for kind in ["member", "email"] {
        let error = outcome(&checks, kind).unwrap_err();
        assert_eq!((error.kind, error.retryable), (ErrorKind::Unavailable, true), "{kind}");
    }
    for kind in ["group", "role", "user"] {
        assert!(outcome(&checks, kind).is_ok(), "{kind}");
    }
    let error = validate(down(None), host_test::mock::DEMO_TOKEN).await.unwrap_err();
    assert_eq!((error.kind, error.retryable), (ErrorKind::Unavailable, true));
    assert_eq!(error.about, None, "it says nothing of the token");
}

#[tokio::test]
async fn what_says_nothing_of_permissions_is_no_verdict() {
    // A rule that names a missing list is the rule's fault.
    let mut account = Account::company();
    let rule = serde_json::json!({"email_list": {"id": "00000000-0000-4000-a000-000000000000"}});
    account.groups.iter_mut().for_each(|group| group.include = Some(vec![rule.clone()]));
    let setup = HostAndMock::new(account).await;
    let checks = setup.session().await.validate().await.unwrap().checks;
    assert!(checks.iter().all(|check| check.read.is_ok()), "{checks:?}");
    // A token that may not ask about itself may still read.
    let effect = Effect::Status { status: 403, code: 9109, message: "no".into(), headers: Vec::new() };
    let options =
        Options { faults: vec![Fault::on("GET", "user/tokens/verify", effect)], ..Options::default() };
    let checks = validate(options, host_test::mock::DEMO_TOKEN).await.unwrap();
    assert!(checks.iter().all(|check| check.read.is_ok()), "{checks:?}");
}
