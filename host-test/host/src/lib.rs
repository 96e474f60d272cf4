//! Runs connectors: components that export a world of the contract
//! `iga:connector` (the WIT files in `wit/`).
//!
//! ```no_run
//! # async fn example(component: &[u8], token: String) -> Result<(), connector_host::HostError> {
//! use connector_host::{Config, Host};
//!
//! let host = Host::new(component, Config::default()).await?;
//! let settings = [("account-id".into(), "0".repeat(32)), ("api-token".into(), token)];
//! let mut session = host.open("api-token", &settings).await?;
//! let mut cursor = None;
//! loop {
//!     let page = session.read(&[], cursor.as_deref()).await?;
//!     // Store the page, then the cursor.
//!     cursor = page.next;
//!     if cursor.is_none() {
//!         break;
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! [`Pages`] is that loop; it reads the next page while the caller stores the last one, and stops a
//! read whose cursors go in a circle.
//!
//! A session that [`Host::open`] opened sends GETs alone. One that changes something upstream is
//! opened with the requests that it may send besides them, as data:
//!
//! ```no_run
//! # type Settings = Vec<(String, String)>;
//! # type Done = Result<(), Box<dyn std::error::Error>>;
//! # async fn example(host: connector_host::Host, settings: Settings) -> Done {
//! use connector_host::WritableRoute;
//! use connector_host::contract::{Change, Operation, Options, ResourceId};
//!
//! let routes = [WritableRoute::new("PUT", "teams/{}/members/{}")?];
//! let mut session = host.open_with(&routes, "api-token", &settings).await?;
//! let change = Change {
//!     operation: Operation::Grant,
//!     entitlement: "team:7:member".into(),
//!     principal: ResourceId { kind: "user".into(), id: "1001".into() },
//! };
//! let options = Options { dry_run: false, allow_gains: false, extra: String::new() };
//! let report = session.apply(&[change], &options).await?;
//! # Ok(())
//! # }
//! ```
//!
//! [`Host::open_guarded`] opens such a session with a [`WriteGuard`], which is asked right before each of
//! these requests leaves. It is for hosts that do their work in several places, and where another place may
//! have taken the work over in the meantime.
//!
//! [`Service`] runs a component that answers HTTP requests in the same surroundings, with an instance for
//! each request, or with instances that are [kept](KeepInstances) for several ones.
//!
//! A connector can do what this crate gives it, and no more:
//!
//! | it may | decided by |
//! |---|---|
//! | send GETs, and requests of allowed routes, to allowed origins | [`Origin`], [`WritableRoute`] |
//! | use memory, handles, requests and data up to limits, and time up to a deadline | [`Limits`] |
//! | read the clocks, and random numbers | `sandbox.rs` |
//!
//! It has no files, sockets, environment or arguments; its prints go no further than this process's
//! debug log. A service also has the variables that [`ServiceConfig`] names, and whoever runs it gets the
//! lines of its standard error.

#![warn(missing_docs)]

mod asked;
mod authorities;
mod cache;
mod causes;
mod changes;
mod client;
mod config;
mod connector;
pub mod contract;
mod course;
mod egress;
mod engine;
mod error;
mod guard;
mod guest_lines;
mod guest_log;
mod http_bounds;
mod issuer;
mod kept_instances;
mod limits;
mod network_failure;
mod origin;
mod pages;
mod proxy;
mod request_log;
mod routes;
mod sandbox;
mod service;
mod session;
mod tls;
mod traffic;
mod tunnel;
mod turns;
mod unanswered;

pub use authorities::{Authorities, AuthoritiesError};
pub use cache::{Cache, CacheOutcome};
pub use config::Config;
pub use engine::{BASE_URL, Host};
pub use error::{HostError, Limit};
pub use guard::WriteGuard;
pub use kept_instances::KeepInstances;
pub use limits::Limits;
pub use network_failure::{NetworkCause, NetworkFailure};
pub use origin::{Origin, OriginError};
pub use pages::{Given, Pages, Wanted};
pub use proxy::{Proxy, ProxyError};
pub use routes::{RouteError, WritableRoute};
pub use service::{Answer, AnswerBody, Cost, Service, ServiceConfig};
pub use session::Session;
pub use traffic::TrafficReport;
