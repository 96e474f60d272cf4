//! Reads one object by its id, and is the one place that decides that there is none.
//!
//! Cloudflare answers "not found" for an object that is gone, and for everything where the id of the account
//! is wrong, or where a part of the API is off or was taken away. A platform takes 404 for the end of a
//! group, and deletes what it has of it. So the list of such objects has to say the same, which takes one
//! request more.

use crate::cloudflare::client::Client;
use crate::cloudflare::endpoint::Collection;
use crate::cloudflare::id::Id;
use crate::cloudflare::item::{Item, NotUnderstood};
use crate::cloudflare::listing::{Ahead, Entry, Keyed, Listing};
use crate::cloudflare::transport::Transport;
use crate::error::{Error, ErrorKind, Result};

#[cfg(test)]
mod tests;

/// Reads the object with this id; `None` if there is none.
///
/// # Errors
/// It can't be read, or it isn't known whether it is there.
pub(super) fn one<T: Transport, I: Item + 'static>(
    client: &mut Client<T>,
    list: &'static Collection,
    id: &Id,
) -> Result<Option<I>> {
    let object = list.object(id.clone());
    let raw = match client.one(&object) {
        Err(error) if error.kind == ErrorKind::NotFound => {
            return match is_listed::<T, I>(client, list, id) {
                Ok(false) => Ok(None),
                Ok(true) => Err(Error::new(
                    ErrorKind::InvalidResponse,
                    format!(
                        "Cloudflare says that there is no {object}, and its list of {} has it. If it has \
                         just come or gone, try again later. {}",
                        list.noun, error.message
                    ),
                )),
                Err(mut unread) => {
                    unread.message = format!(
                        "Cloudflare says that there is no {object}. Whether that is so isn't known. {}",
                        unread.message
                    );
                    Err(unread)
                }
            };
        }
        raw => raw?,
    };
    let item = I::read(&raw, &client.settings().account_id);
    let item = item.map_err(|fault| object.not_understood(&fault.why))?;
    object.check(item.id())?;
    Ok(Some(item))
}

/// Whether a list has an item with this id.
///
/// # Errors
/// It can't be read, or the item may be in a part that wasn't seen.
fn is_listed<T: Transport, I: Item + 'static>(
    client: &mut Client<T>,
    list: &Collection,
    id: &Id,
) -> Result<bool> {
    let is_nameless = |fault: &NotUnderstood| fault.id.is_none();
    let mut listing = Listing::<I>::new(list, Ahead::Unsent).looking_for(&is_nameless);
    while let Some(page) = listing.next(client)? {
        let is_it = |key: &str| key.eq_ignore_ascii_case(id.as_str());
        let mut keys = page.items.iter().filter_map(|entry| match entry {
            Entry::New(item) => Some(item.key()),
            Entry::Repeated(key) => Some(key.as_str()),
            Entry::NotUnderstood(fault) => fault.id.as_ref().map(Id::as_str),
        });
        if keys.any(is_it) {
            return Ok(true);
        }
    }
    match listing.gap() {
        None => Ok(false),
        Some(gap) => Err(gap.error("Not all of them could be read.", list)),
    }
}
