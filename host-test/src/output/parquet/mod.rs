//! A directory of Parquet files, which DuckDB, pandas and Spark read: a table for each type of record, and a
//! manifest.
//!
//! The crate `parquet` makes schemas, metadata and headers of pages. The pages themselves are made here,
//! because all principals of a grant share their reasons: a run of them is one step, where the crate would
//! take one for each.

mod column;
mod hybrid;
mod rows;
mod schema;
mod table;
#[cfg(test)]
mod tests;

use super::directory::Tables;
use super::growing::Completing;
use super::unfinished::{Readers, Unfinished, create_directory, create_locked};
use cloudflare_zero_trust::contract::Page;
use cloudflare_zero_trust::output::{Sink, SinkError};
use schema::{ENTITLEMENTS, GRANTS, RESOURCES, WARNINGS};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use table::{Table, Written};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The files of a directory. The tables come first.
const FILES: [&str; 5] =
    ["resources.parquet", "entitlements.parquet", "grants.parquet", "warnings.parquet", "manifest.json"];

/// The directories that a sync makes, and that the next one may replace.
pub const TABLES: Tables = Tables { names: &FILES, of: "Parquet" };

/// The facts about a sync that its manifest tells.
#[derive(Clone, Debug, Serialize)]
pub struct About {
    /// The id of the connector.
    pub connector: String,
    /// The version of the connector.
    pub connector_version: String,
    /// The account's id.
    pub account_id: String,
    /// The address of the API. Absent for the connector's own default.
    pub base_url: Option<String>,
    /// All kinds that are read.
    pub kinds: Vec<String>,
}

/// The manifest of a directory.
#[derive(Serialize)]
struct Manifest<'a> {
    /// The number of the form; another form gets another number.
    form: u32,
    #[serde(flatten)]
    about: &'a About,
    complete: bool,
    written_at: String,
    tables: BTreeMap<&'static str, Written>,
}

/// The number of the form of the tables and the manifest.
const FORM: u32 = 1;

/// A directory that isn't complete yet. One row group of each table is in memory at a time.
pub struct ParquetDraft {
    place: PathBuf,
    beside: PathBuf,
    about: About,
    /// `None` once they are finished.
    tables: Option<[Table; 4]>,
    manifest: File,
    is_complete: bool,
}

impl ParquetDraft {
    /// Begins a draft, which is removed if it isn't completed. What an earlier process left of one is
    /// removed.
    ///
    /// # Errors
    /// If writing fails, another process is writing the draft, or its place is taken by something that must
    /// not be replaced.
    pub fn begin(place: &Path, about: About) -> io::Result<ParquetDraft> {
        TABLES.check_place(place)?;
        let beside = Unfinished::Parquet.beside(place);
        match create_directory(&beside) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => TABLES.check(&beside)?,
            other => other?,
        }
        let [resources, entitlements, grants, warnings, manifest] =
            FILES.map(|name| create_locked(&beside.join(name), Readers::Owner));
        let (tables, manifest) = (tables([resources?, entitlements?, grants?, warnings?])?, manifest?);
        let place = place.to_owned();
        Ok(ParquetDraft { place, beside, about, tables: Some(tables), manifest, is_complete: false })
    }

    /// Checks that all rows of a page can be made, without making them.
    pub(super) fn check(page: &Page) -> Result<(), SinkError> {
        rows::check(page)
    }

    fn tables(&mut self) -> io::Result<&mut [Table; 4]> {
        self.tables.as_mut().ok_or_else(|| io::Error::other("the tables are finished"))
    }
}

fn tables([resources, entitlements, grants, warnings]: [File; 4]) -> io::Result<[Table; 4]> {
    Ok([
        Table::begin(resources, &RESOURCES)?,
        Table::begin(entitlements, &ENTITLEMENTS)?,
        Table::begin(grants, &GRANTS)?,
        Table::begin(warnings, &WARNINGS)?,
    ])
}

impl Sink for ParquetDraft {
    /// Adds all rows of a page, or none if one of them can't be made.
    fn page(&mut self, page: &Page) -> Result<(), SinkError> {
        Self::check(page)?;
        let [resources, entitlements, grants, warnings] = self.tables()?;
        page.resources.iter().try_for_each(|of| rows::resource(resources, of))?;
        page.entitlements.iter().try_for_each(|of| rows::entitlement(entitlements, of))?;
        page.grants.iter().try_for_each(|of| rows::grant(grants, of))?;
        page.warnings.iter().try_for_each(|of| rows::warning(warnings, of))
    }
}

impl Completing for ParquetDraft {
    fn complete(mut self: Box<Self>, incomplete: bool) -> io::Result<()> {
        let tables = self.tables.take().ok_or_else(|| io::Error::other("the tables are finished"))?;
        let mut written = BTreeMap::new();
        // The files stay open, and so locked, until all are in their place.
        let mut files = Vec::new();
        for (table, name) in tables.into_iter().zip(FILES) {
            let (file, facts) = table.finish(name)?;
            written.insert(name.trim_end_matches(".parquet"), facts);
            files.push(file);
        }
        let written_at = OffsetDateTime::now_utc().replace_nanosecond(0).map_err(io::Error::other)?;
        let manifest = Manifest {
            form: FORM,
            about: &self.about,
            complete: !incomplete,
            written_at: written_at.format(&Rfc3339).map_err(io::Error::other)?,
            tables: written,
        };
        let mut text = serde_json::to_vec_pretty(&manifest)?;
        text.push(b'\n');
        self.manifest.write_all(&text)?;
        self.manifest.sync_all()?;
        TABLES.replace(&self.beside, &self.place)?;
        self.is_complete = true;
        Ok(())
    }
}

impl Drop for ParquetDraft {
    fn drop(&mut self) {
        if !self.is_complete {
            // What can't be removed does no harm: the next draft begins by removing it.
            let _ = TABLES.remove(&self.beside);
        }
    }
}
