//! The different resources of an output that grew over several processes: a record that came again
//! in another process counts once.

use std::collections::{BTreeMap, HashSet};
use std::hash::{BuildHasher, RandomState};

/// Counts resources by kind, each once. Eight bytes of each are kept.
#[derive(Default)]
pub(super) struct Different {
    state: RandomState,
    known: HashSet<u64>,
    count: BTreeMap<String, u64>,
}

impl Different {
    pub(super) fn add(&mut self, kind: &str, id: &str) {
        if self.known.insert(self.state.hash_one((kind, id))) {
            match self.count.get_mut(kind) {
                Some(count) => *count += 1,
                None => {
                    self.count.insert(kind.to_owned(), 1);
                }
            }
        }
    }

    pub(super) fn count(self) -> BTreeMap<String, u64> {
        self.count
    }
}
