//! Asks Cloudflare for what grants on roles rest on beside the lists of roles and user groups.

use super::call::{Call, Memory};
use super::principal::Principal;
use super::privileges::Privileges;
use crate::cloudflare::came::Came;
use crate::cloudflare::client::Client;
use crate::cloudflare::client::gap::is_unreadable;
use crate::cloudflare::id::Id;
use crate::cloudflare::item::Item;
use crate::cloudflare::listing::{self, Ahead};
use crate::cloudflare::member::{self, Member};
use crate::cloudflare::paging::Position;
use crate::cloudflare::permission_group::{self, ListedGroup};
use crate::cloudflare::role::Role;
use crate::cloudflare::transport::Transport;
use crate::cloudflare::user_group::{self, GroupMember};
use crate::error::{ErrorKind, Result};
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
    let Memory { learned, came, principals, .. } = &mut *call.memory;
    let privileges = &mut learned.privileges;
    let Some(group) = privileges.group(place).map(|group| group.id.clone()) else {
        return Ok(Joined::default());
    };
    let mut members = principals.iter().flatten().filter_map(Principal::member);
    let page = match members.next() {
        Some(member) => is_in(call.client, &group, &member.id),
        None => members_of(call.client, came, &group, at),
    };
    let (members, next, warnings) = match page {
        Err(error) if is_unreadable(&error) && call.only.is_none_or(|only| only.kind != Kind::UserGroup) => {
            (None, None, vec![warnings::user_groups_not_readable(Some(&group), &error.message)])
        }
        page => {
            let (members, next, warnings) = page?;
            (Some(members), next, warnings)
        }
    };
    privileges.join(place, members.clone(), next)?;
    Ok(Joined { members: members.map(|members| (group, members)), warnings })
}

/// The members on a page, the page behind it, and warnings.
type Page = (Vec<Id>, Option<Position>, Vec<Warning>);

/// Reads a page of the members of a user group.
fn members_of<T: Transport>(
    client: &mut Client<T>,
    came: &mut Came,
    group: &Id,
    at: Position,
) -> Result<Page> {
    let list = user_group::members(group);
    came.begin(&list, at.page, &[]);
    let page = listing::load::<_, GroupMember>(client, &list, at, Ahead::Sent, came, &|_, _| false)?;
    let what = ["members of user group ", group.as_str()].concat();
    let (warnings, next) = (warnings::of_page(Kind::Member, &what, &page), page.verdict.next);
    let members = page.into_new_items().filter(|member| !member.has_declined);
    Ok((members.map(|member| member.id).collect(), next, warnings))
}

/// Asks whether one member is in a user group: one request tells it, whatever the number of members.
fn is_in<T: Transport>(client: &mut Client<T>, group: &Id, member: &Id) -> Result<Page> {
    let object = user_group::MEMBERS.object_of(group.clone(), member.clone());
    let is_in = match client.one(&object) {
        Ok(raw) => {
            let found = GroupMember::read(&raw, "").map_err(|fault| object.not_understood(&fault.why))?;
            object.check(&found.id)?;
            true
        }
        Err(error) if error.kind == ErrorKind::NotFound => false,
        Err(error) => return Err(error),
    };
    Ok((is_in.then(|| member.clone()).into_iter().collect(), None, Vec::new()))
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
        // The role of a member who isn't seen here doesn't keep its id.
        return Ok((Vec::new(), warnings::of_page(Kind::Member, list.noun, &page)));
    }
    let list = &permission_group::COLLECTION;
    came.begin(list, at.page, &[]);
    let page = listing::load::<_, ListedGroup>(call.client, list, at, Ahead::Sent, came, &|_, _| false);
    let (mut roles, mut warnings, mut gap) = (Vec::new(), Vec::new(), None);
    match page {
        Ok(page) => {
            warnings = warnings::of_page(Kind::Role, list.noun, &page);
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
