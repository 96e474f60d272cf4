//! A mock of the Cloudflare API, as much of it as the connector touches: a real HTTP server
//! (HTTP/1.1, and HTTP/2 with prior knowledge) on the loopback interface, over an [`Account`] that
//! generators make and tests change.
//!
//! ```no_run
//! # async fn example() -> std::io::Result<()> {
//! use host_test::mock::{Account, Mock, Options};
//!
//! let mock = Mock::start(Account::company(), Options::default()).await?;
//! println!("{} serves account {}", mock.base_url(), mock.read(|account| account.id.clone()));
//! mock.stop().await;
//! # Ok(())
//! # }
//! ```
//!
//! How it behaves is what Cloudflare's documents, and the issue trackers of its clients, say of the
//! real one; where they say nothing, a comment says *inferred*. It can misbehave on demand: see
//! [`Fault`].

mod account;
mod armed;
mod auth;
mod company;
mod connection;
mod direct;
mod endpoints;
mod envelope;
mod faults;
mod generate;
mod paging;
mod reads;
mod rules;
mod server;
mod writes;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use http::HeaderMap;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub use account::{
    AccessUser, Account, Group, List, Member, MemberUser, PermissionGroup, Policy, ResourceGroup, Role,
    Scope, ScopeObject,
};
pub use auth::{GlobalKey, Permission, Token, TokenOwner, TokenStatus};
pub use direct::{Answered, Direct};
pub use faults::{Effect, Fault, Operation, Place};
pub use generate::{SUPER_ADMINISTRATOR, Size};
pub use server::Recorded;

use server::Shared;

/// A token that a mock with default options accepts; it may do everything.
pub const DEMO_TOKEN: &str = "demo-token-of-the-mock";
/// With [`DEMO_KEY`], the Global API key that a mock with default options accepts.
pub const DEMO_EMAIL: &str = "admin@northwind.example";
/// See [`DEMO_EMAIL`].
pub const DEMO_KEY: &str = "demo-key-of-the-mock";

/// How a mock behaves.
#[derive(Clone, Debug)]
pub struct Options {
    /// 0: any free port.
    pub port: u16,
    /// Added to every answer.
    pub latency: Duration,
    /// The API tokens that exist.
    pub tokens: Vec<Token>,
    /// The Global API keys that exist.
    pub keys: Vec<GlobalKey>,
    /// The longest page that the server gives, by route: `"access/users"` → 100. It moves the limit
    /// that Cloudflare documents downwards.
    pub max_per_page: BTreeMap<String, u64>,
    /// Whether `result_info` has `total_count` and `total_pages`.
    pub totals: bool,
    /// Whether Zero Trust is set up on the account; without it, `access/…` and `gateway/…` fail
    /// with 9999.
    pub zero_trust: bool,
    /// Whether, and with which numbers, answers tell the rate limit. It is never enforced.
    pub rate_limit: Option<RateLimit>,
    /// How many requests [`Mock::requests`] remembers: the first ones. They are counted beyond
    /// that.
    pub log: usize,
    /// What goes wrong from the start; [`Mock::inject`] adds more.
    pub faults: Vec<Fault>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
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

/// What the `Ratelimit` and `Ratelimit-Policy` headers tell. What remains goes down by one a
/// request, and starts again when it is used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// Requests in a window.
    pub quota: u64,
    /// The window, in seconds.
    pub window: u64,
}

impl RateLimit {
    /// Cloudflare's: 1,200 requests in 5 minutes.
    pub const CLOUDFLARE: RateLimit = RateLimit { quota: 1200, window: 300 };
}

/// When a change of [`Mock::meddle`] is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Before the request is carried out.
    Before,
    /// After it was, or would have been, and before its answer is sent.
    After,
}

/// What a request waits for, by its headers.
pub type Hold = Box<dyn Fn(&HeaderMap) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// A running mock. Dropping it ends it.
pub struct Mock {
    address: SocketAddr,
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    server: Option<JoinHandle<()>>,
}

