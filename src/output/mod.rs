//! What a connector says, for people and for programs: JSON Lines, CSV, and tables for a terminal.

mod applied;
mod applied_text;
mod card;
mod counts;
pub mod csv;
mod error;
mod json;
mod json_lines;
mod manifest;
mod snapshot;
mod state;
mod tables;
mod terminal;
mod words;

pub use applied::Applied;
pub use card::Card;
pub use counts::Counts;
pub(crate) use error::error_kind;
pub use error::{upstream_said, when_again};
pub use json::escape_harmful;
pub(crate) use json::object;
pub use json_lines::JsonLines;
pub(crate) use json_lines::{IdLine, Line};
pub use manifest::manifest_table;
pub use snapshot::Snapshot;
pub use tables::Tables;
pub use terminal::{Terminal, clean};

use crate::contract::Page;
use std::fmt;
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
#[derive(Debug)]
pub enum SinkError {
    /// It can't be written.
    Io(io::Error),
    /// The connector gave something that is not a JSON object where the contract says that it is
    /// one.
    NotJson {
        /// The contract's name of the field.
        field: &'static str,
        /// What it belongs to.
        of: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl fmt::Display for SinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SinkError::Io(error) => error.fmt(f),
            SinkError::NotJson { field, of, reason } => {
                write!(f, "the connector gave no JSON object as {field} of {of}: {reason}")
            }
        }
    }
}

impl std::error::Error for SinkError {}

impl From<io::Error> for SinkError {
    fn from(error: io::Error) -> Self {
        SinkError::Io(error)
    }
}
