//! Who is a member: the evaluation of all groups for one principal, as they stand or as a change
//! would leave them.

use super::groups::{Component, Cycle, Membership, RuleSet, Section};
use super::index::RuleAt;
use super::rule::Rule;
use super::value::Value;
use std::borrow::Cow;

/// What an account member's status says to a `cloudflare_account_member` rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Not an account member, or one that hasn't accepted yet: a login may show another identity.
    None,
    /// An accepted member: named by the rule, though a login has to confirm it.
    Accepted,
    /// A rejected member: the rule doesn't hold.
    Rejected,
}

/// Somebody who can be in a group.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// As Cloudflare spells it. Without an address, what an address would decide is open.
    pub address: Option<&'a str>,
    /// As an account member.
    pub standing: Standing,
}

/// That a principal is a member of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held<'m> {
    /// The group's id.
    pub group: &'m str,
    /// The include rules that name the principal and are not no, as kind and value, in the group's
    /// order.
    pub basis: Vec<(&'static str, &'m str)>,
    /// Where only a login can tell: the group's own open rules.
    pub conditions: Option<OpenRules<'m>>,
    /// Taking the person's own email rules leaves `include` non-empty and the person no member.
    pub revocable: bool,
}

/// The raw open rules of a group, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpenRules<'m> {
    /// The open includes, where no include is yes.
    pub any_of: Vec<Cow<'m, str>>,
    /// The open requires.
    pub all_of: Vec<Cow<'m, str>>,
    /// The open excludes.
    pub none_of: Vec<Cow<'m, str>>,
}

/// What the person's own `email` rules in the include of a group are taken to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DirectRule {
    /// As they stand.
    #[default]
    AsIs,
    /// None is there.
    Removed,
    /// One is there, behind the others.
    Added,
}

/// The working memory of an evaluation, kept between principals.
#[derive(Debug, Default)]
pub struct Scratch {
    hits: Vec<RuleAt>,
    states: Vec<State>,
    touched: Vec<bool>,
}

/// What all groups say of somebody with an address that no rule names, by standing: what most of
/// them say of most people.
#[derive(Debug, Default)]
pub(super) struct Baseline([Vec<State>; 3]);

/// What an evaluation knows of a group.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct State {
    /// Where its hits start among all, and where they end.
    hits: (u32, u32),
    own: DirectRule,
    /// Per section: how many rules say yes to the address; an added one counts.
    counts: [u32; 3],
    value: Value,
    named: bool,
}

impl Membership {
    /// Every group that this principal is a member of, by the group's id.
    pub fn of<'m>(&'m self, principal: Subject<'m>, scratch: &mut Scratch) -> Vec<Held<'m>> {
        self.evaluate(principal, [], scratch).held()
    }

    /// What every group says of this principal, if their own rules in the groups with these places
    /// were as it says there.
    pub fn evaluate<'m, 's>(
        &'m self,
        principal: Subject<'m>,
        assumed: impl IntoIterator<Item = (usize, DirectRule)>,
        scratch: &'s mut Scratch,
    ) -> Evaluation<'m, 's> {
        let Scratch { hits, states, touched } = scratch;
        hits.clear();
        states.clear();
        touched.clear();
        let mut strangers: &[State] = &[];
        if let Some(address) = principal.address {
            self.hits(address, hits);
            strangers = &self.strangers.0[principal.standing as usize];
        }
        states.extend_from_slice(strangers);
        states.resize(self.groups.len(), State::default());
        // Without an address, nothing is as for strangers.
        touched.resize(self.components.len(), strangers.is_empty());
        for (place, at) in (0..).zip(&*hits) {
            let (first, end) = &mut states[at.group as usize].hits;
            *first = if *end == 0 { place } else { *first };
            *end = place + 1;
            touched[self.component_of[at.group as usize]] = true;
        }
        for (group, own) in assumed {
            if let Some(state) = states.get_mut(group) {
                state.own = own;
                touched[self.component_of[group]] = true;
            }
        }
        let mut evaluation = Evaluation { membership: self, principal, hits, states };
        for (place, component) in self.components.iter().enumerate() {
            if !touched[place] {
                continue;
            }
            component.groups.iter().for_each(|&group| evaluation.count(group));
            evaluation.solve(component);
            if !evaluation.says_as_to(strangers, component) {
                component.referrers.iter().for_each(|&referrer| touched[referrer] = true);
            }
        }
        evaluation
    }

