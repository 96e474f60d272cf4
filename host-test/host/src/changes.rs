//! The changes that a service may have made, for instances that remember what they read before them.

use std::sync::atomic::{AtomicU64, Ordering};

/// The number of beginnings and ends of requests other than GET.
#[derive(Debug, Default)]
pub(crate) struct Changes(AtomicU64);

/// A request that may change something, until this is dropped.
pub(crate) struct Change<'c>(&'c Changes);

impl Changes {
    pub(crate) fn begin(&self) -> Change<'_> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Change(self)
    }

    pub(crate) fn number(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}

impl Drop for Change<'_> {
    fn drop(&mut self) {
        self.0.0.fetch_add(1, Ordering::SeqCst);
    }
}
