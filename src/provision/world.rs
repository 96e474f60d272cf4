//! All groups, as they are while a call runs: what was listed, what was read since, and what the
//! call has written.

use super::people::Who;
use crate::cloudflare::client::{Client, is_unreadable};
use crate::cloudflare::group::{self, Group};
use crate::cloudflare::id::Id;
use crate::cloudflare::item::NotUnderstood;
use crate::cloudflare::list_item;
use crate::cloudflare::listing::{Address, Ahead, Gap, Listing};
use crate::cloudflare::transport::Transport;
use crate::error::Result;
use crate::model::{Kind, Warning};
use crate::records::warnings;
use crate::rules::{DirectRule, Evaluation, Lists, Membership, RuleSet, Scratch};
use crate::sorted::{Map, Set};

/// The own rules of an address in groups, by the group's id, where they are other than was read.
pub(super) type OwnRules = Map<String, DirectRule>;

/// All groups, and what this call has changed of them.
pub(super) struct World {
    membership: Membership,
    scratch: Scratch,
    targets: Set<Id>,
    lists_known: Set<String>,
    /// Groups that are listed, and why they can't be understood.
    not_understood: Map<Id, String>,
    /// Groups that may not have been seen.
    gap: Option<Gap>,
    /// By address in lower case.
    written: Map<String, OwnRules>,
}

impl World {
    /// Reads all groups, and of the lists that matter to `targets` what they say of `addresses`.
    ///
    /// # Errors
    /// The groups can't be read, or a list can't for a reason that passes.
    pub fn learn<T: Transport>(
        client: &mut Client<T>,
        targets: &Set<Id>,
        addresses: &Set<String>,
        warnings: &mut Vec<Warning>,
    ) -> Result<Self> {
        let GroupsListed { groups, not_understood, gap } = read_groups(client, warnings)?;
        let wanted = lists_that_matter(groups.iter(), targets);
        let mut lists = Lists::default();
        for list in &wanted {
            lists.insert(list.clone(), read_list(client, list, addresses, warnings)?);
        }
        let membership = Membership::new(groups, lists);
        let (scratch, targets, written) = (Scratch::default(), targets.clone(), Map::default());
        Ok(Self { membership, scratch, targets, lists_known: wanted, not_understood, gap, written })
    }

    /// Takes over a group as it is now. Says whether it is another one than was known.
    ///
    /// # Errors
    /// It names a list that isn't known yet, and that can't be read for a reason that passes.
    pub fn refresh<T: Transport>(
        &mut self,
        client: &mut Client<T>,
        group: &RuleSet,
        addresses: &Set<String>,
        warnings: &mut Vec<Warning>,
    ) -> Result<bool> {
        let known = self.place_of(&group.id).and_then(|place| self.membership.group(place));
        if known.is_some_and(|known| known.digest() == group.digest()) {
            return Ok(false);
        }
        let mut lists = Lists::default();
        // It can refer to groups that didn't matter before.
        let others = self.membership.groups().iter().filter(|other| other.id != group.id);
        for list in lists_that_matter(others.chain([group]), &self.targets) {
            if !self.lists_known.contains(&list) {
                let items = read_list(client, &list, addresses, warnings)?;
                lists.insert(list, items);
            }
        }
        self.lists_known.extend(lists.iter().map(|(list, _)| list.clone()));
        let membership =
            std::mem::replace(&mut self.membership, Membership::new(Vec::new(), Lists::default()));
        self.membership = membership.with(group.clone(), lists);
        // What was written before stands in it, or doesn't any more.
        self.written.values_mut().for_each(|own| {
            own.remove(group.id.as_str());
        });
        Ok(true)
    }

    /// The call has written: these own rules of an address are so from now on.
    pub fn wrote(&mut self, address: &str, group: &str, own: DirectRule) {
        self.written.get_or_insert_with(address.to_owned(), OwnRules::default).insert(group.to_owned(), own);
    }

    /// What the call has written of the rules of this address.
    pub fn written(&self, address: Option<&str>) -> OwnRules {
        address.and_then(|address| self.written.get(address)).cloned().unwrap_or_default()
    }

