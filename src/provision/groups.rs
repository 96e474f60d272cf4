//! Changes of Access groups: one group at a time, all changes of it in one write.

use super::Call;
use super::change::{NOTHING, Operation, Outcome, Somebody, Write};
use super::document::Document;
use super::gains::{Accepted, Granted, matter_as_members};
use super::outcomes::too_much_to_tell;
use super::plan::{Asked, Verdict, plan};
use super::world::World;
use super::write::{Failed, Now, State, fetch, write};
use super::write_order::next;
use crate::cloudflare::group;
use crate::cloudflare::id::Id;
use crate::cloudflare::item::NotUnderstood;
use crate::cloudflare::member;
use crate::cloudflare::transport::Transport;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Kind, ResourceId, Warning};
use crate::rules::RuleSet;
use crate::sorted::{Map, Set};

/// A change of a group, as it was asked for.
pub(super) type OnGroup = (usize, Operation, Id, Somebody);

/// What the changes of groups rest on.
pub(super) struct Groups {
    pub world: World,
    pub waiting: Vec<Asked>,
    granted: Granted,
    members: Accepted,
    addresses: Set<String>,
    /// Those that were written, or are planned.
    pub done: Vec<(Asked, Verdict)>,
}

impl<T: Transport> Call<'_, T> {
    /// Learns the principals, all groups, and the lists that matter. What fails is settled.
    pub(super) fn learn_groups(&mut self, changes: Vec<OnGroup>) -> Option<Groups> {
        if changes.is_empty() {
            return None;
        }
        self.people.learn(self.client, changes.iter().map(|(.., somebody)| somebody));
        let mut waiting = Vec::new();
        for (index, operation, group, somebody) in changes {
            match self.people.who(&somebody) {
                Ok(who) => waiting.push(Asked { index, operation, group, who }),
                Err(error) => self.settle(index, Err(error)),
            }
        }
        self.refuse_opposites(&mut waiting);
        if waiting.is_empty() {
            return None;
        }
        let targets = waiting.iter().map(|asked| asked.group.clone()).collect();
        let addresses = waiting.iter().filter_map(|asked| asked.who.address_key());
        let addresses: Set<String> = addresses.map(str::to_owned).collect();
        let mut granted = Granted::default();
        for asked in waiting.iter().filter(|asked| asked.operation == Operation::Grant) {
            if let Some(address) = asked.who.address_key() {
                granted.add(address, &asked.group);
            }
        }
        match World::learn(self.client, &targets, &addresses, &mut self.warnings) {
            Ok(mut world) => {
                let mut members = Accepted::default();
                self.learn_members(&mut world, &mut waiting, &mut members);
                Some(Groups { world, waiting, granted, members, addresses, done: Vec::new() })
            }
            Err(error) => {
                for asked in waiting {
                    self.settle(asked.index, Err(error.clone()));
                }
                None
            }
        }
    }

    /// Which of the principals' addresses are accepted members', where a gain could depend on it
    /// and it isn't known yet. Revokes that can't be judged without knowing that are settled.
    fn learn_members(&mut self, world: &mut World, waiting: &mut Vec<Asked>, members: &mut Accepted) {
        let matter = if self.allow_gains { Set::default() } else { matter_as_members(world, waiting) };
        let mut unknown: Set<String> =
            matter.into_iter().filter(|address| !members.contains_key(address)).collect();
        if unknown.is_empty() {
            return;
        }
        let wanted = unknown.clone();
        let is_one = |fault: &NotUnderstood| {
            fault.address.as_ref().is_none_or(|address| wanted.contains(&address.to_ascii_lowercase()))
        };
        let read = self.each_member(None, &is_one, &mut |member| {
            let address = member.email.unwrap_or_default().to_ascii_lowercase();
            if unknown.remove(&address) {
                members.insert(address, member.status == member::Status::Accepted);
            }
            unknown.is_empty()
        });
        const UNKNOWN: &str = "Leaving this group could let this person into another one as an account member, and whether they are one isn't known.";
        let mut error = match read {
            Ok(None) => {
                members.extend(unknown.into_iter().map(|address| (address, false)));
                return;
            }
            Ok(Some(gap)) => gap.error(UNKNOWN, &member::COLLECTION),
            Err(mut error) => {
                error.message = format!("{UNKNOWN} {}", error.message);
                error
            }
        };
        error.message.push_str(" Nothing was written. Allow gains if that is meant.");
        waiting.retain(|asked| {
            let is_judged = asked.operation == Operation::Grant
                || asked.who.id.kind == Kind::Member
                || asked.who.address_key().is_none_or(|address| !unknown.contains(address));
            if !is_judged {
                self.settle(asked.index, Err(error.clone().about(about(&asked.group))));
            }
            is_judged
        });
    }

    /// A grant and a revoke of the same, also through different principals with one address,
    /// contradict each other.
    fn refuse_opposites(&mut self, waiting: &mut Vec<Asked>) {
        let keys = waiting.iter().map(|asked| (&asked.group, asked.who.address_key().ok_or(&asked.who.id)));
        let mut opposed = opposed(keys.zip(waiting.iter().map(|asked| asked.operation))).into_iter();
        waiting.retain(|asked| {
            let is_opposed = opposed.next().unwrap_or_default();
            if is_opposed {
                self.settle(asked.index, Err(contradiction(Kind::Group, &asked.group)));
            }
            !is_opposed
        });
    }

    /// Writes what was learned to be right, one group after another.
    pub(super) fn change_groups(&mut self, mut groups: Groups) {
        let mut verdicts =
            plan(&mut groups.world, &groups.waiting, &groups.granted, &groups.members, self.allow_gains);
        while let Some(group) = next(&mut groups.world, &groups.waiting, &verdicts, &groups.granted) {
            if let Some(stopped) = self.stopped(Kind::Group) {
                groups.waiting.drain(..).for_each(|asked| self.settle(asked.index, Err(stopped.clone())));
                break;
            }
            let went_well = self.change_group(&mut groups, &mut verdicts, &group);
            let (of_group, waiting): (Vec<_>, Vec<_>) =
                groups.waiting.drain(..).zip(verdicts).partition(|(asked, _)| asked.group == group);
            for (asked, verdict) in of_group {
                match &verdict {
                    Verdict::Unchanged(detail) => {
                        self.settle(asked.index, Ok(Outcome::unchanged(detail.as_str())))
                    }
                    Verdict::Refused(error) => self.settle(asked.index, Err(error.clone())),
                    Verdict::Add | Verdict::Take | Verdict::Follows => {
                        if !self.has_failed(asked.index) {
                            groups.done.push((asked, verdict));
                        }
                    }
                }
            }
            (groups.waiting, verdicts) = waiting.into_iter().unzip();
            if !went_well {
                verdicts = plan(
                    &mut groups.world,
                    &groups.waiting,
                    &groups.granted,
                    &groups.members,
                    self.allow_gains,
                );
            }
        }
        self.report_groups(groups);
    }

    /// Reads one group, and decides on it again where it isn't as it was listed; nothing where
    /// nothing is to be written.
    fn read_group(
        &mut self,
        groups: &mut Groups,
        verdicts: &mut Vec<Verdict>,
        group: &Id,
    ) -> Result<Option<Document>> {
        let is_written = |groups: &Groups, verdicts: &[Verdict]| {
            groups
                .waiting
                .iter()
                .zip(verdicts)
                .any(|(asked, verdict)| asked.group == *group && verdict.own().is_some())
        };
        let mut attempts = 0..2;
        while attempts.next().is_some() && is_written(groups, verdicts) {
            let document: Document = fetch(self.client, &group::COLLECTION.object(group.clone()))
                .inspect_err(|error| self.note(Kind::Group, Some(error)))?;
            let asked = self.client.requests();
            if groups.world.refresh(self.client, &document.rules, &groups.addresses, &mut self.warnings)? {
                self.learn_members(&mut groups.world, &mut groups.waiting, &mut groups.members);
                *verdicts = plan(
                    &mut groups.world,
                    &groups.waiting,
                    &groups.granted,
                    &groups.members,
                    self.allow_gains,
                );
            }
            if let Some(stopped) = self.client.stopped() {
                return Err(stopped.not_tried());
            }
            // While more was learned, somebody else may have changed the group again.
            if is_written(groups, verdicts) && (self.client.requests() == asked || attempts.is_empty()) {
                return Ok(Some(document));
            }
        }
        Ok(None)
    }

    /// Reads one group, decides on it, and writes it. Says whether everything was as planned.
    fn change_group(&mut self, groups: &mut Groups, verdicts: &mut Vec<Verdict>, group: &Id) -> bool {
        let before = match self.read_group(groups, verdicts, group) {
            Ok(Some(document)) => document,
            Ok(None) => return true,
            Err(error) => return self.fail_group(groups, verdicts, group, &error, false),
        };
        let (taken, added) = rules_to_change(groups, verdicts, group);
        let after = before.with_include(|address| taken.contains(&address.to_ascii_lowercase()), &added);
        let after = match after {
            Ok(after) => after,
            Err(why) => return self.fail_group(groups, verdicts, group, &Error::internal(why), true),
        };
        let Some(outcomes) = self.outcomes(groups, verdicts, group, &before.name, &added) else {
            return self.fail_group(groups, verdicts, group, &too_much_to_tell(), true);
        };
        let on = ResourceId::new(Kind::Group, group.as_str());
        let sent = Write { on: on.clone(), before: before.body(), after: after.body() };
        let one = group::COLLECTION.object(group.clone());
        let written = if self.dry_run { Ok(None) } else { write(self.client, &one, &before, &after) };
        self.note(Kind::Group, written.as_ref().err().map(|failed| &failed.error));
        match written {
            Ok(warning) => {
                self.warnings.extend(warning.map(|message| not_read_back(on, message)));
                self.record(sent);
                for (asked, verdict) in groups.waiting.iter().zip(verdicts.iter()) {
                    if let (Some(own), Some(address)) = (verdict.own(), asked.who.address_key())
                        && asked.group == *group
                    {
                        groups.world.wrote(address, group.as_str(), own);
                    }
                }
                outcomes.into_iter().for_each(|(index, outcome)| self.settle(index, Ok(outcome)));
                true
            }
            Err(Failed { error, now }) => {
                match now {
                    Now::Before => {}
                    Now::Theirs(found) => self.take_over(groups, &found.rules),
                    now @ (Now::Unknown | Now::Gone) => {
                        let is_gone = matches!(now, Now::Gone);
                        self.record(if is_gone { Write { after: NOTHING.to_owned(), ..sent } } else { sent });
                        self.give_up_followers(groups, verdicts, group, &error);
                    }
                    Now::Other(found) => {
                        self.record(Write { after: found.body(), ..sent });
                        self.take_over(groups, &found.rules);
                    }
                }
                self.fail_group(groups, verdicts, group, &error, true)
            }
        }
    }

    /// Somebody else has changed a group. Where a new list can't be read, what rests on it is left
    /// as it was.
    fn take_over(&mut self, groups: &mut Groups, rules: &RuleSet) {
        let _ = groups.world.refresh(self.client, rules, &groups.addresses, &mut self.warnings);
    }

    /// The group's changes fail with this error; with `written_alone`, only those that a write was
    /// for.
    fn fail_group(
        &mut self,
        groups: &Groups,
        verdicts: &[Verdict],
        group: &Id,
        error: &Error,
        written_alone: bool,
    ) -> bool {
        let of_group = groups.waiting.iter().zip(verdicts).filter(|(asked, _)| asked.group == *group);
        for (asked, _) in of_group.filter(|(_, verdict)| !written_alone || verdict.own().is_some()) {
            let error = error.clone();
            self.settle(
                asked.index,
                Err(if error.about.is_some() { error } else { error.about(about(group)) }),
            );
        }
        false
    }

    /// Where it isn't known what a group is now, it isn't known either what else its people would
    /// gain or lose.
    fn give_up_followers(
        &mut self,
        groups: &mut Groups,
        verdicts: &mut Vec<Verdict>,
        group: &Id,
        failed: &Error,
    ) {
        if self.client.stopped().is_some() {
            // Nothing is tried any more.
            return;
        }
        let of_group = groups.waiting.iter().filter(|asked| asked.group == *group);
        let addresses = of_group.filter_map(|asked| asked.who.address_key().map(str::to_owned));
        let addresses: Set<String> = addresses.collect();
        let message = format!(
            "This change was not tried: it isn't known what the Access group {group} is now, and the same person is changed there. {}",
            failed.message
        );
        let mut error = failed.clone();
        (error.kind, error.retryable, error.message) = (ErrorKind::Unavailable, true, message);
        let waiting = std::mem::take(&mut groups.waiting).into_iter().zip(std::mem::take(verdicts));
        let (given_up, kept): (Vec<_>, Vec<_>) = waiting.partition(|(asked, _)| {
            asked.group != *group
                && asked.who.address_key().is_some_and(|address| addresses.contains(address))
        });
        for (asked, _) in given_up {
            self.settle(asked.index, Err(error.clone().about(about(&asked.group))));
        }
        (groups.waiting, *verdicts) = kept.into_iter().unzip();
    }
}

