//! Limits of a session.

use std::time::Duration;
use wasmtime::ResourceLimiter;

/// The most bytes of a request's body that wait for the network, in each of two buffers.
pub(crate) const BODY_CHUNK: usize = 16 * 1024;

/// The limits of a session. A session that exceeds one ends, unless the limit says otherwise; the
/// host and other sessions go on.
#[derive(Clone, Debug)]
pub struct Limits {
    /// The most memory of the guest, in bytes.
    pub memory_bytes: usize,
    /// The longest time of one call, waiting for the network included.
    pub call: Duration,
    /// The longest time until a connection is made. A request may ask for a shorter time here and
    /// in the next two limits; a longer one is cut to the limit.
    pub connect: Duration,
    /// The longest time from then until the first byte of an answer.
    pub first_byte: Duration,
    /// The longest time between two bytes of an answer's body, while the guest waits for them.
    pub between_bytes: Duration,
    /// The most bytes of host memory that one call's arguments and results may take, in either
    /// direction. A page of a read has about a mebibyte of text, and takes two. A report of many
    /// changes contains each resource's state before and after.
    pub data_bytes: usize,
    /// The most requests, answers, streams and timers that the host keeps for the guest, and the
    /// most sessions of the guest's own.
    pub handles: usize,
    /// The most requests that are sent and whose answers aren't read yet. A guest that sends more
    /// gets the error `connection-limit-reached`, and goes on.
    pub requests_at_once: usize,
    /// The most bytes of a request's body. A guest that sends more gets the error
    /// `HTTP-request-body-size`, and goes on.
    pub request_body_bytes: usize,
    /// The longest time that a [`WriteGuard`](crate::WriteGuard) takes for one answer. One that takes
    /// longer has said no, and the session goes on.
    pub guard: Duration,
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
            guard: Duration::from_secs(30),
        }
    }
}

/// Limits the sum of a store's linear memories, and keeps their peak.
pub(crate) struct MemoryLimiter {
    limit: usize,
    used: usize,
    peak: usize,
}

/// The trap of a guest that asks for more memory than its limit. It ends the session.
#[derive(Debug, thiserror::Error)]
#[error("the guest asked for more than {limit} bytes of memory")]
pub(crate) struct MemoryExceeded {
    pub(crate) limit: usize,
}

impl MemoryLimiter {
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, used: 0, peak: 0 }
    }

    pub(crate) fn peak(&self) -> usize {
        self.peak
    }
}

impl ResourceLimiter for MemoryLimiter {
    /// Fails where the limit is exceeded. A refusal (`Ok(false)`) would make the guest abort, and
    /// the trap wouldn't name the reason.
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
