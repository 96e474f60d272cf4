//! Writes one membership in a user group.

use super::RoleChanges;
use super::facts::{Facts, membership};
use super::membership::Membership;
use super::outcome::{holder, waits};
use super::planned_change::PlannedChange;
use super::super_administrators::{are_theirs, are_theirs_for_certain, may_be_of_theirs};
use crate::cloudflare::id::Id;
use crate::cloudflare::member::{Member, Status as Standing};
use crate::cloudflare::transport::Transport;
use crate::cloudflare::user_group;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Kind, ResourceId};
use crate::provision::call::Call;
use crate::provision::change::{Operation, Outcome, Status, Write};
use crate::provision::errors::{NOTHING, about, names_provider, not_read_back};
use crate::provision::write::{Failed, write};
use crate::records;
use crate::roles::{Assignments, Held, KnownGroup, On};

/// The code of a refusal for want of a permission.
/// <https://developers.cloudflare.com/fundamentals/api/troubleshooting/>.
const LACKS_PERMISSION: &str = "10000";

/// The things that a member of a group with policies held before a membership began or ended.
struct Was {
    held: Vec<(On, String)>,
    is_super_administrator: bool,
    /// Whether no policy denies that.
    is_certain: bool,
    /// The member after that.
    after: Member,
}

impl RoleChanges {
    /// Decides on a membership that is to begin or end, writes it, and settles the change.
    pub(super) fn write_membership<T: Transport>(&mut self, call: &mut Call<'_, T>, change: &PlannedChange) {
        let place = self.facts.place(change);
        let group = place.and_then(|place| Some((place, self.facts.groups.all().get(place)?.clone())));
        let result = match (call.stopped(Kind::UserGroup), group) {
            (Some(stopped), _) => Err(stopped),
            (None, None) => Err(Error::internal("a user group was forgotten")),
            (None, Some((place, group))) => self.change_membership(call, change, place, &group),
        };
        let about = about(Kind::Member, &change.member);
        call.settle(change.index, result.map_err(|error| error.or_about(about)));
    }

    fn change_membership<T: Transport>(
        &mut self,
        call: &mut Call<'_, T>,
        change: &PlannedChange,
        place: usize,
        group: &KnownGroup,
    ) -> Result<Outcome> {
        let (id, joins) = (&change.member, change.operation == Operation::Grant);
        if self.facts.is_in(place, id) == joins {
            return Ok(Outcome::unchanged(if joins {
                "The member is in this user group already."
            } else {
                "The member isn't in this user group."
            }));
        }
        let facts = &mut self.facts;
        let matters = joins || group.has_policies();
        let was = if matters { Some(facts.was(call, id, group, joins)?) } else { None };
        facts.set(place, id, joins);
        let is_lost = was.as_ref().is_some_and(|was| facts.may_lose(was, group, joins));
        if is_lost {
            facts.learn_super_administrators(call);
        }
        let administrators = facts.super_administrators.clone();
        if let Some(Was { after, .. }) = was.as_ref().filter(|_| is_lost)
            && let Err(error) = facts.super_administrators.loses(after)
        {
            facts.set(place, id, !joins);
            return Err(facts.last(call, error));
        }
        if let Err((error, is_unchanged)) = write_one(call, id, group, joins) {
            if is_unchanged {
                facts.super_administrators = administrators;
                facts.set(place, id, !joins);
            }
            return Err(error);
        }
        facts.done.insert(membership(&change.id, id));
        let done = match (joins, call.dry_run) {
            (true, false) => "Added the member to",
            (true, true) => "Would add the member to",
            (false, false) => "Took the member out of",
            (false, true) => "Would take the member out of",
        };
        let name = group.name.as_deref().unwrap_or(group.id.as_str());
        let detail = format!("{done} the user group {name:?}.");
        let mut outcome = Outcome::new(Status::of_write(call.dry_run), detail);
        if joins {
            outcome.added.push(records::user_group::grant(&group.id, id));
        } else {
            outcome.removed.push(change.entitlement());
        }
        if let Some(Was { held: had, after, .. }) = was {
            let of = facts.of(&after);
            let is_new = |on, id: &str| !had.iter().any(|(was_on, was)| *was_on == on && was == id);
            let new = of.held.iter().filter(|held| is_new(held.on, &held.id));
            let new: Vec<_> = new.map(|held| records::role::grant(&holder(&after), &of, held)).collect();
            outcome.added.extend(new);
            let lost = had.iter().filter(|(on, id)| of.get(*on, id).is_none());
            outcome.removed.extend(
                lost.filter_map(|(on, id)| records::ids::entitlement_id(records::role::kind(*on), id)),
            );
            outcome.detail.push_str(waits(&after, change.operation));
            if after.status == Standing::Accepted && are_theirs_for_certain(&of) {
                facts.super_administrators.known.insert(id.clone());
            }
            call.people.wrote(after);
        }
        Ok(outcome)
    }
}

