//! The behaviour of a mock, as its user sets it.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use super::api::{GlobalKey, Token};
use super::faults::Fault;

/// A token that a mock with default options accepts. It has all permissions.
pub const DEMO_TOKEN: &str = "demo-token-of-the-mock";
/// The address that belongs to [`DEMO_KEY`].
pub const DEMO_EMAIL: &str = "admin@northwind.example";
/// The Global API key that a mock with default options accepts, with [`DEMO_EMAIL`].
pub const DEMO_KEY: &str = "demo-key-of-the-mock";

/// The behaviour of a mock.
#[derive(Clone, Debug)]
pub struct Options {
    /// The address that it listens on, of this machine.
    pub address: IpAddr,
    /// The port; 0 is any free one.
    pub port: u16,
    /// Added to every answer.
    pub latency: Duration,
    /// The API tokens that exist.
    pub tokens: Vec<Token>,
    /// The Global API keys that exist.
    pub keys: Vec<GlobalKey>,
    /// The longest page that the server sends, by route: `"access/users"` → 100. It lowers the limit
    /// that Cloudflare documents.
    pub max_per_page: BTreeMap<String, u64>,
    /// Whether `result_info` has `total_count` and `total_pages`.
    pub totals: bool,
    /// Whether Zero Trust is set up on the account. Without it, `access/…` and `gateway/…` fail with
    /// 9999.
    pub zero_trust: bool,
    /// The rate limit that answers report. It is never enforced.
    pub rate_limit: Option<RateLimit>,
    /// The number of requests that [`Mock::requests`](super::Mock::requests) keeps, the first ones.
    /// All requests are counted.
    pub log: usize,
    /// The faults from the start. [`Mock::inject`](super::Mock::inject) adds more.
    pub faults: Vec<Fault>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            address: Ipv4Addr::LOCALHOST.into(),
            port: 0,
            latency: Duration::ZERO,
            tokens: vec![Token::new(DEMO_TOKEN)],
            keys: vec![GlobalKey { email: DEMO_EMAIL.into(), key: DEMO_KEY.into() }],
            max_per_page: BTreeMap::new(),
            totals: true,
            zero_trust: true,
            rate_limit: None,
            log: 10_000,
            faults: Vec::new(),
        }
    }
}

/// The numbers of the `Ratelimit` and `Ratelimit-Policy` headers. The remaining requests decrease by
/// one a request, and start again after the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// Requests in a window.
    pub quota: u64,
    /// The window, in seconds.
    pub window: u64,
}

impl RateLimit {
    /// Cloudflare's own, 1,200 requests in 5 minutes.
    /// <https://developers.cloudflare.com/fundamentals/api/reference/limits/>
    pub const CLOUDFLARE: RateLimit = RateLimit { quota: 1200, window: 300 };
}
