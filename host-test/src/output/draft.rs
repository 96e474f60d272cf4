//! Drafts: text that grows beside its place, page by page, and takes its place when it is complete.

use super::different::Different;
use super::directory::CSV;
use super::growing::{Completing, Growing};
use super::place::{check_file, inherit};
use super::unfinished::{Life, Readers, Unfinished, beside, create_directory, create_locked, open_locked};
use cloudflare_zero_trust::contract::Page;
use cloudflare_zero_trust::output::{JsonLines, Sink, SinkError, csv};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// The form of a draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// One file of JSON Lines.
    JsonLines,
    /// A directory with a CSV file for each type of record.
    Csv {
        /// Whether each file begins with a byte order mark.
        bom: bool,
    },
}

/// The records that were read so far, in files that only their owner can read. They take their place
/// when all are there, so nobody takes a part of them for the whole.
#[derive(Debug)]
pub struct Draft {
    place: PathBuf,
    beside: PathBuf,
    layout: Layout,
    parts: Vec<Part>,
    /// Whether it stays: another process can continue it, or it is in its place.
    kept: bool,
}

#[derive(Debug)]
struct Part {
    file: File,
    length: u64,
}

impl Draft {
    /// Begins a draft. What an earlier process left of one is removed.
    ///
    /// # Errors
    /// If writing fails, another process is writing the draft, or its place is taken by something
    /// that must not be replaced.
    pub fn begin(place: &Path, layout: Layout, life: Life) -> io::Result<Draft> {
        check_place(place, layout)?;
        let unfinished = match (life, layout) {
            (Life::Kept, _) => Unfinished::Kept,
            (Life::Temporary, Layout::JsonLines) => Unfinished::Text,
            (Life::Temporary, Layout::Csv { .. }) => Unfinished::Tables,
        };
        let beside = unfinished.beside(place);
        if matches!(layout, Layout::Csv { .. }) {
            match create_directory(&beside) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => CSV.check(&beside)?,
                other => other?,
            }
        }
        let create = |path: &PathBuf| create_locked(path, Readers::Owner);
        let files: io::Result<Vec<File>> = paths(&beside, layout).iter().map(create).collect();
        let parts = files?.into_iter().map(|file| Part { file, length: 0 }).collect();
        let mut draft = Draft { place: place.to_owned(), beside, layout, parts, kept: false };
        draft.headings()?;
        Ok(draft)
    }

    /// Continues a draft whose files are known to be written up to these lengths. Bytes beyond them
    /// are cut off. Returns `None` if a file is missing or shorter.
    ///
    /// # Errors
    /// As for [`Draft::begin`].
    pub fn resume(place: &Path, layout: Layout, lengths: &[u64]) -> io::Result<Option<Draft>> {
        check_place(place, layout)?;
        let beside = beside(place);
        let paths = paths(&beside, layout);
        if paths.len() != lengths.len() {
            return Ok(None);
        }
        let mut parts = Vec::new();
        for (path, &length) in paths.iter().zip(lengths) {
            let Some(file) = open_locked(path)? else {
                return Ok(None);
            };
            if file.metadata()?.len() < length {
                return Ok(None);
            }
            parts.push(Part { file, length });
        }
        // Nothing is cut off before all files are known to be good.
        for Part { file, length } in &mut parts {
            file.set_len(*length)?;
            file.seek(SeekFrom::End(0))?;
        }
        Ok(Some(Draft { place: place.to_owned(), beside, layout, parts, kept: true }))
    }

    fn headings(&mut self) -> io::Result<()> {
        match self.layout {
            Layout::JsonLines => Ok(()),
            Layout::Csv { bom } => self.append(&csv::headings(bom)?),
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

    /// Returns the lengths of the files in bytes.
    fn secure(&mut self) -> io::Result<Vec<u64>> {
        for part in &self.parts {
            part.file.sync_data()?;
        }
        self.kept = true;
        Ok(self.parts.iter().map(|part| part.length).collect())
    }

    fn different(&mut self) -> io::Result<BTreeMap<String, u64>> {
        let mut different = Different::default();
        // The resources are in the only file, or in the first one.
        if let Some(Part { file, length }) = self.parts.first_mut() {
            file.rewind()?;
            let text = BufReader::new(Read::take(&*file, *length));
            match self.layout {
                Layout::JsonLines => each_resource(text, |kind, id| different.add(kind, id))?,
                Layout::Csv { .. } => csv::each_resource(text, |kind, id| different.add(kind, id))?,
            }
            file.seek(SeekFrom::End(0))?;
        }
        Ok(different.count())
    }
}

impl Completing for Draft {
    /// Puts the draft in its place. Missing data is in it as a warning already.
    fn complete(mut self: Box<Self>, _incomplete: bool) -> io::Result<()> {
        for part in &self.parts {
            part.file.sync_all()?;
        }
        match self.layout {
            Layout::JsonLines => {
                check_file(&self.place)?;
                self.parts.iter().try_for_each(|part| inherit(&part.file, &self.place))?;
                fs::rename(&self.beside, &self.place)?;
            }
            Layout::Csv { .. } => CSV.replace(&self.beside, &self.place)?,
        }
        self.kept = true;
        Ok(())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.kept {
            // A file that can't be removed does no harm: the next draft begins by removing it.
            let _ = match self.layout {
                Layout::JsonLines => fs::remove_file(&self.beside),
                Layout::Csv { .. } => CSV.remove(&self.beside),
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
            Layout::Csv { .. } => {
                let tables = csv::tables(page)?;
                self.append(&tables)?;
            }
        }
        Ok(())
    }
}

/// Reads the kind and the id of each line that is a resource.
pub(super) fn each_resource(text: impl BufRead, mut take: impl FnMut(&str, &str)) -> io::Result<()> {
    #[derive(Deserialize)]
    struct Line {
        id: Id,
    }
    #[derive(Deserialize)]
    struct Id {
        kind: String,
        id: String,
    }
    for line in text.lines() {
        let line = line?;
        if line.starts_with(r#"{"type":"resource","#) {
            let Line { id } = serde_json::from_str(&line)?;
            take(&id.kind, &id.id);
        }
    }
    Ok(())
}

fn paths(of: &Path, layout: Layout) -> Vec<PathBuf> {
    match layout {
        Layout::JsonLines => vec![of.to_owned()],
        Layout::Csv { .. } => CSV.files(of),
    }
}

/// Checks that the draft may take its place.
fn check_place(place: &Path, layout: Layout) -> io::Result<()> {
    match layout {
        Layout::JsonLines => check_file(place),
        Layout::Csv { .. } => CSV.check_place(place),
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    const TABLES: Layout = Layout::Csv { bom: true };

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
        for layout in [Layout::JsonLines, TABLES] {
            let directory = tempfile::tempdir().unwrap();
            let place = directory.path().join("out");
            let mut draft = Draft::begin(&place, layout, Life::Kept).unwrap();
            draft.page(&page("One")).unwrap();
            let lengths = draft.secure().unwrap();
            draft.page(&page("Lost")).unwrap();
            drop(draft);
            let mut draft = Draft::resume(&place, layout, &lengths).unwrap().unwrap();
            draft.page(&page("Two")).unwrap();
            assert_eq!(names(directory.path()), ["out.partial"]);
            Box::new(draft).complete(false).unwrap();
            assert_eq!(names(directory.path()), ["out"]);
            let file = if layout == TABLES { place.join("resources.csv") } else { place };
            let text = fs::read_to_string(file).unwrap();
            assert!(text.contains("One") && text.contains("Two") && !text.contains("Lost"), "{text}");
            assert_eq!(text.lines().count(), if layout == TABLES { 3 } else { 2 });
        }
    }

    #[test]
    fn what_is_shorter_than_it_should_be_or_gone_is_not_gone_on_with() {
        let directory = tempfile::tempdir().unwrap();
        let place = directory.path().join("out");
        assert!(Draft::resume(&place, Layout::JsonLines, &[0]).unwrap().is_none());
        drop(Draft::begin(&place, Layout::JsonLines, Life::Kept).unwrap());
        assert!(names(directory.path()).is_empty(), "nobody can go on with nothing");
        Draft::begin(&place, Layout::JsonLines, Life::Kept).unwrap().secure().unwrap();
        assert!(Draft::resume(&place, Layout::JsonLines, &[1]).unwrap().is_none());
        assert!(Draft::resume(&place, Layout::JsonLines, &[0, 0]).unwrap().is_none());
        assert!(Draft::resume(&place, Layout::JsonLines, &[0]).unwrap().is_some());
    }

    #[test]
    fn a_resource_that_came_twice_counts_once() {
        for layout in [Layout::JsonLines, TABLES] {
            let directory = tempfile::tempdir().unwrap();
            let place = directory.path().join("out");
            let mut draft = Draft::begin(&place, layout, Life::Kept).unwrap();
            draft.page(&page("One\n\"two\"")).unwrap();
            let lengths = draft.secure().unwrap();
            drop(draft);
            let mut draft = Draft::resume(&place, layout, &lengths).unwrap().unwrap();
            let again = page("Again").resources.remove(0);
            let resources = vec![again, samples::group("g2", "Other"), samples::group("G2", "Other")];
            draft.page(&Page { resources, ..samples::page() }).unwrap();
            assert_eq!(draft.different().unwrap(), [("group".to_owned(), 3)].into());
            draft.page(&page("Last")).unwrap();
            Box::new(draft).complete(false).unwrap();
            let file = if layout == TABLES { place.join("resources.csv") } else { place };
            let text = fs::read_to_string(file).unwrap();
            assert!(text.contains("Again") && text.trim_end().lines().last().unwrap().contains("Last"));
        }
    }

    #[test]
    fn two_do_not_write_the_same() {
        let directory = tempfile::tempdir().unwrap();
        let place = directory.path().join("out");
        let mut draft = Draft::begin(&place, Layout::JsonLines, Life::Kept).unwrap();
        draft.page(&page("One")).unwrap();
        let lengths = draft.secure().unwrap();
        assert_eq!(
            Draft::begin(&place, Layout::JsonLines, Life::Kept).unwrap_err().kind(),
            ErrorKind::WouldBlock
        );
        assert_eq!(Draft::resume(&place, Layout::JsonLines, &[0]).unwrap_err().kind(), ErrorKind::WouldBlock);
        assert_eq!(fs::metadata(beside(&place)).unwrap().len(), lengths[0]);
    }

    #[test]
    fn cleared_is_as_new() {
        let directory = tempfile::tempdir().unwrap();
        let place = directory.path().join("out");
        let mut draft = Draft::begin(&place, TABLES, Life::Kept).unwrap();
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
            let mut draft = Draft::begin(&place, TABLES, Life::Temporary).unwrap();
            draft.page(&page(name)).unwrap();
            Box::new(draft).complete(false).unwrap();
            assert_eq!(names(directory.path()), ["out"]);
            assert_eq!(names(&place), ["entitlements.csv", "grants.csv", "resources.csv", "warnings.csv"]);
            assert!(fs::read_to_string(place.join("resources.csv")).unwrap().contains(name));
        }
        let draft = Draft::begin(&place, TABLES, Life::Temporary).unwrap();
        fs::write(place.join("thesis.txt"), "years of work").unwrap();
        assert!(Box::new(draft).complete(false).is_err());
        assert!(Draft::begin(&place, TABLES, Life::Temporary).is_err());
        assert!(Draft::begin(&place, TABLES, Life::Kept).is_err());
        assert_eq!(names(&place).len(), 5);
        assert_eq!(names(directory.path()), ["out"]);
    }

    #[test]
    fn a_temporary_one_leaves_nothing_behind() {
        let directory = tempfile::tempdir().unwrap();
        let mut draft = Draft::begin(&directory.path().join("out"), TABLES, Life::Temporary).unwrap();
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
        let _draft = Draft::begin(&place, Layout::JsonLines, Life::Kept).unwrap();
        assert_eq!(mode(&beside(&place)), 0o600);
        let tables = directory.path().join("tables");
        let _draft = Draft::begin(&tables, TABLES, Life::Kept).unwrap();
        assert_eq!(mode(&beside(&tables)), 0o700);
        assert_eq!(mode(&Draft::begin(&tables, TABLES, Life::Temporary).unwrap().beside), 0o700);

        let (link, target) = (directory.path().join("link"), directory.path().join("target"));
        fs::write(&target, "kept").unwrap();
        symlink(&target, beside(&link)).unwrap();
        assert!(Draft::begin(&link, Layout::JsonLines, Life::Kept).is_err());
        assert!(Draft::resume(&link, Layout::JsonLines, &[0]).is_err());
        assert_eq!(fs::read_to_string(target).unwrap(), "kept");
    }
}
