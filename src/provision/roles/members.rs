//! Writes the roles and scoped roles of one member.

use super::facts::{Facts, membership};
use super::plan::{Verdict, plan};
use super::planned_change::PlannedChange;
use super::state::Document;
use super::super_administrators::{is_super_administrator, may_be_theirs};
use super::{RoleChanges, Waiting, outcome, settle_all};
use crate::cloudflare::account_policy::AccountPolicy;
use crate::cloudflare::id::Id;
use crate::cloudflare::member::{self, Member, Status};
use crate::cloudflare::transport::Transport;
use crate::error::{Error, Result};
use crate::json::{entries, items, list, quoted};
use crate::model::{Kind, ResourceId};
use crate::provision::call::Call;
use crate::provision::change::{Operation, Outcome, Write};
use crate::provision::errors::{about, not_read_back};
use crate::provision::write::{Done, Failed, FoundAfter, fetch, write};
use crate::roles::{Assignments, Held, On, Place, Way};
use serde_json::value::RawValue;

impl RoleChanges {
    /// Decides on all changes of a member's roles, writes them, and settles them, but for those that rest
    /// on a membership.
    pub(super) fn write_member<T: Transport>(
        &mut self,
        call: &mut Call<'_, T>,
        id: &Id,
        changes: Vec<PlannedChange>,
    ) {
        let about = about(Kind::Member, id);
        let read = match self.facts.read(call, id, &changes) {
            Ok(read) => read,
            Err(error) => {
                call.note(Kind::Role, Some(&error));
                return settle_all(call, &changes, &error.or_about(about));
            }
        };
        let facts = &mut self.facts;
        let of = Assignments::of_member(&read.member, &facts.groups, &facts.roles);
        let mut administrators = facts.super_administrators.clone();
        let (way, verdicts) =
            plan(&read.member, &of, &changes, facts, &mut || administrators.loses(&read.member));
        let before = read.clone().by(way, &facts.groups);
        let after = changed(&before, way, &of, &changes, &verdicts, facts).transpose();
        let mut failed = None;
        let mut found = None;
        match after {
            None => {}
            Some(Err(error)) => failed = Some(error.or_about(about.as_str())),
            Some(Ok(after)) => {
                let on = ResourceId::new(Kind::Member, id.as_str());
                let sent = Write { on: on.clone(), before: before.shown(), after: after.shown() };
                let object = member::COLLECTION.object(id.clone());
                let written = match call.dry_run {
                    true => Ok(Done { found: after, warning: None }),
                    false => write(call.client, &object, &before, &after),
                };
                call.note(Kind::Role, written.as_ref().err().map(|failed| &failed.error));
                match written {
                    Ok(done) => {
                        call.warnings.extend(done.warning.map(|message| not_read_back(on, message)));
                        call.record(sent);
                        facts.super_administrators = administrators;
                        found = Some(done.found);
                    }
                    Err(Failed { error, found }) => {
                        failed = Some(error.or_about(about.as_str()));
                        // Unless nothing changed, the member may have lost a role: it doesn't count as one
                        // who stays.
                        if !matches!(found, FoundAfter::Before) {
                            facts.super_administrators = administrators;
                        }
                        call.record_failed(sent, found, |found| found.by(way, &facts.groups).shown());
                    }
                }
            }
        }
        let member = found.map_or_else(|| read.member.clone(), |found| found.member);
        let is = Assignments::of_member(&member, &facts.groups, &facts.roles);
        let accepted = member.status == Status::Accepted;
        let mut results = Vec::new();
        for (change, verdict) in changes.into_iter().zip(verdicts) {
            let is_last = matches!(verdict, Verdict::Last(_));
            let result = match (verdict, &failed) {
                (Verdict::Refused(error) | Verdict::Last(error), _) => Err(error.about(about.as_str())),
                (Verdict::Unchanged(why), _) => Ok(Outcome::unchanged(why)),
                (Verdict::Add | Verdict::Take(_), Some(error)) => Err(error.clone()),
                (Verdict::Add, None) => {
                    facts.done.insert(membership(&change.entitlement(), id));
                    let held = is.get(change.on(), &change.id);
                    let is_theirs =
                        |held: &Held<'_>| is_super_administrator(held) && held.denied_by.is_empty();
                    if accepted && held.is_some_and(is_theirs) {
                        facts.super_administrators.known.insert(id.clone());
                    }
                    Ok(outcome::of_role(&member, &change, &is, call.dry_run))
                }
                (Verdict::Take(rests_on), None) => {
                    let outcome = outcome::of_role(&member, &change, &of, call.dry_run);
                    if !rests_on.is_empty() {
                        self.waiting.push(Waiting { change, rests_on, is_written: true, outcome });
                        continue;
                    }
                    Ok(outcome)
                }
                (Verdict::Follows(rests_on), _) => {
                    let outcome = outcome::following(&member, &change, &of, call.dry_run);
                    self.waiting.push(Waiting { change, rests_on, is_written: false, outcome });
                    continue;
                }
            };
            results.push((change.index, is_last, result));
        }
        call.people.wrote(member);
        for (index, is_last, result) in results {
            let tell = |error| if is_last { self.facts.last(call, error) } else { error };
            let result = result.map_err(tell);
            call.settle(index, result);
        }
    }
}

