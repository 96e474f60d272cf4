//! The outputs of a read: files, and a line of progress. Text itself is made by the connector's
//! `cloudflare_zero_trust::output`.

#![warn(missing_docs)]

pub mod baton;
#[cfg(feature = "c1z")]
mod c1z;
mod csv_directory;
mod draft;
mod file;
mod growing;
mod place;
mod progress;
#[cfg(test)]
pub(crate) mod samples;
mod stats;

#[cfg(feature = "c1z")]
pub use c1z::{C1zDraft, ResourceTypes};
pub use draft::{Draft, Layout};
pub use file::Destination;
pub use growing::Growing;
pub use place::beside;
pub use progress::Progress;
pub use stats::Stats;
