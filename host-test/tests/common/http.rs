//! A plain HTTP client for tests.

// Each test that includes this file uses a part of it.
#![allow(dead_code)]

use std::collections::BTreeMap;
use std::error::Error;

use http::{Method, Request, Response, StatusCode, Version};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client as Pool;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

use host_test::mock::{DEMO_TOKEN, Mock};

/// Sends requests to a mock, or to another server.
pub struct Client {
    pool: Pool<HttpConnector, Full<bytes::Bytes>>,
    base: String,
    headers: Vec<(String, String)>,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub version: Version,
    pub headers: BTreeMap<String, String>,
    pub body: String,
    /// The body, or null where it is no JSON.
    pub json: Value,
}

impl Client {
    /// A client of HTTP/1.1 with the demo token.
    pub fn new(mock: &Mock) -> Client {
        Client::with_headers(mock, &[("authorization", &format!("Bearer {DEMO_TOKEN}"))])
    }

    /// A client of HTTP/1.1 that sends these headers, and no others of ours.
    pub fn with_headers(mock: &Mock, headers: &[(&str, &str)]) -> Client {
        Client::at(mock.base_url(), headers)
    }

    /// The same of a server at this address.
    pub fn at(base: String, headers: &[(&str, &str)]) -> Client {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let pool = Pool::builder(TokioExecutor::new()).build_http();
        Client { pool, base, headers }
    }

    /// The same client over HTTP/2 with prior knowledge.
    pub fn http2(self) -> Client {
        Client { pool: Pool::builder(TokioExecutor::new()).http2_only(true).build_http(), ..self }
    }

    /// `path` is below the base URL, with its query.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, Value::Null).await
    }

    /// A null body is none.
    pub async fn send(&self, method: Method, path: &str, body: Value) -> Answer {
        self.try_send(method, path, body).await.expect("an answer")
    }

    /// The answer, or why there is no whole one.
    pub async fn try_send(&self, method: Method, path: &str, body: Value) -> Result<Answer, Box<dyn Error>> {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.try_send_text(method, path, body).await
    }

    /// The same with any body.
    pub async fn try_send_text(
        &self,
        method: Method,
        path: &str,
        body: String,
    ) -> Result<Answer, Box<dyn Error>> {
        let answer = self.begin(method, path, body).await?;
        let (parts, body) = answer.into_parts();
        let body = body.collect().await?.to_bytes();
        let body = String::from_utf8(body.to_vec()).expect("text");
        let text = |value: &http::HeaderValue| value.to_str().expect("a plain header").to_owned();
        Ok(Answer {
            status: parts.status,
            version: parts.version,
            headers: parts.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect(),
            json: serde_json::from_str(&body).unwrap_or_default(),
            body,
        })
    }

    /// The answer as soon as its head is there.
    pub async fn begin(
        &self,
        method: Method,
        path: &str,
        body: String,
    ) -> Result<Response<Incoming>, Box<dyn Error>> {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.base));
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let request = request.body(Full::from(body)).expect("a well-formed request");
        Ok(self.pool.request(request).await?)
    }
}

impl Answer {
    /// The status and the first error's code.
    pub fn failure(&self) -> (u16, u64) {
        let code = self.json["errors"][0]["code"].as_u64();
        assert_eq!(self.json["success"], false, "{self:?}");
        (self.status.as_u16(), code.unwrap_or_else(|| panic!("no code in {self:?}")))
    }

    /// The ids (or, in a list of values, the values) of the result's items.
    pub fn ids(&self) -> Vec<String> {
        assert_eq!(self.json["success"], true, "{self:?}");
        let items = self.json["result"].as_array().unwrap_or_else(|| panic!("no list in {self:?}"));
        let id =
            |item: &Value| item.get("id").or(item.get("value")).and_then(Value::as_str).map(str::to_owned);
        items.iter().map(|item| id(item).unwrap_or_else(|| panic!("no id in {item}"))).collect()
    }
}
