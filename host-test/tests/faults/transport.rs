//! The component's requests as a host sees them, and how much it reads of an answer.

use crate::common::setup::{HostAndMock, pairs};
use connector_host::contract::ErrorKind;
use host_test::mock::{Account, Effect, Fault, Options};
use std::sync::{Arc, LazyLock, Mutex};
use wasmtime::component::{Component, Linker, ResourceTable};
use wasmtime::{Engine, Store};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{
    Error, RequestOptions, WasiBody, WasiHttpCtx, WasiHttpCtxView, WasiHttpHooks, WasiHttpView,
};

mod generated {
    wasmtime::component::bindgen!({ path: "../wit", world: "connector", exports: { default: async } });
}

/// A host that sends nothing, returns this error, and keeps the requests.
#[derive(Clone)]
struct Seen(fn() -> Error, Arc<Mutex<Vec<ToSend>>>);

type ToSend = (http::request::Parts, Option<RequestOptions>);

type Sent = Result<(http::Response<WasiBody>, Finished), Error>;
type Finished = Box<dyn Future<Output = Result<(), Error>> + Send>;

impl WasiHttpHooks for Seen {
    fn send_request(
        &mut self,
        request: http::Request<WasiBody>,
        options: Option<RequestOptions>,
        _failed: Finished,
    ) -> Box<dyn Future<Output = Sent> + Send> {
        self.1.lock().unwrap().push((request.into_parts().0, options));
        let why = self.0();
        Box::new(async { Err(why) })
    }
}

struct Guest {
    wasi: WasiCtx,
    http: WasiHttpCtx,
    table: ResourceTable,
    seen: Seen,
}

impl WasiView for Guest {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl WasiHttpView for Guest {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { ctx: &mut self.http, table: &mut self.table, hooks: &mut self.seen }
    }
}

/// The connector, compiled once: it takes seconds.
static COMPILED: LazyLock<(Engine, Component)> = LazyLock::new(|| {
    let engine = Engine::default();
    let component = Component::new(&engine, host_test::CONNECTOR).unwrap();
    (engine, component)
});

/// Runs the connector in a host that sends nothing for this reason. Returns the message of its
/// error, and the requests.
async fn refused(why: fn() -> Error) -> (String, Vec<ToSend>) {
    let (error, seen) = refused_within(why, "0").await;
    (error.message, seen)
}

/// Runs the connector in the same host, with so many seconds to wait.
async fn refused_within(
    why: fn() -> Error,
    max_wait_seconds: &str,
) -> (generated::exports::iga::connector::sync::Error, Vec<ToSend>) {
    let (engine, component) = &*COMPILED;
    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker).unwrap();
    wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker).unwrap();
    let seen = Seen(why, Arc::default());
    let wasi = WasiCtx::builder().build();
    let guest = Guest { wasi, http: WasiHttpCtx::new(), table: ResourceTable::new(), seen: seen.clone() };
    let mut store = Store::new(engine, guest);
    let connector = generated::Connector::instantiate_async(&mut store, component, &linker).await.unwrap();
    let settings = pairs(&[
        ("account-id", &"a".repeat(32)),
        ("api-token", "canary-secret"),
        ("max-wait-seconds", max_wait_seconds),
    ]);
    let connection = connector.iga_connector_connection();
    let session = connection.session().call_open(&mut store, "api-token", &settings).await.unwrap().unwrap();
    let read = connector.iga_connector_sync().call_read(&mut store, session, &[], None).await.unwrap();
    (read.unwrap_err(), std::mem::take(&mut seen.1.lock().unwrap()))
}

#[tokio::test]
async fn what_a_host_says_is_told_in_words() {
    for (why, told) in [
        ((|| Error::InternalError(None)) as fn() -> Error, "the host failed"),
        (
            || Error::InternalError(Some("\u{1b}[2J canary-secret".into())),
            r#"the host says "\u{1b}[2J [redacted]""#,
        ),
        (|| Error::LoopDetected, "it goes round in a loop"),
        (|| Error::HttpUpgradeFailed, "the server wants another protocol"),
        (|| Error::HttpRequestMethodInvalid, "the host doesn't take the request as it is"),
    ] {
        let (message, seen) = refused(why).await;
        assert!(message.contains(told) && message.contains("try again"), "{message:?}");
        assert!(!message.contains(|sign: char| sign.is_control()), "{message:?}");
        assert_eq!(seen.len(), 1, "{message:?}");
    }
}

