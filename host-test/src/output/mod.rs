//! Where a read's pages go, and how far it is. What they look like is the connector's: `cloudflare_zero_trust::output`.

#![warn(missing_docs)]

mod draft;
mod file;
mod progress;
#[cfg(test)]
pub(crate) mod samples;
mod stats;

pub use draft::{Draft, Layout};
pub use file::Destination;
pub use progress::Progress;
pub use stats::Stats;
