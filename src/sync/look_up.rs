//! Looks up the principal whose holdings are read: one account, or all that have an address.

use super::call::Call;
use super::principal::Principal;
use crate::cloudflare::endpoint::Collection;
use crate::cloudflare::id::Id;
use crate::cloudflare::item::{Item, NotUnderstood};
use crate::cloudflare::listing::{self, Ahead, Listing, Page};
use crate::cloudflare::member::{self, Member};
use crate::cloudflare::paging::Position;
use crate::cloudflare::service_token;
use crate::cloudflare::transport::Transport;
use crate::cloudflare::user::{self, AccessUser};
use crate::cloudflare::user_group;
use crate::error::{Error, ErrorKind, Result};
use crate::kinds;
use crate::model::{Kind, ResourceId, Warning};
use crate::records::warnings;
use crate::rules::is_address;

/// Checks that something of this kind can hold something, and that this can be its id.
///
/// # Errors
/// `invalid-argument` about `principal`. Nothing that was asked for is repeated: a secret can stand
/// there by mistake.
pub fn check(asked: &ResourceId) -> Result<()> {
    /// The longest address, in bytes: RFC 5321, section 4.5.3.1.3, without the signs around it.
    const LONGEST: usize = 254;
    let wrong = |message: String| Err(Error::argument("principal", message));
    let mut principals = kinds::principals();
    match asked.kind {
        kind if principals.clone().all(|other| other != kind) => {
            let kinds: Vec<&str> = principals.by_ref().map(Kind::as_str).collect();
            wrong(format!(
                "A resource of the kind {kind} holds nothing. Those that do: {}.",
                kinds.join(", ")
            ))
        }
        Kind::Email if asked.id.len() > LONGEST || !is_address(&asked.id) => {
            wrong("This principal is not one address.".to_owned())
        }
        kind if kind != Kind::Email && Id::asked(&asked.id).is_none() => {
            wrong(format!("This is not the id of a {kind}."))
        }
        _ => Ok(()),
    }
}

/// Reads the principals, and adds them to the digest. `member` is the account member who has the
/// address, as far as an earlier page found one. Returns warnings of what wasn't understood.
///
/// # Errors
/// They can't be read; `not-found`.
pub fn learn<T: Transport>(
    call: &mut Call<'_, T>,
    asked: &ResourceId,
    member: Option<&Id>,
) -> Result<Vec<Warning>> {
    if call.memory.principals.is_some() {
        return Ok(Vec::new());
    }
    let mut told = Vec::new();
    let id = || Id::asked(&asked.id).ok_or_else(|| Error::internal("a principal without an id"));
    let mut principals = Vec::new();
    match asked.kind {
        Kind::User => principals.push(Principal::User(one(call, &user::COLLECTION, id()?)?)),
        Kind::Member => principals.push(Principal::Member(one(call, &member::COLLECTION, id()?)?)),
        Kind::UserGroup => principals.push(Principal::UserGroup(one(call, &user_group::COLLECTION, id()?)?)),
        Kind::ServiceToken => {
            principals.push(Principal::Token(one(call, &service_token::COLLECTION, id()?)?))
        }
        _ => {
            let found = call.memory.member.take();
            if let Some(found) = found.filter(|found| member.is_some_and(|id| *id == found.id)) {
                principals.push(Principal::Member(found));
            } else if let Some(id) = member {
                principals.push(Principal::Member(one(call, &member::COLLECTION, id.clone())?));
            }
            told = users_with(call, &asked.id, &mut principals)?;
            if principals.is_empty() {
                principals.push(Principal::Address(asked.id.clone()));
            }
        }
    }
    let learned = &mut call.memory.learned;
    for principal in &principals {
        learned.add_to_digest(principal.digest());
    }
    call.memory.principals = Some(principals);
    Ok(told)
}

/// Reads the account with this id, and no other: what somebody else holds must not pass for it.
fn one<T: Transport, I: Item>(call: &mut Call<'_, T>, list: &'static Collection, id: Id) -> Result<I> {
    let object = list.object(id.clone());
    let raw = call.client.one(&object)?;
    call.memory.learned.date = call.client.date();
    let item = I::read(&raw, &call.client.settings().account_id).map_err(|fault| fault.why);
    let is_it = |item: &I| item.id().as_str().eq_ignore_ascii_case(id.as_str());
    let item =
        item.and_then(|item| if is_it(&item) { Ok(item) } else { Err("it has another id".to_owned()) });
    item.map_err(|why| object.not_understood(&why))
}

/// Adds the Access users who have this address. The answer can have others too, whose addresses
/// contain it.
fn users_with<T: Transport>(
    call: &mut Call<'_, T>,
    address: &str,
    principals: &mut Vec<Principal>,
) -> Result<Vec<Warning>> {
    let list = user::with_address(address);
    let mut told = Vec::new();
    let mut listing = Listing::<AccessUser>::new(&list, Ahead::Unsent);
    while let Some(mut page) = listing.next(call.client)? {
        told.extend(warnings_of(&page, Kind::User, address));
        told.extend(page.verdict.finding.map(|finding| warnings::list_moved(list.noun, finding)));
        let found = page.new_items().filter(|user| has_address(user.email.as_deref(), address));
        principals.extend(found.map(|user| Principal::User(user.clone())));
    }
    Ok(told)
}

/// Reads a page of the account members, and looks for the one who has this address: an account has one
/// membership for an address (inferred: POST /accounts/{account_id}/members answers 1008 for a second
/// one), and no query finds it (OpenAPI: GET /accounts/{account_id}/members). Returns where the list
/// continues, unless the member is found.
///
/// # Errors
/// The page can't be read.
pub fn look_for_member<T: Transport>(
    call: &mut Call<'_, T>,
    address: &str,
    at: Position,
    tail: &[u64],
) -> Result<Option<Position>> {
    let (list, came) = (&member::COLLECTION, &mut call.memory.came);
    came.begin(list, at.page, tail);
    let mut page = listing::load::<_, Member>(call.client, list, at, Ahead::Unsent, came, &|_, _| false)?;
    let found = page.new_items().find(|member| has_address(member.email.as_deref(), address));
    call.memory.member = found.map(|member| member.clone());
    if call.memory.member.is_some() {
        return Ok(None);
    }
    warnings_of(&page, Kind::Member, address).for_each(|warning| call.out.warning(warning));
    if let Some(finding) = page.verdict.finding {
        call.out.warning(warnings::list_moved(list.noun, finding));
    }
    let total = page.verdict.total;
    call.out.page.progress.total = total;
    Ok(page.verdict.next)
}

fn has_address(shown: Option<&str>, address: &str) -> bool {
    shown.is_some_and(|shown| shown.eq_ignore_ascii_case(address))
}

/// Warns of the items that can't be understood, and may have this address.
fn warnings_of<I>(page: &Page<I>, kind: Kind, address: &str) -> impl Iterator<Item = Warning> {
    let may_be = |fault: &NotUnderstood| {
        fault.address.as_deref().is_none_or(|shown| has_address(Some(shown), address))
    };
    let odd = page.not_understood().filter(move |(_, fault)| may_be(fault));
    odd.map(move |(place, fault)| warnings::not_understood(kind, kinds::row(kind).phase, place, fault))
}

/// Turns the failure to read a principal again into one of the cursor, where it isn't there any more.
pub fn again(error: Error) -> Error {
    match error.kind {
        ErrorKind::NotFound => Error::cursor("the principal isn't there any more"),
        _ => error,
    }
}
