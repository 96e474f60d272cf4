//! The principal whose holdings are read, and everything that it holds.

use super::assigned::{self, groups_of};
use super::rules;
use crate::apps::Why;
use crate::cloudflare::id::Id;
use crate::cloudflare::transport::Transport;
use crate::error::{Error, Result};
use crate::model::{Kind, Progress, ResourceId};
use crate::records;
use crate::roles::{Assignments, Held, KnownGroup, Roles, UserGroups};
use crate::rules::{Evaluation, RuleSet, Scratch};
use crate::sorted::Set;
use crate::sync::call::{Call, Memory};
use crate::sync::cursor::Cursor;
use crate::sync::learned::Learned;
use crate::sync::look_up;
use crate::sync::principal::Principal;
use crate::sync::privileges::Privileges;

/// Looks for the principal, and emits it. An address takes two steps: first the account members are
/// looked at, page by page, then the Access users who have it are asked for.
pub(super) fn find<T: Transport>(call: &mut Call<'_, T>, at: &Cursor) -> Result<Option<Cursor>> {
    let asked = call.holder.ok_or_else(|| Error::internal("nobody is asked for"))?;
    let is_first_step = asked.kind == Kind::Email && at.people.is_none();
    call.out.page.progress = Progress { phase: at.phase.word(), done: at.done(), total: at.at.total };
    if is_first_step {
        let next = look_up::look_for_member(call, &asked.id, at.at, at.tail.digests())?;
        if let Some(next) = next {
            let tail = call.memory.tail();
            return Ok(Some(Cursor { at: next, tail, ..at.clone() }));
        }
        let found = call.memory.member.clone();
        let member = found.as_ref().map(|member| member.id.clone());
        found.map(Principal::Member).iter().for_each(|found| emit(call, found));
        return Ok(Some(Cursor { people: Some(Kind::User), member, ..Cursor::at_phase(at.phase) }));
    }
    for warning in look_up::learn(call, asked, at.member.as_ref())? {
        call.out.warning(warning);
    }
    let principals = call.memory.principals.take().unwrap_or_default();
    let is_new = |it: &&Principal| asked.kind != Kind::Email || it.member().is_none();
    principals.iter().filter(is_new).for_each(|it| emit(call, it));
    call.memory.principals = Some(principals);
    Ok(call.begin_after(at.phase))
}

fn emit<T: Transport>(call: &mut Call<'_, T>, principal: &Principal) {
    call.out.resource(principal.resource());
}

/// Whether what the principals hold can be told better with the list of roles: their own roles don't
/// explain all of it.
pub fn needs_roles<T: Transport>(call: &Call<'_, T>) -> bool {
    let (unlisted, groups) = (Roles::default(), &call.memory.learned.privileges.groups);
    let mut all = call.memory.principals.iter().flatten();
    all.any(|principal| {
        let known = principal.group();
        let of = assignments(principal, known.as_ref(), groups, &unlisted);
        // A permission group may have a name alone, which only the list explains.
        let is_unexplained = |group| Assignments::of_group(group, &unlisted).is_unexplained;
        of.is_some_and(|of| of.is_unexplained || of.held.iter().any(|held| held.role.is_none()))
            || principal.member().is_some_and(|member| groups_of(member, groups).any(is_unexplained))
    })
}

/// Returns the roles and scoped roles that a principal holds, if it can hold some. `known` is the user group
/// that it is, if it is one.
fn assignments<'a>(
    principal: &'a Principal,
    known: Option<&'a KnownGroup>,
    groups: &'a UserGroups,
    roles: &'a Roles,
) -> Option<Assignments<'a>> {
    match (principal.member(), known) {
        (Some(member), _) => Some(Assignments::of_member(member, groups, roles)),
        (None, Some(group)) => Some(Assignments::of_group(group, roles)),
        (None, None) => None,
    }
}

/// Something that one of the principals holds.
enum Holding<'a> {
    Role(&'a ResourceId, &'a Assignments<'a>, &'a Held<'a>),
    /// A user group, and its member.
    UserGroup(&'a Id, &'a Id),
    /// The place of a group.
    Group(usize),
    /// The place of an application.
    App(usize),
}

