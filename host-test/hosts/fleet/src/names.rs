//! Ids of workflows and schedules, and the queue that all workers of a fleet share.

/// The task queue, unless another one is named.
pub const QUEUE: &str = "fleet";

const SYNC: &str = "sync-";

/// Returns the id of an account's sync, and of the schedule that begins it. There is one workflow of an id at
/// a time, so an account is never synced twice at once.
#[must_use]
pub fn sync(account: &str) -> String {
    format!("{SYNC}{account}")
}

/// Returns the beginning of the id of what a schedule starts. The server puts the time behind it.
#[must_use]
pub fn due(account: &str) -> String {
    format!("due-{account}")
}

/// Returns the id of the workflow that makes an account's changes.
#[must_use]
pub fn changes(account: &str) -> String {
    format!("changes-{account}")
}

/// Returns the id of the workflow that hands out a credential's slots.
#[must_use]
pub fn credential(name: &str) -> String {
    format!("credential-{name}")
}

/// Returns the account whose sync has this id.
#[must_use]
pub fn account_of_sync(id: &str) -> Option<&str> {
    id.strip_prefix(SYNC)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_names_its_account() {
        assert_eq!(account_of_sync(&sync("berlin")), Some("berlin"));
        assert_eq!(account_of_sync(&changes("berlin")), None);
        assert_eq!(credential("berlin-2"), "credential-berlin-2");
    }
}