    /// Evaluates once what the evaluation of everybody with an address starts from.
    pub(super) fn meet_strangers(&mut self) {
        let met = [Standing::None, Standing::Accepted, Standing::Rejected].map(|standing| {
            let mut states = vec![State::default(); self.groups.len()];
            let principal = Subject { address: Some(""), standing };
            let mut evaluation = Evaluation { membership: self, principal, hits: &[], states: &mut states };
            self.components.iter().for_each(|component| evaluation.solve(component));
            states
        });
        self.strangers = Baseline(met);
    }
}

/// All groups, evaluated for one principal. Groups are named by their places in
/// [`Membership::group_ids`].
pub struct Evaluation<'m, 's> {
    pub(super) membership: &'m Membership,
    pub(super) principal: Subject<'m>,
    hits: &'s [RuleAt],
    /// Of each group.
    states: &'s mut [State],
}

impl<'m> Evaluation<'m, '_> {
    /// How many groups there are.
    pub fn groups(&self) -> usize {
        self.states.len()
    }

    /// Whether the principal is a member, as far as it can be told.
    pub fn value(&self, group: usize) -> Value {
        self.states.get(group).map_or(Value::No, |state| state.value)
    }

    /// Whether identity alone decides that an include rule names the principal.
    pub fn is_named(&self, group: usize) -> bool {
        self.states.get(group).is_some_and(|state| state.named)
    }

    /// Named by the group, and the group is not *no*: a grant.
    pub fn holds(&self, group: usize) -> bool {
        self.is_named(group) && self.value(group) != Value::No
    }

    /// Counts the rules of a group that say yes to the address.
    fn count(&mut self, group: usize) {
        let mut counts = [0; 3];
        counts[Section::Include as usize] = u32::from(self.has_added(group));
        for at in self.hits_of(group) {
            if self.stands(at) {
                counts[at.section as usize] += 1;
            }
        }
        self.states[group].counts = counts;
    }

    fn hits_of(&self, group: usize) -> &[RuleAt] {
        let (first, end) = self.states[group].hits;
        &self.hits[first as usize..end as usize]
    }

    /// Whether a rule isn't one that is taken to be gone.
    fn stands(&self, at: &RuleAt) -> bool {
        let (group, position) = (at.group as usize, at.position as usize);
        self.states[group].own != DirectRule::Removed
            || at.section != Section::Include
            || !matches!(self.rule(group, at.section, position), Rule::Email(_))
    }

    pub(super) fn rules(&self, group: usize) -> &'m RuleSet {
        &self.membership.groups[group]
    }

    pub(super) fn rule(&self, group: usize, section: Section, position: usize) -> &'m Rule {
        &self.rules(group).section(section)[position].rule
    }

    /// The positions of the rules of this section that say yes to the address.
    pub(super) fn hits(&self, group: usize, section: Section) -> impl Iterator<Item = usize> + '_ {
        let hits = self.hits_of(group).iter().filter(move |at| at.section == section && self.stands(at));
        hits.map(|at| at.position as usize)
    }

    /// How many `email` rules of the include are the person's own.
    pub fn own_rules(&self, group: usize) -> usize {
        let is_email =
            |position: &usize| matches!(self.rule(group, Section::Include, *position), Rule::Email(_));
        self.hits(group, Section::Include).filter(is_email).count() + usize::from(self.has_added(group))
    }

    pub(super) fn has_added(&self, group: usize) -> bool {
        self.states[group].own == DirectRule::Added && self.principal.address.is_some()
    }

    /// Whether the groups of a component say of the principal what they say of these strangers.
    fn says_as_to(&self, strangers: &[State], component: &Component) -> bool {
        let says = |state: &State| (state.value, state.named);
        component
            .groups
            .iter()
            .all(|&group| strangers.get(group).map(says) == Some(says(&self.states[group])))
    }

    /// Evaluates groups whose references outside of themselves are all evaluated already.
    fn solve(&mut self, component: &Component) {
        for &group in &component.groups {
            let state = &mut self.states[group];
            (state.value, state.named) = (Value::No, false);
        }
        self.raise(component, |evaluation, group| {
            let value = evaluation.solved(group);
            std::mem::replace(&mut evaluation.states[group].value, value) != value
        });
        self.raise(component, |evaluation, group| {
            let named = evaluation.names(group);
            std::mem::replace(&mut evaluation.states[group].named, named) != named
        });
    }

    /// Repeats a step over the component until nothing changes. Both steps only ever raise, so this
    /// ends.
    fn raise(&mut self, component: &Component, mut step: impl FnMut(&mut Self, usize) -> bool) {
        loop {
            let mut changed = false;
            for &group in &component.groups {
                changed |= step(self, group);
            }
            if !changed || component.cycle == Cycle::None {
                return;
            }
        }
    }

    fn solved(&self, group: usize) -> Value {
        let include = self.any(group, Section::Include);
        if include == Value::No {
            return Value::No;
        }
        let exclude = self.any(group, Section::Exclude);
        include.min(!exclude).min(self.all(group))
    }

    pub(super) fn any(&self, group: usize, section: Section) -> Value {
        let summary = &self.membership.summaries[group];
        let s = section as usize;
        if summary.everyone[s] || self.states[group].counts[s] > 0 {
            return Value::Yes;
        }
        let open = summary.open[s]
            || summary.members[s] && self.member_value() == Value::Open
            || summary.by_address[s] > 0 && self.principal.address.is_none();
        let own = if open { Value::Open } else { Value::No };
        let referred = summary.references.iter().filter(|reference| reference.section == section);
        referred.map(|reference| self.reference(group, reference.to)).fold(own, Value::max)
    }

    fn all(&self, group: usize) -> Value {
        let summary = &self.membership.summaries[group];
        let s = Section::Require as usize;
        if summary.never || summary.members[s] && self.member_value() == Value::No {
            return Value::No;
        }
        let by_address = match self.principal.address {
            None if summary.by_address[s] > 0 => Value::Open,
            Some(_) if self.states[group].counts[s] < summary.by_address[s] => return Value::No,
            _ => Value::Yes,
        };
        let own = if summary.open[s] || summary.members[s] { Value::Open } else { by_address };
        let referred = summary.references.iter().filter(|reference| reference.section == Section::Require);
        referred.map(|reference| self.reference(group, reference.to)).fold(own, Value::min)
    }

    pub(super) fn member_value(&self) -> Value {
        match self.principal.standing {
            Standing::None | Standing::Accepted => Value::Open,
            Standing::Rejected => Value::No,
        }
    }

    pub(super) fn reference(&self, from: usize, to: Option<usize>) -> Value {
        let Some(to) = to else { return Value::Open };
        let component = self.membership.component_of[from];
        if component == self.membership.component_of[to]
            && self.membership.components[component].cycle == Cycle::Open
        {
            return Value::Open;
        }
        self.states[to].value
    }

    /// Whether an include rule that identity decides says yes, or an included group does.
    fn names(&self, group: usize) -> bool {
        let summary = &self.membership.summaries[group];
        summary.everyone[Section::Include as usize]
            || summary.members[Section::Include as usize] && self.principal.standing == Standing::Accepted
            || self.states[group].counts[Section::Include as usize] > 0
            || self.naming_groups(group).next().is_some()
    }

    /// The include rules that name the principal through another group: their positions, and that
    /// group.
    pub(super) fn naming_groups(&self, group: usize) -> impl Iterator<Item = (usize, usize)> + '_ {
        self.membership.summaries[group]
            .references
            .iter()
            .filter(|reference| reference.section == Section::Include)
            .filter_map(|reference| Some((reference.position, reference.to?)))
            .filter(|&(_, to)| self.holds(to))
    }

    /// Whether taking the person's own rules ends the membership, and leaves an include.
    pub(super) fn revocable(&mut self, group: usize) -> bool {
        let own = self.own_rules(group);
        let rules = self.rules(group).section(Section::Include).len() + usize::from(self.has_added(group));
        if own == 0 || own == rules {
            return false;
        }
        let component = &self.membership.components[self.membership.component_of[group]];
        let before: Vec<State> = component.groups.iter().map(|&group| self.states[group]).collect();
        self.states[group].own = DirectRule::Removed;
        self.count(group);
        self.solve(component);
        let holds = self.holds(group);
        for (&group, before) in component.groups.iter().zip(before) {
            self.states[group] = before;
        }
        !holds
    }
}
