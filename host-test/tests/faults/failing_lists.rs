//! A server that fails for a list that rules name, and for nothing else: what rests on the list is
//! open, and the rest goes on.

use crate::common::reading::{connector_error, read_through};
use crate::common::setup::HostAndMock;
use crate::common::whole::Whole;
use crate::is_incomplete;
use connector_host::contract::{Change, ErrorKind, Operation, Options, ResourceId, Status, Warning};
use host_test::mock::{Account, Effect, Fault, Place};
use host_test::routes;
use std::collections::BTreeSet;

const ITEMS: &str = "gateway/lists/{id}/items";

fn status(status: u16) -> Effect {
    Effect::Status { status, code: 1, message: "for ever".into(), headers: Vec::new() }
}

/// Answers by which a server says that it fails.
fn failing() -> [Effect; 5] {
    [status(500), status(408), Effect::Html { status: 502 }, Effect::Empty { status: 503 }, {
        let body = r#"{"title":"Error 1033","status":530,"error_code":1033,"cloudflare_error":true}"#;
        Effect::Body { status: 530, body: body.to_owned() }
    }]
}

async fn setup(effect: &Effect, page: Option<u64>) -> HostAndMock {
    let setup = HostAndMock::new(Account::company()).await;
    setup.mock.inject(Fault::on("GET", ITEMS, Effect::SmallerPages { per_page: 1 }));
    let fault = Fault::on("GET", ITEMS, effect.clone());
    setup.mock.inject(match page {
        Some(page) => fault.at_page(page),
        None => fault,
    });
    setup
}

/// Returns the grants that rest on a list.
fn by_list(whole: &Whole) -> usize {
    whole.grants.iter().filter(|grant| grant.basis.iter().any(|basis| basis.rule == "email_list")).count()
}

fn without_lists(whole: &Whole) -> BTreeSet<String> {
    whole.resources.iter().map(|it| format!("{:?}", it.id)).collect()
}

#[tokio::test]
async fn a_sync_goes_on_and_says_what_is_missing() {
    let undisturbed =
        HostAndMock::new(Account::company()).await.read(&["group", "role", "member", "user"]).await;
    for effect in failing() {
        for page in [None, Some(2)] {
            let setup = setup(&effect, page).await;
            let mut session = setup.session().await;
            let whole = read_through(&mut session, &["group", "role", "member", "user"]).await.unwrap();
            assert!(setup.mock.fired()[1] > 0, "{effect:?}");
            let told = whole.warned_of("list-not-readable");
            assert!(!told.is_empty() && told.iter().all(|warning| warning.incomplete), "{effect:?}");
            for part in ["what it decides is left open", "Couldn't read", "answer", "Try again later."] {
                assert!(told[0].message.contains(part), "{part}: {}", told[0].message);
            }
            assert_eq!(by_list(&whole), 0, "an open list names nobody, whatever came of it");
            assert_eq!(without_lists(&whole), without_lists(&undisturbed), "{effect:?}");
            // The next sync is whole again.
            setup.mock.end_faults();
            let whole = read_through(&mut session, &[]).await.unwrap();
            assert!(!is_incomplete(&whole) && by_list(&whole) > 0, "{effect:?}");
        }
    }
}

