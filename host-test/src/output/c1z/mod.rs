//! A c1z, the file that ConductorOne's baton reads: five bytes, then a zstd stream of an SQLite
//! database.

mod database;
mod grants;
pub(crate) mod ksuid;
pub(crate) mod messages;
mod people;
mod records;
mod resource_types;
mod schema;
mod seats;
mod times;

pub use resource_types::ResourceTypes;

use super::file::Replacement;
use super::growing::{Completing, Growing};
use super::place::{check_file, metadata};
use super::unfinished::{Life, Readers, Unfinished, create_file, is_file, journal, open_locked};
use cloudflare_zero_trust::contract::Page;
use cloudflare_zero_trust::output::{Sink, SinkError};
use database::{Database, Safety};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufReader, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

/// The first bytes of a c1z of form v1.
pub(crate) const MAGIC: &[u8; 5] = b"C1ZF\0";
/// The first bytes of an SQLite database.
pub(crate) const SQLITE: &[u8; 16] = b"SQLite format 3\0";
/// The level of compression, as low as that of baton's own files. A reader needs half a MiB for it, and baton
/// allows 128.
const LEVEL: i32 = 1;
/// The bytes of the database that are compressed at once.
const PIECE: usize = 128 << 10;

/// A c1z that isn't complete yet: its database, which grows beside the file's place. One page of it
/// is in memory at a time.
pub struct C1zDraft {
    /// The open database. It is closed before its file is removed.
    database: Option<Database>,
    place: PathBuf,
    beside: PathBuf,
    resource_types: ResourceTypes,
    safety: Safety,
    /// Whether another process can continue it.
    kept: bool,
}

impl C1zDraft {
    /// Begins a draft. What an earlier process left of one is removed.
    ///
    /// # Errors
    /// If writing fails, another process is writing the draft, or its place is taken by a directory.
    pub fn begin(place: &Path, resource_types: ResourceTypes, life: Life) -> io::Result<C1zDraft> {
        check_file(place)?;
        let (unfinished, safety) = match life {
            Life::Kept => (Unfinished::Kept, Safety::EachPage),
            Life::Temporary => (Unfinished::Database, Safety::Never),
        };
        let beside = unfinished.beside(place);
        remove_left(&beside)?;
        create_file(&beside, Readers::Owner)?;
        let place = place.to_owned();
        let mut draft = C1zDraft { database: None, place, beside, resource_types, safety, kept: false };
        match Database::begin(&draft.beside, safety, draft.resource_types.clone()) {
            Ok(database) => draft.database = Some(database),
            Err(error) => {
                // The file of another process stays.
                draft.kept = error.kind() == ErrorKind::WouldBlock;
                return Err(error);
            }
        }
        Ok(draft)
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
        check_file(place)?;
        let beside = Unfinished::Kept.beside(place);
        let &[pages] = lengths else {
            return Ok(None);
        };
        let pages = i64::try_from(pages).map_err(io::Error::other)?;
        if !is_file(&beside)? {
            return Ok(None);
        }
        let database = Database::resume(&beside, pages, resource_types.clone())?;
        Ok(database.map(|database| C1zDraft {
            database: Some(database),
            place: place.to_owned(),
            beside,
            resource_types,
            safety: Safety::EachPage,
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
        create_file(&self.beside, Readers::Owner)?;
        self.database = Some(Database::begin(&self.beside, self.safety, self.resource_types.clone())?);
        Ok(())
    }

    /// Returns the number of pages. Each outlasts a crash from the moment it was taken.
    fn secure(&mut self) -> io::Result<Vec<u64>> {
        let pages = self.database()?.pages()?;
        self.kept = true;
        Ok(vec![u64::try_from(pages).map_err(io::Error::other)?])
    }

    fn different(&mut self) -> io::Result<BTreeMap<String, u64>> {
        self.database()?.resources()
    }
}

impl Completing for C1zDraft {
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
    let database = File::open(database)?;
    let size = database.metadata()?.len();
    let mut file = Replacement::begin(place, Unfinished::Packed, Readers::Owner)?;
    file.write_all(MAGIC)?;
    let mut zstd = zstd::Encoder::new(&mut file, LEVEL)?;
    zstd.include_checksum(true)?;
    // With the size up front, a reader can refuse a file that is too large for it.
    zstd.set_pledged_src_size(Some(size))?;
    io::copy(&mut BufReader::with_capacity(PIECE, database), &mut zstd)?;
    zstd.finish()?;
    file.complete()
}

/// Removes an earlier draft, unless another process is writing it. It may be missing.
pub(super) fn remove_left(beside: &Path) -> io::Result<()> {
    if is_file(beside)? {
        // A draft of text, whose lock isn't SQLite's, may have the same name. The lock is given up
        // at once: SQLite's own could not stand beside it on each system.
        drop(open_locked(beside)?);
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

/// Checks that no other process is writing a database at this path. Anything else may be there.
pub(super) fn check_free(path: &Path) -> io::Result<()> {
    let mut first = [0; SQLITE.len()];
    let is_file = metadata(path)?.is_some_and(|found| found.is_file());
    let is_database = is_file && File::open(path)?.read_exact(&mut first).is_ok() && first == *SQLITE;
    match is_database.then(|| database::open(path, Safety::EachPage)) {
        Some(Err(error)) if !database::is_another_s(&error) => Err(database::failed(error)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
