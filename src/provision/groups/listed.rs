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
use crate::model::{Kind, ResourceId, Warning};
use crate::records::{self, warnings};
use crate::rules::{RuleSet, may_mean};
use crate::sorted::{Map, Set};

/// All groups as they are listed.
pub(super) struct Listed {
    pub groups: Vec<RuleSet>,
    /// The names of the groups.
    pub names: Vec<(ResourceId, String)>,
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
        let (mut groups, mut not_understood, mut names) = (Vec::new(), Map::default(), Vec::new());
        while let Some(page) = listing.next(client)? {
            for (place, fault) in page.not_understood() {
                warnings.push(warnings::not_understood(Kind::Group, list.noun, place, fault));
                if let Some(id) = fault.id.clone() {
                    not_understood.insert(id, fault.why.clone());
                }
            }
            warnings.extend(page.verdict.finding.map(|finding| warnings::list_moved(list.noun, finding)));
            for group in page.into_new_items() {
                let rules = records::group::rule_set(&group.id, group.sections, &account_id);
                names.extend(group.name.map(|name| (rules.resource().clone(), name)));
                groups.push(rules);
            }
        }
        Ok(Self { groups, names, not_understood, gap: listing.gap().cloned() })
    }
}

/// Returns the list's items that are, or may mean, one of these addresses (in lower case); `None`,
/// with a warning that says which rule sets name it, if the list can't be read.
///
/// # Errors
/// The list can't be read for a reason that passes.
pub(super) fn read_list<'g, T: Transport>(
    client: &mut Client<T>,
    name: &str,
    sets: impl Iterator<Item = &'g RuleSet>,
    addresses: &Set<String>,
    warnings: &mut Vec<Warning>,
) -> Result<Option<Set<String>>> {
    let Some(id) = Id::parse(name) else {
        warnings.push(warnings::list_not_readable(name, sets, "Its id isn't one."));
        return Ok(None);
    };
    let (list, mut found, mut odd) = (list_item::collection(&id), Set::default(), Vec::new());
    let mut listing = Listing::<Address>::new(&list, Ahead::Sent);
    loop {
        let page = match client.named_list(|client| listing.next(client)) {
            Ok(Some(page)) => page,
            Ok(None) => break,
            Err(error) if is_gap(&error) => {
                warnings.push(warnings::list_not_readable(name, sets, &error.message));
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
