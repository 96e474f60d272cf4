//! A read to its end, with the next page on its way while the last one is stored.

use super::contract::{Page, ResourceId};
use super::error::HostError;
use super::session::Session;
use super::traffic::TrafficReport;
use tokio::task::{JoinError, JoinSet};

/// What a read is about.
#[derive(Clone, Debug)]
pub enum Wanted {
    /// Everything of these kinds, or of all where none is named: `sync.read`.
    Kinds(Vec<String>),
    /// One resource, and who holds what on it: `sync.get`.
    One(ResourceId),
}

/// The pages of a read, one after the other. While the caller stores a page, the connector already
/// works on the one behind it; so there are at most two of them at a time. Whoever stops half-way
/// loses what wasn't handed out, and the cursor of the last page still leads on.
pub struct Pages {
    wanted: Wanted,
    /// At most one; it ends when this is dropped.
    under_way: JoinSet<(Session, Result<Given, HostError>)>,
}

/// A page, and what its session had taken when it came.
pub struct Given {
    /// The page.
    pub page: Page,
    /// What was sent and received so far.
    pub traffic: TrafficReport,
    /// The most memory that the guest had so far, in bytes.
    pub memory_peak: usize,
}

impl Pages {
    /// Begins to read at this cursor, or at the beginning. Has to be called within a tokio runtime.
    #[must_use]
    pub fn start(session: Session, wanted: Wanted, cursor: Option<String>) -> Pages {
        let mut pages = Pages { wanted, under_way: JoinSet::new() };
        pages.send_for(session, cursor);
        pages
    }

    /// The next page; `None` after the last one, and after an error.
    ///
    /// # Errors
    /// As [`Session::read`] and [`Session::get`].
    pub async fn next(&mut self) -> Option<Result<Given, HostError>> {
        let (session, given) = match self.under_way.join_next().await?.map_err(JoinError::try_into_panic) {
            Ok(came) => came,
            Err(Ok(panic)) => std::panic::resume_unwind(panic),
            Err(Err(cancelled)) => return Some(Err(HostError::SessionOver(cancelled.to_string()))),
        };
        if let Ok(Given { page: Page { next: Some(cursor), .. }, .. }) = &given {
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
