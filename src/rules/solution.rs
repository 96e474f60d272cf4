//! The values of all rule sets for one subject.

mod revocable;

use super::addresses::Hit;
use super::compiled::{Compiled, Component, Cycle, SectionSummary, SetView};
use super::rule::Rule;
use super::rule_set::{PerSection, Section};
use super::scratch::{Changes, Room, Solved};
use super::state::{Baseline, DirectRule, NamedBy, Reading, Standing, State, Subject, Usual};
use super::value::Value;
use crate::places::Places;

/// The states of all rule sets for one subject.
pub(super) struct Solution<'m, 's> {
    pub compiled: &'m Compiled,
    pub subject: Subject<'m>,
    reading: Reading,
    /// The rules that name the subject, in order: those that aren't *no* for its address, or that name
    /// its token.
    hits: &'s [Hit],
    /// The states that the subject shares with others, one for each set if there are such.
    baseline: &'m [State],
    /// The states that differ.
    changes: &'s mut Changes,
    /// The places of the groups that the subject can be a member of.
    pub groups: &'s Places,
    /// The places of the policies that were solved anew.
    pub policies: &'s [usize],
}

static NO_PLACES: Places = Places::NONE;

/// Solves all sets once for each baseline of a reading.
pub(super) fn baseline(compiled: &Compiled, reading: Reading) -> Baseline {
    let nothing = Usual::default();
    Baseline::new(|subject| {
        let mut room = Room::default();
        let solution = Solution::new(compiled, &nothing, subject, reading, &[], &[], &mut room);
        let states = (0..compiled.sets.len()).map(|set| solution.state(set)).collect();
        let mut groups = Places::default();
        groups.begin(compiled.groups, false);
        (0..compiled.groups).filter(|&group| solution.holds(group)).for_each(|group| groups.add(group));
        Usual { states, groups }
    })
}

impl<'m, 's> Solution<'m, 's> {
    /// Solves all sets for a subject whom these rules name, and whose own rules in the sets at some places
    /// are as `assumed`. It solves what differs from what is usual.
    pub fn new(
        compiled: &'m Compiled,
        usual: &'m Usual,
        subject: Subject<'m>,
        reading: Reading,
        assumed: &[(usize, DirectRule)],
        next: &[Hit],
        room: &'s mut Room,
    ) -> Self {
        let Room { solved, touched } = room;
        let what = (compiled.number, subject.likes());
        let is_solved = solved.what == Some(what) && solved.hits == *next && assumed.is_empty();
        solved.what = assumed.is_empty().then_some(what);
        let Solved { hits, changes, groups, policies, .. } = solved;
        let baseline = &usual.states;
        if is_solved {
            return Self { compiled, subject, reading, hits, baseline, changes, groups, policies };
        }
        hits.clear();
        hits.extend_from_slice(next);
        changes.begin(compiled.sets.len());
        // Without a baseline, every component has to be solved.
        touched.begin(compiled.components.len(), baseline.is_empty());
        let mut touch = |set: usize, change: &dyn Fn(&mut State)| {
            let state = changes.get_mut(set, baseline);
            if let Some((state, (component, _))) = state.zip(compiled.component_of(set)) {
                change(state);
                touched.add(component);
            }
        };
        let mut start = 0;
        for of_set in hits.chunk_by(|a, b| a.at.set == b.at.set) {
            let end = start + of_set.len() as u32;
            let set = of_set.first().map_or(0, |hit| hit.at.set as usize);
            touch(set, &|state| state.hits = (start, end));
            start = end;
        }
        for &(set, direct) in assumed {
            touch(set, &|state| state.direct = direct);
        }
        if baseline.is_empty() {
            groups.begin(compiled.groups, true);
        } else {
            groups.begin_as(compiled.groups, &usual.groups);
        }
        policies.clear();
        let mut solution =
            Self { compiled, subject, reading, hits, baseline, changes, groups: &NO_PLACES, policies: &[] };
        let mut from = 0;
        while let Some(place) = touched.next(from) {
            from = place + 1;
            let Some(component) = compiled.components.get(place) else { break };
            for &set in &component.sets {
                if set < compiled.groups { groups.add(set) } else { policies.push(set) }
            }
            solution.judge(component);
            solution.solve(component);
            if !solution.is_as_in_baseline(component) {
                component.referrers.iter().for_each(|&referrer| touched.add(referrer));
            }
        }
        (solution.groups, solution.policies) = (groups, policies);
        solution
    }

    /// Returns a set's state. A set that isn't there names nobody, and its value is *no*.
    pub fn state(&self, set: usize) -> State {
        self.known(set).copied().unwrap_or_default()
    }

    fn known(&self, set: usize) -> Option<&State> {
        self.changes.get(set).or_else(|| self.baseline.get(set))
    }

