//! `validate` says once what is true of the credentials as a whole, with its likely reason, and it warns
//! of what is no failure.

use crate::common::reading::connector_error;
use crate::common::setup::{HostAndMock, pairs};
use connector_host::contract::{Error, ErrorKind, Validation};
use host_test::mock::{
    Account, DEMO_EMAIL, DEMO_KEY, DEMO_TOKEN, Effect, Fault, Options, Permission, Token, TokenOwner,
    TokenStatus,
};
use serde_json::json;

/// The lists that `validate` reads a small part of.
pub(super) const LISTS: [&str; 9] = [
    "access/identity_providers",
    "access/groups",
    "access/policies",
    "access/apps",
    "roles",
    "iam/user_groups",
    "access/service_tokens",
    "members",
    "access/users",
];
const USERS_TOKEN: &str = "user/tokens/verify";
const ACCOUNTS_TOKEN: &str = "tokens/verify";
const LOCATION: &str = "Cannot use the access token from location: 198.51.100.7";

fn refused(status: u16, code: u64, message: &str) -> Effect {
    Effect::Status { status, code, message: message.to_owned(), headers: Vec::new() }
}

fn on(routes: &[&str], effect: &Effect) -> Vec<Fault> {
    routes.iter().map(|route| Fault::on("GET", route, effect.clone())).collect()
}

/// An account and the number of requests that `validate` sent for it.
struct Told {
    outcome: Result<Validation, Error>,
    requests: u64,
    account: String,
}

impl Told {
    async fn by(options: Options, account: Account, change: impl Fn(&mut Vec<(String, String)>)) -> Told {
        let setup = HostAndMock::with(account, options).await;
        let mut settings = setup.settings();
        change(&mut settings);
        let method = if settings.iter().any(|(name, _)| name == "api-key") { "api-key" } else { "api-token" };
        let mut session = setup.host.open(method, &settings).await.unwrap();
        let outcome = session.validate().await.map_err(connector_error);
        let account = setup.mock.read(|account| account.id.clone());
        Told { outcome, requests: setup.mock.request_count(), account }
    }

    async fn under(token: Token, faults: Vec<Fault>) -> Told {
        let options = Options { tokens: vec![token], faults, ..Options::default() };
        Told::by(options, Account::company(), |_| {}).await
    }

    fn error(self) -> Error {
        self.outcome.unwrap_err()
    }

    /// Returns the codes and messages of the warnings. All can be read.
    fn warnings(self) -> Vec<(String, String)> {
        let Validation { checks, steps, warnings } = self.outcome.unwrap();
        assert!(checks.len() == 11 && checks.iter().all(|check| check.read.is_ok()), "{checks:?}");
        assert!(steps.is_empty(), "a connector has no steps");
        assert!(warnings.iter().all(|warning| !warning.incomplete && warning.about.is_none()));
        warnings.into_iter().map(|warning| (warning.code, warning.message)).collect()
    }
}

fn good() -> Token {
    Token::new(DEMO_TOKEN)
}

/// A token that may not read itself.
fn silent() -> Token {
    good().without(Permission::TokensRead)
}

#[track_caller]
fn says(error: &Error, parts: &[&str]) {
    for part in parts {
        assert!(error.message.contains(part), "{part}: {}", error.message);
    }
}

#[tokio::test]
async fn an_address_that_may_not_use_the_token_is_said_once_and_first() {
    let location = refused(403, 9109, LOCATION);
    for (faults, requests) in [
        (vec![Fault::always(location.clone())], 1),
        // Cloudflare verifies the token, and refuses the first list, or one after others.
        (on(&LISTS, &location), 2),
        (on(&["members"], &location), 10),
    ] {
        let told = Told::under(good(), faults).await;
        assert_eq!(told.requests, requests);
        let error = told.error();
        assert_eq!((error.kind, error.retryable), (ErrorKind::Unauthenticated, false), "{}", error.message);
        // The token is good, so nobody is asked for another one.
        assert_eq!(error.about, None);
        says(&error, &["198.51.100.7", "Client IP Address Filtering"]);
        let [address, permission] = ["198.51.100.7", "the permission"].map(|it| error.message.find(it));
        assert!(address.is_some() && permission.is_none(), "{}", error.message);
    }
}

