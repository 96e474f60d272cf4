//! Changes of Access groups: one group at a time, all changes of it in one write.
//!
//! [`GroupChanges`] is the entry point. `groups_of_call` is the account's groups as they are now, with
//! the applications that they lead to (`listed` and `applications` read them). `matter` knows which
//! rules can decide over a change. `learn_people` finds whom an address is about, `plan` decides on
//! each change, `write_order` picks the next group, `document` is the state of a group that a write
//! replaces, `rename` gives a group another name, and `outcomes` computes what each principal gains and
//! loses. `app_changes` refuses changes of an application.
//!
//! [`leaver`] is the face for a person who leaves: their own rules, and what lets them in without these.
//! `keeps_out` knows the groups in which a leaver stays, because they only keep people out.

mod app_changes;
mod applications;
mod by_facts;
mod comparable;
mod direct_rules;
pub(crate) mod document;
mod gains;
mod groups_of_call;
mod keeps_out;
mod learn_people;
pub(crate) mod leaver;
pub(crate) mod limits;
mod listed;
mod matter;
mod outcomes;
mod plan;
mod provided;
pub(super) mod rename;
mod verdict;
mod write_order;

pub(super) use app_changes::AppChange;

use super::call::{Call, opposed};
use super::change::{Operation, Outcome, Write};
use super::errors::{about, contradiction, effect_not_known, not_read_back, too_much_to_report};
use super::target::PrincipalRef;
use super::write::{Failed, FoundAfter, fetch, write};
use crate::cloudflare::group;
use crate::cloudflare::id::Id;
use crate::cloudflare::transport::Transport;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Kind, ResourceId};
use crate::rules::RuleSet;
use crate::sorted::{Map, Set};
use app_changes::Refusals;
use document::Document;
use gains::{Accepted, Granted};
use groups_of_call::GroupsOfCall;
use matter::Targets;
use outcomes::{Done, GroupWrite};
use plan::{Facts, plan};
use verdict::{Decided, PlannedChange, Verdict};

/// A change of a group whose form is right.
pub(super) struct GroupChange {
    /// Its place in the call.
    pub index: usize,
    pub operation: Operation,
    pub group: Id,
    pub principal: PrincipalRef,
}

/// The changes of groups of a call, from the first read to the last write.
pub(super) struct GroupChanges {
    groups: GroupsOfCall,
    facts: Facts,
    waiting: Vec<Decided>,
    /// The changes that are written, or that need no write of their own.
    done: Vec<Done>,
}

/// A failure to write a group.
enum Failure {
    /// The group couldn't be read: all of its changes fail.
    OfRead(Error),
    /// The write failed: the changes that it was for fail.
    OfWrite(Error),
}

impl GroupChanges {
    /// Reads the principals, all groups, and the lists that matter, and decides on all changes. A
    /// change for which this fails is settled, and so are those of applications. Returns nothing if no
    /// change is left.
    pub fn learn<T: Transport>(
        call: &mut Call<'_, T>,
        changes: Vec<GroupChange>,
        apps: Vec<AppChange>,
    ) -> Option<Self> {
        let principals = changes.iter().map(|change| &change.principal);
        call.people.learn(call.client, principals.chain(apps.iter().map(|change| &change.principal)));
        let mut planned = Vec::new();
        for GroupChange { index, operation, group, principal } in changes {
            match call.people.principal(&principal) {
                Ok(principal) => {
                    let owners = Vec::new();
                    planned.push(PlannedChange { index, operation, group, principal, owners });
                }
                Err(error) => call.settle(index, Err(error)),
            }
        }
        refuse_opposed(call, &mut planned);
        let apps = Refusals::new(call, apps);
        if planned.is_empty() && apps.is_empty() {
            return None;
        }
        let groups = planned.iter().map(|change| change.group.clone()).collect();
        let targets = Targets { groups, apps: apps.targets(), everything: false };
        let addresses = planned.iter().filter_map(|change| change.principal.address_key());
        let addresses = addresses.map(str::to_owned).chain(apps.addresses()).collect();
        let mut warnings = Vec::new();
        let groups = GroupsOfCall::learn(call.client, &call.facts, targets, addresses, &mut warnings);
        // Where nothing is read for its own sake, what is odd about it is no news.
        if !planned.is_empty() {
            call.warnings.append(&mut warnings);
        }
        let groups = match groups {
            Ok(groups) => groups,
            Err(error) => {
                planned.iter().for_each(|change| call.settle(change.index, Err(error.clone())));
                apps.settle(call, Err(&error));
                return None;
            }
        };
        let mut changes = Self::with(call, groups, planned);
        if !apps.is_empty() {
            let read = changes.groups.learn_applications(call.client, &mut warnings);
            apps.settle(call, read.as_ref().map(|()| &mut changes.groups));
        }
        Some(changes)
    }

