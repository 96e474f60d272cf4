//! Asks Cloudflare for what grants on roles rest on beside the lists of roles and user groups.

use super::call::{Call, Memory};
use super::privileges::Privileges;
use crate::cloudflare::client::gap::is_unreadable;
use crate::cloudflare::id::Id;
use crate::cloudflare::listing::{self, Ahead};
use crate::cloudflare::member::{self, Member};
use crate::cloudflare::permission_group::{self, ListedGroup};
use crate::cloudflare::role::Role;
use crate::cloudflare::transport::Transport;
use crate::cloudflare::user_group::{self, GroupMember};
use crate::error::Result;
use crate::model::{Kind, Warning};
use crate::records::warnings;

/// A page of the members of a user group.
#[derive(Default)]
pub struct Joined {
    /// The group, and its members.
    pub members: Option<(Id, Vec<Id>)>,
    /// Warnings about what is missing.
    pub warnings: Vec<Warning>,
}

/// Reads the next page of the members of the next user group that matters. A group whose members can't be
/// read is a gap, unless it is the one that is wanted.
pub fn group_members<T: Transport>(call: &mut Call<'_, T>) -> Result<Joined> {
    let Some((place, at)) = call.next_group() else { return Ok(Joined::default()) };
    let Memory { learned, came, .. } = &mut *call.memory;
    let privileges = &mut learned.privileges;
    let Some(group) = privileges.group(place).map(|group| group.id.clone()) else {
        return Ok(Joined::default());
    };
    let mut warnings = Vec::new();
    let list = user_group::members(&group);
    came.begin(&list, at.page, &[]);
    let page = listing::load::<_, GroupMember>(call.client, &list, at, Ahead::Sent, came, &|_, _| false);
    let (members, next) = match page {
        Ok(page) => {
            let what = format!("members of user group {group}");
            let odd = page.not_understood();
            warnings.extend(odd.map(|(at, fault)| warnings::not_understood(Kind::Member, &what, at, fault)));
            warnings.extend(page.verdict.finding.map(|finding| warnings::list_moved(&what, finding)));
            let next = page.verdict.next;
            (Some(page.into_new_items().map(|member| member.id).collect::<Vec<_>>()), next)
        }
        Err(error) if is_unreadable(&error) && call.only.is_none_or(|only| only.kind != Kind::UserGroup) => {
            warnings.push(warnings::user_groups_not_readable(Some(&group), &error.message));
            (None, None)
        }
        Err(error) => return Err(error),
    };
    privileges.join(place, members.clone(), next)?;
    if call.next_group().is_none() {
        call.memory.learned.privileges.groups.settle();
    }
    Ok(Joined { members: members.map(|members| (group, members)), warnings })
}

/// Reads the next page of what tells names of roles where there is no list of them: first the account
/// members, whose roles keep their ids, then the permission groups. Returns the roles that are known
/// because of it, without those of members, and warnings about what is missing.
pub fn names<T: Transport>(call: &mut Call<'_, T>) -> Result<(Vec<Role>, Vec<Warning>)> {
    let Memory { learned, came, .. } = &mut *call.memory;
    let privileges = &mut learned.privileges;
    let (step, at) = privileges.names_next;
    if step == Privileges::OF_MEMBERS {
        let list = &member::COLLECTION;
        came.begin(list, at.page, &[]);
        let mut page = listing::load::<_, Member>(call.client, list, at, Ahead::Sent, came, &|_, _| false)?;
        page.new_items().flat_map(|member| &member.roles).for_each(|role| privileges.show(role));
        call.out.page.progress.total = page.verdict.total;
        privileges.go_on(page.verdict.next);
        return Ok(Default::default());
    }
    let list = &permission_group::COLLECTION;
    came.begin(list, at.page, &[]);
    let page = listing::load::<_, ListedGroup>(call.client, list, at, Ahead::Sent, came, &|_, _| false);
    let (mut roles, mut warnings, mut gap) = (Vec::new(), Vec::new(), None);
    match page {
        Ok(page) => {
            let odd = page.not_understood();
            warnings
                .extend(odd.map(|(at, fault)| warnings::not_understood(Kind::Role, list.noun, at, fault)));
            warnings.extend(page.verdict.finding.map(|finding| warnings::list_moved(list.noun, finding)));
            privileges.go_on(page.verdict.next);
            let of_account = page.into_new_items().filter(|group| group.is_of_account);
            roles.extend(of_account.map(|group| group.role).filter(|role| privileges.stands_alone(role)));
        }
        Err(error) if is_unreadable(&error) => {
            privileges.go_on(None);
            gap = Some(error.message.clone());
        }
        Err(error) => return Err(error),
    }
    if !privileges.lacks_names() {
        warnings.push(warnings::roles_moved(
            privileges.no_list.as_deref(),
            &privileges.shown,
            gap.as_deref(),
        ));
    }
    let known = privileges.shown.iter().chain(&roles).map(|role| role.id.as_str().to_owned());
    learned.seen.note(Kind::Role, Some(known.collect()), None);
    Ok((roles, warnings))
}
