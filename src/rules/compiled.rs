//! All rule sets of an account, with everything about them that doesn't depend on a subject.

use super::addresses::{Addresses, Hit, Lists};
use super::asks::Asks;
use super::cycles;
use super::rule::Rule;
use super::rule_set::{PerSection, RuleAt, RuleEntry, RuleSet, Section};
use super::state::Subject;
use super::warnings;
use crate::identities::{Evidence, Facts};
use crate::model::{Kind, Warning};
use crate::sorted::{Set, sort, sort_by};
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A rule that names another rule set.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reference {
    pub position: u32,
    /// The place of the named group, if there is such a group.
    pub to: Option<usize>,
}

/// The facts about one section that hold for every subject.
#[derive(Debug, Default)]
pub(super) struct SectionSummary {
    /// Whether a rule holds for everybody.
    pub everyone: bool,
    /// Whether a rule is open for every subject.
    pub open: bool,
    /// Whether a rule is open for people, and *no* without a login.
    pub login: bool,
    /// Whether facts don't cover one of these.
    pub uncovered: bool,
    /// The number of these that facts cover.
    pub covered: u32,
    /// The number of rules that name one token. They are open for people.
    pub by_token: u32,
    /// Whether a rule holds for all tokens. It is open for people.
    pub any_token: bool,
    /// Whether there is a `cloudflare_account_member` rule of this account.
    pub members: bool,
    /// Whether a rule holds for nobody.
    pub hollow: bool,
    /// The number of rules that an address, a domain or a readable list decides.
    pub by_address: u32,
    pub references: Vec<Reference>,
}

/// The facts about one rule set that hold for every subject.
#[derive(Debug, Default)]
pub(super) struct Summary {
    pub sections: PerSection<SectionSummary>,
    /// The include rules that name a subject whatever its address or id: `everyone`,
    /// `cloudflare_account_member` of this account, and `any_valid_service_token`.
    pub by_standing: Vec<u32>,
    /// The rules that can be open for a subject with an address, in order.
    pub can_be_open: Vec<(Section, u32)>,
    /// The groups of the facts that the rules name.
    pub covered: Vec<usize>,
    /// The place of the component that the set is in.
    pub component: usize,
}

/// Rule sets that are solved together, because each refers to every other one, directly or not.
#[derive(Debug)]
pub(super) struct Component {
    /// The places of the sets, sorted.
    pub sets: Vec<usize>,
    /// The places of the components that refer to this one. All of them come later.
    pub referrers: Vec<usize>,
    pub cycle: Cycle,
    /// The sources of the facts that cover rules of the sets, and of all sets that these refer to.
    pub sources: Set<usize>,
}

impl Component {
    /// Whether facts cover a rule of its sets, or of a set that these refer to.
    pub fn is_covered(&self) -> bool {
        !self.sources.is_empty()
    }
}

/// The way in which the sets of a component refer to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cycle {
    /// There is one set, and it doesn't refer to itself.
    None,
    /// Only include and require rules refer to sets of the component. It is solved from *no* upward.
    Monotone,
    /// An exclude rule is among the references. Then no such solution exists, and every reference
    /// inside of the component is open.
    Open,
}

/// One of the compiled rule sets.
#[derive(Clone, Copy, Debug)]
pub(super) struct SetView<'m> {
    pub place: usize,
    pub rules: &'m RuleSet,
    pub summary: &'m Summary,
}

/// All rule sets of an account, compiled. A set is named by its place.
#[derive(Debug, Default)]
pub(super) struct Compiled {
    /// Sorted by resource, each resource once.
    pub sets: Vec<RuleSet>,
    /// One summary for each set.
    pub summaries: Vec<Summary>,
    /// The number of groups. They come before all other sets.
    pub groups: usize,
    /// The rules that name one token, in order.
    pub of_tokens: Vec<RuleAt>,
    /// A component comes after all components that it refers to.
    pub components: Vec<Component>,
    pub addresses: Addresses,
    /// Sorted by resource and code.
    pub warnings: Vec<Warning>,
    /// A number that no other one has.
    pub number: u64,
}

