//! Pages that are sent for before the host asks for them, so that a host that reads in a loop gets
//! them as fast as the network brings them. That takes no more requests: only pages that the list's
//! total promises are sent ahead.

use super::endpoint::Collection;
use super::envelope::ResultInfo;
use crate::model::RateLimit;
use std::collections::VecDeque;

/// The requests that are kept when the limit is nearly used up, for what isn't sent ahead.
const RESERVE: u32 = 10;

/// The pages of one list that are under way.
pub struct ReadAhead<P> {
    list: Option<Collection>,
    /// The pages by their numbers, in order.
    under_way: VecDeque<(u32, P)>,
}

impl<P> Default for ReadAhead<P> {
    fn default() -> Self {
        Self { list: None, under_way: VecDeque::new() }
    }
}

impl<P> ReadAhead<P> {
    /// Takes the page that is asked for, if it is under way. Gives up pages of another list, and pages
    /// before this one.
    pub fn take(&mut self, list: &Collection, page: u32) -> Option<P> {
        if self.list.as_ref() != Some(list) || !self.under_way.iter().any(|&(ahead, _)| ahead == page) {
            // A page that failed is asked for again while those behind it are still under way.
            let behind = self.list.as_ref() == Some(list)
                && self.under_way.front().is_some_and(|&(first, _)| first == page + 1);
            if !behind {
                *self = Self { list: Some(list.clone()), under_way: VecDeque::new() };
            }
            return None;
        }
        while let Some((ahead, pending)) = self.under_way.pop_front() {
            if ahead == page {
                return Some(pending);
            }
        }
        None
    }

    /// Returns the pages to send now, after `page` came with `info`.
    pub fn missing(&self, page: u32, info: ResultInfo, window: u32) -> impl Iterator<Item = u32> + use<P> {
        let last = match (info.total_count, info.per_page) {
            (Some(total), Some(per_page)) => total.div_ceil(per_page),
            // Without a total, any page may be the last one.
            _ => 0,
        };
        let first = self.under_way.back().map_or(page, |&(ahead, _)| ahead).saturating_add(1);
        first..=last.min(page.saturating_add(window))
    }

    /// Adds a page that was sent.
    pub fn sent(&mut self, page: u32, pending: P) {
        self.under_way.push_back((page, pending));
    }
}

/// Returns how many pages may be under way: as many as the settings say, and fewer where the limit
/// is nearly used up.
pub fn window(setting: u32, limit: Option<RateLimit>) -> u32 {
    limit.map_or(setting, |limit| setting.min(limit.remaining.saturating_sub(RESERVE)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloudflare::{member, user};

    fn info(per_page: u32, total: u32) -> ResultInfo {
        ResultInfo { per_page: Some(per_page), total_count: Some(total), ..ResultInfo::default() }
    }

    /// Sends the missing pages, and returns their numbers.
    fn send(ahead: &mut ReadAhead<u32>, page: u32, info: ResultInfo, window: u32) -> Vec<u32> {
        let missing: Vec<u32> = ahead.missing(page, info, window).collect();
        for &page in &missing {
            ahead.sent(page, page * 100);
        }
        missing
    }

    #[test]
    fn only_pages_that_the_total_promises() {
        let cases = [
            (info(50, 0), vec![]),
            (info(50, 50), vec![]),
            (info(50, 51), vec![2]),
            (info(50, 250), vec![2, 3, 4, 5]),
            (info(50, 10_000), vec![2, 3, 4, 5]),
            (ResultInfo { total_count: Some(500), ..ResultInfo::default() }, vec![]),
            (ResultInfo { per_page: Some(50), ..ResultInfo::default() }, vec![]),
        ];
        for (info, expected) in cases {
            assert_eq!(send(&mut ReadAhead::default(), 1, info, 4), expected, "{info:?}");
        }
    }

    #[test]
    fn each_page_is_sent_once() {
        let mut ahead = ReadAhead::default();
        let info = info(50, 400);
        assert_eq!(ahead.take(&user::COLLECTION, 1), None);
        assert_eq!(send(&mut ahead, 1, info, 3), [2, 3, 4]);
        assert_eq!(ahead.take(&user::COLLECTION, 2), Some(200));
        assert_eq!(send(&mut ahead, 2, info, 3), [5]);
        // The window narrows: nothing new until it is small enough again.
        assert_eq!(ahead.take(&user::COLLECTION, 3), Some(300));
        assert_eq!(send(&mut ahead, 3, info, 1), [] as [u32; 0]);
        assert_eq!(ahead.take(&user::COLLECTION, 4), Some(400));
        assert_eq!(ahead.take(&user::COLLECTION, 5), Some(500));
        assert_eq!(send(&mut ahead, 5, info, 16), [6, 7, 8]);
    }

    #[test]
    fn a_page_that_is_asked_for_again_leaves_those_behind_it() {
        let mut ahead = ReadAhead::default();
        ahead.take(&user::COLLECTION, 1);
        send(&mut ahead, 1, info(50, 400), 3);
        assert_eq!(ahead.take(&user::COLLECTION, 2), Some(200));
        assert_eq!(ahead.take(&user::COLLECTION, 2), None, "it failed, and is sent again");
        assert_eq!(ahead.take(&user::COLLECTION, 3), Some(300));
    }

    #[test]
    fn another_list_or_another_place_gives_them_up() {
        for (list, page) in [(&member::COLLECTION, 2), (&user::COLLECTION, 1), (&user::COLLECTION, 9)] {
            let mut ahead = ReadAhead::default();
            ahead.take(&user::COLLECTION, 1);
            send(&mut ahead, 2, info(50, 400), 3);
            let again = *list == user::COLLECTION && page == 2;
            assert_eq!(ahead.take(list, page), None);
            assert_eq!(ahead.under_way.is_empty(), !again, "{list:?} {page}");
        }
    }

    #[test]
    fn the_window_narrows_with_the_limit() {
        let limit = |remaining| Some(RateLimit { remaining, resets_in_ms: 1000 });
        let windows = [None, limit(1200), limit(14), limit(13), limit(11), limit(10), limit(0)]
            .map(|limit| window(4, limit));
        assert_eq!(windows, [4, 4, 4, 3, 1, 0, 0]);
    }
}