impl Facts {
    /// Reads a member, and what the decisions on the changes need beside it.
    fn read<T: Transport>(
        &mut self,
        call: &mut Call<'_, T>,
        id: &Id,
        changes: &[PlannedChange],
    ) -> Result<Document> {
        loop {
            let document: Document = fetch(call.client, &member::COLLECTION.object(id.clone()))?;
            let requests = call.client.requests();
            self.learn_for(call, &document.member, changes)?;
            if let Some(stopped) = call.client.stopped() {
                return Err(stopped.not_tried());
            }
            // While other things were read, somebody else may have changed the member.
            if call.client.requests() == requests {
                return Ok(document);
            }
        }
    }

    /// Reads what the decisions on the changes of a member need.
    pub(super) fn learn_for<T: Transport>(
        &mut self,
        call: &mut Call<'_, T>,
        member: &Member,
        changes: &[PlannedChange],
    ) -> Result<()> {
        let of = |facts: &Self, is: &dyn Fn(&Assignments<'_>) -> bool| {
            is(&Assignments::of_member(member, &facts.groups, &facts.roles))
        };
        if of(self, &|of| of.held.iter().any(|held| held.on == On::Role && held.role.is_none())) {
            self.learn_roles(call)?;
        }
        // A policy without an id may come from any group.
        let is_doubtful = member.policies.all.iter().any(|policy| policy.id.is_none());
        self.learn_relevant(call, &member.id, &|on, id| {
            is_doubtful
                || changes.iter().any(|change| (change.on(), change.id.as_str()) == (on, id))
                || on == On::Role && member.roles.iter().any(|role| role.id.as_str() == id)
        })?;
        let revokes = |change: &PlannedChange| change.operation == Operation::Revoke;
        let loses = |of: &Assignments<'_>, change: &PlannedChange| {
            revokes(change) && of.get(change.on(), &change.id).is_some_and(may_be_theirs)
        };
        if of(self, &|of| changes.iter().any(|change| loses(of, change))) {
            self.learn_super_administrators(call);
        }
        // One that takes a policy makes all of them take one: the two are never written together.
        let new: Vec<&PlannedChange> = {
            let of = Assignments::of_member(member, &self.groups, &self.roles);
            let is_new = |change: &&PlannedChange| {
                change.operation == Operation::Grant
                    && of.get(change.on(), &change.id).is_none_or(|held| !held.is_direct())
            };
            let takes_policy = |change: &&PlannedChange| {
                self.givable(change).is_some_and(|it| it.takes_policy || it.role.is_none())
            };
            let new: Vec<_> = changes.iter().filter(is_new).collect();
            let by_policies = match of.way {
                Ok(way) => way == Way::Policies || new.iter().any(takes_policy),
                Err(_) => false,
            };
            if by_policies { new } else { Vec::new() }
        };
        for change in new {
            self.learn_parts(call, member, change);
        }
        Ok(())
    }
}

