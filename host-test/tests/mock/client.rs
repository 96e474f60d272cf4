//! The client of the mock's tests: requests with the demo token, and answers in Cloudflare's
//! envelope.

pub use crate::common::http::{Answer, Client};
use host_test::mock::{DEMO_TOKEN, Mock};
use http::Method;
use hyper_util::client::legacy::Client as Pool;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use std::error::Error;

impl Client {
    /// Makes a client of HTTP/1.1 with the demo token.
    pub fn new(mock: &Mock) -> Client {
        Client::with_headers(mock, &[("authorization", &format!("Bearer {DEMO_TOKEN}"))])
    }

    /// Makes a client of HTTP/1.1 that sends these headers, and no others of its own.
    pub fn with_headers(mock: &Mock, headers: &[(&str, &str)]) -> Client {
        Client::at(mock.base_url(), headers)
    }

    /// Returns the same client over HTTP/2 with prior knowledge.
    pub fn http2(self) -> Client {
        Client { pool: Pool::builder(TokioExecutor::new()).http2_only(true).build_http(), ..self }
    }

    /// Sends a GET. `path` is below the base URL, with its query.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, Value::Null).await
    }

    /// Sends a request. A null body is none.
    pub async fn send(&self, method: Method, path: &str, body: Value) -> Answer {
        self.try_send(method, path, body).await.expect("an answer")
    }

    /// Sends a request. Returns the whole answer, or the reason why there is none.
    pub async fn try_send(&self, method: Method, path: &str, body: Value) -> Result<Answer, Box<dyn Error>> {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.try_send_text(method, path, body).await
    }
}

impl Answer {
    /// Returns the status and the first error's code.
    pub fn failure(&self) -> (u16, u64) {
        let code = self.json["errors"][0]["code"].as_u64();
        assert_eq!(self.json["success"], false, "{self:?}");
        (self.status.as_u16(), code.unwrap_or_else(|| panic!("no code in {self:?}")))
    }

    /// Returns the ids of the result's items, or the values in a list of values.
    pub fn ids(&self) -> Vec<String> {
        assert_eq!(self.json["success"], true, "{self:?}");
        let items = self.json["result"].as_array().unwrap_or_else(|| panic!("no list in {self:?}"));
        let id =
            |item: &Value| item.get("id").or(item.get("value")).and_then(Value::as_str).map(str::to_owned);
        items.iter().map(|item| id(item).unwrap_or_else(|| panic!("no id in {item}"))).collect()
    }
}
