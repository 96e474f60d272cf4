//! An evaluation of all rule sets for one subject: which sets hold, and by which rules.

use super::asks::Asks;
use super::compiled::SetView;
use super::rule::Rule;
use super::rule_set::{RuleAt, RuleEntry, Section};
use super::solution::Solution;
use super::state::{NamedBy, Subject};
use super::value::Value;
use crate::identities::Evidence;
use crate::model::ResourceId;
use std::borrow::Cow;

/// A membership: a subject holds what a rule set gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held<'m> {
    /// The resource that the rule set belongs to.
    pub resource: &'m ResourceId,
    /// The include rules that name the subject and are not *no*, as kind and value, in order.
    pub basis: Vec<(&'static str, &'m str)>,
    /// The set's own open rules, if only a login can decide.
    pub conditions: Option<Alternative<'m>>,
    /// Whether the membership ends without the subject's own `email` rules, or then rests on facts alone,
    /// no other text of the include or of an included group may mean the subject, and the include isn't
    /// empty without those rules.
    pub revocable: bool,
    /// The expectation, if only a login can decide, and facts cover rules of the set or of one that it
    /// refers to.
    pub expected: Option<Expected>,
}

/// What facts say of something that a person holds on conditions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// Whether the conditions are expected to hold: where facts cover a rule, they decide it. Whatever they
    /// don't cover may hold or not.
    pub holds: bool,
    /// What the facts rest on.
    pub evidence: Evidence,
}

/// The raw open rules of a set, in order: the set holds if any of `any_of` does (where there is one), all
/// of `all_of` do, and none of `none_of`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Alternative<'m> {
    /// The open include rules, if no include rule is *yes*.
    pub any_of: Vec<Cow<'m, str>>,
    /// The open require rules. Behind those of a policy stand the identity providers that the application
    /// accepts, and the approval that the policy asks for.
    pub all_of: Vec<Cow<'m, str>>,
    /// The open exclude rules. Behind those of a policy stand the open policies that are in its way.
    pub none_of: Vec<Cow<'m, str>>,
}

/// What rules say of a person, whether somebody names the person or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opinion<'m> {
    /// Whether the person is in.
    pub value: Value,
    /// The same where the facts decide the rules that they cover. There is one only if the value is open,
    /// and facts cover a rule.
    pub expected: Option<Value>,
    /// The ways in, if only a login decides.
    pub conditions: Vec<Alternative<'m>>,
}

/// A rule with its place in a set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named<'m> {
    /// The section that the rule is in.
    pub section: Section,
    /// The position in the section, from 0.
    pub position: usize,
    /// The rule as Cloudflare wrote it.
    pub text: Cow<'m, str>,
}

/// The reason for a membership, by the places of rules. Subjects with the same reason hold the
/// same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reason {
    /// The include rules that name the subject, in order.
    basis: Vec<RuleAt>,
    is_open: bool,
    /// The open rules that a login decides by, in order, if the membership is open.
    open: Vec<RuleAt>,
    revocable: bool,
    /// Whether the conditions are expected to hold, if facts say something of them.
    expected: Option<bool>,
    /// Whether an `email` rule of the subject's own is in the basis. Hardly anybody else has such a
    /// reason.
    pub is_own: bool,
}

/// An evaluation of all rule sets for one subject. A set is named by its place; a place without a
/// set names nobody.
pub struct Evaluation<'m, 's> {
    pub(super) claim: Solution<'m, 's>,
    /// What is expected of a person, if facts cover a rule.
    pub(super) expectation: Option<Solution<'m, 's>>,
}

