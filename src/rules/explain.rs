//! Why somebody is a member, or isn't: the rules behind an evaluation.

use super::evaluate::{Evaluation, Held, OpenRules, Standing};
use super::groups::Section;
use super::rule::Rule;
use super::value::Value;
use crate::sorted::sort;
use std::borrow::Cow;

/// A rule, by where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named<'m> {
    /// Which of the three lists.
    pub section: Section,
    /// From 0.
    pub position: usize,
    /// The rule as Cloudflare gave it.
    pub text: Cow<'m, str>,
}

/// Why somebody is a member of a group, by the places of its rules. Who is one for the same reason
/// as somebody else holds the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reason {
    /// The include rules that name the principal.
    basis: Vec<usize>,
    /// Whether only a login can tell, and by which rules.
    is_open: bool,
    open: Vec<(Section, usize)>,
    /// The person's own rules can be taken.
    revocable: bool,
    /// A rule of the person's own is among those that name them: hardly anybody else has this
    /// reason.
    pub is_own: bool,
}

impl<'m> Evaluation<'m, '_> {
    /// Every group that the principal is a member of, by the group's id.
    pub fn held(&mut self) -> Vec<Held<'m>> {
        (0..self.groups()).filter_map(|group| self.held_of(group)).collect()
    }

    /// The membership of one group, if it is one.
    pub fn held_of(&mut self, group: usize) -> Option<Held<'m>> {
        let mut reason = Reason::default();
        self.reason(group, &mut reason).then(|| self.held_for(group, &reason))
    }

    /// Whether the principal is a member of a group, and why: `reason`, whatever it was before.
    pub fn reason(&mut self, group: usize, reason: &mut Reason) -> bool {
        if !self.holds(group) {
            return false;
        }
        let Reason { basis, is_open, open, revocable, is_own } = reason;
        self.named_by(group, basis);
        *is_open = self.value(group) == Value::Open;
        open.clear();
        if *is_open {
            self.open_rules(group, open);
        }
        *is_own = self.own_rules(group) > 0;
        *revocable = *is_own && self.revocable(group);
        true
    }

    /// The membership that a reason stands for.
    pub fn held_for(&self, group: usize, reason: &Reason) -> Held<'m> {
        let conditions = reason.is_open.then(|| {
            let mut conditions = OpenRules::default();
            for &(section, position) in &reason.open {
                let list = match section {
                    Section::Include => &mut conditions.any_of,
                    Section::Exclude => &mut conditions.none_of,
                    Section::Require => &mut conditions.all_of,
                };
                list.push(self.rules(group).section(section)[position].text());
            }
            conditions
        });
        let Reason { basis, revocable, .. } = reason;
        Held {
            group: &self.rules(group).id,
            basis: self.basis_at(group, basis),
            conditions,
            revocable: *revocable,
        }
    }

    /// The include rules that name the principal, as kind and value, in the group's order.
    pub fn basis(&self, group: usize) -> Vec<(&'static str, &'m str)> {
        let mut positions = Vec::new();
        self.named_by(group, &mut positions);
        self.basis_at(group, &positions)
    }

    fn basis_at(&self, group: usize, positions: &[usize]) -> Vec<(&'static str, &'m str)> {
        let include = self.rules(group).section(Section::Include);
        let added =
            self.principal.address.filter(|_| self.has_added(group)).map(|address| ("email", address));
        let mut basis = Vec::with_capacity(positions.len());
        for named in positions.iter().filter_map(|&position| include[position].rule.basis()).chain(added) {
            if !basis.contains(&named) {
                basis.push(named);
            }
        }
        basis
    }

    /// The positions of the include rules that name the principal.
    fn named_by(&self, group: usize, positions: &mut Vec<usize>) {
        positions.clear();
        positions.extend(self.hits(group, Section::Include));
        positions.extend(self.naming_groups(group).map(|(position, _)| position));
        let accepted = self.principal.standing == Standing::Accepted;
        for &position in &self.membership.summaries[group].by_standing {
            if accepted || matches!(self.rule(group, Section::Include, position), Rule::Everyone) {
                positions.push(position);
            }
        }
        if !positions.is_sorted() {
            sort(positions);
        }
    }

    /// The first rule that says *no* to the principal, whatever the include says.
    pub fn refusing(&self, group: usize) -> Option<Named<'m>> {
        let refuses = |(section, position)| match section {
            Section::Include => false,
            Section::Exclude => self.rule_value(group, section, position) == Value::Yes,
            Section::Require => self.rule_value(group, section, position) == Value::No,
        };
        let mut rules = self.rules(group).rules().map(|(section, position, _)| (section, position));
        let (section, position) = rules.find(|&at| refuses(at))?;
        Some(Named { section, position, text: self.rules(group).section(section)[position].text() })
    }

    /// The include rules that only a login can tell.
    pub fn open_includes(&self, group: usize) -> Vec<Cow<'m, str>> {
        let include = self.rules(group).section(Section::Include).iter().enumerate();
        let open = include
            .filter(|&(position, _)| self.rule_value(group, Section::Include, position) == Value::Open);
        open.map(|(_, entry)| entry.text()).collect()
    }

    /// The open rules that a login decides by: of the include, only where none of it is yes.
    fn open_rules(&self, group: usize, open: &mut Vec<(Section, usize)>) {
        let include_is_yes = self.any(group, Section::Include) == Value::Yes;
        let summary = &self.membership.summaries[group];
        let rules = match self.principal.address {
            Some(_) => &summary.can_be_open,
            None => &self.rules(group).rules().map(|(section, position, _)| (section, position)).collect(),
        };
        for &(section, position) in rules {
            let counts = section != Section::Include || !include_is_yes;
            if counts && self.rule_value(group, section, position) == Value::Open {
                open.push((section, position));
            }
        }
    }

    fn rule_value(&self, group: usize, section: Section, position: usize) -> Value {
        let by_address = || match self.principal.address {
            None => Value::Open,
            Some(_) if self.hits(group, section).any(|hit| hit == position) => Value::Yes,
            Some(_) => Value::No,
        };
        match self.rule(group, section, position) {
            Rule::Everyone => Value::Yes,
            Rule::Hollow => Value::No,
            Rule::Email(_) | Rule::EmailDomain(_) => by_address(),
            Rule::EmailList(id) if self.membership.is_readable(id) => by_address(),
            Rule::EmailList(_) | Rule::Open | Rule::NotAscii | Rule::NotUnderstood(_) => Value::Open,
            Rule::AccountMember(_) => self.member_value(),
            Rule::Group(_) => {
                let mut references = self.membership.summaries[group].references.iter();
                let found = references
                    .find(|reference| (reference.section, reference.position) == (section, position));
                found.map_or(Value::Open, |reference| self.reference(group, reference.to))
            }
        }
    }
}
