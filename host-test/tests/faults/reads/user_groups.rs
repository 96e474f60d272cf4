//! The requests for the members of user groups, one group after the other.

use super::account::PER_PAGE;
use super::scenario::Request;

pub const USER_GROUPS: &str = "iam/user_groups";
pub const GROUP_MEMBERS: &str = "iam/user_groups/{id}/members";

/// The user groups whose members are read, one after the other.
#[derive(Default)]
pub struct Groups {
    /// The number of groups that are known, if a page of them is missing.
    known: Option<usize>,
    /// The number of groups so far.
    pub read: usize,
    /// Whether the other pages of this group are left out.
    is_skipped: bool,
}

impl Groups {
    /// Whether this request isn't sent.
    pub fn skip(&mut self, request: &Request) -> bool {
        if request.route != GROUP_MEMBERS {
            return false;
        }
        if request.page == Some(1) {
            self.is_skipped = self.known.is_some_and(|known| self.read >= known);
        }
        self.is_skipped
    }

    /// Notes the end of a request.
    pub fn came(&mut self, request: &Request, well: bool) {
        let page = request.page.unwrap_or(1);
        match request.route.as_str() {
            USER_GROUPS if !well => self.known = usize::try_from((page - 1) * PER_PAGE).ok(),
            GROUP_MEMBERS => {
                self.read += usize::from(page == 1);
                self.is_skipped = !well;
            }
            _ => {}
        }
    }
}
