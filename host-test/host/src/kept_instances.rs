//! Instances of a service that are kept for further requests, so that they can reuse what they have read.

use crate::changes::Changes;
use crate::guest_lines::{GuestLines, TakeLine};
use crate::sandbox::Sandbox;
use crate::turns::Turn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use tokio::task::AbortHandle;
use tokio::time::sleep;
use wasmtime::Store;
use wasmtime_wasi_http::p2::bindings::Proxy;

/// The way in which instances are kept for further requests.
///
/// One request has an instance at a time, and its [`Limits`](crate::Limits) hold for each request, but for
/// the memory, which is the instance's. An instance that trapped or exceeded a limit is never kept. None is
/// kept that was there before a request other than GET left this service: what it remembers may be old.
#[derive(Clone, Copy, Debug)]
pub struct KeepInstances {
    /// The most instances that are kept at once.
    pub instances: usize,
    /// The longest time without a request.
    pub idle: Duration,
    /// The most requests of one instance.
    pub requests: u32,
    /// The most memory of an instance that is kept, in bytes.
    pub memory_bytes: usize,
}

/// An instance, or its store before it is made.
pub(crate) struct Live {
    pub(crate) store: Store<Sandbox>,
    pub(crate) proxy: Option<Proxy>,
    lines: GuestLines,
    requests: u32,
    /// The number of changes when its first request began.
    changes: u64,
}

impl Live {
    /// Prepares it for a request, whose lines `take_line` gets.
    pub(crate) fn begin(&mut self, take_line: TakeLine, turn: Option<Turn>) {
        self.requests += 1;
        self.lines.go_on(take_line);
        self.store.data_mut().egress.begin(turn);
    }
}

/// The instances of one service that wait for a request.
pub(crate) struct KeptInstances {
    keep: Option<KeepInstances>,
    idle: Mutex<Idle>,
    changes: Arc<Changes>,
}

#[derive(Default)]
struct Idle {
    next: u64,
    instances: Vec<Waiting>,
}

struct Waiting {
    number: u64,
    live: Live,
    _end: EndsWithIt,
}

/// The task that ends an instance. It isn't needed once the instance is taken.
struct EndsWithIt(AbortHandle);

impl Drop for EndsWithIt {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl KeptInstances {
    pub(crate) fn new(keep: Option<KeepInstances>) -> Arc<KeptInstances> {
        Arc::new(KeptInstances { keep, idle: Mutex::default(), changes: Arc::default() })
    }

    pub(crate) fn changes(&self) -> Arc<Changes> {
        Arc::clone(&self.changes)
    }

    /// Makes an instance's state before its first request.
    pub(crate) fn fresh(&self, store: Store<Sandbox>, lines: GuestLines) -> Live {
        Live { store, proxy: None, lines, requests: 0, changes: self.changes.number() }
    }

    /// Takes the instance that was used last: it remembers the most.
    pub(crate) fn take(&self) -> Option<Live> {
        let now = self.changes.number();
        loop {
            let Waiting { live, .. } = self.idle().instances.pop()?;
            if live.changes == now {
                return Some(live);
            }
        }
    }

    /// Keeps an instance that has answered, if it may be kept.
    pub(crate) fn put(self: &Arc<Self>, mut live: Live) {
        live.store.data_mut().egress.end();
        let Some(keep) = self.keep else { return };
        let is_small = live.store.data().memory.peak() <= keep.memory_bytes;
        if !is_small || live.requests >= keep.requests || live.changes != self.changes.number() {
            return;
        }
        // The end of its last line is the last request's.
        live.lines.go_on(Arc::new(|_| {}));
        let mut idle = self.idle();
        if idle.instances.len() >= keep.instances {
            return;
        }
        idle.next += 1;
        let number = idle.next;
        let end = tokio::spawn(end(Arc::downgrade(self), number, keep.idle)).abort_handle();
        idle.instances.push(Waiting { number, live, _end: EndsWithIt(end) });
    }

    fn idle(&self) -> MutexGuard<'_, Idle> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends an instance that waits too long.
async fn end(kept: Weak<KeptInstances>, number: u64, idle: Duration) {
    sleep(idle).await;
    if let Some(kept) = kept.upgrade() {
        kept.idle().instances.retain(|waiting| waiting.number != number);
    }
}
