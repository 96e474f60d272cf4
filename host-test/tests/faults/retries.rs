//! A request that fails for a moment is repeated. One that keeps failing fails the call, and the
//! same cursor can be read again.

use crate::common::reading::connector_error;
use crate::common::setup::{HostAndMock, host_within};
use crate::common::whole::Whole;
use connector_host::Limits;
use connector_host::contract::ErrorKind;
use host_test::mock::{Account, Effect, Fault, Options, Place};
use std::time::Duration;

async fn setup(max_wait_seconds: &str, faults: Vec<Fault>) -> (HostAndMock, Vec<(String, String)>) {
    let setup = HostAndMock::with(Account::company(), Options { faults, ..Options::default() }).await;
    let mut settings = setup.settings();
    settings.retain(|(name, _)| name != "max-wait-seconds");
    settings.push(("max-wait-seconds".to_owned(), max_wait_seconds.to_owned()));
    (setup, settings)
}

fn status(status: u16, headers: &[(&str, &str)]) -> Effect {
    let headers = headers.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
    Effect::Status { status, code: 1, message: "in passing".into(), headers }
}

#[tokio::test]
async fn what_fails_in_passing_is_asked_again_and_counted() {
    let undisturbed = HostAndMock::new(Account::company()).await;
    let expected = undisturbed.read(&[]).await;
    let passing = [
        status(503, &[]),
        status(408, &[]),
        status(429, &[("retry-after", "1")]),
        Effect::Html { status: 502 },
    ];
    for effect in passing {
        let fault = Fault::on("GET", "members", effect.clone()).at_attempt(1);
        let (setup, settings) = setup("10", vec![fault]).await;
        let whole = setup.try_read_with(&settings).await.unwrap();
        assert_eq!(setup.mock.fired(), [1], "{effect:?}");
        assert_eq!(whole.facts(), expected.facts(), "{effect:?}");
        assert_eq!(whole.requests, expected.requests + 1, "{effect:?}");
        assert_eq!(u64::from(whole.requests), setup.mock.request_count(), "{effect:?}");
    }
}

#[tokio::test]
async fn it_is_asked_four_times_at_most() {
    let (setup, settings) = setup("10", vec![Fault::on("GET", "roles", status(500, &[]))]).await;
    let error = setup.try_read_with(&settings).await.err().unwrap();
    assert_eq!((error.kind, error.retryable), (ErrorKind::Unavailable, true));
    assert_eq!(setup.mock.fired(), [4]);
}

#[tokio::test]
async fn what_fails_for_good_is_asked_once() {
    for effect in
        [status(403, &[]), status(400, &[]), status(404, &[]), Effect::Html { status: 200 }, Effect::CutOff]
    {
        let (setup, settings) = setup("10", vec![Fault::on("GET", "members", effect.clone())]).await;
        assert!(setup.try_read_with(&settings).await.is_err());
        assert_eq!(setup.mock.fired(), [1], "{effect:?}");
    }
}

#[tokio::test]
async fn a_longer_wait_than_allowed_is_the_hosts_to_decide() {
    let fault = Fault::on("GET", "members", status(429, &[("retry-after", "240")])).at_attempt(1);
    let (setup, settings) = setup("10", vec![fault]).await;
    let mut session = setup.host.open("api-token", &settings).await.unwrap();
    let mut whole = Whole::default();
    let mut cursor = None;
    let mut failures = Vec::new();
    loop {
        match session.read(&[], cursor.as_deref()).await.map_err(connector_error) {
            Ok(page) => cursor = whole.take(page),
            // The same cursor, the same session.
            Err(error) => {
                failures.push((error.kind, error.retryable, error.retry_after_ms));
                continue;
            }
        }
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(failures, [(ErrorKind::RateLimited, true, Some(240_000))]);
    assert_eq!(whole.facts(), HostAndMock::new(Account::company()).await.read(&[]).await.facts());
    whole.assert_nothing_twice();
}

#[tokio::test]
async fn a_server_that_is_gone_is_unavailable() {
    let (setup, settings) = setup("1", Vec::new()).await;
    let mut session = setup.host.open("api-token", &settings).await.unwrap();
    setup.mock.stop().await;
    let error = connector_error(session.read(&[], None).await.unwrap_err());
    assert_eq!((error.kind, error.retryable, error.http_status), (ErrorKind::Unavailable, true, None));
    assert!(error.message.contains("refused"), "{}", error.message);
}

#[tokio::test]
async fn a_server_that_stalls_is_unavailable_and_the_message_says_where() {
    let brief = Duration::from_millis(300);
    for (at, said, status) in [
        (Place::BeforeHead, "its first byte", None),
        (
            Place::InBody,
            "the rest of its body took too long), with the status 200, beginning with ",
            Some(200),
        ),
    ] {
        let mut setup = HostAndMock::new(Account::company()).await;
        setup.mock.inject(Fault::on("GET", "roles", Effect::Stall { at }));
        setup.host =
            host_within(Limits { first_byte: brief, between_bytes: brief, ..Limits::default() }).await;
        let error = setup.try_read(&["role"]).await.err().unwrap();
        assert_eq!((error.kind, error.retryable, error.http_status), (ErrorKind::Unavailable, true, status));
        assert!(error.message.contains("there was no answer in time"), "{}", error.message);
        assert!(error.message.contains(said), "{}", error.message);
        assert_eq!(setup.mock.fired(), [1]);
    }
}

#[tokio::test]
async fn what_is_left_of_the_limit_is_told() {
    use host_test::mock::RateLimit;
    let options = Options { rate_limit: Some(RateLimit::CLOUDFLARE), ..Options::default() };
    let setup = HostAndMock::with(Account::company(), options).await;
    let page = setup.session().await.read(&[], None).await.unwrap();
    let told = page.rate_limit.unwrap();
    assert!(told.remaining < 1200 && told.resets_in_ms <= 300_000, "{told:?}");
    let without = HostAndMock::new(Account::company()).await;
    assert!(without.session().await.read(&[], None).await.unwrap().rate_limit.is_none());
}
