//! The groups that somebody holds, and the reasons.

use super::kleene::Kleene::{No, Open, Yes};
use super::kleene::any;
use super::rule::{Part, Rule, RuleSet};
use super::solution::{Solution, Who};
use super::told::Expected;
use super::vocabulary::{Conditions, Held, Principal};
use super::world::World;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

impl World<'_> {
    /// Returns the memberships of the groups.
    pub(super) fn holdings(&self, solution: &Solution) -> BTreeMap<String, Option<Held>> {
        let held = |at: usize| (self.sets[at].id.to_owned(), self.held(solution, at));
        (0..self.groups).map(held).collect()
    }

    /// Returns what is expected of the memberships on conditions.
    pub(super) fn expected(&self, claim: &Solution, expectation: &Solution) -> BTreeMap<String, Expected> {
        let is_open = |at: &usize| claim.named[*at] && claim.values[*at] == Open;
        let expected = |at: usize| {
            let (source, as_of) = self.evidence(&[at])?;
            let holds = self.is_expected(claim, expectation, at);
            Some((self.sets[at].id.to_owned(), Expected { holds, source, as_of }))
        };
        (0..self.groups).filter(is_open).filter_map(expected).collect()
    }

    fn held(&self, solution: &Solution, at: usize) -> Option<Held> {
        if !solution.named[at] || solution.values[at] == No {
            return None;
        }
        Some(Held {
            conditions: (solution.values[at] == Open).then(|| self.open_rules(solution, at)),
            basis: self.naming(solution, at),
            revocable: match solution.who {
                Who::Person(principal) => self.revocable(principal, at),
                Who::Token(_) | Who::Nobody => false,
            },
        })
    }

    /// Returns a set's own open rules.
    pub(super) fn open_rules(&self, solution: &Solution, at: usize) -> Conditions {
        let rules = &self.sets[at];
        let open = |part: &Part| -> Vec<Value> {
            let open = part.iter().filter(|(rule, _)| solution.rule(at, *rule) == Open);
            open.map(|(_, raw)| (*raw).clone()).collect()
        };
        let included = any(solution.part(at, &rules.include));
        Conditions {
            any_of: if included == Yes { Vec::new() } else { open(&rules.include) },
            all_of: open(&rules.require),
            none_of: open(&rules.exclude),
        }
    }

    /// Returns a set's include rules that name somebody, sorted, each once.
    pub(super) fn naming(&self, solution: &Solution, at: usize) -> Vec<(String, String)> {
        let naming = self.sets[at].include.iter().filter(|(rule, _)| solution.names(*rule));
        let basis: BTreeSet<_> = naming.map(|(rule, _)| rule.basis()).collect();
        basis.into_iter().collect()
    }

    /// Returns the groups with an include rule that may mean the principal.
    pub(super) fn unclear(&self, principal: &Principal) -> BTreeSet<String> {
        let solution = Solution::of(self, Who::Person(principal));
        let unclear = (0..self.groups).filter(|at| self.is_unclear(&solution, *at));
        unclear.map(|at| self.sets[at].id.to_owned()).collect()
    }

    /// Whether an include rule of a group, or of a group that it includes and that isn't *no*, has a text
    /// that may mean the principal.
    fn is_unclear(&self, solution: &Solution, at: usize) -> bool {
        let mut included = BTreeSet::from([at]);
        loop {
            let rules = included.iter().flat_map(|at| &self.sets[*at].include);
            let inner = rules.filter_map(|(rule, _)| match rule {
                Rule::Group(id) => self.index.get(id).copied(),
                _ => None,
            });
            let more: BTreeSet<usize> = inner.filter(|inner| solution.values[*inner] != No).collect();
            if more.is_subset(&included) {
                return included.iter().any(|at| self.has_unclear(solution, *at));
            }
            included.extend(more);
        }
    }

    /// Whether an include rule of a group itself has a text that may mean the principal.
    fn has_unclear(&self, solution: &Solution, at: usize) -> bool {
        let decided = |rule| match rule {
            Rule::Email(_) | Rule::Domain(_) => true,
            Rule::List(id) => matches!(self.lists.get(id), Some(Some(_))),
            _ => false,
        };
        let mut include = self.sets[at].include.iter();
        let is_open = |rule| decided(rule) && solution.rule(at, rule) == Open;
        solution.address().is_some() && include.any(|(rule, _)| is_open(*rule))
    }

    /// Whether other include rules remain without the principal's own `email` rules, and the principal
    /// is no member then, whatever facts say.
    fn revocable(&self, principal: &Principal, at: usize) -> bool {
        let is_own = |rule: Rule| match (rule, &principal.address) {
            (Rule::Email(rule), Some(own)) => rule.eq_ignore_ascii_case(own),
            _ => false,
        };
        let group = &self.sets[at];
        let left: Vec<_> = group.include.iter().copied().filter(|(rule, _)| !is_own(*rule)).collect();
        if left.is_empty() || left.len() == group.include.len() {
            return false;
        }
        let (exclude, require) = (group.exclude.clone(), group.require.clone());
        let mut changed = World { facts: &[], ..self.clone() };
        changed.sets[at] = Rc::new(RuleSet { id: group.id, include: left, exclude, require });
        // No other group can have an influence.
        let reached = |other: &usize| *other == at || self.references.reach[at][*other];
        let concerned: Vec<_> = (0..self.groups).filter(reached).collect();
        let solution = Solution::of_some(&changed, Who::Person(principal), &concerned);
        (!solution.named[at] || solution.values[at] == No) && !changed.is_unclear(&solution, at)
    }
}
