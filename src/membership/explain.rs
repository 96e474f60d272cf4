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

impl<'m> Evaluation<'m, '_> {
    /// Every group that the principal is a member of, by the group's id.
    pub fn held(&mut self) -> Vec<Held<'m>> {
        (0..self.membership.groups.len()).filter_map(|group| self.held_of(group)).collect()
    }

    /// The membership of one group, if it is one.
    pub fn held_of(&mut self, group: usize) -> Option<Held<'m>> {
        self.holds(group).then(|| Held {
            group: &self.rules(group).id,
            basis: self.basis(group),
            conditions: self.conditions(group),
            revocable: self.revocable(group),
        })
    }

    /// The include rules that name the principal, as kind and value, in the group's order.
    pub fn basis(&self, group: usize) -> Vec<(&'static str, &'m str)> {
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
        sort(&mut positions);
        let added = self.principal.address.filter(|_| self.has_added(group)).map(|address| ("email", address));
        let mut basis = Vec::with_capacity(positions.len());
        for named in positions.into_iter().filter_map(|position| include[position].rule.basis()).chain(added) {
            if !basis.contains(&named) {
                basis.push(named);
            }
        }
        basis
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
        let open = include.filter(|&(position, _)| self.rule_value(group, Section::Include, position) == Value::Open);
        open.map(|(_, entry)| entry.text()).collect()
    }

    fn conditions(&self, group: usize) -> Option<OpenRules<'m>> {
        if self.value(group) != Value::Open {
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
                let found = references.find(|reference| (reference.section, reference.position) == (section, position));
                found.map_or(Value::Open, |reference| self.reference(group, reference.to))
            }
        }
    }
}
