//! An index from an address to the rules that name it. It keeps hashes and places, and no texts:
//! addresses are most of what an account's rules weigh, and the rules and lists have them already.

use super::rule::Rule;
use super::rule_set::{RuleAt, RuleSet, Section};
use crate::sorted::{Map, Set, sort, sort_by};
use std::cmp::Ordering;

/// The items of the lists that rules name, by the list's id. `None` stands for a list that can't be
/// read.
pub type Lists = Map<String, Option<Set<String>>>;

/// Compares two addresses, or two domains, as rules do: by their bytes after ASCII lower-casing
/// (inferred: Cloudflare doesn't document the comparison).
pub fn compare(a: &str, b: &str) -> Ordering {
    if is_same(a, b) {
        return Ordering::Equal;
    }
    let lower = |byte: u8| byte.to_ascii_lowercase();
    a.bytes().map(lower).cmp(b.bytes().map(lower))
}

/// Whether rules take two addresses, or two domains, for the same.
fn is_same(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b)
}

/// A readable list that rules name.
#[derive(Debug)]
struct NamedList {
    id: Box<str>,
    /// Sorted by [`compare`], each once.
    items: Vec<Box<str>>,
    /// The rules that name the list, in order.
    rules: Vec<RuleAt>,
}

/// The place of an address or a domain.
#[derive(Clone, Copy, Debug)]
enum Place {
    Rule(RuleAt),
    Item { list: u32, item: u32 },
}

