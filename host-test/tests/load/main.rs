//! Many at once in one process, some of them up to no good. A test binary of its own: what it
//! measures is this process.
//!
//! `LOAD_SECONDS=60 cargo test -p host-test --test load -- --nocapture` puts the service under a
//! whole minute of load, and `cargo test -p host-test --test load -- --ignored --nocapture` says
//! what memory a session costs.

mod accounts;
mod edge;
#[path = "../common/http.rs"]
mod http;
mod memory;
#[path = "../edge/server.rs"]
mod server;
#[path = "../common/whole.rs"]
mod whole;

use tokio::sync::{Mutex, MutexGuard};

/// One test at a time: each has the process to itself.
async fn alone() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::const_new(());
    TURN.lock().await
}
