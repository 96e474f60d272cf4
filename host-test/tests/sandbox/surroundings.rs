//! The surroundings of a guest.

use crate::support::{Bench, host, say};
use connector_host::{HostError, Limits};

#[tokio::test]
async fn there_is_nothing_around_a_guest() {
    // This process has an environment that the guest could be given.
    assert!(std::env::vars().next().is_some());
    let bench = Bench::new(Limits::default()).await;
    let said = say(&mut bench.locked().await, &["surroundings"]).await.unwrap();
    let [environment, arguments, input, clocks, random] = said.as_slice() else { panic!("{said:?}") };
    assert_eq!(environment, "environment []");
    assert_eq!(arguments, "arguments []");
    assert_eq!(input, "input Ok(0) []");
    assert_eq!(clocks, "clocks true");
    let again = say(&mut bench.locked().await, &["surroundings"]).await.unwrap();
    assert_ne!(random, &again[4], "each session has its own");
}

#[tokio::test]
async fn a_component_that_wants_more_than_a_connector_needs_is_refused() {
    for (component, wanted) in
        [(guests::WANTS_FILES, "wasi:filesystem/"), (guests::WANTS_SOCKETS, "wasi:sockets/")]
    {
        let error = host(component, Limits::default()).await.err().unwrap();
        assert!(matches!(error, HostError::Component(_)), "{error}");
        assert!(error.to_string().contains(wanted), "{error}");
    }
    Bench::new(Limits::default()).await.lives_on().await;
}
