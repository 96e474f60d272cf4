//! The service under load: good clients among wrong tokens, big bodies, slow readers and writers,
//! and clients that disconnect or say nothing. The good ones get right answers and the bad ones
//! their errors. Memory stays flat, nothing hangs, and the service works as before.

use crate::alone;
use crate::common::edge_server::{Manner, Server};
use crate::common::http::Client;
use crate::memory::{peak, resident};
use host_test::mock::{Account, DEMO_TOKEN, Mock, Options, Size};
use http::Method;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

const TOKEN: &str = "token-of-the-operator";
/// The longest wait. A longer one would never end.
const NEVER: Duration = Duration::from_secs(120);
/// The longest body that the service accepts without facts.
const LONGEST: usize = 1 << 20;
/// The length of a run, in seconds, from which resident memory is compared. In a shorter one it
/// still grows.
const LONG: u64 = 20;

fn seconds() -> u64 {
    std::env::var("LOAD_SECONDS").map_or(4, |text| text.parse().expect("LOAD_SECONDS is a number"))
}

/// Requests that are repeated until the time is over.
#[derive(Clone)]
struct Load {
    address: SocketAddr,
    until: Instant,
    /// The expected result of every sync.
    expected: Arc<Expected>,
    answers: Arc<Mutex<BTreeMap<String, u64>>>,
}

struct Expected {
    sync: String,
    group: (String, String),
    checks: Value,
    change: Value,
    planned: Value,
}

impl Load {
    fn client(&self, token: Option<&str>) -> Client {
        let authorization = token.map(|token| format!("Bearer {token}"));
        let mut headers = vec![("content-type", "application/json")];
        headers.extend(authorization.as_deref().map(|value| ("authorization", value)));
        Client::at(format!("http://{}", self.address), &headers)
    }

    fn goes_on(&self) -> bool {
        Instant::now() < self.until
    }

    fn count(&self, what: impl Into<String>) {
        *self.answers.lock().unwrap().entry(what.into()).or_default() += 1;
    }

    /// Sends every request that the service answers, and compares the answers.
    async fn good(self) {
        let client = self.client(Some(TOKEN));
        let Expected { sync, group: (path, group), checks, change, planned } = &*self.expected;
        while self.goes_on() {
            let asked = [
                (Method::GET, "/healthz", String::new()),
                (Method::POST, "/v1/sync", "{}".to_owned()),
                (Method::GET, path, String::new()),
                (Method::POST, "/v1/validate", String::new()),
                (Method::POST, "/v1/apply", change.to_string()),
            ];
            for (method, path, body) in asked {
                let answer = client.try_send_text(method, path, body).await.unwrap();
                self.count(format!("good {}", answer.status.as_u16()));
                assert_eq!(answer.status, 200, "{path}: {answer:?}");
                assert_eq!(answer.headers["cache-control"], "no-store", "{path}");
                match path {
                    "/healthz" => {}
                    "/v1/sync" => assert!(answer.body == *sync, "a sync isn't as the first one was"),
                    "/v1/validate" => assert_eq!(answer.json, *checks),
                    "/v1/apply" => assert_eq!(answer.json, *planned),
                    _ => assert!(answer.body == *group, "a group isn't as it was"),
                }
            }
        }
    }

    /// Sends requests without the right token.
    async fn wrong_token(self) {
        for token in [None, Some("wrong"), Some("token-of-the-operato")].into_iter().cycle() {
            if !self.goes_on() {
                return;
            }
            let client = self.client(token);
            for (method, path) in [
                (Method::POST, "/v1/sync"),
                (Method::GET, &self.expected.group.0),
                (Method::POST, "/v1/apply"),
            ] {
                let answer = client.try_send_text(method, path, "{}".to_owned()).await.unwrap();
                self.count(format!("wrong token {}", answer.status.as_u16()));
                assert_eq!(answer.status, 401, "{path}: {answer:?}");
            }
        }
    }

