//! The groups of an account, indexed so that an address finds the rules that name it.

use super::cycles;
use super::evaluate::Baseline;
use super::index::{Addresses, Included, RuleAt};
use super::rule::{Fault, Rule};
use crate::digest::Digest;
use crate::json::Object;
use crate::model::{Kind, ResourceId, Warning};
use crate::sorted::{Map, Set, sort, sort_by};
use serde_json::value::RawValue;
use std::borrow::Cow;

/// The three lists of rules of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Section {
    /// One of these has to hold.
    Include,
    /// None of these may hold.
    Exclude,
    /// All of these have to hold.
    Require,
}

impl Section {
    /// All three, in the order in which a group holds them.
    pub const ALL: [Section; 3] = [Section::Include, Section::Exclude, Section::Require];

    /// As Cloudflare spells it.
    pub const fn word(self) -> &'static str {
        match self {
            Section::Include => "include",
            Section::Exclude => "exclude",
            Section::Require => "require",
        }
    }
}

/// One rule, and its text where that doesn't follow from it.
#[derive(Clone, Debug)]
pub(super) struct RuleEntry {
    pub rule: Rule,
    pub raw: Option<Box<str>>,
}

impl RuleEntry {
    /// The rule as Cloudflare gave it.
    pub fn text(&self) -> Cow<'_, str> {
        match (&self.raw, &self.rule) {
            (Some(raw), _) => Cow::Borrowed(raw),
            // Most rules are these, and their text is seldom needed.
            (None, Rule::Email(email)) => Cow::Owned(Rule::text("email", "email", email)),
            (None, Rule::EmailDomain(domain)) => Cow::Owned(Rule::text("email_domain", "domain", domain)),
            (None, _) => Cow::Borrowed(r#"{"everyone":{}}"#),
        }
    }
}

/// A group as membership sees it: its id and its rules.
#[derive(Clone, Debug)]
pub struct RuleSet {
    /// The group's UUID.
    pub id: String,
    pub(super) sections: [Vec<RuleEntry>; 3],
    digest: u64,
}

impl RuleSet {
    /// Reads a group's raw rules, section by section in their order. `account_id` tells this
    /// account's members from others'.
    pub fn new(id: impl Into<String>, sections: [Vec<Box<RawValue>>; 3], account_id: &str) -> Self {
        let id = id.into();
        let mut digest = Digest::new().with(&id);
        let sections = sections.map(|rules| {
            digest = digest.with("section");
            rules
                .into_iter()
                .map(|raw| {
                    digest = digest.with(raw.get());
                    let parsed = serde_json::from_str(raw.get()).unwrap_or(serde_json::Value::Null);
                    let rule = Rule::parse(&parsed, account_id);
                    let raw = rule.needs_text().then(|| match rule {
                        // A condition is an object, even where the rule isn't.
                        Rule::NotUnderstood(Fault::NotAnObject) => {
                            let text = serde_json::to_string(&parsed).unwrap_or_default();
                            Object::default().with("not_understood", &text).end().into()
                        }
                        _ => raw.into(),
                    });
                    RuleEntry { rule, raw }
                })
                .collect()
        });
        Self { id, sections, digest: digest.finish() }
    }

    /// A digest of everything that membership takes from this group.
    pub fn digest(&self) -> u64 {
        self.digest
    }

    /// How many rules it has.
    pub fn count(&self) -> usize {
        self.sections.iter().map(Vec::len).sum()
    }

    /// How many include rules it has.
    pub fn includes(&self) -> usize {
        self.section(Section::Include).len()
    }

    /// The ids of the lists that its rules name.
    pub fn lists(&self) -> impl Iterator<Item = &str> {
        self.rules().filter_map(|(_, _, entry)| match &entry.rule {
            Rule::EmailList(id) => Some(id.as_ref()),
            _ => None,
        })
    }

    /// The ids of the groups that its rules name.
    pub fn groups(&self) -> impl Iterator<Item = &str> {
        self.rules().filter_map(|(_, _, entry)| match &entry.rule {
            Rule::Group(id) => Some(id.as_ref()),
            _ => None,
        })
    }

    pub(super) fn rules(&self) -> impl Iterator<Item = (Section, usize, &RuleEntry)> {
        Section::ALL.into_iter().zip(&self.sections).flat_map(|(section, entries)| {
            entries.iter().enumerate().map(move |(position, entry)| (section, position, entry))
        })
    }

    pub(super) fn section(&self, section: Section) -> &[RuleEntry] {
        &self.sections[section as usize]
    }
}

