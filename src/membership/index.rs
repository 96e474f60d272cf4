//! From an address to the rules that name it, without looking at every rule. The index holds places and no texts: most of what an
//! account's groups weigh are addresses, and they stand in the rules already.

use super::groups::{GroupRules, Lists, Section};
use super::rule::Rule;
use crate::sorted::{sort, sort_by};
use std::cmp::Ordering;

/// Compares two addresses, or two domains, as membership does: the bytes after ASCII lower-casing, and nothing more.
pub fn compare(a: &str, b: &str) -> Ordering {
    for (a, b) in a.bytes().zip(b.bytes()) {
        let (lower_a, lower_b) = (a.to_ascii_lowercase(), b.to_ascii_lowercase());
        if a != b && lower_a != lower_b {
            return lower_a.cmp(&lower_b);
        }
    }
    a.len().cmp(&b.len())
}

/// Where a rule stands. The order is that of groups, sections and rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct RuleAt {
    pub group: u32,
    pub section: Section,
    pub position: u32,
}

impl RuleAt {
    fn rule(self, groups: &[GroupRules]) -> &Rule {
        &groups[self.group as usize].section(self.section)[self.position as usize].rule
    }

    /// The address or domain that the rule names.
    fn text(self, groups: &[GroupRules]) -> &str {
        match self.rule(groups) {
            Rule::Email(text) | Rule::EmailDomain(text) => text,
            _ => "",
        }
    }
}

/// A readable list that rules name.
#[derive(Debug)]
struct Named {
    id: Box<str>,
    /// Sorted, each once.
    items: Vec<Box<str>>,
    rules: Vec<RuleAt>,
}

/// An address that is included, as the place of a rule or of a list's item.
#[derive(Clone, Copy, Debug)]
pub struct Included(Place);

#[derive(Clone, Copy, Debug)]
enum Place {
    Rule(RuleAt),
    Item { list: u32, item: u32 },
}

/// The rules that an address decides.
#[derive(Debug, Default)]
pub(super) struct Addresses {
    /// The `email` rules, sorted by address.
    emails: Vec<RuleAt>,
    /// The `email_domain` rules, sorted by domain.
    domains: Vec<RuleAt>,
    /// Sorted by id.
    lists: Vec<Named>,
}

impl Addresses {
    pub fn new(groups: &[GroupRules], lists: Lists) -> Self {
        let readable = lists.into_iter().filter_map(|(id, items)| Some((id, items?)));
        let lists = readable.map(|(id, items)| {
            let mut items: Vec<Box<str>> = items.into_iter().map(Into::into).collect();
            sort_by(&mut items, |a, b| compare(a, b));
            items.dedup_by(|a, b| compare(a, b) == Ordering::Equal);
            Named { id: id.into(), items, rules: Vec::new() }
        });
        let mut index = Self { lists: lists.collect(), ..Self::default() };
        for (group, rules) in (0..).zip(groups) {
            for (section, position, entry) in rules.rules() {
                let at = RuleAt { group, section, position: position as u32 };
                match &entry.rule {
                    Rule::Email(_) => index.emails.push(at),
                    Rule::EmailDomain(_) => index.domains.push(at),
                    Rule::EmailList(id) => {
                        if let Ok(list) = index.find_list(id) {
                            index.lists[list].rules.push(at);
                        }
                    }
                    _ => {}
                }
            }
        }
        for rules in [&mut index.emails, &mut index.domains] {
            sort_by(rules, |a, b| compare(a.text(groups), b.text(groups)));
            rules.shrink_to_fit();
        }
        index
    }

    fn find_list(&self, id: &str) -> Result<usize, usize> {
        self.lists.binary_search_by(|list| list.id.as_ref().cmp(id))
    }

    /// Whether the list with this id can be read.
    pub fn has_list(&self, id: &str) -> bool {
        self.find_list(id).is_ok()
    }

    /// Collects the rules that say yes to this address, in their order.
    pub fn hits(&self, address: &str, groups: &[GroupRules], hits: &mut Vec<RuleAt>) {
        hits.clear();
        hits.extend(equal(&self.emails, address, groups));
        if let Some((_, domain)) = address.rsplit_once('@') {
            hits.extend(equal(&self.domains, domain, groups));
        }
        for list in &self.lists {
            if list.items.binary_search_by(|item| compare(item, address)).is_ok() {
                hits.extend(&list.rules);
            }
        }
        sort(hits);
    }

    /// The addresses that an include rule or an included list names: each once, sorted.
    pub fn included(&self, groups: &[GroupRules]) -> Vec<Included> {
        let rules = self.emails.iter().filter(|at| at.section == Section::Include).map(|&at| Place::Rule(at));
        let lists =
            (0..).zip(&self.lists).filter(|(_, list)| list.rules.iter().any(|at| at.section == Section::Include));
        let items =
            lists.flat_map(|(list, named)| (0..).zip(&named.items).map(move |(item, _)| Place::Item { list, item }));
        let mut included: Vec<Included> = rules.chain(items).map(Included).collect();
        included.retain(|&included| is_address(self.address(included, groups)));
        sort_by(&mut included, |&a, &b| compare(self.address(a, groups), self.address(b, groups)));
        included
            .dedup_by(|&mut a, &mut b| compare(self.address(a, groups), self.address(b, groups)) == Ordering::Equal);
        included.shrink_to_fit();
        included
    }

    /// The lists that it was made of, for making another one.
    pub fn into_lists(self) -> Lists {
        let items = |list: Named| list.items.into_iter().map(String::from).collect();
        self.lists.into_iter().map(|list| (String::from(list.id.clone()), Some(items(list)))).collect()
    }

    /// An included address as its rule or list spells it.
    pub fn address<'a>(&'a self, included: Included, groups: &'a [GroupRules]) -> &'a str {
        match included.0 {
            Place::Rule(at) => at.text(groups),
            Place::Item { list, item } => &self.lists[list as usize].items[item as usize],
        }
    }
}

/// Whether a text can be an address: a list may hold other things, and a rule a slip of the pen.
fn is_address(text: &str) -> bool {
    let parts = text.rsplit_once('@').is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty());
    parts && !text.chars().any(|c| c.is_control() || c.is_whitespace())
}

/// The rules with this text.
fn equal<'a>(rules: &'a [RuleAt], text: &str, groups: &[GroupRules]) -> &'a [RuleAt] {
    let start = rules.partition_point(|at| compare(at.text(groups), text) == Ordering::Less);
    let found = rules[start..].partition_point(|at| compare(at.text(groups), text) == Ordering::Equal);
    &rules[start..start + found]
}
