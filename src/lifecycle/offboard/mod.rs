//! The offboarding of one person: everything that the account has under an address is taken away, in an
//! order that leaves no gap.
//!
//! `found` finds the accounts. Rules that name the address and memberships in user groups are changes of
//! `provision`; sessions, seats, memberships and users are steps. `keep` knows what stays, and `ways`
//! tells what still lets the person in, by the same evaluation that changes are judged with.

mod found;
mod keep;
mod ways;

use super::asked::{Extra, Person, Planned};
use super::run::{Run, begin};
use super::step::{Action, Offboarding, Options, Part, Step};
use crate::cloudflare::client::Client;
use crate::cloudflare::client::gap::is_unreadable;
use crate::cloudflare::endpoint::Write;
use crate::cloudflare::id::Id;
use crate::cloudflare::transport::Transport;
use crate::error::{Error, ErrorKind, Result};
use crate::identities::Facts;
use crate::kinds::MEMBER_SLUG;
use crate::model::{Kind, Warning, WarningCode};
use crate::provision::call::Call;
use crate::provision::errors::names_provider;
use crate::provision::groups::leaver::Leaver;
use crate::provision::roles::roster::Roster;
use crate::provision::{Change, Operation, Outcome};
use crate::sorted::{Set, sort_by};
use found::Found;
use keep::{Keep, SEAT, SESSIONS, part};
use std::rc::Rc;
use ways::{Beyond, Ways, outcome};

/// A part that is to be done.
struct PlannedPart {
    word: String,
    action: Action,
    how: How,
}

/// How a part is done.
enum How {
    /// The rules for the address are taken out of this Access group.
    Group(Id),
    /// Nothing is done, with this result.
    Not(Result<Outcome>),
    /// The member leaves this user group: the group comes first.
    UserGroup([Id; 2]),
    Step(Planned),
}

/// Takes everything from a person who leaves, or plans that, except what the words of `keep` name. The rest
/// is judged with these facts about groups of identity providers.
///
/// # Errors
/// There is no such account, an argument is wrong, or what the account has can't be read. Nothing was
/// written then, and the message says so.
pub fn offboard<T: Transport>(
    client: &mut Client<T>,
    facts: &Rc<Facts>,
    kind: &str,
    id: &str,
    keep: &[String],
    options: &Options,
) -> Result<Offboarding> {
    take_all(client, facts, kind, id, keep, options).map_err(|mut error| {
        if !error.message.contains("Nothing was written") {
            error.message.push_str(" Nothing was written.");
        }
        error
    })
}

fn take_all<T: Transport>(
    client: &mut Client<T>,
    facts: &Rc<Facts>,
    kind: &str,
    id: &str,
    keep: &[String],
    options: &Options,
) -> Result<Offboarding> {
    client.begin_call();
    client.forget_ahead();
    let extra = Extra::read(&options.extra)?;
    let keep = Keep::read(keep)?;
    let person = Person::read(kind, id, "person")?;
    let mut call = begin(client, 0, options);
    call.facts = Rc::clone(facts);
    let found = Found::learn(&mut call, &person)?;
    let (mut leaver, unread) = match learn_leaver(&mut call, &found) {
        Ok(leaver) => (Some(leaver), None),
        Err(error) if is_unreadable(&error) => (None, Some(error)),
        Err(error) => return Err(error),
    };
    call.warnings.extend(leaver.iter().flat_map(Leaver::approvals));
    let mut roster = Roster::default();
    if !found.members.is_empty() {
        let leavers = found.members.iter().map(|member| member.id.clone()).collect();
        roster.learn_leavers(&mut call, &leavers)?;
    }
    found.members.iter().try_for_each(|member| roster.learn_roles_of(&mut call, member))?;
    let mut planned = plan(&found, leaver.as_mut(), &roster);
    let words: Vec<&str> = planned.iter().map(|part| part.word.as_str()).collect();
    keep.check(&words, &unknown(&call, &found, leaver.as_ref()))?;
    planned.retain(|planned| !keep.has(&planned.word));
    let mut run = Run::new(options, extra);
    let mut beyond = None;
    if planned.iter().any(PlannedPart::concerns_member) {
        match run.check_owner(&mut call, &found.address) {
            Ok(false) => {}
            Ok(true) => {
                run.own = found.members.iter().map(|member| member.id.clone()).collect();
                own_goes_last(&mut planned);
                // Afterwards the credentials can't ask any more.
                beyond = Some(Beyond::learn(&mut call));
            }
            Err(refusal) if options.dry_run => {
                // Who plans wants to know everything else, too.
                for part in planned.iter_mut().filter(|part| part.concerns_member()) {
                    part.how = How::Not(Err(refusal.clone()));
                }
            }
            Err(refusal) => return Err(refusal.about("person")),
        }
    }
    let (leaver, roster, parts) = carry_out(&mut call, run, planned, leaver, roster);
    let beyond = beyond.unwrap_or_else(|| Beyond::learn(&mut call));
    Ok(finish(call, &found, parts, leaver, unread.as_ref(), &roster, beyond))
}

