//! Lists that have to be whole.

use crate::cloudflare::client::Client;
use crate::cloudflare::endpoint::Collection;
use crate::cloudflare::listing::{Ahead, Gap, Listed, Listing};
use crate::cloudflare::transport::Transport;
use crate::error::Result;

/// Looks at all items of a collection. Returns the gap, if one may not have been seen.
///
/// # Errors
/// The collection can't be read.
pub(crate) fn each_of<T: Transport, I: Listed>(
    client: &mut Client<T>,
    list: &Collection,
    each: &mut dyn FnMut(I),
) -> Result<Option<Gap>> {
    let mut listing = Listing::<I>::new(list, Ahead::Sent);
    while let Some(page) = listing.next(client)? {
        page.into_new_items().for_each(&mut *each);
    }
    Ok(listing.gap().cloned())
}

/// Reads all items of a collection.
///
/// # Errors
/// They can't be read, or one of them would be missing: `unknown` says what isn't known then.
pub(crate) fn all_of<T: Transport, I: Listed>(
    client: &mut Client<T>,
    list: &Collection,
    unknown: &str,
) -> Result<Vec<I>> {
    let mut items = Vec::new();
    let gap = each_of(client, list, &mut |item| items.push(item))?;
    gap.map_or(Ok(items), |gap| Err(gap.error(unknown, list)))
}
