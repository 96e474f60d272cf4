//! A read's warnings on standard error: those that the result doesn't show, and those that say why
//! the exit code is 6.

use super::args::Format;
use crate::contract::{Page, Warning};
use crate::output::csv::Table;
use crate::output::{Sink, SinkError};

/// The warnings that a command writes beside its result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beside {
    /// All of them: the result has no place for warnings.
    All,
    /// Those that say that data is missing: they stand in the result, which nobody may look at.
    Gaps,
    /// None: a person reads them in the result.
    None,
}

impl Beside {
    /// The warnings beside a text; `table` is that of CSV.
    #[must_use]
    pub fn text(format: Format, table: Option<Table>, is_file: bool) -> Beside {
        match format {
            Format::Csv if !is_file && table != Some(Table::Warnings) => Beside::All,
            Format::Table if !is_file => Beside::None,
            _ => Beside::Gaps,
        }
    }
}

/// The warnings of one read.
pub struct Warnings {
    beside: Beside,
    tell: fn(&Warning),
    told: usize,
    more: usize,
}

impl Warnings {
    /// The most gaps that are told one by one. The result has them all.
    const GAPS: usize = 20;

    /// Begins. `tell` writes a warning.
    #[must_use]
    pub fn new(beside: Beside, tell: fn(&Warning)) -> Warnings {
        Warnings { beside, tell, told: 0, more: 0 }
    }

    /// Writes the warnings of a page.
    pub fn page(&mut self, page: &Page) {
        for warning in &page.warnings {
            match self.beside {
                Beside::None => {}
                Beside::Gaps if !warning.incomplete => {}
                Beside::Gaps if self.told >= Self::GAPS => self.more += 1,
                _ => {
                    self.told += 1;
                    (self.tell)(warning);
                }
            }
        }
    }

    /// Writes what is left to say at the end. `incomplete` says whether data is missing anywhere, also
    /// in a part that an earlier process read.
    pub fn finish(self, incomplete: bool) {
        let message = if self.more > 0 {
            format!("Data is missing in {} more places: the warnings in the result say where.", self.more)
        } else if incomplete && self.told == 0 && self.beside != Beside::None {
            "The part that was read before lacks data: the warnings in the result say which.".to_owned()
        } else {
            return;
        };
        (self.tell)(&Warning { code: "data-missing".to_owned(), about: None, message, incomplete: true });
    }
}

/// A sink whose pages' warnings are told as well.
pub struct Warned<'a> {
    /// The result.
    pub sink: &'a mut dyn Sink,
    /// The warnings beside it.
    pub warnings: &'a mut Warnings,
}

impl Sink for Warned<'_> {
    fn page(&mut self, page: &Page) -> Result<(), SinkError> {
        self.sink.page(page)?;
        self.warnings.page(page);
        Ok(())
    }
}
