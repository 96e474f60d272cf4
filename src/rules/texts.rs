//! Addresses and domains, found by their text. The index keeps hashes and places, and no texts:
//! addresses are most of what an account's rules weigh, and the rules and lists have them already.

use super::rule_set::RuleAt;
use crate::sorted::sort_by;
use std::cmp::Ordering;

/// Compares two addresses, or two domains, as rules do: by their bytes after ASCII lower-casing
/// (inferred: Cloudflare doesn't document the comparison).
pub fn compare(a: &str, b: &str) -> Ordering {
    if is_same(a, b) {
        return Ordering::Equal;
    }
    let lower = |byte: u8| byte.to_ascii_lowercase();
    a.bytes().map(lower).cmp(b.bytes().map(lower))
}

/// Whether rules take two addresses, or two domains, for the same.
pub(super) fn is_same(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b)
}

/// The place of an address or a domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Rule(RuleAt),
    Item {
        list: u32,
        item: u32,
    },
    /// A part of the text at another place.
    Part(u32),
}

/// A place with the hash of the text at it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    /// The hash. Its lowest bit says whether the entry before this one has the same text.
    key: u32,
    pub at: Place,
}

impl Entry {
    pub fn new(text: &str, at: Place) -> Self {
        Self { key: hash(text), at }
    }

    fn hash(self) -> u32 {
        self.key & !1
    }

    fn is_repeat(self) -> bool {
        self.key & 1 == 1
    }
}

/// Places that are found by the text at them, whatever its case.
#[derive(Debug, Default)]
pub(super) struct Texts {
    /// Sorted by hash, then by text. Entries with the same text keep their order.
    pub entries: Vec<Entry>,
    /// For each beginning of a hash, the start of its entries; and at last the end of all entries.
    /// Most beginnings have one entry or none, so most searches end here.
    starts: Vec<u32>,
    /// The number of bits of a hash that don't belong to its beginning.
    shift: u32,
}

/// Returns the FNV-1a hash of a text after ASCII lower-casing, without its lowest bit.
pub(super) fn hash(text: &str) -> u32 {
    let step = |hash: u32, byte: u8| (hash ^ u32::from(byte.to_ascii_lowercase())).wrapping_mul(0x0100_0193);
    text.bytes().fold(0x811c_9dc5, step) & !1
}

impl Texts {
    pub fn new<'t>(mut entries: Vec<Entry>, text: &dyn Fn(Place) -> &'t str) -> Self {
        sort_by(&mut entries, |a, b| a.key.cmp(&b.key));
        for same in entries.chunk_by_mut(|a, b| a.key == b.key) {
            let first = same.first().map_or("", |first| text(first.at));
            // Hardly any two texts have the same hash.
            if same.iter().skip(1).all(|other| is_same(first, text(other.at))) {
                same.iter_mut().skip(1).for_each(|other| other.key |= 1);
                continue;
            }
            sort_by(same, |a, b| compare(text(a.at), text(b.at)));
            let mut before = None;
            for entry in same {
                let own = text(entry.at);
                entry.key |= u32::from(before.is_some_and(|before| is_same(before, own)));
                before = Some(own);
            }
        }
        entries.shrink_to_fit();
        let bits = usize::BITS - entries.len().leading_zeros();
        let shift = u32::BITS - bits.min(24);
        let buckets = 1 << (u32::BITS - shift);
        let mut starts = Vec::with_capacity(buckets + 1);
        for (place, entry) in (0..).zip(&entries) {
            while starts.len() as u64 <= u64::from(entry.key) >> shift {
                starts.push(place);
            }
        }
        starts.resize(buckets + 1, entries.len() as u32);
        Self { entries, starts, shift }
    }

    /// Returns the entries with this text, and the place of the first one.
    pub fn find<'t>(&self, sought: &str, text: &dyn Fn(Place) -> &'t str) -> (usize, &[Entry]) {
        let hash = hash(sought);
        let beginning = (u64::from(hash) >> self.shift) as usize;
        let bound = |place: usize| self.starts.get(place).map_or(0, |&start| start as usize);
        let start = bound(beginning);
        let bucket = self.entries.get(start..bound(beginning + 1)).unwrap_or_default();
        let skipped = bucket.partition_point(|entry| entry.hash() < hash);
        let mut place = start + skipped;
        for same in bucket.get(skipped..).unwrap_or_default().chunk_by(|_, entry| entry.is_repeat()) {
            match same.first() {
                Some(first) if first.hash() != hash => break,
                Some(first) if is_same(text(first.at), sought) => return (place, same),
                _ => place += same.len(),
            }
        }
        (place, &[])
    }

    /// Returns the entries of each text, and the place of the first one.
    pub fn each(&self) -> impl Iterator<Item = (u32, &[Entry])> {
        let mut place = 0;
        self.entries.chunk_by(|_, entry| entry.is_repeat()).map(move |same| {
            let first = place;
            place += same.len() as u32;
            (first, same)
        })
    }
}
