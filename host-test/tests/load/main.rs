//! Many at once in one process, some of them up to no good. A test binary of its own: what it
//! measures is this process.
//!
//! `LOAD_SECONDS=60 cargo test -p host-test --test load -- --nocapture` puts the service under a
//! whole minute of load, and `cargo test -p host-test --test load -- --ignored --nocapture` says
//! what memory a session costs.

mod accounts;
#[path = "../common"]
mod common {
    pub mod compare;
    pub mod edge_server;
    pub mod held;
    pub mod http;
    pub mod principal_of;
    pub mod whole;
}
mod edge;
mod memory;

use tokio::sync::{Mutex, MutexGuard};

/// One test at a time: each has the process to itself.
async fn alone() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::const_new(());
    TURN.lock().await
}
