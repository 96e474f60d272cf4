//! The values of all rule sets for one subject.

use super::compiled::{Compiled, Component, Cycle, SetView};
use super::rule::Rule;
use super::rule_set::{PerSection, RuleAt, Section};
use super::state::{Baseline, DirectRule, Standing, State, Subject};
use super::value::Value;

/// The working memory of an evaluation, kept between subjects.
#[derive(Debug, Default)]
pub struct Scratch {
    hits: Vec<RuleAt>,
    buffer: Vec<RuleAt>,
    states: Vec<State>,
    touched: Vec<bool>,
}

/// The states of all rule sets for one subject.
pub(super) struct Solution<'m, 's> {
    pub compiled: &'m Compiled,
    pub subject: Subject<'m>,
    /// The rules that say yes to the subject's address, in order.
    hits: &'s [RuleAt],
    /// One state for each set.
    states: &'s mut [State],
}

/// Solves all sets once for each baseline.
pub(super) fn baseline(compiled: &Compiled) -> Baseline {
    let of = |standing| {
        let mut states = vec![State::default(); compiled.sets.len()];
        let subject = Subject { address: Some(""), standing };
        let mut solution = Solution { compiled, subject, hits: &[], states: &mut states };
        compiled.components.iter().for_each(|component| solution.solve(component));
        states
    };
    let [none, accepted, rejected] = [Standing::None, Standing::Accepted, Standing::Rejected].map(of);
    Baseline { none, accepted, rejected }
}

impl<'m, 's> Solution<'m, 's> {
    /// Solves all sets for a subject whose own rules in the sets at some places are as `assumed`.
    /// It solves what differs from the baseline.
    pub fn new(
        compiled: &'m Compiled,
        baseline: &Baseline,
        subject: Subject<'m>,
        assumed: impl IntoIterator<Item = (usize, DirectRule)>,
        scratch: &'s mut Scratch,
    ) -> Self {
        let Scratch { hits, buffer, states, touched } = scratch;
        match subject.address {
            Some(address) => compiled.addresses.hits(address, &compiled.sets, hits, buffer),
            None => hits.clear(),
        }
        let baseline = baseline.of(subject);
        states.clear();
        states.extend_from_slice(baseline);
        states.resize(compiled.sets.len(), State::default());
        touched.clear();
        // Without a baseline, every component has to be solved.
        touched.resize(compiled.components.len(), baseline.is_empty());
        let mut touch = |set: usize| {
            let component = compiled.component_of(set).and_then(|(place, _)| touched.get_mut(place));
            component.into_iter().for_each(|touched| *touched = true);
        };
        let mut start = 0;
        for of_set in hits.chunk_by(|a, b| a.set == b.set) {
            let end = start + of_set.len() as u32;
            let set = of_set.first().map_or(0, |at| at.set as usize);
            if let Some(state) = states.get_mut(set) {
                state.hits = (start, end);
                touch(set);
            }
            start = end;
        }
        for (set, direct) in assumed {
            if let Some(state) = states.get_mut(set) {
                state.direct = direct;
                touch(set);
            }
        }
        let mut solution = Self { compiled, subject, hits, states };
        for (place, component) in compiled.components.iter().enumerate() {
            if touched.get(place) == Some(&false) {
                continue;
            }
            for set in solution.sets_of(component) {
                solution.count(set);
            }
            solution.solve(component);
            if !solution.is_as_in(baseline, component) {
                for &referrer in &component.referrers {
                    touched.get_mut(referrer).into_iter().for_each(|touched| *touched = true);
                }
            }
        }
        solution
    }

    /// Returns the number of sets.
    pub fn len(&self) -> usize {
        self.states.len()
    }

    /// Returns a set's state. A set that isn't there names nobody, and its value is *no*.
    pub fn state(&self, set: usize) -> State {
        self.states.get(set).copied().unwrap_or_default()
    }

    /// Whether the set names the subject and is not *no* for it.
    pub fn holds(&self, set: usize) -> bool {
        self.states.get(set).is_some_and(|state| state.named && state.value != Value::No)
    }

