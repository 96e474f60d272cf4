//! A plain HTTP client for tests.

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client as Pool;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use std::collections::BTreeMap;
use std::error::Error;

/// A client of a mock or of another server.
pub struct Client {
    pub pool: Pool<HttpConnector, Full<Bytes>>,
    pub base: String,
    pub headers: Vec<(String, String)>,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: BTreeMap<String, String>,
    pub body: String,
    /// The body as JSON, or null.
    pub json: Value,
}

impl Client {
    /// Makes a client of HTTP/1.1 that sends these headers, and no others of its own, to a base URL.
    pub fn at(base: String, headers: &[(&str, &str)]) -> Client {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let pool = Pool::builder(TokioExecutor::new()).build_http();
        Client { pool, base, headers }
    }

    /// Sends a request. Returns the whole answer, or the reason why there is none. `path` is below
    /// the base URL, with its query.
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
            headers: parts.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect(),
            json: serde_json::from_str(&body).unwrap_or_default(),
            body,
        })
    }

    /// Sends a request, and returns the answer as soon as its head is there.
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
