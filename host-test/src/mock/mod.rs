//! A mock of the Cloudflare API, as much of it as the connector uses: a real HTTP server
//! (HTTP/1.1, and HTTP/2 with prior knowledge) on the loopback interface. It serves an [`Account`]
//! that generators make and tests change.
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
//! It behaves as Cloudflare's documents and the issue trackers of its clients say. Where they say
//! nothing, a comment says *inferred*. It can misbehave on demand: see [`Fault`].
//!
//! - A folder a product of Cloudflare's, with the product's state and endpoints: `access`, `iam`,
//!   `gateway`. The table in its `mod.rs` has a row for each endpoint.
//! - `api` has the conventions that products share, and `routes` finds the endpoint of a path.
//! - `faults` says which requests go wrong. `wire` serves requests, and does what faults say.
//! - `lifecycle` has what happens to people without a request.
//! - `generators` makes accounts.

mod access;
mod account;
mod api;
mod direct;
mod faults;
mod gateway;
mod generators;
mod iam;
mod ids;
mod lifecycle;
mod lock;
mod options;
mod routes;
mod secret;
mod wire;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub use access::{
    AccessPolicy, AccessUser, Application, Attached, AttachedPolicy, Embedding, Group, IdentityProvider,
    LastLogin, PolicyTester, Scim, ScimGroup, ScimShows, ScimUser, ServiceToken, Session,
};
pub use account::Account;
pub use api::{GlobalKey, Permission, Token, TokenOwner, TokenStatus};
pub use direct::{Answered, Direct};
pub use faults::{Effect, Fault, Operation, Place, When};
pub use gateway::List;
pub use generators::{AccessSize, SUPER_ADMINISTRATOR, Size};
pub use iam::{
    Inherited, Member, MemberUser, PermissionGroup, Policy, ResourceGroup, Role, Scope, ScopeObject,
    UserGroup,
};
pub use lifecycle::{INVITATION_LASTS, Lifecycle};
pub use options::{DEMO_EMAIL, DEMO_KEY, DEMO_TOKEN, Options, RateLimit};
pub use secret::SECRET_INSIDE;
pub use wire::{Hold, Recorded};

use lock::{lock_read, lock_write};
use wire::{Front, Server};

/// A running mock. Dropping it ends it.
pub struct Mock {
    address: SocketAddr,
    front: Arc<Front>,
    stop: Option<oneshot::Sender<()>>,
    serving: Option<JoinHandle<()>>,
}

impl Mock {
    /// Starts to serve `account`, on the runtime of the caller.
    ///
    /// # Errors
    /// Returns an error if the address or the port can't be bound.
    pub async fn start(account: Account, options: Options) -> std::io::Result<Mock> {
        let listener = TcpListener::bind((options.address, options.port)).await?;
        let address = listener.local_addr()?;
        let front = Arc::new(Front::new(Server::new(account, options)));
        let (stop, stopped) = oneshot::channel();
        let life = Arc::clone(&front.life);
        let serving = tokio::spawn(wire::serve(listener, life, Arc::clone(&front), stopped));
        Ok(Mock { address, front, stop: Some(stop), serving: Some(serving) })
    }

    /// Returns `http://127.0.0.1:PORT/client/v4`, or `http://[::1]:PORT/client/v4`.
    pub fn base_url(&self) -> String {
        format!("http://{}/client/v4", self.address)
    }

    /// Returns the address that it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Looks at the account as it is now.
    pub fn read<T>(&self, look: impl FnOnce(&Account) -> T) -> T {
        look(&lock_read(&self.front.server.account))
    }

    /// Returns a copy of the account as it is now.
    pub fn account(&self) -> Account {
        self.read(Account::clone)
    }

    /// Changes the account, like another writer. No request sees a part of the change.
    pub fn change<T>(&self, change: impl FnOnce(&mut Account) -> T) -> T {
        change(&mut lock_write(&self.front.server.account))
    }

    /// Changes the behaviour from the next request on. `address`, `port` and `faults` have no effect
    /// any more.
    pub fn configure(&self, change: impl FnOnce(&mut Options)) {
        change(&mut lock_write(&self.front.server.options));
    }

    /// Adds a fault.
    pub fn inject(&self, fault: Fault) {
        self.front.server.faults.add(fault);
    }

    /// Returns the number of times that each fault fired, in the order of [`Options::faults`] and
    /// then of [`Mock::inject`].
    pub fn fired(&self) -> Vec<u64> {
        self.front.server.faults.fired()
    }

    /// Ends all faults. Their counts stay.
    pub fn end_faults(&self) {
        self.front.server.faults.end();
    }

    /// Changes the account once, at the first request that `on` is for, like another writer.
    /// Requests are counted as attempts from now on.
    pub fn meddle(&self, on: Operation, when: When, change: impl FnOnce(&mut Account) + Send + 'static) {
        self.front.server.meddlers.add(on, when, Box::new(change));
    }

    /// Returns whether each change of [`Mock::meddle`] was made, in the order in which they were
    /// added.
    pub fn meddled(&self) -> Vec<bool> {
        self.front.server.meddlers.done()
    }

    /// From now on, makes each request wait for this before it is carried out.
    pub fn hold(&self, hold: Hold) {
        self.front.hold(hold);
    }

    /// Resets all connections and refuses new ones. Returns when this is done.
    pub async fn go_away(&self) {
        self.front.life.go_away().await;
    }

    /// Takes connections again, after [`Mock::go_away`] or [`Effect::GoneAway`]. Returns when this is
    /// done.
    pub async fn come_back(&self) {
        self.front.life.come_back().await;
    }

    /// Returns the number of requests so far, answered in any way.
    pub fn request_count(&self) -> u64 {
        self.front.server.traffic.requests()
    }

    /// Returns the most requests that were being answered at once.
    pub fn most_under_way(&self) -> u64 {
        self.front.server.traffic.most_under_way()
    }

    /// Waits until no client is connected. Everything that they have sent is carried out by then.
    pub async fn is_left(&self) {
        self.front.life.is_left().await;
    }

    /// Returns the number of requests so far by method and route: `GET access/users`,
    /// `GET gateway/lists/{id}/items`. A path without an endpoint is `GET ?`.
    pub fn requests_by_route(&self) -> BTreeMap<String, u64> {
        self.front.server.traffic.by_route()
    }

    /// Returns the first requests, at most [`Options::log`] of them, in the order in which they
    /// arrived.
    pub fn requests(&self) -> Vec<Recorded> {
        self.front.server.traffic.log()
    }

    /// Returns the number of bytes of all bodies sent so far.
    pub fn bytes_out(&self) -> u64 {
        self.front.server.traffic.bytes_out()
    }

    /// Sets all counts to 0 and empties the log. Faults keep their counts.
    pub fn forget_requests(&self) {
        self.front.server.traffic.forget();
    }

    /// Stops the server after the answers that are under way.
    pub async fn stop(mut self) {
        self.stop.take();
        if let Some(serving) = self.serving.take() {
            // It can only fail by a panic, which the runtime has reported.
            let _ = serving.await;
        }
    }
}
