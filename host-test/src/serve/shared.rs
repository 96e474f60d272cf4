//! The state that all connections of a service share.

use connector_host::Service;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_rustls::TlsAcceptor;

/// The path that says whether the service is there.
const HEALTH: &str = "/healthz";
/// The requests for [`HEALTH`] that are answered at once, beside the others: a service that has much to do
/// must not pass for one that is gone.
const HEALTH_AT_ONCE: usize = 4;

/// The bounds that the operator sets.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// The most requests that are answered at once.
    pub(crate) requests: usize,
    /// The longest time of a request.
    pub(crate) request: Duration,
    /// The time that requests under way have when the service ends.
    pub(crate) grace: Duration,
}

/// Everything that connections share.
pub(super) struct Shared {
    pub(super) service: Service,
    pub(super) tls: Option<TlsAcceptor>,
    pub(super) bounds: Bounds,
    requests: Arc<Semaphore>,
    health: Arc<Semaphore>,
    numbers: AtomicU64,
}

impl Shared {
    pub(super) fn new(service: Service, tls: Option<TlsAcceptor>, bounds: Bounds) -> Shared {
        Shared {
            service,
            tls,
            bounds,
            requests: Arc::new(Semaphore::new(bounds.requests)),
            health: Arc::new(Semaphore::new(HEALTH_AT_ONCE)),
            numbers: AtomicU64::new(0),
        }
    }

    /// Returns the number of the next request: its name in the log.
    pub(super) fn number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Lets a request in, unless too many are under way.
    pub(super) fn admit(&self, path: &str) -> Option<OwnedSemaphorePermit> {
        let places = if path == HEALTH { &self.health } else { &self.requests };
        Arc::clone(places).try_acquire_owned().ok()
    }
}
