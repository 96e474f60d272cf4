//! A c1z, the file that ConductorOne's baton reads: five bytes, then a zstd stream of an SQLite
//! database.

mod database;
mod ksuid;
mod messages;
mod records;
mod resource_types;
mod schema;

pub use resource_types::ResourceTypes;

use super::file::Destination;
use super::growing::Growing;
use super::place;
use cloudflare_zero_trust::contract::Page;
use cloudflare_zero_trust::output::{Sink, SinkError};
use database::{Database, Safety};
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// The first bytes of a c1z of form v1.
const MAGIC: &[u8; 5] = b"C1ZF\0";
/// The level of compression, zstd's default. A reader needs two MiB for it, and baton allows 128.
const LEVEL: i32 = 3;

/// A c1z that isn't complete yet: its database, which grows beside the file's place. One page of it
/// is in memory at a time.
pub struct C1zDraft {
    /// The open database. It is closed before its file is removed.
    database: Option<Database>,
    place: PathBuf,
    beside: PathBuf,
    resource_types: ResourceTypes,
    /// The directory of a draft that ends with this process.
    temporary: Option<TempDir>,
    /// Whether another process can continue it.
    kept: bool,
}

impl C1zDraft {
    /// Begins a draft that stays if this process ends before it is complete. An earlier one is
    /// removed.
    ///
    /// # Errors
    /// If writing fails, another process is writing the draft, or its place is taken by a directory.
    pub fn begin(place: &Path, resource_types: ResourceTypes) -> io::Result<C1zDraft> {
        place::check_file(place)?;
        let beside = place::beside(place);
        make_way(&beside)?;
        place::create_file(&beside)?;
        let database = Database::begin(&beside, Safety::EachPage, resource_types.clone())?;
        let (place, database) = (place.to_owned(), Some(database));
        Ok(C1zDraft { database, place, beside, resource_types, temporary: None, kept: false })
    }

    /// Begins a draft that goes away if this process ends before it is complete.
    ///
    /// # Errors
    /// As for [`C1zDraft::begin`].
    pub fn begin_temporary(place: &Path, resource_types: ResourceTypes) -> io::Result<C1zDraft> {
        place::check_file(place)?;
        let temporary = place::temporary_directory(place)?;
        let beside = temporary.path().join("db");
        place::create_file(&beside)?;
        let database = Some(Database::begin(&beside, Safety::Never, resource_types.clone())?);
        Ok(C1zDraft {
            database,
            place: place.to_owned(),
            beside,
            resource_types,
            temporary: Some(temporary),
            kept: false,
        })
    }

    /// Continues a draft that is known to have this many pages. Returns `None` if it is missing, or
    /// has fewer.
    ///
    /// # Errors
    /// As for [`C1zDraft::begin`].
    pub fn resume(
        place: &Path,
        resource_types: ResourceTypes,
        lengths: &[u64],
    ) -> io::Result<Option<C1zDraft>> {
        place::check_file(place)?;
        let beside = place::beside(place);
        let &[pages] = lengths else {
            return Ok(None);
        };
        let pages = i64::try_from(pages).map_err(io::Error::other)?;
        if !place::is_file(&beside)? {
            return Ok(None);
        }
        let database = Database::resume(&beside, pages, resource_types.clone())?;
        Ok(database.map(|database| C1zDraft {
            database: Some(database),
            place: place.to_owned(),
            beside,
            resource_types,
            temporary: None,
            kept: true,
        }))
    }

    fn database(&mut self) -> io::Result<&mut Database> {
        // It is closed only after a `clear` that failed, which ends the sync.
        self.database.as_mut().ok_or_else(|| io::Error::other("the database is closed"))
    }

    fn remove(&mut self) -> io::Result<()> {
        self.database = None;
        for path in [journal(&self.beside), self.beside.clone()] {
            match fs::remove_file(path) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }
}

impl Growing for C1zDraft {
    /// Begins again in a new file, because deleted records would stay in the old one.
    fn clear(&mut self) -> io::Result<()> {
        self.kept = false;
        self.remove()?;
        place::create_file(&self.beside)?;
        let safety = if self.temporary.is_some() { Safety::Never } else { Safety::EachPage };
        self.database = Some(Database::begin(&self.beside, safety, self.resource_types.clone())?);
        Ok(())
    }

    /// Returns the number of pages. Each outlasts a crash from the moment it was taken.
    fn secure(&mut self) -> io::Result<Vec<u64>> {
        self.kept = true;
        let pages = self.database()?.pages()?;
        Ok(vec![u64::try_from(pages).map_err(io::Error::other)?])
    }

    fn complete(mut self: Box<Self>, incomplete: bool) -> io::Result<()> {
        let database = self.database.take().ok_or_else(|| io::Error::other("the database is closed"))?;
        database.finish(incomplete)?;
        compress(&self.beside, &self.place)?;
        // The file is in its place, so the database isn't needed any more.
        self.kept = false;
        Ok(())
    }
}

impl Sink for C1zDraft {
    fn page(&mut self, page: &Page) -> Result<(), SinkError> {
        self.database()?.page(page)
    }
}

impl Drop for C1zDraft {
    fn drop(&mut self) {
        if !self.kept {
            // A file that can't be removed does no harm: the next draft begins by removing it.
            let _ = self.remove();
        }
    }
}

fn compress(database: &Path, place: &Path) -> io::Result<()> {
    let mut database = File::open(database)?;
    let mut file = Destination::open(Some(place))?;
    file.write_all(MAGIC)?;
    let mut zstd = zstd::Encoder::new(&mut file, LEVEL)?;
    zstd.include_checksum(true)?;
    // With the size up front, a reader can refuse a file that is too large for it.
    zstd.set_pledged_src_size(Some(database.metadata()?.len()))?;
    io::copy(&mut database, &mut zstd)?;
    zstd.finish()?;
    file.complete()
}

/// Removes an earlier draft, unless another process is writing it.
fn make_way(beside: &Path) -> io::Result<()> {
    if place::is_file(beside)? {
        match database::open(beside, Safety::EachPage) {
            Err(error) if !database::is_another_s(&error) => return Err(database::failed(error)),
            _ => fs::remove_file(beside)?,
        }
    }
    match fs::remove_file(journal(beside)) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Returns the path of SQLite's rollback journal.
fn journal(database: &Path) -> PathBuf {
    place::with_suffix(database, "-journal")
}

#[cfg(test)]
mod tests;
