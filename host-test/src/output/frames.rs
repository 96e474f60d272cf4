//! A file of compressed pieces. Each piece is a zstd frame of its own, so that the file can be cut off
//! behind any of them, and one after the other they read as one text.

use super::unfinished::{Readers, create_locked, open_locked};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::Path;
use zstd::bulk::Compressor;
use zstd::stream::read::Decoder;

/// The level of compression, zstd's default.
pub(super) const LEVEL: i32 = 3;

/// A locked file that grows by frames.
pub(super) struct Frames {
    file: File,
    length: u64,
    compressor: Compressor<'static>,
}

impl Frames {
    /// Begins a file. What a process that was killed left there is removed first.
    pub(super) fn begin(path: &Path) -> io::Result<Frames> {
        Self::of(create_locked(path, Readers::Owner)?, 0)
    }

    /// Continues a file that is known to have this many bytes. What is behind them is cut off. Returns
    /// `None` if the file is missing or shorter.
    pub(super) fn resume(path: &Path, length: u64) -> io::Result<Option<Frames>> {
        let Some(mut file) = open_locked(path)? else {
            return Ok(None);
        };
        if file.metadata()?.len() < length {
            return Ok(None);
        }
        file.set_len(length)?;
        file.seek(SeekFrom::End(0))?;
        Self::of(file, length).map(Some)
    }

    fn of(file: File, length: u64) -> io::Result<Frames> {
        let mut compressor = Compressor::new(LEVEL)?;
        compressor.include_checksum(true)?;
        Ok(Frames { file, length, compressor })
    }

    pub(super) fn append(&mut self, text: &[u8]) -> io::Result<()> {
        let frame = self.compressor.compress(text)?;
        self.file.write_all(&frame)?;
        self.length += frame.len() as u64;
        Ok(())
    }

    pub(super) fn clear(&mut self) -> io::Result<()> {
        self.length = 0;
        self.file.set_len(0)?;
        self.file.rewind()
    }

    /// Makes sure that the frames outlast a crash, and returns their length.
    pub(super) fn secure(&mut self) -> io::Result<u64> {
        self.file.sync_data()?;
        Ok(self.length)
    }

    /// Reads all frames as one text.
    pub(super) fn read<T>(&mut self, read: impl FnOnce(&mut dyn BufRead) -> io::Result<T>) -> io::Result<T> {
        if self.length == 0 {
            return read(&mut io::empty());
        }
        self.file.rewind()?;
        let mut text = BufReader::new(Decoder::new(Read::take(&self.file, self.length))?);
        let taken = read(&mut text)?;
        self.file.seek(SeekFrom::End(0))?;
        Ok(taken)
    }
}