/// The number of the next one.
static NUMBERS: AtomicU64 = AtomicU64::new(0);

impl Compiled {
    /// Compiles rule sets and lists. Among sets of the same resource, the first one counts.
    pub fn new(mut sets: Vec<RuleSet>, lists: Lists, facts: Rc<Facts>) -> Self {
        sort_by(&mut sets, |a, b| a.resource().cmp(b.resource()));
        sets.dedup_by(|later, first| later.resource() == first.resource());
        let addresses = Addresses::new(&sets, lists, facts);
        let groups = sets.partition_point(|set| set.resource().kind <= Kind::Group);
        let number = NUMBERS.fetch_add(1, Ordering::Relaxed);
        let mut compiled = Self { sets, groups, addresses, number, ..Self::default() };
        compiled.summarize();
        compiled.find_components();
        sort_by(&mut compiled.warnings, |a, b| (&a.about, a.code.word()).cmp(&(&b.about, b.code.word())));
        compiled
    }

    /// Returns the place of the group with this id.
    pub fn place_of_group(&self, id: &str) -> Option<usize> {
        place_of(&self.sets, Kind::Group, id)
    }

    /// Replaces `hits` with the rules that name a subject, in order. `buffer` is working memory.
    pub fn hits(&self, subject: Subject<'_>, hits: &mut Vec<Hit>, buffer: &mut Vec<RuleAt>) {
        match subject {
            Subject::Person { address: Some(address), .. } => {
                self.addresses.hits(address, &self.sets, hits, buffer);
            }
            Subject::Token(id) => self.hits_of_token(id, hits),
            Subject::Person { address: None, .. } | Subject::Nobody => hits.clear(),
        }
    }

    /// Replaces `hits` with the rules that name the token with this id, in order.
    fn hits_of_token(&self, id: &str, hits: &mut Vec<Hit>) {
        let rule = |at| self.entry(at).map(|entry| &entry.rule);
        let names = |at: RuleAt| matches!(rule(at), Some(Rule::Token(named)) if **named == *id);
        hits.clear();
        let naming = self.of_tokens.iter().copied().filter(|&at| names(at));
        hits.extend(naming.map(Hit::yes));
    }

