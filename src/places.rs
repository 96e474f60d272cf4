//! A set of places in a list, as bits: adding to it, and going through it in order, costs next to
//! nothing.

/// Places in a list.
#[derive(Clone, Debug, Default)]
pub struct Places(Vec<u64>);

impl Places {
    /// No places.
    pub const NONE: Self = Self(Vec::new());

    /// Begins again for a list of so many items, with the places of all of them or with none.
    pub fn begin(&mut self, items: usize, has_all: bool) {
        self.0.clear();
        self.0.resize(items.div_ceil(64), 0);
        if has_all {
            (0..items).for_each(|place| self.add(place));
        }
    }

    /// Begins again for a list of so many items, with the same places as `other`, which can be of no list.
    pub fn begin_as(&mut self, items: usize, other: &Self) {
        self.0.clear();
        self.0.extend_from_slice(&other.0);
        self.0.resize(items.div_ceil(64), 0);
    }

    /// Adds a place of the list.
    pub fn add(&mut self, place: usize) {
        self.0.get_mut(place / 64).into_iter().for_each(|bits| *bits |= 1 << (place % 64));
    }

    /// Returns the first place that isn't before this one.
    pub fn next(&self, from: usize) -> Option<usize> {
        let mut word = from / 64;
        let mut bits = *self.0.get(word)? & (u64::MAX << (from % 64));
        while bits == 0 {
            word += 1;
            bits = *self.0.get(word)?;
        }
        Some(word * 64 + bits.trailing_zeros() as usize)
    }

    /// Returns all places in their order.
    pub fn iter(&self) -> impl Iterator<Item = usize> {
        std::iter::successors(self.next(0), |&place| self.next(place + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::Places;

    #[test]
    fn places_come_in_their_order() {
        let mut places = Places::default();
        assert_eq!((places.next(0), places.next(1000)), (None, None));
        places.begin(200, false);
        for place in [199, 0, 63, 64, 127, 128, 64, 500] {
            places.add(place);
        }
        assert_eq!(places.iter().collect::<Vec<_>>(), [0, 63, 64, 127, 128, 199]);
        let next = [0, 1, 63, 65, 128, 129, 199, 200, 256].map(|from| places.next(from));
        let expected = [Some(0), Some(63), Some(63), Some(127), Some(128), Some(199), Some(199), None, None];
        assert_eq!(next, expected);
        let mut same = Places::default();
        same.begin(10, true);
        assert_eq!(same.iter().collect::<Vec<_>>(), (0..10).collect::<Vec<_>>());
        same.begin_as(200, &places);
        assert!(same.iter().eq(places.iter()));
        same.begin_as(70, &Places::NONE);
        same.add(69);
        assert!(same.iter().eq([69]));
        places.begin(70, true);
        assert!(places.iter().eq(0..70));
        places.begin(70, false);
        assert_eq!(places.iter().next(), None);
    }
}