    fn state_mut(&mut self, set: usize) -> Option<&mut State> {
        self.changes.get_mut(set, self.baseline)
    }

    /// Whether the set names the subject and is not *no* for it.
    pub fn holds(&self, set: usize) -> bool {
        self.known(set).is_some_and(|state| state.named != NamedBy::Nothing && state.value != Value::No)
    }

    /// Returns what names the subject in a set that is not *no* for it.
    pub fn held_by(&self, set: usize) -> NamedBy {
        let held = self.known(set).filter(|state| state.value != Value::No);
        held.map_or(NamedBy::Nothing, |state| state.named)
    }

    /// Returns the rules of a set that aren't *no* for the subject's address, without those that are
    /// assumed to be gone.
    fn hits_of(&self, set: SetView<'m>) -> impl Iterator<Item = &Hit> {
        let State { hits: (start, end), direct, .. } = self.state(set.place);
        let hits = self.hits.get(start as usize..end as usize).unwrap_or_default();
        hits.iter().filter(move |hit| direct != DirectRule::Removed || !is_own(set, hit))
    }

    /// Returns the positions of the include rules that name the subject by its address or token, or by a
    /// fact.
    pub fn naming_hits(&self, set: SetView<'m>) -> impl Iterator<Item = u32> {
        let hits = self.hits_of(set).filter(|hit| hit.at.section == Section::Include && hit.names());
        hits.map(|hit| hit.at.position)
    }

    /// Returns the value of a rule that an address or a token decides.
    pub fn value_by_hits(&self, set: SetView<'m>, section: Section, position: u32) -> Value {
        if self.subject.has_unknown_address() {
            return Value::Open;
        }
        let mut hits = self.hits_of(set);
        let hit = hits.find(|hit| hit.at.section == section && hit.at.position == position);
        hit.map_or(Value::No, |hit| hit.value)
    }

    /// Returns the number of `email` rules of the include that are the subject's own.
    pub fn own_rules(&self, set: SetView<'m>) -> usize {
        self.hits_of(set).filter(|hit| is_own(set, hit)).count() + usize::from(self.has_added(set))
    }

    /// Whether one more rule is assumed.
    pub fn has_added(&self, set: SetView<'_>) -> bool {
        self.subject.address().is_some() && self.state(set.place).direct == DirectRule::Added
    }

    /// Judges what the address or the token decides in the sets of a component.
    fn judge(&mut self, component: &Component) {
        for set in self.sets_of(component) {
            self.judge_set(set);
        }
    }

    /// Judges what the address or the token decides in each section of a set.
    fn judge_set(&mut self, set: SetView<'m>) {
        let sections = &set.summary.sections;
        let mut by_hits = PerSection { require: Value::Yes, ..PerSection::default() };
        let is_expected = self.reading == Reading::Expectation;
        let of_facts = if is_expected { sections.require.covered } else { 0 };
        if self.subject.has_unknown_address() {
            for (section, _) in sections.iter().filter(|(_, summary)| summary.by_address > 0) {
                *by_hits.of_mut(section) = Value::Open;
            }
            // No fact is about somebody without an address.
            if of_facts > 0 {
                by_hits.require = Value::No;
            }
        } else {
            let mut required = 0;
            for hit in self.hits_of(set).filter(|hit| is_expected || !hit.by_fact) {
                let value = if hit.by_fact { Value::Yes } else { hit.value };
                let of_section = by_hits.of_mut(hit.at.section);
                if hit.at.section == Section::Require {
                    required += 1;
                    *of_section = value.min(*of_section);
                } else {
                    *of_section = value.max(*of_section);
                }
            }
            if self.has_added(set) {
                by_hits.include = Value::Yes;
            }
            // The rules that name tokens are open for people.
            let of_tokens = if self.subject.is_person() { 0 } else { sections.require.by_token };
            if required < sections.require.by_address + of_tokens + of_facts {
                by_hits.require = Value::No;
            }
        }
        if let Some(state) = self.state_mut(set.place) {
            state.by_hits = by_hits;
        }
    }

