//! The rules that an address decides: those with an address or a domain, and those that name a list.

use super::doubts::Doubts;
use super::rule::Rule;
use super::rule_set::{RuleAt, RuleSet, Section};
use super::spelling;
use super::texts::{Entry, Place, Texts, compare, is_same};
use super::value::Value;
use crate::identities::{Facts, ProviderGroup};
use crate::sorted::{Map, Set, sort, sort_by};
use std::rc::Rc;

/// The items of the lists that rules name, by the list's id. `None` stands for a list that can't be
/// read.
pub type Lists = Map<String, Option<Set<String>>>;

/// A readable list that rules name.
#[derive(Debug)]
struct NamedList {
    id: Box<str>,
    /// Sorted by [`compare`], each once.
    items: Vec<Box<str>>,
    /// The rules that name the list, in order.
    rules: Vec<RuleAt>,
}

/// An address that an include rule, an included list, or a fact about an included group names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Included(u32);

impl Included {
    /// Returns the address's number, which is below
    /// [`Membership::addresses`](super::Membership::addresses).
    pub fn number(self) -> usize {
        self.0 as usize
    }
}

/// A rule that holds for an address (*yes*), or of which a part or a fact names it (*open*).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hit {
    pub at: RuleAt,
    pub value: Value,
    /// Whether a fact names it.
    pub by_fact: bool,
}

impl Hit {
    fn new(at: RuleAt, value: Value) -> Self {
        Self { at, value, by_fact: false }
    }

    /// Returns the hit of a rule that holds.
    pub fn yes(at: RuleAt) -> Self {
        Self::new(at, Value::Yes)
    }

    /// Whether an include rule with this hit names the subject.
    pub fn names(&self) -> bool {
        self.value == Value::Yes || self.by_fact
    }
}

/// The rules that an address decides.
#[derive(Debug, Default)]
pub(super) struct Addresses {
    /// The addresses of `email` rules, and the items of lists.
    addresses: Texts,
    /// The domains of `email_domain` rules.
    domains: Texts,
    /// The parts of texts that aren't one address or one domain.
    doubts: Doubts,
    /// Sorted by id.
    lists: Vec<NamedList>,
    facts: Rc<Facts>,
    /// For each group of the facts, the rules that name it, in order.
    covered: Vec<Vec<RuleAt>>,
}

impl Addresses {
    pub fn new(sets: &[RuleSet], lists: Lists, facts: Rc<Facts>) -> Self {
        let readable = lists.into_iter().filter_map(|(id, items)| Some((id, items?)));
        let lists = readable.map(|(id, items)| {
            let mut items: Vec<Box<str>> = items.into_iter().map(Into::into).collect();
            sort_by(&mut items, |a, b| compare(a, b));
            items.dedup_by(|a, b| is_same(a, b));
            NamedList { id: id.into(), items, rules: Vec::new() }
        });
        let mut covered = Vec::new();
        covered.resize_with(facts.count(), Vec::new);
        let mut index = Self { lists: lists.collect(), facts, covered, ..Self::default() };
        let (mut addresses, mut domains) = (Vec::new(), Vec::new());
        for (set, rules) in (0..).zip(sets) {
            for (section, position, entry) in rules.rules() {
                let at = RuleAt { set, section, position };
                match &entry.rule {
                    Rule::Email(address) => addresses.push(Entry::new(address, Place::Rule(at))),
                    Rule::EmailDomain(domain) => {
                        domains.push(Entry::new(spelling::domain(domain), Place::Rule(at)))
                    }
                    Rule::EmailList(id) => {
                        let found = index.find_list(id).and_then(|list| index.lists.get_mut(list));
                        if let Some(list) = found {
                            list.rules.push(at);
                        }
                    }
                    Rule::Provider(group) => {
                        let covered = index.facts.place_of(group).and_then(|at| index.covered.get_mut(at));
                        covered.into_iter().for_each(|rules| rules.push(at));
                    }
                    _ => {}
                }
            }
        }
        for (list, named) in (0..).zip(&index.lists) {
            let items = (0..).zip(&named.items);
            addresses.extend(items.map(|(item, address)| Entry::new(address, Place::Item { list, item })));
        }
        let covered = (0..).zip(&index.covered).filter(|(_, rules)| !rules.is_empty());
        for (list, place) in covered.map(|(place, _)| (index.lists.len() + place, place)) {
            let items = (0..).zip(index.facts.addresses(place));
            let at = |item| Place::Item { list: list as u32, item };
            addresses.extend(items.map(|(item, address)| Entry::new(address, at(item))));
        }
        index.addresses = Texts::new(addresses, &|at| index.text(at, sets));
        index.domains = Texts::new(domains, &|at| index.text(at, sets));
        index.doubts = index.find_doubts(sets);
        index
    }