/// Emits what the principals hold: for each entitlement its resource, the entitlement, and the grants.
pub(super) fn emit_all<T: Transport>(call: &mut Call<'_, T>, at: &Cursor) -> Result<Option<Cursor>> {
    let Memory { learned, principals: Some(principals), .. } = &mut *call.memory else {
        return Err(Error::internal("the holdings of nobody are given"));
    };
    let Learned {
        membership: Some(membership), applications: Some(apps), kept, privileges, room, date, ..
    } = learned
    else {
        return Err(Error::internal("holdings are given before there are groups"));
    };
    let mut scratches: Vec<Scratch> = principals.iter().map(|_| Scratch::default()).collect();
    let each = principals
        .iter()
        .zip(&mut scratches)
        .filter_map(|(of, scratch)| Some((of.id(), membership.evaluate(of.subject(*date)?, [], scratch))));
    let mut evaluations: Vec<(ResourceId, Evaluation<'_, '_>)> = each.collect();

    let Privileges { groups: user_groups, roles: known, .. } = privileges;
    let groups_themselves: Vec<Option<KnownGroup>> = principals.iter().map(Principal::group).collect();
    let each = principals.iter().zip(&groups_themselves);
    let assigned =
        each.filter_map(|(of, group)| Some((of.id(), assignments(of, group.as_ref(), user_groups, known)?)));
    let assigned: Vec<(ResourceId, Assignments<'_>)> = assigned.collect();
    if at.item == 0 {
        let warnings = assigned.iter().flat_map(|(id, of)| records::member::role_warnings(id, of));
        warnings.for_each(|warning| call.out.warning(warning));
        // What isn't understood of their groups may give them more.
        let members = principals.iter().filter_map(Principal::member);
        for group in members.flat_map(|member| groups_of(member, user_groups)) {
            let (id, of) =
                (ResourceId::new(Kind::UserGroup, group.id.as_str()), Assignments::of_group(group, known));
            records::member::role_warnings(&id, &of).for_each(|warning| call.out.warning(warning));
        }
    }
    let roles =
        assigned.iter().flat_map(|(id, of)| of.held.iter().map(move |held| Holding::Role(id, of, held)));
    let members = principals.iter().filter_map(Principal::member);
    let joined = members.flat_map(|member| {
        groups_of(member, user_groups).map(move |group| Holding::UserGroup(&group.id, &member.id))
    });
    let is_held = |group: &usize| evaluations.iter().any(|(_, evaluation)| evaluation.holds(*group));
    let groups = (0..membership.groups().len()).filter(is_held);
    let (mut reached, mut why) = (Set::default(), Why::default());
    for (_, evaluation) in &evaluations {
        let candidates = apps.candidates(evaluation, room).iter().copied();
        reached.extend(candidates.filter(|&app| apps.reason(app, evaluation, &mut why)));
    }
    let apps_held = reached.iter().map(|&app| Holding::App(app));
    let holdings: Vec<Holding<'_>> =
        roles.chain(joined).chain(groups.map(Holding::Group)).chain(apps_held).collect();

    let out = &mut call.out;
    let mut done = at.item;
    for holding in holdings.iter().skip(at.item as usize) {
        if out.is_full() {
            break;
        }
        match *holding {
            Holding::Role(id, of, held) => {
                let listed = ResourceId::new(records::role::kind(held.on), &*held.id);
                if kept.emit(&listed, &[], out).is_err() {
                    assigned::emit(held, known, out);
                }
                out.grant(records::role::grant(id, of, held));
            }
            Holding::UserGroup(group, member) => {
                kept.emit(&ResourceId::new(Kind::UserGroup, group.as_str()), &[], out)?;
                out.grant(records::user_group::grant(group, member));
            }
            Holding::Group(group) => {
                let id = membership.group(group).map_or("", RuleSet::id);
                kept.emit(&ResourceId::new(Kind::Group, id), membership.warnings(), out)?;
                for (principal, evaluation) in &mut evaluations {
                    out.membership(principal, evaluation, group);
                }
            }
            Holding::App(app) => {
                let id = apps.all().get(app).map_or("", |app| &app.id);
                kept.emit(&ResourceId::new(Kind::App, id), apps.warnings(), out)?;
                let entitlement = rules::entitlement(apps, app, &learned.app_names, membership);
                entitlement.into_iter().for_each(|entitlement| out.entitlement(entitlement));
                for (principal, evaluation) in &evaluations {
                    if out.reaches(apps, evaluation, app) {
                        out.access(principal, apps, evaluation, app);
                    }
                }
            }
        }
        done += 1;
    }
    kept.emit_providers(out);
    let total = holdings.len() as u32;
    out.page.progress = Progress { phase: at.phase.word(), done, total: Some(total) };
    Ok((done < total).then(|| Cursor { item: done, ..at.clone() }))
}
