//! A read's warnings on standard error: those that the result doesn't show, and those that say why
//! the exit code is 6.

use super::args::Format;
use crate::contract::{Page, ResourceId, Warning};
use crate::output::csv::Table;
use crate::output::{Sink, SinkError};
use serde::{Deserialize, Serialize};

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

    /// Writes those that say that data is missing in a part that an earlier process read.
    pub fn earlier(&self, gaps: &KnownGaps) {
        if self.beside == Beside::None {
            return;
        }
        for Gap { code, about, message } in gaps.first.iter().cloned() {
            let about = about.map(|(kind, id)| ResourceId { kind, id });
            (self.tell)(&Warning { code, about, message, incomplete: true });
        }
        if gaps.more > 0 {
            let message = format!(
                "Data is missing in {} more places, which earlier processes of this sync named.",
                gaps.more
            );
            (self.tell)(&missing(message));
        }
    }

    /// Writes what is left to say at the end.
    pub fn finish(self) {
        if self.more > 0 {
            (self.tell)(&missing(format!(
                "Data is missing in {} more places: the warnings in the result say where.",
                self.more
            )));
        }
    }
}

fn missing(message: String) -> Warning {
    Warning { code: "data-missing".to_owned(), about: None, message, incomplete: true }
}

/// The warnings of a read that say that data is missing: the first of them, and how many more there
/// are. A later process that continues the read can name them again.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct KnownGaps {
    first: Vec<Gap>,
    more: usize,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Gap {
    code: String,
    about: Option<(String, String)>,
    message: String,
}

impl KnownGaps {
    /// Adds those of a page.
    pub fn page(&mut self, page: &Page) {
        // Texts of the upstream may be in them.
        const LONGEST: usize = 1000;
        for warning in page.warnings.iter().filter(|warning| warning.incomplete) {
            if self.first.len() == Warnings::GAPS {
                self.more += 1;
                continue;
            }
            let about = warning.about.as_ref().filter(|about| about.id.len() <= LONGEST);
            self.first.push(Gap {
                code: warning.code.clone(),
                about: about.map(|about| (about.kind.clone(), about.id.clone())),
                message: warning.message.chars().take(LONGEST).collect(),
            });
        }
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
