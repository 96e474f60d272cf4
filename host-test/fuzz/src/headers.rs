//! Headers of answers: the limits that they report, and the waits that follow from them.

use super::lines;
use cloudflare_zero_trust::cloudflare::rate_limit;
use cloudflare_zero_trust::cloudflare::retry::{Patience, worth_retrying};
use cloudflare_zero_trust::cloudflare::transport::Response;

/// Runs one input. The first line is the status and noise for the waits. Each other line is a header.
pub fn run(data: &[u8]) {
    let Some((head, _)) = lines::split(data) else { return };
    let mut lines = head.lines();
    let mut numbers = lines.next().unwrap_or_default().split(' ');
    let status = numbers.next().and_then(|status| status.parse().ok()).unwrap_or(429);
    let noise: u64 = numbers.next().and_then(|noise| noise.parse().ok()).unwrap_or_default();
    let response = Response { status, headers: lines::headers(lines), body: Vec::new() };

    let limit = rate_limit::of(&response);
    if let Some(limit) = limit {
        let header = response.header("ratelimit").unwrap_or_default();
        assert!(header.contains("r=") && header.contains("t="), "{header}");
        assert!(limit.resets_in_ms % 1000 == 0 || limit.resets_in_ms == u32::MAX);
    }
    let asked = rate_limit::retry_after_ms(&response);
    if response.header("retry-after").is_none() {
        let renewed =
            limit.filter(|limit| status == 429 && limit.remaining == 0).map(|limit| limit.resets_in_ms);
        assert_eq!(asked, renewed);
    }
    let worth = worth_retrying(&Ok(response));
    assert_eq!(worth.is_some(), matches!(status, 408 | 429) || status >= 500);
    let Some(asked_ms) = worth else { return };
    assert_eq!(asked_ms, asked);
    for max_wait_seconds in [0, 1, 10, 300, u32::MAX] {
        let mut patience = Patience::new(max_wait_seconds);
        let mut waited = 0u64;
        for retries in 0..10 {
            let Some(wait) = patience.wait(retries, asked_ms, noise) else { break };
            assert!(retries < 3, "sent too often");
            assert!(asked_ms.is_none_or(|asked| asked == wait), "comes before it was asked to");
            waited += u64::from(wait);
            assert!(waited <= u64::from(max_wait_seconds) * 1000, "waits longer than it may");
        }
    }
}
