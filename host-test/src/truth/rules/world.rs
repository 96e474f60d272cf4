//! Groups and policies as sets of rules.

use super::references::References;
use super::rule::{Rule, RuleSet};
use super::text;
use super::told::Fact;
use super::vocabulary::Lists;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

#[derive(Clone)]
pub(super) struct World<'a> {
    pub(super) account_id: &'a str,
    pub(super) lists: &'a Lists,
    pub(super) facts: &'a [Fact],
    /// The groups, and behind them the policies.
    pub(super) sets: Vec<Rc<RuleSet<'a>>>,
    /// The number of groups.
    pub(super) groups: usize,
    /// The places of the groups by their ids. No rule refers to a policy.
    pub(super) index: Rc<BTreeMap<&'a str, usize>>,
    pub(super) references: Rc<References>,
}

impl<'a> World<'a> {
    /// Puts these policies behind the groups.
    pub(super) fn new(
        account_id: &'a str,
        groups: &'a [Value],
        lists: &'a Lists,
        policies: Vec<RuleSet<'a>>,
    ) -> World<'a> {
        let mut sets: Vec<_> = groups.iter().filter_map(RuleSet::read).map(Rc::new).collect();
        let groups = sets.len();
        let index: BTreeMap<_, _> = sets.iter().enumerate().map(|(at, group)| (group.id, at)).collect();
        sets.extend(policies.into_iter().map(Rc::new));
        let references = References::new(&sets, &index);
        World {
            account_id,
            lists,
            facts: &[],
            sets,
            groups,
            index: Rc::new(index),
            references: Rc::new(references),
        }
    }

    /// Returns the addresses, in lower case, that an include rule of these sets names one by one,
    /// directly, through a list that can be read, or by a fact.
    pub(super) fn included_addresses(&self, sets: impl IntoIterator<Item = usize>) -> BTreeSet<String> {
        let mut addresses = BTreeSet::new();
        for (rule, _) in sets.into_iter().flat_map(|at| &self.sets[at].include) {
            match *rule {
                Rule::Email(address) => addresses.extend([address.to_ascii_lowercase()]),
                Rule::List(id) => {
                    let items = self.lists.get(id).and_then(Option::as_ref).into_iter().flatten();
                    addresses
                        .extend(items.filter(|item| !item.is_empty()).map(|item| item.to_ascii_lowercase()));
                }
                _ => {
                    let facts = self.about(*rule);
                    let told = facts.iter().flat_map(|fact| &fact.addresses);
                    addresses.extend(told.map(|address| address.to_ascii_lowercase()));
                }
            }
        }
        addresses.retain(|address| text::is_address(address));
        addresses
    }
}
