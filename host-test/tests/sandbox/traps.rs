//! Guests that trap.

use crate::support::{CALLS, misbehave, short};
use connector_host::HostError;

#[tokio::test]
async fn a_trap_ends_the_session_and_says_why() {
    for (how, why) in [
        ("unreachable", "`unreachable` instruction executed"),
        // The guest's own words are in the debug log alone: they may contain anything.
        ("panic", "`unreachable` instruction executed"),
        ("recurse", "call stack exhausted"),
        ("exit", "Exited with i32 exit status 0"),
    ] {
        for call in CALLS {
            let error = misbehave(call, how, short()).await;
            let HostError::Trap { call: trapped, reason } = &error else { panic!("{call} {how}: {error}") };
            assert_eq!(*trapped, call);
            assert!(reason.contains(why) && !reason.contains("own words"), "{how}: {reason}");
        }
    }
}
