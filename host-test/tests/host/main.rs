//! The promises of the host, through its public API: with the connector's component, and a mock of
//! Cloudflare over real HTTP.

use connector_host::contract::{Change, ErrorKind, Operation, Options as ApplyOptions, ResourceId};
use connector_host::{
    Cache, CacheOutcome, Config, Given, Host, HostError, Limit, Limits, Pages, Session, Wanted,
};
use host_test::CONNECTOR;
use host_test::mock::{Account, DEMO_TOKEN, Mock, Options, Size};
use host_test::routes;
use std::time::Duration;

const SIZE: Size = Size { users: 1_500, members: 60, groups: 25, roles: 10 };

async fn host(limits: Limits) -> Host {
    Host::new(CONNECTOR, Config { limits, ..Config::default() }).await.unwrap()
}

async fn mock(account: Account) -> Mock {
    Mock::start(account, Options::default()).await.unwrap()
}

fn settings(mock: &Mock) -> Vec<(String, String)> {
    let account = mock.read(|account| account.id.clone());
    [("account-id", account), ("base-url", mock.base_url()), ("api-token", DEMO_TOKEN.to_owned())]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
}

async fn open(host: &Host, mock: &Mock) -> Session {
    host.open("api-token", &settings(mock)).await.unwrap()
}

/// Reads to the end, and returns the number of resources.
async fn read(session: &mut Session) -> Result<usize, HostError> {
    let mut resources = 0;
    let mut cursor: Option<String> = None;
    loop {
        let page = session.read(&[], cursor.as_deref()).await?;
        resources += page.resources.len();
        match page.next {
            Some(next) => cursor = Some(next),
            None => return Ok(resources),
        }
    }
}

#[tokio::test]
async fn describe_needs_nothing_and_is_asked_once() {
    let host = host(Limits::default()).await;
    let manifest = host.describe().await.unwrap();
    assert_eq!(manifest.origins, ["https://api.cloudflare.com"]);
    assert!(std::ptr::eq(manifest, host.clone().describe().await.unwrap()));
}

#[tokio::test]
async fn what_a_session_counts_is_what_the_server_saw() {
    let mock = mock(Account::generate(7, SIZE)).await;
    let host = host(Limits::default()).await;
    let mut session = open(&host, &mock).await;
    assert!(session.validate().await.unwrap().checks.iter().all(|check| check.read.is_ok()));
    assert!(read(&mut session).await.unwrap() > SIZE.users + SIZE.members);

    let traffic = session.traffic();
    assert_eq!(traffic.requests, mock.request_count());
    assert_eq!(routes::below_account(traffic.requests_by_route), mock.requests_by_route());
    assert_eq!(traffic.bytes_in, mock.bytes_out());
    assert_eq!(traffic.denied, 0);
    assert!(session.memory_peak() > 64 * 1024);
    assert!(session.memory_peak() < Limits::default().memory_bytes);
}

#[tokio::test]
async fn sessions_are_independent_and_share_a_host() {
    let (one, other) = (mock(Account::company()).await, mock(Account::generate(7, SIZE)).await);
    let host = host(Limits::default()).await;
    let (mut first, mut second) = (open(&host, &one).await, open(&host, &other).await);
    let (first_read, second_read) = tokio::join!(read(&mut first), read(&mut second));
    assert!(first_read.unwrap() < second_read.unwrap());
    assert_eq!(first.traffic().requests, one.request_count());
    assert_eq!(second.traffic().requests, other.request_count());
}

#[tokio::test]
async fn the_next_page_is_read_while_the_last_one_is_stored() {
    let mock = mock(Account::generate(7, SIZE)).await;
    let host = host(Limits::default()).await;
    let mut pages = Pages::start(open(&host, &mock).await, Wanted::Kinds(Vec::new()), None);
    let Given { page, traffic, .. } = pages.next().await.unwrap().unwrap();
    assert_eq!((traffic.requests, mock.request_count()), (1, 1));
    // Nobody asks for another page.
    let sent = async {
        while mock.request_count() == 1 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), sent).await.unwrap();
    let (mut resources, mut sent) = (page.resources.len(), traffic);
    while let Some(given) = pages.next().await {
        let Given { page, traffic, memory_peak } = given.unwrap();
        assert!(traffic.requests >= sent.requests && memory_peak < Limits::default().memory_bytes);
        resources += page.resources.len();
        sent = traffic;
    }
    assert_eq!(routes::below_account(sent.requests_by_route), mock.requests_by_route());
    assert_eq!(resources, read(&mut open(&host, &mock).await).await.unwrap());
}

