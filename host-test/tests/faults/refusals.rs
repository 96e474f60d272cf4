//! Refusals: one that passes, and those that are true of every request.

use crate::common::reading::{connector_error, read_through};
use crate::common::setup::HostAndMock;
use crate::is_incomplete;
use connector_host::contract::{Change, ErrorKind, Operation, ResourceId};
use host_test::mock::{Account, Effect, Fault, Options};

const LISTS: [&str; 5] = ["access/groups", "access/users", "gateway/lists/{id}/items", "members", "roles"];
const PERMISSIONS: [&str; 5] = [
    "Access: Organizations, Identity Providers, and Groups Read",
    "Access: Audit Logs Read",
    "Zero Trust Read",
    "Account Settings Read",
    "Account Settings Read",
];

fn refusal(code: u64, message: &str) -> Effect {
    Effect::Status { status: 403, code, message: message.to_owned(), headers: Vec::new() }
}

fn authentication_error() -> Effect {
    authentication_error_with(403)
}

fn authentication_error_with(status: u16) -> Effect {
    Effect::Status { status, code: 10000, message: "Authentication error".to_owned(), headers: Vec::new() }
}

/// Starts a mock whose lists have a few items on a page.
async fn in_small_pages(faults: Vec<Fault>) -> HostAndMock {
    let max_per_page = LISTS.map(|route| (route.to_owned(), 2)).into();
    HostAndMock::with(Account::company(), Options { max_per_page, faults, ..Options::default() }).await
}

/// The settings with a read-ahead.
fn ahead(setup: &HostAndMock, pages: &str) -> Vec<(String, String)> {
    let mut settings = setup.settings();
    settings.push(("read-ahead".to_owned(), pages.to_owned()));
    settings
}

#[tokio::test]
async fn a_refusal_in_the_middle_of_a_list_is_asked_once_more() {
    let undisturbed = in_small_pages(Vec::new()).await.read(&[]).await;
    for route in LISTS {
        for (pages, status) in [("1", 403), ("4", 403), ("4", 401)] {
            let refusal = authentication_error_with(status);
            let fault = Fault::on("GET", route, refusal).at_page(2).at_attempt(1);
            let setup = in_small_pages(vec![fault]).await;
            let whole = setup.try_read_with(&ahead(&setup, pages)).await.unwrap();
            let fired = setup.mock.fired()[0];
            assert!(fired > 0, "{route}");
            assert_eq!(whole.facts(), undisturbed.facts(), "{route}, {pages} ahead");
            assert_eq!(u64::from(whole.requests), u64::from(undisturbed.requests) + fired, "{route}");
            assert_eq!(u64::from(whole.requests), setup.mock.request_count(), "{route}");
            assert!(!is_incomplete(&whole), "{route}");
        }
    }
}

#[tokio::test]
async fn a_refusal_in_the_middle_that_lasts_can_be_tried_later() {
    for (route, permission) in LISTS.into_iter().zip(PERMISSIONS) {
        let setup = in_small_pages(vec![Fault::on("GET", route, authentication_error()).at_page(2)]).await;
        let mut session = setup.host.open("api-token", &ahead(&setup, "4")).await.unwrap();
        let (mut cursor, mut refused) = (None, None);
        while refused.is_none() {
            match session.read(&[], cursor.as_deref()).await.map_err(connector_error) {
                Ok(page) if page.next.is_none() => break,
                Ok(page) => cursor = page.next,
                Err(error) => refused = Some(error),
            }
        }
        let Some(error) = refused else {
            // Such a list is a gap, as any that can't be read.
            assert_eq!(route, "gateway/lists/{id}/items");
            continue;
        };
        assert_eq!((error.kind, error.retryable), (ErrorKind::Unavailable, true), "{route}");
        assert_eq!((error.code.as_deref(), error.http_status), (Some("10000"), Some(403)));
        assert!(!error.message.contains("permission"), "{}", error.message);
        assert_eq!(setup.mock.fired(), [2], "it was asked once more");
        let again = session.read(&[], cursor.as_deref()).await.map_err(connector_error).unwrap_err();
        assert_eq!(again.kind, ErrorKind::Unavailable, "the same session still knows the page before");
        // If the permission is gone, a session that begins there says so.
        setup.mock.inject(Fault::on("GET", route, authentication_error()));
        let mut another = setup.session().await;
        let error = another.read(&[], cursor.as_deref()).await.map_err(connector_error).unwrap_err();
        assert_eq!(error.kind, ErrorKind::PermissionDenied, "{route}");
        assert!(error.message.contains(permission), "{}", error.message);
        setup.mock.end_faults();
        let mut after = cursor;
        while let Some(at) = after {
            after = session.read(&[], Some(&at)).await.unwrap().next;
        }
    }
}

#[tokio::test]
async fn a_permission_that_was_taken_away_shows_at_the_first_page() {
    for (route, permission) in LISTS.into_iter().zip(PERMISSIONS) {
        let setup = in_small_pages(Vec::new()).await;
        let mut session = setup.session().await;
        read_through(&mut session, &[]).await.unwrap();
        setup.mock.inject(Fault::on("GET", route, authentication_error()));
        let outcome = read_through(&mut session, &[]).await;
        let told = match outcome {
            Err(error) => {
                assert_eq!(error.kind, ErrorKind::PermissionDenied, "{route}");
                error.message
            }
            Ok(whole) => {
                assert!(is_incomplete(&whole), "{route}");
                whole.warned_of("list-not-readable")[0].message.clone()
            }
        };
        assert!(told.contains(permission), "{route}: {told}");
        assert!(!told.contains("account ID"), "{route}, much else was read: {told}");
    }
}

