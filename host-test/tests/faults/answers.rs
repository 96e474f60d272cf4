//! Answers that aren't the API's, or that have no end: encoded ones, those of Cloudflare's edge, those
//! of another address, and bodies that drip.

use crate::common::reading::connector_error;
use crate::common::setup::{HostAndMock, host_within};
use connector_host::Limits;
use connector_host::contract::{Error, ErrorKind};
use host_test::mock::{Account, DEMO_TOKEN, Effect, Fault, Options, Place, Size};
use serde_json::json;
use std::time::Duration;

async fn under(faults: impl IntoIterator<Item = Fault>) -> HostAndMock {
    let options = Options { faults: faults.into_iter().collect(), ..Options::default() };
    HostAndMock::with(Account::company(), options).await
}

/// Reads everything, and returns the error of it, which shows no secret.
async fn error(setup: &HostAndMock, settings: &[(String, String)]) -> Error {
    let error = setup.try_read_with(settings).await.err().expect("an error");
    assert!(!format!("{error:?}").contains(DEMO_TOKEN), "{error:?}");
    error
}

fn with(setup: &HostAndMock, name: &str, value: &str) -> Vec<(String, String)> {
    let mut settings = setup.settings();
    settings.retain(|(other, _)| other != name);
    settings.push((name.to_owned(), value.to_owned()));
    settings
}

#[tokio::test]
async fn no_encoding_is_asked_for() {
    let setup = under([]).await;
    setup.read(&[]).await;
    for request in setup.mock.requests() {
        let asked: Vec<_> = request.headers.iter().filter(|(name, _)| name == "accept-encoding").collect();
        assert_eq!(asked, [&("accept-encoding".to_owned(), Some("identity".to_owned()))]);
    }
}

#[tokio::test]
async fn an_encoding_that_was_not_asked_for_is_named() {
    for route in ["access/groups", "roles", "members", "access/users", "gateway/lists/{id}/items"] {
        for encoding in ["gzip", "br", "zstd"] {
            let effect = Effect::Encoded { encoding: encoding.to_owned() };
            let setup = under([Fault::on("GET", route, effect)]).await;
            let error = error(&setup, &with(&setup, "max-wait-seconds", "10")).await;
            assert_eq!((error.kind, error.http_status), (ErrorKind::InvalidResponse, Some(200)), "{route}");
            let said = format!("the answer (status 200) is encoded as {encoding:?}. That wasn't asked for");
            assert!(error.message.contains(&said), "{}", error.message);
            assert!(!error.message.contains("beginning with"), "{}", error.message);
            assert_eq!(setup.mock.fired(), [1], "it would come so again");
        }
    }
}

/// Returns an answer of Cloudflare's edge.
fn edge(status: u16, code: u64, retry_after: Option<u32>) -> Effect {
    let body = json!({
        "type": format!("https://developers.cloudflare.com/support/error-{code}/"), "status": status,
        "title": format!("Error {code}: stopped"), "detail": format!("You sent {DEMO_TOKEN}."),
        "error_code": code, "ray_id": "9d99a4434fz2d168", "cloudflare_error": true,
        "retry_after": retry_after,
    });
    Effect::Body { status, body: body.to_string() }
}

#[tokio::test]
async fn an_answer_of_the_edge_is_understood() {
    for (status, code, retry_after, kind, advice) in [
        (403, 1020, None, ErrorKind::InvalidResponse, "look for the Ray ID in its security events"),
        (429, 1015, Some(240), ErrorKind::RateLimited, "Try again later."),
        (530, 1033, Some(120), ErrorKind::Unavailable, "Try again later."),
        (502, 502, None, ErrorKind::Unavailable, "Try again later."),
    ] {
        let setup = under([Fault::on("GET", "members", edge(status, code, retry_after))]).await;
        let error = error(&setup, &setup.settings()).await;
        assert_eq!((error.kind, error.code), (kind, Some(code.to_string())), "{}", error.message);
        assert_eq!(error.retry_after_ms, retry_after.map(|seconds| seconds * 1000), "{}", error.message);
        let said =
            format!("Cloudflare's edge answered {status} (Error {code}: stopped: You sent [redacted].). ");
        assert!(error.message.contains(&said) && error.message.contains(advice), "{}", error.message);
    }
}

#[tokio::test]
async fn the_edge_is_obeyed_when_it_asks_for_a_wait() {
    let fault = Fault::on("GET", "members", edge(429, 1015, Some(1))).at_attempt(1);
    let setup = under([fault]).await;
    setup.try_read_with(&with(&setup, "max-wait-seconds", "10")).await.unwrap();
    assert_eq!(setup.mock.fired(), [1]);
    // It asks for more than may be waited.
    let setup = under([Fault::on("GET", "members", edge(429, 1015, Some(11)))]).await;
    let error = error(&setup, &with(&setup, "max-wait-seconds", "10")).await;
    assert_eq!((error.kind, error.retry_after_ms), (ErrorKind::RateLimited, Some(11_000)));
    assert_eq!(setup.mock.fired(), [1]);
}