    /// Sends bodies that are too long, or no request of this service.
    async fn big_bodies(self) {
        let client = self.client(Some(TOKEN));
        let deep = "[".repeat(LONGEST - 1);
        while self.goes_on() {
            for (body, status) in [
                (" ".repeat(LONGEST + 1), 413),
                (deep.clone(), 400),
                (format!("{{\"changes\":[{}0]}}", "0,".repeat(400_000)), 400),
                (format!("{{\"cursor\":\"{}\"}}", "x".repeat(LONGEST - 20)), 400),
            ] {
                let path = match status {
                    413 => "/v1/steps",
                    _ if body.starts_with("{\"cur") => "/v1/sync",
                    _ => "/v1/apply",
                };
                let length = body.len();
                let answer = client.try_send_text(Method::POST, path, body).await;
                let answer = answer.unwrap_or_else(|error| panic!("{length} bytes to {path}: {error:?}"));
                self.count(format!("big body {}", answer.status.as_u16()));
                assert_eq!(answer.status, status, "{path}: {answer:?}");
            }
            self.endless_body().await;
        }
    }

    async fn endless_body(&self) {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(head("/v1/apply", "transfer-encoding: chunked").as_bytes()).await.unwrap();
        let chunk = [&b"10000\r\n"[..], &vec![b' '; 0x10000], b"\r\n"].concat();
        let mut answer = Vec::new();
        // The service refuses at some point, and doesn't read any more.
        for _ in 0..256 {
            if stream.write_all(&chunk).await.is_err() {
                break;
            }
        }
        let _ = stream.read_to_end(&mut answer).await;
        let status = status_of(&answer);
        self.count(format!("endless body {status}"));
        assert!(["413", "none"].contains(&status.as_str()), "{}", String::from_utf8_lossy(&answer));
    }

    /// Sends a request bit by bit, and reads the answer bit by bit.
    async fn slow(self) {
        while self.goes_on() {
            let mut stream = TcpStream::connect(self.address).await.unwrap();
            let request = format!("{}{{    }}", head("/v1/sync", "content-length: 6\r\nconnection: close"));
            for bit in request.as_bytes().chunks(request.len().div_ceil(6)) {
                stream.write_all(bit).await.unwrap();
                tokio::time::sleep(Duration::from_millis(40)).await;
            }
            let (mut answer, mut bit) = (Vec::new(), vec![0; 8 << 10]);
            loop {
                let read = stream.read(&mut bit).await.unwrap();
                if read == 0 {
                    break;
                }
                answer.extend_from_slice(&bit[..read]);
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            self.count(format!("slow {}", status_of(&answer)));
            assert!(status_of(&answer) == "200" && ends(&answer), "{}", String::from_utf8_lossy(&answer));
        }
    }

    /// Disconnects in the middle of a request or an answer.
    async fn goes_away(self) {
        let client = self.client(Some(TOKEN));
        while self.goes_on() {
            let mut stream = TcpStream::connect(self.address).await.unwrap();
            stream
                .write_all(format!("{}{{", head("/v1/sync", "content-length: 1000")).as_bytes())
                .await
                .unwrap();
            tokio::time::sleep(Duration::from_millis(20)).await;
            drop(stream);
            self.count("gone within the request");
            let mut body = client.begin(Method::POST, "/v1/sync", "{}".to_owned()).await.unwrap().into_body();
            body.frame().await.unwrap().unwrap();
            drop(body);
            self.count("gone within the answer");
        }
    }

    /// Sends a part of a request, and then nothing more.
    async fn silent(self, said: &'static str) {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(said.as_bytes()).await.unwrap();
        while self.goes_on() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        self.count("silent");
    }
}

fn head(path: &str, header: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {TOKEN}\r\n\
         content-type: application/json\r\n{header}\r\n\r\n"
    )
}

fn status_of(answer: &[u8]) -> String {
    let text = String::from_utf8_lossy(&answer[..answer.len().min(40)]);
    text.split(' ').nth(1).unwrap_or("none").to_owned()
}

/// Whether an answer came to its last chunk.
fn ends(answer: &[u8]) -> bool {
    answer.ends_with(b"0\r\n\r\n")
}