    /// Evaluates all groups for somebody whose own rules are as `own` says.
    pub fn evaluate<'w>(&'w mut self, who: &'w Who, own: &OwnRules) -> Evaluation<'w, 'w> {
        let membership = &self.membership;
        let assumed = own.iter().filter_map(|(group, &own)| Some((membership.place_of(group)?, own)));
        membership.evaluate(who.principal(), assumed, &mut self.scratch)
    }

    /// Why a group that isn't in evaluations is none of them, although it is listed.
    pub fn why_not_understood(&self, id: &Id) -> Option<&str> {
        self.not_understood.get(id).map(String::as_str)
    }

    /// The part of the list of groups that wasn't seen.
    pub const fn gap(&self) -> Option<&Gap> {
        self.gap.as_ref()
    }

    /// The place of a group in evaluations.
    pub fn place_of(&self, id: &str) -> Option<usize> {
        self.membership.place_of(id)
    }

    /// The id of the group at a place.
    pub fn id_at(&self, place: usize) -> &str {
        self.membership.group(place).map_or("", |group| &group.id)
    }

    /// How many groups there are.
    pub fn len(&self) -> usize {
        self.membership.group_ids().count()
    }

    /// How many rules the group at this place was read with.
    pub fn rules(&self, place: usize) -> usize {
        self.membership.group(place).map_or(0, RuleSet::count)
    }

    /// How many include rules the group at this place was read with.
    pub fn includes(&self, place: usize) -> usize {
        self.membership.group(place).map_or(0, RuleSet::includes)
    }
}

/// All groups as they are listed.
struct GroupsListed {
    groups: Vec<RuleSet>,
    not_understood: Map<Id, String>,
    gap: Option<Gap>,
}

fn read_groups<T: Transport>(client: &mut Client<T>, warnings: &mut Vec<Warning>) -> Result<GroupsListed> {
    let list = &group::COLLECTION;
    let account_id = client.settings().account_id.clone();
    // Any other group is known by its id not to be understood.
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
        let rules = |group: Group| RuleSet::new(group.id.as_str(), group.sections, &account_id);
        groups.extend(page.into_new_items().map(rules));
    }
    Ok(GroupsListed { groups, not_understood, gap: listing.gap().cloned() })
}

/// The lists that can decide whether a change of `targets` changes anything: those of groups that
/// refer to a target, directly or through others, and of all that these refer to.
fn lists_that_matter<'g>(groups: impl Iterator<Item = &'g RuleSet>, targets: &'g Set<Id>) -> Set<String> {
    let by_id: Map<&str, &RuleSet> = groups.map(|group| (group.id.as_str(), group)).collect();
    let mut referring: Map<&str, Vec<&str>> = Map::default();
    for group in by_id.values() {
        for referred in group.groups() {
            referring.get_or_insert_with(referred, Vec::new).push(&group.id);
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

/// Everything that can be reached from these, and these themselves.
fn reach<'a>(from: impl Iterator<Item = &'a str>, next: impl Fn(&'a str, &mut Vec<&'a str>)) -> Set<&'a str> {
    let (mut reached, mut waiting) = (Set::default(), from.collect::<Vec<_>>());
    while let Some(id) = waiting.pop() {
        if reached.insert(id) {
            next(id, &mut waiting);
        }
    }
    reached
}

/// Returns those of these addresses (in lower case) that the list has; `None`, with a warning, if
/// the list can't be read.
fn read_list<T: Transport>(
    client: &mut Client<T>,
    name: &str,
    addresses: &Set<String>,
    warnings: &mut Vec<Warning>,
) -> Result<Option<Set<String>>> {
    let Some(id) = Id::parse(name) else {
        warnings.push(warnings::list_not_readable(name, "Its id isn't one."));
        return Ok(None);
    };
    let (list, mut found, mut told) = (list_item::collection(&id), Set::default(), Vec::new());
    let mut listing = Listing::<Address>::new(&list, Ahead::Sent);
    loop {
        let page = match listing.next(client) {
            Ok(Some(page)) => page,
            Ok(None) => break,
            Err(error) if is_unreadable(&error) => {
                warnings.push(warnings::list_not_readable(name, &error.message));
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        told.extend(warnings::of_items(name, &page));
        found.extend(page.into_new_items().map(|Address(item)| item).filter(|item| addresses.contains(item)));
    }
    warnings.extend(told);
    Ok(Some(found))
}