#[tokio::test]
async fn a_read_goes_on_at_a_cursor_and_ends_with_an_error() {
    let mock = mock(Account::company()).await;
    let host = host(Limits::default()).await;
    let kinds = || Wanted::Kinds(vec!["role".to_owned(), "user".to_owned()]);
    let mut pages = Pages::start(open(&host, &mock).await, kinds(), None);
    let cursor = pages.next().await.unwrap().unwrap().page.next.unwrap();
    let mut rest = Pages::start(open(&host, &mock).await, kinds(), Some(cursor));
    let users = rest.next().await.unwrap().unwrap().page.resources;
    assert!(!users.is_empty() && users.iter().all(|user| user.id.kind == "user"));

    let mut wrong = Pages::start(open(&host, &mock).await, kinds(), Some("no cursor".to_owned()));
    let error = wrong.next().await.unwrap().err().unwrap();
    assert!(
        matches!(&error, HostError::Connector(error) if error.kind == ErrorKind::InvalidCursor),
        "{error}"
    );
    assert!(wrong.next().await.is_none());
}

#[tokio::test]
async fn the_connector_says_what_is_wrong_with_a_setting() {
    let mock = mock(Account::company()).await;
    let host = host(Limits::default()).await;
    for (name, value) in [
        ("base-url", ""),
        ("base-url", "http://api.cloudflare.com"),
        ("base-url", "https://user@api.cloudflare.com"),
        ("account-id", "x"),
    ] {
        let mut settings = settings(&mock);
        settings.retain(|(of, _)| of != name);
        settings.push((name.to_owned(), value.to_owned()));
        let error = host.open("api-token", &settings).await.err().unwrap();
        let connector = error.as_connector().unwrap_or_else(|| panic!("{name}={value}: {error}"));
        assert_eq!(connector.kind, ErrorKind::InvalidSettings, "{name}={value}");
        assert_eq!(connector.about.as_deref(), Some(name), "{value}");
    }
    assert_eq!(mock.request_count(), 0);
}

#[tokio::test]
async fn a_request_to_another_origin_does_not_go_out() {
    let (allowed, other) = (mock(Account::company()).await, mock(Account::company()).await);
    let host = host(Limits::default()).await;
    let port = other.address().port();
    for origin in [
        allowed.base_url().trim_end_matches("/client/v4").to_owned(),
        // The right port on another host, or with another scheme.
        format!("http://localhost:{port}"),
        format!("http://[::1]:{port}"),
        format!("https://127.0.0.1:{port}"),
        "https://api.cloudflare.com".to_owned(),
    ] {
        let origins = vec![origin.parse().unwrap()];
        let mut session = host.open_to(origins, "api-token", &settings(&other)).await.unwrap();
        assert!(read(&mut session).await.is_err(), "{origin}");
        let traffic = session.traffic();
        assert!(traffic.denied > 0, "{origin}");
        assert_eq!(traffic.requests, 0, "{origin}");
    }
    assert_eq!(allowed.request_count() + other.request_count(), 0);
}

