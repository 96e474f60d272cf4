//! What a session may use up.

use std::time::Duration;
use wasmtime::ResourceLimiter;

/// What a session may use up. Unless it says otherwise, a session that goes past one ends; the
/// host, and other sessions, live on.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Of the guest's memory, in bytes.
    pub memory_bytes: usize,
    /// Of one call, waiting for the network included.
    pub call: Duration,
    /// Until a connection stands. A request may ask for less than this and the next two, and gets
    /// no more.
    pub connect: Duration,
    /// From then until the first byte of an answer.
    pub first_byte: Duration,
    /// Between two bytes of an answer's body, while the guest waits for them.
    pub between_bytes: Duration,
    /// Of what a call's result, or a call of the guest's to the host, takes in the host's memory,
    /// in bytes. A page of a read has about a mebibyte of text, and takes two; a report of many
    /// changes holds what each resource was and is.
    pub data_bytes: usize,
    /// Of what the host keeps for the guest: requests, answers, streams, timers; and of the guest's
    /// own sessions.
    pub handles: usize,
    /// Requests that are under way, or whose answers aren't read yet. A guest that sends more gets
    /// the error `connection-limit-reached`, and lives on.
    pub requests_at_once: usize,
    /// Of a request's body, in bytes. A guest that sends more gets the error
    /// `HTTP-request-body-size`, and lives on.
    pub request_body_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory_bytes: 256 * 1024 * 1024,
            call: Duration::from_secs(120),
            connect: Duration::from_secs(30),
            first_byte: Duration::from_secs(120),
            between_bytes: Duration::from_secs(60),
            data_bytes: 64 * 1024 * 1024,
            handles: 2_000,
            requests_at_once: 32,
            request_body_bytes: 1024 * 1024,
        }
    }
}

/// Limits a store's linear memories, taken together, and remembers the most that they had.
pub(super) struct MemoryLimiter {
    limit: usize,
    used: usize,
    peak: usize,
}

/// The guest asked for more than its limit: the trap that ends its session.
#[derive(Debug, thiserror::Error)]
#[error("the guest asked for more than {limit} bytes of memory")]
pub(super) struct MemoryExceeded {
    pub(super) limit: usize,
}

impl MemoryLimiter {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, used: 0, peak: 0 }
    }

    pub(super) fn peak(&self) -> usize {
        self.peak
    }
}

impl ResourceLimiter for MemoryLimiter {
    /// An error rather than a refusal: a guest that hears no would abort, and nobody could tell
    /// why.
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        let used = self.used.saturating_add(desired.saturating_sub(current));
        if used > self.limit {
            return Err(MemoryExceeded { limit: self.limit }.into());
        }
        self.used = used;
        self.peak = self.peak.max(used);
        Ok(true)
    }

    fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        const TABLE_ELEMENTS: usize = 100_000;
        Ok(desired <= TABLE_ELEMENTS)
    }

    fn instances(&self) -> usize {
        100
    }

    fn tables(&self) -> usize {
        100
    }

    fn memories(&self) -> usize {
        10
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: usize = 64 * 1024;

    #[test]
    fn memories_share_one_limit_and_the_peak_is_kept() {
        let mut limiter = MemoryLimiter::new(4 * PAGE);
        assert!(limiter.memory_growing(0, 2 * PAGE, None).unwrap());
        assert!(limiter.memory_growing(0, PAGE, None).unwrap());
        assert_eq!(limiter.peak(), 3 * PAGE);
        let error = limiter.memory_growing(2 * PAGE, 4 * PAGE, None).unwrap_err();
        assert!(error.downcast_ref::<MemoryExceeded>().is_some());
        assert_eq!(limiter.peak(), 3 * PAGE);
    }

    #[test]
    fn a_memory_s_own_maximum_is_no_fault() {
        let mut limiter = MemoryLimiter::new(4 * PAGE);
        assert!(!limiter.memory_growing(0, 2 * PAGE, Some(PAGE)).unwrap());
        assert_eq!(limiter.peak(), 0);
    }
}
