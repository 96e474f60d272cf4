//! Errors about the credentials as a whole name the setting, in every call. An account ID is called wrong
//! only where that is sure. A list that a sync goes on without is a warning.

use crate::common::reading::{connector_error, read_through};
use crate::common::setup::{HostAndMock, pairs};
use crate::credentials::LISTS;
use connector_host::contract::{Change, ErrorKind, Operation, Options as ChangeOptions, ResourceId};
use host_test::mock::{Account, DEMO_EMAIL, DEMO_KEY, DEMO_TOKEN, Effect, Fault, Options, Permission, Token};
use host_test::routes;
use serde_json::{Value, json};

fn refused(status: u16, code: u64, message: &str) -> Effect {
    Effect::Status { status, code, message: message.to_owned(), headers: Vec::new() }
}

fn key(setup: &HostAndMock) -> Vec<(String, String)> {
    let mut settings = setup.settings();
    settings.retain(|(id, _)| id != "api-token");
    settings.extend(pairs(&[("email", DEMO_EMAIL), ("api-key", DEMO_KEY)]));
    settings
}

#[tokio::test]
async fn every_call_names_the_setting_of_bad_credentials() {
    let location = "Cannot use the access token from location: 198.51.100.7";
    let bad = [refused(403, 9109, "Invalid access token"), refused(400, 6111, "Invalid format")];
    let bad = bad.into_iter().chain([refused(401, 1000, "Invalid API Token")]).map(|effect| (effect, true));
    for (effect, is_named) in bad.chain([(refused(403, 9109, location), false)]) {
        let setup = HostAndMock::new(Account::company()).await;
        let group = setup.mock.read(|account| account.groups[0].id.clone());
        setup.mock.inject(Fault::always(effect.clone()));
        for (method, settings) in [("api-token", setup.settings()), ("api-key", key(&setup))] {
            let expected = is_named.then(|| method.to_owned());
            let mut session = setup.host.open_with(routes::writable(), method, &settings).await.unwrap();
            let id = ResourceId { kind: "group".into(), id: group.clone() };
            let of_sync = session.read(&["group".into()], None).await.map_err(connector_error).unwrap_err();
            let of_get = session.get(&id, None).await.map_err(connector_error).unwrap_err();
            let validated = session.validate().await.map_err(connector_error).unwrap_err();
            for (call, error) in [("sync", of_sync), ("get", of_get), ("validate", validated)] {
                assert_eq!(error.kind, ErrorKind::Unauthenticated, "{call}: {}", error.message);
                assert_eq!(error.about, expected, "{call}, {method}, {effect:?}");
            }
            for kind in ["group", "email"] {
                let change = Change {
                    operation: Operation::Grant,
                    entitlement: format!("group:{group}:member"),
                    principal: ResourceId { kind: "email".into(), id: format!("{kind}@elsewhere.example") },
                };
                let options = ChangeOptions { dry_run: true, allow_gains: false, extra: String::new() };
                let report = session.apply(&[change], &options).await.unwrap();
                let error = report.results[0].as_ref().unwrap_err();
                assert_eq!(error.kind, ErrorKind::Unauthenticated, "{}", error.message);
                if is_named {
                    assert_eq!(error.about, expected, "{method}, {effect:?}: {}", error.message);
                }
            }
        }
    }
}

#[tokio::test]
async fn an_account_that_may_be_on_another_page_is_not_called_wrong() {
    let account = |number: usize| json!({"id": format!("{number:032x}"), "name": "x"});
    for (count, info, is_sure) in [
        (50, json!({"page": 1, "per_page": 50, "count": 50, "total_count": 120}), false),
        (50, json!({"page": 1, "per_page": 50, "count": 50, "total_count": 50}), true),
        (50, Value::Null, false),
        (49, Value::Null, true),
        (5, json!({"page": 1, "per_page": 5, "total_count": 6}), false),
        (5, json!({"page": 1, "per_page": 5, "total_pages": 2}), false),
    ] {
        let accounts: Vec<Value> = (0..count).map(account).collect();
        let body =
            json!({"success": true, "errors": [], "messages": [], "result": accounts, "result_info": info});
        let refusal = refused(403, 10000, "Authentication error");
        let mut faults: Vec<Fault> =
            LISTS.iter().map(|route| Fault::on("GET", route, refusal.clone())).collect();
        faults.push(Fault::on("GET", "accounts", Effect::Body { status: 200, body: body.to_string() }));
        let silent = Token::new(DEMO_TOKEN).without(Permission::TokensRead);
        let options = Options { tokens: vec![silent], faults, ..Options::default() };
        let setup = HostAndMock::with(Account::company(), options).await;
        let error = setup.session().await.validate().await.map_err(connector_error).unwrap_err();
        assert_eq!(error.about.as_deref(), is_sure.then_some("account-id"), "{count} {info}");
        let part = if is_sure { "The token is for another account (" } else { "Check three things" };
        assert!(error.message.contains(part), "{count} {info}: {}", error.message);
        // An older form shows only the other name.
        let older = error.message.contains("(or \u{201c}Access: Audit Logs Read\u{201d})");
        assert_eq!(older, !is_sure, "{}", error.message);
    }
}

#[tokio::test]
async fn a_key_is_told_of_its_owner_and_not_of_a_token_s_filter() {
    let setup = HostAndMock::new(Account::company()).await;
    setup.mock.inject(Fault::always(refused(403, 10000, "Authentication error")));
    let mut session = setup.host.open("api-key", &key(&setup)).await.unwrap();
    let with_key = read_through(&mut session, &[]).await.err().expect("an error").message;
    assert!(with_key.contains("API access is turned off"), "{with_key}");
    assert!(!with_key.contains("Client IP Address Filtering"), "{with_key}");
    let with_token = setup.try_read(&[]).await.err().expect("an error").message;
    assert!(with_token.contains("Client IP Address Filtering"), "{with_token}");
}

#[tokio::test]
async fn a_list_that_is_not_there_is_a_warning() {
    let setup = HostAndMock::new(Account::company()).await;
    setup.mock.inject(Fault::on("GET", "gateway/lists/{id}/items", refused(404, 7003, "gone")));
    let validation = setup.session().await.validate().await.unwrap();
    assert!(validation.checks.iter().all(|check| check.read.is_ok()), "{validation:?}");
    let [told] = validation.warnings.as_slice() else { panic!("{:?}", validation.warnings) };
    assert!(
        told.code == "list-not-readable" && told.incomplete && told.message.contains("group:"),
        "{told:?}"
    );
}