impl Mock {
    /// Starts to serve `account` on 127.0.0.1, on the runtime that this is called in.
    ///
    /// # Errors
    /// Where the port can't be bound.
    pub async fn start(account: Account, options: Options) -> std::io::Result<Mock> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared::new(account, options));
        let (stop, stopped) = oneshot::channel();
        let server = tokio::spawn(connection::serve(listener, Arc::clone(&shared), stopped));
        Ok(Mock { address, shared, stop: Some(stop), server: Some(server) })
    }

    /// `http://127.0.0.1:PORT/client/v4`.
    pub fn base_url(&self) -> String {
        format!("http://{}/client/v4", self.address)
    }

    /// The address that it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Looks at the account as it is now.
    pub fn read<T>(&self, look: impl FnOnce(&Account) -> T) -> T {
        look(&lock_read(&self.shared.account))
    }

    /// A copy of the account as it is now.
    pub fn account(&self) -> Account {
        self.read(Account::clone)
    }

    /// Changes the account, as somebody else's hand would; no request sees a part of the change.
    pub fn change<T>(&self, change: impl FnOnce(&mut Account) -> T) -> T {
        change(&mut lock_write(&self.shared.account))
    }

    /// Changes how the mock behaves from the next request on. `port` and `faults` have no effect
    /// any more.
    pub fn configure(&self, change: impl FnOnce(&mut Options)) {
        change(&mut lock_write(&self.shared.options));
    }

    /// Adds a fault to those that are there.
    pub fn inject(&self, fault: Fault) {
        self.shared.faults.add(fault);
    }

    /// How often each fault fired, in the order of [`Options::faults`] and then of
    /// [`Mock::inject`].
    pub fn fired(&self) -> Vec<u64> {
        self.shared.faults.fired()
    }

    /// From now on, no fault fires any more; their counts stay.
    pub fn end_faults(&self) {
        self.shared.faults.end();
    }

    /// Changes the account once, at the first request that `on` is for: another writer. Requests
    /// are counted as attempts from now on.
    pub fn meddle(&self, on: Operation, when: When, change: impl FnOnce(&mut Account) + Send + 'static) {
        self.shared.meddlers.add(on, when, Box::new(change));
    }

    /// Whether each change of [`Mock::meddle`] was made, in the order in which they were added.
    pub fn meddled(&self) -> Vec<bool> {
        self.shared.meddlers.done()
    }

    /// From now on, every request waits for this before it is carried out.
    pub fn hold(&self, hold: Hold) {
        *lock_write(&self.shared.hold) = Some(hold);
    }

    /// Resets every connection and refuses new ones; returns when that is so.
    pub async fn go_away(&self) {
        connection::go_away(&self.shared.life).await;
    }

    /// Takes connections again, after [`Mock::go_away`] or [`Effect::GoneAway`]; returns when that
    /// is so.
    pub async fn come_back(&self) {
        connection::come_back(&self.shared.life).await;
    }

    /// Requests so far, answered in any way.
    pub fn request_count(&self) -> u64 {
        self.shared.requests.load(Ordering::Relaxed)
    }

    /// The most requests that were being answered at once.
    pub fn most_under_way(&self) -> u64 {
        self.shared.most_under_way.load(Ordering::Relaxed)
    }

    /// Waits until no client is connected any more: what those that were have sent is carried out.
    pub async fn is_left(&self) {
        let mut connections = self.shared.connections.subscribe();
        // The sender is this mock's.
        let _ = connections.wait_for(|connections| *connections == 0).await;
    }

    /// Requests so far by method and route: `GET access/users`, `GET gateway/lists/{id}/items`;
    /// what leads nowhere is `GET ?`.
    pub fn requests_by_route(&self) -> BTreeMap<String, u64> {
        server::lock(&self.shared.by_route).clone()
    }

    /// The first requests, up to [`Options::log`] of them, in the order in which they arrived.
    pub fn requests(&self) -> Vec<Recorded> {
        server::lock(&self.shared.log).clone()
    }

    /// Bytes of bodies sent so far.
    pub fn bytes_out(&self) -> u64 {
        self.shared.bytes_out.load(Ordering::Relaxed)
    }

    /// Sets counts and log back to nothing; faults keep theirs.
    pub fn forget_requests(&self) {
        self.shared.requests.store(0, Ordering::Relaxed);
        self.shared.bytes_out.store(0, Ordering::Relaxed);
        self.shared.most_under_way.store(0, Ordering::Relaxed);
        server::lock(&self.shared.by_route).clear();
        server::lock(&self.shared.log).clear();
    }

    /// Ends the server after the answers that are under way.
    pub async fn stop(mut self) {
        self.stop.take();
        if let Some(server) = self.server.take() {
            // It can only fail by a panic, which the runtime has reported.
            let _ = server.await;
        }
    }
}

/// Reads although a panic elsewhere may have poisoned the lock: the test that panicked has failed
/// anyway.
fn lock_read<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

fn lock_write<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}
