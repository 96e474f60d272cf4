//! The outputs that grow beside their place until a sync is complete.

#[cfg(feature = "parquet")]
use super::asked::{account, kinds};
use super::failure::Failure;
use super::format::SyncFormat;
#[cfg(feature = "parquet")]
use crate::output::{About, ParquetDraft};
#[cfg(feature = "c1z")]
use crate::output::{C1zDraft, ResourceTypes};
use crate::output::{Completing, Draft, Growing, Layout, Life, sweep};
#[cfg(feature = "zstd")]
use crate::output::{Content, Journal};
use cloudflare_zero_trust::command::args::{Format, ReadArgs};
use cloudflare_zero_trust::command::settings::Connection;
use cloudflare_zero_trust::contract::Manifest;
#[cfg(feature = "parquet")]
use cloudflare_zero_trust::settings::manifest::BASE_URL_FIELD;
use std::io;
use std::path::Path;

/// The form of a growing output.
pub(super) enum Shape {
    Text(Layout),
    /// JSON Lines, compressed.
    #[cfg(feature = "zstd")]
    Packed,
    #[cfg(feature = "c1z")]
    C1z(ResourceTypes),
    #[cfg(feature = "parquet")]
    Parquet(About),
}

impl Shape {
    #[cfg_attr(
        not(all(feature = "c1z", feature = "parquet")),
        allow(unused_variables, reason = "only these need to know the account and the kinds")
    )]
    pub(super) fn new(
        format: SyncFormat,
        is_compressed: bool,
        read: &ReadArgs,
        manifest: &Manifest,
        connection: &Connection,
    ) -> Result<Shape, Failure> {
        match format {
            #[cfg(feature = "zstd")]
            SyncFormat::JSON_LINES if is_compressed => Ok(Shape::Packed),
            #[cfg(not(feature = "zstd"))]
            SyncFormat::JSON_LINES if is_compressed => Err(Failure::usage(
                "--output ends in .zst, and this host-test can't compress. It was built without its feature \
                 zstd.",
            )),
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
            #[cfg(feature = "parquet")]
            SyncFormat::Parquet => Ok(Shape::Parquet(About {
                connector: manifest.id.clone(),
                connector_version: manifest.version.clone(),
                account_id: account(connection),
                base_url: connection.plain(BASE_URL_FIELD).map(str::to_owned),
                kinds: kinds(read, manifest),
            })),
            #[cfg(not(feature = "parquet"))]
            SyncFormat::Parquet => Err(Failure::usage(
                "--format parquet: this host-test can't write it. It was built without its feature parquet.",
            )),
        }
    }

    /// Begins an output that stays when this process ends before it is complete. What processes that were
    /// killed left there is removed first.
    pub(super) fn begin(&self, place: &Path) -> Result<Box<dyn Growing>, Failure> {
        let begun: io::Result<Box<dyn Growing>> = sweep(place, Life::Kept).and_then(|()| match self {
            Shape::Text(layout) => Draft::begin(place, *layout, Life::Kept).map(boxed),
            #[cfg(feature = "zstd")]
            Shape::Packed => Journal::begin(place, Content::Lines).map(boxed),
            #[cfg(feature = "c1z")]
            Shape::C1z(resource_types) => {
                C1zDraft::begin(place, resource_types.clone(), Life::Kept).map(boxed)
            }
            #[cfg(feature = "parquet")]
            Shape::Parquet(about) => Journal::begin(place, Content::Parquet(about.clone())).map(boxed),
        });
        begun.map_err(Failure::output(place))
    }

    /// Begins an output that is removed when this process ends before it is complete. Returns `None`
    /// for a single file of text, which needs no draft: it has one of its own.
    pub(super) fn begin_temporary(&self, place: &Path) -> Result<Option<Box<dyn Completing>>, Failure> {
        let begin = || -> io::Result<Option<Box<dyn Completing>>> {
            sweep(place, Life::Temporary)?;
            Ok(Some(match self {
                Shape::Text(Layout::JsonLines) => return Ok(None),
                #[cfg(feature = "zstd")]
                Shape::Packed => return Ok(None),
                Shape::Text(layout) => Box::new(Draft::begin(place, *layout, Life::Temporary)?),
                #[cfg(feature = "c1z")]
                Shape::C1z(resource_types) => {
                    Box::new(C1zDraft::begin(place, resource_types.clone(), Life::Temporary)?)
                }
                #[cfg(feature = "parquet")]
                Shape::Parquet(about) => Box::new(ParquetDraft::begin(place, about.clone())?),
            }))
        };
        begin().map_err(Failure::output(place))
    }

    /// Continues what another process left. Returns `None` if it isn't there, or is shorter than
    /// `lengths`.
    pub(super) fn resume(&self, place: &Path, lengths: &[u64]) -> Result<Option<Box<dyn Growing>>, Failure> {
        let draft: io::Result<Option<Box<dyn Growing>>> = match self {
            Shape::Text(layout) => Draft::resume(place, *layout, lengths).map(|draft| draft.map(boxed)),
            #[cfg(feature = "zstd")]
            Shape::Packed => Journal::resume(place, Content::Lines, lengths).map(|draft| draft.map(boxed)),
            #[cfg(feature = "c1z")]
            Shape::C1z(resource_types) => {
                C1zDraft::resume(place, resource_types.clone(), lengths).map(|draft| draft.map(boxed))
            }
            #[cfg(feature = "parquet")]
            Shape::Parquet(about) => {
                let content = Content::Parquet(about.clone());
                Journal::resume(place, content, lengths).map(|draft| draft.map(boxed))
            }
        };
        draft.map_err(Failure::output(place))
    }
}

fn boxed(draft: impl Growing + 'static) -> Box<dyn Growing> {
    Box::new(draft)
}
