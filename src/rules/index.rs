//! From an address to the rules that name it, without looking at every rule. The index holds hashes
//! and places, and no texts: most of what an account's groups weigh are addresses, and they stand
//! in the rules already.

use super::groups::{Lists, RuleSet, Section};
use super::rule::Rule;
use crate::sorted::{sort, sort_by};
use std::cmp::Ordering;
use std::ops::Range;

/// Compares two addresses, or two domains, as membership does: the bytes after ASCII lower-casing,
/// and nothing more.
pub fn compare(a: &str, b: &str) -> Ordering {
    if is_same(a, b) {
        return Ordering::Equal;
    }
    for (a, b) in a.bytes().zip(b.bytes()) {
        let order = a.to_ascii_lowercase().cmp(&b.to_ascii_lowercase());
        if order.is_ne() {
            return order;
        }
    }
    a.len().cmp(&b.len())
}

/// Whether membership takes two addresses, or two domains, for the same.
fn is_same(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b)
}

/// Where a rule stands. The order is that of groups, sections and rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct RuleAt {
    pub group: u32,
    pub section: Section,
    pub position: u32,
}

impl RuleAt {
    fn rule(self, groups: &[RuleSet]) -> &Rule {
        &groups[self.group as usize].section(self.section)[self.position as usize].rule
    }

    /// The address or domain that the rule names.
    fn text(self, groups: &[RuleSet]) -> &str {
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

/// Where an address or a domain stands.
#[derive(Clone, Copy, Debug)]
enum Place {
    Rule(RuleAt),
    Item { list: u32, item: u32 },
}

/// A place by the hash of what stands there.
#[derive(Clone, Copy, Debug)]
struct Entry {
    /// The hash, and in its lowest bit whether the same text stands at the place before.
    key: u32,
    at: Place,
}

impl Entry {
    fn new(text: &str, at: Place) -> Self {
        Self { key: hash(text), at }
    }

    fn hash(self) -> u32 {
        self.key & !1
    }

    fn is_repeat(self) -> bool {
        self.key & 1 == 1
    }
}

/// Places by what stands there, however it is spelled.
#[derive(Debug, Default)]
struct Texts {
    /// Sorted by hash, then by text; what is equal in its order.
    entries: Vec<Entry>,
    /// Where the entries start whose hashes start with the same bits, and where the last ones end:
    /// most searches are over at once.
    starts: Vec<u32>,
    /// All but those bits.
    shift: u32,
}

/// FNV-1a after ASCII lower-casing, but for the lowest bit.
fn hash(text: &str) -> u32 {
    let step = |hash: u32, byte: u8| (hash ^ u32::from(byte.to_ascii_lowercase())).wrapping_mul(0x0100_0193);
    text.bytes().fold(0x811c_9dc5, step) & !1
}

impl Texts {
    fn new<'t>(mut entries: Vec<Entry>, text: &dyn Fn(Place) -> &'t str) -> Self {
        sort_by(&mut entries, |a, b| a.key.cmp(&b.key).then_with(|| compare(text(a.at), text(b.at))));
        for place in (1..entries.len()).rev() {
            let (before, entry) = (entries[place - 1], &mut entries[place]);
            let is_repeat = before.hash() == entry.key && is_same(text(before.at), text(entry.at));
            entry.key |= u32::from(is_repeat);
        }
        entries.shrink_to_fit();
        let bits = usize::BITS - entries.len().leading_zeros();
        let shift = u32::BITS - bits.min(24);
        let buckets = 1 << (u32::BITS - shift);
        let mut starts = Vec::with_capacity(buckets + 1);
        for (place, entry) in (0..).zip(&entries) {
            while starts.len() as u64 <= u64::from(entry.key) >> shift {
                starts.push(place);
            }
        }
        starts.resize(buckets + 1, entries.len() as u32);
        Self { entries, starts, shift }
    }

    /// The entries with this text: where they start, and where they end.
    fn equal<'t>(&self, sought: &str, text: &dyn Fn(Place) -> &'t str) -> Range<usize> {
        let hash = hash(sought);
        let bucket = (u64::from(hash) >> self.shift) as usize;
        let bound = |place: usize| self.starts.get(place).map_or(0, |&start| start as usize);
        let (mut from, to) = (bound(bucket), bound(bucket + 1));
        from += self.entries[from..to].partition_point(|entry| entry.hash() < hash);
        while from < to && self.entries[from].hash() == hash {
            let repeats = self.entries[from + 1..to].iter().take_while(|entry| entry.is_repeat()).count();
            let end = from + 1 + repeats;
            if is_same(text(self.entries[from].at), sought) {
                return from..end;
            }
            from = end;
        }
        from..from
    }

    /// The entries of each text.
    fn each(&self) -> impl Iterator<Item = &[Entry]> {
        self.entries.chunk_by(|_, entry| entry.is_repeat())
    }
}

