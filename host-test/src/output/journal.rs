//! A compressed output that another process can continue: its pages, each safe when it has been taken. When
//! all are there, the output is made of them.
//!
//! A Parquet file has its table of contents at its end, and its row groups are as large as memory allows, so
//! that what a page brings can't stay as it is. A text of one frame can be continued only where its encoder
//! still is, and not every reader goes on behind the first frame. So both are made at the end, in one go, and
//! are the same as without a break.

use super::different::Different;
use super::draft::each_resource;
use super::file::Replacement;
use super::frames::{Frames, LEVEL};
use super::growing::{Completing, Growing};
#[cfg(feature = "parquet")]
use super::pages;
#[cfg(feature = "parquet")]
use super::parquet::{About, ParquetDraft, TABLES};
use super::place::check_file;
use super::unfinished::{Readers, Unfinished};
use cloudflare_zero_trust::contract::Page;
use cloudflare_zero_trust::output::{JsonLines, Sink, SinkError};
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The output that a journal becomes.
#[derive(Clone, Debug)]
pub enum Content {
    /// One compressed file of JSON Lines.
    Lines,
    /// A directory of Parquet files.
    #[cfg(feature = "parquet")]
    Parquet(About),
}

impl Content {
    /// Checks that the output may take its place.
    fn check_place(&self, place: &Path) -> io::Result<()> {
        match self {
            Content::Lines => check_file(place),
            #[cfg(feature = "parquet")]
            Content::Parquet(_) => TABLES.check_place(place),
        }
    }
}

/// The pages that were read so far, in a file that only its owner can read.
pub struct Journal {
    place: PathBuf,
    beside: PathBuf,
    frames: Frames,
    content: Content,
    /// Whether another process can continue it.
    kept: bool,
}

impl Journal {
    /// Begins a journal. What an earlier process left of one is removed.
    ///
    /// # Errors
    /// If writing fails, another process is writing the journal, or its place is taken by something that must
    /// not be replaced.
    pub fn begin(place: &Path, content: Content) -> io::Result<Journal> {
        content.check_place(place)?;
        let beside = Unfinished::Kept.beside(place);
        let frames = Frames::begin(&beside)?;
        Ok(Journal { place: place.to_owned(), beside, frames, content, kept: false })
    }

    /// Continues a journal that is known to have this length. Returns `None` if it is missing or shorter.
    ///
    /// # Errors
    /// As for [`Journal::begin`].
    pub fn resume(place: &Path, content: Content, lengths: &[u64]) -> io::Result<Option<Journal>> {
        content.check_place(place)?;
        let beside = Unfinished::Kept.beside(place);
        let &[length] = lengths else {
            return Ok(None);
        };
        let frames = Frames::resume(&beside, length)?;
        let place = place.to_owned();
        Ok(frames.map(|frames| Journal { place, beside, frames, content, kept: true }))
    }

    /// Makes the output of the pages, and puts it in its place.
    fn convert(&mut self, incomplete: bool) -> io::Result<()> {
        match &self.content {
            Content::Lines => {
                // A text says itself that it is incomplete.
                let _ = incomplete;
                let mut file = Replacement::begin(&self.place, Unfinished::Text, Readers::Owner)?;
                let mut encoder = zstd::Encoder::new(&mut file, LEVEL)?;
                encoder.include_checksum(true)?;
                self.frames.read(|text| io::copy(text, &mut encoder))?;
                encoder.finish()?;
                file.complete()
            }
            #[cfg(feature = "parquet")]
            Content::Parquet(about) => {
                let mut draft = Box::new(ParquetDraft::begin(&self.place, about.clone())?);
                self.frames.read(|text| pages::each(text, |page| draft.page(page).map_err(failed)))?;
                draft.complete(incomplete)
            }
        }
    }
}

#[cfg(feature = "parquet")]
fn failed(error: SinkError) -> io::Error {
    match error {
        SinkError::Io(error) => error,
        error => io::Error::other(error),
    }
}

impl Sink for Journal {
    fn page(&mut self, page: &Page) -> Result<(), SinkError> {
        let text = match &self.content {
            Content::Lines => {
                let mut lines = Vec::new();
                JsonLines::new(&mut lines).page(page)?;
                lines
            }
            #[cfg(feature = "parquet")]
            Content::Parquet(_) => {
                ParquetDraft::check(page)?;
                pages::text(page)?
            }
        };
        Ok(self.frames.append(&text)?)
    }
}

impl Growing for Journal {
    fn clear(&mut self) -> io::Result<()> {
        self.kept = false;
        self.frames.clear()
    }

    /// Returns the length of the journal.
    fn secure(&mut self) -> io::Result<Vec<u64>> {
        let length = self.frames.secure()?;
        self.kept = true;
        Ok(vec![length])
    }

    fn different(&mut self) -> io::Result<BTreeMap<String, u64>> {
        let mut different = Different::default();
        let content = &self.content;
        self.frames.read(|text| match content {
            Content::Lines => each_resource(text, |kind, id| different.add(kind, id)),
            #[cfg(feature = "parquet")]
            Content::Parquet(_) => pages::each(text, |page| {
                page.resources.iter().for_each(|resource| different.add(&resource.id.kind, &resource.id.id));
                Ok(())
            }),
        })?;
        Ok(different.count())
    }
}

impl Completing for Journal {
    fn complete(mut self: Box<Self>, incomplete: bool) -> io::Result<()> {
        self.convert(incomplete)?;
        // The output is in its place, so the pages aren't needed any more.
        self.kept = false;
        Ok(())
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        if !self.kept {
            // A file that can't be removed does no harm: the next journal begins by removing it.
            let _ = fs::remove_file(&self.beside);
        }
    }
}
