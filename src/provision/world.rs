//! All groups, as they are while a call runs: what was listed, what was read since, and what the
//! call has written.

use super::people::Who;
use crate::cloudflare::client::{Client, is_unreadable};
use crate::cloudflare::endpoint::Collection;
use crate::cloudflare::group::Group;
use crate::cloudflare::id::Id;
use crate::cloudflare::item::Item;
use crate::cloudflare::list_item::address;
use crate::cloudflare::paging::Position;
use crate::cloudflare::transport::Transport;
use crate::error::Result;
use crate::model::{Kind, ResourceId, Warning};
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
        let mut not_understood = Map::default();
        let groups = read_groups(client, &mut not_understood, warnings)?;
        let wanted = lists_that_matter(groups.iter(), targets);
        let mut lists = Lists::default();
        for list in &wanted {
            lists.insert(list.clone(), read_list(client, list, addresses, warnings)?);
        }
        let membership = Membership::new(groups, lists);
        let (scratch, targets, written) = (Scratch::default(), targets.clone(), Map::default());
        Ok(Self { membership, scratch, targets, lists_known: wanted, not_understood, written })
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
        let known = self.place_of(group.id()).and_then(|place| self.membership.group(place));
        if known.is_some_and(|known| known.digest() == group.digest()) {
            return Ok(false);
        }
        let mut lists = Lists::default();
        // It can refer to groups that didn't matter before.
        let others = self.membership.groups().iter().filter(|other| other.id() != group.id());
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
            own.remove(group.id());
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

    /// The place of a group in evaluations.
    pub fn place_of(&self, id: &str) -> Option<usize> {
        self.membership.place_of(id)
    }

    /// The id of the group at a place.
    pub fn id_at(&self, place: usize) -> &str {
        self.membership.group(place).map_or("", RuleSet::id)
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

fn read_groups<T: Transport>(
    client: &mut Client<T>,
    not_understood: &mut Map<Id, String>,
    warnings: &mut Vec<Warning>,
) -> Result<Vec<RuleSet>> {
    let account_id = client.settings().account_id.clone();
    let (mut groups, mut known) = (Vec::new(), Set::default());
    let mut next = Some(Position::START);
    while let Some(at) = next {
        let mut fresh = false;
        let verdict = client.page(&Collection::Groups, at, &mut |items| {
            for (place, item) in items.iter().map(|raw| Group::read(raw, &account_id)).enumerate() {
                match item {
                    Ok(group) if !known.insert(group.id.clone()) => {}
                    Ok(group) => {
                        fresh = true;
                        let resource = ResourceId::new(Kind::Group, group.id.as_str());
                        groups.push(RuleSet::new(resource, group.sections, &account_id));
                    }
                    Err(fault) => {
                        let place = at.before.saturating_add(place as u32).saturating_add(1);
                        warnings.push(warnings::not_understood(
                            Kind::Group,
                            Collection::Groups.noun(),
                            place,
                            &fault,
                        ));
                        if let Some(id) = fault.id {
                            not_understood.insert(id, fault.why);
                        }
                    }
                }
            }
        })?;
        if !fresh && !verdict.promised && verdict.next.is_some() && at.page > 1 {
            return Err(client.endless(&Collection::Groups));
        }
        warnings
            .extend(verdict.finding.map(|finding| warnings::list_moved(Collection::Groups.noun(), finding)));
        next = verdict.next;
    }
    Ok(groups)
}

/// The lists that can decide whether a change of `targets` changes anything: those of groups that
/// refer to a target, directly or through others, and of all that these refer to.
fn lists_that_matter<'g>(groups: impl Iterator<Item = &'g RuleSet>, targets: &'g Set<Id>) -> Set<String> {
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

/// Which of these addresses (in lower case) the list has; `None`, with a warning, where it can't be
/// read.
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
    let (list, mut found, mut next) = (Collection::Items(id), Set::default(), Some(Position::START));
    while let Some(at) = next {
        let mut is_understood = true;
        let page = client.page(&list, at, &mut |items| {
            for item in items.iter().map(|raw| address(raw)) {
                is_understood &= item.is_some();
                let known =
                    item.map(|item| item.to_ascii_lowercase()).filter(|item| addresses.contains(item));
                if let Some(known) = known {
                    found.insert(known);
                }
            }
        });
        let verdict = match page {
            Ok(verdict) => verdict,
            Err(error) if is_unreadable(&error) => {
                warnings.push(warnings::list_not_readable(name, &error.message));
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        if !is_understood {
            warnings.push(warnings::list_not_readable(name, "It has items that can't be understood."));
            return Ok(None);
        }
        warnings.extend(verdict.finding.map(|finding| warnings::list_moved(list.noun(), finding)));
        next = verdict.next;
    }
    Ok(Some(found))
}
