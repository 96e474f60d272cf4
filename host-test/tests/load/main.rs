//! Many sessions at once in one process, some of them hostile. This is a test binary of its own,
//! because it measures the process.
//!
//! `LOAD_SECONDS=60 cargo test -p host-test --test load -- --nocapture` puts the service under a
//! whole minute of load, and `cargo test -p host-test --test load -- --ignored --nocapture` prints
//! the memory that a session costs.

mod accounts;
#[path = "../common"]
mod common {
    pub mod compare;
    pub mod edge_server;
    pub mod held;
    pub mod http;
    pub mod principal_of;
    pub mod reach;
    pub mod roles;
    pub mod whole;
}
mod edge;
mod memory;

use tokio::sync::{Mutex, MutexGuard};

/// Lets one test run at a time: each has the process to itself.
async fn alone() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::const_new(());
    TURN.lock().await
}
