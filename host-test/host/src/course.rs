//! Detects a read that makes no progress, and doesn't mistake a long one for it.

use crate::contract::Page;

/// The course of a read's cursors. It keeps one of them, whatever the read's length.
#[derive(Default)]
pub(crate) struct Course {
    /// An earlier cursor. It moves on at each power of two (Brent's algorithm), so that a circle of
    /// any length comes back to it.
    milestone: Option<String>,
    pages: u64,
    requests: u64,
    idle: u32,
}

impl Course {
    /// The most pages in a row without a record and without a request: more than any connector has
    /// phases.
    const MOST_IDLE: u32 = 1_000;

    /// The course of a read that begins at this cursor.
    pub(crate) fn from(cursor: Option<&str>) -> Course {
        Course { milestone: cursor.map(str::to_owned), ..Course::default() }
    }

    /// Takes the next page, and the number of requests that the session has sent by then. Returns
    /// whether the read leads nowhere.
    pub(crate) fn is_endless(&mut self, page: &Page, requests: u64) -> bool {
        let Some(next) = &page.next else { return false };
        let is_empty = page.resources.is_empty() && page.entitlements.is_empty() && page.grants.is_empty();
        self.idle = if is_empty && requests == self.requests { self.idle + 1 } else { 0 };
        self.requests = requests;
        if self.idle > Self::MOST_IDLE || self.milestone.as_ref() == Some(next) {
            return true;
        }
        self.pages += 1;
        if self.pages.is_power_of_two() {
            self.milestone = Some(next.clone());
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{Progress, Resource, ResourceId};

    /// A page with one record.
    fn page(next: u32) -> Page {
        let resource = Resource {
            id: ResourceId { kind: "user".to_owned(), id: "1".to_owned() },
            parent: None,
            display_name: "One".to_owned(),
            account: None,
            profile: "{}".to_owned(),
        };
        Page { resources: vec![resource], ..empty(next) }
    }

    fn empty(next: u32) -> Page {
        Page {
            resources: Vec::new(),
            entitlements: Vec::new(),
            grants: Vec::new(),
            warnings: Vec::new(),
            progress: Progress { phase: "users".to_owned(), done: 0, total: None },
            requests: 0,
            rate_limit: None,
            next: Some(next.to_string()),
        }
    }

    #[test]
    fn a_long_course_is_not_endless() {
        let mut course = Course::from(None);
        for number in 1..100_000_u32 {
            // One in a thousand sends a request, and none has a record.
            assert!(!course.is_endless(&empty(number), u64::from(number / 1_000)), "{number}");
        }
        let mut course = Course::from(None);
        assert!((1..10_000).all(|number| !course.is_endless(&page(number), 0)));
    }

    #[test]
    fn a_long_circle_is_found() {
        let mut course = Course::from(None);
        let found = (0..1_000_u32).position(|number| course.is_endless(&page(number % 100), number.into()));
        assert!(found.is_some_and(|pages| pages < 300), "{found:?}");
    }

    #[test]
    fn ever_new_cursors_without_records_and_requests_are_endless() {
        let mut course = Course::from(None);
        assert_eq!((0..2_000).position(|number| course.is_endless(&empty(number), 0)), Some(1_000));
    }

    #[test]
    fn the_first_cursor_again_is_a_circle() {
        assert!(Course::from(Some("7")).is_endless(&page(7), 1));
        assert!(!Course::from(Some("7")).is_endless(&Page { next: None, ..page(7) }, 1));
    }
}
