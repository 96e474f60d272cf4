//! Results for a person, and for programs.

use clap::ValueEnum;
use cloudflare_zero_trust::output::clean;
use comfy_table::{ContentArrangement, Table, presets::NOTHING};
use serde::Serialize;
use std::io::{self, IsTerminal, Write};

/// The form of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// A table
    Table,
    /// A JSON object a line
    Jsonl,
}

impl Format {
    /// The form that was asked for, or else the one that suits the place.
    pub(super) fn or_suitable(asked: Option<Format>) -> Format {
        asked.unwrap_or(if io::stdout().is_terminal() { Format::Table } else { Format::Jsonl })
    }
}

/// Writes rows, each of which is a record.
pub(super) fn write<T: Serialize>(
    format: Format,
    headings: &[&str],
    records: &[T],
    row: impl Fn(&T) -> Vec<String>,
) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match format {
        Format::Jsonl => {
            for record in records {
                writeln!(out, "{}", serde_json::to_string(record)?)?;
            }
        }
        Format::Table => {
            let mut table = Table::new();
            table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
            table.set_header(headings);
            for record in records {
                table.add_row(row(record).iter().map(|cell| clean(cell).into_owned()));
            }
            writeln!(out, "{}", table.trim_fmt())?;
        }
    }
    out.flush()
}
