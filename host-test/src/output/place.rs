//! The place of an output, and the files that grow beside it: for their owner only, and written by
//! one process at a time.

use std::ffi::OsString;
use std::fs::{self, DirBuilder, File, Metadata, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use tempfile::{Builder, TempDir};

/// Returns the path of the draft that another process can continue.
#[must_use]
pub fn beside(place: &Path) -> PathBuf {
    with_suffix(place, ".partial")
}

pub(super) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    // `out/` names the same directory as `out`.
    let mut name: OsString = path.components().as_path().into();
    name.push(suffix);
    name.into()
}

/// Returns the directory that a path is in.
pub(super) fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Returns the beginning of the names of temporary files beside a place.
pub(super) fn temporary_prefix(place: &Path) -> OsString {
    let mut prefix = place.file_name().unwrap_or_default().to_os_string();
    prefix.push(".");
    prefix
}

/// Makes a temporary directory beside a place.
pub(super) fn temporary_directory(place: &Path) -> io::Result<TempDir> {
    let prefix = temporary_prefix(place);
    let mut builder = Builder::new();
    builder.prefix(&prefix).suffix(".partial");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    builder.tempdir_in(directory_of(place))
}

/// Makes a directory.
pub(super) fn create_directory(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Makes an empty file. Fails if anything is there already, a link included.
pub(super) fn create_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Makes an empty file and locks it. A draft that was left there is removed first.
pub(super) fn create_locked(path: &Path) -> io::Result<File> {
    if open_locked(path)?.is_some() {
        fs::remove_file(path)?;
    }
    let file = create_file(path)?;
    lock(&file)?;
    Ok(file)
}

/// Opens a draft's file and locks it. Returns `None` if there is none.
///
/// # Errors
/// If another process is writing it, among others.
pub(super) fn open_locked(path: &Path) -> io::Result<Option<File>> {
    if !is_file(path)? {
        return Ok(None);
    }
    let file = OpenOptions::new().write(true).open(path)?;
    lock(&file)?;
    Ok(Some(file))
}

/// Locks a file until it is closed, by the end of the process at the latest.
fn lock(file: &File) -> io::Result<()> {
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => {
            Err(refused(ErrorKind::WouldBlock, "another process is writing it at this moment"))
        }
        Err(TryLockError::Error(error)) if error.kind() == ErrorKind::Unsupported => Ok(()),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Whether a draft's file is there.
///
/// # Errors
/// If something else is there: a directory, or a link that leads elsewhere.
pub(super) fn is_file(path: &Path) -> io::Result<bool> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_file() => Ok(true),
        Ok(_) => Err(refused(ErrorKind::InvalidInput, "what stands beside it with “.partial” is no file")),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Checks that a file may be put in this place.
pub(super) fn check_file(place: &Path) -> io::Result<()> {
    match metadata(place)? {
        Some(found) if found.is_dir() => Err(refused(ErrorKind::IsADirectory, "it is a directory")),
        _ => Ok(()),
    }
}

/// Looks at what is in a place, without following a link.
pub(super) fn metadata(place: &Path) -> io::Result<Option<Metadata>> {
    if place.file_name().is_none() {
        return Err(refused(ErrorKind::InvalidInput, "it has no name of its own"));
    }
    match fs::symlink_metadata(place) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        found => found.map(Some),
    }
}

pub(super) fn refused(kind: ErrorKind, reason: &str) -> io::Error {
    io::Error::new(kind, reason)
}
