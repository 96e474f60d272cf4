//! Reads of objects and members, in the fewest requests.

use super::errors::not_found;
use crate::cloudflare::client::Client;
use crate::cloudflare::endpoint::{Collection, Object};
use crate::cloudflare::id::Id;
use crate::cloudflare::item::{Item, NotUnderstood};
use crate::cloudflare::listing::{Ahead, AnyListed, Entry, Gap, Keyed, Listing, Read, Way};
use crate::cloudflare::member::{self, Member};
use crate::cloudflare::role::{self, Role};
use crate::cloudflare::transport::Transport;
use crate::cloudflare::user::{self, AccessUser};
use crate::error::{ErrorKind, Result};
use crate::sorted::{Map, Set};

/// Reads the objects with these ids: one by one, or page by page if that takes fewer requests.
/// With `lists_all`, an object that the whole collection doesn't have isn't there.
pub(crate) fn find<T: Transport, I: Item + 'static>(
    client: &mut Client<T>,
    list: &'static Collection,
    wanted: Set<Id>,
    lists_all: bool,
) -> Map<Id, Result<I>> {
    let object = |id| list.object(id);
    let (found, _) = find_any(client, list, &object, AnyListed::read::<I>, wanted, lists_all);
    let typed = |item: Result<AnyListed>| item.map(AnyListed::into).transpose();
    found.into_iter().filter_map(|(id, item)| Some((id, typed(item)?))).collect()
}

/// Names the object with an id.
type ObjectOf<'o> = &'o dyn Fn(Id) -> Object;

/// Reads the objects with these ids, as [`find`] does, of any collection. Also returns whether its pages
/// could be read.
pub(crate) fn find_any<T: Transport>(
    client: &mut Client<T>,
    list: &Collection,
    object_of: ObjectOf<'_>,
    read: Read<AnyListed>,
    wanted: Set<Id>,
    lists_all: bool,
) -> (Vec<(Id, Result<AnyListed>)>, bool) {
    let account_id = client.settings().account_id.clone();
    let (mut missing, mut found) = (wanted, Vec::new());
    let read_whole = if missing.len() > 1 {
        find_in_pages(client, list, object_of, read, &mut missing, &mut found)
    } else {
        Ok(false)
    };
    for id in missing {
        let object = object_of(id.clone());
        let item = match (&read_whole, client.stopped()) {
            // Each alone would fail in the same way.
            (Err(error), _) => Err(error.clone()),
            (_, Some(stopped)) => Err(stopped.not_tried()),
            (Ok(true), None) if lists_all => Err(not_found(&object)),
            _ => client
                .one(&object)
                .and_then(|raw| read(&raw, &account_id).map_err(|fault| object.not_understood(&fault.why))),
        };
        found.push((id, item));
    }
    (found, read_whole.is_ok())
}

/// Reads pages for as long as that can take fewer requests than asking for what is missing. Returns
/// whether that was the whole collection, without a gap: what is still missing then isn't there.
fn find_in_pages<T: Transport>(
    client: &mut Client<T>,
    list: &Collection,
    object_of: ObjectOf<'_>,
    read: Read<AnyListed>,
    missing: &mut Set<Id>,
    found: &mut Vec<(Id, Result<AnyListed>)>,
) -> Result<bool> {
    let is_nameless = |fault: &NotUnderstood| fault.id.is_none();
    let mut listing = Way::new(list, Ahead::Unsent, read).looking_for(&is_nameless);
    while let Some(page) = listing.next(client)? {
        for entry in page.items {
            match entry {
                Entry::New(item) => {
                    if missing.remove(item.key())
                        && let Some(id) = Id::parse(item.key())
                    {
                        found.push((id, Ok(item)));
                    }
                }
                Entry::NotUnderstood(fault) => {
                    if let Some(id) = fault.id.filter(|id| missing.remove(id)) {
                        found.push((id.clone(), Err(object_of(id).not_understood(&fault.why))));
                    }
                }
                Entry::Repeated(_) => {}
            }
        }
        let Some(rest) = listing.rest() else { break };
        if missing.is_empty() || rest.pages_left().is_some_and(|left| left as usize > missing.len()) {
            break;
        }
    }
    Ok(listing.is_whole())
}

/// Returns the Access users with this address, which is in ASCII, and the gap that may have another one.
///
/// # Errors
/// The collection can't be read.
pub(crate) fn users_with<T: Transport>(
    client: &mut Client<T>,
    address: &str,
) -> Result<(Vec<AccessUser>, Option<Gap>)> {
    let matters =
        |fault: &NotUnderstood| fault.address.as_ref().is_none_or(|it| it.eq_ignore_ascii_case(address));
    let mut users = Vec::new();
    let gap = each_user_found(client, address, &matters, &mut |user| {
        if user.email.as_deref().is_some_and(|email| email.eq_ignore_ascii_case(address)) {
            users.push(user);
        }
    })?;
    Ok((users, gap))
}

