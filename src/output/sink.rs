//! The trait of everything that a read's pages can go to.

use crate::contract::Page;
use std::fmt;
use std::io;

/// An output that takes the pages of a read, one by one.
pub trait Sink {
    /// Writes a page. When this returns, the page is out, and the cursor after it may be stored.
    ///
    /// # Errors
    /// If the page can't be written, or breaks the contract.
    fn page(&mut self, page: &Page) -> Result<(), SinkError>;
}

/// The reason why a page wasn't written.
#[derive(Debug)]
pub enum SinkError {
    /// Writing failed.
    Io(io::Error),
    /// A field that the contract declares as a JSON object holds something else.
    NotJson {
        /// The field's name in the contract.
        field: &'static str,
        /// The record that the field belongs to.
        of: String,
        /// The reason why the text is no JSON object.
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
