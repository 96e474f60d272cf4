//! One column of a row group. It is kept as runs until the row group is full: the principals of a grant
//! share all but their ids, so most columns take one step for all of them.

use super::hybrid::{Runs, width};
use hashbrown::{DefaultHashBuilder, HashTable};
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::column::page::{CompressedPage, Page, PageWriter};
use parquet::column::writer::ColumnCloseResult;
use parquet::data_type::ByteArray;
use parquet::errors::Result;
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::statistics::Statistics;
use parquet::file::writer::{SerializedPageWriter, TrackedWrite};
use parquet::schema::types::ColumnDescPtr;
use std::hash::BuildHasher;
use zstd::bulk::Compressor;

/// The level of compression. Dictionaries have done most of the work before.
pub(super) const LEVEL: i32 = 1;
/// The size from which a page of texts is closed.
const FULL_PAGE: usize = 1 << 20;
/// The longest text that the statistics of a row group name.
const LONGEST_BOUND: usize = 64;

/// One entry of a column: where it stands in the nested row, and its value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    /// The repetition level.
    pub(super) repetition: u8,
    /// The definition level.
    pub(super) definition: u8,
    /// The number of the value in the dictionary; `None` if there is none.
    pub(super) value: Option<u32>,
}

/// A column that grows.
pub(super) struct Column {
    of: ColumnDescPtr,
    repetitions: Runs,
    definitions: Runs,
    values: Values,
    entries: u32,
    nulls: u64,
    /// Pages that are full, as they are before they are compressed, with the number of their entries.
    closed: Vec<(Vec<u8>, u32)>,
}

enum Values {
    /// Texts that often come again, by their number in a dictionary.
    Known {
        dictionary: Dictionary,
        numbers: Runs,
    },
    /// Texts that rarely come again.
    Texts(Vec<u8>),
    /// Microseconds, and the least and the most of them.
    Times {
        bytes: Vec<u8>,
        bounds: Option<(i64, i64)>,
    },
    Truths(Runs),
}

/// The different texts of a column.
#[derive(Default)]
struct Dictionary {
    hasher: DefaultHashBuilder,
    table: HashTable<u32>,
    /// Each with its length in front, as in the page.
    bytes: Vec<u8>,
    /// The beginning and the end of each text.
    places: Vec<(u32, u32)>,
}

impl Dictionary {
    fn text(&self, number: u32) -> &[u8] {
        let (begin, end) = self.places[number as usize];
        &self.bytes[begin as usize..end as usize]
    }

    fn number(&mut self, text: &[u8]) -> u32 {
        let hash = self.hasher.hash_one(text);
        let found = self.table.find(hash, |&number| {
            let (begin, end) = self.places[number as usize];
            &self.bytes[begin as usize..end as usize] == text
        });
        if let Some(&number) = found {
            return number;
        }
        let number = self.places.len() as u32;
        put_text(text, &mut self.bytes);
        let end = self.bytes.len() as u32;
        self.places.push((end - text.len() as u32, end));
        let Self { table, hasher, bytes, places } = self;
        table.insert_unique(hash, number, |&number| {
            let (begin, end) = places[number as usize];
            hasher.hash_one(&bytes[begin as usize..end as usize])
        });
        number
    }

    /// The least and the most text, if both are short.
    fn bounds(&self) -> Option<[ByteArray; 2]> {
        let texts = || (0..self.places.len() as u32).map(|number| self.text(number));
        let bounds = [texts().min()?, texts().max()?];
        bounds.iter().all(|text| text.len() <= LONGEST_BOUND).then(|| bounds.map(ByteArray::from))
    }

    fn clear(&mut self) {
        self.table.clear();
        self.bytes.clear();
        self.places.clear();
    }
}

/// The form of a column's values.
#[derive(Clone, Copy, Debug)]
pub(super) enum Form {
    Known,
    Text,
    Time,
    Truth,
}

impl Column {
    pub(super) fn new(of: ColumnDescPtr, form: Form) -> Column {
        let values = match form {
            Form::Known => Values::Known { dictionary: Dictionary::default(), numbers: Runs::default() },
            Form::Text => Values::Texts(Vec::new()),
            Form::Time => Values::Times { bytes: Vec::new(), bounds: None },
            Form::Truth => Values::Truths(Runs::default()),
        };
        let (repetitions, definitions) = (Runs::default(), Runs::default());
        Column { of, repetitions, definitions, values, entries: 0, nulls: 0, closed: Vec::new() }
    }