/// Returns the kinds of which the person may have more than the parts.
fn unknown<T: Transport>(call: &Call<'_, T>, found: &Found, leaver: Option<&Leaver>) -> Vec<Kind> {
    let knows_groups = leaver.is_some_and(Leaver::knows_all_groups);
    let is_gap = |warning: &Warning| warning.code == WarningCode::UserGroupsNotReadable;
    let knows_user_groups = found.knows_members && !call.warnings.iter().any(is_gap);
    let known = [
        (Kind::Group, knows_groups),
        (Kind::UserGroup, knows_user_groups),
        (Kind::Member, found.knows_members),
        (Kind::User, found.knows_users),
    ];
    known.into_iter().filter(|(_, is_known)| !is_known).map(|(kind, _)| kind).collect()
}

impl PlannedPart {
    /// Whether it ends a membership, or a membership in a user group: the credentials can rest on it.
    const fn concerns_member(&self) -> bool {
        matches!(self.how, How::UserGroup(_)) || self.removes().is_some()
    }

    /// The id of the member whom it removes.
    const fn removes(&self) -> Option<&Id> {
        if let How::Step(Planned::RemoveMember(member)) = &self.how { Some(member) } else { None }
    }
}

/// Puts the removal of the owner's memberships last. It takes those in user groups along, because the
/// credentials can rest on them too.
fn own_goes_last(planned: &mut Vec<PlannedPart>) {
    let removed: Set<Id> = planned.iter().filter_map(PlannedPart::removes).cloned().collect();
    planned.retain(|part| !matches!(&part.how, How::UserGroup([_, member]) if removed.contains(member)));
    sort_by(planned, |one, other| one.removes().is_some().cmp(&other.removes().is_some()));
}

fn learn_leaver<T: Transport>(call: &mut Call<'_, T>, found: &Found) -> Result<Leaver> {
    let person = found.principal(call)?;
    Leaver::learn(call, person)
}

/// Lists the parts, in their order.
fn plan(found: &Found, leaver: Option<&mut Leaver>, roster: &Roster) -> Vec<PlannedPart> {
    let mut parts = Vec::new();
    let mut change = |on: Kind, of: &Id, principal: (Kind, &str), how: How| {
        let (principal_kind, principal_id) = (principal.0.as_str().to_owned(), principal.1.to_owned());
        let word = part(on, of);
        let entitlement = [&word, ":", MEMBER_SLUG].concat();
        let operation = Operation::Revoke;
        let change = Change { operation, entitlement, principal_kind, principal_id };
        parts.push(PlannedPart { word, action: Action::Change(change), how });
    };
    for (group, stays) in leaver.map(Leaver::named_in).unwrap_or_default() {
        let how =
            stays.map_or_else(|| How::Group(group.clone()), |why| How::Not(Ok(Outcome::unchanged(why))));
        change(Kind::Group, &group, (Kind::Email, &found.address), how);
    }
    for member in &found.members {
        for group in roster.groups_of(&member.id) {
            let how = How::UserGroup([group.clone(), member.id.clone()]);
            change(Kind::UserGroup, &group, (Kind::Member, member.id.as_str()), how);
        }
    }
    let mut step = |word: String, step: Step, planned: Planned| {
        parts.push(PlannedPart { word, action: Action::Step(step), how: How::Step(planned) });
    };
    if !found.users.is_empty() || !found.knows_users {
        let (kind, id) = (Kind::Email.as_str().to_owned(), found.address.clone());
        let planned = Planned::EndSessions(Person::Address(found.address.clone()));
        step(SESSIONS.to_owned(), Step::EndSessions { kind, id }, planned);
    }
    for user in &found.users {
        let (kind, id) = (Kind::User.as_str().to_owned(), user.id.to_string());
        step(SEAT.to_owned(), Step::FreeSeat { kind, id }, Planned::FreeSeat(user.id.clone()));
    }
    for member in &found.members {
        let (kind, id) = (Kind::Member.as_str().to_owned(), member.id.to_string());
        let planned = Planned::RemoveMember(member.id.clone());
        step(part(Kind::Member, &member.id), Step::Remove { kind, id }, planned);
    }
    for user in &found.users {
        let (kind, id) = (Kind::User.as_str().to_owned(), user.id.to_string());
        let planned = Planned::RemoveUser(user.id.clone());
        step(part(Kind::User, &user.id), Step::Remove { kind, id }, planned);
    }
    parts
}

