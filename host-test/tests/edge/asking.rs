//! A mock, the service before it, and a client whose every answer is held against the description.

use crate::common::edge_server::Server;
use crate::common::http::{Answer, Client};
use crate::described::Description;
use host_test::mock::{Account, DEMO_TOKEN, Mock, Options};
use http::Method;
use serde_json::Value;
use std::sync::OnceLock;
use wasmtime_wasi::p2::pipe::MemoryOutputPipe;

pub const TOKEN: &str = "token-of-the-operator";

/// The description that the component serves.
pub fn description() -> &'static Description {
    static DESCRIPTION: OnceLock<Description> = OnceLock::new();
    DESCRIPTION.get_or_init(|| Description::new(serde_json::from_str(DESCRIPTION_TEXT).unwrap()))
}

pub const DESCRIPTION_TEXT: &str = include_str!("../../../src/edge/openapi.json");

/// A mock, and the service before it.
pub struct Edge {
    pub mock: Mock,
    pub server: Server,
    log: MemoryOutputPipe,
}

impl Edge {
    pub async fn new(account: Account) -> Edge {
        Edge::with(account, Options::default(), &[]).await
    }

    /// With variables beside, or instead of, those that make it work.
    pub async fn with(account: Account, options: Options, variables: &[(&str, &str)]) -> Edge {
        let mock = Mock::start(account, options).await.unwrap();
        let (id, base_url) = (mock.read(|account| account.id.clone()), mock.base_url());
        let usual = [
            ("CLOUDFLARE_ACCOUNT_ID", id.as_str()),
            ("CLOUDFLARE_BASE_URL", &base_url),
            ("CLOUDFLARE_API_TOKEN", DEMO_TOKEN),
            ("CONNECTOR_TOKEN", TOKEN),
            ("CONNECTOR_PROVISIONING", "true"),
        ];
        let usual = usual.iter().filter(|(name, _)| !variables.iter().any(|(other, _)| name == other));
        let all = usual.chain(variables).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let log = MemoryOutputPipe::new(1 << 20);
        let server = Server::start(all.collect(), Some(log.clone())).await;
        Edge { mock, server, log }
    }

    /// Returns all that the service has written on standard error.
    pub fn log(&self) -> String {
        String::from_utf8(self.log.contents().to_vec()).unwrap()
    }

    /// A client that sends these headers.
    pub fn client(&self, headers: &[(&str, &str)]) -> Client {
        Client::at(format!("http://{}", self.server.address), headers)
    }

    /// A client that knows the token and speaks JSON.
    pub fn trusted(&self) -> Client {
        self.client(&[("authorization", &format!("Bearer {TOKEN}")), ("content-type", "application/json")])
    }

    pub async fn get(&self, path: &str) -> Answer {
        checked(&self.trusted(), Method::GET, path, "").await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        checked(&self.trusted(), Method::POST, path, &body.to_string()).await
    }

    /// Where to go on with the log: what comes behind is new.
    pub fn log_since(&self, before: usize) -> Vec<Value> {
        let log = self.log();
        log[before..]
            .lines()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}")))
            .collect()
    }
}

/// An answer that is as described, and has the headers that every one has.
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

/// The lines of an answer, or the one body that is JSON.
pub fn lines(answer: &Answer) -> Vec<Value> {
    if answer.headers["content-type"] == "application/json" {
        return vec![serde_json::from_str(&answer.body).unwrap_or_else(|_| panic!("{answer:?}"))];
    }
    answer.body.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect()
}

/// An answer that is an error: its status and kind.
pub fn failed(answer: &Answer) -> (u16, &str) {
    assert_eq!(answer.json["type"], "error", "{answer:?}");
    (answer.status.as_u16(), answer.json["kind"].as_str().unwrap())
}
