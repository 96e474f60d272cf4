//! Changes of Access groups: one group at a time, all changes of it in one write.

use super::Call;
use super::change::{NOTHING, Operation, Outcome, Somebody, Status, Write};
use super::document::{Document, email_rule};
use super::gains::{Accepted, Granted, matter_as_members};
use super::order::next;
use super::plan::{Asked, Hold, Verdict, holds, plan, still_open};
use super::world::{OwnRules, World};
use super::write::{Failed, Now, State, fetch, write};
use crate::cloudflare::endpoint::One;
use crate::cloudflare::id::Id;
use crate::cloudflare::member;
use crate::cloudflare::transport::Transport;
use crate::error::{Error, ErrorKind, Result};
use crate::membership::Own;
use crate::model::{Kind, ResourceId, Warning};
use crate::sorted::{Map, Set};
use crate::sync::records::{entitlement_id, group_grant};

/// A change of a group, as it was asked for.
pub(super) type OnGroup = (usize, Operation, Id, Somebody);

/// What the changes of groups rest on.
pub(super) struct Groups {
    world: World,
    waiting: Vec<Asked>,
    granted: Granted,
    members: Accepted,
    addresses: Set<String>,
    /// Those that were written, or are planned.
    done: Vec<(Asked, Verdict)>,
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
        let learned = World::learn(self.client, &targets, &addresses, &mut self.warnings).and_then(|mut world| {
            let members = self.learn_members(&mut world, &waiting)?;
            Ok((world, members))
        });
        match learned {
            Ok((world, members)) => Some(Groups { world, waiting, granted, members, addresses, done: Vec::new() }),
            Err(error) => {
                for asked in waiting {
                    self.settle(asked.index, Err(error.clone()));
                }
                None
            }
        }
    }

    /// Which of the principals' addresses are accepted members', where a gain could depend on it.
    fn learn_members(&mut self, world: &mut World, waiting: &[Asked]) -> Result<Accepted> {
        let mut unknown = if self.allow_gains { Set::default() } else { matter_as_members(world, waiting) };
        let mut members = Accepted::default();
        if unknown.is_empty() {
            return Ok(members);
        }
        self.each_member(None, &mut |member| {
            let address = member.email.unwrap_or_default().to_ascii_lowercase();
            if unknown.remove(&address) && member.status == member::Status::Accepted {
                members.insert(address);
            }
            unknown.is_empty()
        })?;
        Ok(members)
    }

    /// A grant and a revoke of the same, also through different principals with one address, contradict each other.
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
        let mut verdicts = plan(&mut groups.world, &groups.waiting, &groups.granted, &groups.members, self.allow_gains);
        while let Some(group) = next(&mut groups.world, &groups.waiting, &verdicts, &groups.granted) {
            if let Some(barred) = self.barred(Kind::Group) {
                groups.waiting.drain(..).for_each(|asked| self.settle(asked.index, Err(barred.clone())));
                break;
            }
            let went_well = self.change_group(&mut groups, &mut verdicts, &group);
            let (of_group, waiting): (Vec<_>, Vec<_>) =
                groups.waiting.drain(..).zip(verdicts).partition(|(asked, _)| asked.group == group);
            for (asked, verdict) in of_group {
                match &verdict {
                    Verdict::Unchanged(detail) => self.settle(asked.index, Ok(Outcome::unchanged(detail.as_str()))),
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
                verdicts = plan(&mut groups.world, &groups.waiting, &groups.granted, &groups.members, self.allow_gains);
            }
        }
        self.report_groups(groups);
    }

    /// Reads one group, decides on it again where it isn't as it was listed, and writes it. Says whether everything was as planned.
    fn change_group(&mut self, groups: &mut Groups, verdicts: &mut Vec<Verdict>, group: &Id) -> bool {
        let is_written = |groups: &Groups, verdicts: &[Verdict]| {
            groups.waiting.iter().zip(verdicts).any(|(asked, verdict)| asked.group == *group && verdict.own().is_some())
        };
        if !is_written(groups, verdicts) {
            return true;
        }
        let one = One::Group(group.clone());
        let before: Document = match fetch(self.client, &one) {
            Ok(document) => document,
            Err(error) => {
                self.note(Kind::Group, Some(&error));
                return self.fail_group(groups, verdicts, group, &error, false);
            }
        };
        match groups.world.refresh(self.client, &before.rules, &groups.addresses, &mut self.warnings) {
            Ok(false) => {}
            Ok(true) => {
                *verdicts =
                    plan(&mut groups.world, &groups.waiting, &groups.granted, &groups.members, self.allow_gains);
                if !is_written(groups, verdicts) {
                    return true;
                }
            }
            Err(error) => return self.fail_group(groups, verdicts, group, &error, false),
        }
        let (taken, added) = rules_to_change(groups, verdicts, group);
        let after = before.with_include(|address| taken.contains(&address.to_ascii_lowercase()), &added);
        let after = match after {
            Ok(after) => after,
            Err(why) => return self.fail_group(groups, verdicts, group, &Error::internal(why), true),
        };
        let on = ResourceId::new(Kind::Group, group.as_str());
        let sent = Write { on: on.clone(), before: before.body(), after: after.body() };
        let written = if self.dry_run { Ok(None) } else { write(self.client, &one, &before, &after) };
        self.note(Kind::Group, written.as_ref().err().map(|failed| &failed.error));
        match written {
            Ok(warning) => {
                self.warnings.extend(warning.map(|message| not_read_back(on, message)));
                self.record(sent);
                let added: Vec<String> = added.into_iter().map(str::to_owned).collect();
                self.report_written(groups, verdicts, &before.name, group, &added);
                true
            }
            Err(Failed { error, now }) => {
                match now {
                    Now::Before => {}
                    now @ (Now::Unknown | Now::Gone) => {
                        let is_gone = matches!(now, Now::Gone);
                        self.record(if is_gone { Write { after: NOTHING.to_owned(), ..sent } } else { sent });
                        self.give_up_followers(groups, verdicts, group, &error);
                    }
                    Now::Other(found) => {
                        self.record(Write { after: found.body(), ..sent });
                        // Where a new list can't be read, what rests on it is left as it was.
                        let _ = groups.world.refresh(self.client, &found.rules, &groups.addresses, &mut self.warnings);
                    }
                }
                self.fail_group(groups, verdicts, group, &error, true)
            }
        }
    }

    /// The group's changes fail with this error; with `written_alone`, only those that a write was for.
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
            self.settle(asked.index, Err(error.clone().about(format!("{}:{group}", Kind::Group))));
        }
        false
    }

    /// Where it isn't known what a group is now, it isn't known either what else its people would gain or lose.
    fn give_up_followers(&mut self, groups: &mut Groups, verdicts: &mut Vec<Verdict>, group: &Id, failed: &Error) {
        if self.client.barred().is_some() {
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
            asked.group != *group && asked.who.address_key().is_some_and(|address| addresses.contains(address))
        });
        for (asked, _) in given_up {
            self.settle(asked.index, Err(error.clone().about(format!("{}:{}", Kind::Group, asked.group))));
        }
        (groups.waiting, *verdicts) = kept.into_iter().unzip();
    }

    /// What a write, or a planned one, gave and took from each principal that it was for. `added` are addresses as the new rules spell
    /// them.
    fn report_written(&mut self, groups: &mut Groups, verdicts: &[Verdict], name: &str, group: &Id, added: &[String]) {
        let of_group = groups.waiting.iter().zip(verdicts).filter(|(asked, _)| asked.group == *group);
        let of_group = of_group.filter_map(|(asked, verdict)| Some((asked, verdict.own()?, asked.who.address_key()?)));
        let of_group: Vec<(&Asked, Own, &str)> = of_group.collect();
        let before: Vec<OwnRules> =
            of_group.iter().map(|(_, _, address)| groups.world.written(Some(address))).collect();
        for (_, own, address) in &of_group {
            groups.world.wrote(address, group.as_str(), *own);
        }
        let spelled: Map<String, &String> =
            added.iter().map(|address| (address.to_ascii_lowercase(), address)).collect();
        for ((asked, own, address), before) in of_group.into_iter().zip(before) {
            let after = groups.world.written(Some(address));
            let mut asked = asked.clone();
            if let Some(&spelled) = spelled.get(address) {
                asked.who.address = Some(spelled.clone());
            }
            let outcome = self.outcome(&mut groups.world, &asked, own, name, [&before, &after]);
            self.settle(asked.index, Ok(outcome));
        }
    }

    fn outcome(
        &self,
        world: &mut World,
        asked: &Asked,
        own: Own,
        name: &str,
        [before, after]: [&OwnRules; 2],
    ) -> Outcome {
        let (was, is) = (holds(world, &asked.who, before), holds(world, &asked.who, after));
        let target = world.place_of(asked.group.as_str());
        let address = asked.who.address.as_deref().unwrap_or_default();
        let mut evaluation = world.evaluate(&asked.who, after);
        let is_new = |place: &usize| is[*place] > was[*place] || Some(*place) == target;
        let added = (0..is.len()).filter(is_new).filter_map(|place| evaluation.held_of(place));
        let added: Vec<_> = added.map(|held| group_grant(&asked.who.id, &held)).collect();
        let open = target.map(|place| still_open(&evaluation, place)).unwrap_or_default();
        let removed = (0..is.len()).filter(|&place| was[place] > Hold::No && is[place] == Hold::No);
        let removed = removed.map(|place| entitlement_id(Kind::Group, world.id_at(place))).collect();
        let rule = email_rule(address);
        let detail = match (own, self.dry_run) {
            (Own::Added, false) => format!("Added {rule} to the include of {name:?}."),
            (Own::Added, true) => format!("Would add {rule} to the include of {name:?}."),
            (_, false) => format!("Took every email rule for {address} out of the include of {name:?}.{open}"),
            (_, true) => format!("Would take every email rule for {address} out of the include of {name:?}.{open}"),
        };
        let status = if self.dry_run { Status::Planned } else { Status::Applied };
        Outcome { status, detail, added, removed }
    }

    /// Holds what was reported on the way against what the whole call has left: one group can decide over another.
    fn report_groups(&mut self, groups: Groups) {
        let Groups { mut world, done, .. } = groups;
        for (asked, verdict) in done {
            let left = world.written(asked.who.address_key());
            let is = holds(&mut world, &asked.who, &left);
            let Some(place) = world.place_of(asked.group.as_str()) else { continue };
            let held = |entitlement: &str| {
                (0..is.len())
                    .any(|place| is[place] > Hold::No && entitlement_id(Kind::Group, world.id_at(place)) == entitlement)
            };
            let result = match (asked.operation, is[place], verdict) {
                (Operation::Revoke, Hold::OnConditions | Hold::Certain, verdict) => {
                    let wrote = if verdict.own().is_some() { "Their own rule was taken, but" } else { "Nothing was written:" };
                    let message = format!(
                        "{wrote} this principal stays a member of the group, because another change of this call, which it rested on, \
                         failed. See that one, and run the same changes again."
                    );
                    let kind = if verdict.own().is_some() { ErrorKind::Conflict } else { ErrorKind::Refused };
                    Err(Error::new(kind, message).about(format!("{}:{}", Kind::Group, asked.group)))
                }
                (_, _, Verdict::Follows) => Ok(Outcome {
                    status: if self.dry_run { Status::Planned } else { Status::Applied },
                    detail: "The group has no rule for this principal; what named them there is taken away by another change of this call."
                        .to_owned(),
                    added: Vec::new(),
                    removed: vec![entitlement_id(Kind::Group, asked.group.as_str())],
                }),
                (operation, is, _) => {
                    let Some(Ok(mut outcome)) = self.results.get_mut(asked.index).and_then(Option::take) else { continue };
                    outcome.added.retain(|grant| held(&grant.entitlement));
                    outcome.removed.retain(|entitlement| !held(entitlement));
                    if operation == Operation::Grant && is == Hold::No {
                        outcome.detail.push_str(
                            " It has no effect yet, because another change of this call, which it rested on, failed.",
                        );
                    }
                    Ok(outcome)
                }
            };
            self.resettle(asked.index, result);
        }
    }
}

