//! The forms of an output. A plain file or a directory is replaced as a whole, a stream is written
//! through, and anything else is refused. Each output of each command is judged here.

use cloudflare_zero_trust::command::shown::harmless_path;
use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// The most symbolic links in a row, as on Linux.
const MOST_LINKS: usize = 40;

/// The place of an output. Symbolic links are followed, so that a link stays a link.
#[derive(Clone, Debug)]
pub struct Place {
    path: PathBuf,
    found: Found,
}

/// The content of a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    Nothing,
    File,
    Directory,
    /// A character device or a pipe.
    Stream,
    Standard(Standard),
    /// Nothing that an output can be, for this reason.
    Unfit(&'static str),
}

/// A stream that this process was started with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standard {
    Output,
    Error,
}

/// The needs of an output from its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// It is written once, from its beginning to its end.
    Text,
    /// It is read again, or written in any order.
    File,
    /// It is a directory.
    Directory,
}

impl Place {
    /// Looks at what a path leads to. `-` is standard output, and so is each other path that leads
    /// to where standard output goes.
    ///
    /// # Errors
    /// If the path has no name of its own, or can't be followed. Directories on the way may be
    /// missing.
    pub fn find(path: &Path) -> io::Result<Place> {
        if path == Path::new("-") {
            return Ok(Place::stdout());
        }
        let found = match fs::metadata(path) {
            Ok(metadata) => look(path, &metadata),
            Err(error) if error.kind() == ErrorKind::NotFound => Found::Nothing,
            Err(error) => return Err(error),
        };
        let path = match found {
            Found::Nothing | Found::File | Found::Directory => resolve(path)?,
            // The system's name for a pipe is no path.
            Found::Stream | Found::Standard(_) | Found::Unfit(_) => path.to_owned(),
        };
        Ok(Place { path, found })
    }

    /// Standard output.
    #[must_use]
    pub fn stdout() -> Place {
        Place { path: PathBuf::from("-"), found: Found::Standard(Standard::Output) }
    }

    /// The path without symbolic links, if something is replaced there, and otherwise as it was
    /// given.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it is standard output.
    #[must_use]
    pub fn is_stdout(&self) -> bool {
        self.standard() == Some(Standard::Output)
    }

    pub(super) fn standard(&self) -> Option<Standard> {
        match self.found {
            Found::Standard(standard) => Some(standard),
            _ => None,
        }
    }

    /// Whether what is there is replaced as a whole. A stream is written through.
    #[must_use]
    pub fn is_replaced(&self) -> bool {
        matches!(self.found, Found::Nothing | Found::File | Found::Directory)
    }

    /// The reason why an output of this form can't be here. `None` if it can. A directory that would be
    /// replaced is looked into by [`Tables::refusal`](super::Tables::refusal).
    #[must_use]
    pub fn refusal(&self, form: Form) -> Option<&'static str> {
        match (self.found, form) {
            (Found::Unfit(reason), _) => Some(reason),
            (Found::Stream | Found::Standard(_), Form::File) => Some(
                "it leads to a stream or a device. This output is read again while it is written: give the \
                 path of a plain file",
            ),
            (Found::Stream | Found::Standard(_), Form::Directory) => {
                Some("it leads to a stream or a device. This output is a directory: give the path of one")
            }
            (Found::Directory, Form::Text | Form::File) => {
                Some("it is a directory. This output is a file: give the path of one")
            }
            _ => None,
        }
    }
}

/// Says what a path leads to.
#[cfg(unix)]
fn look(path: &Path, metadata: &Metadata) -> Found {
    use std::os::unix::fs::FileTypeExt;
    let kind = metadata.file_type();
    if kind.is_dir() {
        return Found::Directory;
    }
    if kind.is_block_device() {
        return Found::Unfit("it leads to a block device, and an output would destroy what is on it");
    }
    if kind.is_socket() {
        return Found::Unfit("it leads to a socket, and nothing can be written to it by its path");
    }
    if let Some(standard) = standard(metadata) {
        return Found::Standard(standard);
    }
    if !kind.is_file() {
        return Found::Stream;
    }
    if is_descriptor(path) {
        // Opened by this path it would be written from its beginning, over what is there.
        return Found::Unfit("it leads to a plain file that is open already: give the path of the file");
    }
    Found::File
}

