//! Serves several Cloudflare accounts: one compiled connector, and a session for each account.
//!
//! ```text
//! cargo run -p host-test --example many_accounts
//! curl -X POST http://127.0.0.1:8080/accounts/berlin/sync
//! ```
//!
//! Here each account is a mock's. With real accounts, the settings come from the service's store of
//! secrets.

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use bytes::Bytes;
use cloudflare_zero_trust::output::{JsonLines, Sink};
use connector_host::contract::ErrorKind;
use connector_host::{Config, Host, HostError, Session};
use host_test::CONNECTOR;
use host_test::contract::Translate;
use host_test::mock::{Account, DEMO_TOKEN, Mock, Options, Size};
use http_body::Frame;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::sync::{Mutex, OwnedMutexGuard, mpsc};

type Settings = Vec<(String, String)>;

/// The accounts of the service.
#[derive(Clone)]
struct Accounts {
    host: Host,
    by_name: Arc<BTreeMap<String, Tenant>>,
}

/// One account. Its session is opened at its first use, and makes one call at a time. Other accounts
/// don't wait for it.
struct Tenant {
    settings: Settings,
    session: Arc<Mutex<Option<Session>>>,
}

impl Accounts {
    async fn new(settings: impl IntoIterator<Item = (String, Settings)>) -> Result<Accounts, HostError> {
        let host = Host::new(CONNECTOR, Config::default()).await?;
        let tenant = |settings| Tenant { settings, session: Arc::default() };
        let by_name = settings.into_iter().map(|(name, settings)| (name, tenant(settings))).collect();
        Ok(Accounts { host, by_name: Arc::new(by_name) })
    }

    fn router(self) -> Router {
        Router::new().route("/accounts/{name}/sync", post(sync)).with_state(self)
    }
}

async fn sync(State(accounts): State<Accounts>, Path(name): Path<String>) -> Response {
    let Some(tenant) = accounts.by_name.get(&name) else {
        return (StatusCode::NOT_FOUND, "There is no such account.\n").into_response();
    };
    let mut session = Arc::clone(&tenant.session).lock_owned().await;
    if session.is_none() {
        match accounts.host.open("api-token", &tenant.settings).await {
            Ok(opened) => *session = Some(opened),
            Err(error) => return failed(&error),
        }
    }
    // The first page decides the status; the others follow as they come.
    match lines(&mut session, None).await {
        Ok((lines, next)) => {
            let (to, from) = mpsc::channel(1);
            tokio::spawn(read_on(session, lines, next, to));
            ([("content-type", "application/jsonl")], Body::new(Pages(from))).into_response()
        }
        Err(error) => failed(&error),
    }
}

/// Reads a page as JSON Lines, with the next cursor. A session that is over isn't kept.
async fn lines(
    session: &mut Option<Session>,
    cursor: Option<&str>,
) -> Result<(Bytes, Option<String>), HostError> {
    let Some(open) = session else { return Err(HostError::SessionOver("it ended before".to_owned())) };
    let page = match open.read(&[], cursor).await {
        Ok(page) => page,
        Err(error) => {
            if error.as_connector().is_none() {
                *session = None;
            }
            return Err(error);
        }
    };
    let (mut lines, next) = (Vec::new(), page.next.clone());
    let written = JsonLines::new(&mut lines).page(&page.translate());
    written.map_err(|_| HostError::Contract { call: "read", what: "it gave no JSON" })?;
    Ok((lines.into(), next))
}

/// Reads the other pages. The client sets the pace: a page is read when the page before is on its
/// way.
async fn read_on(
    mut session: OwnedMutexGuard<Option<Session>>,
    first: Bytes,
    mut next: Option<String>,
    to: mpsc::Sender<Bytes>,
) {
    let mut page = first;
    loop {
        if to.send(page).await.is_err() {
            return;
        }
        let Some(cursor) = next else { return };
        match lines(&mut session, Some(&cursor)).await {
            Ok((lines, after)) => (page, next) = (lines, after),
            Err(error) => {
                // The client must not take a part for the whole.
                let line =
                    serde_json::json!({"type": "error", "message": error.to_string(), "cursor": cursor});
                let _ = to.send(format!("{line}\n").into()).await;
                return;
            }
        }
    }
}