/// The items of the lists that rules name, by the list's id; `None` where a list can't be read.
pub type Lists = Map<String, Option<Set<String>>>;

/// A reference of one group to another one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reference {
    pub section: Section,
    pub position: usize,
    /// `None`: no such group is listed.
    pub to: Option<usize>,
}

/// What doesn't depend on the principal, worked out once.
#[derive(Debug, Default)]
pub(super) struct Summary {
    /// Per section: there is a rule that holds for everybody.
    pub everyone: [bool; 3],
    /// Per section: there is a rule that is open for everybody.
    pub open: [bool; 3],
    /// Per section: there is a `cloudflare_account_member` rule of this account.
    pub members: [bool; 3],
    /// Per section: how many rules an address, a domain or a readable list decides.
    pub by_address: [u32; 3],
    /// A require rule that matches nobody.
    pub never: bool,
    pub references: Vec<Reference>,
    /// Include rules that name somebody whatever their address: `everyone`, and
    /// `cloudflare_account_member` of this account.
    pub by_standing: Vec<usize>,
    /// The rules that can be open, in their order.
    pub can_be_open: Vec<(Section, usize)>,
}

/// Groups that are evaluated together.
#[derive(Debug)]
pub(super) struct Component {
    pub groups: Vec<usize>,
    /// The components whose groups refer to them: later ones.
    pub referrers: Vec<usize>,
    pub cycle: Cycle,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cycle {
    /// One group that doesn't refer to itself.
    None,
    /// Solved from *no* upward.
    Monotone,
    /// It passes through an exclude: every reference inside it is open.
    Open,
}

/// All groups of an account with the lists that they name: who is a member of what, and why. Built
/// once, asked for every principal. What it holds is bounded by groups, rules and list items,
/// whatever the number of people.
#[derive(Debug)]
pub struct Membership {
    pub(super) groups: Vec<RuleSet>,
    pub(super) summaries: Vec<Summary>,
    pub(super) components: Vec<Component>,
    /// For each group the component that it is in.
    pub(super) component_of: Vec<usize>,
    addresses: Addresses,
    pub(super) strangers: Baseline,
    warnings: Vec<Warning>,
}

impl Membership {
    /// Puts groups and lists together. Of groups with the same id the first counts. The order of
    /// the groups doesn't matter.
    pub fn new(mut groups: Vec<RuleSet>, lists: Lists) -> Self {
        sort_by(&mut groups, |a, b| a.id.cmp(&b.id));
        groups.dedup_by(|later, first| later.id == first.id);
        let mut built = Self {
            summaries: Vec::with_capacity(groups.len()),
            components: Vec::new(),
            component_of: vec![0; groups.len()],
            addresses: Addresses::default(),
            strangers: Baseline::default(),
            warnings: Vec::new(),
            groups,
        };
        built.addresses = Addresses::new(&built.groups, lists);
        built.summarize();
        built.find_cycles();
        built.meet_strangers();
        built
    }

    fn summarize(&mut self) {
        for group in &self.groups {
            let mut summary = Summary::default();
            for (section, position, entry) in group.rules() {
                let s = section as usize;
                let mut warn = |code, message: String, incomplete| {
                    let about = Some(ResourceId::new(Kind::Group, &group.id));
                    self.warnings.push(Warning { code, about, message, incomplete });
                };
                let place = || format!("{section:?} rule {} of group {}", position + 1, group.id);
                match &entry.rule {
                    Rule::Everyone => summary.everyone[s] = true,
                    Rule::Email(_) | Rule::EmailDomain(_) => summary.by_address[s] += 1,
                    Rule::EmailList(id) if self.addresses.has_list(id) => summary.by_address[s] += 1,
                    Rule::EmailList(_) => summary.open[s] = true,
                    Rule::Group(id) => {
                        let to = self.groups.binary_search_by(|group| group.id.as_str().cmp(id)).ok();
                        if to.is_none() {
                            let message = format!(
                                "{} names a group that isn't there ({id}): whether it holds is left open. Take the rule out, or name \
                                 another group.",
                                place()
                            );
                            warn("group-not-listed", message, false);
                        }
                        summary.references.push(Reference { section, position, to });
                    }
                    Rule::AccountMember(_) => summary.members[s] = true,
                    Rule::Hollow => summary.never |= section == Section::Require,
                    Rule::Open => summary.open[s] = true,
                    Rule::NotAscii => {
                        summary.open[s] = true;
                        let message = format!(
                            "{} has characters beyond ASCII: how Cloudflare compares them isn't known, so it is left open.",
                            place()
                        );
                        warn("rule-not-ascii", message, false);
                    }
                    Rule::NotUnderstood(fault) => {
                        summary.open[s] = true;
                        let message =
                            format!("{} isn't understood ({fault}): whether it holds is left open.", place());
                        warn("rule-not-understood", message, true);
                    }
                }
                if section == Section::Include
                    && matches!(entry.rule, Rule::Everyone | Rule::AccountMember(_))
                {
                    summary.by_standing.push(position);
                }
                if entry.rule.can_be_open() {
                    summary.can_be_open.push((section, position));
                }
            }
            self.summaries.push(summary);
        }
    }

