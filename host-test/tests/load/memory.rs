//! The memory of this process, and of a session.

use crate::accounts::{host, settings};
use crate::alone;
use connector_host::Session;
use host_test::mock::{Account, DEMO_TOKEN, Mock, Options, Size};

/// Reads a value of `/proc/self/status`, in KiB. Returns `None` where there is no such file.
fn status(name: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}

/// Returns the resident memory, in KiB.
pub fn resident() -> Option<u64> {
    status("VmRSS")
}

/// Returns the most memory that was resident so far, in KiB.
pub fn peak() -> Option<u64> {
    status("VmHWM")
}

/// Measures sessions when opened, after a first page, and in the middle of everything: all of them
/// at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "it measures, and has nothing to say yes or no to"]
async fn of_a_session() {
    let _turn = alone().await;
    for (count, size) in [
        (200, Size { users: 200, members: 150, groups: 20, roles: 30 }),
        (50, Size { users: 5_000, members: 1_000, groups: 100, roles: 60 }),
        (10, Size { users: 50_000, members: 5_000, groups: 300, roles: 80 }),
    ] {
        let mock =
            Mock::start(Account::generate(1, size), Options { log: 0, ..Options::default() }).await.unwrap();
        let (host, settings) = (host().await, settings(&mock, DEMO_TOKEN));
        // Memory that all sessions share is allocated before.
        drop(read_on(&mut host.open("api-token", &settings).await.unwrap(), None, 8).await);
        let before = resident().unwrap_or_default();
        let mut sessions = Vec::new();
        for _ in 0..count {
            sessions.push((host.open("api-token", &settings).await.unwrap(), None));
        }
        let each = || resident().unwrap_or_default().saturating_sub(before) / count;
        let opened = each();
        let mut steps = Vec::new();
        for pages in [1, 8] {
            for (session, cursor) in &mut sessions {
                *cursor = read_on(session, cursor.take(), pages).await;
            }
            steps.push(each());
        }
        let guest =
            sessions.iter().map(|(session, _)| session.memory_peak()).max().unwrap_or_default() / 1024;
        println!(
            "{count} sessions of {size:?}: KiB each: {opened} opened, {} after a page, {} in the middle; \
             the guest's own peak {guest}",
            steps[0], steps[1]
        );
    }
}

async fn read_on(session: &mut Session, mut cursor: Option<String>, pages: usize) -> Option<String> {
    for _ in 0..pages {
        cursor = session.read(&[], cursor.as_deref()).await.unwrap().next;
        cursor.as_ref()?;
    }
    cursor
}
