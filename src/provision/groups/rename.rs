//! Another name for a group: in the write of its members, or in one of its own. Policies and groups name a
//! group by its id, so a name gives nobody anything and takes nothing.

use super::document::Document;
use crate::cloudflare::group;
use crate::cloudflare::id::Id;
use crate::cloudflare::transport::Transport;
use crate::error::{Error, Result};
use crate::model::{Kind, ResourceId};
use crate::provision::call::{Call, Rename};
use crate::provision::change::{Outcome, Status};
use crate::provision::errors::{about, not_alone};
use crate::provision::write::fetch;

/// Returns a group as a write makes it, with the name that the call gives it, if the call gives it one.
///
/// # Errors
/// It can't be put together.
pub(super) fn renamed<T: Transport>(call: &Call<'_, T>, group: &Id, after: Document) -> Result<Document> {
    match &call.rename {
        Some(rename) if rename.group == *group => after.with_name(&rename.name).map_err(Error::internal),
        _ => Ok(after),
    }
}

/// Settles the new name of a group after its write, which may have failed.
pub(super) fn settle<T: Transport>(call: &mut Call<'_, T>, group: &Id, failed: Option<&Error>) {
    let Some(rename) = call.rename.take_if(|rename| rename.group == *group) else { return };
    let result = match failed {
        Some(error) => Err(error.clone().or_about(about(Kind::Group, group))),
        None => Ok(outcome(&rename, call.dry_run)),
    };
    call.settle(rename.index, result);
}

/// Writes the new name, unless another write has done so. If a change of the call has failed, it isn't
/// written.
pub(crate) fn alone<T: Transport>(call: &mut Call<'_, T>) {
    let Some(rename) = call.rename.take() else { return };
    let result = match (call.has_failed(), call.stopped(Kind::Group)) {
        (true, _) => Err(not_alone()),
        (false, Some(stopped)) => Err(stopped),
        (false, None) => write_name(call, &rename),
    };
    let result = result.map_err(|error| error.or_about(about(Kind::Group, &rename.group)));
    call.settle(rename.index, result);
}

fn write_name<T: Transport>(call: &mut Call<'_, T>, rename: &Rename) -> Result<Outcome> {
    let object = group::COLLECTION.object(rename.group.clone());
    let before: Document = fetch(call.client, &object)?;
    if before.name == rename.name {
        return Ok(Outcome::unchanged("The group has this name already."));
    }
    let after = before.with_name(&rename.name).map_err(Error::internal)?;
    let on = ResourceId::new(Kind::Group, rename.group.as_str());
    call.replace(&object, on, [&before, &after], Document::text)?;
    Ok(outcome(rename, call.dry_run))
}

fn outcome(rename: &Rename, dry_run: bool) -> Outcome {
    let done = if dry_run { "Would name" } else { "Named" };
    Outcome::new(Status::of_write(dry_run), format!("{done} the group {:?}.", rename.name))
}
