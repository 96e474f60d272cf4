//! A sync's result as text.

use super::args::{Format, ReadArgs};
use crate::contract::Page;
use crate::identities::ProviderGroup;
use crate::output::csv::{Csv, Table};
use crate::output::{JsonLines, Sink, SinkError, Snapshot, Tables, Terminal};
use std::io::{self, Write};

/// A sink that writes a sync in one of the text formats.
pub enum Text<W: Write> {
    /// Each page is written as it comes.
    Lines(JsonLines<W>),
    /// The rows of one table, written as they come.
    Csv(Csv<W>),
    /// Tables of the whole, written by [`Text::finish`].
    Tables(Box<Snapshot>, Look, W),
}

/// The look of tables.
pub struct Look {
    terminal: Terminal,
    ids: bool,
    kinds: Vec<String>,
}

impl<W: Write> Text<W> {
    /// Begins to write to `to`. Of the CSV tables it writes the one that is asked for, or the grants.
    pub fn new(format: Format, args: &ReadArgs, terminal: Terminal, to: W) -> Text<W> {
        match format {
            Format::Jsonl => Text::Lines(JsonLines::new(to)),
            Format::Csv => Text::Csv(Csv::new(to, args.table.unwrap_or(Table::Grants)).with_bom(args.bom)),
            Format::Table => Text::Tables(
                Box::default(),
                Look { terminal, ids: args.ids.ids, kinds: args.kinds.clone() },
                to,
            ),
        }
    }

    /// Notes that somebody told who is in these groups of identity providers, which are in their normal form.
    pub fn note_told(&mut self, groups: Vec<ProviderGroup>) {
        if let Text::Tables(snapshot, ..) = self {
            snapshot.note_told(groups);
        }
    }

    /// Writes what needs the whole read.
    ///
    /// # Errors
    /// Fails when it can't be written.
    pub fn finish(self) -> io::Result<()> {
        match self {
            Text::Lines(_) | Text::Csv(_) => Ok(()),
            Text::Tables(snapshot, Look { terminal, ids, kinds }, mut to) => {
                Tables::new(&snapshot, terminal).with_ids(ids).with_kinds(&kinds).write(&mut to)
            }
        }
    }
}

impl<W: Write> Sink for Text<W> {
    fn page(&mut self, page: &Page) -> Result<(), SinkError> {
        match self {
            Text::Lines(lines) => lines.page(page),
            Text::Csv(csv) => csv.page(page),
            Text::Tables(snapshot, ..) => snapshot.page(page),
        }
    }
}