#[tokio::test]
async fn credentials_that_cloudflare_does_not_know_are_said_once() {
    let unknown = refused(401, 1000, "Invalid API Token");
    let mut faults = on(&[USERS_TOKEN, ACCOUNTS_TOKEN], &unknown);
    faults.extend(on(&LISTS, &refused(403, 9109, "Invalid access token")));
    let told = Told::under(good(), faults).await;
    assert_eq!(told.requests, 3);
    let error = told.error();
    assert_eq!((error.kind, error.about.as_deref()), (ErrorKind::Unauthenticated, Some("api-token")));
    says(&error, &["doesn't know these credentials"]);
}

#[tokio::test]
async fn where_every_list_is_refused_the_three_reasons_are_named_once() {
    let refusal = refused(403, 10000, "Authentication error");
    let mut faults = on(&LISTS, &refusal);
    faults.extend(on(&["user/tokens/{id}", "accounts"], &refusal));
    let told = Told::under(good(), faults).await;
    assert_eq!(told.requests, 1 + 9 + 2);
    let account = told.account.clone();
    let error = told.error();
    assert_eq!((error.kind, error.code.as_deref()), (ErrorKind::PermissionDenied, Some("10000")));
    says(
        &error,
        &[
            "although it verifies the token",
            "it has these permissions: \u{201c}",
            "Zero Trust Read",
            &account,
        ],
    );
    says(&error, &["the ID of another account looks the same", "Client IP Address Filtering"]);
    assert_eq!(error.message.matches("10000").count(), 1, "{}", error.message);
}

#[tokio::test]
async fn what_a_token_shows_of_itself_narrows_the_reason() {
    let here = |account: &str| json!({format!("com.cloudflare.api.account.{account}"): "*"});
    let policy =
        |resources| json!([{"id": "0", "effect": "allow", "permission_groups": [], "resources": resources}]);
    let ours = Account::company().id;
    let theirs = "0123456789abcdef".repeat(2);
    let filter = json!({"request_ip": {"in": ["192.0.2.0/24"]}});
    let zones = json!({"com.cloudflare.api.account.zone.*": "*"});
    for (resources, condition, parts, not) in [
        (
            here(&theirs),
            None,
            vec![theirs.as_str(), "is for another account", "correct the account ID"],
            "Address",
        ),
        (zones, None, vec!["not for the account itself", "these permissions"], "Address"),
        (here(&ours), Some(filter), vec!["is for this account", "Client IP Address Filtering"], "account ID"),
        (here(&ours), None, vec!["no address is forbidden", "its owner lacks them"], "account ID"),
    ] {
        let token = Token { shown_policies: Some(policy(resources)), shown_condition: condition, ..good() };
        let told = Told::under(token, on(&LISTS, &refused(403, 10000, "Authentication error"))).await;
        assert_eq!(told.requests, 1 + 9 + 1);
        let error = told.error();
        assert_eq!(error.kind, ErrorKind::PermissionDenied);
        says(&error, &parts);
        assert!(!error.message.contains(not), "{not}: {}", error.message);
    }
}

#[tokio::test]
async fn another_accounts_id_is_recognised() {
    let wrong = "f".repeat(32);
    let of_account = Token { owner: TokenOwner::Account, ..good() };
    for token in [good(), silent(), of_account] {
        let options = Options { tokens: vec![token], ..Options::default() };
        let told = Told::by(options, Account::company(), |settings| settings[0].1.clone_from(&wrong)).await;
        let account = told.account.clone();
        let error = told.error();
        assert_eq!((error.kind, error.about.as_deref()), (ErrorKind::PermissionDenied, Some("account-id")));
        says(&error, &[&wrong, &account, "correct the account ID"]);
    }
    let key = |settings: &mut Vec<(String, String)>| {
        let base_url = settings.iter().find(|(name, _)| name == "base-url").unwrap().1.clone();
        *settings = pairs(&[
            ("account-id", wrong.as_str()),
            ("base-url", &base_url),
            ("email", DEMO_EMAIL),
            ("api-key", DEMO_KEY),
        ]);
    };
    let told = Told::by(Options::default(), Account::company(), key).await;
    let account = told.account.clone();
    let error = told.error();
    says(&error, &[&wrong, &account, "correct the account ID", "The owner of the key"]);
    assert!(!error.message.contains("token"), "{}", error.message);
    // Its owner sees nothing, or this account.
    let faults = on(&["accounts"], &refused(403, 9109, "Unauthorized to access requested resource"));
    let told = Told::by(Options { faults, ..Options::default() }, Account::company(), key).await;
    says(&told.error(), &["Check the account ID", "the owner of the key is a member"]);
}

