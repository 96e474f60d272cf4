//! A read to its end. The next page is read while the caller stores the last one.

use crate::contract::{Page, ResourceId};
use crate::course::Course;
use crate::error::HostError;
use crate::session::Session;
use crate::traffic::TrafficReport;
use tokio::task::{JoinError, JoinSet};

/// The subject of a read.
#[derive(Clone, Debug)]
pub enum Wanted {
    /// Everything of these kinds, or of all kinds if the list is empty: `sync.read`.
    Kinds(Vec<String>),
    /// One resource and the grants on it: `sync.get`.
    One(ResourceId),
    /// Everything that one principal holds: `sync.held`.
    Held(ResourceId),
}

impl Wanted {
    /// The name of the contract's function.
    fn call(&self) -> &'static str {
        match self {
            Wanted::Kinds(_) => "read",
            Wanted::One(_) => "get",
            Wanted::Held(_) => "held",
        }
    }
}

/// The pages of a read, one after the other. While the caller stores a page, the connector works on
/// the next one, so there are at most two pages at a time. A caller that stops half-way loses the
/// page that wasn't handed out; the cursor of the last page continues the read.
///
/// A read whose cursors lead nowhere ends with [`HostError::Contract`]: a cursor that came before,
/// or a thousand pages in a row without a record and without a request. A connector that invents
/// records can still read on for ever; the caller bounds that.
pub struct Pages {
    wanted: Wanted,
    course: Course,
    /// At most one task. It is aborted when this is dropped.
    under_way: JoinSet<(Session, Result<Given, HostError>)>,
}

/// A page, with the figures of its session when the page came.
pub struct Given {
    /// The page.
    pub page: Page,
    /// The requests and bytes so far.
    pub traffic: TrafficReport,
    /// The peak of the guest's memory so far, in bytes.
    pub memory_peak: usize,
}

impl Pages {
    /// Starts a read at this cursor, or at the beginning. It has to be called within a tokio
    /// runtime.
    #[must_use]
    pub fn start(session: Session, wanted: Wanted, cursor: Option<String>) -> Pages {
        let course = Course::from(cursor.as_deref());
        let mut pages = Pages { wanted, course, under_way: JoinSet::new() };
        pages.send_for(session, cursor);
        pages
    }

    /// Returns the next page; `None` after the last page, and after an error.
    ///
    /// # Errors
    /// The errors of [`Session::read`], [`Session::get`] and [`Session::held`], and
    /// [`HostError::Contract`] where the cursors lead nowhere.
    pub async fn next(&mut self) -> Option<Result<Given, HostError>> {
        let (session, given) = match self.under_way.join_next().await?.map_err(JoinError::try_into_panic) {
            Ok(came) => came,
            Err(Ok(panic)) => std::panic::resume_unwind(panic),
            Err(Err(cancelled)) => return Some(Err(HostError::SessionOver(cancelled.to_string()))),
        };
        if let Ok(Given { page: page @ Page { next: Some(cursor), .. }, traffic, .. }) = &given {
            if self.course.is_endless(page, traffic.requests) {
                let what = "its cursors lead nowhere: the read has no end";
                return Some(Err(HostError::Contract { call: self.wanted.call(), what }));
            }
            self.send_for(session, Some(cursor.clone()));
        }
        Some(given)
    }

    fn send_for(&mut self, mut session: Session, cursor: Option<String>) {
        let wanted = self.wanted.clone();
        self.under_way.spawn(async move {
            let page = match &wanted {
                Wanted::Kinds(kinds) => session.read(kinds, cursor.as_deref()).await,
                Wanted::One(id) => session.get(id, cursor.as_deref()).await,
                Wanted::Held(principal) => session.held(principal, cursor.as_deref()).await,
            };
            let given = page.map(|page| Given {
                page,
                traffic: session.traffic(),
                memory_peak: session.memory_peak(),
            });
            (session, given)
        });
    }
}
