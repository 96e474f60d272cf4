//! The requests so far: their counts, and the first of them.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use http::header::HeaderValue;
use http::request::Parts;
use http::{HeaderMap, Version};

use crate::mock::api::CREDENTIAL_HEADERS;
use crate::mock::lock::lock;

/// A request as it arrived, without the values of its credentials.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    pub method: String,
    /// The path as it was sent, with `/client/v4`.
    pub path: String,
    /// The text behind `?`, as it was sent.
    pub query: Option<String>,
    /// Sorted, with names in lower case. The value of a header that carries credentials is `None`.
    pub headers: Vec<(String, Option<String>)>,
    /// The body, read as UTF-8.
    pub body: String,
    /// HTTP/1.1 or HTTP/2.
    pub version: Version,
}

impl Recorded {
    pub(super) fn of(parts: &Parts, body: &[u8]) -> Recorded {
        Recorded {
            method: parts.method.to_string(),
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().map(str::to_owned),
            headers: recorded_headers(&parts.headers),
            body: String::from_utf8_lossy(body).into_owned(),
            version: parts.version,
        }
    }

    /// Returns the value of a header that carries no credentials.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name)?.1.as_deref()
    }
}

fn recorded_headers(headers: &HeaderMap) -> Vec<(String, Option<String>)> {
    let shown = |name: &str, value: &HeaderValue| {
        (!CREDENTIAL_HEADERS.contains(&name)).then(|| String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    let mut recorded: Vec<_> =
        headers.iter().map(|(name, value)| (name.to_string(), shown(name.as_str(), value))).collect();
    recorded.sort();
    recorded
}

#[derive(Default)]
pub(crate) struct Traffic {
    requests: AtomicU64,
    /// Requests that are being answered.
    under_way: AtomicU64,
    most_under_way: AtomicU64,
    bytes_out: AtomicU64,
    by_route: Mutex<BTreeMap<String, u64>>,
    log: Mutex<Vec<Recorded>>,
}

impl Traffic {
    /// Counts a request that arrived, and returns its number, from 1.
    pub(super) fn arrived(&self) -> (u64, UnderWay<'_>) {
        let now = self.under_way.fetch_add(1, Ordering::Relaxed) + 1;
        self.most_under_way.fetch_max(now, Ordering::Relaxed);
        (self.requests.fetch_add(1, Ordering::Relaxed) + 1, UnderWay(self))
    }

    pub(super) fn routed(&self, method: &str, route: &str) {
        *lock(&self.by_route).entry(format!("{method} {route}")).or_default() += 1;
    }

    /// Keeps a request, if less than `most` are kept.
    pub(super) fn record(&self, most: usize, recorded: impl FnOnce() -> Recorded) {
        let mut log = lock(&self.log);
        if log.len() < most {
            log.push(recorded());
        }
    }

    pub(super) fn sent(&self, bytes: usize) {
        self.bytes_out.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    pub fn most_under_way(&self) -> u64 {
        self.most_under_way.load(Ordering::Relaxed)
    }

    pub fn bytes_out(&self) -> u64 {
        self.bytes_out.load(Ordering::Relaxed)
    }

    pub fn by_route(&self) -> BTreeMap<String, u64> {
        lock(&self.by_route).clone()
    }

    pub fn log(&self) -> Vec<Recorded> {
        lock(&self.log).clone()
    }

    /// Sets all counts to 0 and empties the log.
    pub fn forget(&self) {
        self.requests.store(0, Ordering::Relaxed);
        self.bytes_out.store(0, Ordering::Relaxed);
        self.most_under_way.store(0, Ordering::Relaxed);
        lock(&self.by_route).clear();
        lock(&self.log).clear();
    }
}

/// A request that is being answered. It is dropped with its answer, or when the client gives up.
pub(super) struct UnderWay<'a>(&'a Traffic);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Ordering::Relaxed);
    }
}
