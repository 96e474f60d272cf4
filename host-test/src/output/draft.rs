//! Files that grow beside their place, page by page, until they are complete.

use super::growing::Growing;
use cloudflare_zero_trust::contract::Page;
use cloudflare_zero_trust::output::{JsonLines, Sink, SinkError, csv};
use std::ffi::OsString;
use std::fs::{self, DirBuilder, File, Metadata, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use tempfile::{Builder, TempDir};

/// What a draft of text becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// One file of JSON Lines.
    JsonLines,
    /// A directory with a CSV file for each type.
    Csv,
}

/// What is read so far, for its owner only. It takes its place when it is complete, and not before:
/// nobody takes half of it for the whole.
#[derive(Debug)]
pub struct Draft {
    place: PathBuf,
    beside: PathBuf,
    layout: Layout,
    parts: Vec<Part>,
    /// Where it isn't to outlive this process: removed with it.
    temporary: Option<TempDir>,
    /// Somebody can go on with it.
    kept: bool,
}

#[derive(Debug)]
struct Part {
    file: File,
    length: u64,
}

/// Where the draft stands that another process can go on with.
#[must_use]
pub fn beside(place: &Path) -> PathBuf {
    with_suffix(place, ".partial")
}

impl Draft {
    /// Begins one that stays when this process ends before it is complete. What is left of another
    /// one is gone.
    ///
    /// # Errors
    /// Where it can't be written, another process writes it, or its place is taken by something
    /// that isn't to be replaced.
    pub fn begin(place: &Path, layout: Layout) -> io::Result<Draft> {
        check_place(place, layout)?;
        let beside = self::beside(place);
        if layout == Layout::Csv {
            match private_directory(&beside) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => check_tables(&beside)?,
                other => other?,
            }
        }
        Self::begin_at(place, beside, layout, None)
    }

    /// Begins a directory of CSV files that goes when this process ends before it is complete.
    ///
    /// # Errors
    /// As [`Draft::begin`].
    pub fn begin_temporary_csv(place: &Path) -> io::Result<Draft> {
        check_place(place, Layout::Csv)?;
        let temporary = temporary_directory(place)?;
        Self::begin_at(place, temporary.path().to_owned(), Layout::Csv, Some(temporary))
    }

    fn begin_at(
        place: &Path,
        beside: PathBuf,
        layout: Layout,
        temporary: Option<TempDir>,
    ) -> io::Result<Draft> {
        let files: io::Result<Vec<File>> = paths(&beside, layout).iter().map(|path| anew(path)).collect();
        let parts = files?.into_iter().map(|file| Part { file, length: 0 }).collect();
        let mut draft = Draft { place: place.to_owned(), beside, layout, parts, temporary, kept: false };
        draft.headings()?;
        Ok(draft)
    }

    /// Goes on with one of which so many bytes of each file are known to be out; what stands behind
    /// them is cut off. `None` where it isn't there, or is shorter.
    ///
    /// # Errors
    /// As [`Draft::begin`].
    pub fn resume(place: &Path, layout: Layout, lengths: &[u64]) -> io::Result<Option<Draft>> {
        check_place(place, layout)?;
        let beside = self::beside(place);
        let paths = paths(&beside, layout);
        if paths.len() != lengths.len() {
            return Ok(None);
        }
        let mut parts = Vec::new();
        for (path, &length) in paths.iter().zip(lengths) {
            let Some(file) = existing(path)? else {
                return Ok(None);
            };
            if file.metadata()?.len() < length {
                return Ok(None);
            }
            parts.push(Part { file, length });
        }
        // Only now that all of them are as they should be.
        for Part { file, length } in &mut parts {
            file.set_len(*length)?;
            file.seek(SeekFrom::End(0))?;
        }
        Ok(Some(Draft { place: place.to_owned(), beside, layout, parts, temporary: None, kept: true }))
    }

    fn headings(&mut self) -> io::Result<()> {
        match self.layout {
            Layout::JsonLines => Ok(()),
            Layout::Csv => self.append(&csv::headings()?),
        }
    }

    fn append(&mut self, texts: &[Vec<u8>]) -> io::Result<()> {
        for (Part { file, length }, text) in self.parts.iter_mut().zip(texts) {
            file.write_all(text)?;
            *length += text.len() as u64;
        }
        Ok(())
    }
}

