//! All groups of an account, and the policies of its applications: whom each of them matches, and why.

use super::addresses::{Included, Lists};
use super::compiled::Compiled;
use super::evaluation::{Evaluation, Held};
use super::rule::Rule;
use super::rule_set::{RuleSet, Section};
use super::scratch::Scratch;
use super::solution::{self, Solution};
use super::state::{Baseline, DirectRule, Reading, Subject};
use super::warnings;
use crate::identities::{Evidence, Facts};
use crate::model::{ResourceId, Warning};
use std::rc::Rc;

/// All groups of an account, with the policies of its applications, the lists that they name, and the
/// facts about groups of identity providers. It is built once and evaluated for every subject. Its size
/// is bounded by groups, policies, rules, list items and facts, whatever the number of people. A group
/// or a policy is named by its place; groups come first.
#[derive(Debug)]
pub struct Membership {
    compiled: Compiled,
    pub(super) baseline: Baseline,
    /// The baseline of what is expected, if facts cover a rule.
    pub(super) expected: Option<Baseline>,
}

impl Membership {
    /// Compiles groups, policies, lists and facts. Among rule sets of the same resource, the first one
    /// counts; apart from this, their order doesn't matter.
    pub fn new(sets: Vec<RuleSet>, lists: Lists, facts: Rc<Facts>) -> Self {
        let compiled = Compiled::new(sets, lists, facts);
        let baseline = solution::baseline(&compiled, Reading::Claim);
        let expected = compiled.has_covered().then(|| solution::baseline(&compiled, Reading::Expectation));
        Self { compiled, baseline, expected }
    }

    /// Compiles the same groups, policies and facts again, with other versions of these or with these as
    /// well, and with more lists. Places can be others then.
    pub fn with(self, mut sets: Vec<RuleSet>, mut lists: Lists) -> Self {
        let Compiled { sets: known, addresses, .. } = self.compiled;
        let facts = Rc::clone(addresses.facts());
        lists.extend(addresses.into_lists());
        // The first one of a resource counts.
        sets.extend(known);
        Self::new(sets, lists, facts)
    }

    /// Returns every group that a subject is a member of, sorted by id.
    pub fn of<'m>(&'m self, subject: Subject<'m>, scratch: &mut Scratch) -> Vec<Held<'m>> {
        self.evaluate(subject, [], scratch).held()
    }

    /// Evaluates all groups and policies for a subject whose own rules in the groups at some places are
    /// as `assumed`.
    pub fn evaluate<'m, 's>(
        &'m self,
        subject: Subject<'m>,
        assumed: impl IntoIterator<Item = (usize, DirectRule)>,
        scratch: &'s mut Scratch,
    ) -> Evaluation<'m, 's> {
        let assumed: Vec<(usize, DirectRule)> = assumed.into_iter().collect();
        self.compiled.hits(subject, &mut scratch.hits, &mut scratch.buffer);
        self.evaluate_hits(subject, &assumed, scratch)
    }

