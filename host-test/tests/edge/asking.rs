//! A mock, the service before it, and a client that checks every answer against the description.

use crate::common::edge_server::{MEMORY, Manner, Server};
use crate::common::http::{Answer, Client};
use crate::common::served::Served;
use crate::described::Description;
use host_test::mock::{Account, DEMO_TOKEN, Mock, Options};
use http::Method;
use serde_json::Value;
use std::cell::Cell;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use tokio::sync::watch;
use wasmtime_wasi::p2::pipe::MemoryOutputPipe;

pub const TOKEN: &str = "token-of-the-operator";
/// The target of the component's lines in our own log.
const SERVICE: &str = "host_test::service";

/// Returns the description that the component serves.
pub fn description() -> &'static Description {
    static DESCRIPTION: OnceLock<Description> = OnceLock::new();
    DESCRIPTION.get_or_init(|| Description::new(serde_json::from_str(DESCRIPTION_TEXT).unwrap()))
}

pub const DESCRIPTION_TEXT: &str = include_str!("../../../src/edge/v1/openapi.json");

/// A mock, and the service before it.
pub struct Edge {
    pub mock: Mock,
    pub server: Serving,
}

/// The running service, and what runs it.
pub struct Serving {
    pub address: SocketAddr,
    host: Host,
}

enum Host {
    /// wasmtime's own implementation, with the log of the component.
    Wasmtime { server: Server, log: MemoryOutputPipe, manner: Manner },
    /// `host-test serve`.
    Ours(Served),
}

/// The way in which the services of a thread are run.
#[derive(Clone, Copy)]
pub enum Way {
    /// By wasmtime's own implementation.
    Wasmtime(Manner),
    /// By `host-test serve`, with these arguments beside the usual ones.
    Ours(&'static [&'static str]),
}

thread_local! {
    static WAY: Cell<Option<Way>> = const { Cell::new(None) };
}

/// Runs a case, whose services `host-test serve` runs instead of wasmtime's own implementation.
pub fn with_ours(case: fn()) {
    let _ours = ours();
    case();
}

/// Has the services of this thread run in another way until it is dropped.
pub struct Chosen(());

/// Chooses the way in which the services of this thread are run, unless a caller has chosen one.
pub fn run_by(way: Way) -> Option<Chosen> {
    WAY.get().is_none().then(|| {
        WAY.set(Some(way));
        Chosen(())
    })
}

pub fn ours() -> Option<Chosen> {
    run_by(Way::Ours(&[]))
}

fn is_ours() -> bool {
    matches!(WAY.get(), Some(Way::Ours(_)))
}

/// Returns the values of a switch that is off. Our own service doesn't start with those that nobody can mean.
pub fn values_for_off() -> &'static [&'static str] {
    if is_ours() { &["", "false"] } else { &["", "false", "1", "TRUE"] }
}

impl Drop for Chosen {
    fn drop(&mut self) {
        WAY.set(None);
    }
}

impl Serving {
    async fn start(variables: Vec<(String, String)>) -> Serving {
        match WAY.get().unwrap_or(Way::Wasmtime(Manner::default())) {
            Way::Ours(arguments) => {
                let memory = (MEMORY >> 20).to_string();
                let usual = ["--memory-mib", memory.as_str()];
                let usual = if arguments.contains(&usual[0]) { &[][..] } else { &usual };
                let served = Served::start(&[usual, arguments].concat(), &variables);
                Serving { address: served.address, host: Host::Ours(served) }
            }
            Way::Wasmtime(manner) => {
                let log = MemoryOutputPipe::new(1 << 20);
                let server = Server::start(variables, Some(log.clone()), manner).await;
                Serving { address: server.address, host: Host::Wasmtime { server, log, manner } }
            }
        }
    }

    pub fn is_ours(&self) -> bool {
        matches!(self.host, Host::Ours(_))
    }

    /// Returns the number of instances that wasmtime has made.
    pub fn instances(&self) -> usize {
        match &self.host {
            Host::Wasmtime { server, .. } => server.instances(),
            Host::Ours(_) => unreachable!("it tells nobody"),
        }
    }

    /// Waits until the instances that wasmtime uses again are free for the next request.
    pub async fn rests(&self) {
        if let Host::Wasmtime { server, manner, .. } = &self.host
            && manner.requests > 1
        {
            server.settle().await;
        }
    }

    /// Waits until no client is connected any more.
    pub async fn is_left(&self) {
        match &self.host {
            Host::Wasmtime { server, .. } => server.is_left().await,
            Host::Ours(_) => unreachable!("its log says when a client has left"),
        }
    }

    /// Waits until every request is finished, and asserts that none trapped.
    pub async fn settle(&self) {
        match &self.host {
            Host::Wasmtime { server, .. } => server.settle().await,
            Host::Ours(served) => {
                let failed = served.log().into_iter().find(|line| line["fields"]["status"] == 500);
                assert_eq!(failed, None);
            }
        }
    }
}

