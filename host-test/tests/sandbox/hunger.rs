//! Time and memory.

use crate::support::{Bench, CALLS, misbehave, read, say_one, short};
use connector_host::{HostError, Limit, Limits};

/// Checks, for each function of the contract, that the error names this limit and the call.
async fn is_stopped_everywhere(how: &str, limit: Limit) {
    for call in CALLS {
        let error = misbehave(call, how, short()).await;
        let HostError::LimitExceeded { call: stopped, limit: of } = &error else { panic!("{call}: {error}") };
        assert_eq!((*stopped, *of), (call, limit), "{error}");
    }
}

#[tokio::test]
async fn a_loop_is_stopped() {
    is_stopped_everywhere("loop", Limit::Time(short().call)).await;
}

#[tokio::test]
async fn a_loop_of_host_calls_is_stopped() {
    is_stopped_everywhere("call-host", Limit::Time(short().call)).await;
}

#[tokio::test]
async fn a_sleep_is_stopped() {
    is_stopped_everywhere("sleep", Limit::Time(short().call)).await;
}

#[tokio::test]
async fn ever_more_memory_is_refused() {
    is_stopped_everywhere("grow", Limit::Memory(short().memory_bytes)).await;
}

#[tokio::test]
async fn memory_up_to_the_limit_is_given() {
    let limits = short();
    let bench = Bench::new(limits.clone()).await;
    let pages = limits.memory_bytes / 65_536;
    let mut session = bench.locked().await;
    assert_eq!(say_one(&mut session, &["grow-to", &pages.to_string()]).await, pages.to_string());
    assert_eq!(session.memory_peak(), limits.memory_bytes);

    let error = read(&mut session, &["grow-to", &(pages + 1).to_string()]).await.unwrap_err();
    assert!(matches!(error, HostError::LimitExceeded { limit: Limit::Memory(_), .. }), "{error}");
    assert_eq!(session.memory_peak(), limits.memory_bytes);
    bench.lives_on().await;
}

#[tokio::test]
async fn others_work_while_guests_compute() {
    let bench = Bench::new(Limits { call: std::time::Duration::from_secs(1), ..short() }).await;
    let (mut one, mut other) = (bench.locked().await, bench.locked().await);
    let (first, second, ()) =
        tokio::join!(read(&mut one, &["loop"]), read(&mut other, &["call-host"]), bench.lives_on());
    for error in [first.unwrap_err(), second.unwrap_err()] {
        assert!(matches!(error, HostError::LimitExceeded { limit: Limit::Time(_), .. }), "{error}");
    }
}