#[tokio::test]
async fn a_certificate_that_is_not_trusted_is_met_once() {
    let (error, seen) = refused_within(|| Error::TlsCertificateError, "10").await;
    assert_eq!((seen.len(), error.retryable, error.http_status), (1, false, None), "{}", error.message);
    for part in ["isn't trusted", "expired", "another name", "authority", "inspects TLS", "--ca-file"] {
        assert!(error.message.contains(part), "{part}: {}", error.message);
    }
    // Other hosts don't tell it from other failures of TLS, some of which pass.
    let (error, seen) = refused_within(|| Error::TlsProtocolError, "10").await;
    assert_eq!((seen.len(), error.retryable), (4, true), "{}", error.message);
    assert!(error.message.contains("the server's certificate isn't trusted"), "{}", error.message);
}

#[tokio::test]
async fn all_three_timeouts_are_set_and_credentials_go_in_one_header() {
    let (message, seen) = refused(|| Error::HttpRequestDenied).await;
    assert!(message.contains("the host doesn't allow this request"), "{message:?}");
    let [(request, options)] = seen.as_slice() else { panic!("{} requests", seen.len()) };
    let options = options.as_ref().unwrap();
    for timeout in [options.connect_timeout, options.first_byte_timeout, options.between_bytes_timeout] {
        assert!(timeout.is_some_and(|timeout| timeout.as_secs() <= 60), "{options:?}");
    }
    let uri = request.uri.to_string();
    let expected = format!(
        "https://api.cloudflare.com/client/v4/accounts/{}/access/identity_providers?page=1&per_page=1000",
        "a".repeat(32)
    );
    assert_eq!((request.method.as_str(), uri), ("GET", expected));
    let with_secret = request.headers.iter().filter(|(_, value)| value.to_str().unwrap().contains("canary"));
    assert_eq!(with_secret.map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["authorization"]);
}

#[tokio::test]
async fn every_body_is_read_against_a_limit_and_what_came_is_quoted() {
    let all: &[&str] = &[];
    for (route, kinds, bytes) in [
        ("access/groups", all, 65 << 20),
        ("roles", &["role"], 5 << 20),
        ("members", &["member"], 17 << 20),
        ("access/users", &["user"], 17 << 20),
        ("gateway/lists/{id}/items", all, 5 << 20),
    ] {
        for (status, expected) in [(200, ErrorKind::InvalidResponse), (502, ErrorKind::Unavailable)] {
            let body = format!(r#"{{"success":true,"result":[{}]}}"#, " ".repeat(bytes));
            let fault = Fault::on("GET", route, Effect::Body { status, body });
            let setup =
                HostAndMock::with(Account::company(), Options { faults: vec![fault], ..Options::default() })
                    .await;
            let read = setup.try_read(kinds).await;
            let message = if status == 502 && route.starts_with("gateway") {
                // The list is left open.
                read.unwrap().warned_of("list-not-readable")[0].message.clone()
            } else {
                let error = read.err().unwrap();
                assert_eq!((error.kind, error.http_status), (expected, Some(status)), "{route}");
                error.message
            };
            for part in ["longer than", r#"beginning with "{\"success\":true,\"result\":["#] {
                assert!(message.contains(part), "{route}: {message}");
            }
            assert_eq!(setup.mock.fired(), [1]);
        }
    }
}

#[tokio::test]
async fn a_server_error_is_asked_again_though_its_body_is_too_large() {
    let page = "<html>".repeat(4 << 20);
    let fault = Fault::on("GET", "roles", Effect::Body { status: 503, body: page }).at_attempt(1);
    let setup =
        HostAndMock::with(Account::company(), Options { faults: vec![fault], ..Options::default() }).await;
    let mut settings = setup.settings();
    settings.retain(|(name, _)| name != "max-wait-seconds");
    setup.try_read_with(&settings).await.unwrap();
    assert_eq!(setup.mock.fired(), [1]);
}
