//! The items that came so far of the list that is being read, in bounded memory: digests of their
//! keys, all of them up to a number, and a part beyond it.

use super::endpoint::Collection;
use crate::digest::Digest;
use crate::sorted::sort;

/// The number of digests up to which all are kept. Beyond it only three of four are kept, then three
/// of four of those, and so on. Which ones is decided by the digests, so a page that comes again is
/// recognised by those of its items that are kept. It is no more, because the memory that a sync
/// takes must not grow with the number of people.
const MOST: usize = 12 << 10;
/// The number of places for digests at most: 128 KiB.
const PLACES: usize = 16 << 10;

/// The number of digests in a sample: as many as a cursor can have room for.
pub const SAMPLE: usize = 480;

/// The number of bits of a short digest. Among five million people, the cap of a list, 480 of them
/// take one person for another in one of 100,000 reads.
pub const SHORT_BITS: u32 = 48;

/// Returns the number that stands for the key of an item.
fn digest_of(key: &str) -> u64 {
    Digest::new().with(key).finish()
}

/// Returns the short number that stands for the key of an item in a cursor.
pub fn short_digest_of(key: &str) -> u64 {
    shortened(digest_of(key))
}

const fn shortened(digest: u64) -> u64 {
    digest >> (u64::BITS - SHORT_BITS)
}

/// The items of a list that came on the pages before one.
#[derive(Default)]
pub struct Came {
    list: Option<Collection>,
    /// The page that the items came before.
    next: u32,
    digests: Digests,
    /// Short digests of items that came before this session, sorted.
    earlier: Vec<u64>,
    /// The lowest short digests of all, sorted.
    lowest: Vec<u64>,
}

impl Came {
    /// Prepares for a page. Forgets everything, unless the page follows those that are known.
    /// `sample` has short digests, which a cursor kept of the pages before.
    pub fn begin(&mut self, list: &Collection, page: u32, sample: &[u64]) {
        if self.list.as_ref() != Some(list) || self.next != page {
            *self = Self { list: Some(list.clone()), next: page, ..Self::default() };
            self.earlier = sample.to_vec();
            sort(&mut self.earlier);
            sample.iter().for_each(|&digest| self.add_to_sample(digest));
        }
    }

    /// Whether an item with this key came, as far as that is known.
    pub fn has(&self, key: &str) -> bool {
        let digest = digest_of(key);
        self.digests.has(digest) || self.earlier.binary_search(&shortened(digest)).is_ok()
    }

    /// Whether an item with this key would be known if it came.
    pub fn keeps(&self, key: &str) -> bool {
        digest_of(key) <= self.digests.highest
    }

    /// Adds the items of the page that is next.
    pub fn add<'k>(&mut self, keys: impl Iterator<Item = &'k str>) {
        for key in keys {
            let digest = digest_of(key);
            self.digests.insert(digest);
            self.add_to_sample(shortened(digest));
        }
        self.next = self.next.saturating_add(1);
    }

    /// Returns some of the short digests, sorted, evenly from all pages: all of them where they are
    /// few. The beginning of a sample is one too.
    pub fn sample(&self) -> &[u64] {
        &self.lowest
    }

    fn add_to_sample(&mut self, digest: u64) {
        if let Err(place) = self.lowest.binary_search(&digest)
            && place < SAMPLE
        {
            self.lowest.insert(place, digest);
            self.lowest.truncate(SAMPLE);
        }
    }
}

/// A set of digests that forgets some of them where they are too many.
struct Digests {
    /// A table with open addressing. 0 is a free place, and at least a quarter of the places is free.
    places: Vec<u64>,
    count: usize,
    /// The highest digest that is kept.
    highest: u64,
}

impl Default for Digests {
    fn default() -> Self {
        Self { places: Vec::new(), count: 0, highest: u64::MAX }
    }
}

impl Digests {
    /// Returns the place of a digest, or else the free place for it; `None` in an empty table.
    fn find(&self, digest: u64) -> Option<usize> {
        let mask = self.places.len().checked_sub(1)?;
        let mut place = digest as usize & mask;
        while let Some(&other) = self.places.get(place) {
            if other == 0 || other == digest {
                return Some(place);
            }
            place = (place + 1) & mask;
        }
        None
    }

    fn has(&self, digest: u64) -> bool {
        self.has_place_of(digest.max(1))
    }

