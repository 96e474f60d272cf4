//! Pages are requested before they are needed: the same pages, in the same number of requests.

use crate::common::reading::connector_error;
use crate::common::setup::HostAndMock;
use crate::common::whole::Whole;
use connector_host::contract::ErrorKind;
use host_test::mock::{Account, Effect, Fault, Options, RateLimit, Size};
use std::time::Duration;

fn account() -> Account {
    Account::generate(31, Size { users: 300, members: 700, groups: 24, roles: 300 })
}

/// Starts a mock that takes a moment for each answer, so that concurrent requests overlap.
async fn setup(options: Options) -> HostAndMock {
    HostAndMock::with(account(), Options { latency: Duration::from_millis(20), ..options }).await
}

async fn read(setup: &HostAndMock, read_ahead: &str) -> Whole {
    let settings = [setup.settings(), vec![("read-ahead".to_owned(), read_ahead.to_owned())]].concat();
    setup.try_read_with(&settings).await.unwrap()
}

#[tokio::test]
async fn the_same_pages_in_the_same_number_of_requests() {
    let mut found = Vec::new();
    for read_ahead in ["1", "4", "16"] {
        let setup = setup(Options::default()).await;
        let whole = read(&setup, read_ahead).await;
        whole.assert_nothing_twice();
        assert_eq!(u64::from(whole.requests), setup.mock.request_count(), "the pages tell every request");
        found.push((whole.weights.clone(), whole.facts(), setup.mock.requests_by_route()));
        let most = setup.mock.most_under_way();
        assert!(most <= read_ahead.parse().unwrap(), "{most} at once with a read-ahead of {read_ahead}");
        assert!(read_ahead == "1" || most > 1, "nothing was under way at once");
    }
    assert!(found.iter().all(|one| *one == found[0]));
}

#[tokio::test]
async fn a_failed_pages_error_comes_when_it_is_asked_for() {
    let effect =
        Effect::Status { status: 403, code: 9109, message: "not this one".into(), headers: Vec::new() };
    let setup = setup(Options {
        faults: vec![Fault::on("GET", "members", effect).at_page(5).at_attempt(1)],
        ..Options::default()
    })
    .await;
    let mut session = setup.session().await;
    let kinds = ["member".to_owned()];
    let (mut whole, mut cursor, mut failed_after) = (Whole::default(), None, Vec::new());
    loop {
        match session.read(&kinds, cursor.as_deref()).await.map_err(connector_error) {
            Ok(page) => cursor = whole.take(page),
            Err(error) => {
                assert_eq!(error.kind, ErrorKind::PermissionDenied);
                failed_after.push(whole.resources.len());
                continue;
            }
        }
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(failed_after, [200], "the four pages before it came");
    assert_eq!(whole.resources.len(), 700, "and the same cursor, read again, goes on");
    whole.assert_nothing_twice();
    assert_eq!(
        setup.mock.requests_by_route()["GET members"],
        15,
        "only the page that failed was asked for again"
    );
}

#[tokio::test]
async fn the_window_narrows_when_the_limit_is_nearly_used_up() {
    let rate_limit = Some(RateLimit { quota: 8, window: 300 });
    let setup = setup(Options { rate_limit, ..Options::default() }).await;
    let whole = read(&setup, "16").await;
    assert_eq!(
        whole.resources.len(),
        read(&self::setup(Options::default()).await, "1").await.resources.len()
    );
    assert_eq!(setup.mock.most_under_way(), 1);
}

#[tokio::test]
async fn without_totals_nothing_is_asked_ahead() {
    let setup = setup(Options { totals: false, ..Options::default() }).await;
    read(&setup, "16").await;
    assert_eq!(setup.mock.most_under_way(), 1);
}