async fn expected(address: SocketAddr, mock: &Mock) -> Expected {
    let client = Client::at(
        format!("http://{address}"),
        &[("authorization", &format!("Bearer {TOKEN}")), ("content-type", "application/json")],
    );
    let ask =
        async |method, path: &str, body: String| client.try_send_text(method, path, body).await.unwrap();
    let sync = ask(Method::POST, "/v1/sync", "{}".to_owned()).await.body;
    assert!(sync.lines().last().unwrap().starts_with(r#"{"type":"end""#));
    let (id, user) = mock.read(|account| (account.groups[0].id.clone(), account.users[0].id.clone()));
    let path = format!("/v1/resources/group/{id}");
    let group = ask(Method::GET, &path, String::new()).await.body;
    let checks = ask(Method::POST, "/v1/validate", String::new()).await.json;
    let principal = json!({"kind": "user", "id": user});
    let entitlement = format!("group:{id}:member");
    let change = json!({"operation": "grant", "entitlement": entitlement, "principal": principal});
    let change = json!({"changes": [change], "dry_run": true});
    let planned = ask(Method::POST, "/v1/apply", change.to_string()).await.json;
    assert!(planned["results"].is_array(), "{planned}");
    Expected { sync, group: (path, group), checks, change, planned }
}

/// Measures resident memory in each fifth of the time.
async fn watch(load: Load, seconds: u64) -> Vec<u64> {
    let mut sizes = Vec::new();
    for _ in 0..5 {
        tokio::time::sleep(Duration::from_millis(seconds * 200)).await;
        sizes.extend(resident());
    }
    drop(load);
    sizes
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn good_clients_among_all_others() {
    let _turn = alone().await;
    let mut account = Account::generate(5, Size { users: 120, members: 60, groups: 12, roles: 20 });
    account.groups[0].include = Some(vec![json!({"email": {"email": "somebody@else.example"}})]);
    (account.groups[0].exclude, account.groups[0].require) = (None, None);
    let mock = Mock::start(account, Options { log: 0, ..Options::default() }).await.unwrap();
    let variables = [
        ("CLOUDFLARE_ACCOUNT_ID", mock.read(|account| account.id.clone())),
        ("CLOUDFLARE_BASE_URL", mock.base_url()),
        ("CLOUDFLARE_API_TOKEN", DEMO_TOKEN.to_owned()),
        ("CONNECTOR_TOKEN", TOKEN.to_owned()),
        ("CONNECTOR_PROVISIONING", "true".to_owned()),
    ];
    let variables = variables.map(|(name, value)| (name.to_owned(), value));
    let server = Server::start(variables.into(), None, Manner::default()).await;
    let expected = Arc::new(expected(server.address, &mock).await);
    let (before, seconds) = (resident(), seconds());
    let until = Instant::now() + Duration::from_secs(seconds);
    let load = Load { address: server.address, until, expected, answers: Arc::default() };

    let mut clients = JoinSet::new();
    for _ in 0..3 {
        clients.spawn(load.clone().good());
        clients.spawn(load.clone().slow());
    }
    for _ in 0..2 {
        clients.spawn(load.clone().wrong_token());
        clients.spawn(load.clone().goes_away());
    }
    clients.spawn(load.clone().big_bodies());
    for said in
        ["", "POST /v1/sync HT", "POST /v1/sync HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9\r\n\r\n{"]
    {
        for _ in 0..4 {
            clients.spawn(load.clone().silent(said));
        }
    }
    let watched = tokio::spawn(watch(load.clone(), seconds));
    let all = async {
        while let Some(client) = clients.join_next().await {
            client.unwrap();
        }
    };
    tokio::time::timeout(NEVER.max(Duration::from_secs(2 * seconds)), all).await.expect("a client hangs");
    let sizes = watched.await.unwrap();
    let answers = load.answers.lock().unwrap().clone();
    println!("{seconds} s, {} instances: {answers:?}", server.instances());
    println!(
        "{} requests to the mock; KiB resident: {before:?} before, {sizes:?}, {:?} at most",
        mock.request_count(),
        peak()
    );
    for what in
        ["good 200", "wrong token 401", "big body 413", "big body 400", "slow 200", "gone within the answer"]
    {
        assert!(answers.contains_key(what), "there was no {what} in {answers:?}");
    }
    if seconds >= LONG
        && let [_, early, .., late] = sizes[..]
    {
        assert!(late < early + early / 5, "it grew from {early} to {late} KiB");
    }
    // The service works as before, and nothing has trapped.
    let answer =
        load.client(Some(TOKEN)).try_send_text(Method::POST, "/v1/sync", "{}".to_owned()).await.unwrap();
    assert!(answer.body == load.expected.sync);
    tokio::time::timeout(NEVER, server.is_left()).await.expect("a connection hangs");
    tokio::time::timeout(NEVER, server.settle()).await.expect("a request hangs");
}
