//! A session sends only the requests for which it was opened, whatever the component can do.

use crate::{PRIYA, Setup, accounts, add_user, end_sessions, free_seat, invite, planning, really, remove};
use connector_host::contract::ErrorKind;
use connector_host::{Cache, Config, Host, HostError};
use host_test::mock::Account;
use host_test::routes;

#[tokio::test]
async fn a_session_for_reading_or_for_changes_sends_no_step() {
    let account = Account::company();
    let (Some(user), Some(member)) = accounts(&account, PRIYA) else { panic!() };
    let role = format!("role:{}:assigned", account.roles[0].id);
    let steps = [
        invite("eve@northwind.example", &[&role]),
        add_user("eve@northwind.example"),
        end_sessions(&format!("email:{PRIYA}")),
        free_seat(&format!("user:{user}")),
        remove(&format!("member:{member}")),
        remove(&format!("user:{user}")),
    ];
    for routes in [&[], routes::writable()] {
        for method in crate::METHODS {
            let setup = Setup::new(account.clone()).await;
            let mut session = setup.open(routes, method).await;
            // One step each, so that none is skipped because of another one.
            for step in &steps {
                let report = session.apply_steps(std::slice::from_ref(step), &really()).await.unwrap();
                let error = report.results[0].as_ref().unwrap_err();
                assert_eq!((error.kind, error.retryable), (ErrorKind::Unavailable, false), "{step:?}");
                assert!(error.message.contains("the host doesn't allow this request"), "{}", error.message);
            }
            assert!(setup.writes().is_empty());
            assert_eq!(setup.mock.account(), account);
            let planned = session.apply_steps(&steps, &planning()).await.unwrap();
            assert!(planned.results.iter().all(Result::is_ok), "a plan needs no more: {planned:?}");
        }
    }
}

#[tokio::test]
async fn an_offboarding_in_such_a_session_takes_nothing_and_says_so() {
    let account = Account::company();
    let setup = Setup::new(account.clone()).await;
    let person = crate::id(&format!("email:{PRIYA}"));
    let offboarding = setup.open(&[], "api-token").await.offboard(&person, &[], &really()).await.unwrap();
    assert!(offboarding.parts.iter().all(|part| part.outcome.is_err()), "{:#?}", offboarding.parts);
    assert_eq!(setup.mock.account(), account);
    let (_, Some(member)) = accounts(&account, PRIYA) else { panic!() };
    assert_eq!(crate::into(&offboarding, &format!("member:{member}")).len(), 1);
}

#[tokio::test]
async fn a_connector_and_a_reader_have_no_steps() {
    let cache = || Cache::Directory(concat!(env!("CARGO_TARGET_TMPDIR"), "/compiled").into());
    for component in [host_test::CONNECTOR, host_test::READER] {
        let host = Host::new(component, Config { cache: cache(), ..Config::default() }).await.unwrap();
        assert!(host.describe().await.unwrap().steps.is_empty());
        let setup = Setup::new(Account::company()).await;
        let settings = setup.settings("api-token");
        let mut session = host.open_with(routes::for_lifecycle(), "api-token", &settings).await.unwrap();
        let error = session.apply_steps(&[add_user("eve@northwind.example")], &really()).await.unwrap_err();
        assert!(matches!(error, HostError::NoManager), "{error}");
        let error = session.offboard(&crate::id("user:0a"), &[], &really()).await.unwrap_err();
        assert!(matches!(error, HostError::NoManager), "{error}");
        assert_eq!(setup.mock.request_count(), 0);
    }
}
