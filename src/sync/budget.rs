//! The bound of what one call reads again.

use crate::cloudflare::client::Client;
use crate::cloudflare::transport::Transport;

/// The number of sessions, lost one after the other, behind which a call that can't read everything
/// again gives up. They have doubled its pages to 8,192, and its time to its most; what takes longer
/// than that never ends where no session lives on.
pub const MOST_LOST: u32 = 8;
/// The number of lost sessions that is left of those before, as soon as a session lives on.
pub const LEFT_OF_LOST: u32 = 4;
/// The most pages that a call reads again, as long as no session was lost.
const PAGES: u32 = 32;
/// The time after which a call reads nothing more again, in milliseconds: a quarter of what our own
/// host gives a call.
const TIME: u64 = 30_000;

/// The part of a call's work that doesn't fill its page: a number of pages, and a time. One page is
/// always within it, so that every call gets further.
pub struct Budget {
    most: u32,
    time: u64,
    pages: u32,
}

impl Budget {
    /// Returns the budget of a call after so many sessions that were lost while they read again. It
    /// doubles each time, the time only once: a host ends a call that takes too long.
    pub fn of_call(lost: u32) -> Self {
        Self { most: PAGES << lost.min(20), time: TIME << lost.min(1), pages: 0 }
    }

    /// Takes a page. Returns whether there was one left.
    pub fn take<T: Transport>(&mut self, client: &Client<T>) -> bool {
        let is_left = self.pages == 0 || self.pages < self.most && client.elapsed_ms() < self.time;
        self.pages += u32::from(is_left);
        is_left
    }

    /// The number of pages that were taken.
    pub fn pages(&self) -> u32 {
        self.pages
    }
}
