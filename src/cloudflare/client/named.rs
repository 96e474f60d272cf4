//! Lists that rules name: what may be asked of a server that fails for them.

use super::{Client, gap};
use crate::cloudflare::transport::Transport;
use crate::error::Result;

/// The time, in nanoseconds, for which the lists that rules name are taken to fail after one did.
pub(super) const LISTS_FAIL: u64 = 60_000_000_000;

impl<T: Transport> Client<T> {
    /// Reads a page of a list that rules name. Where the server has just failed for another one of
    /// these lists, this one is asked for once more at most, and at once: many such lists must not take
    /// the waits of a call, or of each call of a sync, and a failure that passes must not lose a list.
    ///
    /// # Errors
    /// Those of `read`.
    pub fn named_list<R>(&mut self, read: impl FnOnce(&mut Self) -> Result<R>) -> Result<R> {
        self.fails_again = self.transport.now() < self.lists_fail_until;
        let done = read(self);
        self.fails_again = false;
        let is_failing = done.as_ref().is_err_and(gap::is_failing);
        self.lists_fail_until = if is_failing { self.transport.now().saturating_add(LISTS_FAIL) } else { 0 };
        done
    }
}
