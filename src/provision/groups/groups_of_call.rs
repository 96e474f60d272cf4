//! All groups of the account while a call runs: as they were listed, as they were read since, and as
//! the call has changed them.

use super::direct_rules::DirectRules;
use super::listed::{Listed, lists_that_matter, reached_from, read_list};
use crate::cloudflare::client::Client;
use crate::cloudflare::id::Id;
use crate::cloudflare::listing::Gap;
use crate::cloudflare::transport::Transport;
use crate::error::Result;
use crate::model::{ResourceId, Warning};
use crate::provision::people::Principal;
use crate::records;
use crate::rules::{DirectRule, Evaluation, Lists, Membership, RuleSet, Scratch};
use crate::sorted::{Map, Set};

/// All groups of the account, and the changes of this call.
pub(super) struct GroupsOfCall {
    membership: Membership,
    scratch: Scratch,
    /// The groups that are to be changed.
    targets: Set<Id>,
    /// The addresses that are changed, in lower case. Lists are read for these alone.
    addresses: Set<String>,
    lists_known: Set<String>,
    /// The groups that are listed and can't be understood, and why.
    not_understood: Map<Id, String>,
    /// The part of the list of groups that wasn't seen.
    gap: Option<Gap>,
    /// The direct rules that this call has written, by address in lower case.
    written: Map<String, DirectRules>,
}

impl GroupsOfCall {
    /// Reads all groups, and the lists that can decide over a change of `targets` for `addresses`.
    ///
    /// # Errors
    /// The groups can't be read, or a list can't for a reason that passes.
    pub fn learn<T: Transport>(
        client: &mut Client<T>,
        targets: Set<Id>,
        addresses: Set<String>,
        warnings: &mut Vec<Warning>,
    ) -> Result<Self> {
        let Listed { groups, not_understood, gap } = Listed::read(client, warnings)?;
        let lists_known = lists_that_matter(groups.iter(), &targets);
        let mut lists = Lists::default();
        for list in &lists_known {
            lists.insert(list.clone(), read_list(client, list, groups.iter(), &addresses, warnings)?);
        }
        let membership = Membership::new(groups, lists);
        let reached = reached_from(membership.groups(), &targets);
        let is_reached = |group: &ResourceId| reached.contains(group.id.as_str());
        warnings.extend(membership.warnings_of_texts(is_reached).cloned());
        let (scratch, written) = (Scratch::default(), Map::default());
        Ok(Self { membership, scratch, targets, addresses, lists_known, not_understood, gap, written })
    }

    /// Replaces a group by what was read now. Returns whether it differs from what was known.
    ///
    /// # Errors
    /// It names a list that isn't known yet, and that can't be read for a reason that passes.
    pub fn refresh<T: Transport>(
        &mut self,
        client: &mut Client<T>,
        group: &RuleSet,
        warnings: &mut Vec<Warning>,
    ) -> Result<bool> {
        let known = self.place_of(group.id()).and_then(|place| self.membership.group(place));
        if known.is_some_and(|known| known.digest() == group.digest()) {
            return Ok(false);
        }
        let mut lists = Lists::default();
        // It can refer to groups that didn't matter before.
        let others = self.membership.groups().iter().filter(|other| other.id() != group.id());
        let now = others.chain([group]).collect::<Vec<_>>();
        for list in lists_that_matter(now.iter().copied(), &self.targets) {
            if !self.lists_known.contains(&list) {
                let items = read_list(client, &list, now.iter().copied(), &self.addresses, warnings)?;
                lists.insert(list, items);
            }
        }
        self.lists_known.extend(lists.iter().map(|(list, _)| list.clone()));
        let membership =
            std::mem::replace(&mut self.membership, Membership::new(Vec::new(), Lists::default()));
        self.membership = membership.with(vec![group.clone()], lists);
        // The new state shows what became of the rules that this call wrote before.
        self.written.values_mut().for_each(|rules| rules.forget(group.id()));
        Ok(true)
    }

    /// Notes that the call has written the direct rules of an address in a group.
    pub fn wrote(&mut self, address: &str, group: &Id, rule: DirectRule) {
        self.written.get_or_insert_with(address.to_owned(), DirectRules::default).set(group, rule);
    }

    /// Returns the direct rules of a principal that this call has written.
    pub fn written(&self, principal: &Principal) -> DirectRules {
        principal.address_key().and_then(|address| self.written.get(address)).cloned().unwrap_or_default()
    }

    /// Evaluates all groups for a principal with these direct rules.
    pub fn evaluate<'g>(&'g mut self, principal: &'g Principal, rules: &DirectRules) -> Evaluation<'g, 'g> {
        let membership = &self.membership;
        let assumed = rules
            .iter()
            .filter_map(|(group, rule)| membership.place_of(group.as_str()).map(|place| (place, rule)));
        membership.evaluate(principal.subject(), assumed, &mut self.scratch)
    }

    /// Returns why a listed group can't be understood.
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
        self.membership.group(place).map_or("", RuleSet::id)
    }

    /// The entitlement of the group at a place.
    pub fn entitlement_at(&self, place: usize) -> String {
        records::group::entitlement_id(self.id_at(place))
    }

    /// Counts the groups.
    pub fn len(&self) -> usize {
        self.membership.group_ids().count()
    }

    /// Counts the rules of the group at this place, as it was read.
    pub fn rules(&self, place: usize) -> usize {
        self.membership.group(place).map_or(0, RuleSet::count)
    }

    /// Counts the include rules of the group at this place, as it was read.
    pub fn includes(&self, place: usize) -> usize {
        self.membership.group(place).map_or(0, RuleSet::includes)
    }
}
