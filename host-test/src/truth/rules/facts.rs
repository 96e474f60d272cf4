//! The consequences of facts about groups of identity providers.

use super::kleene::Kleene::{No, Open, Yes};
use super::kleene::any;
use super::rule::{Part, Rule};
use super::solution::Solution;
use super::told::{Fact, ProviderGroup};
use super::world::World;
use std::collections::BTreeSet;

impl<'a> World<'a> {
    /// Returns the facts about the group that a rule names.
    pub(super) fn about(&self, rule: Rule) -> Vec<&'a Fact> {
        let Rule::Provider(kind, body) = rule else { return Vec::new() };
        let Some(group) = ProviderGroup::read(kind, body) else { return Vec::new() };
        self.facts.iter().filter(|fact| group.is_of(fact)).collect()
    }

    /// Returns the groups of identity providers that the rules of the set at a place name.
    pub(super) fn provider_groups(&self, at: usize) -> impl Iterator<Item = ProviderGroup> {
        let set = &self.sets[at];
        let rules = set.include.iter().chain(&set.exclude).chain(&set.require);
        rules.filter_map(|(rule, _)| match rule {
            Rule::Provider(kind, body) => ProviderGroup::read(kind, body),
            _ => None,
        })
    }

    /// Returns the sources of the facts about rules of these sets, and of all sets that they refer to, with
    /// the oldest of their times if each tells one; `None` if there are no such facts.
    pub(super) fn evidence(&self, sets: &[usize]) -> Option<(String, Option<String>)> {
        let reached = |at: &usize| sets.iter().any(|set| set == at || self.references.reach[*set][*at]);
        let mut facts = Vec::new();
        for set in (0..self.sets.len()).filter(reached).map(|at| &self.sets[at]) {
            let rules = set.include.iter().chain(&set.exclude).chain(&set.require);
            facts.extend(rules.flat_map(|(rule, _)| self.about(*rule)));
        }
        let names: BTreeSet<&str> = facts.iter().map(|fact| fact.source.as_str()).collect();
        let times: Option<Vec<&String>> = facts.iter().map(|fact| fact.as_of.as_ref()).collect();
        let oldest = times.and_then(|times| times.into_iter().min_by_key(|as_of| minutes(as_of)));
        let names = names.into_iter().collect::<Vec<_>>().join(", ");
        (!facts.is_empty()).then(|| (names, oldest.cloned()))
    }

    /// Whether the alternative that a set's own open rules make is expected to hold.
    pub(super) fn is_expected(&self, claim: &Solution, expectation: &Solution, at: usize) -> bool {
        let rules = &self.sets[at];
        let expected = |part: &Part| -> Vec<_> {
            let open = part.iter().filter(|(rule, _)| claim.rule(at, *rule) == Open);
            open.map(|(rule, _)| expectation.rule(at, *rule)).collect()
        };
        let is_included = any(claim.part(at, &rules.include)) == Yes;
        (is_included || expected(&rules.include).iter().any(|value| *value != No))
            && expected(&rules.require).iter().all(|value| *value != No)
            && expected(&rules.exclude).iter().all(|value| *value != Yes)
    }
}

/// Returns the minutes from the year 0 to a time like `2026-11-20T08:30:00+02:00`. All seconds are 0.
fn minutes(time: &str) -> i64 {
    let number = |from: usize, to: usize| time[from..to].parse::<i64>().expect("a number");
    let (year, month, day) = (number(0, 4), number(5, 7), number(8, 10));
    // Years begin in March, so that a leap day is the last one.
    let (year, month) = if month < 3 { (year - 1, month + 9) } else { (year, month - 3) };
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day;
    let offset = if time.ends_with('Z') { 0 } else { number(19, 22) * 60 + number(23, 25) };
    (days * 24 + number(11, 13)) * 60 + number(14, 16) - offset
}