#[tokio::test]
async fn get_asks_once_more_too() {
    let group = Account::company().groups[0].id.clone();
    for route in ["access/groups", "access/users", "members"] {
        let fault = Fault::on("GET", route, authentication_error()).at_page(2).at_attempt(1);
        let setup = in_small_pages(vec![fault]).await;
        let id = ResourceId { kind: "group".to_owned(), id: group.clone() };
        let (mut session, mut cursor) = (setup.session().await, None);
        loop {
            cursor = session.get(&id, cursor.as_deref()).await.map_err(connector_error).unwrap().next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(setup.mock.fired(), [1], "{route}");
    }
}

#[tokio::test]
async fn apply_asks_once_more_too() {
    let group = Account::company().groups[0].id.clone();
    let change = |address: &str| Change {
        operation: Operation::Grant,
        entitlement: format!("group:{group}:member"),
        principal: ResourceId { kind: "email".to_owned(), id: address.to_owned() },
    };
    let changes = ["ann@elsewhere.example", "bob@elsewhere.example"].map(change);
    let options = host_options(true);
    for route in ["access/groups", "members"] {
        let undisturbed = in_small_pages(Vec::new()).await;
        let expected = undisturbed.session().await.apply(&changes, &options).await.unwrap();
        assert!(expected.results.iter().all(Result::is_ok), "{:?}", expected.results);
        let fault = Fault::on("GET", route, authentication_error()).at_page(2).at_attempt(1);
        let setup = in_small_pages(vec![fault]).await;
        let report = setup.session().await.apply(&changes, &options).await.unwrap();
        assert_eq!(setup.mock.fired(), [1], "{route}");
        assert_eq!(format!("{:?}", report.results), format!("{:?}", expected.results), "{route}");
        assert_eq!(report.requests, expected.requests + 1, "{route}");
        assert!(report.warnings.is_empty(), "{route}: {:?}", report.warnings);
    }
}

fn host_options(dry_run: bool) -> connector_host::contract::Options {
    connector_host::contract::Options { dry_run, allow_gains: false, extra: String::new() }
}

#[tokio::test]
async fn an_address_that_may_not_be_used_is_told_once() {
    let location = refusal(9109, "Cannot use the access token from location: 2001:db8::7");
    let setup = HostAndMock::new(Account::company()).await;
    setup.mock.inject(Fault::always(location));
    let error = setup.try_read(&[]).await.err().unwrap();
    assert_eq!((error.kind, error.retryable), (ErrorKind::Unauthenticated, false));
    for named in ["location: 2001:db8::7", "Client IP Address Filtering"] {
        assert!(error.message.contains(named), "{}", error.message);
    }
    assert_eq!(setup.mock.request_count(), 1, "nothing more was asked");

    let change = |entitlement: String, kind: &str, id: &str| Change {
        operation: Operation::Grant,
        entitlement,
        principal: ResourceId { kind: kind.to_owned(), id: id.to_owned() },
    };
    let account = Account::company();
    let groups = account.groups.iter().take(2);
    let mut changes: Vec<Change> = groups
        .map(|group| change(format!("group:{}:member", group.id), "email", "ann@elsewhere.example"))
        .collect();
    let member = &account.members[0].id;
    changes.push(change(format!("role:{}:assigned", account.roles[1].id), "member", member));
    let report = setup.session().await.apply(&changes, &host_options(false)).await.unwrap();
    for result in &report.results {
        let error = result.as_ref().unwrap_err();
        assert_eq!(error.kind, ErrorKind::Unauthenticated, "{}", error.message);
        assert!(error.message.contains("2001:db8::7"), "{}", error.message);
    }
    assert_eq!(report.requests, 1, "nothing more was asked");
}

#[tokio::test]
async fn a_refusal_of_everything_names_all_that_it_can_be() {
    for kinds in [&["role"][..], &["user"], &["member"], &["group"], &[]] {
        let setup = HostAndMock::new(Account::company()).await;
        setup.mock.inject(Fault::always(authentication_error()));
        let error = setup.try_read(kinds).await.err().unwrap();
        assert_eq!((error.kind, error.retryable), (ErrorKind::PermissionDenied, false));
        for named in ["Give the token the permission", "account ID", "Client IP Address Filtering"] {
            assert!(error.message.contains(named), "{kinds:?}: {}", error.message);
        }
        // A sync of everything goes on without the identity providers, and one of members without the
        // account.
        let goes_on = kinds.is_empty() || kinds == ["member"];
        assert_eq!(setup.mock.request_count(), if goes_on { 2 } else { 1 });
    }
    // Another account's id, as the mock tells it.
    let setup = HostAndMock::new(Account::company()).await;
    let mut settings = setup.settings();
    settings[0].1 = "f".repeat(32);
    let error = setup.try_read_with(&settings).await.err().unwrap();
    assert_eq!(error.kind, ErrorKind::PermissionDenied);
    assert!(error.message.contains("the account ID is another account's"), "{}", error.message);
}