/// Returns the member as the verdicts leave them, if something is to be written.
///
/// # Errors
/// It can't be put together.
pub(super) fn changed(
    before: &Document,
    way: Way,
    of: &Assignments<'_>,
    changes: &[PlannedChange],
    verdicts: &[Verdict],
    facts: &Facts,
) -> Result<Option<Document>> {
    let (mut given, mut taken) = (Vec::new(), Vec::new());
    for (change, verdict) in changes.iter().zip(verdicts) {
        match verdict {
            Verdict::Add if given.iter().all(|it: &&PlannedChange| it.id != change.id) => given.push(change),
            Verdict::Take(_) => taken.extend(of.get(change.on(), &change.id)),
            _ => {}
        }
    }
    if given.is_empty() && taken.is_empty() {
        return Ok(None);
    }
    let mut roles = before.member.roles.clone();
    roles.retain(|role| !taken.iter().any(|it| it.on == On::Role && it.id == role.id.as_str()));
    let (mut policies, mut own) = (Vec::new(), Vec::new());
    for (at, (policy, raw)) in before.member.policies.all.iter().zip(before.raw_policies()).enumerate() {
        let places = taken.iter().flat_map(|held| &held.places);
        let places: Vec<&Place> = places.filter(|place| place.policy == at).collect();
        if let Some(text) = without(policy, raw, &places) {
            if before.is_own(policy) {
                own.push(text.clone());
            }
            policies.push(text);
        }
    }
    for change in given {
        let Some(givable) = facts.givable(change) else {
            return Err(Error::internal("a role was forgotten"));
        };
        if !givable.takes_policy {
            roles.extend(givable.role.clone());
        }
        if way == Way::Roles {
            continue;
        }
        let Some(Ok([group, resources])) = &givable.parts else {
            return Err(Error::internal("a policy was forgotten"));
        };
        own.push(policy_with(group, resources));
        // Cloudflare's answer has an id, the name and the scope too. A scoped role is known without.
        let (mut group, mut resources) = (group.clone(), resources.clone());
        if let Some(role) = &givable.role {
            let name = ["\"name\":", &quoted(role.name.as_deref().unwrap_or_default())].concat();
            let key = ["com.cloudflare.api.account.", before.account_id()].concat();
            let scope = ["\"scope\":{\"key\":", &quoted(&key), ",\"objects\":[{\"key\":\"*\"}]}"].concat();
            (group, resources) = (with_field(&group, &name), with_field(&resources, &scope));
        }
        let id = ["\"id\":", &quoted(outcome::PLANNED)].concat();
        policies.push(with_field(&policy_with(&group, &resources), &id));
    }
    // A role that also comes through a group can stay in the list of roles for as long as the member is in
    // the group.
    let gone = taken.iter().filter(|held| held.on == On::Role && held.through().next().is_none());
    let gone = gone.filter_map(|held| Id::parse(&held.id)).collect();
    before.with(&roles, &policies, own, gone).map(Some).map_err(Error::internal)
}

/// Returns an object that isn't empty with one more field.
fn with_field(object: &str, field: &str) -> String {
    [object.strip_suffix('}').unwrap_or(object), ",", field, "}"].concat()
}

/// Returns a policy that allows a permission group on a resource group.
fn policy_with(group: &str, resources: &str) -> String {
    ["{\"access\":\"allow\",\"permission_groups\":[", group, "],\"resource_groups\":[", resources, "]}"]
        .concat()
}

/// Returns a policy without what stands at these places, byte for byte otherwise; nothing if that is all
/// of it.
fn without(policy: &AccountPolicy, raw: &RawValue, places: &[&Place]) -> Option<String> {
    if places.is_empty() {
        return Some(raw.get().to_owned());
    }
    let has_one_group = policy.permission_groups.len() == 1;
    let name = if has_one_group { "resource_groups" } else { "permission_groups" };
    let goes = |at: usize| {
        places.iter().any(|it| at == if has_one_group { it.resource_group } else { it.permission_group })
    };
    let mut fields = Vec::new();
    for (field, value) in entries(raw.get())? {
        let value = if field == name {
            let kept = items(value.get())?.into_iter().enumerate().filter(|(at, _)| !goes(*at));
            let kept: Vec<String> = kept.map(|(_, item)| item.get().to_owned()).collect();
            if kept.is_empty() {
                return None;
            }
            list(&kept)
        } else {
            value.get().to_owned()
        };
        fields.push([&quoted(&field), ":", &value].concat());
    }
    Some(["{", &fields.join(","), "}"].concat())
}
