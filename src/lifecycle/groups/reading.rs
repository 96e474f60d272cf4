//! Groups by their names, and lists that have to be whole.

use crate::cloudflare::client::Client;
use crate::cloudflare::endpoint::Collection;
use crate::cloudflare::group::{self, Group};
use crate::cloudflare::id::Id;
use crate::cloudflare::listing::Listed;
use crate::cloudflare::transport::Transport;
use crate::error::{Error, ErrorKind, Result};
use crate::provision::whole_lists::each_of;

/// The reason to write nothing, if not all groups can be read.
pub(super) const NOT_KNOWN: &str =
    "Nothing was written, because it isn't known whether there is a group with this name.";

/// Finds another group with a name than the one with this id. Upper and lower case make no difference:
/// somebody who looks for one of two such groups could find both.
///
/// # Errors
/// Not all groups can be read.
pub fn with_name<T: Transport>(client: &mut Client<T>, name: &str, than: &Id) -> Result<Option<Id>> {
    let groups = all(client, NOT_KNOWN)?;
    let other = |group: &&Group| !group.id.as_str().eq_ignore_ascii_case(than.as_str());
    Ok(groups.iter().filter(other).find(|group| has_name(group, name)).map(|group| group.id.clone()))
}

/// Whether a group has a name.
pub(super) fn has_name(group: &Group, name: &str) -> bool {
    group.name.as_deref().is_some_and(|has| has.trim().to_lowercase() == name.to_lowercase())
}

/// Reads all groups. `unknown` says what isn't known without them.
///
/// # Errors
/// As for [`each`].
pub(super) fn all<T: Transport>(client: &mut Client<T>, unknown: &str) -> Result<Vec<Group>> {
    let mut groups = Vec::new();
    each(client, &group::COLLECTION, unknown, &mut |group| groups.push(group))?;
    Ok(groups)
}

/// Reads all items of a list. `unknown` says what isn't known without them.
///
/// # Errors
/// They can't be read, or one of them would be missing. It is never `not-found`: that would be about what was
/// asked for.
pub(super) fn each<T: Transport, I: Listed>(
    client: &mut Client<T>,
    list: &Collection,
    unknown: &str,
    each: &mut dyn FnMut(I),
) -> Result<()> {
    let because = |mut error: Error| {
        error.message = format!("{unknown} {}", error.message);
        is_not_there(error)
    };
    let gap = each_of(client, list, each).map_err(because)?;
    gap.map_or(Ok(()), |gap| Err(gap.error(unknown, list)))
}

/// Returns an error that isn't about the group that was asked for, as one that doesn't say that the group is
/// gone.
pub(super) fn is_not_there(mut error: Error) -> Error {
    if error.kind == ErrorKind::NotFound {
        error.kind = ErrorKind::InvalidResponse;
    }
    error
}