/// An address that is included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Included(u32);

impl Included {
    /// The same number for an address however it is spelled, below
    /// [`Membership::addresses`](super::Membership::addresses).
    pub fn number(self) -> usize {
        self.0 as usize
    }
}

/// The rules that an address decides.
#[derive(Debug, Default)]
pub(super) struct Addresses {
    /// Of `email` rules, and the items of lists.
    addresses: Texts,
    /// Of `email_domain` rules.
    domains: Texts,
    /// Sorted by id.
    lists: Vec<Named>,
}

impl Addresses {
    pub fn new(groups: &[RuleSet], lists: Lists) -> Self {
        let readable = lists.into_iter().filter_map(|(id, items)| Some((id, items?)));
        let lists = readable.map(|(id, items)| {
            let mut items: Vec<Box<str>> = items.into_iter().map(Into::into).collect();
            sort_by(&mut items, |a, b| compare(a, b));
            items.dedup_by(|a, b| is_same(a, b));
            Named { id: id.into(), items, rules: Vec::new() }
        });
        let mut index = Self { lists: lists.collect(), ..Self::default() };
        let (mut addresses, mut domains) = (Vec::new(), Vec::new());
        for (group, rules) in (0..).zip(groups) {
            for (section, position, entry) in rules.rules() {
                let at = RuleAt { group, section, position: position as u32 };
                match &entry.rule {
                    Rule::Email(address) => addresses.push(Entry::new(address, Place::Rule(at))),
                    Rule::EmailDomain(domain) => domains.push(Entry::new(domain, Place::Rule(at))),
                    Rule::EmailList(id) => {
                        if let Ok(list) = index.find_list(id) {
                            index.lists[list].rules.push(at);
                        }
                    }
                    _ => {}
                }
            }
        }
        for (list, named) in (0..).zip(&index.lists) {
            let items = (0..).zip(&named.items);
            addresses.extend(items.map(|(item, address)| Entry::new(address, Place::Item { list, item })));
        }
        index.addresses = Texts::new(addresses, &|at| index.text(at, groups));
        index.domains = Texts::new(domains, &|at| index.text(at, groups));
        index
    }

    fn text<'a>(&'a self, at: Place, groups: &'a [RuleSet]) -> &'a str {
        match at {
            Place::Rule(at) => at.text(groups),
            Place::Item { list, item } => &self.lists[list as usize].items[item as usize],
        }
    }

    fn find_list(&self, id: &str) -> Result<usize, usize> {
        self.lists.binary_search_by(|list| list.id.as_ref().cmp(id))
    }

    /// Whether the list with this id can be read.
    pub fn has_list(&self, id: &str) -> bool {
        self.find_list(id).is_ok()
    }

    /// Collects the rules that say yes to this address, in their order.
    pub fn hits(&self, address: &str, groups: &[RuleSet], hits: &mut Vec<RuleAt>) {
        hits.clear();
        let mut collect = |texts: &Texts, text: &str| {
            for entry in &texts.entries[texts.equal(text, &|at| self.text(at, groups))] {
                match entry.at {
                    Place::Rule(at) => hits.push(at),
                    Place::Item { list, .. } => hits.extend(&self.lists[list as usize].rules),
                }
            }
        };
        collect(&self.addresses, address);
        if let Some((_, domain)) = address.rsplit_once('@') {
            collect(&self.domains, domain);
        }
        // One text's are.
        if !hits.is_sorted() {
            sort(hits);
        }
    }

    /// The addresses that an include rule or an included list names: each once, sorted.
    pub fn included(&self, groups: &[RuleSet]) -> Vec<Included> {
        let is_include = |rule: &RuleAt| rule.section == Section::Include;
        let is_included = |entry: &Entry| match entry.at {
            Place::Rule(at) => is_include(&at),
            Place::Item { list, .. } => self.lists[list as usize].rules.iter().any(is_include),
        };
        let mut included: Vec<Included> = Vec::new();
        let mut number = 0;
        for entries in self.addresses.each() {
            if entries.iter().any(is_included) && is_address(self.text(entries[0].at, groups)) {
                included.push(Included(number));
            }
            number += entries.len() as u32;
        }
        // Most are told apart by their beginnings.
        let mut sorted: Vec<(u64, Included)> = included
            .into_iter()
            .map(|included| (beginning(self.address(included, groups)), included))
            .collect();
        sort_by(&mut sorted, |&(a, of_a), &(b, of_b)| {
            a.cmp(&b).then_with(|| compare(self.address(of_a, groups), self.address(of_b, groups)))
        });
        sorted.into_iter().map(|(_, included)| included).collect()
    }

    /// How many numbers there are for addresses.
    pub fn count(&self) -> usize {
        self.addresses.entries.len()
    }

