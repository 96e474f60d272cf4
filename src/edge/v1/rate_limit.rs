//! The rate limit as clients see it.

use crate::contract::RateLimit;
use serde::Serialize;

#[derive(Serialize)]
pub(super) struct RateLimitLine {
    remaining: u32,
    resets_in_ms: u32,
}

impl From<&RateLimit> for RateLimitLine {
    fn from(limit: &RateLimit) -> Self {
        Self { remaining: limit.remaining, resets_in_ms: limit.resets_in_ms }
    }
}
