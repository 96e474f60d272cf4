//! What a sync took, as one JSON object.

use super::Counts;
use crate::host::TrafficReport;
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Duration;

/// What a sync took and gave.
#[derive(Clone, Debug, Serialize)]
pub struct Stats {
    /// Requests sent, retries included.
    pub requests: u64,
    /// The same by method and path, without what names an account or a thing.
    pub requests_by_route: BTreeMap<String, u64>,
    /// Bytes of response bodies.
    pub bytes_in: u64,
    /// From the first call to the last page, in milliseconds.
    pub wall_ms: u64,
    /// The most memory that the guest had.
    pub guest_memory_peak_bytes: u64,
    /// What came, by type and kind.
    pub counts: Counts,
}

impl Stats {
    /// Puts together what was measured in different places.
    #[must_use]
    pub fn new(traffic: TrafficReport, memory_peak: usize, wall: Duration, counts: Counts) -> Stats {
        Stats {
            requests: traffic.requests,
            requests_by_route: traffic.requests_by_route,
            bytes_in: traffic.bytes_in,
            wall_ms: u64::try_from(wall.as_millis()).unwrap_or(u64::MAX),
            guest_memory_peak_bytes: memory_peak as u64,
            counts,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
            r#"{"requests":3,"requests_by_route":{"GET roles":3},"bytes_in":10,"wall_ms":12,"guest_memory_peak_bytes":65536,"counts":{"resource":{},"entitlement":{},"grant":{},"warning":{}}}"#
        );
    }
}
