//! The parts of the account that the credentials could read in this session. They decide what a
//! refusal means.

use crate::cloudflare::ask::Before;
use crate::cloudflare::endpoint::Collection;
use std::collections::VecDeque;

/// The time for which a page counts as just read, in nanoseconds: five minutes. Within it, a refusal
/// of a later page counts as a fault that passes. It is longer than a host waits between two pages,
/// and it ends, so that a permission that was taken away shows in this session too. A session that
/// begins in the middle of a list has read nothing: it shows at once there.
const JUST: u64 = 5 * 60 * 1_000_000_000;

/// The most lists that are known. A call reads one after the other.
const MOST_LISTS: usize = 16;

/// The parts that could be read.
#[derive(Default)]
pub struct Readable {
    anything: bool,
    /// The lists that were read last, each with the time of its last page.
    lists: VecDeque<(Collection, u64)>,
}

impl Readable {
    /// Notes that something of the account was read.
    pub fn note(&mut self) {
        self.anything = true;
    }

    /// Notes that a page of a list was read at the time `now`.
    pub fn note_page(&mut self, list: &Collection, now: u64) {
        self.note();
        self.lists.retain(|(read, _)| read != list);
        self.lists.push_back((list.clone(), now));
        if self.lists.len() > MOST_LISTS {
            self.lists.pop_front();
        }
    }

    /// Returns the part that was read before a request.
    pub const fn before(&self) -> Before {
        if self.anything { Before::Something } else { Before::Nothing }
    }

    /// Returns the part that was read before a request for this page at the time `now`. The first page
    /// has none before it: a list that begins anew is refused for good.
    pub fn before_page(&self, list: &Collection, page: u32, now: u64) -> Before {
        let is_just_read = |(read, at): &(Collection, u64)| read == list && now.saturating_sub(*at) <= JUST;
        if page > 1 && self.lists.iter().any(is_just_read) { Before::PageBefore } else { self.before() }
    }
}