    fn find_cycles(&mut self) {
        let successors: Vec<Vec<usize>> = self
            .summaries
            .iter()
            .map(|summary| summary.references.iter().filter_map(|reference| reference.to).collect())
            .collect();
        for mut groups in cycles::components(&successors) {
            sort(&mut groups);
            let place = self.components.len();
            for &group in &groups {
                self.component_of[group] = place;
            }
            let (mut circular, mut excluding) = (false, false);
            for reference in groups.iter().flat_map(|&group| &self.summaries[group].references) {
                let Some(to) = reference.to else { continue };
                if groups.binary_search(&to).is_ok() {
                    circular = true;
                    excluding |= reference.section == Section::Exclude;
                    continue;
                }
                let referrers = &mut self.components[self.component_of[to]].referrers;
                // All references of a component are looked at together.
                if referrers.last() != Some(&place) {
                    referrers.push(place);
                }
            }
            let cycle = match (circular, excluding) {
                (false, _) => Cycle::None,
                (true, false) => Cycle::Monotone,
                (true, true) => Cycle::Open,
            };
            if cycle == Cycle::Open {
                let ids: Vec<&str> = groups.iter().map(|&group| self.groups[group].id.as_str()).collect();
                self.warnings.push(Warning {
                    code: "cycle-through-exclude",
                    about: Some(ResourceId::new(Kind::Group, ids[0])),
                    message: format!(
                        "These groups refer to each other in a circle that passes through an exclude ({}): what they say of each \
                         other is left open. Take one of the references out.",
                        ids.join(", ")
                    ),
                    incomplete: false,
                });
            }
            self.components.push(Component { groups, referrers: Vec::new(), cycle });
        }
        sort_by(&mut self.warnings, |a, b| (&a.about, a.code).cmp(&(&b.about, b.code)));
    }

    /// The same with another version of this group, or with this group as well, and with these
    /// lists beside those that are known.
    pub fn with(self, group: RuleSet, mut lists: Lists) -> Self {
        lists.extend(self.addresses.into_lists());
        let mut groups = self.groups;
        groups.retain(|other| other.id != group.id);
        groups.push(group);
        Self::new(groups, lists)
    }

    /// All groups, sorted by id.
    pub fn groups(&self) -> &[RuleSet] {
        &self.groups
    }

    /// The rules of the group at this place.
    pub fn group(&self, place: usize) -> Option<&RuleSet> {
        self.groups.get(place)
    }

    /// The place of the group with this id.
    pub fn place_of(&self, id: &str) -> Option<usize> {
        self.groups.binary_search_by(|group| group.id.as_str().cmp(id)).ok()
    }

    /// The groups' ids, sorted.
    pub fn group_ids(&self) -> impl Iterator<Item = &str> {
        self.groups.iter().map(|group| group.id.as_str())
    }

    /// What a person should know of these rules, sorted by group.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// Whether the list with this id can be read.
    pub(super) fn is_readable(&self, list: &str) -> bool {
        self.addresses.has_list(list)
    }

    /// The addresses that an include rule or an included readable list names: each once, sorted as
    /// [`compare`](super::compare) does.
    pub fn included(&self) -> Vec<Included> {
        self.addresses.included(&self.groups)
    }

    /// An included address as its rule or list spells it.
    pub fn included_address(&self, included: Included) -> &str {
        self.addresses.address(included, &self.groups)
    }

    /// How many numbers there are for addresses: more than any of them.
    pub fn addresses(&self) -> usize {
        self.addresses.count()
    }

    /// The number of this address, if a rule or a readable list names it.
    pub fn number_of(&self, address: &str) -> Option<usize> {
        self.addresses.number(address, &self.groups)
    }

    /// Collects the rules that say yes to this address, in their order.
    pub(super) fn hits(&self, address: &str, hits: &mut Vec<RuleAt>) {
        self.addresses.hits(address, &self.groups, hits);
    }
}