/// A place with the hash of the text at it.
#[derive(Clone, Copy, Debug)]
struct Entry {
    /// The hash. Its lowest bit says whether the entry before this one has the same text.
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

/// Places that are found by the text at them, whatever its case.
#[derive(Debug, Default)]
struct Texts {
    /// Sorted by hash, then by text. Entries with the same text keep their order.
    entries: Vec<Entry>,
    /// For each beginning of a hash, the start of its entries; and at last the end of all entries.
    /// Most beginnings have one entry or none, so most searches end here.
    starts: Vec<u32>,
    /// The number of bits of a hash that don't belong to its beginning.
    shift: u32,
}

/// Returns the FNV-1a hash of a text after ASCII lower-casing, without its lowest bit.
fn hash(text: &str) -> u32 {
    let step = |hash: u32, byte: u8| (hash ^ u32::from(byte.to_ascii_lowercase())).wrapping_mul(0x0100_0193);
    text.bytes().fold(0x811c_9dc5, step) & !1
}

impl Texts {
    fn new<'t>(mut entries: Vec<Entry>, text: &dyn Fn(Place) -> &'t str) -> Self {
        sort_by(&mut entries, |a, b| a.key.cmp(&b.key).then_with(|| compare(text(a.at), text(b.at))));
        let mut before: Option<Entry> = None;
        for entry in &mut entries {
            let is_repeat = before.is_some_and(|before| {
                before.hash() == entry.hash() && is_same(text(before.at), text(entry.at))
            });
            entry.key |= u32::from(is_repeat);
            before = Some(*entry);
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

    /// Returns the entries with this text, and the place of the first one.
    fn find<'t>(&self, sought: &str, text: &dyn Fn(Place) -> &'t str) -> (usize, &[Entry]) {
        let hash = hash(sought);
        let beginning = (u64::from(hash) >> self.shift) as usize;
        let bound = |place: usize| self.starts.get(place).map_or(0, |&start| start as usize);
        let start = bound(beginning);
        let bucket = self.entries.get(start..bound(beginning + 1)).unwrap_or_default();
        let skipped = bucket.partition_point(|entry| entry.hash() < hash);
        let mut place = start + skipped;
        for same in bucket.get(skipped..).unwrap_or_default().chunk_by(|_, entry| entry.is_repeat()) {
            match same.first() {
                Some(first) if first.hash() != hash => break,
                Some(first) if is_same(text(first.at), sought) => return (place, same),
                _ => place += same.len(),
            }
        }
        (place, &[])
    }

    /// Returns the entries of each text, and the place of the first one.
    fn each(&self) -> impl Iterator<Item = (u32, &[Entry])> {
        let mut place = 0;
        self.entries.chunk_by(|_, entry| entry.is_repeat()).map(move |same| {
            let first = place;
            place += same.len() as u32;
            (first, same)
        })
    }
}

/// An address that an include rule or an included list names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Included(u32);

impl Included {
    /// Returns the address's number, which is below
    /// [`Membership::addresses`](super::Membership::addresses).
    pub fn number(self) -> usize {
        self.0 as usize
    }
}

/// The rules that an address decides.
#[derive(Debug, Default)]
pub(super) struct Addresses {
    /// The addresses of `email` rules, and the items of lists.
    addresses: Texts,
    /// The domains of `email_domain` rules.
    domains: Texts,
    /// Sorted by id.
    lists: Vec<NamedList>,
}

impl Addresses {
    pub fn new(sets: &[RuleSet], lists: Lists) -> Self {
        let readable = lists.into_iter().filter_map(|(id, items)| Some((id, items?)));
        let lists = readable.map(|(id, items)| {
            let mut items: Vec<Box<str>> = items.into_iter().map(Into::into).collect();
            sort_by(&mut items, |a, b| compare(a, b));
            items.dedup_by(|a, b| is_same(a, b));
            NamedList { id: id.into(), items, rules: Vec::new() }
        });
        let mut index = Self { lists: lists.collect(), ..Self::default() };
        let (mut addresses, mut domains) = (Vec::new(), Vec::new());
        for (set, rules) in (0..).zip(sets) {
            for (section, position, entry) in rules.rules() {
                let at = RuleAt { set, section, position };
                match &entry.rule {
                    Rule::Email(address) => addresses.push(Entry::new(address, Place::Rule(at))),
                    Rule::EmailDomain(domain) => domains.push(Entry::new(domain, Place::Rule(at))),
                    Rule::EmailList(id) => {
                        let found = index.find_list(id).and_then(|list| index.lists.get_mut(list));
                        if let Some(list) = found {
                            list.rules.push(at);
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
        index.addresses = Texts::new(addresses, &|at| index.text(at, sets));
        index.domains = Texts::new(domains, &|at| index.text(at, sets));
        index
    }

    /// Returns the text at a place that was taken from these sets and lists.
    fn text<'a>(&'a self, at: Place, sets: &'a [RuleSet]) -> &'a str {
        let text = match at {
            Place::Rule(at) => {
                let set = sets.get(at.set as usize);
                match set.and_then(|set| set.entry(at.section, at.position)).map(|entry| &entry.rule) {
                    Some(Rule::Email(text) | Rule::EmailDomain(text)) => Some(text),
                    _ => None,
                }
            }
            Place::Item { list, item } => {
                self.lists.get(list as usize).and_then(|list| list.items.get(item as usize))
            }
        };
        text.map_or("", AsRef::as_ref)
    }

    fn find_list(&self, id: &str) -> Option<usize> {
        self.lists.binary_search_by(|list| list.id.as_ref().cmp(id)).ok()
    }

    /// Whether the list with this id can be read.
    pub fn has_list(&self, id: &str) -> bool {
        self.find_list(id).is_some()
    }

    /// Replaces `hits` with the rules that say yes to this address, in order. `buffer` is working
    /// memory.
    pub fn hits(&self, address: &str, sets: &[RuleSet], hits: &mut Vec<RuleAt>, buffer: &mut Vec<RuleAt>) {
        hits.clear();
        buffer.clear();
        let text = |at| self.text(at, sets);
        for entry in self.addresses.find(address, &text).1 {
            buffer.extend_from_slice(self.rules_of(entry));
        }
        // The rules for the address are in order, and so are those of each list.
        if !buffer.is_sorted() {
            sort(buffer);
        }
        let domain =
            address.rsplit_once('@').map_or(&[][..], |(_, domain)| self.domains.find(domain, &text).1);
        let mut of_domain = domain.iter().flat_map(|entry| self.rules_of(entry)).copied().peekable();
        for &at in buffer.iter() {
            while let Some(earlier) = of_domain.next_if(|of_domain| *of_domain < at) {
                hits.push(earlier);
            }
            hits.push(at);
        }
        hits.extend(of_domain);
    }

    /// Returns the rules that the text at an entry belongs to, in order.
    fn rules_of<'a>(&'a self, entry: &'a Entry) -> &'a [RuleAt] {
        match &entry.at {
            Place::Rule(at) => std::slice::from_ref(at),
            Place::Item { list, .. } => self.lists.get(*list as usize).map_or(&[], |list| &list.rules),
        }
    }

    /// Returns the addresses that an include rule or an included list names, each once, sorted by
    /// [`compare`].
    pub fn included(&self, sets: &[RuleSet]) -> Vec<Included> {
        let is_included =
            |entry: &Entry| self.rules_of(entry).iter().any(|rule| rule.section == Section::Include);
        let included = self.addresses.each().filter_map(|(place, same)| {
            let text = self.text(same.first()?.at, sets);
            (same.iter().any(is_included) && is_address(text)).then_some((text, Included(place)))
        });
        let mut included: Vec<(&str, Included)> = included.collect();
        sort_by(&mut included, |(a, _), (b, _)| compare(a, b));
        included.into_iter().map(|(_, included)| included).collect()
    }

    /// Returns the number of numbers for addresses: each address's own number is smaller.
    pub fn count(&self) -> usize {
        self.addresses.entries.len()
    }

    /// Returns the number of this address, if a rule or a list names it.
    pub fn number(&self, address: &str, sets: &[RuleSet]) -> Option<usize> {
        let (place, found) = self.addresses.find(address, &|at| self.text(at, sets));
        (!found.is_empty()).then_some(place)
    }

    /// Returns the lists that the index was made of.
    pub fn into_lists(self) -> Lists {
        let items = |list: NamedList| list.items.into_iter().map(String::from).collect();
        self.lists.into_iter().map(|list| (String::from(list.id.clone()), Some(items(list)))).collect()
    }

    /// Returns an included address as its rule or list spells it.
    pub fn address<'a>(&'a self, included: Included, sets: &'a [RuleSet]) -> &'a str {
        self.addresses.entries.get(included.number()).map_or("", |entry| self.text(entry.at, sets))
    }
}

/// Whether a text can be an address. A list may have other items, and a rule a misspelt one.
fn is_address(text: &str) -> bool {
    let parts = text.rsplit_once('@').is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty());
    parts && !text.chars().any(|c| c.is_control() || c.is_whitespace())
}

#[cfg(test)]
mod tests {
    use super::super::{Lists, Membership, RuleSet, Scratch, Standing, Subject};
    use super::hash;
    use crate::model::{Kind, ResourceId};
    use serde_json::value::RawValue;

    /// Addresses, and domains, of which two have the same hash.
    const ADDRESSES: [&str; 2] = ["yiijsv@corp.example", "ktodoe@corp.example"];
    const DOMAINS: [&str; 2] = ["llrvyu.example", "vdcawe.example"];

    fn group(id: &str, rule: &str) -> RuleSet {
        let rule = RawValue::from_string(rule.to_owned()).unwrap();
        RuleSet::new(ResourceId::new(Kind::Group, id), [vec![rule], Vec::new(), Vec::new()], &"0".repeat(32))
    }

    fn held(membership: &Membership, address: &str) -> Vec<String> {
        let subject = Subject { address: Some(address), standing: Standing::None };
        membership.of(subject, &mut Scratch::default()).iter().map(|held| held.resource.id.clone()).collect()
    }

    #[test]
    fn texts_with_the_same_hash_are_told_apart() {
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
