//! Columns: how the data of a review is laid out in bytes. Values of one column stand together, because they
//! are alike, and so compress well.
//!
//! First comes the length of the directory as four bytes, the lowest first. Then comes the directory, JSON
//! with spaces at its end, so that the columns begin at a multiple of four. The directory says of each column
//! its type, where it begins, how long it is, and how many values it has.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};

/// The number of this layout.
const FORMAT: u64 = 1;

/// The way in which a column has its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Type {
    /// A byte each.
    U8,
    /// All lowest bytes, then all second ones, and so on.
    U32,
    /// As `U32`, of the difference to the value before.
    Delta,
    /// The lengths as `U32`, then all bytes.
    Text,
    /// As `U32`, the places in a column of different texts with the same name and `.words` behind it.
    Words,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Entry {
    #[serde(rename = "type")]
    of: Type,
    at: usize,
    length: usize,
    count: usize,
}

#[derive(Serialize, Deserialize)]
struct Directory {
    format: u64,
    head: Value,
    columns: BTreeMap<String, Entry>,
}

/// Columns that are being written.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    columns: BTreeMap<String, Entry>,
    bytes: Vec<u8>,
}

impl Writer {
    fn add(&mut self, name: &str, of: Type, count: usize, write: impl FnOnce(&mut Vec<u8>)) {
        let at = self.bytes.len();
        write(&mut self.bytes);
        let length = self.bytes.len() - at;
        self.columns.insert(name.to_owned(), Entry { of, at, length, count });
    }

    pub(crate) fn u8(&mut self, name: &str, values: impl IntoIterator<Item = u8>) {
        let values: Vec<u8> = values.into_iter().collect();
        self.add(name, Type::U8, values.len(), |bytes| bytes.extend_from_slice(&values));
    }

    pub(crate) fn u32(&mut self, name: &str, values: impl IntoIterator<Item = u32>) {
        let values: Vec<u32> = values.into_iter().collect();
        self.add(name, Type::U32, values.len(), |bytes| planes(&values, bytes));
    }

    pub(crate) fn delta(&mut self, name: &str, values: impl IntoIterator<Item = u32>) {
        let mut before = 0_u32;
        let difference = |value: u32| value.wrapping_sub(std::mem::replace(&mut before, value));
        let values: Vec<u32> = values.into_iter().map(difference).collect();
        self.add(name, Type::Delta, values.len(), |bytes| planes(&values, bytes));
    }

    pub(crate) fn text<'t>(&mut self, name: &str, texts: impl IntoIterator<Item = &'t str>) {
        let texts: Vec<&str> = texts.into_iter().collect();
        let lengths: Vec<u32> = texts.iter().map(|text| number(text.len())).collect();
        self.add(name, Type::Text, texts.len(), |bytes| {
            planes(&lengths, bytes);
            texts.iter().for_each(|text| bytes.extend_from_slice(text.as_bytes()));
        });
    }

    /// Adds texts of which many are the same.
    pub(crate) fn words<'t>(&mut self, name: &str, texts: impl IntoIterator<Item = &'t str>) {
        let mut known: HashMap<&str, u32> = HashMap::new();
        let mut different = Vec::new();
        let places = texts.into_iter().map(|text| {
            *known.entry(text).or_insert_with(|| {
                different.push(text);
                number(different.len() - 1)
            })
        });
        let places: Vec<u32> = places.collect();
        self.add(name, Type::Words, places.len(), |bytes| planes(&places, bytes));
        self.text(&format!("{name}.words"), different);
    }

    /// Puts the directory before the columns.
    pub(crate) fn finish(self, head: Value) -> Vec<u8> {
        let directory = Directory { format: FORMAT, head, columns: self.columns };
        let mut json = serde_json::to_vec(&directory).unwrap_or_default();
        while !json.len().is_multiple_of(4) {
            json.push(b' ');
        }
        let mut data = number(json.len()).to_le_bytes().to_vec();
        data.extend_from_slice(&json);
        data.extend_from_slice(&self.bytes);
        data
    }
}

/// Makes a row number or a length of a size. A review has far less than four thousand million of anything.
pub(crate) fn number(size: usize) -> u32 {
    u32::try_from(size).unwrap_or(u32::MAX)
}

fn planes(values: &[u32], bytes: &mut Vec<u8>) {
    for shift in [0, 8, 16, 24] {
        #[allow(clippy::cast_possible_truncation, reason = "one byte of four is meant")]
        bytes.extend(values.iter().map(|value| (value >> shift) as u8));
    }
}

/// Columns that are read.
pub(crate) struct Reader<'d> {
    pub(crate) head: Value,
    columns: BTreeMap<String, Entry>,
    bytes: &'d [u8],
}

impl<'d> Reader<'d> {
    /// Reads the directory. Returns `None` if the data isn't that of a review, or of another format.
    pub(crate) fn new(data: &'d [u8]) -> Option<Reader<'d>> {
        let (length, rest) = data.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
        let (directory, bytes) = rest.split_at_checked(length)?;
        let Directory { format, head, columns } = serde_json::from_slice(directory).ok()?;
        (format == FORMAT).then_some(Reader { head, columns, bytes })
    }

    fn bytes(&self, name: &str, of: &[Type]) -> Option<(Entry, &'d [u8])> {
        let entry = *self.columns.get(name).filter(|entry| of.contains(&entry.of))?;
        let bytes = self.bytes.get(entry.at..)?.get(..entry.length)?;
        Some((entry, bytes))
    }

    pub(crate) fn u8(&self, name: &str) -> Option<&'d [u8]> {
        let (entry, bytes) = self.bytes(name, &[Type::U8])?;
        (bytes.len() == entry.count).then_some(bytes)
    }