/// A part whose result stands at a place of the call.
type Placed = (usize, String, Action);

/// Does the parts, and settles them.
fn carry_out<T: Transport>(
    call: &mut Call<'_, T>,
    mut run: Run,
    planned: Vec<PlannedPart>,
    leaver: Option<Leaver>,
    mut roster: Roster,
) -> (Option<Leaver>, Roster, Vec<Placed>) {
    let first = call.expect(planned.len());
    let (mut groups, mut user_groups, mut steps, mut parts) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (index, PlannedPart { word, action, how }) in (first..).zip(planned) {
        match how {
            How::Group(group) => groups.push((index, group)),
            How::Not(result) => call.settle(index, result),
            How::UserGroup([group, member]) => user_groups.push((index, group, member)),
            How::Step(step) => steps.push((index, step)),
        }
        parts.push((index, word, action));
    }
    let written = call.recorded();
    let mut leaver = leaver.map(|leaver| leaver.leave_groups(call, groups.iter().cloned()));
    if run.may_not(call, Write::REPLACE_GROUP.permission, written, groups.iter().map(|(index, _)| *index)) {
        leaver.iter_mut().for_each(Leaver::stays_in_all);
    }
    if !user_groups.is_empty() {
        let written = call.recorded();
        roster = roster.leave_groups(call, user_groups.iter().cloned());
        if run.may_not(call, Write::LEAVE.permission, written, user_groups.iter().map(|(index, ..)| *index)) {
            user_groups.iter().for_each(|(_, group, member)| roster.stays_in(group, member));
        }
    }
    let roster = run.steps(call, steps, roster);
    (leaver, roster, parts)
}

/// Whether a membership in a user group that an identity provider manages has ended with the member's
/// removal, which tells it. No read shows before a write that somebody manages a group.
fn went_along(part: &Part, parts: &[Part]) -> bool {
    let (Action::Change(change), Err(error)) = (&part.action, &part.outcome) else { return false };
    let removal = [&change.principal_kind, ":", &change.principal_id].concat();
    change.principal_kind == Kind::Member.as_str()
        && matches!(error.kind, ErrorKind::Refused | ErrorKind::PermissionDenied)
        && names_provider(error)
        && outcome(parts, &removal) == Some(None)
}

/// Tells what came of the parts, and what remains.
fn finish<T: Transport>(
    call: Call<'_, T>,
    found: &Found,
    parts: Vec<Placed>,
    mut leaver: Option<Leaver>,
    unread: Option<&Error>,
    roster: &Roster,
    beyond: Beyond,
) -> Offboarding {
    let name = |word: &str| match word.split_once(':').map(|(kind, id)| (Kind::parse(kind), id))? {
        (Some(Kind::Group), id) => leaver.as_ref()?.name_of_group(id),
        (Some(Kind::UserGroup), id) => roster.name_of_group(id),
        _ => None,
    };
    let done = |(index, word, action): Placed| {
        let outcome = call.result(index).map_err(|error| error.or_about(word.clone()));
        Part { name: name(&word).map(str::to_owned), word, action, outcome }
    };
    let mut parts: Vec<Part> = parts.into_iter().map(done).collect();
    let went: Vec<String> =
        parts.iter().filter(|part| went_along(part, &parts)).map(|it| it.word.clone()).collect();
    parts.retain(|part| !went.contains(&part.word));
    let ways = Ways::of(&call, found, &parts, leaver.as_mut(), unread, roster, beyond);
    let report = call.into_report();
    Offboarding {
        address: found.id(),
        accounts: found.accounts(),
        remaining: ways.into_all(),
        parts,
        writes: report.writes,
        warnings: report.warnings,
        requests: report.requests,
        rate_limit: report.rate_limit,
    }
}