/// The addresses (in lower case) whose rules a write takes, and those that it adds, each once, as they are spelled.
fn rules_to_change<'g>(groups: &'g Groups, verdicts: &[Verdict], group: &Id) -> (Set<String>, Vec<&'g str>) {
    let (mut taken, mut added, mut keys) = (Set::default(), Vec::new(), Set::default());
    for (asked, verdict) in groups.waiting.iter().zip(verdicts).filter(|(asked, _)| asked.group == *group) {
        let (Some(address), Some(key)) = (asked.who.address.as_deref(), asked.who.address_key()) else { continue };
        match verdict {
            Verdict::Take => {
                taken.insert(key.to_owned());
            }
            Verdict::Add if keys.insert(key) => added.push(address),
            _ => {}
        }
    }
    (taken, added)
}

/// Whether each of these changes, told by what it is about, stands beside one of the other operation.
pub(super) fn opposed<K: Ord>(changes: impl Iterator<Item = (K, Operation)> + Clone) -> Vec<bool> {
    let mut operations: Map<K, [bool; 2]> = Map::default();
    for (key, operation) in changes.clone() {
        operations.get_or_insert_with(key, Default::default)[operation as usize] = true;
    }
    changes.map(|(key, _)| operations.get(&key) == Some(&[true; 2])).collect()
}

/// That a grant and a revoke contradict each other.
pub(super) fn contradiction(kind: Kind, id: &Id) -> Error {
    let message = "The same call grants and revokes this for the same person. Neither was done: ask for one of them.";
    Error::new(ErrorKind::Refused, message).about(format!("{kind}:{id}"))
}

/// That a write was confirmed, and not seen.
pub(super) fn not_read_back(on: ResourceId, message: String) -> Warning {
    Warning { code: "not-read-back", about: Some(on), message, incomplete: false }
}
