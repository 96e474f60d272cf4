//! The destination of a command's result.

use super::place::{self, Place, Standard};
use super::unfinished::{Readers, Unfinished, create_locked};
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Stdout, Write};
use std::path::{Path, PathBuf};

/// Standard output, a stream, or a file that appears as a whole or not at all.
pub enum Destination {
    /// Standard output.
    Stdout(BufWriter<Stdout>),
    /// A device or a pipe, which gets each byte as it comes.
    Stream(BufWriter<File>),
    /// A file.
    File(Replacement),
    /// One of these, compressed with zstd on the way.
    #[cfg(feature = "zstd")]
    Compressed(Box<zstd::Encoder<'static, Destination>>),
}

impl Destination {
    /// Opens a place. A pipe without a reader waits for one.
    ///
    /// # Errors
    /// If nothing can be written there.
    pub fn open(place: &Place, readers: Readers) -> io::Result<Destination> {
        match place.standard() {
            Some(Standard::Output) => Ok(Destination::stdout()),
            Some(Standard::Error) => Ok(Destination::Stream(BufWriter::new(standard_error()?))),
            None if place.is_replaced() => {
                Ok(Destination::File(Replacement::begin(place.path(), Unfinished::Text, readers)?))
            }
            None => {
                let stream = OpenOptions::new().write(true).open(place.path())?;
                Ok(Destination::Stream(BufWriter::new(stream)))
            }
        }
    }

    /// Opens standard output.
    #[must_use]
    pub fn stdout() -> Destination {
        Destination::Stdout(BufWriter::new(io::stdout()))
    }

    /// Compresses what is written from now on with zstd, as one frame with a checksum.
    ///
    /// # Errors
    /// If zstd has no memory.
    #[cfg(feature = "zstd")]
    pub fn compressed(self) -> io::Result<Destination> {
        let mut encoder = zstd::Encoder::new(self, super::frames::LEVEL)?;
        encoder.include_checksum(true)?;
        Ok(Destination::Compressed(Box::new(encoder)))
    }

    /// Whether it is standard output.
    #[must_use]
    pub fn is_stdout(&self) -> bool {
        matches!(self, Destination::Stdout(_))
    }

    /// Finishes the result: a file takes its place. Without this call nothing is left of it.
    ///
    /// # Errors
    /// If the rest can't be written, or the file can't be put in its place.
    pub fn complete(self) -> io::Result<()> {
        match self {
            Destination::Stdout(mut stdout) => stdout.flush(),
            Destination::Stream(mut stream) => stream.flush(),
            Destination::File(file) => file.complete(),
            #[cfg(feature = "zstd")]
            Destination::Compressed(encoder) => encoder.finish()?.complete(),
        }
    }
}

impl Write for Destination {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Destination::Stdout(stdout) => stdout.write(bytes),
            Destination::Stream(stream) => stream.write(bytes),
            Destination::File(file) => file.write(bytes),
            #[cfg(feature = "zstd")]
            Destination::Compressed(encoder) => encoder.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Destination::Stdout(stdout) => stdout.flush(),
            Destination::Stream(stream) => stream.flush(),
            Destination::File(file) => file.flush(),
            #[cfg(feature = "zstd")]
            Destination::Compressed(encoder) => encoder.flush(),
        }
    }
}

/// Opens standard error by its descriptor. By its path, a file would be written from its beginning.
#[cfg(unix)]
fn standard_error() -> io::Result<File> {
    std::os::fd::AsFd::as_fd(&io::stderr()).try_clone_to_owned().map(File::from)
}

#[cfg(not(unix))]
fn standard_error() -> io::Result<File> {
    Err(io::ErrorKind::Unsupported.into())
}

/// The new content of a file. Until it is complete, it is in another file beside the place.
pub struct Replacement {
    place: PathBuf,
    beside: PathBuf,
    file: BufWriter<File>,
    is_complete: bool,
}

impl Replacement {
    /// Begins new content for a path, which has no link at its end.
    pub(super) fn begin(place: &Path, of: Unfinished, readers: Readers) -> io::Result<Replacement> {
        place::check_file(place)?;
        let beside = of.beside(place);
        let file = BufWriter::new(create_locked(&beside, readers)?);
        Ok(Replacement { place: place.to_owned(), beside, file, is_complete: false })
    }

    /// Puts the file in its place, with the mode of the one that was there.
    pub(super) fn complete(mut self) -> io::Result<()> {
        self.file.flush()?;
        let file = self.file.get_ref();
        place::check_file(&self.place)?;
        place::inherit(file, &self.place)?;
        file.sync_all()?;
        fs::rename(&self.beside, &self.place)?;
        self.is_complete = true;
        Ok(())
    }
}

impl Write for Replacement {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for Replacement {
    fn drop(&mut self) {
        if !self.is_complete {
            // A file that can't be removed does no harm: the next one begins by removing it.
            let _ = fs::remove_file(&self.beside);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(path: &Path) -> io::Result<Destination> {
        Destination::open(&Place::find(path)?, Readers::Owner)
    }

    fn names(directory: &Path) -> Vec<String> {
        let entries = fs::read_dir(directory).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn a_file_appears_when_it_is_complete() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("out.jsonl");
        fs::write(&path, "before").unwrap();
        let mut file = open(&path).unwrap();
        file.write_all(b"after").unwrap();
        file.flush().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "before");
        file.complete().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "after");
        assert_eq!(names(place.path()), ["out.jsonl"]);
    }

    #[test]
    fn nothing_is_left_of_what_was_given_up_and_what_a_killed_process_left_is_replaced() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("out.jsonl");
        fs::write(Unfinished::Text.beside(&path), "of a killed process").unwrap();
        let mut file = open(&path).unwrap();
        file.write_all(b"half").unwrap();
        assert_eq!(names(place.path()).len(), 1);
        assert_eq!(open(&path).err().unwrap().kind(), io::ErrorKind::WouldBlock, "two write it");
        drop(file);
        assert!(names(place.path()).is_empty());
    }

    #[test]
    fn a_place_that_is_not_there_is_an_error() {
        assert!(open(Path::new("/nowhere/at/all/out.jsonl")).is_err());
        assert!(open(Path::new("/")).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn a_mode_is_kept_and_a_link_stays_a_link() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let directory = tempfile::tempdir().unwrap();
        let (path, link) = (directory.path().join("out"), directory.path().join("link"));
        symlink("out", &link).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
        let write = |text: &str| {
            let mut file = open(&link).unwrap();
            file.write_all(text.as_bytes()).unwrap();
            assert_eq!(mode(&Unfinished::Text.beside(&path)), 0o600);
            file.complete().unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
            assert!(link.is_symlink());
        };
        write("one");
        assert_eq!(mode(&path), 0o600);
        for given in [0o644, 0o640, 0o400, 0o666] {
            fs::set_permissions(&path, fs::Permissions::from_mode(given)).unwrap();
            write("two");
            assert_eq!(mode(&path), given);
        }
    }
}
