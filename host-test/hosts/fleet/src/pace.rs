//! The pace of requests: so many in a window of time, of them so many at once. The state is one timestamp,
//! which a heartbeat and a signal carry, so that the next holder of a slot goes on where the last one was.
//!
//! It is the generic cell rate algorithm (GCRA). The number of a page's requests is known after the page, so
//! a page is let out whole, and the pages after it wait for that.

use serde::{Deserialize, Serialize};

/// A limit of requests in each window of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pace {
    /// The requests in a window. At least 1.
    pub requests_per_window: u64,
    /// The window, in milliseconds. At least 1.
    pub window_ms: u64,
    /// The requests among them that may be sent at once.
    pub burst: u64,
}

impl Pace {
    /// Makes a pace. A quarter of the requests may be sent at once.
    #[must_use]
    pub fn new(requests_per_window: u64, window_ms: u64) -> Pace {
        let requests_per_window = requests_per_window.max(1);
        Pace { requests_per_window, window_ms: window_ms.max(1), burst: requests_per_window / 4 }
    }

    /// Returns how long to wait before the next request, in milliseconds. `tat` is the time at which the
    /// requests so far would have been sent evenly.
    #[must_use]
    pub fn wait_before(&self, now: u64, tat: u64) -> u64 {
        tat.saturating_sub(self.time_of(self.burst)).saturating_sub(now)
    }

    /// Returns the new `tat` after this number of requests.
    #[must_use]
    pub fn after(&self, now: u64, tat: u64, requests: u64) -> u64 {
        now.max(tat).saturating_add(self.time_of(requests))
    }

    /// Returns the `tat` of somebody who sends nothing before this time, and evenly from then on.
    #[must_use]
    pub fn not_before(&self, time: u64, tat: u64) -> u64 {
        tat.max(time.saturating_add(self.time_of(self.burst)))
    }

    /// The time that these requests take when they are sent evenly. What may be sent at once is left out of
    /// the even rate, so that both together stay within the limit.
    fn time_of(&self, requests: u64) -> u64 {
        let evenly = self.requests_per_window.saturating_sub(self.burst).max(1);
        requests.saturating_mul(self.window_ms).div_ceil(evenly)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_may_be_sent_at_once_is_followed_by_an_even_rate() {
        let pace = Pace::new(100, 75_000);
        assert_eq!(pace.burst, 25);
        assert_eq!(pace.wait_before(1_000_000, 0), 0);
        // A request a second.
        let tat = pace.after(1_000_000, 0, 25);
        assert_eq!(tat, 1_025_000);
        assert_eq!(pace.wait_before(1_000_000, tat), 0);
        let tat = pace.after(1_000_000, tat, 1);
        assert_eq!(pace.wait_before(1_000_000, tat), 1_000);
        assert_eq!(pace.wait_before(1_001_000, tat), 0);
        assert_eq!(pace.wait_before(1_000_000, pace.not_before(1_000_000, 0)), 0);
        assert_eq!(pace.not_before(1_000_000, 2_000_000), 2_000_000);
    }

    proptest! {
        /// Whoever waits as told never sends more than the limit in any window, but for one page.
        #[test]
        fn no_window_has_more_than_the_limit_and_one_page(
            limit in 1_u64..2_000,
            window_ms in 1_000_u64..600_000,
            pages in proptest::collection::vec((0_u64..40, 0_u64..3_000), 1..400),
            tat in 0_u64..2_000_000,
        ) {
            let pace = Pace::new(limit, window_ms);
            let (mut now, mut tat, mut sent) = (1_000_000_u64, tat, Vec::new());
            for (requests, took) in &pages {
                now += pace.wait_before(now, tat);
                sent.push((now, *requests));
                tat = pace.after(now, tat, *requests);
                now += took;
            }
            let largest = pages.iter().map(|(requests, _)| *requests).max().unwrap_or(0);
            for (at, _) in &sent {
                let within = sent.iter().filter(|(time, _)| (*at..at + window_ms).contains(time));
                let sum: u64 = within.map(|(_, requests)| requests).sum();
                prop_assert!(sum <= limit + largest, "{sum} > {limit} + {largest}");
            }
        }
    }
}