/// A response body of pages.
struct Pages(mpsc::Receiver<Bytes>);

impl http_body::Body for Pages {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_recv(context).map(|page| page.map(|page| Ok(Frame::data(page))))
    }
}

fn failed(error: &HostError) -> Response {
    let status = match error.as_connector() {
        Some(error) if error.kind == ErrorKind::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        Some(_) => StatusCode::BAD_GATEWAY,
        None => StatusCode::INTERNAL_SERVER_ERROR,
    };
    (status, format!("{error}\n")).into_response()
}

/// Starts a mock for each of these accounts, with the settings that lead to it.
async fn mocks(names: &[&str]) -> std::io::Result<Vec<(String, Mock, Settings)>> {
    let mut mocks = Vec::new();
    for (seed, name) in (1..).zip(names) {
        let size = Size { users: 300, members: 60, groups: 12, roles: 8 };
        let mock = Mock::start(Account::generate(seed, size), Options::default()).await?;
        let settings = [
            ("account-id", mock.read(|account| account.id.clone())),
            ("base-url", mock.base_url()),
            ("api-token", DEMO_TOKEN.to_owned()),
        ];
        let settings = settings.map(|(name, value)| (name.to_owned(), value)).into();
        mocks.push(((*name).to_owned(), mock, settings));
    }
    Ok(mocks)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mocks = mocks(&["berlin", "lisbon", "osaka"]).await?;
    let accounts =
        Accounts::new(mocks.iter().map(|(name, _, settings)| (name.clone(), settings.clone()))).await?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
    for name in accounts.by_name.keys() {
        println!("curl -X POST http://127.0.0.1:8080/accounts/{name}/sync");
    }
    axum::serve(listener, accounts.router()).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{Request, Uri};
    use http_body_util::{BodyExt, Empty};
    use hyper_util::client::legacy::Client;
    use hyper_util::rt::TokioExecutor;
    use tokio::sync::Semaphore;

    async fn ask(address: std::net::SocketAddr, name: &str) -> (StatusCode, String) {
        let uri: Uri = format!("http://{address}/accounts/{name}/sync").parse().unwrap();
        let request = Request::post(uri).body(Empty::<Bytes>::new()).unwrap();
        let answer = Client::builder(TokioExecutor::new()).build_http().request(request).await.unwrap();
        let status = answer.status();
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn accounts_are_served_at_once_and_apart() {
        let mocks = mocks(&["berlin", "lisbon"]).await.unwrap();
        let mut settings: Vec<_> = mocks.iter().map(|(name, _, of)| (name.clone(), of.clone())).collect();
        let mut stale = settings[0].1.clone();
        stale[2].1 = "canary-0f9e8d7c6b5a".to_owned();
        settings.push(("stale".to_owned(), stale));
        let accounts = Accounts::new(settings).await.unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, accounts.router()).await });

        // One account's upstream hangs. The other account is read meanwhile.
        let gate = Arc::new(Semaphore::new(0));
        let waiting = Arc::clone(&gate);
        mocks[0].1.hold(Box::new(move |_| {
            let gate = Arc::clone(&waiting);
            Box::pin(async move { drop(gate.acquire().await.unwrap()) })
        }));
        let slow = tokio::spawn(ask(address, "berlin"));
        let (status, lisbon) = ask(address, "lisbon").await;
        assert_eq!(status, StatusCode::OK);
        assert!(!slow.is_finished());
        gate.add_permits(1);
        let (_, berlin) = slow.await.unwrap();
        for ((_, mock, _), lines) in mocks.iter().zip([berlin, lisbon]) {
            let ids =
                mock.read(|account| account.users.iter().map(|user| user.id.clone()).collect::<Vec<_>>());
            let users =
                lines.lines().filter(|line| line.starts_with(r#"{"type":"resource","id":{"kind":"user""#));
            assert_eq!(users.clone().count(), ids.len());
            assert!(ids.iter().all(|id| lines.contains(id)));
            assert!(!lines.contains(r#""type":"error""#));
        }
        assert_eq!(ask(address, "atlantis").await.0, StatusCode::NOT_FOUND);
        let (status, told) = ask(address, "stale").await;
        assert!(status == StatusCode::BAD_GATEWAY && !told.contains("canary"), "{told}");
    }
}
