//! People: everything that the account has under one address. An Access user, a membership and the rules that
//! name an address are one SCIM user.

use super::groups::{self, members_of};
use super::membership::{KnownRoles, Membership};
use crate::cloudflare::client::Client;
use crate::cloudflare::endpoint::Collection;
use crate::cloudflare::id::Id;
use crate::cloudflare::item::NotUnderstood;
use crate::cloudflare::listing::{Ahead, Entry, Gap, Listing};
use crate::cloudflare::member::{self, Member, Status};
use crate::cloudflare::transport::Transport;
use crate::cloudflare::user::{self, AccessUser};
use crate::error::Result;
use crate::json::value::Json;
use crate::lifecycle::groups::is_nobodys;
use crate::provision::reading::{member_with, users_with};
use crate::records;
use crate::rules::{Standing, is_address};
use crate::sorted::Map;

const NOT_WHOLE: &str = "Not everybody could be read, so nobody is shown.";

/// An Access user, as far as SCIM shows it.
#[derive(Clone, Debug)]
pub(super) struct Account {
    pub id: Id,
    pub name: Option<String>,
    pub last_login: Option<String>,
    pub has_access_seat: bool,
    pub has_gateway_seat: bool,
    pub created: Option<String>,
    pub updated: Option<String>,
}

/// Everything that the account has under one address.
#[derive(Clone, Debug, Default)]
pub(super) struct Person {
    pub users: Vec<Account>,
    pub member: Option<Membership>,
    /// Whether the include of a group names the address; `None` if no group was read.
    pub is_named: Option<bool>,
}

impl Person {
    /// Whether the account has anything under the address.
    pub fn is_there(&self) -> bool {
        !self.users.is_empty() || self.member.is_some() || self.is_named == Some(true)
    }

    /// Whether the person has something now, or is expected: a seat, a rule of their own or a membership, or
    /// an Access user who has never logged in. `None` if that depends on groups, and none was read.
    pub fn is_active(&self) -> Option<bool> {
        let has_seat = |user: &Account| user.has_access_seat || user.has_gateway_seat;
        let is_new = |user: &Account| user.last_login.is_none();
        let is_member = self.member.as_ref().is_some_and(|member| member.status != Status::Rejected);
        let is_seen = is_member || self.users.iter().any(|user| has_seat(user) || is_new(user));
        if is_seen { Some(true) } else { self.is_named }
    }

    /// The standing that a rule about account members sees.
    pub fn standing(&self) -> Standing {
        self.member.as_ref().map_or(Standing::None, |member| records::member::standing(member.status))
    }
}

impl From<AccessUser> for Account {
    fn from(user: AccessUser) -> Self {
        let profile = Json::parse(&user.profile).unwrap_or(Json::Null);
        let flag = |name| matches!(profile.get(name), Json::Bool(true));
        let text = |name| profile.get(name).text().map(str::to_owned);
        Self {
            id: user.id,
            name: user.name,
            last_login: user.last_successful_login,
            has_access_seat: flag("access_seat"),
            has_gateway_seat: flag("gateway_seat"),
            created: text("created_at"),
            updated: text("updated_at"),
        }
    }
}

/// A part of what the account has under an address.
enum Part {
    User(Account),
    Member(Membership),
    Rule,
    /// Somebody who can't be understood, and has the address.
    Somebody,
}

impl Person {
    fn add(&mut self, part: Part) {
        match part {
            Part::User(user) => self.users.push(user),
            Part::Member(member) => self.member = Some(member),
            Part::Rule | Part::Somebody => self.is_named = Some(true),
        }
    }
}

/// Returns an address as SCIM shows it: in lower case, if it is one that somebody can have.
fn key(address: Option<&str>) -> Option<String> {
    address.filter(|address| is_address(address) && !is_nobodys(address)).map(str::to_ascii_lowercase)
}

/// Reads everybody: Access users, the addresses that groups include, and with `members` the account's
/// members. Nobody without an address is among them.
///
/// # Errors
/// Something can't be read, or the list moved: somebody would be missing.
pub(super) fn everybody<T: Transport>(client: &mut Client<T>, members: bool) -> Result<Map<String, Person>> {
    let mut parts: Vec<(String, Part)> = Vec::new();
    let mut listing = Listing::<AccessUser>::new(&user::COLLECTION, Ahead::Sent).looking_for(&is_nobody);
    while let Some(page) = listing.next(client)? {
        parts.extend(strange(&page.items));
        let users = page.into_new_items();
        parts.extend(users.filter_map(|user| Some((key(user.email.as_deref())?, Part::User(user.into())))));
    }
    whole(listing.gap(), &user::COLLECTION)?;
    if members {
        let (list, mut known) = (&member::COLLECTION, KnownRoles::default());
        let mut listing = Listing::<Member>::new(list, Ahead::Sent).looking_for(&is_nobody);
        while let Some(page) = listing.next(client)? {
            parts.extend(strange(&page.items));
            for member in page.into_new_items() {
                let Some(address) = key(member.email.as_deref()) else { continue };
                parts.push((address, Part::Member(known.membership(client, &member)?)));
            }
        }
        whole(listing.gap(), list)?;
    }
    let account_id = client.settings().account_id.clone();
    for group in groups::all(client)? {
        let named = members_of(&group, &account_id).addresses;
        parts.extend(named.into_iter().map(|address| (address, Part::Rule)));
    }
    let nobody = |(address, _): &(String, Part)| {
        (address.clone(), Person { is_named: Some(false), ..Person::default() })
    };
    let mut people: Map<String, Person> = parts.iter().map(nobody).collect();
    for (address, part) in parts {
        if let Some(person) = people.get_mut(&address) {
            person.add(part);
        }
    }
    Ok(people)
}

/// Reads what the account has under one address, which is in lower case: its Access users, with `members` its
/// membership too, and no group.
///
/// # Errors
/// It can't be read, or something that isn't understood may be it.
pub(super) fn with_address<T: Transport>(
    client: &mut Client<T>,
    address: &str,
    members: bool,
) -> Result<Person> {
    let mut person = Person::default();
    let (users, gap) = users_with(client, address)?;
    whole(gap.as_ref(), &user::COLLECTION)?;
    person.users.extend(users.into_iter().map(Account::from));
    if members {
        let member = member_with(client, address, NOT_WHOLE)?;
        let member = member.map(|member| KnownRoles::default().membership(client, &member));
        person.member = member.transpose()?;
    }
    Ok(person)
}

/// Whether somebody who can't be understood can't be shown either: no address is known.
fn is_nobody(fault: &NotUnderstood) -> bool {
    key(fault.address.as_deref()).is_none()
}

/// Returns those who can't be understood, and have an address.
fn strange<I>(items: &[Entry<I>]) -> impl Iterator<Item = (String, Part)> {
    items.iter().filter_map(|entry| match entry {
        Entry::NotUnderstood(fault) => Some((key(fault.address.as_deref())?, Part::Somebody)),
        _ => None,
    })
}

/// Checks that nothing was missing from a list.
fn whole(gap: Option<&Gap>, list: &Collection) -> Result<()> {
    gap.map_or(Ok(()), |gap| Err(gap.error(NOT_WHOLE, list)))
}
