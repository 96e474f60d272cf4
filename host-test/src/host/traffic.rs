//! What a session sent and received.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// What a session sent and received so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrafficReport {
    /// Requests that went out, retries included.
    pub requests: u64,
    /// The same by method and path, without what names an account or a thing: `GET
    /// gateway/lists/{id}/items`.
    pub requests_by_route: BTreeMap<String, u64>,
    /// Requests that were not allowed, and didn't go out.
    pub denied: u64,
    /// Bytes of response bodies.
    pub bytes_in: u64,
}

/// Counts while requests are under way.
#[derive(Debug, Default)]
pub(super) struct Traffic(Mutex<TrafficReport>);

impl Traffic {
    pub(super) fn sent(&self, method: &http::Method, path: &str) {
        // A guest that asks for ever new paths must not fill our memory.
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

    /// How many that makes.
    pub(super) fn denied(&self) -> u64 {
        self.update(|report| {
            report.denied += 1;
            report.denied
        })
    }

    pub(super) fn received(&self, bytes: usize) {
        self.update(|report| report.bytes_in += bytes as u64);
    }

    pub(super) fn report(&self) -> TrafficReport {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn update<T>(&self, change: impl FnOnce(&mut TrafficReport) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn route(method: &http::Method, path: &str) -> String {
    let mut segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    if let Some(accounts) = segments.iter().position(|segment| *segment == "accounts") {
        segments.drain(..(accounts + 2).min(segments.len()));
    } else if segments.starts_with(&["client", "v4"]) {
        segments.drain(..2);
    }
    let named: Vec<&str> = segments.iter().map(|segment| word_or_id(segment)).collect();
    format!("{method} {}", named.join("/"))
}

fn word_or_id(segment: &str) -> &str {
    const LONGEST_WORD: usize = 24;
    let of_words = |byte: u8| byte.is_ascii_lowercase() || byte == b'_' || byte == b'-';
    if segment.len() <= LONGEST_WORD && segment.bytes().all(of_words) { segment } else { "{id}" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Method;

    #[test]
    fn a_route_names_neither_an_account_nor_a_thing() {
        let account = "0123456789abcdef0123456789abcdef";
        for (path, expected) in [
            ("access/users", "GET access/users"),
            ("gateway/lists/f3b9c7de-8f0a-4a27-9c7e-2a5b6f0e1d11/items", "GET gateway/lists/{id}/items"),
            ("roles/33666b9c79b9a5273fc7344ff42f953d", "GET roles/{id}"),
            ("members//", "GET members"),
        ] {
            let path = format!("/client/v4/accounts/{account}/{path}");
            assert_eq!(route(&Method::GET, &path), expected);
        }
        assert_eq!(route(&Method::GET, "/client/v4/user/tokens/verify"), "GET user/tokens/verify");
        assert_eq!(route(&Method::GET, "/accounts"), "GET ");
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
