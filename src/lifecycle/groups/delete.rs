//! Deletes a group.

use super::naming::naming;
use crate::cloudflare::client::Client;
use crate::cloudflare::endpoint::Write;
use crate::cloudflare::group;
use crate::cloudflare::id::Id;
use crate::cloudflare::transport::Transport;
use crate::error::{Error, ErrorKind, Result};
use crate::lifecycle::removal::Removal;
use crate::provision::errors::listed;
use crate::provision::write::{Failed, write_while};

/// Deletes a group that nothing names. Cloudflare does it after its answer, so the group can still be shown
/// for a moment (OpenAPI: the answer is 202). Between the last read and the write, somebody can have named
/// the group: Cloudflare has no conditional writes.
///
/// # Errors
/// `conflict` if something names it, or the reason why it wasn't deleted, or why that isn't known.
pub fn delete<T: Transport>(client: &mut Client<T>, id: &Id) -> Result<()> {
    check_unnamed(client, id)?;
    let object = group::COLLECTION.object(id.clone());
    let [is, gone] = Removal::of(id, &Write::REMOVE_GROUP, false);
    // Cloudflare's limit can make this wait for minutes.
    let written = write_while(client, &object, &is, &gone, &|client| check_unnamed(client, id));
    written.map(|_| ()).map_err(|Failed { error, .. }| error)
}

/// Checks that nothing names a group.
fn check_unnamed<T: Transport>(client: &mut Client<T>, id: &Id) -> Result<()> {
    let naming = naming(client, id)?;
    if naming.is_empty() {
        return Ok(());
    }
    let message = format!(
        "Nothing was deleted, because something names this group: {}. Without the group, its rule would let \
         people in whom it keeps out, or keep out people whom it lets in. Take the rule out first.",
        listed(naming)
    );
    Err(Error::new(ErrorKind::Conflict, message))
}