    /// Reads numbers, also those that are written as differences.
    pub(crate) fn u32(&self, name: &str) -> Option<Vec<u32>> {
        let (entry, bytes) = self.bytes(name, &[Type::U32, Type::Delta, Type::Words])?;
        let mut values = of_planes(bytes, entry.count)?;
        if entry.of == Type::Delta {
            let mut sum = 0_u32;
            for value in &mut values {
                sum = sum.wrapping_add(*value);
                *value = sum;
            }
        }
        Some(values)
    }

    /// Reads texts, also those of which only the different ones are written.
    pub(crate) fn texts(&self, name: &str) -> Option<Vec<&'d str>> {
        if self.columns.get(name)?.of == Type::Words {
            let different = self.texts(&format!("{name}.words"))?;
            let places = self.u32(name)?;
            return places.into_iter().map(|place| different.get(place as usize).copied()).collect();
        }
        let (entry, bytes) = self.bytes(name, &[Type::Text])?;
        let (lengths, mut rest) = bytes.split_at_checked(entry.count.checked_mul(4)?)?;
        let texts = of_planes(lengths, entry.count)?.into_iter().map(|length| {
            let (text, after) = rest.split_at_checked(length as usize)?;
            rest = after;
            std::str::from_utf8(text).ok()
        });
        let texts: Option<Vec<&str>> = texts.collect();
        texts.filter(|_| rest.is_empty())
    }
}

fn of_planes(bytes: &[u8], count: usize) -> Option<Vec<u32>> {
    if bytes.len() != count.checked_mul(4)? {
        return None;
    }
    let value = |place: usize| {
        (0..4).try_fold(0_u32, |value, plane| {
            Some(value | u32::from(*bytes.get(plane * count + place)?) << (8 * plane))
        })
    };
    (0..count).map(value).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn written(bytes: &[u8], numbers: &[u32], texts: &[String]) -> Vec<u8> {
        let mut writer = Writer::default();
        let texts = || texts.iter().map(String::as_str);
        writer.u8("bytes", bytes.iter().copied());
        writer.u32("numbers", numbers.iter().copied());
        writer.delta("differences", numbers.iter().copied());
        writer.text("texts", texts());
        writer.words("words", texts().chain(texts()));
        writer.finish(json!({"é": texts().collect::<Vec<_>>()}))
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(
            bytes in proptest::collection::vec(any::<u8>(), 0..20),
            numbers in proptest::collection::vec(any::<u32>(), 0..20),
            texts in proptest::collection::vec(".*", 0..8),
        ) {
            let data = written(&bytes, &numbers, &texts);
            let reader = Reader::new(&data).unwrap();
            prop_assert_eq!(reader.u8("bytes").unwrap(), &bytes);
            prop_assert_eq!(reader.u32("numbers").unwrap(), numbers.clone());
            prop_assert_eq!(reader.u32("differences").unwrap(), numbers);
            prop_assert_eq!(reader.texts("texts").unwrap(), texts.clone());
            prop_assert_eq!(reader.texts("words").unwrap(), [texts.clone(), texts.clone()].concat());
            prop_assert_eq!(&reader.head, &json!({"é": texts}));
            prop_assert_eq!((data.len() - reader.bytes.len()) % 4, 0);
        }

        #[test]
        fn damaged_data_is_refused_or_read_and_never_a_panic(
            texts in proptest::collection::vec(".*", 1..5), place in any::<prop::sample::Index>(),
            byte in any::<u8>(), cut in any::<prop::sample::Index>(),
        ) {
            let mut data = written(&[1, 2], &[3, 4], &texts);
            let at = place.index(data.len());
            data[at] = byte;
            data.truncate(cut.index(data.len() + 1));
            if let Some(reader) = Reader::new(&data) {
                let names = ["bytes", "numbers", "differences", "texts", "words", "none"];
                for name in names {
                    let _ = (reader.u8(name), reader.u32(name), reader.texts(name));
                }
            }
        }
    }

    #[test]
    fn the_layout_is_what_the_page_reads() {
        let mut writer = Writer::default();
        writer.delta("d", [1, 258, 257]);
        writer.words("w", ["b", "é", "b"]);
        let data = writer.finish(json!({}));
        let length = u32::from_le_bytes(data[..4].try_into().unwrap()) as usize;
        let directory: Value = serde_json::from_slice(&data[4..4 + length]).unwrap();
        assert_eq!(
            directory,
            json!({"format": 1, "head": {}, "columns": {
                "d": {"type": "delta", "at": 0, "length": 12, "count": 3},
                "w": {"type": "words", "at": 12, "length": 12, "count": 3},
                "w.words": {"type": "text", "at": 24, "length": 11, "count": 2},
            }})
        );
        assert_eq!(
            data[4 + length..],
            [
                &[1, 1, 255, 0, 1, 255, 0, 0, 255, 0, 0, 255][..],
                &[0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
                &[1, 2, 0, 0, 0, 0, 0, 0],
                "bé".as_bytes()
            ]
            .concat()
        );
    }
}
