//! The state of a sync, and its result.

use crate::credential::Slot;
use crate::failure::{self, Before, Decision, Then};
use crate::pace::Pace;
use crate::store::Digest;
use connector_host::HostError;
use connector_host::contract::{Page, RateLimit};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Below so many requests left, a sync waits for the limit's reset, and leaves them to others with the same
/// credentials.
const RESERVED_REQUESTS: u32 = 50;

/// The state of a sync after a page, as its heartbeat carries it. The next attempt goes on there. By the
/// contract, a cursor has no secret in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// The cursor of the next page.
    pub cursor: Option<String>,
    /// Whether the last page is stored.
    pub is_read: bool,
    /// The pages so far.
    pub pages: u32,
    /// The digest of the pages so far.
    pub digest: Digest,
    /// The requests so far, those of attempts that failed with them.
    pub requests: u64,
    /// The lines so far, by their type.
    pub records: BTreeMap<String, u64>,
    /// The warnings so far.
    pub warnings: u64,
    /// Whether a warning says that something is missing.
    pub incomplete: bool,
    /// The point that the pace has reached: see [`crate::pace::Pace`].
    pub tat: u64,
    /// The times that the sync began again from the start.
    pub restarts: u32,
    /// Whether the last failure was the connector's own fault, and no page came since.
    pub was_connectors: bool,
}

impl Progress {
    /// Begins with a slot.
    #[must_use]
    pub fn with(slot: &Slot) -> Progress {
        Progress { tat: slot.tat, ..Progress::default() }
    }

    /// Begins again from the first page.
    pub fn restart(&mut self) {
        *self = Progress {
            requests: self.requests,
            tat: self.tat,
            restarts: self.restarts + 1,
            was_connectors: self.was_connectors,
            ..Progress::default()
        };
    }

    /// Decides what follows a failure of the host or the connector.
    #[must_use]
    pub fn decide(&self, error: &HostError) -> Decision {
        let Progress { restarts, was_connectors, .. } = *self;
        failure::decide(error, Before { had_cursor: self.cursor.is_some(), restarts, was_connectors })
    }

    /// Notes a decision for the next attempt. Before the time that the upstream asks to wait for is over,
    /// nothing is sent, and from then on evenly.
    pub fn note(&mut self, decision: &Decision, share: Pace, now: u64) {
        self.was_connectors = decision.is_connectors;
        if let Then::Retry(Some(delay)) = decision.then {
            let until = now.saturating_add(u64::try_from(delay.as_millis()).unwrap_or(u64::MAX));
            self.tat = share.not_before(until, self.tat);
        }
    }

    /// Counts requests that were sent.
    pub fn spend(&mut self, requests: u64, share: Pace, now: u64) {
        self.requests += requests;
        self.tat = share.after(now, self.tat, requests);
    }

    /// Leaves the last requests of the upstream's limit to others.
    pub fn spare(&mut self, limit: &RateLimit, share: Pace, now: u64) {
        if limit.remaining < RESERVED_REQUESTS {
            let reset = now.saturating_add(limit.resets_in_ms.into());
            self.tat = share.not_before(reset, self.tat);
        }
    }

    /// Adds a page that is stored.
    pub fn add(&mut self, page: &Page, digest: Digest) {
        self.cursor.clone_from(&page.next);
        self.is_read = page.next.is_none();
        self.pages += 1;
        self.digest = digest;
        self.was_connectors = false;
        let grants: usize = page.grants.iter().map(|grant| grant.principals.len()).sum();
        for (kind, count) in
            [("resource", page.resources.len()), ("entitlement", page.entitlements.len()), ("grant", grants)]
        {
            *self.records.entry(kind.to_owned()).or_default() += count as u64;
        }
        self.warnings += page.warnings.len() as u64;
        self.incomplete |= page.warnings.iter().any(|warning| warning.incomplete);
    }
}