    /// Collects the parts of the texts that aren't one address or one domain.
    fn find_doubts(&self, sets: &[RuleSet]) -> Doubts {
        let of_rules = (0..).zip(sets).flat_map(|(set, rules)| {
            rules.rules().flat_map(move |(section, position, entry)| {
                let place = Place::Rule(RuleAt { set, section, position });
                entry.rule.parts().into_iter().flatten().map(move |part| (part, place))
            })
        });
        let of_lists = (0..).zip(&self.lists).flat_map(|(list, named)| {
            (0..).zip(&named.items).flat_map(move |(item, text)| {
                let place = Place::Item { list, item };
                spelling::of_address(text).into_iter().flatten().map(move |part| (part, place))
            })
        });
        Doubts::new(of_rules.chain(of_lists))
    }

    /// Returns the items of lists that aren't one address, each with its list, list by list.
    pub fn doubtful_items(&self) -> impl Iterator<Item = (&str, &str)> {
        let all = self.lists.iter().flat_map(|list| list.items.iter().map(|item| (&*list.id, &**item)));
        all.filter(|(_, item)| !item.is_empty() && !spelling::is_address(item))
    }

    /// Returns the text at a place that was taken from these sets and lists.
    fn text<'a>(&'a self, at: Place, sets: &'a [RuleSet]) -> &'a str {
        let text = match at {
            Place::Rule(at) => {
                let set = sets.get(at.set as usize);
                match set.and_then(|set| set.entry(at.section, at.position)).map(|entry| &entry.rule) {
                    Some(Rule::Email(text)) => Some(&**text),
                    Some(Rule::EmailDomain(text)) => Some(spelling::domain(text)),
                    _ => None,
                }
            }
            Place::Item { list, item } => match self.lists.get(list as usize) {
                Some(list) => list.items.get(item as usize).map(|text| &**text),
                None => self.facts.address(list as usize - self.lists.len(), item as usize),
            },
            Place::Part(_) => None,
        };
        text.unwrap_or_default()
    }

    fn find_list(&self, id: &str) -> Option<usize> {
        self.lists.binary_search_by(|list| list.id.as_ref().cmp(id)).ok()
    }

    /// Returns the place of a group of an identity provider among those of the facts, if there are some
    /// about it.
    pub fn known_group(&self, group: &ProviderGroup) -> Option<usize> {
        self.facts.place_of(group)
    }

    /// Returns the facts that the index was made of.
    pub fn facts(&self) -> &Rc<Facts> {
        &self.facts
    }

    /// Whether the list with this id can be read.
    pub fn has_list(&self, id: &str) -> bool {
        self.find_list(id).is_some()
    }

    /// Replaces `hits` with the rules that aren't *no* for this address, in order and each once.
    /// `buffer` is working memory.
    pub fn hits(&self, address: &str, sets: &[RuleSet], hits: &mut Vec<Hit>, buffer: &mut Vec<RuleAt>) {
        hits.clear();
        buffer.clear();
        let text = |at| self.text(at, sets);
        let found = self.addresses.find(address, &text).1;
        for entry in found {
            buffer.extend_from_slice(self.rules_of(&entry.at));
        }
        // The rules for the address are in order, and so are those of each list.
        if !buffer.is_sorted() {
            sort(buffer);
        }
        let domain =
            address.rsplit_once('@').map_or(&[][..], |(_, domain)| self.domains.find(domain, &text).1);
        let mut of_domain = domain.iter().flat_map(|entry| self.rules_of(&entry.at)).copied().peekable();
        for &at in buffer.iter() {
            while let Some(earlier) = of_domain.next_if(|of_domain| *of_domain < at) {
                hits.push(Hit::yes(earlier));
            }
            hits.push(Hit::yes(at));
        }
        hits.extend(of_domain.map(Hit::yes));
        if !self.doubts.is_empty() || !self.covered.is_empty() {
            self.add_open(address, found, hits);
        }
    }

