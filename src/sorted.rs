//! Sorting, maps and sets whose code is small. The standard library's sorts and trees are compiled
//! anew for every type that they keep, some kilobytes each: with them, the plugin has 548 KiB
//! instead of 385. Here, whatever is longer than a few lines works on places instead of items,
//! and is compiled once.

use std::borrow::Borrow;
use std::cmp::Ordering;

/// Sorts items. Equal items keep their order.
pub fn sort_by<T>(items: &mut [T], compare: impl Fn(&T, &T) -> Ordering) {
    let order = order(items.len(), &|a, b| match (items.get(a), items.get(b)) {
        (Some(a), Some(b)) => compare(a, b),
        _ => Ordering::Equal,
    });
    arrange(order, &mut |a, b| items.swap(a, b));
}

/// Sorts items. Equal items keep their order.
pub fn sort<T: Ord>(items: &mut [T]) {
    sort_by(items, T::cmp);
}

/// Returns the places of items in the order of the items, by merging; or nothing if they are in
/// order already.
fn order(count: usize, compare: &dyn Fn(usize, usize) -> Ordering) -> Vec<usize> {
    if (1..count).all(|place| compare(place - 1, place).is_le()) {
        return Vec::new();
    }
    let mut order: Vec<usize> = (0..count).collect();
    let mut merged = Vec::with_capacity(count);
    let mut run = 1;
    while run < count {
        for pair in order.chunks(2 * run) {
            let (mut left, mut right) = pair.split_at_checked(run).unwrap_or((pair, &[]));
            while let ([first, others @ ..], [second, rest @ ..]) = (left, right) {
                if compare(*first, *second).is_le() {
                    merged.push(*first);
                    left = others;
                } else {
                    merged.push(*second);
                    right = rest;
                }
            }
            merged.extend_from_slice(left);
            merged.extend_from_slice(right);
        }
        std::mem::swap(&mut order, &mut merged);
        merged.clear();
        run *= 2;
    }
    order
}

/// Moves items into an order. Each item is swapped into its place at most once.
fn arrange(mut order: Vec<usize>, swap: &mut dyn FnMut(usize, usize)) {
    for start in 0..order.len() {
        let mut place = start;
        while let Some(source) = order.get_mut(place) {
            let from = std::mem::replace(source, place);
            if from == start {
                break;
            }
            swap(place, from);
            place = from;
        }
    }
}

/// Returns the order of items in which each differs from the one before, with the places of repetitions
/// behind it, and the number of different items. Of equal items, the last one counts. The order is empty
/// if nothing has to be moved.
fn distinct(count: usize, compare: &dyn Fn(usize, usize) -> Ordering) -> (Vec<usize>, usize) {
    if (1..count).all(|place| compare(place - 1, place).is_lt()) {
        return (Vec::new(), count);
    }
    let mut order = order(count, compare);
    if order.is_empty() {
        order = (0..count).collect();
    }
    let (mut different, mut repeated) = (Vec::with_capacity(count), Vec::new());
    for (&place, next) in order.iter().zip(1..) {
        let is_repeated = order.get(next).is_some_and(|&next| compare(place, next).is_eq());
        if is_repeated { &mut repeated } else { &mut different }.push(place);
    }
    let count = different.len();
    different.append(&mut repeated);
    (different, count)
}

/// Returns the order of items as [`distinct`] does.
fn distinct_of<T: Ord>(items: &[T]) -> (Vec<usize>, usize) {
    distinct(items.len(), &|a, b| items.get(a).cmp(&items.get(b)))
}

/// Returns the place of a key among sorted ones, or else the place where it belongs.
fn find<T: Borrow<Q>, Q: Ord + ?Sized>(items: &[T], key: &Q) -> Result<usize, usize> {
    items.binary_search_by(|other| other.borrow().cmp(key))
}

/// Values by key, sorted by key. An insertion takes time in proportion to the number of entries:
/// collect entries that can be many thousands.
#[derive(Clone, Debug)]
pub struct Map<K, V> {
    keys: Vec<K>,
    /// The value of each key, at the key's place. The code that searches is then there once for each type
    /// of keys, whatever the values are.
    values: Vec<V>,
}