impl Growing for Draft {
    fn clear(&mut self) -> io::Result<()> {
        self.kept = false;
        for Part { file, length } in &mut self.parts {
            file.set_len(0)?;
            file.rewind()?;
            *length = 0;
        }
        self.headings()
    }

    /// In bytes.
    fn secure(&mut self) -> io::Result<Vec<u64>> {
        self.kept = true;
        for part in &self.parts {
            part.file.sync_data()?;
        }
        Ok(self.parts.iter().map(|part| part.length).collect())
    }

    /// A gap stands in it as a warning.
    fn complete(mut self: Box<Self>, _incomplete: bool) -> io::Result<()> {
        for part in &self.parts {
            part.file.sync_all()?;
        }
        match self.layout {
            Layout::JsonLines => fs::rename(&self.beside, &self.place)?,
            Layout::Csv => replace_directory(&self.beside, &self.place)?,
        }
        self.kept = true;
        if let Some(temporary) = self.temporary.take() {
            // It stands elsewhere now, and there is nothing to remove.
            let _ = temporary.keep();
        }
        Ok(())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.kept {
            // What can't be removed is in nobody's way: the next draft begins with that.
            let _ = match self.layout {
                Layout::JsonLines => fs::remove_file(&self.beside),
                Layout::Csv => remove_tables(&self.beside),
            };
        }
    }
}

impl Sink for Draft {
    fn page(&mut self, page: &Page) -> Result<(), SinkError> {
        match self.layout {
            Layout::JsonLines => {
                let mut lines = Vec::new();
                JsonLines::new(&mut lines).page(page)?;
                self.append(&[lines])?;
            }
            Layout::Csv => {
                let tables = csv::tables(page)?;
                self.append(&tables)?;
            }
        }
        Ok(())
    }
}

fn paths(of: &Path, layout: Layout) -> Vec<PathBuf> {
    match layout {
        Layout::JsonLines => vec![of.to_owned()],
        Layout::Csv => csv::NAMES.iter().map(|name| of.join(name)).collect(),
    }
}

/// Beside a place, for its owner only.
pub(super) fn temporary_directory(place: &Path) -> io::Result<TempDir> {
    let mut prefix = place.file_name().unwrap_or_default().to_os_string();
    prefix.push(".");
    let mut builder = Builder::new();
    builder.prefix(&prefix).suffix(".partial");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    builder.tempdir_in(directory_of(place))
}

pub(super) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    // `out/` names a directory as `out` does.
    let mut name: OsString = path.components().as_path().into();
    name.push(suffix);
    name.into()
}

fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

fn refused(kind: ErrorKind, reason: &str) -> io::Error {
    io::Error::new(kind, reason)
}

/// What stands in its place may be replaced.
fn check_place(place: &Path, layout: Layout) -> io::Result<()> {
    match (layout, what_stands_at(place)?) {
        (_, None) => Ok(()),
        (Layout::JsonLines, Some(_)) => check_file(place),
        (Layout::Csv, Some(_)) => check_tables(place),
    }
}

/// The same, of a file's place.
pub(super) fn check_file(place: &Path) -> io::Result<()> {
    match what_stands_at(place)? {
        Some(found) if found.is_dir() => Err(refused(ErrorKind::IsADirectory, "it is a directory")),
        _ => Ok(()),
    }
}

fn what_stands_at(place: &Path) -> io::Result<Option<Metadata>> {
    if place.file_name().is_none() {
        return Err(refused(ErrorKind::InvalidInput, "it has no name of its own"));
    }
    match fs::symlink_metadata(place) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        found => found.map(Some),
    }
}

