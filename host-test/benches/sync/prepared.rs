//! A server whose answers were made before, so that making them isn't measured.

use crate::account::{Extent, Opened};
use crate::run::{ACCOUNT, settings};
use bytes::Bytes;
use cloudflare_zero_trust::cloudflare::transport::{self, Transport, TransportError};
use cloudflare_zero_trust::session::Session;
use cloudflare_zero_trust::settings::Settings;
use host_test::mock::{Account, Application, Direct, Options};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, Uri};
use http_body_util::Full;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;

/// Serves the pages that a sync of a generated account asks for.
pub struct Prepared {
    base_url: String,
    fewest: Fewest,
    lists: Vec<Vec<String>>,
    shared: Arc<Shared>,
}

struct Shared {
    pages: BTreeMap<String, Answer>,
    now: Mutex<Now>,
}

/// A status and a body. A list that a rule names may be missing.
type Answer = (u16, Bytes);

/// The state of the current run.
#[derive(Default)]
struct Now {
    latency: Duration,
    first_request: Option<Instant>,
    asked: Vec<String>,
}

impl Prepared {
    /// Makes the account, reads it once without a network, and keeps the answers.
    pub async fn of(extent: Extent, opened: Opened) -> Prepared {
        let account = extent.account(ACCOUNT, opened);
        let fewest = Fewest::of(&account);
        let recorded = tokio::task::spawn_blocking(move || record(account)).await.expect("no panic");
        let mut lists: Vec<Vec<String>> = Vec::new();
        for (path, _) in &recorded {
            let list = |path: &str| path.split_once('?').map(|(list, _)| list.to_owned());
            match lists.last_mut() {
                Some(pages) if list(&pages[0]) == list(path) => pages.push(path.clone()),
                _ => lists.push(vec![path.clone()]),
            }
        }
        let shared = Arc::new(Shared { pages: recorded.into_iter().collect(), now: Mutex::default() });
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let base_url = format!("http://{}/client/v4", listener.local_addr().expect("an address"));
        tokio::spawn(serve(listener, Arc::clone(&shared)));
        Prepared { base_url, fewest, lists, shared }
    }

    pub fn base_url(&self) -> String {
        self.base_url.clone()
    }

    /// Returns the pages of each list, in the order of a read.
    pub fn lists(&self) -> &[Vec<String>] {
        &self.lists
    }

    /// Returns the number of requests that a read needs.
    pub fn fewest(&self) -> Fewest {
        self.fewest
    }

    /// Begins a run.
    pub fn begin(&self, latency: Duration) {
        *self.shared.now() = Now { latency, ..Now::default() };
    }

    pub fn first_request(&self) -> Option<Instant> {
        self.shared.now().first_request
    }

    /// Returns the number of requests. Fails unless each page was requested once.
    pub fn check_requests(&self) -> u64 {
        let asked = std::mem::take(&mut self.shared.now().asked);
        let pages: BTreeSet<&String> = asked.iter().collect();
        assert!(
            pages.len() == asked.len() && pages.into_iter().eq(self.shared.pages.keys()),
            "not each page once"
        );
        asked.len() as u64
    }
}

impl Shared {
    fn now(&self) -> std::sync::MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((socket, _)) = listener.accept().await {
        socket.set_nodelay(true).expect("a socket's option");
        let shared = Arc::clone(&shared);
        let answer = service_fn(move |request: http::Request<hyper::body::Incoming>| {
            let shared = Arc::clone(&shared);
            async move { Ok::<_, Infallible>(answer(&shared, request.uri()).await) }
        });
        // A client that disconnects is no fault.
        tokio::spawn(
            async move { http1::Builder::new().serve_connection(TokioIo::new(socket), answer).await },
        );
    }
}

async fn answer(shared: &Shared, uri: &Uri) -> Response<Full<Bytes>> {
    let asked = uri.path_and_query().map_or("", |path| path.as_str());
    let latency = {
        let mut now = shared.now();
        now.first_request.get_or_insert_with(Instant::now);
        now.asked.push(asked.to_owned());
        now.latency
    };
    if !latency.is_zero() {
        tokio::time::sleep(latency).await;
    }
    let (status, page) = shared.pages.get(asked).expect("every page that is asked for was made before");
    let mut response = Response::new(Full::new(page.clone()));
    *response.status_mut() = StatusCode::from_u16(*status).expect("the mock's status");
    response.headers_mut().insert("content-type", HeaderValue::from_static("application/json"));
    response
}