    pub fn set(&self, place: usize) -> Option<SetView<'_>> {
        Some(SetView { place, rules: self.sets.get(place)?, summary: self.summaries.get(place)? })
    }

    pub fn entry(&self, at: RuleAt) -> Option<&RuleEntry> {
        self.sets.get(at.set as usize)?.entry(at.section, at.position)
    }

    /// Returns the component that a set is in, and its place.
    pub fn component_of(&self, set: usize) -> Option<(usize, &Component)> {
        let place = self.summaries.get(set)?.component;
        Some((place, self.components.get(place)?))
    }

    /// Returns the place of the policy with this id.
    pub fn place_of_policy(&self, id: &str) -> Option<usize> {
        place_of(&self.sets, Kind::Policy, id)
    }

    /// Whether facts cover a rule.
    pub fn has_covered(&self) -> bool {
        self.components.iter().any(Component::is_covered)
    }

    /// Returns what covers rules of the sets at these places, or of sets that these refer to; nothing if
    /// no fact does.
    pub fn evidence(&self, sets: &[usize]) -> Option<Evidence> {
        let mut sources = Vec::new();
        for (_, component) in sets.iter().filter_map(|&set| self.component_of(set)) {
            sources.extend_from_slice(component.sources.iter().as_slice());
        }
        (!sources.is_empty()).then(|| self.addresses.facts().evidence(&sources))
    }

    fn summarize(&mut self) {
        for (place, set) in (0..).zip(&self.sets) {
            let mut summary = Summary::default();
            for (section, position, entry) in set.rules() {
                let of_section = summary.sections.of_mut(section);
                match &entry.rule {
                    Rule::Everyone => of_section.everyone = true,
                    Rule::Email(_) | Rule::EmailDomain(_) => of_section.by_address += 1,
                    Rule::EmailList(id) if self.addresses.has_list(id) => of_section.by_address += 1,
                    Rule::NoSelector(Asks::Another) | Rule::Open(Asks::Another) | Rule::NotUnderstood(_) => {
                        of_section.open = true;
                    }
                    Rule::EmailList(_) | Rule::NoSelector(_) | Rule::Open(_) | Rule::NotAscii(_) => {
                        (of_section.login, of_section.uncovered) = (true, true);
                    }
                    Rule::Provider(group) => {
                        of_section.login = true;
                        match self.addresses.known_group(group) {
                            Some(group) => {
                                of_section.covered += 1;
                                summary.covered.push(group);
                            }
                            None => of_section.uncovered = true,
                        }
                    }
                    Rule::Token(_) => {
                        of_section.by_token += 1;
                        self.of_tokens.push(RuleAt { set: place, section, position });
                    }
                    Rule::AnyToken => of_section.any_token = true,
                    Rule::Group(id) => {
                        let to = place_of(&self.sets, Kind::Group, id);
                        of_section.references.push(Reference { position, to });
                    }
                    Rule::AccountMember(_) => of_section.members = true,
                    Rule::Hollow => of_section.hollow = true,
                }
                if section == Section::Include
                    && matches!(entry.rule, Rule::Everyone | Rule::AccountMember(_) | Rule::AnyToken)
                {
                    summary.by_standing.push(position);
                }
                if entry.rule.can_be_open() {
                    summary.can_be_open.push((section, position));
                }
            }
            self.summaries.push(summary);
            let is_listed = |id: &str| place_of(&self.sets, Kind::Group, id).is_some();
            self.warnings.extend(warnings::of_rules(set, is_listed));
        }
        self.warnings.extend(warnings::of_items(self.addresses.doubtful_items()));
    }

    fn find_components(&mut self) {
        let successors = self.summaries.iter().map(|summary| {
            let references = summary.sections.iter().flat_map(|(_, section)| &section.references);
            references.filter_map(|reference| reference.to).collect()
        });
        for mut sets in cycles::components(&successors.collect::<Vec<_>>()) {
            sort(&mut sets);
            let place = self.components.len();
            let mut sources = Vec::new();
            for &set in &sets {
                if let Some(summary) = self.summaries.get_mut(set) {
                    summary.component = place;
                    let facts = self.addresses.facts();
                    summary.covered.iter().for_each(|&at| sources.extend_from_slice(facts.sources(at)));
                }
            }
            let (mut circular, mut excluding) = (false, false);
            let summaries = sets.iter().filter_map(|&set| self.summaries.get(set));
            for (section, of_section) in summaries.flat_map(|summary| summary.sections.iter()) {
                for to in of_section.references.iter().filter_map(|reference| reference.to) {
                    let Some(target) = self.summaries.get(to).map(|summary| summary.component) else {
                        continue;
                    };
                    if target == place {
                        circular = true;
                        excluding |= section == Section::Exclude;
                    } else if let Some(component) = self.components.get_mut(target)
                        // All references of a component are looked at together.
                        && component.referrers.last() != Some(&place)
                    {
                        component.referrers.push(place);
                        sources.extend_from_slice(component.sources.iter().as_slice());
                    }
                }
            }
            let cycle = match (circular, excluding) {
                (false, _) => Cycle::None,
                (true, false) => Cycle::Monotone,
                (true, true) => Cycle::Open,
            };
            if cycle == Cycle::Open {
                let sets = sets.iter().filter_map(|&set| self.sets.get(set));
                self.warnings.push(warnings::of_cycle(sets));
            }
            let sources = sources.into_iter().collect();
            self.components.push(Component { sets, referrers: Vec::new(), cycle, sources });
        }
    }
}

fn place_of(sets: &[RuleSet], kind: Kind, id: &str) -> Option<usize> {
    sets.binary_search_by(|set| (set.resource().kind, set.id()).cmp(&(kind, id))).ok()
}