impl<'m> Evaluation<'m, '_> {
    /// Returns the one that the rules are evaluated for.
    pub fn subject(&self) -> Subject<'m> {
        self.claim.subject
    }

    /// Returns the places of the policies that may match the subject in another way than they match
    /// those whom no rule names. Without an address, those are all.
    pub fn touched_policies(&self) -> &[usize] {
        self.claim.policies
    }

    /// Returns the value of a set for the subject.
    pub fn value(&self, set: usize) -> Value {
        self.claim.state(set).value
    }

    /// Returns the value of a set as it is expected of a person: where facts cover a rule, they decide it.
    /// There is none if no fact covers a rule of any set.
    pub fn expected_value(&self, set: usize) -> Option<Value> {
        self.expectation.as_ref().map(|expectation| expectation.state(set).value)
    }

    /// Whether an include rule or a fact names the subject, itself or through a group.
    pub fn is_named(&self, set: usize) -> bool {
        self.claim.state(set).named != NamedBy::Nothing
    }

    /// Whether an include rule that identity decides names the subject, itself or through a group. Facts
    /// aren't asked.
    pub fn is_named_by_rules(&self, set: usize) -> bool {
        self.claim.state(set).named == NamedBy::Rules
    }

    /// Whether there is a grant that doesn't rest on facts alone.
    pub fn holds_without_facts(&self, set: usize) -> bool {
        self.claim.held_by(set) == NamedBy::Rules
    }

    /// Whether there is a grant: the set names the subject and is not *no*.
    pub fn holds(&self, set: usize) -> bool {
        self.claim.holds(set)
    }

    /// Returns the place of the first group that the subject is a member of and that isn't before this
    /// place. Going from one to the next costs as much as there are, however many groups there are.
    pub fn next_held(&self, from: usize) -> Option<usize> {
        let mut place = self.claim.groups.next(from);
        while let Some(group) = place.filter(|&group| !self.claim.holds(group)) {
            place = self.claim.groups.next(group + 1);
        }
        place
    }

    /// Returns the number of `email` rules of the include that are the subject's own.
    pub fn own_rules(&self, set: usize) -> usize {
        self.set(set).map_or(0, |set| self.claim.own_rules(set))
    }

    /// Returns all memberships in groups of the subject, sorted by group.
    pub fn held(&mut self) -> Vec<Held<'m>> {
        let mut next = self.next_held(0);
        let places = std::iter::from_fn(|| {
            let place = next?;
            next = self.next_held(place + 1);
            self.held_of(place)
        });
        places.collect()
    }

    /// Returns the subject's membership of one set, if there is one.
    pub fn held_of(&mut self, set: usize) -> Option<Held<'m>> {
        let mut reason = Reason::default();
        if self.reason(set, &mut reason) { self.held_for(set, &reason) } else { None }
    }

    /// Replaces `reason` with the reason why the subject is a member of a set. Returns whether the
    /// subject is one; otherwise `reason` stays as it was.
    pub fn reason(&mut self, set: usize, reason: &mut Reason) -> bool {
        let Some(set) = self.set(set).filter(|set| self.claim.holds(set.place)) else { return false };
        let Reason { basis, is_open, open, revocable, expected, is_own } = reason;
        basis.clear();
        self.find_basis(set, basis);
        *is_open = self.value(set.place) == Value::Open;
        open.clear();
        if *is_open {
            self.find_open(set, open);
        }
        let value = self.expected_of(set.place).filter(|_| *is_open);
        *expected = value.map(|value| value != Value::No);
        *is_own = self.claim.own_rules(set) > 0;
        *revocable = *is_own && self.claim.is_revocable(set);
        true
    }

    /// Returns the value of a set as it is expected, if facts cover a rule of this set or of one that it
    /// refers to.
    fn expected_of(&self, set: usize) -> Option<Value> {
        let is_covered = self.claim.compiled.component_of(set).is_some_and(|(_, it)| it.is_covered());
        self.expected_value(set).filter(|_| is_covered)
    }

    /// Returns what a set says of the subject, whether a rule names them or not.
    pub fn opinion(&self, set: usize) -> Opinion<'m> {
        let value = self.value(set);
        if value != Value::Open {
            return Opinion { value, expected: None, conditions: Vec::new() };
        }
        let mut open = Vec::new();
        self.add_open(set, &mut open);
        Opinion { value, expected: self.expected_of(set), conditions: vec![self.alternative(&open)] }
    }

    /// Adds the include rules that name the subject and are not *no*, in order.
    pub fn add_basis(&self, set: usize, basis: &mut Vec<RuleAt>) {
        if let Some(set) = self.set(set) {
            self.find_basis(set, basis);
        }
    }

    /// Adds the open rules of a set that a login decides by, in order: those of the include only if no
    /// include rule is *yes*.
    pub fn add_open(&self, set: usize, open: &mut Vec<RuleAt>) {
        if let Some(set) = self.set(set) {
            self.find_open(set, open);
        }
    }

    /// Returns the open rules at these places as Cloudflare wrote them, by their sections.
    pub fn alternative(&self, open: &[RuleAt]) -> Alternative<'m> {
        let mut alternative = Alternative::default();
        for &at in open {
            let list = match at.section {
                Section::Include => &mut alternative.any_of,
                Section::Exclude => &mut alternative.none_of,
                Section::Require => &mut alternative.all_of,
            };
            list.extend(self.claim.compiled.entry(at).map(RuleEntry::text));
        }
        alternative
    }

    /// Returns the rule at a place as kind and value, and the resource that has it.
    pub fn named_by(&self, at: RuleAt) -> Option<(&'static str, &'m str, &'m ResourceId)> {
        let (rule, value) = self.claim.compiled.entry(at)?.rule.basis()?;
        Some((rule, value, self.set(at.set as usize)?.rules.resource()))
    }

    /// Returns the membership of a set that a reason stands for.
    pub fn held_for(&self, set: usize, reason: &Reason) -> Option<Held<'m>> {
        let set = self.set(set)?;
        Some(Held {
            resource: set.rules.resource(),
            basis: self.basis_of(set, &reason.basis),
            conditions: reason.is_open.then(|| self.alternative(&reason.open)),
            revocable: reason.revocable,
            expected: reason.expected.and_then(|holds| {
                let evidence = self.claim.compiled.evidence(&[set.place])?;
                Some(Expected { holds, evidence })
            }),
        })
    }

    /// Returns the include rules that name the subject, as kind and value, in order.
    pub fn basis(&self, set: usize) -> Vec<(&'static str, &'m str)> {
        let Some(set) = self.set(set) else { return Vec::new() };
        let mut basis = Vec::new();
        self.find_basis(set, &mut basis);
        self.basis_of(set, &basis)
    }

    /// Returns the first rule that says *no* to the subject, whatever the include says.
    pub fn refusing(&self, set: usize) -> Option<Named<'m>> {
        let set = self.set(set)?;
        let refuses = |section, position, entry| match section {
            Section::Include => false,
            Section::Exclude => self.rule_value(set, section, position, entry) == Value::Yes,
            Section::Require => self.rule_value(set, section, position, entry) == Value::No,
        };
        let mut rules = set.rules.rules();
        let found = rules.find(|&(section, position, entry)| refuses(section, position, entry));
        let (section, position, entry) = found?;
        Some(Named { section, position: position as usize, text: entry.text() })
    }

    /// Returns an include rule of which a part may mean the subject, though the text isn't one address or
    /// one domain, with the place of its set: this one, or one that it includes.
    pub fn doubtful_include(&self, set: usize) -> Option<(usize, Cow<'m, str>)> {
        let at = self.claim.doubtful_include(self.set(set)?)?;
        Some((at.set as usize, self.claim.compiled.entry(at)?.text()))
    }

    /// Returns the include rules that only a login can decide.
    pub fn open_includes(&self, set: usize) -> Vec<Cow<'m, str>> {
        let Some(set) = self.set(set) else { return Vec::new() };
        let include = (0..).zip(set.rules.section(Section::Include));
        let open = include.filter(|&(position, entry)| {
            self.rule_value(set, Section::Include, position, entry) == Value::Open
        });
        open.map(|(_, entry)| entry.text()).collect()
    }

    fn set(&self, place: usize) -> Option<SetView<'m>> {
        self.claim.compiled.set(place)
    }

    fn basis_of(&self, set: SetView<'m>, rules: &[RuleAt]) -> Vec<(&'static str, &'m str)> {
        let compiled = self.claim.compiled;
        let named = rules.iter().filter_map(|&at| compiled.entry(at)?.rule.basis());
        let added = self.claim.subject.address().filter(|_| self.claim.has_added(set));
        let mut basis = Vec::with_capacity(rules.len());
        for named in named.chain(added.map(|address| ("email", address))) {
            if !basis.contains(&named) {
                basis.push(named);
            }
        }
        basis
    }

    /// Adds the include rules that name the subject, in order.
    fn find_basis(&self, set: SetView<'m>, basis: &mut Vec<RuleAt>) {
        let subject = self.claim.subject;
        let names = |position| match set.rules.entry(Section::Include, position).map(|entry| &entry.rule) {
            Some(Rule::Everyone) => subject.is_person(),
            Some(Rule::AccountMember(_)) => subject.is_accepted(),
            Some(Rule::AnyToken) => subject.is_token(),
            _ => false,
        };
        let by_standing = set.summary.by_standing.iter().copied();
        let by_standing = by_standing.filter(|&position| names(position));
        let start = basis.len();
        basis.extend(self.claim.naming_hits(set).map(|position| rule_at(set, Section::Include, position)));
        let referring = self.claim.naming_references(set).map(|(position, _)| position);
        for position in referring.chain(by_standing) {
            let at = rule_at(set, Section::Include, position);
            let of_set = basis.get(start..).unwrap_or_default();
            basis.insert(start + of_set.partition_point(|earlier| *earlier < at), at);
        }
    }

    /// Adds the open rules that a login decides by: those of the include only if no include rule is
    /// *yes*.
    fn find_open(&self, set: SetView<'m>, open: &mut Vec<RuleAt>) {
        let include_is_yes = self.claim.any(set, Section::Include) == Value::Yes;
        let mut add = |section, position, entry| {
            let counts = section != Section::Include || !include_is_yes;
            if counts && self.rule_value(set, section, position, entry) == Value::Open {
                open.push(rule_at(set, section, position));
            }
        };
        if self.claim.subject.has_unknown_address() {
            set.rules.rules().for_each(|(section, position, entry)| add(section, position, entry));
            return;
        }
        // Most rules are decided by an address. The others are known.
        for &(section, position) in &set.summary.can_be_open {
            if let Some(entry) = set.rules.entry(section, position) {
                add(section, position, entry);
            }
        }
    }

    /// Returns the value of one rule.
    fn rule_value(&self, set: SetView<'m>, section: Section, position: u32, entry: &RuleEntry) -> Value {
        let by_hits = || self.claim.value_by_hits(set, section, position);
        match &entry.rule {
            Rule::Everyone => Value::Yes,
            Rule::Hollow => Value::No,
            Rule::Email(_) | Rule::EmailDomain(_) => by_hits(),
            Rule::EmailList(id) if self.claim.compiled.addresses.has_list(id) => by_hits(),
            Rule::Group(_) => {
                let mut references = set.summary.sections.of(section).references.iter();
                let found = references.find(|reference| reference.position == position);
                self.claim.reference(set, found.and_then(|reference| reference.to))
            }
            Rule::AccountMember(_) => self.claim.member_value(),
            Rule::NoSelector(Asks::Another) | Rule::Open(Asks::Another) | Rule::NotUnderstood(_) => {
                Value::Open
            }
            // All others ask for something that a login may show.
            _ if self.claim.subject.is_person() => Value::Open,
            Rule::Token(_) => by_hits(),
            Rule::AnyToken if self.claim.subject.is_token() => Value::Yes,
            _ => Value::No,
        }
    }
}

fn rule_at(set: SetView<'_>, section: Section, position: u32) -> RuleAt {
    RuleAt { set: set.place as u32, section, position }
}
