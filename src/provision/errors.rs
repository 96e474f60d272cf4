//! Errors and warnings that changes of groups and of roles share.

use super::change::MOST_CHANGES;
use crate::cloudflare::endpoint::Object;
use crate::cloudflare::id::Id;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Kind, ResourceId, Warning, WarningCode};
use crate::sorted::Set;

/// Checks the number of changes of one call.
///
/// # Errors
/// `invalid-argument`, about `changes`: there are more than 1,000 (`MOST_CHANGES`).
pub fn check_count(changes: usize) -> Result<()> {
    if changes <= MOST_CHANGES {
        return Ok(());
    }
    let message = format!("One call takes at most {MOST_CHANGES} changes, and these are {changes}.");
    Err(Error::argument("changes", message))
}

/// Names a resource in an error's `about`.
pub(crate) fn about(kind: Kind, id: &Id) -> String {
    format!("{kind}:{id}")
}

/// The error for an object that isn't there.
pub(crate) fn not_found(object: &Object) -> Error {
    Error::new(
        ErrorKind::NotFound,
        format!(
            "There is no {object} in this account, or not any more. Read the list again for the current ids."
        ),
    )
}

/// The end of a refusal.
pub(crate) const NOTHING: &str = " Nothing was written.";

/// The error for changes that must not be done.
pub(crate) fn refused(why: &str) -> Error {
    Error::new(ErrorKind::Refused, [why, NOTHING].concat())
}

/// Whether an error says that an identity provider manages what wasn't changed, or may do so.
pub(crate) fn names_provider(error: &Error) -> bool {
    error.message.contains("identity provider")
}

/// The error for a grant and a revoke that contradict each other.
pub(crate) fn contradiction(kind: Kind, id: &Id) -> Error {
    let message =
        "The same call grants and revokes this for the same person. Neither was done: ask for one of them.";
    Error::new(ErrorKind::Refused, message).about(about(kind, id))
}

/// The words about a change that could be made, in a call of which all or nothing is made.
pub(crate) const NOT_ALONE: &str =
    "Another change of the same request is refused, and all of them are made or none.";

/// The error for a change that could be made, in a call of which all or nothing is made.
pub(crate) fn not_alone() -> Error {
    refused(NOT_ALONE)
}

/// The error for changes whose outcomes a host couldn't take.
pub(crate) fn too_much_to_report() -> Error {
    let message = format!(
        "What there is to tell of these changes is too long for one report, because of the conditions of \
         what they give. Nothing was written for them: ask for fewer than {MOST_CHANGES} in one \
         call."
    );
    Error::argument("changes", message)
}

/// The warning for a write that Cloudflare confirmed and that couldn't be read back.
pub(crate) fn not_read_back(on: ResourceId, message: String) -> Warning {
    Warning::new(WarningCode::NotReadBack, Some(on), message)
}

/// The warning for changes by address whose owners aren't all known.
pub(crate) fn owner_not_known(why: &Error) -> Warning {
    Warning::new(WarningCode::OwnerNotKnown, None, why.message.clone())
}

/// The warning for applications that the credentials may not read. A sync with them has no applications
/// either, so nothing is missing from what a host knows.
pub(crate) fn applications_not_seen(why: &Error) -> Warning {
    let message = format!(
        "Which applications these changes give and take isn't known, so no outcome says it, and no revoke is \
         refused for it: the applications can't be read. {}",
        why.message
    );
    Warning { incomplete: false, ..Warning::new(WarningCode::ApplicationsNotSeen, None, message) }
}

/// The warning for applications whose policies can't all be read.
pub(crate) fn policies_not_seen(apps: &Set<String>, why: &str) -> Warning {
    let message = format!(
        "Whether these changes give or take {} isn't known: policies are missing from Cloudflare's list of \
         applications, and couldn't be read otherwise. {why}",
        listed(apps.iter().map(|id| format!("{}:{id}", Kind::App)))
    );
    let mut all = apps.iter();
    let about = all.next().filter(|_| all.next().is_none()).map(|only| ResourceId::new(Kind::App, only));
    Warning::new(WarningCode::ApplicationsNotSeen, about, message)
}

/// The error for changes of groups whose effect on applications can't be known now.
pub(crate) fn effect_not_known(mut why: Error) -> Error {
    why.message = format!(
        "Nothing was written for this change, because it isn't known which applications it gives or takes. \
         {}",
        why.message
    );
    why
}

/// The warning for a write whose states the report has no room for.
pub(crate) fn write_not_shown(on: ResourceId) -> Warning {
    let message = "This report would be too long: what was there before this write, and is after it, is \
                   left out.";
    Warning::new(WarningCode::WriteNotShown, Some(on), message.to_owned())
}

/// Lists the first of some texts for a message.
pub(crate) fn listed(texts: impl IntoIterator<Item = String>) -> String {
    let mut all = Vec::new();
    for text in texts {
        all.push(text);
    }
    all_listed(all)
}

fn all_listed(mut texts: Vec<String>) -> String {
    /// The number of texts that a message has.
    const NAMED: usize = 5;
    if let Some(more @ 1..) = texts.len().checked_sub(NAMED) {
        texts.truncate(NAMED);
        texts.push(format!("{more} more"));
    }
    texts.join(", ")
}

/// Cuts a text of Cloudflare's or the host's for a message.
pub(crate) fn shortened(text: &str) -> String {
    text.chars().take(120).collect()
}
