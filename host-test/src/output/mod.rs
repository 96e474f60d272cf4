//! The outputs of a read: files, and a line of progress. Text itself is made by the connector's
//! `cloudflare_zero_trust::output`.

#![warn(missing_docs)]

pub mod baton;
#[cfg(feature = "c1z")]
pub(crate) mod c1z;
mod claims;
mod different;
mod directory;
mod draft;
mod file;
#[cfg(feature = "zstd")]
mod frames;
mod growing;
#[cfg(feature = "zstd")]
mod journal;
mod leftovers;
#[cfg(feature = "parquet")]
mod pages;
#[cfg(feature = "parquet")]
mod parquet;
mod place;
mod progress;
#[cfg(test)]
pub(crate) mod samples;
mod stats;
mod unfinished;

#[cfg(feature = "parquet")]
pub use self::parquet::{About, ParquetDraft, TABLES as PARQUET};
#[cfg(feature = "c1z")]
pub use c1z::{C1zDraft, ResourceTypes};
pub use claims::{Claim, check_apart};
pub use directory::{CSV, Tables};
pub use draft::{Draft, Layout};
pub use file::Destination;
pub use growing::{Completing, Growing};
#[cfg(feature = "zstd")]
pub use journal::{Content, Journal};
pub use leftovers::sweep;
pub use place::{Form, Place};
pub use progress::Progress;
pub use stats::Stats;
pub use unfinished::{Life, Readers, all_beside, beside};
