//! What a connector says, for people and for programs.

#![warn(missing_docs)]

mod applied;
mod applied_text;
mod card;
mod counts;
mod csv;
mod draft;
mod error;
mod file;
mod json;
mod json_lines;
mod manifest;
mod progress;
mod snapshot;
mod state;
mod stats;
mod tables;
mod terminal;
mod words;

pub use applied::Applied;
pub use card::Card;
pub use counts::Counts;
pub use draft::{Draft, Layout};
pub use error::{upstream_said, when_again};
pub use file::Destination;
pub use json::escape_harmful;
pub use json_lines::JsonLines;
pub use manifest::manifest_table;
pub use progress::Progress;
pub use snapshot::Snapshot;
#[cfg(test)]
pub(crate) use snapshot::samples;
pub use stats::Stats;
pub use tables::Tables;
pub use terminal::{Terminal, clean};

use crate::host::contract::Page;
use std::io;

/// Takes the pages of a read, one by one.
pub trait Sink {
    /// Takes a page. When it returns, the page is out, and the cursor behind it may be stored.
    ///
    /// # Errors
    /// Where the page can't be written, or is not what the contract says.
    fn page(&mut self, page: &Page) -> Result<(), SinkError>;
}

/// Why a page didn't get out.
#[derive(Debug, thiserror::Error)]
pub enum SinkError {
    /// It can't be written.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The connector gave something that is not a JSON object where the contract says that it is one.
    #[error("the connector gave no JSON object as {field} of {of}: {reason}")]
    NotJson {
        /// The contract's name of the field.
        field: &'static str,
        /// What it belongs to.
        of: String,
        /// What is wrong with it.
        reason: String,
    },
}