    fn insert(&mut self, digest: u64) {
        let digest = digest.max(1);
        if digest > self.highest || self.has_place_of(digest) {
            return;
        }
        if self.count >= MOST {
            self.narrow();
        } else if (self.count + 1) * 4 > self.places.len() * 3 {
            // Few sizes leave few holes in the memory.
            let digests = std::mem::take(&mut self.places);
            self.places = vec![0; (digests.len() * 8).clamp(256, PLACES)];
            self.fill(digests);
        }
        self.put(digest);
    }

    fn has_place_of(&self, digest: u64) -> bool {
        self.find(digest).and_then(|place| self.places.get(place)) == Some(&digest)
    }

    fn put(&mut self, digest: u64) {
        let free = self.find(digest);
        if digest <= self.highest
            && let Some(place) = free.and_then(|place| self.places.get_mut(place))
        {
            *place = digest;
            self.count += 1;
        }
    }

    /// Forgets a quarter of the digests.
    fn narrow(&mut self) {
        self.highest -= self.highest / 4;
        let (places, highest) = (self.places.iter(), self.highest);
        let digests = places.copied().filter(|&digest| digest <= highest).collect();
        self.places.fill(0);
        self.fill(digests);
    }

    /// Puts these digests into the empty table.
    fn fill(&mut self, digests: Vec<u64>) {
        self.count = 0;
        digests.into_iter().filter(|&digest| digest != 0).for_each(|digest| self.put(digest));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloudflare::{member, user};

    fn keys(from: usize, to: usize) -> Vec<String> {
        (from..to).map(|number| format!("key-{number}")).collect()
    }

    fn came(pages: &[Vec<String>]) -> Came {
        let mut came = Came::default();
        for (page, keys) in (1..).zip(pages) {
            came.begin(&user::COLLECTION, page, &[]);
            came.add(keys.iter().map(String::as_str));
        }
        came
    }

    #[test]
    fn everything_is_known_up_to_the_bound() {
        let pages: Vec<_> = (0..12).map(|page| keys(page * 1024, (page + 1) * 1024)).collect();
        let came = came(&pages);
        assert!(pages.iter().flatten().all(|key| came.has(key)));
        assert!(!keys(MOST, 2 * MOST).iter().any(|key| came.has(key)));
        assert_eq!(came.digests.count, MOST);
    }

    #[test]
    fn beyond_the_bound_a_part_of_every_page_is_known_and_memory_stays_the_same() {
        let pages: Vec<_> = (0..500).map(|page| keys(page * 1000, (page + 1) * 1000)).collect();
        let came = came(&pages);
        assert!(came.digests.count <= MOST && came.digests.places.len() == PLACES);
        for page in &pages {
            let known = page.iter().filter(|key| came.has(key)).count();
            assert!((5..=50).contains(&known), "{known} of 1000");
            let is_kept = |key: &&String| came.keeps(key);
            assert!(page.iter().filter(is_kept).all(|key| came.has(key)));
        }
        assert!(!keys(500_000, 600_000).iter().any(|key| came.has(key)));
    }

    #[test]
    fn a_sample_has_some_of_everything_and_all_of_a_few() {
        let few = came(&[keys(0, 300), keys(300, SAMPLE)]);
        assert_eq!(few.sample().len(), SAMPLE);
        let many = came(&[keys(0, 5000), keys(5000, 10_000)]);
        assert_eq!(many.sample().len(), SAMPLE);
        let of_first =
            keys(0, 5000).iter().filter(|key| many.sample().contains(&short_digest_of(key))).count();
        assert!((200..=280).contains(&of_first), "{of_first}");
        // A session that has only the sample goes on with it.
        let mut later = Came::default();
        later.begin(&user::COLLECTION, 3, many.sample());
        assert_eq!(keys(0, 10_000).iter().filter(|key| later.has(key)).count(), SAMPLE);
        later.add(std::iter::empty());
        assert_eq!(later.sample(), many.sample());
    }

    #[test]
    fn another_list_or_another_place_begins_anew() {
        for (list, page, is_known) in [
            (&user::COLLECTION, 2, true),
            (&user::COLLECTION, 1, false),
            (&user::COLLECTION, 3, false),
            (&member::COLLECTION, 2, false),
        ] {
            let mut came = came(&[keys(0, 3)]);
            came.begin(list, page, &[]);
            assert_eq!(came.has("key-1"), is_known, "{list:?} {page}");
        }
    }
}
