//! The working memory of evaluations. An evaluation costs as much as differs from the baseline,
//! however many rule sets there are: it writes down only the states that it changes, and the next one
//! forgets these.

use super::addresses::Hit;
use super::rule_set::RuleAt;
use super::state::State;

/// The working memory of an evaluation, kept between subjects.
#[derive(Debug, Default)]
pub struct Scratch {
    pub(super) hits: Vec<Hit>,
    pub(super) buffer: Vec<RuleAt>,
    pub(super) changes: Changes,
    pub(super) touched: Touched,
    /// The places of the policies that were solved anew.
    pub(super) policies: Vec<usize>,
}

/// The states that aren't those of the baseline, or that had to be solved to know it.
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// For each set, the place of its state among those that changed, plus one; zero if it didn't.
    slots: Vec<u32>,
    changed: Vec<(usize, State)>,
}

impl Changes {
    /// Forgets all changes, and begins with so many sets.
    pub fn begin(&mut self, sets: usize) {
        for (set, _) in self.changed.drain(..) {
            self.slots.get_mut(set).into_iter().for_each(|slot| *slot = 0);
        }
        self.slots.resize(sets, 0);
    }

    /// Returns a set's state, if it changed.
    pub fn get(&self, set: usize) -> Option<&State> {
        let slot = (*self.slots.get(set)? as usize).checked_sub(1)?;
        Some(&self.changed.get(slot)?.1)
    }

    /// Returns a set's state for changing it. It begins with the one of the baseline.
    pub fn get_mut(&mut self, set: usize, baseline: &[State]) -> Option<&mut State> {
        let slot = self.slots.get_mut(set)?;
        if *slot == 0 {
            self.changed.push((set, baseline.get(set).copied().unwrap_or_default()));
            *slot = self.changed.len() as u32;
        }
        let slot = *slot as usize - 1;
        self.changed.get_mut(slot).map(|(_, state)| state)
    }
}

/// The components that have to be solved, by their places: a bit for each.
#[derive(Debug, Default)]
pub(super) struct Touched(Vec<u64>);

impl Touched {
    /// Begins with so many components, of which all or none have to be solved.
    pub fn begin(&mut self, components: usize, is_all: bool) {
        self.0.clear();
        self.0.resize(components.div_ceil(64), if is_all { u64::MAX } else { 0 });
    }

    pub fn add(&mut self, component: usize) {
        self.0.get_mut(component / 64).into_iter().for_each(|bits| *bits |= 1 << (component % 64));
    }

    /// Takes the first component that has to be solved. None that is added later is before it.
    pub fn take_from(&mut self, word: &mut usize) -> Option<usize> {
        loop {
            let bits = self.0.get_mut(*word)?;
            if *bits != 0 {
                let bit = bits.trailing_zeros() as usize;
                *bits &= *bits - 1;
                return Some(*word * 64 + bit);
            }
            *word += 1;
        }
    }
}