#[cfg(not(unix))]
fn look(_path: &Path, metadata: &Metadata) -> Found {
    match metadata.file_type() {
        kind if kind.is_dir() => Found::Directory,
        kind if kind.is_file() => Found::File,
        _ => Found::Unfit("it leads to something that is neither a file nor a directory"),
    }
}

/// Says whether standard output or standard error leads to the same as a path.
#[cfg(unix)]
fn standard(of: &Metadata) -> Option<Standard> {
    use std::os::fd::{AsFd, BorrowedFd};
    use std::os::unix::fs::MetadataExt;
    let leads_there = |descriptor: BorrowedFd<'_>| {
        let metadata = descriptor.try_clone_to_owned().and_then(|owned| File::from(owned).metadata());
        metadata.is_ok_and(|found| (found.dev(), found.ino()) == (of.dev(), of.ino()))
    };
    if leads_there(io::stdout().as_fd()) {
        Some(Standard::Output)
    } else {
        leads_there(io::stderr().as_fd()).then_some(Standard::Error)
    }
}

/// Whether a path names an open descriptor, as `/dev/fd/3` and `/proc/self/fd/3` do.
#[cfg(unix)]
fn is_descriptor(path: &Path) -> bool {
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        if let Ok(directory) = fs::canonicalize(directory_of(&path)) {
            let of_process = directory.starts_with("/proc") && directory.ends_with("fd");
            if of_process || directory == Path::new("/dev/fd") {
                return true;
            }
        }
        match fs::read_link(&path) {
            Ok(target) => path = directory_of(&path).join(target),
            Err(_) => return false,
        }
    }
    false
}

/// Returns the path without symbolic links. Its last parts may be missing.
fn resolve(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        match fs::canonicalize(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            resolved => return resolved,
        }
        match fs::read_link(&path) {
            Ok(target) => path = directory_of(&path).join(target),
            Err(_) => return resolve_missing(&path),
        }
    }
    Err(refused(ErrorKind::InvalidInput, "too many symbolic links lead on from it"))
}

fn resolve_missing(path: &Path) -> io::Result<PathBuf> {
    let directory = directory_of(path);
    let Some(name) = path.file_name() else {
        // `missing/..` leads nowhere, although nothing has to be made in it.
        return Err(match fs::metadata(directory) {
            Err(error) if error.kind() == ErrorKind::NotFound && path.ends_with("..") => {
                refused(ErrorKind::NotFound, &is_missing(directory))
            }
            _ => refused(ErrorKind::InvalidInput, "it has no name of its own"),
        });
    };
    let directory = match fs::canonicalize(directory) {
        Err(error) if error.kind() == ErrorKind::NotFound => resolve_missing(directory)?,
        resolved => resolved?,
    };
    Ok(directory.join(name))
}

fn is_missing(directory: &Path) -> String {
    // A path of one word alone could be a secret.
    match harmless_path(&Path::new(".").join(directory)) {
        Some(_) => format!("the directory {} on the way isn't there", directory.display()),
        None => "a directory on the way isn't there".to_owned(),
    }
}

/// Returns the directory that a path is in.
pub(super) fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Checks that a plain file may be put at this path, which has no link at its end.
pub(super) fn check_file(path: &Path) -> io::Result<()> {
    match metadata(path)? {
        Some(found) if found.is_dir() => Err(refused(ErrorKind::IsADirectory, "it is a directory")),
        Some(found) if !found.is_file() => Err(refused(ErrorKind::InvalidInput, "it is no plain file")),
        _ => Ok(()),
    }
}

