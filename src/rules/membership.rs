//! All groups of an account, and the policies of its applications: whom each of them matches, and why.

use super::addresses::{Included, Lists};
use super::compiled::Compiled;
use super::evaluation::{Evaluation, Held};
use super::rule_set::RuleSet;
use super::scratch::Scratch;
use super::solution::{self, Solution};
use super::state::{Baseline, DirectRule, Subject};
use super::warnings;
use crate::model::{ResourceId, Warning};

/// All groups of an account, with the policies of its applications and the lists that they name. It
/// is built once and evaluated for every subject. Its size is bounded by groups, policies, rules and
/// list items, whatever the number of people. A group or a policy is named by its place; groups come
/// first.
#[derive(Debug)]
pub struct Membership {
    compiled: Compiled,
    pub(super) baseline: Baseline,
}

impl Membership {
    /// Compiles groups, policies and lists. Among rule sets of the same resource, the first one counts;
    /// apart from this, their order doesn't matter.
    pub fn new(sets: Vec<RuleSet>, lists: Lists) -> Self {
        let compiled = Compiled::new(sets, lists);
        let baseline = solution::baseline(&compiled);
        Self { compiled, baseline }
    }

    /// Compiles the same groups and policies again, with other versions of these or with these as well,
    /// and with more lists. Places can be others then.
    pub fn with(self, mut sets: Vec<RuleSet>, mut lists: Lists) -> Self {
        let Compiled { sets: known, addresses, .. } = self.compiled;
        lists.extend(addresses.into_lists());
        // The first one of a resource counts.
        sets.extend(known);
        Self::new(sets, lists)
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
        Evaluation(Solution::new(&self.compiled, &self.baseline, subject, assumed, scratch))
    }

    /// Evaluates all groups and policies for one of the subjects that no rule names: a person whose
    /// address is of no account, or a token without an id.
    pub fn evaluate_unnamed<'m, 's>(
        &'m self,
        subject: Subject<'m>,
        scratch: &'s mut Scratch,
    ) -> Evaluation<'m, 's> {
        Evaluation(Solution::unnamed(&self.compiled, &self.baseline, subject, scratch))
    }

    /// Returns all groups, sorted by id.
    pub fn groups(&self) -> &[RuleSet] {
        self.compiled.sets.get(..self.compiled.groups).unwrap_or_default()
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

    /// Returns the addresses that an include rule or an included readable list names, of a group or of
    /// an `allow` policy; each once, sorted by [`compare`](super::compare).
    pub fn included(&self) -> Vec<Included> {
        self.compiled.addresses.included(&self.compiled.sets)
    }

    /// Returns an included address as its rule or list spells it.
    pub fn included_address(&self, included: Included) -> &str {
        self.compiled.addresses.address(included, &self.compiled.sets)
    }

    /// Returns a bound that the numbers of all addresses are below.
    pub fn addresses(&self) -> usize {
        self.compiled.addresses.count()
    }

    /// Returns the number of an address, if a rule or a readable list names it. An address has the
    /// same number whatever its case.
    pub fn number_of(&self, address: &str) -> Option<usize> {
        self.compiled.addresses.number(address, &self.compiled.sets)
    }
}