/// The result of a sync.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// The run's folder.
    pub run: String,
    /// Its pages.
    pub pages: u32,
    /// The requests that were sent.
    pub requests: u64,
    /// The lines, by their type.
    pub records: BTreeMap<String, u64>,
    /// The warnings.
    pub warnings: u64,
    /// Whether a warning says that something is missing.
    pub incomplete: bool,
    /// The point that the pace has reached.
    pub tat: u64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use connector_host::contract::{Grant, ResourceId, Warning};
    use std::time::Duration;

    /// A request a second, 25 at once.
    fn share() -> Pace {
        Pace::new(100, 75_000)
    }

    fn page(next: Option<&str>, incomplete: bool, principals: usize) -> Page {
        let principal = ResourceId { kind: "user".to_owned(), id: "1".to_owned() };
        let grant = Grant {
            entitlement: "group:1:member".to_owned(),
            principals: vec![principal; principals],
            basis: Vec::new(),
            conditions: Vec::new(),
            revocable: true,
            extra: "{}".to_owned(),
        };
        let message = "it can't be read".to_owned();
        Page {
            resources: Vec::new(),
            entitlements: Vec::new(),
            grants: vec![grant],
            warnings: vec![Warning { code: "group".to_owned(), about: None, message, incomplete }],
            progress: connector_host::contract::Progress { phase: "groups".to_owned(), done: 1, total: None },
            requests: 1,
            rate_limit: None,
            next: next.map(str::to_owned),
        }
    }

    #[test]
    fn what_one_page_lacks_the_whole_sync_lacks() {
        let mut progress = Progress { was_connectors: true, ..Progress::default() };
        progress.add(&page(Some("2"), true, 3), Digest::default());
        assert_eq!((progress.cursor.as_deref(), progress.is_read), (Some("2"), false));
        assert!(!progress.was_connectors, "a page came");
        progress.add(&page(None, false, 2), Digest::default());
        assert_eq!((progress.cursor.as_deref(), progress.is_read), (None, true));
        assert_eq!((progress.pages, progress.warnings, progress.incomplete), (2, 2, true));
        assert_eq!(progress.records["grant"], 5);
    }

    #[test]
    fn a_new_beginning_keeps_the_requests_the_pace_and_the_count_of_beginnings() {
        let mut progress =
            Progress { requests: 7, tat: 9, restarts: 1, was_connectors: true, ..Progress::default() };
        progress.add(&page(Some("2"), true, 1), Digest::default());
        progress.was_connectors = true;
        progress.restart();
        let fresh =
            Progress { requests: 7, tat: 9, restarts: 2, was_connectors: true, ..Progress::default() };
        assert_eq!(progress, fresh);
    }

    #[test]
    fn the_connectors_second_fault_without_a_page_between_is_the_last() {
        let trap = HostError::Trap { call: "read", reason: "unreachable".to_owned() };
        let mut progress = Progress::default();
        for then in [Then::Retry(None), Then::Fail] {
            let decision = progress.decide(&trap);
            assert_eq!(decision.then, then);
            progress.note(&decision, share(), 1_000_000);
        }
        progress.add(&page(Some("2"), false, 1), Digest::default());
        assert_eq!(progress.decide(&trap).then, Then::Retry(None));
    }

    #[test]
    fn after_a_time_to_wait_requests_go_evenly() {
        let mut progress = Progress::default();
        let wait = Then::Retry(Some(Duration::from_secs(290)));
        let decision = Decision { kind: "rate-limited", then: wait, is_connectors: false };
        progress.note(&decision, share(), 1_000_000);
        assert_eq!(share().wait_before(1_000_000, progress.tat), 290_000);
        progress.spend(1, share(), 1_290_000);
        assert_eq!(progress.requests, 1);
        assert_eq!(share().wait_before(1_290_000, progress.tat), 1_000);
    }

    #[test]
    fn the_last_requests_of_the_upstreams_limit_are_left_to_others() {
        for (remaining, wait) in [(RESERVED_REQUESTS, 0), (RESERVED_REQUESTS - 1, 60_000)] {
            let mut progress = Progress::default();
            progress.spare(&RateLimit { remaining, resets_in_ms: 60_000 }, share(), 1_000_000);
            assert_eq!(share().wait_before(1_000_000, progress.tat), wait, "{remaining}");
        }
    }
}