    /// Returns the rules of a set that say yes to the subject's address, without those that are
    /// assumed to be gone.
    fn hits_of(&self, set: SetView<'m>) -> impl Iterator<Item = &RuleAt> {
        let State { hits: (start, end), direct, .. } = self.state(set.place);
        let hits = self.hits.get(start as usize..end as usize).unwrap_or_default();
        let is_own = move |at: &RuleAt| at.section == Section::Include && is_email(set, at.position);
        hits.iter().filter(move |at| direct != DirectRule::Removed || !is_own(at))
    }

    /// Returns the positions of the rules of a section that say yes to the subject's address.
    pub fn hits(&self, set: SetView<'m>, section: Section) -> impl Iterator<Item = u32> {
        self.hits_of(set).filter(move |at| at.section == section).map(|at| at.position)
    }

    /// Returns the number of `email` rules of the include that are the subject's own.
    pub fn own_rules(&self, set: SetView<'m>) -> usize {
        let own = self.hits(set, Section::Include).filter(|&position| is_email(set, position));
        own.count() + usize::from(self.has_added(set))
    }

    /// Whether one more rule is assumed.
    pub fn has_added(&self, set: SetView<'_>) -> bool {
        self.subject.address.is_some() && self.state(set.place).direct == DirectRule::Added
    }

    /// Counts the rules of a set that say yes to the address.
    fn count(&mut self, set: SetView<'m>) {
        let mut counts = PerSection { include: u32::from(self.has_added(set)), ..PerSection::default() };
        self.hits_of(set).for_each(|at| *counts.of_mut(at.section) += 1);
        if let Some(state) = self.states.get_mut(set.place) {
            state.counts = counts;
        }
    }