#[tokio::test]
async fn one_group_is_read_without_the_list() {
    for effect in failing() {
        let setup = setup(&effect, None).await;
        let group = setup.mock.read(|account| {
            let named = |it: &&host_test::mock::Group| format!("{:?}", it.include).contains("email_list");
            account.groups.iter().find(named).expect("a group that names a list").id.clone()
        });
        let (id, mut session) = (ResourceId { kind: "group".into(), id: group }, setup.session().await);
        let (mut resources, mut warnings, mut cursor) = (0, Vec::new(), None);
        loop {
            let page = session.get(&id, cursor.as_deref()).await.map_err(connector_error).unwrap();
            resources += page.resources.len();
            warnings.extend(page.warnings);
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        assert!(resources > 0 && setup.mock.fired()[1] > 0, "{effect:?}");
        let is_told = |it: &Warning| it.code == "list-not-readable" && it.incomplete;
        assert!(warnings.iter().any(is_told), "{effect:?}");
    }
}

#[tokio::test]
async fn a_check_of_credentials_passes() {
    for effect in failing() {
        let setup = setup(&effect, None).await;
        let checks = setup.session().await.validate().await.unwrap();
        assert!(checks.checks.iter().all(|check| check.read.is_ok()), "{effect:?}: {checks:?}");
        assert!(setup.mock.fired()[1] > 0, "{effect:?}");
        let [told] = checks.warnings.as_slice() else { panic!("{effect:?}: {:?}", checks.warnings) };
        assert!(told.code == "list-not-readable" && told.incomplete, "{effect:?}: {told:?}");
    }
}

#[tokio::test]
async fn a_change_that_the_list_does_not_decide_is_made() {
    for effect in failing() {
        let setup = setup(&effect, None).await;
        let group = setup.mock.read(|account| {
            let named = |it: &&host_test::mock::Group| format!("{:?}", it.include).contains("email_list");
            account.groups.iter().find(named).expect("a group that names a list").id.clone()
        });
        let mut session =
            setup.host.open_with(routes::writable(), "api-token", &setup.settings()).await.unwrap();
        let change = Change {
            operation: Operation::Grant,
            entitlement: format!("group:{group}:member"),
            principal: ResourceId { kind: "email".into(), id: "new@elsewhere.example".into() },
        };
        let options = Options { dry_run: false, allow_gains: false, extra: String::new() };
        let report = session.apply(&[change], &options).await.unwrap();
        let told = report.warnings.iter().find(|it| it.code == "list-not-readable").expect("a warning");
        assert!(told.incomplete && told.message.contains("Couldn't read"), "{}", told.message);
        let outcome = report.results[0].as_ref().expect("an outcome");
        assert!(matches!(outcome.status, Status::Applied), "{outcome:?}");
    }
}

#[tokio::test]
async fn many_lists_that_fail_take_the_waits_of_one() {
    let mut account = Account::company();
    let list = account.lists.iter().find(|list| list.kind == "EMAIL").expect("a list").clone();
    for number in 0..12 {
        let id = format!("{}{number:02}", &list.id[..list.id.len() - 2]);
        account.groups[0].include.get_or_insert_default().push(serde_json::json!({"email_list": {"id": id}}));
        account.lists.push(host_test::mock::List { id, ..list.clone() });
    }
    let setup = HostAndMock::new(account).await;
    setup.mock.inject(Fault::on("GET", ITEMS, status(500)));
    let mut settings = setup.settings();
    settings.retain(|(name, _)| name != "max-wait-seconds");
    let whole = setup.try_read_with(&settings).await.unwrap();
    let lists = whole.warned_of("list-not-readable").len() as u64;
    assert!(lists > 12);
    assert_eq!(setup.mock.fired(), [lists * 2 + 2], "only the first one is asked for more than twice");
}

#[tokio::test]
async fn a_failure_in_passing_leaves_nothing_open() {
    let setup = HostAndMock::new(Account::company()).await;
    setup.mock.inject(Fault::on("GET", ITEMS, status(500)).at_attempt(1));
    setup.mock.inject(Fault::on("GET", ITEMS, status(503)).at_attempt(2));
    let mut settings = setup.settings();
    settings.retain(|(name, _)| name != "max-wait-seconds");
    let whole = setup.try_read_with(&settings).await.unwrap();
    assert!(!is_incomplete(&whole) && by_list(&whole) > 0);
}

#[tokio::test]
async fn a_failure_in_passing_loses_nothing_after_another_list_failed() {
    let mut account = Account::company();
    let list = account.lists.iter().find(|list| list.kind == "EMAIL").expect("a list").clone();
    let id = format!("{}00", &list.id[..list.id.len() - 2]);
    account.groups[0].include.get_or_insert_default().push(serde_json::json!({"email_list": {"id": id}}));
    account.lists.push(host_test::mock::List { id, ..list });
    let setup = HostAndMock::new(account).await;
    setup.mock.inject(Fault::on("GET", ITEMS, status(502)).at_attempt(1));
    // The settings leave no time to wait, so a list is given up at once; the next one isn't.
    let whole = setup.try_read(&[]).await.unwrap();
    let lists = setup.mock.fired()[0];
    assert!(lists > 1);
    assert_eq!(whole.warned_of("list-not-readable").len() as u64, lists.div_ceil(2), "of {lists}");
}

#[tokio::test]
async fn what_says_nothing_of_the_list_stays_an_error() {
    let limited = Effect::Status { status: 429, code: 971, message: "wait".into(), headers: Vec::new() };
    for (effect, kind) in [
        (Effect::Reset { at: Place::BeforeHead }, ErrorKind::Unavailable),
        (Effect::Close { at: Place::InBody }, ErrorKind::Unavailable),
        (Effect::Html { status: 200 }, ErrorKind::InvalidResponse),
        (limited, ErrorKind::RateLimited),
    ] {
        let setup = setup(&effect, None).await;
        assert_eq!(setup.try_read(&[]).await.err().unwrap().kind, kind, "{effect:?}");
    }
    // So does a kind's own list.
    for route in ["access/groups", "roles", "members", "access/users"] {
        let setup = HostAndMock::new(Account::company()).await;
        setup.mock.inject(Fault::on("GET", route, status(500)));
        assert_eq!(setup.try_read(&[]).await.err().unwrap().kind, ErrorKind::Unavailable, "{route}");
    }
}
