//! The state of joiners and leavers that no answer shows.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// The time after which a pending invitation is gone: about 4 days.
/// <https://github.com/nodejs/build/issues/3445>
pub const INVITATION_LASTS: Duration = Duration::from_secs(4 * 24 * 60 * 60);

/// The state of an account's joiners and leavers that no answer shows, and how the account behaves
/// where the sources are silent or contradict each other.
#[derive(Clone, Debug, PartialEq)]
pub struct Lifecycle {
    /// The addresses, in lower case, that have a Cloudflare user beside those of accepted members.
    /// Others can be invited, and not be added without an invitation.
    pub logins: BTreeSet<String>,
    /// The number of reads of users, of one or of a page, that still show a user who was deleted.
    /// With `None`, they show it until
    /// [`Account::finish_deletions`](crate::mock::Account::finish_deletions).
    pub deleted_users_show: Option<u64>,
    /// Whether the answer to the removal of a member has the result null instead of the member's
    /// id. OpenAPI allows both.
    pub has_null_removals: bool,
    /// The users who are being deleted, by their ids, with the reads that still show them.
    pub(super) deleting: BTreeMap<String, Option<u64>>,
    /// The time that has passed since the account was made, by
    /// [`Account::pass`](crate::mock::Account::pass) alone.
    pub(super) clock: Duration,
}

impl Default for Lifecycle {
    fn default() -> Lifecycle {
        Lifecycle {
            logins: BTreeSet::new(),
            deleted_users_show: Some(1),
            has_null_removals: false,
            deleting: BTreeMap::new(),
            clock: Duration::ZERO,
        }
    }
}
