//! Who is a member: the evaluation of all groups for one principal.

use super::groups::{Component, Cycle, GroupRules, Membership, Section};
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
pub struct Principal<'a> {
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
    /// The include rules that name the principal and are not no, as kind and value, in the group's order.
    pub basis: Vec<(&'static str, &'m str)>,
    /// Where only a login can tell: the group's own open rules.
    pub conditions: Option<OpenRules<'m>>,
    /// Taking the person's own email rules leaves `include` non-empty and the person not named.
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

/// The working memory of an evaluation, kept between principals.
#[derive(Debug, Default)]
pub struct Scratch {
    hits: Vec<RuleAt>,
    /// For each group where its hits start; one more at the end.
    starts: Vec<u32>,
    values: Vec<Value>,
    named: Vec<bool>,
}

impl Membership {
    /// Every group that this principal is a member of, by the group's id.
    pub fn of<'m>(&'m self, principal: Principal<'_>, scratch: &mut Scratch) -> Vec<Held<'m>> {
        scratch.hits.clear();
        if let Some(address) = principal.address {
            self.hits(address, &mut scratch.hits);
        }
        scratch.starts.clear();
        let mut seen = 0;
        for group in 0..=self.groups.len() {
            while scratch.hits.get(seen).is_some_and(|at| (at.group as usize) < group) {
                seen += 1;
            }
            scratch.starts.push(seen as u32);
        }
        scratch.values.clear();
        scratch.values.resize(self.groups.len(), Value::No);
        scratch.named.clear();
        scratch.named.resize(self.groups.len(), false);

        let mut evaluation = Evaluation { membership: self, principal, scratch, without_own: None };
        for component in &self.components {
            evaluation.solve(component);
        }
        let mut held = Vec::new();
        for (group, rules) in self.groups.iter().enumerate() {
            if evaluation.holds(group) {
                held.push(Held {
                    group: &rules.id,
                    basis: evaluation.basis(group),
                    conditions: evaluation.conditions(group),
                    revocable: evaluation.revocable(group),
                });
            }
        }
        held
    }
}

struct Evaluation<'m, 's, 'p> {
    membership: &'m Membership,
    principal: Principal<'p>,
    scratch: &'s mut Scratch,
    /// The group whose include is evaluated as if the person's own email rules weren't there.
    without_own: Option<usize>,
}