/// A mock in this process with its answers, by path and query.
struct Recorder {
    mock: Direct,
    said: RefCell<Vec<(String, Answer)>>,
}

impl Transport for &Recorder {
    type Pending = transport::Request;

    fn start(&self, request: transport::Request) -> Result<Self::Pending, TransportError> {
        Ok(request)
    }

    fn finish(
        &self,
        request: transport::Request,
        _limit: usize,
    ) -> Result<transport::Response, TransportError> {
        let uri: Uri = request.path_and_query.parse().expect("a path");
        let mut headers = HeaderMap::new();
        for (name, value) in request.headers {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_str(&value).expect("a header"));
        }
        let answer = self.mock.answer(request.method.as_str(), &uri, &headers, b"");
        self.said.borrow_mut().push((request.path_and_query, (answer.status, answer.body.clone().into())));
        Ok(transport::Response { status: answer.status, headers: answer.headers, body: answer.body })
    }

    fn now(&self) -> u64 {
        0
    }

    fn wait(&self, _milliseconds: u32) {}
}

fn record(account: Account) -> Vec<(String, Answer)> {
    let recorder = Recorder { mock: Direct::new(account, Options::default()), said: RefCell::default() };
    let settings =
        Settings::parse("api-token", settings("http://127.0.0.1:1/client/v4")).expect("good settings");
    let mut session = Session::new(settings, &recorder);
    let mut cursor: Option<String> = None;
    loop {
        cursor = session.read(&[], cursor.as_deref()).expect("a page").next;
        if cursor.is_none() {
            break;
        }
    }
    recorder.said.into_inner()
}

/// The number of requests that a read needs.
#[derive(Clone, Copy, Debug)]
pub struct Fewest {
    /// The full pages of groups, users, members, roles, user groups and their members, applications,
    /// policies and identity providers, the applications of which a policy is missing, and the account.
    pages: u64,
    /// The full pages of the lists of addresses that rules name.
    pub lists: u64,
}

impl Fewest {
    /// Computes the number from the account alone.
    fn of(account: &Account) -> Fewest {
        let pages = |items: usize, per_page: usize| items.div_ceil(per_page).max(1) as u64;
        let groups = account.groups.iter().map(|group| [&group.include, &group.exclude, &group.require]);
        let attached = account
            .applications
            .iter()
            .flat_map(|app| app.policies.iter().filter_map(|attached| account.attached_policy(attached)));
        let attached = attached.map(|policy| [&policy.include, &policy.exclude, &policy.require]);
        let rules = groups.chain(attached).flatten().flatten().flatten();
        let named: BTreeSet<&str> =
            rules.filter_map(|rule| rule["email_list"]["id"].as_str()).filter(|id| !id.is_empty()).collect();
        let items =
            |id: &&str| account.lists.iter().find(|list| list.id == **id).map_or(0, |list| list.items.len());
        // One policy that no list has is asked for with the others of its application.
        let is_incomplete =
            |app: &&Application| app.policies.iter().any(|it| account.attached_policy(it).is_none());
        let incomplete = account.applications.iter().filter(is_incomplete).count() as u64;
        Fewest {
            pages: pages(account.groups.len(), 1000)
                + pages(account.users.len(), 1000)
                + pages(account.members.len(), 50)
                + pages(account.roles.len(), 50)
                + pages(account.user_groups.len(), 500)
                + account.user_groups.iter().map(|group| pages(group.members.len(), 500)).sum::<u64>()
                + pages(account.applications.len(), 1000)
                + pages(account.policies.len(), 1000)
                + pages(account.identity_providers.len(), 1000)
                + incomplete
                + 1,
            lists: named.iter().map(|id| pages(items(id), 1000)).sum(),
        }
    }

    pub fn total(self) -> u64 {
        self.pages + self.lists
    }
}