impl Facts {
    /// Notes that a member is in the group at a place, or isn't.
    pub(super) fn set(&mut self, place: usize, member: &Id, is_in: bool) {
        if is_in {
            self.groups.add_member(place, member.clone());
            self.groups.settle();
        } else {
            self.groups.remove_member(place, member);
        }
    }

    /// Decides what a member holds.
    fn of<'a>(&'a self, member: &'a Member) -> Assignments<'a> {
        Assignments::of_member(member, &self.groups, &self.roles)
    }

    /// Whether the last Super Administrator may go with a membership that begins or ends: one is it no more,
    /// or a policy of the group denies it, or it isn't known whether the group gave it.
    fn may_lose(&self, was: &Was, group: &KnownGroup, joins: bool) -> bool {
        let of = self.of(&was.after);
        was.is_super_administrator && !are_theirs(&of)
            || (if joins { was.is_certain } else { may_be_of_theirs(group) }) && !are_theirs_for_certain(&of)
    }

    /// Reads what a member holds before they join or leave a group with policies.
    fn was<T: Transport>(
        &mut self,
        call: &mut Call<'_, T>,
        id: &Id,
        group: &KnownGroup,
        joins: bool,
    ) -> Result<Was> {
        let given: Vec<(On, String)> = ids(&Assignments::of_group(group, &self.roles));
        self.learn_relevant(call, id, &|on, id| given.iter().any(|(its, given)| *its == on && given == id))?;
        let Some(Ok(member)) = call.people.member(id).cloned() else {
            return Err(Error::internal("a member was forgotten"));
        };
        let of = self.of(&member);
        let mut after = member.clone();
        if !joins {
            // What the member only shows because of the group goes with it.
            let is_of_group =
                |policy: &str| self.groups.with_policy(policy).is_some_and(|from| from.id == group.id);
            after.policies.all.retain(|policy| !policy.id.as_deref().is_some_and(is_of_group));
            // A role that only the list of roles has may be the group's, unless this call gave it.
            let is_given =
                |role: &str| self.done.contains(&membership(&records::role::entitlement_id(role), id));
            let is_own = |held: &Held<'_>| held.is_direct() && (!held.may_mirror() || is_given(&held.id));
            let is_direct = |role: &str| of.get(On::Role, role).is_none_or(is_own);
            after.roles.retain(|role| is_direct(role.id.as_str()));
        }
        let (is_super_administrator, is_certain) = (are_theirs(&of), are_theirs_for_certain(&of));
        Ok(Was { held: ids(&of), is_super_administrator, is_certain, after })
    }
}

fn ids(of: &Assignments<'_>) -> Vec<(On, String)> {
    of.held.iter().map(|held| (held.on, held.id.to_string())).collect()
}

/// Writes a membership.
///
/// # Errors
/// The reason why it isn't written, and whether that is certain.
fn write_one<T: Transport>(
    call: &mut Call<'_, T>,
    member: &Id,
    group: &KnownGroup,
    joins: bool,
) -> std::result::Result<(), (Error, bool)> {
    let state = |is_in: bool| Membership(is_in.then(|| member.clone()));
    let on = ResourceId::new(Kind::UserGroup, group.id.as_str());
    let shown = |is_in| Membership::shown(member, is_in);
    let sent = Write { on: on.clone(), before: shown(!joins), after: shown(joins) };
    let object = user_group::MEMBERS.object_of(group.id.clone(), member.clone());
    let written = match call.dry_run {
        true => Ok(None),
        false => write(call.client, &object, &state(!joins), &state(joins)).map(|done| done.warning),
    };
    match written {
        Ok(warning) => {
            call.note(Kind::UserGroup, None);
            call.warnings.extend(warning.map(|message| not_read_back(on, message)));
            call.record(sent);
            Ok(())
        }
        Err(Failed { mut error, found }) => {
            // Another group may be free to change, whoever manages this one.
            let is_of_group = matches!(error.kind, ErrorKind::Refused | ErrorKind::PermissionDenied)
                && error.code.as_deref() != Some(LACKS_PERMISSION);
            call.note(Kind::UserGroup, Some(&error).filter(|_| !is_of_group));
            if is_of_group && names_provider(&error) {
                let name = group.name.as_deref().unwrap_or(group.id.as_str());
                error.message = format!(
                    "{} Who is in the user group {name:?} comes from the identity provider that is connected \
                     to Cloudflare's dashboard: add and remove people there, and leave this group out of \
                     what other tools change.{NOTHING}",
                    error.message.trim_end_matches(NOTHING)
                );
            } else if is_of_group {
                error.message.push_str(
                    " Perhaps your identity provider manages this group (SCIM): then change who is in it \
                     there.",
                );
            }
            let is_unchanged = found.is_untouched();
            if !is_unchanged {
                call.record(sent);
            }
            Err((error, is_unchanged))
        }
    }
}