/// A directory with nothing but what an earlier sync put there: it can go without harm.
fn check_tables(directory: &Path) -> io::Result<()> {
    if !fs::symlink_metadata(directory)?.is_dir() {
        return Err(refused(ErrorKind::NotADirectory, "it is no directory"));
    }
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let is_ours =
            csv::NAMES.iter().any(|name| entry.file_name() == *name) && entry.file_type()?.is_file();
        if !is_ours {
            let reason = "it holds other things than an earlier sync's CSV files, and is not replaced";
            return Err(refused(ErrorKind::DirectoryNotEmpty, reason));
        }
    }
    Ok(())
}

/// Takes away what [`check_tables`] lets pass, and nothing else.
fn remove_tables(directory: &Path) -> io::Result<()> {
    check_tables(directory)?;
    for entry in fs::read_dir(directory)? {
        fs::remove_file(entry?.path())?;
    }
    fs::remove_dir(directory)
}

/// A directory can't take the place of one that holds files: that one steps aside first.
fn replace_directory(new: &Path, place: &Path) -> io::Result<()> {
    check_place(place, Layout::Csv)?;
    if !place.exists() {
        return fs::rename(new, place);
    }
    let aside = with_suffix(place, ".previous");
    if aside.exists() {
        remove_tables(&aside)?;
    }
    fs::rename(place, &aside)?;
    if let Err(error) = fs::rename(new, place) {
        fs::rename(&aside, place)?;
        return Err(error);
    }
    remove_tables(&aside)
}

