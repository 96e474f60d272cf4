//! An earlier review, or the lines of an earlier sync, to compare with.

use super::columns::Reader;
use super::data;
use super::file::read_lines;
use super::head::{Head, time_in_words};
use super::page;
use super::review::{Read, Review};
use super::side::Side;
use super::since::{Changes, Earlier};
use serde_json::Value;
use std::io::{self, BufRead, BufReader, ErrorKind, Read as _};

/// The data of an earlier review.
#[derive(Debug)]
pub(crate) struct EarlierFile {
    pub(super) data: Vec<u8>,
    pub(super) told: Earlier,
}

impl EarlierFile {
    /// Reads a review, or JSON Lines. `name` is the file's name, and `time` when it was written, in seconds
    /// since 1970: JSON Lines don't say when they were read. An error continues a sentence.
    pub(crate) fn read(from: impl io::Read, name: String, time: i64) -> io::Result<EarlierFile> {
        let mut from = BufReader::new(from);
        let is_lines = from.fill_buf()?.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'<');
        let (data, digest) = if is_lines {
            let review = Review::new(read_lines(from)?, Read { kinds: None, time, told: Vec::new() });
            (data::lay_out(&review, &[], &Changes::default(), &Head::default()), None)
        } else {
            let mut page = Vec::new();
            from.read_to_end(&mut page)?;
            let data =
                page::read(&page).map_err(|problem| io::Error::new(ErrorKind::InvalidData, problem))?;
            let digest = page::digest(&data);
            (data, Some(digest))
        };
        if Side::read(&data).is_none() {
            let problem = "is a review of another version of this program: make it again from its sync";
            return Err(io::Error::new(ErrorKind::InvalidData, problem));
        }
        let head = Reader::new(&data).map(|reader| reader.head).unwrap_or_default();
        let told =
            head.get("time").and_then(Value::as_str).map_or_else(|| time_in_words(time), str::to_owned);
        Ok(EarlierFile { data, told: Earlier { time: told, name, digest } })
    }
}
