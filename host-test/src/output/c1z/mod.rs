//! The file that ConductorOne's baton opens: five bytes, then a zstd stream of an SQLite database.

mod database;
mod ksuid;
mod messages;
mod records;

use super::draft;
use super::file::Destination;
use super::growing::Growing;
use cloudflare_zero_trust::contract::{Page, ResourceType};
use cloudflare_zero_trust::output::{Sink, SinkError};
use database::{Database, Safety};
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// What a c1z of form v1 begins with.
const MAGIC: &[u8; 5] = b"C1ZF\0";
/// zstd's own default. A reader needs two MiB for it; baton allows 128.
const LEVEL: i32 = 3;

/// The resource types that a connector has, and which of them are read.
#[derive(Clone, Debug, Default)]
pub struct ResourceTypes {
    /// All of them: an entitlement says who can hold it, whether they are read or not.
    pub known: Vec<ResourceType>,
    /// By their ids; empty: all.
    pub kinds: Vec<String>,
}

impl ResourceTypes {
    fn read(&self) -> impl Iterator<Item = &ResourceType> {
        self.known.iter().filter(|of| self.kinds.is_empty() || self.kinds.contains(&of.id))
    }

    fn find(&self, kind: &str) -> Option<&ResourceType> {
        self.known.iter().find(|of| of.id == kind)
    }
}

/// A c1z that isn't complete yet: the database, which grows beside the file's place. Memory holds a
/// page of it.
pub struct C1zDraft {
    /// Closed before its file is removed.
    database: Option<Database>,
    place: PathBuf,
    beside: PathBuf,
    resource_types: ResourceTypes,
    /// Where it isn't to outlive this process: removed with it.
    temporary: Option<TempDir>,
    /// Somebody can go on with it.
    kept: bool,
}

impl C1zDraft {
    /// Begins one that stays when this process ends before it is complete. What is left of another
    /// one is gone.
    ///
    /// # Errors
    /// Where it can't be written, another process writes it, or its place is taken by a directory.
    pub fn begin(place: &Path, resource_types: ResourceTypes) -> io::Result<C1zDraft> {
        draft::check_file(place)?;
        let beside = draft::beside(place);
        make_way(&beside)?;
        create(&beside)?;
        let database = Database::begin(&beside, Safety::EachPage, resource_types.clone())?;
        let (place, database) = (place.to_owned(), Some(database));
        Ok(C1zDraft { database, place, beside, resource_types, temporary: None, kept: false })
    }

    /// Begins one that goes when this process ends before it is complete.
    ///
    /// # Errors
    /// As [`C1zDraft::begin`].
    pub fn begin_temporary(place: &Path, resource_types: ResourceTypes) -> io::Result<C1zDraft> {
        draft::check_file(place)?;
        let temporary = draft::temporary_directory(place)?;
        let beside = temporary.path().join("db");
        create(&beside)?;
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

    /// Goes on with one that is known to have so many pages; `None` where it isn't there, or has
    /// fewer.
    ///
    /// # Errors
    /// As [`C1zDraft::begin`].
    pub fn resume(
        place: &Path,
        resource_types: ResourceTypes,
        lengths: &[u64],
    ) -> io::Result<Option<C1zDraft>> {
        draft::check_file(place)?;
        let beside = draft::beside(place);
        let &[pages] = lengths else {
            return Ok(None);
        };
        let pages = i64::try_from(pages).map_err(io::Error::other)?;
        if !draft::is_file(&beside)? {
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
        // Only where a `clear` failed, which ends the sync.
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
    /// In a new file: what was deleted from an old one would still be in it.
    fn clear(&mut self) -> io::Result<()> {
        self.kept = false;
        self.remove()?;
        create(&self.beside)?;
        let safety = if self.temporary.is_some() { Safety::Never } else { Safety::EachPage };
        self.database = Some(Database::begin(&self.beside, safety, self.resource_types.clone())?);
        Ok(())
    }

    /// How many pages are in it: each is safe when it has been taken.
    fn secure(&mut self) -> io::Result<Vec<u64>> {
        self.kept = true;
        let pages = self.database()?.pages()?;
        Ok(vec![u64::try_from(pages).map_err(io::Error::other)?])
    }

    fn complete(mut self: Box<Self>, incomplete: bool) -> io::Result<()> {
        let database = self.database.take().ok_or_else(|| io::Error::other("the database is closed"))?;
        database.finish(incomplete)?;
        compress(&self.beside, &self.place)?;
        // A file has taken its place: what it was made of can go.
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
            // What can't be removed is in nobody's way: the next draft begins with that.
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
    // A reader can tell from the first bytes whether all of it is more than it takes.
    zstd.set_pledged_src_size(Some(database.metadata()?.len()))?;
    io::copy(&mut database, &mut zstd)?;
    zstd.finish()?;
    file.complete()
}

/// An empty file, for its owner only.
fn create(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

/// Removes what is left of another draft, if nobody else is writing it.
fn make_way(beside: &Path) -> io::Result<()> {
    if draft::is_file(beside)? {
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

/// Where SQLite puts what it takes back a transaction with.
fn journal(database: &Path) -> PathBuf {
    draft::with_suffix(database, "-journal")
}

#[cfg(test)]
mod tests;
