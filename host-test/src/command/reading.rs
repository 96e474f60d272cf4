//! Reading to the end, page by page.

use super::endless::Course;
use super::failure::Failure;
use crate::host::contract::Page;
use crate::host::{self, Given, Pages, Session};
use crate::output::{Progress, Stats};
use cloudflare_zero_trust::command::program::Wanted;
use cloudflare_zero_trust::output::{Counts, Sink};
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
        Wanted::Kinds(kinds) => host::Wanted::Kinds(kinds),
        Wanted::One(id) => host::Wanted::One(id),
    };
    let mut progress = Progress::start();
    let mut counts: Counts = earlier.counts.clone();
    let mut course = Course::from(cursor.as_deref());
    let start = Instant::now();
    let mut pages = Pages::start(session, wanted, cursor);
    let mut stats = earlier.clone();
    while let Some(given) = pages.next().await {
        let Given { page, traffic, memory_peak } = given.map_err(Failure::host(tried))?;
        if course.is_endless(&page, traffic.requests) {
            return Err(Failure::Endless);
        }
        counts.add(&page);
        stats = Stats::new(traffic, memory_peak, start.elapsed(), counts.clone()).after(&earlier);
        progress.suspend(|| take(&page, stats.clone()))?;
        progress.update(&page);
    }
    Ok(stats)
}
