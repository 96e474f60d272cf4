//! The things that the host keeps for a guest.

use crate::support::{Bench, read, say_one};
use connector_host::{HostError, Limit, Limits};

#[tokio::test]
async fn handles_are_bounded() {
    let bench = Bench::new(Limits { handles: 300, ..Limits::default() }).await;
    for what in ["sessions", "sleeps", "headers"] {
        let mut session = bench.locked().await;
        read(&mut session, &["keep", what, "20", "100"]).await.unwrap();
        read(&mut session, &["keep", what, "20", "250"]).await.unwrap_err();
    }
    for what in ["sessions", "sleeps", "outputs", "headers", "methods", "authorities", "paths", "bodies"] {
        let mut session = bench.locked().await;
        let error = read(&mut session, &["keep", what, "20"]).await.unwrap_err();
        let limit = Limit::Handles(300);
        assert!(
            matches!(error, HostError::LimitExceeded { call: "read", limit: of } if of == limit),
            "{what}: {error}"
        );
        let over = read(&mut session, &[]).await.unwrap_err();
        assert!(matches!(over, HostError::SessionOver(_)), "{over}");
    }
    bench.lives_on().await;
}

#[tokio::test]
async fn what_a_handle_holds_is_bounded() {
    let bench = Bench::new(Limits::default()).await;
    let mut session = bench.locked().await;
    for (what, bytes) in [("methods", "33"), ("authorities", "301"), ("paths", "16384")] {
        let said = say_one(&mut session, &["keep", what, bytes]).await;
        assert!(said.ends_with(" was refused after 0"), "{what}: {said}");
    }
    // WASI has no error for headers that are too long, so the guest traps.
    let error = read(&mut session, &["keep", "headers", "16384"]).await.unwrap_err();
    let HostError::Trap { call: "read", reason } = &error else { panic!("{error}") };
    assert_eq!(reason, "total size of fields exceeds limit");
    bench.lives_on().await;
}
