//! A review: one file of HTML that says who holds what and why, for the person who has to sign it.
//!
//! - `records` takes the pages of a read, and `lines` those of a file of JSON Lines.
//! - `review` joins accounts to people. `words` says why something is held, and what would have to change
//!   where it can't be revoked. `findings` looks for what deserves a look.
//! - `since` and `side` compare with an earlier review.
//! - `data` and `head` lay all of it out for the page, `columns` in bytes. `page` puts them into the HTML.

mod columns;
mod data;
mod earlier;
mod file;
mod findings;
mod head;
mod kinds;
mod lines;
mod page;
mod policy;
mod records;
#[allow(clippy::module_inception, reason = "it is the review itself")]
mod review;
#[cfg(test)]
mod samples;
mod side;
mod since;
mod thing;
mod words;

pub(crate) use earlier::EarlierFile;
pub(crate) use file::read_lines;
pub(crate) use head::Head;
pub(crate) use kinds::{KINDS, TOKEN, kind as kind_of, number as kind_number};
pub(crate) use records::Records;
pub(crate) use review::Read;

use cloudflare_zero_trust::contract::Page;
use cloudflare_zero_trust::output::{Sink, SinkError};
use review::Review;
use side::Side;
use since::Changes;
use std::io::{self, Write};

/// A review that is made, to be written.
pub(crate) struct Made {
    data: Vec<u8>,
    /// The numbers that a person is told at the end.
    pub(crate) people: usize,
    pub(crate) grants: usize,
    pub(crate) findings: usize,
}

impl Made {
    /// Makes a review of what was read.
    pub(crate) fn new(records: Records, read: Read, head: &Head, earlier: Option<EarlierFile>) -> Made {
        let review = Review::new(records, read);
        let findings = findings::all(&review);
        let lay_out = |changes: &Changes| data::lay_out(&review, &findings, changes, head);
        let mut data = lay_out(&Changes::default());
        if let Some(earlier) = earlier {
            // Both are read out of their data, so both are read in the same way.
            let changes = match (Side::read(&earlier.data), Side::read(&data)) {
                (Some(before), Some(now)) => Some(Changes::between(earlier.told, &before, &now)),
                _ => None,
            };
            if let Some(changes) = changes {
                data = lay_out(&changes);
            }
        }
        let found = findings.iter().filter(|finding| !finding.rows.is_empty()).count();
        Made { data, people: review.people.len(), grants: review.grants.len(), findings: found }
    }

    /// Returns the digest that names the data.
    pub(crate) fn digest(&self) -> String {
        page::digest(&self.data)
    }

    /// Writes the file.
    pub(crate) fn write(&self, to: &mut dyn Write) -> io::Result<()> {
        page::write(&self.data, to)
    }
}

/// Takes the pages of a read, and makes a review of them: for programs that read on their own.
#[derive(Default)]
pub struct Collector {
    records: Records,
}

impl Sink for Collector {
    fn page(&mut self, page: &Page) -> Result<(), SinkError> {
        self.records.page(page)
    }
}

impl Collector {
    /// Writes the review of a read that began at this time, in seconds since 1970.
    ///
    /// # Errors
    /// If writing fails.
    pub fn write(self, time: i64, to: &mut dyn Write) -> io::Result<()> {
        let read = Read { kinds: None, time, told: Vec::new() };
        Made::new(self.records, read, &Head::default(), None).write(to)
    }
}

/// The columns of a review, taken out of its file.
///
/// It is for programs that look at a review without its page, as the tests do.
pub struct Opened {
    data: Vec<u8>,
}

impl Opened {
    /// Takes the data out of a file of HTML. An error is the end of a sentence about the file.
    ///
    /// # Errors
    /// Fails when the file isn't a review, or was changed.
    pub fn read(page: &[u8]) -> Result<Opened, String> {
        let data = page::read(page).map_err(|problem| problem.to_string())?;
        match columns::Reader::new(&data) {
            Some(_) => Ok(Opened { data }),
            None => Err("is of another version of this program".to_owned()),
        }
    }

    fn with<T: Default>(&self, of: impl FnOnce(columns::Reader<'_>) -> Option<T>) -> T {
        columns::Reader::new(&self.data).and_then(of).unwrap_or_default()
    }

    /// Returns the head, as JSON.
    #[must_use]
    pub fn head(&self) -> serde_json::Value {
        self.with(|from| Some(from.head))
    }

    /// Returns the data without its head: two reviews of the same records have the same.
    #[must_use]
    pub fn columns(&self) -> &[u8] {
        let length = self.data.first_chunk::<4>().map_or(0, |length| u32::from_le_bytes(*length));
        self.data.get(4 + length as usize..).unwrap_or_default()
    }

    /// Returns a column of bytes; empty if there is none with this name.
    #[must_use]
    pub fn bytes(&self, name: &str) -> Vec<u8> {
        self.with(|from| from.u8(name).map(<[u8]>::to_vec))
    }

    /// Returns a column of numbers; empty if there is none with this name.
    #[must_use]
    pub fn numbers(&self, name: &str) -> Vec<u32> {
        self.with(|from| from.u32(name))
    }

    /// Returns a column of texts; empty if there is none with this name.
    #[must_use]
    pub fn texts(&self, name: &str) -> Vec<String> {
        self.with(|from| Some(from.texts(name)?.into_iter().map(str::to_owned).collect()))
    }
}
