//! Reads the groups, and the lists of addresses that their rules name.

use crate::cloudflare::client::Client;
use crate::cloudflare::client::gap::is_gap;
use crate::cloudflare::group::{self, Group};
use crate::cloudflare::id::Id;
use crate::cloudflare::item::NotUnderstood;
use crate::cloudflare::list_item;
use crate::cloudflare::listing::{Address, Ahead, Gap, Listing};
use crate::cloudflare::transport::Transport;
use crate::error::Result;
use crate::model::{Kind, Warning};
use crate::records::{self, warnings};
use crate::rules::{RuleSet, may_mean};
use crate::sorted::{Map, Set};

/// All groups as they are listed.
pub(super) struct Listed {
    pub groups: Vec<RuleSet>,
    /// The groups that can't be understood, and why.
    pub not_understood: Map<Id, String>,
    /// The part of the list that wasn't seen.
    pub gap: Option<Gap>,
}

impl Listed {
    /// Reads all groups.
    ///
    /// # Errors
    /// The list can't be read.
    pub fn read<T: Transport>(client: &mut Client<T>, warnings: &mut Vec<Warning>) -> Result<Self> {
        let list = &group::COLLECTION;
        let account_id = client.settings().account_id.clone();
        // A group with an id is known not to be understood; one without could be any group.
        let is_nameless = |fault: &NotUnderstood| fault.id.is_none();
        let mut listing = Listing::<Group>::new(list, Ahead::Sent).looking_for(&is_nameless);
        let (mut groups, mut not_understood) = (Vec::new(), Map::default());
        while let Some(page) = listing.next(client)? {
            for (place, fault) in page.not_understood() {
                warnings.push(warnings::not_understood(Kind::Group, list.noun, place, fault));
                if let Some(id) = fault.id.clone() {
                    not_understood.insert(id, fault.why.clone());
                }
            }
            warnings.extend(page.verdict.finding.map(|finding| warnings::list_moved(list.noun, finding)));
            let rules = |group: Group| records::group::rule_set(&group.id, group.sections, &account_id);
            groups.extend(page.into_new_items().map(rules));
        }
        Ok(Self { groups, not_understood, gap: listing.gap().cloned() })
    }
}

/// Returns the lists that can decide whether a change of `targets` changes anything: those of groups
/// that refer to a target, directly or through others, and of all groups that these refer to.
pub(super) fn lists_that_matter<'g>(
    groups: impl Iterator<Item = &'g RuleSet>,
    targets: &'g Set<Id>,
) -> Set<String> {
    let by_id: Map<&str, &RuleSet> = groups.map(|group| (group.id(), group)).collect();
    let mut referring: Map<&str, Vec<&str>> = Map::default();
    for group in by_id.values() {
        for referred in group.groups() {
            referring.get_or_insert_with(referred, Vec::new).push(group.id());
        }
    }
    let targets = targets.iter().map(Id::as_str);
    let concerned = reach(targets, |id, found| found.extend(referring.get(id).into_iter().flatten()));
    let matter = reach(concerned.into_iter(), |id, found| {
        found.extend(by_id.get(id).into_iter().flat_map(|group| group.groups()))
    });
    let lists = matter.into_iter().filter_map(|id| by_id.get(id)).flat_map(|group| group.lists());
    lists.map(str::to_owned).collect()
}

/// Returns the ids of `targets`, and of all groups that these refer to, directly or through others.
pub(super) fn reached_from<'g>(groups: &'g [RuleSet], targets: &'g Set<Id>) -> Set<&'g str> {
    let by_id: Map<&str, &RuleSet> = groups.iter().map(|group| (group.id(), group)).collect();
    reach(targets.iter().map(Id::as_str), |id, found| {
        found.extend(by_id.get(id).into_iter().flat_map(|group| group.groups()))
    })
}

/// Returns everything that can be reached from these, and these themselves.
fn reach<'a>(from: impl Iterator<Item = &'a str>, next: impl Fn(&'a str, &mut Vec<&'a str>)) -> Set<&'a str> {
    let (mut reached, mut waiting) = (Set::default(), from.collect::<Vec<_>>());
    while let Some(id) = waiting.pop() {
        if reached.insert(id) {
            next(id, &mut waiting);
        }
    }
    reached
}

/// Returns the list's items that are, or may mean, one of these addresses (in lower case); `None`,
/// with a warning that says which groups name it, if the list can't be read.
///
/// # Errors
/// The list can't be read for a reason that passes.
pub(super) fn read_list<'g, T: Transport>(
    client: &mut Client<T>,
    name: &str,
    groups: impl Iterator<Item = &'g RuleSet>,
    addresses: &Set<String>,
    warnings: &mut Vec<Warning>,
) -> Result<Option<Set<String>>> {
    let Some(id) = Id::parse(name) else {
        warnings.push(warnings::list_not_readable(name, groups, "Its id isn't one."));
        return Ok(None);
    };
    let (list, mut found, mut odd) = (list_item::collection(&id), Set::default(), Vec::new());
    let mut listing = Listing::<Address>::new(&list, Ahead::Sent);
    loop {
        let page = match client.named_list(|client| listing.next(client)) {
            Ok(Some(page)) => page,
            Ok(None) => break,
            Err(error) if is_gap(&error) => {
                warnings.push(warnings::list_not_readable(name, groups, &error.message));
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        odd.extend(warnings::of_items(name, &page));
        let concerns =
            |item: &String| addresses.contains(item) || may_mean(item, addresses.iter().map(String::as_str));
        let items = page.into_new_items().map(|Address(item)| item.to_ascii_lowercase());
        found.extend(items.filter(concerns));
    }
    warnings.extend(odd);
    Ok(Some(found))
}
