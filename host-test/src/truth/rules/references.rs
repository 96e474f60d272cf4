//! The references between sets of rules, and the circles that they make.

use super::rule::{Part, Rule, RuleSet};
use std::collections::BTreeMap;
use std::rc::Rc;

/// The references between sets.
pub(super) struct References {
    /// `reach[a][b]`: whether a path of references leads from a to b.
    pub(super) reach: Vec<Vec<bool>>,
    /// For each set, whether it is in a circle that passes through an exclude: every reference
    /// inside of its component is open then.
    pub(super) unsolvable: Vec<bool>,
    /// For each set, the number of sets that can be reached from it, with itself.
    reaches: Vec<usize>,
}

impl References {
    pub(super) fn new(sets: &[Rc<RuleSet>], index: &BTreeMap<&str, usize>) -> References {
        let targets = |rules: &Part| -> Vec<usize> {
            let target = |rule: &Rule| match rule {
                Rule::Group(id) => index.get(id).copied(),
                _ => None,
            };
            rules.iter().filter_map(|(rule, _)| target(rule)).collect()
        };
        let count = sets.len();
        let excluded: Vec<Vec<usize>> = sets.iter().map(|set| targets(&set.exclude)).collect();
        let mut reach = vec![vec![false; count]; count];
        for (from, set) in sets.iter().enumerate() {
            for to in [targets(&set.include), targets(&set.require), excluded[from].clone()].concat() {
                reach[from][to] = true;
            }
        }
        for via in 0..count {
            for from in 0..count {
                for to in 0..count {
                    reach[from][to] |= reach[from][via] && reach[via][to];
                }
            }
        }
        let together = |a: usize, b: usize| a == b || (reach[a][b] && reach[b][a]);
        let excludes_within = |a: usize| excluded[a].iter().any(|b| reach[*b][a]);
        let unsolvable =
            (0..count).map(|set| (0..count).any(|a| together(set, a) && excludes_within(a))).collect();
        let reaches = reach.iter().enumerate().map(|(from, reach)| {
            reach.iter().enumerate().filter(|(to, reached)| **reached || *to == from).count()
        });
        References { reaches: reaches.collect(), reach, unsolvable }
    }

    /// Whether both are in the same strongly connected component.
    pub(super) fn together(&self, a: usize, b: usize) -> bool {
        a == b || (self.reach[a][b] && self.reach[b][a])
    }

    /// Returns the number of sets that can be reached from this one, with itself.
    pub(super) fn reaches(&self, set: usize) -> usize {
        self.reaches[set]
    }
}
