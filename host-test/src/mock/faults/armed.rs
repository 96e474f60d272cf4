//! Faults in place. Each counts how often it fired, so that a test can distinguish a fault that was
//! survived from a fault that never happened.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, RwLock};

use crate::mock::lock::{lock_read, lock_write};

use super::aim::{Aim, RequestLine};
use super::fault::{Effect, Fault};

/// A fault in place, with its counts.
pub(crate) struct Armed {
    fault: Fault,
    aim: Aim,
    fired: AtomicU64,
    over: AtomicBool,
}

impl Armed {
    pub fn effect(&self) -> &Effect {
        &self.fault.effect
    }

    pub fn fire(&self) {
        self.fired.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether a request with this fault changes the account.
    pub fn carries_out(&self) -> bool {
        self.fault.carries_out()
    }
}

/// The faults of a mock.
#[derive(Default)]
pub(crate) struct Faults(RwLock<Vec<Arc<Armed>>>);

impl Faults {
    pub fn add(&self, fault: Fault) {
        let aim = Aim::at(fault.on.clone());
        let armed = Armed { fault, aim, fired: AtomicU64::new(0), over: AtomicBool::new(false) };
        lock_write(&self.0).push(Arc::new(armed));
    }

    pub fn fired(&self) -> Vec<u64> {
        lock_read(&self.0).iter().map(|armed| armed.fired.load(Ordering::Relaxed)).collect()
    }

    pub fn end(&self) {
        lock_read(&self.0).iter().for_each(|armed| armed.over.store(true, Ordering::Relaxed));
    }

    /// Counts this request as an attempt, and returns the faults that are for it, in the order in
    /// which they were added.
    pub fn of(&self, request: &RequestLine) -> Vec<Arc<Armed>> {
        let is_for = |armed: &&Arc<Armed>| !armed.over.load(Ordering::Relaxed) && armed.aim.hits(request);
        lock_read(&self.0).iter().filter(is_for).cloned().collect()
    }
}
