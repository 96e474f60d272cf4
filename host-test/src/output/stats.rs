//! The statistics of a sync, as one JSON object.

use crate::routes;
use cloudflare_zero_trust::output::Counts;
use connector_host::TrafficReport;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// The cost of a sync, and the number of its records.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stats {
    /// Requests that were sent, retries included.
    pub requests: u64,
    /// The same by method and path. Ids of accounts and objects are left out of the paths.
    pub requests_by_route: BTreeMap<String, u64>,
    /// Bytes of response bodies.
    pub bytes_in: u64,
    /// Milliseconds from the first call to the last page.
    pub wall_ms: u64,
    /// The most bytes of memory that the guest had.
    pub guest_memory_peak_bytes: u64,
    /// Records by type and kind.
    pub counts: Counts,
}

impl Stats {
    /// Puts together the measurements of different places.
    #[must_use]
    pub fn new(traffic: TrafficReport, memory_peak: usize, wall: Duration, counts: Counts) -> Stats {
        Stats {
            requests: traffic.requests,
            requests_by_route: routes::below_account(traffic.requests_by_route),
            bytes_in: traffic.bytes_in,
            wall_ms: u64::try_from(wall.as_millis()).unwrap_or(u64::MAX),
            guest_memory_peak_bytes: memory_peak as u64,
            counts,
        }
    }

    /// Adds an earlier process's measurements of the same sync. The counts are those of both already.
    #[must_use]
    pub fn after(mut self, earlier: &Stats) -> Stats {
        self.requests += earlier.requests;
        for (route, requests) in &earlier.requests_by_route {
            *self.requests_by_route.entry(route.clone()).or_default() += requests;
        }
        self.bytes_in += earlier.bytes_in;
        self.wall_ms += earlier.wall_ms;
        self.guest_memory_peak_bytes = self.guest_memory_peak_bytes.max(earlier.guest_memory_peak_bytes);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_two_processes_measured_is_added() {
        let measured = |requests: u64, route: &str, memory: usize| {
            let requests_by_route =
                BTreeMap::from([(route.to_owned(), requests), ("GET both".to_owned(), 1)]);
            let traffic = TrafficReport { requests, requests_by_route, denied: 0, bytes_in: 10 };
            Stats::new(traffic, memory, Duration::from_millis(5), Counts::default())
        };
        let both = measured(2, "GET roles", 10).after(&measured(3, "GET members", 20));
        let routes = [("GET both", 2), ("GET members", 3), ("GET roles", 2)];
        assert_eq!(both.requests_by_route, routes.map(|(route, count)| (route.to_owned(), count)).into());
        assert_eq!(
            (both.requests, both.bytes_in, both.wall_ms, both.guest_memory_peak_bytes),
            (5, 20, 10, 20)
        );
    }

    #[test]
    fn one_object_with_the_documented_names() {
        let traffic = TrafficReport {
            requests: 3,
            requests_by_route: BTreeMap::from([("GET roles".to_owned(), 3)]),
            denied: 0,
            bytes_in: 10,
        };
        let stats = Stats::new(traffic, 65_536, Duration::from_millis(12), Counts::default());
        assert_eq!(
            serde_json::to_string(&stats).unwrap(),
            concat!(
                r#"{"requests":3,"requests_by_route":{"GET roles":3},"bytes_in":10,"wall_ms":12,"#,
                r#""guest_memory_peak_bytes":65536,"#,
                r#""counts":{"resource":{},"entitlement":{},"grant":{},"warning":{}}}"#,
            )
        );
    }
}