    /// Decides on changes of groups that were read.
    fn with<T: Transport>(call: &mut Call<'_, T>, groups: GroupsOfCall, planned: Vec<PlannedChange>) -> Self {
        let granted = Granted::new(&planned);
        let Call { allow_gains, if_it_gives, .. } = *call;
        let facts = Facts { granted, members: Accepted::default(), allow_gains, if_it_gives };
        let mut changes = Self { groups, facts, waiting: Vec::new(), done: Vec::new() };
        changes.judge(call, planned);
        changes
    }

    /// Learns what the changes need, and decides on them. They wait from now on.
    fn judge<T: Transport>(&mut self, call: &mut Call<'_, T>, changes: Vec<PlannedChange>) {
        self.judge_by_what_is_known(call, changes);
        let concerns = |it: &Decided| match it.verdict {
            // A rule that is added takes no application into account.
            Verdict::Add if call.only_decides => false,
            _ => it.verdict.concerns_applications(),
        };
        if !self.groups.has_applications() && self.waiting.iter().any(concerns) {
            match self.groups.learn_applications(call.client, &mut call.warnings) {
                Ok(()) => {
                    let changes = self.take_waiting();
                    self.judge_by_what_is_known(call, changes);
                }
                Err(error) => {
                    let error = effect_not_known(error);
                    for it in self.waiting.extract_if(.., |it| it.verdict.is_effective()) {
                        call.settle(it.change.index, Err(error.clone()));
                    }
                }
            }
        }
    }

    /// Learns about the people of changes, and decides on these by the groups and applications that are
    /// known. They wait from now on.
    fn judge_by_what_is_known<T: Transport>(
        &mut self,
        call: &mut Call<'_, T>,
        mut changes: Vec<PlannedChange>,
    ) {
        self.learn_members(call, &mut changes);
        self.decide(changes);
        while self.learn_owners(call) {
            let changes = self.take_waiting();
            self.decide(changes);
        }
    }

    /// Decides on changes, which wait from now on.
    fn decide(&mut self, changes: Vec<PlannedChange>) {
        let verdicts = plan(&mut self.groups, &changes, &self.facts);
        let decided = changes.into_iter().zip(verdicts).map(|(change, verdict)| Decided { change, verdict });
        self.waiting = decided.collect();
    }

    /// Takes the changes that wait, to decide on them again.
    fn take_waiting(&mut self) -> Vec<PlannedChange> {
        std::mem::take(&mut self.waiting).into_iter().map(|decided| decided.change).collect()
    }

    /// Whether a change is refused.
    pub fn has_refused(&self) -> bool {
        self.waiting.iter().any(|decided| decided.verdict.is_refused())
    }

    /// Settles the changes that are refused, and writes none of the others.
    pub fn settle_refused<T: Transport>(self, call: &mut Call<'_, T>) {
        for Decided { change, verdict } in self.waiting {
            if let Verdict::Refused(error) | Verdict::Gains(error) = verdict {
                call.settle(change.index, Err(error));
            }
        }
    }

    /// Writes what is decided, one group after another, and settles all changes.
    pub fn write<T: Transport>(self, call: &mut Call<'_, T>) {
        self.write_all(call);
    }

    /// Does that, and returns the groups as the call leaves them.
    fn write_all<T: Transport>(mut self, call: &mut Call<'_, T>) -> GroupsOfCall {
        while let Some(group) = write_order::next(&mut self.groups, &self.waiting, &self.facts.granted) {
            if let Some(stopped) = call.stopped(Kind::Group) {
                for Decided { change, .. } in self.waiting.drain(..) {
                    call.settle(change.index, Err(stopped.clone()));
                }
                break;
            }
            let written = self.write_group(call, &group);
            let went_well = written.is_ok();
            self.settle_group(call, &group, written);
            if !went_well && call.stopped(Kind::Group).is_none() {
                let changes = self.take_waiting();
                self.judge(call, changes);
            }
        }
        for done in std::mem::take(&mut self.done) {
            call.settle(done.change().index, done.in_the_end(&mut self.groups, call.dry_run));
        }
        self.groups
    }