fn private_directory(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// An empty file of ours in place of what is left of another draft.
fn anew(path: &Path) -> io::Result<File> {
    if existing(path)?.is_some() {
        fs::remove_file(path)?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    lock(&file)?;
    Ok(file)
}

/// Whether a draft stands there: a file, and no link that leads elsewhere.
pub(super) fn is_file(path: &Path) -> io::Result<bool> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_file() => Ok(true),
        Ok(_) => Err(refused(ErrorKind::InvalidInput, "what stands beside it with “.partial” is no file")),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// A draft's file as it stands, if nobody else is writing it.
fn existing(path: &Path) -> io::Result<Option<File>> {
    if !is_file(path)? {
        return Ok(None);
    }
    let file = OpenOptions::new().write(true).open(path)?;
    lock(&file)?;
    Ok(Some(file))
}

/// Held until the file is closed, by the end of the process at the latest.
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

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    fn page(name: &str) -> Page {
        Page { resources: vec![samples::group("g1", name)], ..samples::page() }
    }

    fn names(directory: &Path) -> Vec<String> {
        let entries = fs::read_dir(directory).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn what_is_behind_the_known_length_is_cut_off() {
        for layout in [Layout::JsonLines, Layout::Csv] {
            let directory = tempfile::tempdir().unwrap();
            let place = directory.path().join("out");
            let mut draft = Draft::begin(&place, layout).unwrap();
            draft.page(&page("One")).unwrap();
            let lengths = draft.secure().unwrap();
            draft.page(&page("Lost")).unwrap();
            drop(draft);
            let mut draft = Draft::resume(&place, layout, &lengths).unwrap().unwrap();
            draft.page(&page("Two")).unwrap();
            assert_eq!(names(directory.path()), ["out.partial"]);
            Box::new(draft).complete(false).unwrap();
            assert_eq!(names(directory.path()), ["out"]);
            let file = if layout == Layout::Csv { place.join("resources.csv") } else { place };
            let text = fs::read_to_string(file).unwrap();
            assert!(text.contains("One") && text.contains("Two") && !text.contains("Lost"), "{text}");
            assert_eq!(text.lines().count(), if layout == Layout::Csv { 3 } else { 2 });
        }
    }

    #[test]
    fn what_is_shorter_than_it_should_be_or_gone_is_not_gone_on_with() {
        let directory = tempfile::tempdir().unwrap();
        let place = directory.path().join("out");
        assert!(Draft::resume(&place, Layout::JsonLines, &[0]).unwrap().is_none());
        drop(Draft::begin(&place, Layout::JsonLines).unwrap());
        assert!(names(directory.path()).is_empty(), "nobody can go on with nothing");
        Draft::begin(&place, Layout::JsonLines).unwrap().secure().unwrap();
        assert!(Draft::resume(&place, Layout::JsonLines, &[1]).unwrap().is_none());
        assert!(Draft::resume(&place, Layout::JsonLines, &[0, 0]).unwrap().is_none());
        assert!(Draft::resume(&place, Layout::JsonLines, &[0]).unwrap().is_some());
    }

    #[test]
    fn two_do_not_write_the_same() {
        let directory = tempfile::tempdir().unwrap();
        let place = directory.path().join("out");
        let mut draft = Draft::begin(&place, Layout::JsonLines).unwrap();
        draft.page(&page("One")).unwrap();
        let lengths = draft.secure().unwrap();
        assert_eq!(Draft::begin(&place, Layout::JsonLines).unwrap_err().kind(), ErrorKind::WouldBlock);
        assert_eq!(Draft::resume(&place, Layout::JsonLines, &[0]).unwrap_err().kind(), ErrorKind::WouldBlock);
        assert_eq!(fs::metadata(beside(&place)).unwrap().len(), lengths[0]);
    }

    #[test]
    fn cleared_is_as_new() {
        let directory = tempfile::tempdir().unwrap();
        let place = directory.path().join("out");
        let mut draft = Draft::begin(&place, Layout::Csv).unwrap();
        let new = draft.secure().unwrap();
        draft.page(&page("One")).unwrap();
        draft.clear().unwrap();
        assert_eq!(draft.secure().unwrap(), new);
    }

    #[test]
    fn a_directory_replaces_an_earlier_sync_s_and_nothing_else() {
        let directory = tempfile::tempdir().unwrap();
        let place = directory.path().join("out");
        for name in ["One", "Two"] {
            let mut draft = Draft::begin_temporary_csv(&place).unwrap();
            draft.page(&page(name)).unwrap();
            Box::new(draft).complete(false).unwrap();
            assert_eq!(names(directory.path()), ["out"]);
            assert_eq!(names(&place), ["entitlements.csv", "grants.csv", "resources.csv", "warnings.csv"]);
            assert!(fs::read_to_string(place.join("resources.csv")).unwrap().contains(name));
        }
        let draft = Draft::begin_temporary_csv(&place).unwrap();
        fs::write(place.join("thesis.txt"), "years of work").unwrap();
        assert!(Box::new(draft).complete(false).is_err());
        assert!(Draft::begin_temporary_csv(&place).is_err());
        assert!(Draft::begin(&place, Layout::Csv).is_err());
        assert_eq!(names(&place).len(), 5);
        assert_eq!(names(directory.path()), ["out"]);
    }

    #[test]
    fn a_temporary_one_leaves_nothing_behind() {
        let directory = tempfile::tempdir().unwrap();
        let mut draft = Draft::begin_temporary_csv(&directory.path().join("out")).unwrap();
        draft.page(&page("One")).unwrap();
        drop(draft);
        assert!(names(directory.path()).is_empty());
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_can_read_it_and_no_link_is_followed() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let directory = tempfile::tempdir().unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let place = directory.path().join("out");
        let _draft = Draft::begin(&place, Layout::JsonLines).unwrap();
        assert_eq!(mode(&beside(&place)), 0o600);
        let tables = directory.path().join("tables");
        let _draft = Draft::begin(&tables, Layout::Csv).unwrap();
        assert_eq!(mode(&beside(&tables)), 0o700);
        assert_eq!(mode(&Draft::begin_temporary_csv(&tables).unwrap().beside), 0o700);

        let (link, target) = (directory.path().join("link"), directory.path().join("target"));
        fs::write(&target, "kept").unwrap();
        symlink(&target, beside(&link)).unwrap();
        assert!(Draft::begin(&link, Layout::JsonLines).is_err());
        assert!(Draft::resume(&link, Layout::JsonLines, &[0]).is_err());
        assert_eq!(fs::read_to_string(target).unwrap(), "kept");
    }
}