impl<K, V> Default for Map<K, V> {
    fn default() -> Self {
        Self { keys: Vec::new(), values: Vec::new() }
    }
}

impl<K: Ord, V> Map<K, V> {
    /// Sorts the entries. Among entries with the same key, the last one is kept.
    fn settle(&mut self) {
        let (order, count) = distinct_of(&self.keys);
        arrange(order, &mut |a, b| {
            self.keys.swap(a, b);
            self.values.swap(a, b);
        });
        self.keys.truncate(count);
        self.values.truncate(count);
    }

    /// Returns the value of a key.
    pub fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.values.get(find(&self.keys, key).ok()?)
    }

    /// Returns the place of a key among all keys.
    pub fn place_of(&self, key: &K) -> Option<usize> {
        find(&self.keys, key).ok()
    }

    /// Returns the value of a key, for changing it.
    pub fn get_mut<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        self.values.get_mut(find(&self.keys, key).ok()?)
    }

    /// Whether the key has a value.
    pub fn contains_key<Q: Ord + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        find(&self.keys, key).is_ok()
    }

    /// Returns the value of a key. A key without a value gets this one first.
    #[allow(clippy::indexing_slicing, reason = "there is an entry at the place: it was found or inserted")]
    pub fn get_or_insert_with(&mut self, key: K, value: impl FnOnce() -> V) -> &mut V {
        let place = match find(&self.keys, &key) {
            Ok(place) => place,
            Err(place) => {
                self.keys.insert(place, key);
                self.values.insert(place, value());
                place
            }
        };
        &mut self.values[place]
    }

    /// Sets the value of a key, and returns the value that the key had.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        match find(&self.keys, &key) {
            Ok(place) => self.values.get_mut(place).map(|known| std::mem::replace(known, value)),
            Err(place) => {
                self.keys.insert(place, key);
                self.values.insert(place, value);
                None
            }
        }
    }

    /// Removes a key, and returns the value that it had.
    pub fn remove<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let place = find(&self.keys, key).ok()?;
        self.keys.remove(place);
        Some(self.values.remove(place))
    }

    /// Returns keys and values, sorted by key.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.keys.iter().zip(&self.values)
    }

    /// Returns the values, sorted by key.
    pub fn values(&self) -> std::slice::Iter<'_, V> {
        self.values.iter()
    }

    /// Returns the values, sorted by key, for changing them.
    pub fn values_mut(&mut self) -> std::slice::IterMut<'_, V> {
        self.values.iter_mut()
    }
}

impl<K: Ord, V> Extend<(K, V)> for Map<K, V> {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, entries: I) {
        for (key, value) in entries {
            self.keys.push(key);
            self.values.push(value);
        }
        self.settle();
    }
}

impl<K: Ord, V> FromIterator<(K, V)> for Map<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut map = Self::default();
        map.extend(entries);
        map
    }
}

impl<K, V> IntoIterator for Map<K, V> {
    type Item = (K, V);
    type IntoIter = std::iter::Zip<std::vec::IntoIter<K>, std::vec::IntoIter<V>>;

    fn into_iter(self) -> Self::IntoIter {
        self.keys.into_iter().zip(self.values)
    }
}

/// Items, sorted, each once. An insertion takes time in proportion to the number of items: collect
/// items that can be many thousands.
#[derive(Clone, Debug)]
pub struct Set<T> {
    items: Vec<T>,
}

impl<T> Default for Set<T> {
    fn default() -> Self {
        Self { items: Vec::new() }
    }
}

impl<T: Ord> Set<T> {
    /// Sorts the items, and removes repetitions.
    fn settle(&mut self) {
        let (order, count) = distinct_of(&self.items);
        arrange(order, &mut |a, b| self.items.swap(a, b));
        self.items.truncate(count);
    }

    /// Whether the set contains an item.
    pub fn contains<Q: Ord + ?Sized>(&self, item: &Q) -> bool
    where
        T: Borrow<Q>,
    {
        find(&self.items, item).is_ok()
    }

    /// Adds an item. Returns whether it is new.
    pub fn insert(&mut self, item: T) -> bool {
        let found = find(&self.items, &item);
        if let Err(place) = found {
            self.items.insert(place, item);
        }
        found.is_err()
    }