    /// Takes the changes of a group out of those that wait, and settles them, or keeps them as done.
    fn settle_group<T: Transport>(
        &mut self,
        call: &mut Call<'_, T>,
        group: &Id,
        mut written: std::result::Result<Map<usize, Outcome>, Failure>,
    ) {
        for Decided { change, verdict } in self.waiting.extract_if(.., |it| it.change.group == *group) {
            let failed = |error: &Error| Err(error.clone().or_about(about(Kind::Group, group)));
            match (verdict, &mut written) {
                (_, Err(Failure::OfRead(error))) => call.settle(change.index, failed(error)),
                (Verdict::Refused(error) | Verdict::Gains(error), _) => call.settle(change.index, Err(error)),
                (Verdict::Unchanged(detail), _) => call.settle(change.index, Ok(Outcome::unchanged(detail))),
                (Verdict::Follows, _) => self.done.push(Done::Follows(change)),
                (Verdict::Add | Verdict::Take, Err(Failure::OfWrite(error))) => {
                    call.settle(change.index, failed(error));
                }
                (Verdict::Add | Verdict::Take, Ok(outcomes)) => match outcomes.remove(&change.index) {
                    Some(outcome) => self.done.push(Done::Written(change, outcome)),
                    None => call.settle(change.index, Err(Error::internal("an outcome was forgotten"))),
                },
            }
        }
    }

    /// Reads a group, and decides again if it isn't as it was listed. Returns nothing if nothing is
    /// to be written.
    fn read_group<T: Transport>(&mut self, call: &mut Call<'_, T>, group: &Id) -> Result<Option<Document>> {
        for is_last_try in [false, true] {
            if !self.is_written(group) {
                return Ok(None);
            }
            let document: Document = fetch(call.client, &group::COLLECTION.object(group.clone()))
                .inspect_err(|error| call.note(Kind::Group, Some(error)))?;
            let requests = call.client.requests();
            if self.groups.refresh(call.client, &document.rules, &mut call.warnings)? {
                let changes = self.take_waiting();
                self.judge(call, changes);
            }
            if let Some(stopped) = call.client.stopped() {
                return Err(stopped.not_tried());
            }
            // While other things were read, somebody else may have changed the group again.
            let is_fresh = call.client.requests() == requests;
            if (is_fresh || is_last_try) && self.is_written(group) {
                return Ok(Some(document));
            }
        }
        Ok(None)
    }

    /// Whether a change writes this group.
    fn is_written(&self, group: &Id) -> bool {
        self.waiting
            .iter()
            .any(|decided| decided.change.group == *group && decided.verdict.direct_rule().is_some())
    }

    /// Reads a group, decides on it, and writes it. Returns the outcomes by the place of the change.
    fn write_group<T: Transport>(
        &mut self,
        call: &mut Call<'_, T>,
        group: &Id,
    ) -> std::result::Result<Map<usize, Outcome>, Failure> {
        let Some(before) = self.read_group(call, group).map_err(Failure::OfRead)? else {
            return Ok(Map::default());
        };
        let (taken, added) = self.rules_to_change(group);
        let after = before
            .with_include(|address| taken.contains(&address.to_ascii_lowercase()), &added)
            .map_err(|why| Failure::OfWrite(Error::internal(why)))?;
        let after = rename::renamed(call, group, after).map_err(Failure::OfWrite)?;
        let write_of_group = GroupWrite { group, name: &before.name, added: &added, dry_run: call.dry_run };
        let outcomes = write_of_group
            .outcomes(&mut self.groups, &self.waiting, &mut call.room_for_outcomes)
            .ok_or_else(|| Failure::OfWrite(too_much_to_report()))?;
        let on = ResourceId::new(Kind::Group, group.as_str());
        let sent = Write { on: on.clone(), before: before.text(), after: after.text() };
        let object = group::COLLECTION.object(group.clone());
        let written = if call.dry_run {
            Ok(None)
        } else {
            write(call.client, &object, &before, &after).map(|done| done.warning)
        };
        call.note(Kind::Group, written.as_ref().err().map(|failed| &failed.error));
        rename::settle(call, group, written.as_ref().err().map(|failed| &failed.error));
        match written {
            Ok(warning) => {
                call.warnings.extend(warning.map(|message| not_read_back(on, message)));
                call.record(sent);
                for Decided { change, verdict } in &self.waiting {
                    if let (Some(rule), Some(address)) =
                        (verdict.direct_rule(), change.principal.address_key())
                        && change.group == *group
                    {
                        self.groups.wrote(address, group, rule);
                    }
                }
                Ok(outcomes)
            }
            Err(Failed { error, found }) => {
                match found {
                    FoundAfter::Before => {}
                    FoundAfter::Theirs(found) => self.take_over(call, &found.rules),
                    FoundAfter::Gone => {
                        call.record(sent.gone());
                        self.give_up_followers(call, group, &error);
                    }
                    FoundAfter::Unknown => {
                        call.record(sent);
                        self.give_up_followers(call, group, &error);
                    }
                    FoundAfter::Other(found) => {
                        call.record(sent.found(found.text()));
                        self.take_over(call, &found.rules);
                    }
                }
                Err(Failure::OfWrite(error))
            }
        }
    }