    fn sets_of<'c>(&self, component: &'c Component) -> impl Iterator<Item = SetView<'m>> + use<'c, 'm> {
        let compiled = self.compiled;
        component.sets.iter().filter_map(|&set| compiled.set(set))
    }

    /// Whether the sets of a component have the values of the baseline.
    fn is_as_in(&self, baseline: &[State], component: &Component) -> bool {
        let result = |state: &State| (state.value, state.named);
        let mut sets = component.sets.iter();
        sets.all(|&set| baseline.get(set).map(result) == self.states.get(set).map(result))
    }

    /// Solves a component. All references that leave it are solved already.
    fn solve(&mut self, component: &Component) {
        for &set in &component.sets {
            if let Some(state) = self.states.get_mut(set) {
                (state.value, state.named) = (Value::No, false);
            }
        }
        self.raise(component, |solution, set| {
            let value = solution.value(set);
            let state = solution.states.get_mut(set.place);
            state.is_some_and(|state| std::mem::replace(&mut state.value, value) != value)
        });
        self.raise(component, |solution, set| {
            let named = solution.is_named(set);
            let state = solution.states.get_mut(set.place);
            state.is_some_and(|state| std::mem::replace(&mut state.named, named) != named)
        });
    }

    /// Repeats a step over the sets of a component until it changes nothing. Both steps raise
    /// values and never lower them, so this ends.
    fn raise(&mut self, component: &Component, mut step: impl FnMut(&mut Self, SetView<'m>) -> bool) {
        loop {
            let mut changed = false;
            for set in self.sets_of(component) {
                changed |= step(self, set);
            }
            if !changed || component.cycle == Cycle::None {
                return;
            }
        }
    }

    /// Computes the value of a set from its rules.
    fn value(&self, set: SetView<'m>) -> Value {
        let include = self.any(set, Section::Include);
        if include == Value::No {
            return Value::No;
        }
        let exclude = self.any(set, Section::Exclude);
        include.min(!exclude).min(self.all_required(set))
    }

    /// Returns whether any rule of a section holds.
    pub fn any(&self, set: SetView<'m>, section: Section) -> Value {
        let summary = set.summary.sections.of(section);
        if summary.everyone || *self.state(set.place).counts.of(section) > 0 {
            return Value::Yes;
        }
        let open = summary.open
            || summary.members && self.member_value() == Value::Open
            || summary.by_address > 0 && self.subject.address.is_none();
        let own = if open { Value::Open } else { Value::No };
        let referred = summary.references.iter().map(|reference| self.reference(set, reference.to));
        referred.fold(own, Value::max)
    }

    /// Returns whether all require rules hold.
    fn all_required(&self, set: SetView<'m>) -> Value {
        let summary = &set.summary.sections.require;
        if summary.hollow || summary.members && self.member_value() == Value::No {
            return Value::No;
        }
        let by_address = match self.subject.address {
            None if summary.by_address > 0 => Value::Open,
            Some(_) if self.state(set.place).counts.require < summary.by_address => return Value::No,
            _ => Value::Yes,
        };
        let own = if summary.open || summary.members { Value::Open } else { by_address };
        let referred = summary.references.iter().map(|reference| self.reference(set, reference.to));
        referred.fold(own, Value::min)
    }

    /// Returns the value of a `cloudflare_account_member` rule of this account. Such a rule also
    /// asks for a login through Cloudflare's own identity provider
    /// (<https://developers.cloudflare.com/cloudflare-one/access-controls/policies/>), so it is
    /// never *yes*. A rejected member can't log in as one (inferred).
    pub fn member_value(&self) -> Value {
        match self.subject.standing {
            Standing::None | Standing::Accepted => Value::Open,
            Standing::Rejected => Value::No,
        }
    }

    /// Returns the value of a rule that names another set. It is open where there is no such set,
    /// and inside of a cycle that passes through an exclude.
    pub fn reference(&self, from: SetView<'m>, to: Option<usize>) -> Value {
        let Some((set, state)) = to.and_then(|to| self.compiled.set(to).zip(self.states.get(to))) else {
            return Value::Open;
        };
        let is_inside = set.summary.component == from.summary.component;
        let component = self.compiled.components.get(set.summary.component);
        if is_inside && component.is_some_and(|component| component.cycle == Cycle::Open) {
            return Value::Open;
        }
        state.value
    }

    /// Whether an include rule that identity decides says yes, or an included set names the
    /// subject.
    fn is_named(&self, set: SetView<'m>) -> bool {
        let summary = &set.summary.sections.include;
        summary.everyone
            || summary.members && self.subject.standing == Standing::Accepted
            || self.state(set.place).counts.include > 0
            || self.naming_references(set).next().is_some()
    }

    /// Returns the positions of the include rules that name the subject through another set.
    pub fn naming_references(&self, set: SetView<'m>) -> impl Iterator<Item = u32> {
        let references = set.summary.sections.include.references.iter();
        let naming = references.filter(|reference| reference.to.is_some_and(|to| self.holds(to)));
        naming.map(|reference| reference.position)
    }

    /// Whether the membership ends without the subject's own rules, and the include isn't empty
    /// without them.
    pub fn is_revocable(&mut self, set: SetView<'m>) -> bool {
        let own = self.own_rules(set);
        let rules = set.rules.includes() + usize::from(self.has_added(set));
        let Some((_, component)) = self.compiled.component_of(set.place) else { return false };
        if own == 0 || own == rules {
            return false;
        }
        let before: Vec<(usize, State)> = component.sets.iter().map(|&set| (set, self.state(set))).collect();
        if let Some(state) = self.states.get_mut(set.place) {
            state.direct = DirectRule::Removed;
        }
        self.count(set);
        self.solve(component);
        let holds = self.holds(set.place);
        for (set, before) in before {
            self.states.get_mut(set).into_iter().for_each(|state| *state = before);
        }
        !holds
    }
}

/// Whether the include rule at a position names one address.
fn is_email(set: SetView<'_>, position: u32) -> bool {
    let entry = set.rules.entry(Section::Include, position);
    entry.is_some_and(|entry| matches!(entry.rule, Rule::Email(_)))
}
