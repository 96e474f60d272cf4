//! Tables that fit a terminal: accounts, what they can hold, grants with their reasons, warnings.

mod grants;
mod holders;
mod resources;
mod summary;

use super::asked_for::AskedFor;
use super::named_text::with_names;
use super::names::resource_name;
use super::rank::rank;
use super::rows::{Cell, Rows, cell, notable_cell};
use super::snapshot::Snapshot;
use super::terminal::Terminal;
use super::words::Words;
use crate::contract::Resource;
use std::io::{self, Write};

/// Shows a [`Snapshot`].
pub struct Tables<'a> {
    snapshot: &'a Snapshot,
    terminal: Terminal,
    ids: bool,
    asked_for: AskedFor<'a>,
    /// The most names in one cell.
    names: usize,
}

impl<'a> Tables<'a> {
    /// The most rows of a table. The rows beyond are counted under it.
    const ROWS: usize = 200;

    /// Prepares the tables of a snapshot for a terminal.
    #[must_use]
    pub fn new(snapshot: &'a Snapshot, terminal: Terminal) -> Self {
        Self { snapshot, terminal, ids: false, asked_for: AskedFor::default(), names: Snapshot::NAMES }
    }

    /// Shows ids beside names, if they are wanted: those that `get`, `grant` and `revoke` take.
    #[must_use]
    pub fn with_ids(self, ids: bool) -> Self {
        Self { ids, ..self }
    }

    /// Shows only what these kinds can tell, because no others were asked for. No kinds mean all that
    /// a read without kinds returns.
    #[must_use]
    pub fn with_kinds(self, kinds: &'a [String]) -> Self {
        Self { asked_for: AskedFor(kinds), ..self }
    }

    /// Names everybody who holds something, and every reason, as far as the snapshot has them.
    #[must_use]
    pub(super) fn with_all_names(self) -> Self {
        Self { names: usize::MAX, ..self }
    }

    /// Writes all tables, and a summary.
    ///
    /// # Errors
    /// If writing fails.
    pub fn write(&self, to: &mut impl Write) -> io::Result<()> {
        self.write_notices(to)?;
        self.write_holders(to)?;
        self.write_resources(to)?;
        if self.asked_for.has_holders() && self.asked_for.has_groups_or_roles() {
            self.write_held(to)?;
        }
        if self.asked_for.has_apps() {
            self.write_reach(to)?;
        }
        self.write_warnings(to)?;
        writeln!(to, "{}", self.terminal.paragraph(&self.summary(), 0))
    }

    /// Writes the table of warnings, if there are any.
    ///
    /// # Errors
    /// If writing fails.
    pub fn write_warnings(&self, to: &mut impl Write) -> io::Result<()> {
        let warnings = self.snapshot.warnings();
        if warnings.is_empty() {
            return Ok(());
        }
        let mut table = self.table(&["Warning", "+About", "+What", "Data missing"], &["!Id"]);
        for warning in warnings {
            let about = warning.about.as_ref();
            let mut row = vec![
                notable_cell(&warning.code),
                cell(about.map_or("", |about| self.snapshot.name(&about.kind, &about.id))),
                cell(with_names(&warning.message, self.snapshot, self.ids)),
                cell(if warning.incomplete { "yes" } else { "no" }),
            ];
            row.extend(self.ids.then(|| cell(about.map(resource_name).unwrap_or_default())));
            table.add(row);
        }
        self.section(to, "Warnings", &table, warnings.len() as u64)
    }

    /// Returns the words for reasons, with as many of them as a cell has names.
    fn words(&self) -> Words<'a> {
        Words::new(self.snapshot).with_most(self.names).with_ids(self.ids)
    }

    /// Begins a table with these headings, and with those of ids if ids are wanted.
    fn table(&self, headings: &[&'static str], ids: &[&'static str]) -> Rows {
        let ids = if self.ids { ids } else { &[] };
        Rows::new(self.terminal, &[headings, ids].concat())
    }

    fn section(&self, to: &mut impl Write, title: &str, table: &Rows, rows: u64) -> io::Result<()> {
        writeln!(to, "{}", self.terminal.heading(title))?;
        if rows == 0 {
            writeln!(to, "none\n")?;
            return Ok(());
        }
        for line in table.lines() {
            writeln!(to, "{line}")?;
        }
        if rows > Self::ROWS as u64 {
            let more =
                format!("… and {} more rows: --format jsonl gives them all.", rows - Self::ROWS as u64);
            writeln!(to, "{}", self.terminal.notable(&more))?;
        }
        writeln!(to)
    }

    /// Returns the number of all resources of these kinds, also of those that aren't kept.
    fn count(&self, wanted: impl Fn(&str) -> bool) -> u64 {
        if self.snapshot.left_out().resources == 0 {
            let kept = self.snapshot.resources().iter();
            return kept.filter(|resource| wanted(&resource.id.kind)).count() as u64;
        }
        let counts = self.snapshot.counts().resource.iter();
        counts.filter(|(kind, _)| wanted(kind)).map(|(_, count)| count).sum()
    }

    fn sorted(&self, wanted: impl Fn(&str) -> bool) -> Vec<&'a Resource> {
        let snapshot: &'a Snapshot = self.snapshot;
        let mut resources: Vec<_> =
            snapshot.resources().iter().filter(|resource| wanted(&resource.id.kind)).collect();
        resources.sort_by_key(|resource| (rank(&resource.id.kind), resource.display_name.to_lowercase()));
        resources
    }
}

fn number(count: u64) -> Cell {
    cell(if count == 0 { String::new() } else { count.to_string() })
}

fn notable_number(count: u64) -> Cell {
    notable_cell(if count == 0 { String::new() } else { count.to_string() })
}

#[cfg(test)]
mod tests;
