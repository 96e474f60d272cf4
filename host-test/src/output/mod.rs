//! Where a read's pages go, and how far it is. What they look like as text is the connector's:
//! `cloudflare_zero_trust::output`.

#![warn(missing_docs)]

pub mod baton;
#[cfg(feature = "c1z")]
mod c1z;
mod draft;
mod file;
mod growing;
mod progress;
#[cfg(test)]
pub(crate) mod samples;
mod stats;

#[cfg(feature = "c1z")]
pub use c1z::{C1zDraft, ResourceTypes};
pub use draft::{Draft, Layout, beside};
pub use file::Destination;
pub use growing::Growing;
pub use progress::Progress;
pub use stats::Stats;
