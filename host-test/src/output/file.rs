//! The destination of a command's result.

use super::place::{directory_of, temporary_prefix};
use std::io::{self, BufWriter, Stdout, Write};
use std::path::{Path, PathBuf};
use tempfile::{Builder, NamedTempFile};

/// Standard output, or a file that appears as a whole or not at all.
pub enum Destination {
    /// Standard output.
    Stdout(BufWriter<Stdout>),
    /// A file. Until [`Destination::complete`], its content is in another file beside it, which only
    /// its owner can read.
    File {
        /// The file's place.
        path: PathBuf,
        /// The content so far.
        partial: BufWriter<NamedTempFile>,
    },
}

impl Destination {
    /// Opens a file, or standard output if no path is given.
    ///
    /// # Errors
    /// If nothing can be written beside `path`.
    pub fn open(path: Option<&Path>) -> io::Result<Destination> {
        let Some(path) = path else {
            return Ok(Destination::Stdout(BufWriter::new(io::stdout())));
        };
        if path.file_name().is_none() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "it names no file"));
        }
        let prefix = temporary_prefix(path);
        let partial = Builder::new().prefix(&prefix).suffix(".partial").tempfile_in(directory_of(path))?;
        Ok(Destination::File { path: path.to_owned(), partial: BufWriter::new(partial) })
    }

    /// Whether it is a file.
    #[must_use]
    pub fn is_file(&self) -> bool {
        matches!(self, Destination::File { .. })
    }

    /// Finishes the result: a file takes its place. Without this call nothing is left of it.
    ///
    /// # Errors
    /// If the rest can't be written, or the file can't be put in its place.
    pub fn complete(self) -> io::Result<()> {
        match self {
            Destination::Stdout(mut stdout) => stdout.flush(),
            Destination::File { path, partial } => {
                let file = partial.into_inner().map_err(io::IntoInnerError::into_error)?;
                file.as_file().sync_all()?;
                file.persist(path)?;
                Ok(())
            }
        }
    }
}

impl Write for Destination {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Destination::Stdout(stdout) => stdout.write(bytes),
            Destination::File { partial, .. } => partial.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Destination::Stdout(stdout) => stdout.flush(),
            Destination::File { partial, .. } => partial.flush(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn names(directory: &Path) -> Vec<String> {
        let entries = fs::read_dir(directory).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn a_file_appears_when_it_is_complete() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("out.jsonl");
        fs::write(&path, "before").unwrap();
        let mut file = Destination::open(Some(&path)).unwrap();
        file.write_all(b"after").unwrap();
        file.flush().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "before");
        file.complete().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "after");
        assert_eq!(names(place.path()), ["out.jsonl"]);
    }

    #[test]
    fn nothing_is_left_of_what_was_given_up() {
        let place = tempfile::tempdir().unwrap();
        let mut file = Destination::open(Some(&place.path().join("out.jsonl"))).unwrap();
        file.write_all(b"half").unwrap();
        assert_eq!(names(place.path()).len(), 1);
        drop(file);
        assert!(names(place.path()).is_empty());
    }

    #[test]
    fn a_place_that_is_not_there_is_an_error() {
        assert!(Destination::open(Some(Path::new("/nowhere/at/all/out.jsonl"))).is_err());
        assert!(Destination::open(Some(Path::new("/"))).is_err());
    }
}