    fn evaluate_hits<'m, 's>(
        &'m self,
        subject: Subject<'m>,
        assumed: &[(usize, DirectRule)],
        scratch: &'s mut Scratch,
    ) -> Evaluation<'m, 's> {
        let Scratch { hits, claim, expectation, .. } = scratch;
        let solve = |baseline: &'m Baseline, reading, room| {
            Solution::new(&self.compiled, baseline.of(subject), subject, reading, assumed, hits, room)
        };
        // What a provider says of people is nothing that a service token shows.
        let expected = self.expected.as_ref().filter(|_| subject.is_person());
        let expectation = expected.map(|baseline| solve(baseline, Reading::Expectation, expectation));
        Evaluation { claim: solve(&self.baseline, Reading::Claim, claim), expectation }
    }

    /// Evaluates all groups and policies for one of the subjects that no rule names: a person whose
    /// address is of no account, or a token without an id.
    pub fn evaluate_unnamed<'m, 's>(
        &'m self,
        subject: Subject<'m>,
        scratch: &'s mut Scratch,
    ) -> Evaluation<'m, 's> {
        scratch.hits.clear();
        self.evaluate_hits(subject, &[], scratch)
    }

    /// Returns what covers rules of the groups and policies at these places, or of groups that these refer
    /// to; nothing if no fact does.
    pub fn evidence(&self, places: &[usize]) -> Option<Evidence> {
        self.compiled.evidence(places)
    }

    /// Returns the include rules of one of these sets that can name a subject, as kind and value, in
    /// order.
    pub fn naming<'m>(&'m self, set: &'m RuleSet) -> impl Iterator<Item = (&'static str, &'m str)> {
        let rules = set.section(Section::Include).iter().map(|entry| &entry.rule);
        let can_name = |rule: &&Rule| match rule {
            Rule::Provider(group) => self.compiled.addresses.known_group(group).is_some(),
            _ => true,
        };
        rules.filter(can_name).filter_map(Rule::basis)
    }

    /// Returns all groups, sorted by id.
    pub fn groups(&self) -> &[RuleSet] {
        self.compiled.sets.get(..self.compiled.groups).unwrap_or_default()
    }

    /// Returns all groups and policies, by their places.
    pub fn sets(&self) -> &[RuleSet] {
        &self.compiled.sets
    }

    /// Returns the policy at a place.
    pub fn policy(&self, place: usize) -> Option<&RuleSet> {
        self.compiled.sets.get(place).filter(|_| place >= self.compiled.groups)
    }

    /// Returns the place of the policy with this id.
    pub fn place_of_policy(&self, id: &str) -> Option<usize> {
        self.compiled.place_of_policy(id)
    }

    /// Returns a bound that the places of all groups and policies are below.
    pub fn places(&self) -> usize {
        self.compiled.sets.len()
    }

    /// Returns the group at a place.
    pub fn group(&self, place: usize) -> Option<&RuleSet> {
        self.groups().get(place)
    }

    /// Returns the place of the group with this id.
    pub fn place_of(&self, id: &str) -> Option<usize> {
        self.compiled.place_of_group(id)
    }

    /// Returns the ids of all groups, sorted.
    pub fn group_ids(&self) -> impl Iterator<Item = &str> {
        self.groups().iter().map(RuleSet::id)
    }

    /// Returns the warnings about rules, sorted by group and policy.
    pub fn warnings(&self) -> &[Warning] {
        &self.compiled.warnings
    }

    /// Returns the warnings about texts of these groups and policies, and of lists, that aren't one
    /// address or one domain as Cloudflare's API documents them.
    pub fn warnings_of_texts(&self, of: impl Fn(&ResourceId) -> bool) -> impl Iterator<Item = &Warning> {
        let texts = self.warnings().iter().filter(|warning| warnings::is_of_text(warning));
        texts.filter(move |warning| warning.about.as_ref().is_none_or(&of))
    }

    /// Returns the addresses that an include rule, an included readable list or a fact about an included
    /// group of an identity provider names, of a group or of an `allow` policy; each once, sorted by
    /// [`compare`](super::compare).
    pub fn included(&self) -> Vec<Included> {
        self.compiled.addresses.included(&self.compiled.sets)
    }

    /// Returns an included address as its rule, list or fact spells it.
    pub fn included_address(&self, included: Included) -> &str {
        self.compiled.addresses.address(included, &self.compiled.sets)
    }

    /// Returns a bound that the numbers of all addresses are below.
    pub fn addresses(&self) -> usize {
        self.compiled.addresses.count()
    }

    /// Returns the number of an address, if a rule, a readable list or a fact names it. An address has the
    /// same number whatever its case.
    pub fn number_of(&self, address: &str) -> Option<usize> {
        self.compiled.addresses.number(address, &self.compiled.sets)
    }
}