    /// Returns the number of a text in this column's dictionary. A column of another form has none.
    pub(super) fn number(&mut self, text: &str) -> u32 {
        match &mut self.values {
            Values::Known { dictionary, .. } => dictionary.number(text.as_bytes()),
            _ => 0,
        }
    }

    /// Adds the entries of one nested row, `count` times.
    pub(super) fn rows(&mut self, row: &[Entry], count: u32) {
        match row {
            [entry] => self.entry(*entry, count),
            _ => (0..count).for_each(|_| row.iter().for_each(|&entry| self.entry(entry, 1))),
        }
    }

    fn entry(&mut self, Entry { repetition, definition, value }: Entry, count: u32) {
        self.place(repetition, definition, value.is_some(), count);
        if let (Values::Known { numbers, .. }, Some(number)) = (&mut self.values, value) {
            numbers.push(number, count);
        }
    }

    /// Notes where `count` entries stand.
    fn place(&mut self, repetition: u8, definition: u8, is_there: bool, count: u32) {
        if self.of.max_rep_level() > 0 {
            self.repetitions.push(repetition.into(), count);
        }
        if self.of.max_def_level() > 0 {
            self.definitions.push(definition.into(), count);
        }
        self.entries += count;
        if !is_there {
            self.nulls += u64::from(count);
        }
    }

    /// Adds a text to a column that isn't nested, `count` times.
    pub(super) fn text(&mut self, text: Option<&str>, count: u32) {
        let definition = if text.is_some() { self.of.max_def_level() as u8 } else { 0 };
        self.place(0, definition, text.is_some(), count);
        let Some(text) = text else { return };
        match &mut self.values {
            Values::Known { dictionary, numbers } => numbers.push(dictionary.number(text.as_bytes()), count),
            Values::Texts(bytes) => {
                (0..count).for_each(|_| put_text(text.as_bytes(), bytes));
                if bytes.len() >= FULL_PAGE {
                    self.close_page();
                }
            }
            Values::Times { .. } | Values::Truths(_) => {}
        }
    }

    /// Adds a time in microseconds since 1970.
    pub(super) fn time(&mut self, time: Option<i64>) {
        let definition = if time.is_some() { self.of.max_def_level() as u8 } else { 0 };
        self.place(0, definition, time.is_some(), 1);
        if let (Values::Times { bytes, bounds }, Some(time)) = (&mut self.values, time) {
            bytes.extend_from_slice(&time.to_le_bytes());
            let (least, most) = bounds.unwrap_or((time, time));
            *bounds = Some((least.min(time), most.max(time)));
        }
    }

    pub(super) fn truth(&mut self, truth: bool, count: u32) {
        self.place(0, self.of.max_def_level() as u8, true, count);
        if let Values::Truths(truths) = &mut self.values {
            truths.push(truth.into(), count);
        }
    }

    /// Returns the bytes of memory that the column takes, roughly.
    pub(super) fn size(&self) -> usize {
        let values = match &self.values {
            Values::Known { dictionary, numbers } => {
                dictionary.bytes.len() + dictionary.places.len() * 16 + numbers.size()
            }
            Values::Texts(bytes) | Values::Times { bytes, .. } => bytes.len(),
            Values::Truths(truths) => truths.size(),
        };
        let closed: usize = self.closed.iter().map(|(page, _)| page.len()).sum();
        values + closed + self.repetitions.size() + self.definitions.size()
    }

    /// Closes a page. Only columns that aren't nested do so before the row group is full.
    fn close_page(&mut self) {
        let mut page = Vec::new();
        let levels =
            [(&self.repetitions, self.of.max_rep_level()), (&self.definitions, self.of.max_def_level())];
        for (runs, most) in levels.into_iter().filter(|&(_, most)| most > 0) {
            let begin = page.len();
            page.extend_from_slice(&[0; 4]);
            runs.encode(width(most as u32), &mut page);
            let length = (page.len() - begin - 4) as u32;
            page[begin..begin + 4].copy_from_slice(&length.to_le_bytes());
        }
        match &mut self.values {
            Values::Known { dictionary, numbers } => {
                if let Some(most) = dictionary.places.len().checked_sub(1) {
                    let width = width(most as u32);
                    page.push(width as u8);
                    numbers.encode(width, &mut page);
                }
                numbers.clear();
            }
            Values::Texts(bytes) | Values::Times { bytes, .. } => page.append(bytes),
            Values::Truths(truths) => {
                let truths: Vec<u32> = truths.each().collect();
                let bits = |eight: &[u32]| eight.iter().rev().fold(0, |bits, &truth| bits << 1 | truth as u8);
                page.extend(truths.chunks(8).map(bits));
            }
        }
        self.closed.push((page, self.entries));
        self.repetitions.clear();
        self.definitions.clear();
        if let Values::Truths(truths) = &mut self.values {
            truths.clear();
        }
        self.entries = 0;
    }

