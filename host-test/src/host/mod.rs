//! Runs connectors: components that export the world `connector`, or `reader`, of `iga:connector`
//! (see `wit/`).
//!
//! ```no_run
//! # async fn example(component: &[u8], token: String) -> Result<(), host_test::host::HostError> {
//! use host_test::host::{Config, Host};
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
//! [`Pages`] is that loop with the next page on its way while the last one is stored.
//!
//! What a connector can do is what this module gives it, and no more:
//!
//! | it may | where that is decided |
//! |---|---|
//! | send requests of the allowed methods to the allowed origins | [`Origin`], [`Methods`], `egress.rs` |
//! | read the clocks, and random numbers | `sandbox.rs` |
//! | use memory, handles, requests and a call's data up to limits, and time up to a deadline | [`Limits`] |
//!
//! It has no files, sockets, environment or arguments; what it prints goes no further than this
//! process's debug log.

#![warn(missing_docs)]

mod cache;
mod client;
mod connector;
pub mod contract;
mod egress;
mod engine;
mod error;
mod guest_log;
mod http_bounds;
mod limits;
mod origin;
mod pages;
mod sandbox;
mod session;
mod traffic;

pub use cache::{Cache, CacheOutcome};
pub use egress::Methods;
pub use engine::{Config, Host};
pub use error::{HostError, Limit};
pub use limits::Limits;
pub use origin::{Origin, OriginError};
pub use pages::{Given, Pages, Wanted};
pub use session::Session;
pub use traffic::TrafficReport;