    /// Adds the rules of which a part names this address, where they don't hold for it anyway, and those
    /// that facts name it by: what was `found` of it.
    fn add_open(&self, address: &str, found: &[Entry], hits: &mut Vec<Hit>) {
        let certain = hits.len();
        let open = |&at: &RuleAt| Hit::new(at, Value::Open);
        for place in self.doubts.about(address) {
            hits.extend(self.rules_of(&place).iter().map(open));
        }
        for entry in found {
            hits.extend(self.rules_of_fact(&entry.at).iter().map(|at| Hit { by_fact: true, ..open(at) }));
        }
        if hits.len() > certain {
            sort_by(hits, |a, b| a.at.cmp(&b.at).then(b.value.cmp(&a.value)));
            hits.dedup_by(|later, first| later.at == first.at);
        }
    }

    /// Returns the rules that the text at a place belongs to, in order.
    fn rules_of<'a>(&'a self, place: &'a Place) -> &'a [RuleAt] {
        match place {
            Place::Rule(at) => std::slice::from_ref(at),
            Place::Item { list, .. } => self.lists.get(*list as usize).map_or(&[], |list| &list.rules),
            Place::Part(_) => &[],
        }
    }

    /// Returns the rules that a fact names the address at a place by, in order.
    fn rules_of_fact(&self, place: &Place) -> &[RuleAt] {
        let Place::Item { list, .. } = place else { return &[] };
        let group = (*list as usize).checked_sub(self.lists.len());
        group.and_then(|group| self.covered.get(group)).map_or(&[], Vec::as_slice)
    }

    /// Returns the addresses that an include rule, an included list or a fact about an included group
    /// names, of the sets that give something; each once, sorted by [`compare`].
    pub fn included(&self, sets: &[RuleSet]) -> Vec<Included> {
        let gives = |rule: &RuleAt| sets.get(rule.set as usize).is_some_and(RuleSet::gives);
        let includes = |rule: &RuleAt| rule.section == Section::Include && gives(rule);
        let is_included = |entry: &Entry| {
            let mut rules = self.rules_of(&entry.at).iter().chain(self.rules_of_fact(&entry.at));
            rules.any(includes)
        };
        let included = self.addresses.each().filter_map(|(place, same)| {
            let text = self.text(same.first()?.at, sets);
            (same.iter().any(is_included) && spelling::is_address(text)).then_some((text, Included(place)))
        });
        let mut included: Vec<(&str, Included)> = included.collect();
        sort_by(&mut included, |(a, _), (b, _)| compare(a, b));
        included.into_iter().map(|(_, included)| included).collect()
    }

    /// Returns the number of numbers for addresses: each address's own number is smaller.
    pub fn count(&self) -> usize {
        self.addresses.entries.len()
    }

    /// Returns the number of this address, if a rule, a list or a fact names it.
    pub fn number(&self, address: &str, sets: &[RuleSet]) -> Option<usize> {
        let (place, found) = self.addresses.find(address, &|at| self.text(at, sets));
        (!found.is_empty()).then_some(place)
    }

    /// Returns the lists that the index was made of.
    pub fn into_lists(self) -> Lists {
        let items = |list: NamedList| list.items.into_iter().map(String::from).collect();
        self.lists.into_iter().map(|list| (String::from(list.id.clone()), Some(items(list)))).collect()
    }

    /// Returns an included address as its rule, list or fact spells it.
    pub fn address<'a>(&'a self, included: Included, sets: &'a [RuleSet]) -> &'a str {
        self.addresses.entries.get(included.number()).map_or("", |entry| self.text(entry.at, sets))
    }
}

#[cfg(test)]
mod tests {
    use super::super::texts::hash;
    use super::super::{Lists, Membership, RuleSet, Scratch, Standing, Subject};
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
        let subject = Subject::Person { address: Some(address), standing: Standing::None };
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
        let membership = Membership::new(groups, lists, Default::default());
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
            Default::default(),
        );
        assert_eq!((held(&one_alone, ADDRESSES[0]), one_alone.number_of(ADDRESSES[0])), (Vec::new(), None));
    }
}