    /// The number of this address, if a rule or a list names it.
    pub fn number(&self, address: &str, groups: &[RuleSet]) -> Option<usize> {
        let found = self.addresses.equal(address, &|at| self.text(at, groups));
        (!found.is_empty()).then_some(found.start)
    }

    /// The lists that it was made of, for making another one.
    pub fn into_lists(self) -> Lists {
        let items = |list: Named| list.items.into_iter().map(String::from).collect();
        self.lists.into_iter().map(|list| (String::from(list.id.clone()), Some(items(list)))).collect()
    }

    /// An included address as its rule or list spells it.
    pub fn address<'a>(&'a self, included: Included, groups: &'a [RuleSet]) -> &'a str {
        self.addresses.entries.get(included.number()).map_or("", |entry| self.text(entry.at, groups))
    }
}

/// The first eight bytes of a text as [`compare`] sees them: a number that orders as they do.
fn beginning(text: &str) -> u64 {
    let bytes = text.bytes().chain(std::iter::repeat(0)).take(8);
    bytes.fold(0, |number, byte| number << 8 | u64::from(byte.to_ascii_lowercase()))
}

/// Whether a text can be an address: a list may hold other things, and a rule a slip of the pen.
fn is_address(text: &str) -> bool {
    let parts = text.rsplit_once('@').is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty());
    parts && !text.chars().any(|c| c.is_control() || c.is_whitespace())
}

#[cfg(test)]
mod tests {
    use super::super::{Lists, Membership, RuleSet, Scratch, Standing, Subject};
    use super::hash;
    use serde_json::value::RawValue;

    /// Addresses, and domains, of which two have the same hash.
    const ADDRESSES: [&str; 2] = ["yiijsv@corp.example", "ktodoe@corp.example"];
    const DOMAINS: [&str; 2] = ["llrvyu.example", "vdcawe.example"];

    fn group(id: &str, rule: &str) -> RuleSet {
        let rule = RawValue::from_string(rule.to_owned()).unwrap();
        RuleSet::new(id, [vec![rule], Vec::new(), Vec::new()], &"0".repeat(32))
    }

    fn held(membership: &Membership, address: &str) -> Vec<String> {
        let principal = Subject { address: Some(address), standing: Standing::None };
        membership.of(principal, &mut Scratch::default()).iter().map(|held| held.group.to_owned()).collect()
    }

    #[test]
    fn what_has_the_same_hash_is_told_apart_by_its_text() {
        let upper = ADDRESSES[0].to_ascii_uppercase();
        assert_eq!(hash(&upper), hash(ADDRESSES[1]));
        assert_eq!(hash(DOMAINS[0]), hash(DOMAINS[1]));
        let mut groups = vec![group("list", r#"{"email_list":{"id":"list"}}"#)];
        for (at, (address, domain)) in [upper.as_str(), ADDRESSES[1]].into_iter().zip(DOMAINS).enumerate() {
            groups.push(group(&format!("email-{at}"), &format!(r#"{{"email":{{"email":"{address}"}}}}"#)));
            groups.push(group(
                &format!("domain-{at}"),
                &format!(r#"{{"email_domain":{{"domain":"{domain}"}}}}"#),
            ));
        }
        let mut lists = Lists::default();
        lists.insert("list".to_owned(), Some([ADDRESSES[1].to_ascii_uppercase()].into_iter().collect()));
        let membership = Membership::new(groups, lists);
        assert_eq!(held(&membership, ADDRESSES[0]), ["email-0"]);
        assert_eq!(held(&membership, ADDRESSES[1]), ["email-1", "list"]);
        for (at, domain) in DOMAINS.into_iter().enumerate() {
            assert_eq!(held(&membership, &format!("ann@{domain}")), [format!("domain-{at}")]);
        }
        let included: Vec<&str> =
            membership.included().into_iter().map(|included| membership.included_address(included)).collect();
        assert_eq!(
            included.iter().map(|address| address.to_ascii_lowercase()).collect::<Vec<_>>(),
            [ADDRESSES[1], ADDRESSES[0]]
        );
        let numbers = ADDRESSES.map(|address| membership.number_of(address).unwrap());
        assert!(numbers[0] != numbers[1] && numbers.iter().all(|number| *number < membership.addresses()));
        for (included, address) in membership.included().into_iter().zip([ADDRESSES[1], ADDRESSES[0]]) {
            assert_eq!(Some(included.number()), membership.number_of(address));
        }

        let one_alone = Membership::new(
            vec![group("email", r#"{"email":{"email":"ktodoe@corp.example"}}"#)],
            Lists::default(),
        );
        assert_eq!((held(&one_alone, ADDRESSES[0]), one_alone.number_of(ADDRESSES[0])), (Vec::new(), None));
    }
}