/// What an error about a group is about.
pub(super) fn about(group: &Id) -> String {
    format!("{}:{group}", Kind::Group)
}

/// The addresses (in lower case) whose rules a write takes, and those that it adds, each once, as
/// they are spelled.
fn rules_to_change(groups: &Groups, verdicts: &[Verdict], group: &Id) -> (Set<String>, Vec<String>) {
    let (mut taken, mut added, mut keys) = (Set::default(), Vec::new(), Set::default());
    for (asked, verdict) in groups.waiting.iter().zip(verdicts).filter(|(asked, _)| asked.group == *group) {
        let (Some(address), Some(key)) = (asked.who.address.as_deref(), asked.who.address_key()) else {
            continue;
        };
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

/// Whether each of these changes, told by what it is about, stands beside one of the other
/// operation.
pub(super) fn opposed<K: Ord>(changes: impl Iterator<Item = (K, Operation)> + Clone) -> Vec<bool> {
    let mut operations: Map<K, [bool; 2]> = Map::default();
    for (key, operation) in changes.clone() {
        operations.get_or_insert_with(key, Default::default)[operation as usize] = true;
    }
    changes.map(|(key, _)| operations.get(&key) == Some(&[true; 2])).collect()
}

/// That a grant and a revoke contradict each other.
pub(super) fn contradiction(kind: Kind, id: &Id) -> Error {
    let message =
        "The same call grants and revokes this for the same person. Neither was done: ask for one of them.";
    Error::new(ErrorKind::Refused, message).about(format!("{kind}:{id}"))
}

/// That a write was confirmed, and not seen.
pub(super) fn not_read_back(on: ResourceId, message: String) -> Warning {
    Warning { code: "not-read-back", about: Some(on), message, incomplete: false }
}