#[tokio::test]
async fn with_no_origin_nothing_goes_out() {
    let mock = mock(Account::company()).await;
    let host = host(Limits::default()).await;
    let mut session = host.open_to(Vec::new(), "api-token", &settings(&mock)).await.unwrap();
    assert!(read(&mut session).await.is_err());
    assert!(session.traffic().denied > 0);
    assert_eq!(mock.request_count(), 0);
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unavailable_and_the_session_lives_on() {
    let mock = mock(Account::company()).await;
    let settings = settings(&mock);
    let host = host(Limits::default()).await;
    let mut session = host.open("api-token", &settings).await.unwrap();
    mock.stop().await;
    for _ in 0..2 {
        let error = read(&mut session).await.unwrap_err();
        assert_eq!(error.as_connector().map(|error| error.kind), Some(ErrorKind::Unavailable), "{error}");
    }
}

#[tokio::test]
async fn a_session_that_wants_more_memory_than_it_may_ends_and_the_host_lives_on() {
    let mock = mock(Account::generate(7, SIZE)).await;
    let enough = host(Limits::default()).await;
    let mut modest = open(&enough, &mock).await;
    modest.validate().await.unwrap();

    // This is enough to validate, but not to read a thousand users.
    let limit = modest.memory_peak();
    let tight = host(Limits { memory_bytes: limit, ..Limits::default() }).await;
    let mut session = open(&tight, &mock).await;
    let error = read(&mut session).await.unwrap_err();
    let HostError::LimitExceeded { call: "read", limit: exceeded } = error else { panic!("{error}") };
    assert_eq!(exceeded, Limit::Memory(limit));
    let error = session.validate().await.unwrap_err();
    assert!(matches!(&error, HostError::SessionOver(why) if why.contains("memory")), "{error}");
    assert!(session.memory_peak() <= limit);

    assert!(tight.describe().await.is_ok());
    assert!(open(&tight, &mock).await.validate().await.is_ok());
}

#[tokio::test]
async fn a_call_that_takes_too_long_ends_the_session_and_the_host_lives_on() {
    let mock = mock(Account::company()).await;
    let host = host(Limits { call: Duration::from_millis(500), ..Limits::default() }).await;
    let mut session = open(&host, &mock).await;
    mock.configure(|options| options.latency = Duration::from_secs(600));
    let error = read(&mut session).await.unwrap_err();
    assert!(matches!(error, HostError::LimitExceeded { call: "read", limit: Limit::Time(_) }), "{error}");
    assert!(matches!(session.validate().await, Err(HostError::SessionOver(_))));

    mock.configure(|options| options.latency = Duration::ZERO);
    assert!(open(&host, &mock).await.validate().await.is_ok());
}

#[tokio::test]
async fn a_call_that_is_dropped_half_way_ends_the_session() {
    let mock = mock(Account::company()).await;
    let host = host(Limits::default()).await;
    let mut session = open(&host, &mock).await;
    mock.configure(|options| options.latency = Duration::from_secs(600));
    let dropped = tokio::time::timeout(Duration::from_millis(200), session.read(&[], None)).await;
    assert!(dropped.is_err());
    let error = session.read(&[], None).await.unwrap_err();
    assert!(matches!(&error, HostError::SessionOver(why) if why.contains("cut short")), "{error}");
}

fn join(mock: &Mock) -> Change {
    let (group, user) = mock.read(|account| {
        let finance = account.groups.iter().find(|group| group.name == "Finance").unwrap();
        let lucas = account.users.iter().find(|user| user.name.as_deref() == Some("Lucas Moreau")).unwrap();
        (finance.id.clone(), lucas.id.clone())
    });
    Change {
        operation: Operation::Grant,
        entitlement: format!("group:{group}:member"),
        principal: ResourceId { kind: "user".to_owned(), id: user },
    }
}

const FOR_REAL: ApplyOptions = ApplyOptions { dry_run: false, allow_gains: false, extra: String::new() };

#[tokio::test]
async fn a_session_that_reads_can_not_be_made_to_write() {
    let mock = mock(Account::company()).await;
    let host = host(Limits::default()).await;
    let before = mock.account();
    let mut session = open(&host, &mock).await;
    let report = session.apply(&[join(&mock)], &FOR_REAL).await.unwrap();
    let error = report.results[0].as_ref().unwrap_err();
    assert_eq!((error.kind, error.retryable), (ErrorKind::Unavailable, false), "{}", error.message);
    assert!(report.writes.is_empty());
    assert_eq!(session.traffic().denied, 1);
    assert_eq!(mock.account(), before);
    assert!(mock.requests().iter().all(|request| request.method == "GET"));

    let mut session = host.open_with(routes::writable(), "api-token", &settings(&mock)).await.unwrap();
    let report = session.apply(&[join(&mock)], &FOR_REAL).await.unwrap();
    assert!(report.results[0].is_ok() && report.writes.len() == 1);
    assert_ne!(mock.account(), before);
}

#[tokio::test]
async fn every_function_of_the_contract_can_be_called() {
    let mock = mock(Account::company()).await;
    let host = host(Limits::default()).await;
    let mut session = open(&host, &mock).await;
    let change = join(&mock);
    let got = session.get(&change.principal, None).await.unwrap();
    assert_eq!(got.resources.len(), 1);
    let options = ApplyOptions { dry_run: true, ..FOR_REAL };
    let report = session.apply(&[change], &options).await.unwrap();
    assert!(report.results[0].is_ok());
    assert!(read(&mut session).await.is_ok());
}

#[cfg(unix)]
#[tokio::test]
async fn the_compiled_component_is_kept_and_works_when_it_is_loaded() {
    let place = tempfile::tempdir().unwrap();
    let config = || Config { cache: Cache::Directory(place.path().join("cache")), ..Config::default() };
    let compiled = Host::new(CONNECTOR, config()).await.unwrap();
    assert_eq!(*compiled.cache_outcome(), CacheOutcome::Kept);
    let loaded = Host::new(CONNECTOR, config()).await.unwrap();
    assert_eq!(*loaded.cache_outcome(), CacheOutcome::Loaded);

    let mock = mock(Account::company()).await;
    let both = (read(&mut open(&compiled, &mock).await).await, read(&mut open(&loaded, &mock).await).await);
    assert_eq!(both.0.unwrap(), both.1.unwrap());
}

#[tokio::test]
async fn what_is_no_connector_is_refused() {
    const EMPTY_COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";
    const EMPTY_MODULE: &[u8] = b"\0asm\x01\0\0\0";
    for bytes in
        [&b""[..], b"no wasm at all", EMPTY_MODULE, EMPTY_COMPONENT, &CONNECTOR[..CONNECTOR.len() / 2]]
    {
        let config = Config { cache: Cache::Off, ..Config::default() };
        let error = Host::new(bytes, config).await.err().unwrap();
        assert!(matches!(error, HostError::Component(_)), "{error}");
    }
}
