//! The outputs that grow beside their place until a sync is complete.

use super::failure::Failure;
use super::format::SyncFormat;
#[cfg(feature = "c1z")]
use crate::output::{C1zDraft, ResourceTypes};
use crate::output::{Draft, Growing, Layout, Life, sweep};
use cloudflare_zero_trust::command::args::{Format, ReadArgs};
use cloudflare_zero_trust::contract::Manifest;
use std::io;
use std::path::Path;

/// The form of a growing output.
pub(super) enum Shape {
    Text(Layout),
    #[cfg(feature = "c1z")]
    C1z(ResourceTypes),
}

impl Shape {
    #[cfg_attr(not(feature = "c1z"), allow(unused_variables, reason = "only a c1z needs the manifest"))]
    pub(super) fn new(format: SyncFormat, read: &ReadArgs, manifest: &Manifest) -> Result<Shape, Failure> {
        match format {
            SyncFormat::Text(Format::Csv) => Ok(Shape::Text(Layout::Csv { bom: read.bom })),
            // A review is made of the whole: nothing of it grows.
            SyncFormat::Text(_) | SyncFormat::Html => Ok(Shape::Text(Layout::JsonLines)),
            #[cfg(feature = "c1z")]
            SyncFormat::C1z => Ok(Shape::C1z(ResourceTypes {
                known: manifest.resource_types.clone(),
                kinds: read.kinds.clone(),
            })),
            #[cfg(not(feature = "c1z"))]
            SyncFormat::C1z => Err(Failure::usage(
                "--format c1z: this host-test can't write it. It was built without its feature c1z.",
            )),
        }
    }

    /// Begins an output that stays when this process ends before it is complete.
    pub(super) fn begin(&self, place: &Path) -> Result<Box<dyn Growing>, Failure> {
        self.begin_with(place, Life::Kept)
    }

    /// Begins an output that is removed when this process ends before it is complete. Returns `None`
    /// for a single file of text, which needs no draft: it has one of its own.
    pub(super) fn begin_temporary(&self, place: &Path) -> Result<Option<Box<dyn Growing>>, Failure> {
        if let Shape::Text(Layout::JsonLines) = self {
            sweep(place, Life::Temporary).map_err(Failure::output(place))?;
            return Ok(None);
        }
        self.begin_with(place, Life::Temporary).map(Some)
    }

    /// Begins an output. What processes that were killed left there is removed first.
    fn begin_with(&self, place: &Path, life: Life) -> Result<Box<dyn Growing>, Failure> {
        let begun = sweep(place, life).and_then(|()| match self {
            Shape::Text(layout) => Draft::begin(place, *layout, life).map(boxed),
            #[cfg(feature = "c1z")]
            Shape::C1z(resource_types) => C1zDraft::begin(place, resource_types.clone(), life).map(boxed),
        });
        begun.map_err(Failure::output(place))
    }

    /// Continues what another process left. Returns `None` if it isn't there, or is shorter than
    /// `lengths`.
    pub(super) fn resume(&self, place: &Path, lengths: &[u64]) -> Result<Option<Box<dyn Growing>>, Failure> {
        let draft: io::Result<Option<Box<dyn Growing>>> = match self {
            Shape::Text(layout) => Draft::resume(place, *layout, lengths).map(|draft| draft.map(boxed)),
            #[cfg(feature = "c1z")]
            Shape::C1z(resource_types) => {
                C1zDraft::resume(place, resource_types.clone(), lengths).map(|draft| draft.map(boxed))
            }
        };
        draft.map_err(Failure::output(place))
    }
}

fn boxed(draft: impl Growing + 'static) -> Box<dyn Growing> {
    Box::new(draft)
}
