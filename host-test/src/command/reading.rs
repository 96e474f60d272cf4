//! Reading to the end, page by page.

use super::failure::Failure;
use crate::contract::Translate;
use crate::output::{Progress, Stats};
use cloudflare_zero_trust::command::program::Wanted;
use cloudflare_zero_trust::contract::Page;
use cloudflare_zero_trust::output::{Counts, Sink};
use connector_host::{Given, Pages, Session};
use std::time::Instant;

/// The point where a read continues, and its figures up to there.
#[derive(Default)]
pub(super) struct Place {
    pub(super) cursor: Option<String>,
    pub(super) stats: Stats,
}

/// The treatment of a sync in which data is missing.
#[derive(Clone, Copy, Debug)]
pub(super) enum Gaps {
    /// The result is written, and shows what is missing.
    Written,
    /// The sync fails, because its result could not show what is missing.
    Refused,
}

impl Gaps {
    pub(super) fn check(self, incomplete: bool) -> Result<(), Failure> {
        match self {
            Gaps::Refused if incomplete => Err(Failure::Incomplete),
            _ => Ok(()),
        }
    }
}

/// Reads to the end.
pub(super) async fn read_all(
    session: Session,
    wanted: Wanted,
    sink: &mut dyn Sink,
) -> Result<Stats, Failure> {
    read_pages(session, wanted, Place::default(), |page, _| Ok(sink.page(page)?)).await
}

/// Reads to the end. Passes each page to `take`, with the figures of the read up to that page.
pub(super) async fn read_pages(
    session: Session,
    wanted: Wanted,
    from: Place,
    mut take: impl FnMut(&Page, Stats) -> Result<(), Failure>,
) -> Result<Stats, Failure> {
    let Place { cursor, stats: earlier } = from;
    let tried = wanted.tried();
    let wanted = match wanted {
        Wanted::Kinds(kinds) => connector_host::Wanted::Kinds(kinds),
        Wanted::One(id) => connector_host::Wanted::One(id.translate()),
        Wanted::Held(principal) => connector_host::Wanted::Held(principal.translate()),
    };
    let mut progress = Progress::start();
    let mut counts: Counts = earlier.counts.clone();
    let start = Instant::now();
    let mut pages = Pages::start(session, wanted, cursor);
    let mut stats = earlier.clone();
    while let Some(given) = pages.next().await {
        let Given { page, traffic, memory_peak } = given.map_err(Failure::host(tried))?;
        let page = page.translate();
        counts.add(&page);
        stats = Stats::new(traffic, memory_peak, start.elapsed(), counts.clone()).after(&earlier);
        progress.suspend(|| take(&page, stats.clone()))?;
        progress.update(&page);
    }
    Ok(stats)
}

#[cfg(test)]
mod tests {
    use super::*;
    use cloudflare_zero_trust::output::JsonLines;
    use connector_host::{Cache, Config, Host, HostError};
    use std::time::Duration;

    async fn read(words: &[&str]) -> Failure {
        let config = Config { cache: Cache::Off, ..Config::default() };
        let host = Host::new(guests::HOSTILE, config).await.unwrap();
        let session = host.open_to(Vec::new(), "", &[]).await.unwrap();
        let words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
        let mut written = Vec::new();
        let mut lines = JsonLines::new(&mut written);
        let read = read_all(session, Wanted::Kinds(words), &mut lines);
        let ended = tokio::time::timeout(Duration::from_secs(60), read).await.expect("the read ends");
        let failure = ended.unwrap_err();
        assert!(written.is_empty());
        let report = failure.report().to_string();
        assert!(!report.contains(|sign: char| sign.is_control() && sign != '\n'), "{report:?}");
        failure
    }

    #[tokio::test]
    async fn a_cursor_that_cannot_be_kept_or_leads_nowhere_is_a_broken_contract() {
        for words in [
            &["long-cursor", "4097"][..],
            &["strange-cursor"],
            &["same-cursor"],
            &["two-cursors"],
            &["new-cursors"],
        ] {
            let failure = read(words).await;
            let contract =
                matches!(failure, Failure::Host { error: HostError::Contract { call: "read", .. }, .. });
            assert!(contract, "{words:?}: {failure}");
        }
    }

    #[tokio::test]
    async fn what_is_no_json_is_not_written() {
        let failure = read(&["no-json"]).await;
        assert!(failure.to_string().contains("no JSON object as profile"), "{failure}");
    }

    #[tokio::test]
    async fn an_error_of_a_hostile_connector_is_safe_to_show() {
        let report = read(&["error-without-json"]).await.report().to_string();
        assert!(report.starts_with("error: reading the account failed: It failed.\u{fffd}[2J\n"), "{report}");
    }
}
