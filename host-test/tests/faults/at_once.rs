//! Running a future without a runtime.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// Runs a future that never waits.
pub fn at_once<T>(work: impl Future<Output = T>) -> T {
    match pin!(work).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => done,
        Poll::Pending => panic!("it waits for something"),
    }
}