impl Edge {
    pub async fn new(account: Account) -> Edge {
        Edge::with(account, Options::default(), &[]).await
    }

    /// Starts both, with variables beside or instead of the usual ones.
    pub async fn with(account: Account, options: Options, variables: &[(&str, &str)]) -> Edge {
        let mock = Mock::start(account, options).await.unwrap();
        let (id, base_url) = (mock.read(|account| account.id.clone()), mock.base_url());
        let usual = [
            ("CLOUDFLARE_ACCOUNT_ID", id.as_str()),
            ("CLOUDFLARE_BASE_URL", &base_url),
            ("CLOUDFLARE_API_TOKEN", DEMO_TOKEN),
            ("CONNECTOR_TOKEN", TOKEN),
            ("CONNECTOR_PROVISIONING", "true"),
            ("CONNECTOR_LIFECYCLE", "true"),
        ];
        let usual = usual.iter().filter(|(name, _)| !variables.iter().any(|(other, _)| name == other));
        let all = usual.chain(variables).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Edge { mock, server: Serving::start(all.collect()).await }
    }

    /// Returns all that the component has written on standard error.
    pub fn log(&self) -> String {
        match &self.server.host {
            Host::Wasmtime { log, .. } => String::from_utf8(log.contents().to_vec()).unwrap(),
            Host::Ours(served) => {
                let of_component = served.log().into_iter().filter(|line| line["target"] == SERVICE);
                of_component
                    .map(|line| line["fields"]["message"].as_str().unwrap().to_owned() + "\n")
                    .collect()
            }
        }
    }

    /// Returns all that is in the log, also of what isn't the component.
    pub fn whole_log(&self) -> String {
        match &self.server.host {
            Host::Wasmtime { .. } => self.log(),
            Host::Ours(served) => served.log().iter().map(|line| format!("{line}\n")).collect(),
        }
    }

    /// Makes a client that sends these headers.
    pub fn client(&self, headers: &[(&str, &str)]) -> Client {
        Client::at(format!("http://{}", self.server.address), headers)
    }

    /// Makes a client that has the token and sends JSON.
    pub fn trusted(&self) -> Client {
        self.client(&[("authorization", &format!("Bearer {TOKEN}")), ("content-type", "application/json")])
    }

    pub async fn get(&self, path: &str) -> Answer {
        let answer = checked(&self.trusted(), Method::GET, path, "").await;
        self.server.rests().await;
        answer
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        let answer = checked(&self.trusted(), Method::POST, path, &body.to_string()).await;
        self.server.rests().await;
        answer
    }

    /// Returns the lines of the log behind this position.
    pub fn log_since(&self, before: usize) -> Vec<Value> {
        let log = self.log();
        log[before..]
            .lines()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}")))
            .collect()
    }
}

/// Lets this many requests through to the mock. The rest wait for the sender.
pub fn hold_after(mock: &Mock, passing: u64) -> watch::Sender<bool> {
    let (release, released) = watch::channel(false);
    let asked = Arc::new(AtomicU64::new(0));
    mock.hold(Box::new(move |_| {
        let mut released = released.clone();
        let passes = asked.fetch_add(1, Ordering::Relaxed) < passing;
        Box::pin(async move {
            if !passes {
                // Without a sender left, the request need not wait.
                let _ = released.wait_for(|released| *released).await;
            }
        })
    }));
    release
}

/// Asks, and asserts that the answer is as described and has the headers that every answer has.
pub async fn checked(client: &Client, method: Method, path: &str, body: &str) -> Answer {
    let answer = client.try_send_text(method.clone(), path, body.to_owned()).await.unwrap();
    assert_eq!(answer.headers["cache-control"], "no-store");
    assert_eq!(answer.headers["x-content-type-options"], "nosniff");
    let status = answer.status.as_u16();
    let content_type = answer.headers["content-type"].clone();
    let bodies = lines(&answer);
    if status == 404 && bodies[0]["message"].as_str().is_some_and(|message| message.contains("no such path"))
        || status == 405
    {
        description().check_schema("Error", &bodies[0]).unwrap();
        return answer;
    }
    let checked = description().check_bodies((method.as_str(), path, status), &content_type, &bodies);
    checked.unwrap_or_else(|wrong| panic!("{wrong}"));
    answer
}

/// Returns the lines of an answer, or its one JSON body.
pub fn lines(answer: &Answer) -> Vec<Value> {
    if answer.headers["content-type"] == "application/json" {
        return vec![serde_json::from_str(&answer.body).unwrap_or_else(|_| panic!("{answer:?}"))];
    }
    answer.body.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect()
}

/// Returns the status and the kind of an answer that is an error.
pub fn failed(answer: &Answer) -> (u16, &str) {
    assert_eq!(answer.json["type"], "error", "{answer:?}");
    (answer.status.as_u16(), answer.json["kind"].as_str().unwrap())
}
