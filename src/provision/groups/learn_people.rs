//! Finds the people behind the addresses of a call, as far as a decision or the report needs them.

use super::GroupChanges;
use super::gains::matter_as_members;
use super::groups_of_call::GroupsOfCall;
use super::plan::plan;
use super::verdict::{Decided, PlannedChange, Verdict};
use crate::cloudflare::transport::Transport;
use crate::model::Kind;
use crate::provision::call::Call;
use crate::provision::change::Operation;
use crate::provision::errors::{about, owner_not_known};
use crate::provision::people::Principal;
use crate::sorted::Set;
use std::mem::discriminant;

impl GroupChanges {
    /// Learns which of the principals' addresses belong to accepted members, if a gain could depend
    /// on it and it isn't known yet. Revokes that can't be judged without it are settled.
    pub(super) fn learn_members<T: Transport>(
        &mut self,
        call: &mut Call<'_, T>,
        changes: &mut Vec<PlannedChange>,
    ) {
        let members = &mut self.facts.members;
        let matter = if self.facts.allow_gains {
            Set::default()
        } else {
            matter_as_members(&mut self.groups, changes)
        };
        let unknown: Set<String> =
            matter.into_iter().filter(|address| !members.contains_key(address)).collect();
        if unknown.is_empty() {
            return;
        }
        // The same way through the list finds the owners of addresses.
        let by_address = changes.iter().filter(|change| change.principal.id.kind == Kind::Email);
        let by_address = by_address.filter_map(|change| change.principal.address_key().map(str::to_owned));
        let wanted: Set<String> = unknown.iter().cloned().chain(by_address).collect();
        let reason = "Leaving this group could let this person into another one as an account member, and \
                      whether they are one isn't known.";
        let read = call.owners.learn_members(call.client, &wanted, reason);
        for address in unknown.iter() {
            if let Some(member) = call.owners.member(address) {
                members.insert(address.clone(), member.is_some_and(Principal::is_accepted_member));
            }
        }
        let Err(mut error) = read else { return };
        error.message.push_str(" Nothing was written. ");
        let [advice, ..] = self.facts.if_it_gives;
        error.message.push_str(advice);
        error.message.push('.');
        let is_judged_by_it = |change: &mut PlannedChange| {
            change.operation == Operation::Revoke
                && change.principal.id.kind != Kind::Member
                && change
                    .principal
                    .address_key()
                    .is_some_and(|address| unknown.contains(address) && !members.contains_key(address))
        };
        for change in changes.extract_if(.., is_judged_by_it) {
            call.settle(change.index, Err(error.clone().or_about(about(Kind::Group, &change.group))));
        }
    }

    /// Finds the users and members behind the addresses of changes that do something, or would do
    /// something for a member. Returns whether a change is now about somebody else than before. If
    /// they can't be found, the change is about the address alone, with a warning. If nobody is told whom it
    /// is about, they aren't looked for if every change is the same whoever they are.
    pub(super) fn learn_owners<T: Transport>(&mut self, call: &mut Call<'_, T>) -> bool {
        let mut addresses = Set::default();
        for decided in &self.waiting {
            if let Some(address) = concerns_owners(decided)
                && !call.owners.is_settled(address)
                && (!is_unchanged(decided) || stays_as_member(&mut self.groups, &decided.change))
            {
                addresses.insert(address.to_owned());
            }
        }
        if !(addresses.is_empty() || call.only_decides && self.are_the_same_for_all()) {
            for unknown in call.owners.learn(call.client, &addresses) {
                let warning = owner_not_known(&unknown);
                if call.client.stopped().is_none() && !call.warnings.contains(&warning) {
                    call.warnings.push(warning);
                }
            }
        }
        let mut has_news = false;
        for decided in &mut self.waiting {
            if let Some(address) = concerns_owners(decided) {
                decided.change.owners = call.owners.of(address);
                has_news |= !decided.change.owners.is_empty();
            }
        }
        has_news
    }

    /// Whether each change that waits gets the same verdict if its address belongs to an account member, to
    /// one who declined, or to nobody who is known. The list of members can be long, and few rules are about
    /// them.
    fn are_the_same_for_all(&mut self) -> bool {
        let verdict = |decided: &Decided| discriminant(&decided.verdict);
        let now: Vec<_> = self.waiting.iter().map(verdict).collect();
        let standings = [Principal::as_accepted_member, Principal::as_no_member];
        standings.into_iter().all(|as_one_who| {
            let changes: Vec<PlannedChange> = self
                .waiting
                .iter()
                .map(|Decided { change, .. }| match concerns_an_address(change) {
                    true => PlannedChange { owners: vec![as_one_who(&change.principal)], ..change.clone() },
                    false => change.clone(),
                })
                .collect();
            plan(&mut self.groups, &changes, &self.facts).iter().map(discriminant).eq(now.iter().copied())
        })
    }
}

/// Whether nothing but the address is known of a change's principal.
fn concerns_an_address(change: &PlannedChange) -> bool {
    change.principal.id.kind == Kind::Email && change.owners.is_empty()
}

/// Returns the address of a change whose owners aren't known and could matter: nothing else is known
/// of the principal, and it isn't decided without them.
fn concerns_owners(decided: &Decided) -> Option<&str> {
    let Decided { change, verdict } = decided;
    let is_decided = match verdict {
        Verdict::Refused(_) | Verdict::Gains(_) => true,
        Verdict::Unchanged(_) => change.operation == Operation::Grant,
        Verdict::Add | Verdict::Take | Verdict::Follows => false,
    };
    change.principal.address_key().filter(|_| concerns_an_address(change) && !is_decided)
}

fn is_unchanged(decided: &Decided) -> bool {
    matches!(decided.verdict, Verdict::Unchanged(_))
}

/// Whether an account member with the address would be in the group, who isn't there as an address.
fn stays_as_member(groups: &mut GroupsOfCall, change: &PlannedChange) -> bool {
    let member = change.principal.as_accepted_member();
    let now = groups.written(&member);
    let place = groups.place_of(change.group.as_str());
    place.is_some_and(|place| groups.evaluate(&member, &now).holds(place))
}
