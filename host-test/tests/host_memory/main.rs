//! The memory of this process that a guest can take. This is a test program of its own, because the
//! memory of a process is measured as a whole.

#![cfg(target_os = "linux")]

use connector_host::{Cache, Config, Host, Limits, Session};
use std::time::Duration;

/// Returns the peak of this process's memory so far, in MiB.
fn peak() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() / 1024
}

async fn keep(session: &mut Session, what: &str, bytes: &str) {
    let words = ["keep", what, bytes].map(str::to_owned);
    assert!(session.read(&words, None).await.is_err(), "{what}");
}

#[tokio::test]
async fn a_guest_costs_its_host_no_more_than_a_few_times_its_own_memory() {
    let cache = Cache::Directory(concat!(env!("CARGO_TARGET_TMPDIR"), "/compiled").into());
    let limits = Limits {
        memory_bytes: 64 << 20,
        data_bytes: 16 << 20,
        call: Duration::from_secs(20),
        ..Limits::default()
    };
    let host = Host::new(guests::HOSTILE, Config { limits, cache, ..Config::default() }).await.unwrap();
    let before = peak();
    for (what, bytes) in [
        ("sessions", "0"),
        ("sleeps", "0"),
        ("outputs", "0"),
        ("headers", "16000"),
        ("methods", "32"),
        ("authorities", "300"),
        ("paths", "16000"),
        ("bodies", "0"),
    ] {
        let mut session = host.open_to(Vec::new(), "", &[]).await.unwrap();
        keep(&mut session, what, bytes).await;
    }
    // Results with as many bytes as a call may return, and with more.
    for (how, bytes) in [("long-name", "40000000"), ("warnings", "300000")] {
        let mut session = host.open_to(Vec::new(), "", &[]).await.unwrap();
        assert!(session.read(&[how.to_owned(), bytes.to_owned()], None).await.is_err(), "{how}");
    }
    let grown = peak() - before;
    assert!(grown < 250, "{grown} MiB");
}