    /// Takes over a group that somebody else has changed. If a list that it names now can't be read,
    /// the group stays as it was known: it is read again before a write.
    fn take_over<T: Transport>(&mut self, call: &mut Call<'_, T>, rules: &RuleSet) {
        let _ = self.groups.refresh(call.client, rules, &mut call.warnings);
    }

    /// Returns the addresses (in lower case) whose rules a write removes, and those that it adds,
    /// each once, as the new rules spell them.
    fn rules_to_change(&self, group: &Id) -> (Set<String>, Vec<String>) {
        let (mut taken, mut added, mut keys) = (Set::default(), Vec::new(), Set::default());
        for Decided { change, verdict } in self.waiting.iter().filter(|it| it.change.group == *group) {
            let principal = &change.principal;
            let (Some(address), Some(key)) = (principal.address(), principal.address_key()) else { continue };
            match verdict {
                Verdict::Take => {
                    taken.insert(key.to_owned());
                }
                Verdict::Add if keys.insert(key) => added.push(address.to_owned()),
                _ => {}
            }
        }
        (taken, added)
    }

    /// Gives up the changes of other groups for the people of a group whose state isn't known: it
    /// isn't known either what else they would gain or lose.
    fn give_up_followers<T: Transport>(&mut self, call: &mut Call<'_, T>, group: &Id, failed: &Error) {
        if call.client.stopped().is_some() {
            // All other changes fail as not tried.
            return;
        }
        let of_group = self.waiting.iter().filter(|decided| decided.change.group == *group);
        let addresses = of_group.filter_map(|decided| decided.change.principal.address_key());
        let addresses: Set<String> = addresses.map(str::to_owned).collect();
        let message = format!(
            "This change was not tried: it isn't known what the Access group {group} is now, and the same \
             person is changed there. {}",
            failed.message
        );
        let mut error = failed.clone();
        (error.kind, error.retryable, error.message) = (ErrorKind::Unavailable, true, message);
        let follows = |decided: &mut Decided| {
            let address = decided.change.principal.address_key();
            decided.change.group != *group && address.is_some_and(|address| addresses.contains(address))
        };
        for Decided { change, .. } in self.waiting.extract_if(.., follows) {
            call.settle(change.index, Err(error.clone().about(about(Kind::Group, &change.group))));
        }
    }
}

/// Refuses grants and revokes of the same, also through different principals with one address.
fn refuse_opposed<T: Transport>(call: &mut Call<'_, T>, changes: &mut Vec<PlannedChange>) {
    let key = |change: &PlannedChange| {
        let principal = &change.principal;
        // An id and a kind have no space.
        match principal.address_key() {
            Some(address) => ["address", change.group.as_str(), address].join(" "),
            None => [principal.id.kind.as_str(), change.group.as_str(), &principal.id.id].join(" "),
        }
    };
    let mut opposed = opposed(changes.iter().map(|change| (key(change), change.operation)).collect());
    changes.retain(|change| {
        let is_opposed = opposed.next().unwrap_or_default();
        if is_opposed {
            call.settle(change.index, Err(contradiction(Kind::Group, &change.group)));
        }
        !is_opposed
    });
}