/// Looks at what is at a path, without following a link at its end.
pub(super) fn metadata(path: &Path) -> io::Result<Option<Metadata>> {
    if path.file_name().is_none() {
        return Err(refused(ErrorKind::InvalidInput, "it has no name of its own"));
    }
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        found => found.map(Some),
    }
}

/// Gives a new file or directory the mode and the owner of the one that it will replace. What the
/// system doesn't allow is left out: the new one is then for its owner only.
#[cfg(unix)]
pub(super) fn inherit(new: &File, replaced: &Path) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, fchown};
    let Some(old) = metadata(replaced)? else {
        return Ok(());
    };
    let made = new.metadata()?;
    if made.uid() != old.uid() {
        let _ = fchown(new, Some(old.uid()), None);
    }
    if made.gid() != old.gid() {
        let _ = fchown(new, None, Some(old.gid()));
    }
    // The last, because a new owner takes some bits of the mode away.
    let _ = new.set_permissions(old.permissions());
    Ok(())
}

#[cfg(not(unix))]
pub(super) fn inherit(_new: &File, _replaced: &Path) -> io::Result<()> {
    Ok(())
}

pub(super) fn refused(kind: ErrorKind, reason: &str) -> io::Error {
    io::Error::new(kind, reason)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn links_are_followed_to_what_is_there_or_will_be() {
        let directory = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(directory.path()).unwrap();
        fs::create_dir_all(root.join("a/b")).unwrap();
        fs::write(root.join("a/file"), "").unwrap();
        symlink("a/file", root.join("to-file")).unwrap();
        symlink("to-file", root.join("to-link")).unwrap();
        symlink("../a/new", root.join("a/b/to-new")).unwrap();
        symlink("a/b", root.join("to-directory")).unwrap();
        for (path, leads_to) in [
            ("a/file", "a/file"),
            ("./a/../a/b/../file", "a/file"),
            ("to-file", "a/file"),
            ("to-link", "a/file"),
            ("to-directory", "a/b"),
            ("to-directory/to-new", "a/a/new"),
            ("to-directory/../new", "a/new"),
            ("new/newer/newest", "new/newer/newest"),
        ] {
            assert_eq!(Place::find(&root.join(path)).unwrap().path(), root.join(leads_to), "{path}");
        }
        symlink("round", root.join("round")).unwrap();
        for path in ["round", "a/file/inside", "new/.."] {
            assert!(Place::find(&root.join(path)).is_err(), "{path}");
        }
        assert!(Place::find(Path::new("")).is_err());
        for (path, told) in [
            ("gone/../new", "the directory ./gone on the way isn't there"),
            ("a/gone/../new/newer", "the directory ./a/gone on the way isn't there"),
            ("Zm9vYmFyCg9x/../new", "a directory on the way isn't there"),
        ] {
            let error = resolve(&Path::new(".").join(path)).unwrap_err();
            assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::NotFound, told));
        }
    }

    #[test]
    fn what_is_no_plain_file_is_written_through_or_refused() {
        let null = Place::find(Path::new("/dev/null")).unwrap();
        assert_eq!((null.refusal(Form::Text), null.is_replaced()), (None, false));
        assert!(null.refusal(Form::File).is_some() && null.refusal(Form::Directory).is_some());
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("socket");
        let _socket = std::os::unix::net::UnixListener::bind(&path).unwrap();
        let socket = Place::find(&path).unwrap();
        for form in [Form::Text, Form::File, Form::Directory] {
            assert!(socket.refusal(form).unwrap().contains("socket"));
        }
        let file = File::create(directory.path().join("file")).unwrap();
        let opened = format!("/dev/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&file));
        let opened = Place::find(Path::new(&opened)).unwrap();
        assert!(opened.refusal(Form::Text).unwrap().contains("open already"));
        assert!(Place::find(Path::new("-")).unwrap().is_stdout());
    }
}
