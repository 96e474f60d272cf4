//! Reading to the end, page by page.

use super::endless::Course;
use super::failure::Failure;
use crate::host::contract::{Page, ResourceId};
use crate::host::{HostError, Session};
use crate::output::{Progress, Stats};
use cloudflare_zero_trust::output::{Counts, Sink};
use std::time::Instant;

/// What to read.
#[derive(Clone, Copy, Debug)]
pub(super) enum Wanted<'a> {
    /// Everything of these kinds; all of them where none is named.
    Kinds(&'a [String]),
    /// One resource, and who holds what on it.
    One(&'a ResourceId),
}

impl Wanted<'_> {
    async fn page(self, session: &mut Session, cursor: Option<&str>) -> Result<Page, Failure> {
        let (tried, page): (_, Result<Page, HostError>) = match self {
            Wanted::Kinds(kinds) => ("reading the account", session.read(kinds, cursor).await),
            Wanted::One(id) => ("reading the resource", session.get(id, cursor).await),
        };
        page.map_err(Failure::host(tried))
    }
}

/// Where a read goes on, and what it gave and took until there.
#[derive(Default)]
pub(super) struct Place {
    pub(super) cursor: Option<String>,
    pub(super) stats: Stats,
}

/// Reads to the end; each page is out before the next one is asked for.
pub(super) async fn read_all(
    session: &mut Session,
    wanted: Wanted<'_>,
    sink: &mut impl Sink,
) -> Result<Stats, Failure> {
    read_pages(session, wanted, Place::default(), |page, _| Ok(sink.page(page)?)).await
}

/// Hands over each page with what the read gave and took up to and with it.
pub(super) async fn read_pages(
    session: &mut Session,
    wanted: Wanted<'_>,
    from: Place,
    mut take: impl FnMut(&Page, Stats) -> Result<(), Failure>,
) -> Result<Stats, Failure> {
    let Place { mut cursor, stats: earlier } = from;
    let mut progress = Progress::start();
    let mut counts: Counts = earlier.counts.clone();
    let mut course = Course::from(cursor.as_deref());
    let start = Instant::now();
    loop {
        let page = wanted.page(session, cursor.as_deref()).await?;
        if course.is_endless(&page, session.traffic().requests) {
            return Err(Failure::Endless);
        }
        counts.add(&page);
        let stats = Stats::new(session.traffic(), session.memory_peak(), start.elapsed(), counts.clone());
        let stats = stats.after(&earlier);
        progress.suspend(|| take(&page, stats.clone()))?;
        progress.update(&page);
        if page.next.is_none() {
            return Ok(stats);
        }
        cursor = page.next;
    }
}