    /// Returns the column's part of a row group of so many rows, and is empty again.
    pub(super) fn take(
        &mut self,
        rows: u64,
        compressor: &mut Compressor<'_>,
    ) -> Result<(Vec<u8>, ColumnCloseResult)> {
        if self.entries > 0 || self.closed.is_empty() {
            self.close_page();
        }
        let statistics = self.statistics();
        let mut chunk = TrackedWrite::new(Vec::new());
        let mut pages = SerializedPageWriter::new(&mut chunk);
        let mut uncompressed = 0;
        let mut write = |page: Vec<u8>, form: &dyn Fn(Vec<u8>) -> Page| -> Result<u64> {
            let compressed = compressor.compress(&page)?;
            let spec = pages.write_page(CompressedPage::new(form(compressed), page.len()))?;
            uncompressed += spec.uncompressed_size as i64;
            Ok(spec.bytes_written)
        };
        let (mut encoding, mut dictionary_size) = (Encoding::PLAIN, None);
        if let Values::Known { dictionary, .. } = &mut self.values {
            let num_values = dictionary.places.len() as u32;
            if num_values > 0 {
                encoding = Encoding::RLE_DICTIONARY;
                dictionary_size = Some(write(std::mem::take(&mut dictionary.bytes), &|buf| {
                    let buf = buf.into();
                    Page::DictionaryPage { buf, num_values, encoding: Encoding::PLAIN, is_sorted: false }
                })?);
            }
            dictionary.clear();
        }
        let mut num_values = 0;
        for (page, entries) in self.closed.drain(..) {
            num_values += i64::from(entries);
            write(page, &|buf| Page::DataPage {
                buf: buf.into(),
                num_values: entries,
                encoding,
                def_level_encoding: Encoding::RLE,
                rep_level_encoding: Encoding::RLE,
                statistics: None,
            })?;
        }
        let chunk = chunk.into_inner()?;
        let mut encodings = vec![Encoding::PLAIN, Encoding::RLE];
        if dictionary_size.is_some() {
            encodings.push(Encoding::RLE_DICTIONARY);
        }
        let metadata = ColumnChunkMetaData::builder(self.of.clone())
            .set_encodings(encodings)
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(LEVEL)?))
            .set_total_compressed_size(chunk.len() as i64)
            .set_total_uncompressed_size(uncompressed)
            .set_num_values(num_values)
            .set_dictionary_page_offset(dictionary_size.map(|_| 0))
            .set_data_page_offset(dictionary_size.unwrap_or(0) as i64)
            .set_statistics(statistics)
            .build()?;
        self.nulls = 0;
        if let Values::Times { bounds, .. } = &mut self.values {
            *bounds = None;
        }
        let close = ColumnCloseResult {
            bytes_written: chunk.len() as u64,
            rows_written: rows,
            metadata,
            bloom_filter: None,
            column_index: None,
            offset_index: None,
        };
        Ok((chunk, close))
    }

    fn statistics(&self) -> Statistics {
        let nulls = Some(self.nulls);
        match &self.values {
            Values::Known { dictionary, .. } => {
                let different = Some(dictionary.places.len() as u64);
                let [least, most] = dictionary.bounds().map_or([None, None], |bounds| bounds.map(Some));
                Statistics::byte_array(least, most, different, nulls, false)
            }
            Values::Texts(_) => Statistics::byte_array(None, None, None, nulls, false),
            Values::Times { bounds, .. } => {
                let (least, most) = bounds.unzip();
                Statistics::int64(least, most, None, nulls, false)
            }
            Values::Truths(_) => Statistics::boolean(None, None, None, nulls, false),
        }
    }
}

fn put_text(text: &[u8], to: &mut Vec<u8>) {
    to.extend_from_slice(&(text.len() as u32).to_le_bytes());
    to.extend_from_slice(text);
}