#[tokio::test]
async fn a_limit_without_json_is_one_too() {
    let text = |body: &str| Effect::Body { status: 429, body: body.to_owned() };
    for effect in [Effect::Html { status: 429 }, Effect::Empty { status: 429 }, text("Too many requests")] {
        let setup = under([Fault::on("GET", "members", effect)]).await;
        let error = error(&setup, &setup.settings()).await;
        assert_eq!((error.kind, error.retryable), (ErrorKind::RateLimited, true), "{}", error.message);
        assert_eq!(setup.mock.fired(), [1], "nothing more is asked");
    }
}

#[tokio::test]
async fn a_base_url_without_its_path_is_recognised() {
    let location = "https://developers.cloudflare.com/api/".to_owned();
    for effect in [
        // The mock's own answer to a path that it doesn't know.
        None,
        Some(Effect::Html { status: 404 }),
        Some(Effect::Html { status: 200 }),
        Some(Effect::Empty { status: 404 }),
        Some(Effect::Redirect { location }),
    ] {
        let setup = under(effect.clone().map(Fault::always)).await;
        let base = setup.mock.base_url();
        let without = base.trim_end_matches("/client/v4");
        for path in ["", "/", "/client", "/v4", "/client/v3", "/client/v4/client/v4"] {
            let settings = with(&setup, "base-url", &format!("{without}{path}"));
            let meant = format!(
                "base-url should end with /client/v4, the path of Cloudflare's API, and have it only \
                 once. Give it so: {base}"
            );
            let error = error(&setup, &settings).await;
            assert!(error.message.contains(&meant), "{effect:?}: {}", error.message);
            let mut session = setup.host.open("api-token", &settings).await.unwrap();
            let told = match session.validate().await {
                Ok(validation) => {
                    validation.checks.into_iter().filter_map(|check| check.read.err()).collect()
                }
                Err(error) => vec![connector_error(error)],
            };
            assert!(!told.is_empty() && told.iter().all(|it| it.message.contains(&meant)), "{told:?}");
        }
        if effect.is_some() {
            let error = error(&setup, &setup.settings()).await;
            assert!(!error.message.contains("Give it so"), "{}", error.message);
        }
    }
}

/// Returns a body that comes so many bytes at a time, from half of it on.
fn drip(bytes: usize, milliseconds: u64) -> Effect {
    Effect::Drip { at: Place::InBody, bytes, milliseconds }
}

#[tokio::test]
async fn a_body_that_drips_is_given_up_and_one_that_comes_slowly_is_not() {
    let dripping = async |faults: Vec<Fault>| {
        let setup = under(faults).await;
        let error = error(&setup, &with(&setup, "max-wait-seconds", "10")).await;
        assert_eq!((error.kind, error.retryable), (ErrorKind::Unavailable, true), "{}", error.message);
        assert_eq!(error.http_status, Some(200), "{}", error.message);
        for part in ["the answer comes too slowly (its body drips)", "beginning with \"{", "(read-ahead)"] {
            assert!(error.message.contains(part), "{}", error.message);
        }
        // Only the first page was asked for twice: by the list, and by nobody else.
        assert_eq!(setup.mock.fired().last(), Some(&1), "it isn't asked for again: {}", error.message);
    };
    let first = dripping(vec![Fault::on("GET", "roles", drip(1, 100))]);
    // It was sent ahead, with three others.
    let smaller = Fault::on("GET", "access/users", Effect::SmallerPages { per_page: 3 });
    let ahead = dripping(vec![smaller, Fault::on("GET", "access/users", drip(1, 100)).at_page(3)]);
    let slow = async {
        let account = Account::generate(7, Size { users: 700, members: 5, groups: 3, roles: 3 });
        let setup = HostAndMock::new(account).await;
        let undisturbed = setup.read(&["user"]).await;
        setup.mock.inject(Fault::on("GET", "access/users", drip(1024, 150)));
        let whole = setup.read(&["user"]).await;
        assert_eq!((setup.mock.fired(), whole.facts()), (vec![1], undisturbed.facts()));
    };
    tokio::join!(first, ahead, slow);
}

#[tokio::test]
async fn a_head_that_drips_is_given_up() {
    let brief = Duration::from_millis(300);
    for at in [Place::BeforeHead, Place::InHead] {
        let mut setup =
            under([Fault::on("GET", "roles", Effect::Drip { at, bytes: 1, milliseconds: 50 })]).await;
        setup.host = host_within(Limits { first_byte: brief, ..Limits::default() }).await;
        let error = error(&setup, &setup.settings()).await;
        assert_eq!((error.kind, error.retryable), (ErrorKind::Unavailable, true), "{}", error.message);
        assert!(error.message.contains("there was no answer in time"), "{}", error.message);
    }
}