/// Looks at the users that Cloudflare finds for this address, among whom there can be others. Returns the
/// gap that may have another one.
///
/// `matters` decides whether a user who can't be understood could be one that is looked for.
///
/// # Errors
/// The collection can't be read.
pub(super) fn each_user_found<T: Transport>(
    client: &mut Client<T>,
    address: &str,
    matters: &dyn Fn(&NotUnderstood) -> bool,
    each: &mut dyn FnMut(AccessUser),
) -> Result<Option<Gap>> {
    let list = user::with_address(address);
    let mut listing = Listing::<AccessUser>::new(&list, Ahead::Unsent).looking_for(matters);
    while let Some(page) = listing.next(client)? {
        page.into_new_items().for_each(&mut *each);
    }
    Ok(listing.gap().cloned())
}

/// Finds the member with each of these addresses, which are in lower case, as far as one that counts is
/// there. No query finds a member by the address (OpenAPI: `GET /accounts/{account_id}/members`).
///
/// # Errors
/// The collection can't be read, or somebody in it may be one of them: `unknown` says what isn't known then.
pub(crate) fn members_with<T: Transport>(
    client: &mut Client<T>,
    wanted: &Set<String>,
    counts: &dyn Fn(&Member) -> bool,
    unknown: &str,
) -> Result<Map<String, Member>> {
    let mut found = Map::default();
    if wanted.is_empty() {
        return Ok(found);
    }
    let matters = |fault: &NotUnderstood| {
        fault.address.as_ref().is_none_or(|address| wanted.contains(&address.to_ascii_lowercase()))
    };
    let gap = each_member(client, None, &matters, &mut |member| {
        let address = member.email.as_deref().unwrap_or_default().to_ascii_lowercase();
        if wanted.contains(&address) && counts(&member) {
            found.insert(address, member);
        }
        found.iter().count() == wanted.len()
    })?;
    gap.map_or(Ok(found), |gap| Err(gap.error(unknown, &member::COLLECTION)))
}

/// Finds the member with this address, which is in lower case.
///
/// # Errors
/// As for [`members_with`].
pub(crate) fn member_with<T: Transport>(
    client: &mut Client<T>,
    address: &str,
    unknown: &str,
) -> Result<Option<Member>> {
    let wanted = [address.to_owned()].into_iter().collect();
    Ok(members_with(client, &wanted, &|_| true, unknown)?.remove(address))
}

/// Looks at the account's members until `enough` returns true, or for so many pages. Returns the
/// gap, if the collection ended without `enough` and a member may not have been seen.
///
/// `matters` decides whether a member that can't be understood could be one that is looked for.
///
/// # Errors
/// The collection can't be read.
pub(crate) fn each_member<T: Transport>(
    client: &mut Client<T>,
    pages: Option<u32>,
    matters: &dyn Fn(&NotUnderstood) -> bool,
    enough: &mut dyn FnMut(Member) -> bool,
) -> Result<Option<Gap>> {
    let mut listing = Listing::<Member>::new(&member::COLLECTION, Ahead::Unsent).looking_for(matters);
    while let Some(page) = listing.next(client)? {
        let number = page.at.page;
        if page.into_new_items().any(&mut *enough) || pages.is_some_and(|pages| number >= pages) {
            return Ok(None);
        }
    }
    Ok(listing.gap().cloned())
}

/// Looks at the account's roles: at those of the list, and where Cloudflare has no such list any more, at
/// those that members show. Returns a gap in which one of them may not have been seen, and the list that has
/// the gap.
///
/// # Errors
/// The list can't be read.
pub(crate) fn each_role<T: Transport>(
    client: &mut Client<T>,
    ahead: Ahead,
    each: &mut dyn FnMut(Role),
) -> Result<Option<(Gap, &'static Collection)>> {
    let mut listing = Listing::<Role>::new(&role::COLLECTION, ahead);
    loop {
        match listing.next(client) {
            Ok(Some(page)) => page.into_new_items().for_each(&mut *each),
            Ok(None) => return Ok(listing.gap().cloned().map(|gap| (gap, &role::COLLECTION))),
            Err(error) if error.kind == ErrorKind::NotFound => break,
            Err(error) => return Err(error),
        }
    }
    let gap = each_member(client, None, &|_| true, &mut |member| {
        member.roles.into_iter().for_each(&mut *each);
        false
    })?;
    Ok(gap.map(|gap| (gap, &member::COLLECTION)))
}