    fn sets_of<'c>(&self, component: &'c Component) -> impl Iterator<Item = SetView<'m>> + use<'c, 'm> {
        let compiled = self.compiled;
        component.sets.iter().filter_map(|&set| compiled.set(set))
    }

    /// Whether the sets of a component have the values of the baseline.
    fn is_as_in_baseline(&self, component: &Component) -> bool {
        let result = |state: &State| (state.value, state.named);
        let mut sets = component.sets.iter();
        sets.all(|&set| self.baseline.get(set).map(result) == self.known(set).map(result))
    }

    /// Solves a component. All references that leave it are solved already.
    fn solve(&mut self, component: &Component) {
        for &set in &component.sets {
            if let Some(state) = self.state_mut(set) {
                (state.value, state.named) = (Value::No, NamedBy::Nothing);
            }
        }
        self.raise(component, |solution, set| {
            let value = solution.value(set);
            let state = solution.state_mut(set.place);
            state.is_some_and(|state| std::mem::replace(&mut state.value, value) != value)
        });
        self.raise(component, |solution, set| {
            let named = solution.named_by(set);
            let state = solution.state_mut(set.place);
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
        let by_hits = *self.state(set.place).by_hits.of(section);
        if summary.everyone || by_hits == Value::Yes || summary.any_token && self.subject.is_token() {
            return Value::Yes;
        }
        let members = summary.members && self.member_value() == Value::Open;
        let own = if self.is_open(summary) || members { Value::Open } else { by_hits };
        let referred = summary.references.iter().map(|reference| self.reference(set, reference.to));
        referred.fold(own, Value::max)
    }

    /// Returns whether all require rules hold.
    fn all_required(&self, set: SetView<'m>) -> Value {
        let summary = &set.summary.sections.require;
        let by_hits = self.state(set.place).by_hits.require;
        let is_refused = match self.subject {
            Subject::Person { .. } => false,
            Subject::Token(_) => summary.login,
            Subject::Nobody => summary.login || summary.any_token,
        };
        let is_refused = is_refused || summary.hollow || summary.members && self.member_value() == Value::No;
        if is_refused || by_hits == Value::No {
            return Value::No;
        }
        let own = if self.is_open(summary) || summary.members { Value::Open } else { by_hits };
        let referred = summary.references.iter().map(|reference| self.reference(set, reference.to));
        referred.fold(own, Value::min)
    }

    /// Whether a rule of a section is open for the subject, whatever its address.
    fn is_open(&self, summary: &SectionSummary) -> bool {
        let login = if self.reading == Reading::Claim { summary.login } else { summary.uncovered };
        let is_for_people = || login || summary.by_token > 0 || summary.any_token;
        summary.open || self.subject.is_person() && is_for_people()
    }

    /// Returns the value of a `cloudflare_account_member` rule of this account. Such a rule also
    /// asks for a login through Cloudflare's own identity provider
    /// (<https://developers.cloudflare.com/cloudflare-one/access-controls/policies/>), so it is
    /// never *yes*. A rejected member can't log in as one (inferred).
    pub fn member_value(&self) -> Value {
        match self.subject {
            Subject::Person { standing: Standing::None | Standing::Accepted, .. } => Value::Open,
            _ => Value::No,
        }
    }

    /// Returns the value of a rule that names another set. It is open where there is no such set,
    /// and inside of a cycle that passes through an exclude.
    pub fn reference(&self, from: SetView<'m>, to: Option<usize>) -> Value {
        let Some((set, state)) = to.and_then(|to| self.compiled.set(to).zip(self.known(to))) else {
            return Value::Open;
        };
        let is_inside = set.summary.component == from.summary.component;
        let component = self.compiled.components.get(set.summary.component);
        if is_inside && component.is_some_and(|component| component.cycle == Cycle::Open) {
            return Value::Open;
        }
        state.value
    }

    /// Returns what names the subject in the include of a set.
    fn named_by(&self, set: SetView<'m>) -> NamedBy {
        let summary = &set.summary.sections.include;
        let is_by_rules = summary.everyone && self.subject.is_person()
            || summary.members && self.subject.is_accepted()
            || summary.any_token && self.subject.is_token()
            || self.state(set.place).by_hits.include == Value::Yes;
        if is_by_rules {
            return NamedBy::Rules;
        }
        let is_by_facts = summary.covered > 0 && self.naming_hits(set).next().is_some();
        let own = if is_by_facts { NamedBy::Facts } else { NamedBy::Nothing };
        self.naming_references(set).map(|(_, named)| named).fold(own, NamedBy::max)
    }

    /// Returns the positions of the include rules that name the subject through another set, and what
    /// names it there.
    pub fn naming_references(&self, set: SetView<'m>) -> impl Iterator<Item = (u32, NamedBy)> {
        let references = set.summary.sections.include.references.iter();
        let naming = references.filter_map(|it| Some((it.position, self.held_by(it.to?))));
        naming.filter(|(_, named)| *named != NamedBy::Nothing)
    }
}

/// Whether a rule is an `email` rule of the include for the very address.
fn is_own(set: SetView<'_>, hit: &Hit) -> bool {
    let entry = set.rules.entry(Section::Include, hit.at.position);
    hit.at.section == Section::Include
        && hit.value == Value::Yes
        && entry.is_some_and(|entry| matches!(entry.rule, Rule::Email(_)))
}