    /// Removes an item. Returns whether the set contained it.
    pub fn remove<Q: Ord + ?Sized>(&mut self, item: &Q) -> bool
    where
        T: Borrow<Q>,
    {
        let found = find(&self.items, item);
        if let Ok(place) = found {
            self.items.remove(place);
        }
        found.is_ok()
    }

    /// Returns the items, sorted.
    pub fn iter(&self) -> std::slice::Iter<'_, T> {
        self.items.iter()
    }

    /// Returns the number of items.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether the set has no items.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }
}

impl<T: Ord> Extend<T> for Set<T> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, items: I) {
        for item in items {
            self.items.push(item);
        }
        self.settle();
    }
}

impl<T: Ord> FromIterator<T> for Set<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        let mut set = Self::default();
        set.extend(items);
        set
    }
}

impl<T> IntoIterator for Set<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.into_iter()
    }
}

impl<'a, T> IntoIterator for &'a Set<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{BTreeMap, BTreeSet};

    /// Numbers below `most`, the same ones every time.
    fn numbers(count: usize, most: u64) -> Vec<u64> {
        let mut state = 42_u64;
        let next = std::iter::repeat_with(|| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % most
        });
        next.take(count).collect()
    }

    #[test]
    fn sorting_is_stable() {
        for count in (0..40).chain([1000, 5000]) {
            let shuffled = numbers(count, 20);
            let falling = (0..count as u64).rev().collect();
            let runs = (0..count as u64).map(|number| number % 100).collect();
            for keys in [shuffled, falling, runs] {
                let mut ours: Vec<(u64, usize)> = keys.into_iter().zip(0..).collect();
                let mut expected = ours.clone();
                sort_by(&mut ours, |(a, _), (b, _)| a.cmp(b));
                expected.sort_by_key(|&(key, _)| key);
                assert_eq!(ours, expected);
            }
        }
    }

    #[test]
    fn a_map_is_what_the_standard_one_is() {
        let (mut ours, mut expected) = (Map::default(), BTreeMap::new());
        for (step, key) in (0..).zip(numbers(2000, 150)) {
            let name = key.to_string();
            match step % 5 {
                0 => assert_eq!(ours.remove(name.as_str()), expected.remove(name.as_str())),
                1 => assert_eq!(
                    *ours.get_or_insert_with(name.clone(), || step),
                    *expected.entry(name).or_insert(step)
                ),
                2 => {
                    let more = [(name.clone(), step), ("7".to_owned(), step), (name, step + 1)];
                    ours.extend(more.clone());
                    expected.extend(more);
                }
                _ => assert_eq!(ours.insert(name.clone(), step), expected.insert(name, step)),
            }
            let sought = (key / 2).to_string();
            assert_eq!(ours.get(sought.as_str()), expected.get(&sought));
            assert_eq!(ours.get_mut(sought.as_str()), expected.get_mut(&sought));
            assert_eq!(ours.contains_key(sought.as_str()), expected.contains_key(&sought));
            assert!(ours.iter().eq(&expected) && ours.values().eq(expected.values()));
        }
        assert!(ours.into_iter().eq(expected));
    }

    #[test]
    fn a_set_is_what_the_standard_one_is() {
        let (mut ours, mut expected) = (Set::default(), BTreeSet::new());
        for (step, item) in numbers(2000, 150).into_iter().enumerate() {
            match step % 4 {
                0 => assert_eq!(ours.remove(&item), expected.remove(&item)),
                1 => {
                    ours.extend([item, 3, item / 2]);
                    expected.extend([item, 3, item / 2]);
                }
                _ => assert_eq!(ours.insert(item), expected.insert(item)),
            }
            assert_eq!(ours.contains(&(item / 2)), expected.contains(&(item / 2)));
            assert_eq!((ours.len(), ours.is_empty()), (expected.len(), expected.is_empty()));
            assert!(ours.iter().eq(&expected));
        }
        let again: Set<u64> = numbers(2000, 150).into_iter().collect();
        assert!(again.into_iter().eq(numbers(2000, 150).into_iter().collect::<BTreeSet<_>>()));
    }
}