#[tokio::test]
async fn an_account_that_is_nowhere_is_said_once() {
    let nowhere = refused(404, 7003, "Could not route to /accounts/x");
    let mut faults = on(&LISTS, &nowhere);
    faults.extend(on(&["iam/permission_groups"], &nowhere));
    let error = Told::under(good(), faults).await.error();
    assert_eq!((error.kind, error.code.as_deref()), (ErrorKind::NotFound, Some("7003")));
    says(&error, &["Nothing of this account can be read", "Check the account ID"]);
}

#[tokio::test]
async fn a_status_that_no_page_documents_is_a_warning() {
    let odd = |word| Token { status: TokenStatus::Odd(word), ..good() };
    for owner in [TokenOwner::User, TokenOwner::Account] {
        let [(code, message)] =
            Told::under(Token { owner, ..odd("under_review") }, vec![]).await.warnings().try_into().unwrap();
        assert_eq!(code, "token-status-odd");
        assert!(message.contains("\u{201c}under_review\u{201d}"), "{message}");
    }
    let long: &'static str = format!("{DEMO_TOKEN}\u{1b}[31m{}", "x".repeat(500)).leak();
    let [(_, message)] = Told::under(odd(long), vec![]).await.warnings().try_into().unwrap();
    assert!(!message.contains(DEMO_TOKEN) && !message.contains('\u{1b}'), "{message}");
    assert!(message.len() < 600, "{message}");
    // If the lists are refused, the status may be the reason.
    let faults = on(&LISTS, &refused(403, 9109, "Invalid access token"));
    let error = Told::under(odd("under_review"), faults).await.error();
    assert_eq!(error.kind, ErrorKind::Unauthenticated);
    says(&error, &["doesn't know these credentials", "\u{201c}under_review\u{201d}"]);
}

#[tokio::test]
async fn a_check_of_the_token_that_contradicts_the_lists_is_told() {
    // Neither address knows the token, and all can be read with it.
    let unknown = refused(401, 1000, "Invalid API Token");
    let told = Told::under(good(), on(&[USERS_TOKEN, ACCOUNTS_TOKEN], &unknown)).await;
    let [(code, message)] = told.warnings().try_into().unwrap();
    assert_eq!(code, "token-not-verified");
    assert!(message.contains("own check doesn't know it (code 1000)"), "{message}");
    // The token is active, and no list knows it.
    for effect in [refused(403, 9109, "Invalid access token"), unknown] {
        let error = Told::under(good(), on(&LISTS, &effect)).await.error();
        assert_eq!((error.kind, error.about.as_deref()), (ErrorKind::Unauthenticated, Some("api-token")));
        says(&error, &["Cloudflare's own check says that the token is active", "in a few minutes"]);
    }
}

#[tokio::test]
async fn administrators_of_a_parent_organization_are_warned_of() {
    let managed = |parent| Account { managed_by: Some(parent), ..Account::company() };
    let acme = json!({"parent_org_id": "0f1e", "parent_org_name": format!("Acme {DEMO_TOKEN}\u{1b}")});
    let usual = Told::under(good(), vec![]).await;
    let requests = usual.requests;
    assert_eq!(usual.warnings(), []);
    let told = Told::by(Options::default(), managed(acme.clone()), |_| {}).await;
    assert_eq!(told.requests, requests);
    let [(code, message)] = told.warnings().try_into().unwrap();
    assert_eq!(code, "implicit-administrators");
    assert!(message.contains("Super Administrators") && message.contains("(0f1e)"), "{message}");
    assert!(!message.contains(DEMO_TOKEN) && !message.contains('\u{1b}'), "{message}");
    for (account, faults) in [
        (managed(json!({})), vec![]),
        (managed(json!(7)), vec![]),
        // What can't be read is not said, and fails nothing.
        (managed(acme.clone()), on(&["accounts/{id}"], &refused(403, 10000, "Authentication error"))),
        (managed(acme), on(&["accounts/{id}"], &refused(503, 1, "down"))),
    ] {
        let told = Told::by(Options { faults, ..Options::default() }, account, |_| {}).await;
        assert_eq!(told.warnings(), []);
    }
}
