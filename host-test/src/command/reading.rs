//! Reading to the end, page by page.

use super::endless::Course;
use super::failure::Failure;
use crate::host::contract::Page;
use crate::host::{Given, Pages, Session, Wanted};
use crate::output::{Progress, Stats};
use cloudflare_zero_trust::output::{Counts, Sink};
use std::time::Instant;

/// Where a read goes on, and what it gave and took until there.
#[derive(Default)]
pub(super) struct Place {
    pub(super) cursor: Option<String>,
    pub(super) stats: Stats,
}

/// Reads to the end.
pub(super) async fn read_all(
    session: Session,
    wanted: Wanted,
    sink: &mut impl Sink,
) -> Result<Stats, Failure> {
    read_pages(session, wanted, Place::default(), |page, _| Ok(sink.page(page)?)).await
}

/// Hands over each page with what the read gave and took up to and with it.
pub(super) async fn read_pages(
    session: Session,
    wanted: Wanted,
    from: Place,
    mut take: impl FnMut(&Page, Stats) -> Result<(), Failure>,
) -> Result<Stats, Failure> {
    let Place { cursor, stats: earlier } = from;
    let tried = match wanted {
        Wanted::Kinds(_) => "reading the account",
        Wanted::One(_) => "reading the resource",
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