impl<'m> Evaluation<'m, '_, '_> {
    fn rules(&self, group: usize) -> &'m GroupRules {
        &self.membership.groups[group]
    }

    fn rule(&self, group: usize, section: Section, position: usize) -> &'m Rule {
        &self.rules(group).section(section)[position].rule
    }

    /// The positions of the rules of this section that say yes to the address.
    fn hits(&self, group: usize, section: Section) -> impl Iterator<Item = usize> + '_ {
        let range = self.scratch.starts[group] as usize..self.scratch.starts[group + 1] as usize;
        let without_own = self.without_own == Some(group) && section == Section::Include;
        self.scratch.hits[range]
            .iter()
            .filter(move |at| at.section == section)
            .map(|at| at.position as usize)
            .filter(move |&position| !without_own || !matches!(self.rule(group, section, position), Rule::Email(_)))
    }

    /// Named by the group, and the group is not *no*: a grant.
    fn holds(&self, group: usize) -> bool {
        self.scratch.named[group] && self.scratch.values[group] != Value::No
    }

    /// Evaluates groups whose references outside of themselves are all evaluated already.
    fn solve(&mut self, component: &Component) {
        for &group in &component.groups {
            self.scratch.values[group] = Value::No;
            self.scratch.named[group] = false;
        }
        self.raise(component, |evaluation, group| {
            let value = evaluation.value(group);
            std::mem::replace(&mut evaluation.scratch.values[group], value) != value
        });
        self.raise(component, |evaluation, group| {
            let named = evaluation.names(group);
            std::mem::replace(&mut evaluation.scratch.named[group], named) != named
        });
    }

    /// Repeats a step over the component until nothing changes. Both steps only ever raise, so this ends.
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

    fn value(&self, group: usize) -> Value {
        let include = self.any(group, Section::Include);
        let exclude = self.any(group, Section::Exclude);
        include.min(!exclude).min(self.all(group))
    }

    fn any(&self, group: usize, section: Section) -> Value {
        let summary = &self.membership.summaries[group];
        let s = section as usize;
        if summary.everyone[s] || self.hits(group, section).next().is_some() {
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
            Some(_) if self.hits(group, Section::Require).count() < summary.by_address[s] => return Value::No,
            _ => Value::Yes,
        };
        let own = if summary.open[s] || summary.members[s] { Value::Open } else { by_address };
        let referred = summary.references.iter().filter(|reference| reference.section == Section::Require);
        referred.map(|reference| self.reference(group, reference.to)).fold(own, Value::min)
    }

    fn member_value(&self) -> Value {
        match self.principal.standing {
            Standing::None | Standing::Accepted => Value::Open,
            Standing::Rejected => Value::No,
        }
    }

    fn reference(&self, from: usize, to: Option<usize>) -> Value {
        let Some(to) = to else { return Value::Open };
        let component = self.membership.component_of[from];
        if component == self.membership.component_of[to] && self.membership.components[component].cycle == Cycle::Open {
            return Value::Open;
        }
        self.scratch.values[to]
    }

    /// Whether an include rule that identity decides says yes, or an included group does.
    fn names(&self, group: usize) -> bool {
        let summary = &self.membership.summaries[group];
        summary.everyone[Section::Include as usize]
            || summary.members[Section::Include as usize] && self.principal.standing == Standing::Accepted
            || self.hits(group, Section::Include).next().is_some()
            || self.naming_groups(group).next().is_some()
    }

    /// The include rules that name the principal through another group: their positions, and that group.
    fn naming_groups(&self, group: usize) -> impl Iterator<Item = (usize, usize)> + '_ {
        self.membership.summaries[group]
            .references
            .iter()
            .filter(|reference| reference.section == Section::Include)
            .filter_map(|reference| Some((reference.position, reference.to?)))
            .filter(|&(_, to)| self.holds(to))
    }

    fn basis(&self, group: usize) -> Vec<(&'static str, &'m str)> {
        let summary = &self.membership.summaries[group];
        let include = self.rules(group).section(Section::Include);
        let mut positions: Vec<usize> = self.hits(group, Section::Include).collect();
        positions.extend(self.naming_groups(group).map(|(position, _)| position));
        let accepted = self.principal.standing == Standing::Accepted;
        if summary.everyone[Section::Include as usize] || accepted && summary.members[Section::Include as usize] {
            positions.extend(include.iter().enumerate().filter_map(|(position, entry)| match entry.rule {
                Rule::Everyone => Some(position),
                Rule::AccountMember(_) if accepted => Some(position),
                _ => None,
            }));
        }
        positions.sort_unstable();
        let mut basis = Vec::with_capacity(positions.len());
        for named in positions.into_iter().filter_map(|position| include[position].rule.basis()) {
            if !basis.contains(&named) {
                basis.push(named);
            }
        }
        basis
    }

    fn conditions(&self, group: usize) -> Option<OpenRules<'m>> {
        if self.scratch.values[group] != Value::Open {
            return None;
        }
        let mut open = OpenRules::default();
        let include_is_yes = self.any(group, Section::Include) == Value::Yes;
        let summary = &self.membership.summaries[group];
        let rules = match self.principal.address {
            Some(_) => &summary.can_be_open,
            None => &self.rules(group).rules().map(|(section, position, _)| (section, position)).collect(),
        };
        for &(section, position) in rules {
            if self.rule_value(group, section, position) != Value::Open {
                continue;
            }
            let list = match section {
                Section::Include if include_is_yes => continue,
                Section::Include => &mut open.any_of,
                Section::Exclude => &mut open.none_of,
                Section::Require => &mut open.all_of,
            };
            list.push(self.rules(group).section(section)[position].text());
        }
        Some(open)
    }

    /// The value of one rule, as far as it matters whether that is open.
    fn rule_value(&self, group: usize, section: Section, position: usize) -> Value {
        match self.rule(group, section, position) {
            Rule::Group(_) => {
                let mut references = self.membership.summaries[group].references.iter();
                let found = references.find(|reference| (reference.section, reference.position) == (section, position));
                found.map_or(Value::Open, |reference| self.reference(group, reference.to))
            }
            Rule::AccountMember(_) => self.member_value(),
            Rule::EmailList(id) if self.membership.is_readable(id) && self.principal.address.is_some() => {
                if self.hits(group, section).any(|hit| hit == position) { Value::Yes } else { Value::No }
            }
            Rule::Everyone | Rule::Hollow => Value::No,
            _ => Value::Open,
        }
    }

    fn revocable(&mut self, group: usize) -> bool {
        let include = self.rules(group).section(Section::Include);
        let is_email = |position: &usize| matches!(include[*position].rule, Rule::Email(_));
        let own = self.hits(group, Section::Include).filter(is_email).count();
        if own == 0 || own == include.len() {
            return false;
        }
        self.without_own = Some(group);
        let component = &self.membership.components[self.membership.component_of[group]];
        let before: Vec<_> =
            component.groups.iter().map(|&g| (self.scratch.values[g], self.scratch.named[g])).collect();
        self.solve(component);
        let named = self.scratch.named[group];
        for (&g, (value, named)) in component.groups.iter().zip(before) {
            self.scratch.values[g] = value;
            self.scratch.named[g] = named;
        }
        self.without_own = None;
        !named
    }
}
