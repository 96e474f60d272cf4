//! The working memory of evaluations. An evaluation costs as much as differs from the baseline,
//! however many rule sets there are: it writes down only the states that it changes, and the next one
//! forgets these. If it is for a subject whom the same rules name, everything is solved already.

use super::addresses::Hit;
use super::rule_set::RuleAt;
use super::state::{Likes, State};
use crate::places::Places;

/// The working memory of an evaluation, kept between subjects.
#[derive(Debug, Default)]
pub struct Scratch {
    /// The rules that name the next subject.
    pub(super) hits: Vec<Hit>,
    pub(super) buffer: Vec<RuleAt>,
    pub(super) claim: Room,
    pub(super) expectation: Room,
}

/// The working memory of one reading.
#[derive(Debug, Default)]
pub(super) struct Room {
    /// What was solved last.
    pub solved: Solved,
    /// The components that have to be solved.
    pub touched: Places,
}

/// A solution that is kept: the next subject often has the same one.
#[derive(Debug, Default)]
pub(super) struct Solved {
    /// What it is the solution for, apart from the rules that name the subject; `None` if it rests on
    /// assumptions.
    pub what: Option<(u64, Likes)>,
    pub hits: Vec<Hit>,
    pub changes: Changes,
    /// The places of the groups that the subject can be a member of.
    pub groups: Places,
    /// The places of the policies that were solved anew.
    pub policies: Vec<usize>,
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
