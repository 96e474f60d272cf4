//! The files that grow beside an output's place until it is complete: their names, for their owner
//! only, and written by one process at a time.

use super::place::{metadata, refused};
use std::ffi::OsString;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// How long an unfinished output stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    /// It stays when its process ends, and another process continues it.
    Kept,
    /// It is removed when its process ends. If the process is killed, the next one removes it.
    Temporary,
}

/// The files that grow beside a place. Each has a name of its own, so that none is taken for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unfinished {
    /// An output of [`Life::Kept`], in any form.
    Kept,
    /// A temporary text.
    Text,
    /// A temporary directory of CSV files.
    Tables,
    /// A temporary directory of Parquet files.
    Parquet,
    /// A temporary database.
    Database,
    /// A c1z, which is packed when its database is complete.
    Packed,
}

impl Unfinished {
    /// Returns its path. `out/` names the same directory as `out`.
    pub(super) fn beside(self, place: &Path) -> PathBuf {
        let suffix = match self {
            Unfinished::Kept => ".partial",
            Unfinished::Text => ".text.partial",
            Unfinished::Tables => ".tables.partial",
            Unfinished::Parquet => ".parquet.partial",
            Unfinished::Database => ".database.partial",
            Unfinished::Packed => ".packed.partial",
        };
        with_suffix(place, suffix)
    }
}

/// Returns the path of the draft that another process can continue.
#[must_use]
pub fn beside(place: &Path) -> PathBuf {
    Unfinished::Kept.beside(place)
}

/// Returns all paths beside a place that an output there may make, replace or remove.
#[must_use]
pub fn all_beside(place: &Path) -> Vec<PathBuf> {
    use Unfinished::{Database, Kept, Packed, Parquet, Tables, Text};
    let mut all: Vec<PathBuf> =
        [Kept, Text, Tables, Parquet, Database, Packed].map(|unfinished| unfinished.beside(place)).into();
    all.extend([Kept, Database].map(|database| journal(&database.beside(place))));
    all.push(previous(place));
    all
}

/// Returns the path to which an earlier directory of tables is moved before it is removed.
pub(super) fn previous(place: &Path) -> PathBuf {
    with_suffix(place, ".previous")
}

/// Returns the path of SQLite's rollback journal.
pub(super) fn journal(database: &Path) -> PathBuf {
    with_suffix(database, "-journal")
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name: OsString = path.components().as_path().into();
    name.push(suffix);
    name.into()
}

/// The users who may read a new file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readers {
    /// Its owner only.
    Owner,
    /// Those whom the process's umask allows.
    Usual,
}

/// Makes a directory for its owner only.
pub(super) fn create_directory(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Makes an empty file. Fails if anything is there already, a link included.
#[cfg_attr(not(unix), allow(unused_variables, reason = "only Unix has modes"))]
pub(super) fn create_file(path: &Path, readers: Readers) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    if readers == Readers::Owner {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    options.open(path)
}

/// Makes an empty file and locks it. What a process that was killed left there is removed first.
pub(super) fn create_locked(path: &Path, readers: Readers) -> io::Result<File> {
    remove_left(path)?;
    let file = create_file(path, readers)?;
    if lock(&file, path)? { Ok(file) } else { Err(busy()) }
}

/// Removes a file, unless another process is writing it. It may be missing.
pub(super) fn remove_left(path: &Path) -> io::Result<()> {
    match open_locked(path)? {
        Some(_locked) => fs::remove_file(path),
        None => Ok(()),
    }
}

/// Opens an unfinished file and locks it. Returns `None` if there is none.
///
/// # Errors
/// If another process is writing it, among others.
pub(super) fn open_locked(path: &Path) -> io::Result<Option<File>> {
    if !is_file(path)? {
        return Ok(None);
    }
    let file = OpenOptions::new().read(true).write(true).open(path)?;
    Ok(lock(&file, path)?.then_some(file))
}

/// Locks a file until it is closed, by the end of the process at the latest. Returns false if the
/// file isn't at its path any more: the process that had it locked has put it elsewhere, or has
/// removed it.
fn lock(file: &File, path: &Path) -> io::Result<bool> {
    match file.try_lock() {
        Ok(()) => is_still_there(file, path),
        Err(TryLockError::WouldBlock) => Err(busy()),
        Err(TryLockError::Error(error)) if error.kind() == ErrorKind::Unsupported => Ok(true),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

#[cfg(unix)]
fn is_still_there(file: &File, path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    let ours = file.metadata()?;
    Ok(metadata(path)?.is_some_and(|found| (found.dev(), found.ino()) == (ours.dev(), ours.ino())))
}

#[cfg(not(unix))]
fn is_still_there(_file: &File, _path: &Path) -> io::Result<bool> {
    Ok(true)
}

/// The error for an output that another process is writing.
pub(super) fn busy() -> io::Error {
    refused(ErrorKind::WouldBlock, "another process is writing it at this moment")
}

/// Whether an unfinished file is there.
///
/// # Errors
/// If something else is there: a directory, or a link that leads elsewhere.
pub(super) fn is_file(path: &Path) -> io::Result<bool> {
    match metadata(path)? {
        Some(found) if found.is_file() => Ok(true),
        Some(_) => {
            let name = path.file_name().unwrap_or_default().display();
            Err(refused(
                ErrorKind::InvalidInput,
                &format!("what stands beside it as {name} is no plain file"),
            ))
        }
        None => Ok(false),
    }
}
