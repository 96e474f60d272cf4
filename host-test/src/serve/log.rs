//! The log: a line for each request, and the lines of the component.
//!
//! A line names a request's route by words that are known, and nothing else of it: a client may have put a
//! secret anywhere.

use super::activity::UnderWay;
use super::refusal::Refusal;
use cloudflare_zero_trust::output::escape_harmful;
use connector_host::{Cost, HostError};
use http::{Method, StatusCode};
use std::time::Instant;

/// The target of the lines of requests.
pub(crate) const REQUESTS: &str = "host_test::requests";
/// The target of the component's own lines.
const SERVICE: &str = "host_test::service";

/// The words of the routes. Every other segment is shown as `{}`.
const WORDS: [&str; 24] = [
    "healthz",
    "v1",
    "manifest",
    "openapi.json",
    "validate",
    "sync",
    "resources",
    "principals",
    "held",
    "identities",
    "wanted",
    "apply",
    "steps",
    "offboard",
    "scim",
    "v2",
    "ServiceProviderConfig",
    "ResourceTypes",
    "Schemas",
    "Users",
    "Groups",
    "Roles",
    "Me",
    ".search",
];
/// The most segments of a path that are shown.
const SEGMENTS: usize = 6;

/// The line of one request. It is written when this is dropped.
pub(super) struct Line {
    number: u64,
    method: &'static str,
    route: String,
    start: Instant,
    status: Option<StatusCode>,
    bytes: usize,
    cost: Option<Cost>,
    end: End,
    _under_way: UnderWay,
}

enum End {
    /// Not yet: where this stays, the client is gone.
    Open,
    Whole,
    /// It was answered without the component.
    Refused(String),
    /// The component failed, before its answer or in the middle of it.
    Failed(String),
}

impl Line {
    pub(super) fn begin(number: u64, method: &Method, path: &str, under_way: UnderWay) -> Line {
        Line {
            number,
            method: known(method),
            route: route(path),
            start: Instant::now(),
            status: None,
            bytes: 0,
            cost: None,
            end: End::Open,
            _under_way: under_way,
        }
    }

    pub(super) fn begun(&mut self, status: StatusCode) {
        self.status = Some(status);
    }

    pub(super) fn costs(&mut self, cost: Cost) {
        self.cost = Some(cost);
    }

    pub(super) fn sent(&mut self, bytes: usize) {
        self.bytes += bytes;
    }

    pub(super) fn refused(&mut self, refusal: &Refusal) {
        self.end = match refusal {
            Refusal::Failed(error) => End::Failed(error.to_string()),
            Refusal::Busy | Refusal::NoHost => End::Refused(refusal.reason()),
        };
    }

    pub(super) fn failed(&mut self, error: &HostError) {
        self.end = End::Failed(error.to_string());
    }

    /// Notes that the whole answer is sent. The reason of a refusal stays.
    pub(super) fn is_whole(&mut self) {
        if matches!(self.end, End::Open) {
            self.end = End::Whole;
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        let Line { number, method, route, bytes, .. } = &*self;
        let status = self.status.map(|status| status.as_u16());
        let ms = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        let upstream = self.cost.as_ref().map(|cost| cost.traffic().requests);
        // The component can't say why the network failed. The host's words are its own.
        let network = self.cost.as_ref().and_then(Cost::network_failure).map(|failure| failure.message);
        macro_rules! line {
            ($level:ident, $($message:tt)+) => {
                tracing::$level!(
                    target: REQUESTS, request = number, method, route, status, ms, bytes, upstream, network,
                    $($message)+
                )
            };
        }
        match &self.end {
            End::Whole => line!(info, "answered"),
            End::Open => line!(warn, "the client left before the end of its answer"),
            End::Refused(reason) => line!(warn, "{reason}"),
            End::Failed(reason) => line!(error, "{reason}"),
        }
    }
}

/// Writes a line of the component. It can contain anything.
pub(super) fn component(number: u64, text: &str) {
    tracing::warn!(target: SERVICE, request = number, "{}", escape_harmful(text));
}

fn known(method: &Method) -> &'static str {
    const KNOWN: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    KNOWN.into_iter().find(|known| *known == method.as_str()).unwrap_or("another method")
}

/// The path with `{}` in the place of each segment that isn't a word of the routes.
fn route(path: &str) -> String {
    let segments = path.split('/').skip(1).take(SEGMENTS);
    segments.fold(String::new(), |route, segment| {
        let word = WORDS.into_iter().find(|word| *word == segment).unwrap_or("{}");
        route + "/" + word
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_shows_words_and_nothing_else() {
        for (path, expected) in [
            ("/healthz", "/healthz"),
            ("/v1/resources/user/ann%40corp.example", "/v1/resources/{}/{}"),
            ("/v1/principals/email/ann/held", "/v1/principals/{}/{}/held"),
            ("/scim/v2/Users/.search", "/scim/v2/Users/.search"),
            ("/v1/hunter/2", "/v1/{}/{}"),
            ("/", "/{}"),
            ("*", ""),
            ("/v1/sync/v1/sync/v1/sync/v1/sync", "/v1/sync/v1/sync/v1/sync"),
        ] {
            assert_eq!(route(path), expected);
        }
        assert_eq!(known(&Method::from_bytes(b"hunter2").unwrap()), "another method");
    }
}
