//! The requests and bytes of a session.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// The requests and bytes of a session so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrafficReport {
    /// Requests that were sent, retries included.
    pub requests: u64,
    /// The same by method and path. `{id}` replaces each segment that isn't a word of lower-case
    /// letters or a version: `GET api/v2/teams/{id}/members`.
    pub requests_by_route: BTreeMap<String, u64>,
    /// Requests that were not allowed, and weren't sent.
    pub denied: u64,
    /// Bytes of response bodies.
    pub bytes_in: u64,
}

/// The counters, which requests that are under way share.
#[derive(Debug, Default)]
pub(crate) struct Traffic(Mutex<TrafficReport>);

impl Traffic {
    pub(crate) fn sent(&self, method: &http::Method, path: &str) {
        // A guest that asks for ever new paths must not fill the host's memory.
        const ROUTES: usize = 200;
        self.update(|report| {
            report.requests += 1;
            let mut route = route(method, path);
            if report.requests_by_route.len() >= ROUTES && !report.requests_by_route.contains_key(&route) {
                route = "other".to_owned();
            }
            *report.requests_by_route.entry(route).or_default() += 1;
        });
    }

    /// Counts a denied request, and returns their number.
    pub(crate) fn denied(&self) -> u64 {
        self.update(|report| {
            report.denied += 1;
            report.denied
        })
    }

    pub(crate) fn received(&self, bytes: usize) {
        self.update(|report| report.bytes_in += bytes as u64);
    }

    pub(crate) fn report(&self) -> TrafficReport {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn update<T>(&self, change: impl FnOnce(&mut TrafficReport) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The method and the path without the ids in it.
pub(crate) fn route(method: &http::Method, path: &str) -> String {
    let segments = path.split('/').filter(|segment| !segment.is_empty());
    let named: Vec<&str> = segments.map(|segment| if is_word(segment) { segment } else { "{id}" }).collect();
    format!("{method} {}", named.join("/"))
}

/// Whether a segment names a collection or a version of the API, and no object.
fn is_word(segment: &str) -> bool {
    const LONGEST: usize = 24;
    let of_words = |byte: u8| byte.is_ascii_lowercase() || byte == b'_' || byte == b'-';
    let is_version = || {
        let number = segment.strip_prefix('v').unwrap_or_default();
        (1..=2).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit())
    };
    segment.len() <= LONGEST && (segment.bytes().all(of_words) || is_version())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Method;

    #[test]
    fn a_route_names_no_object() {
        for (path, expected) in [
            ("/users", "GET users"),
            ("/api/v2/teams/f3b9c7de-8f0a-4a27-9c7e-2a5b6f0e1d11/members", "GET api/v2/teams/{id}/members"),
            ("/v12/roles/33666b9c79b9a5273fc7344ff42f953d", "GET v12/roles/{id}"),
            ("/v123/Ann/ann@example.com/v/vx", "GET {id}/{id}/{id}/v/vx"),
            ("/members//", "GET members"),
            ("/", "GET "),
        ] {
            assert_eq!(route(&Method::GET, path), expected);
        }
    }

    #[test]
    fn ever_new_paths_are_counted_together() {
        let traffic = Traffic::default();
        let letters = || ('a'..='z').map(String::from);
        for (first, second) in letters().flat_map(|a| letters().map(move |b| (a.clone(), b))) {
            traffic.sent(&Method::GET, &format!("/{first}{second}"));
        }
        let report = traffic.report();
        assert_eq!(report.requests, 26 * 26);
        assert_eq!(report.requests_by_route.len(), 201);
        assert_eq!(report.requests_by_route["other"], 26 * 26 - 200);
    }
}
