//! The users and the members that have an address. A change can name an address alone, and a sync
//! shows somebody who has it as a user or a member: that is whom its report is about.

use super::people::Principal;
use super::reading::{each_member, each_user_found};
use crate::cloudflare::client::Client;
use crate::cloudflare::endpoint::Collection;
use crate::cloudflare::item::NotUnderstood;
use crate::cloudflare::listing::{Ahead, Gap, Listing};
use crate::cloudflare::transport::Transport;
use crate::cloudflare::user::{self, AccessUser};
use crate::cloudflare::{member, member::Member};
use crate::error::{Error, Result};
use crate::sorted::{Map, Set};

/// The owners of the addresses that a call looked for.
#[derive(Default)]
pub(crate) struct Owners {
    users: Known,
    members: Known,
}

/// The owners of one kind.
#[derive(Default)]
struct Known {
    /// By address in lower case. An address that nobody has is among them too.
    by_address: Map<String, Vec<Principal>>,
    /// The reason why the owners of all other addresses aren't known. Nothing is asked again.
    unknown: Option<Unknown>,
}

/// The reason why an owner isn't known.
#[derive(Clone)]
enum Unknown {
    /// The list can't be read.
    Failed(Error),
    /// A part of the list wasn't seen.
    Gap(Gap),
}

impl Owners {
    /// Finds the members with these addresses, which are in lower case.
    ///
    /// # Errors
    /// `reason`, and why the owner of one of them isn't known.
    pub fn learn_members<T: Transport>(
        &mut self,
        client: &mut Client<T>,
        addresses: &Set<String>,
        reason: &str,
    ) -> Result<()> {
        self.members.learn(addresses, |wanted, found| find_members(client, wanted, found));
        self.members.check(addresses, &member::COLLECTION, reason)
    }

    /// Finds the users and the members with these addresses, which are in lower case. Returns the
    /// reasons why some of them aren't known.
    pub fn learn<T: Transport>(&mut self, client: &mut Client<T>, addresses: &Set<String>) -> Vec<Error> {
        let reason = |list: &Collection| {
            format!(
                "The {} couldn't all be read, so whoever a change names by an address may have an account \
                 that isn't known. What is gained and lost is told of the accounts that are known.",
                list.noun
            )
        };
        self.users.learn(addresses, |wanted, found| find_users(client, wanted, found));
        let users = self.users.check(addresses, &user::COLLECTION, &reason(&user::COLLECTION));
        let members = self.learn_members(client, addresses, &reason(&member::COLLECTION));
        [users, members].into_iter().filter_map(Result::err).collect()
    }

    /// Notes who has an address, which is in lower case: all of its users, and its member.
    pub fn found(&mut self, address: &str, users: Vec<Principal>, members: Vec<Principal>) {
        self.users.by_address.insert(address.to_owned(), users);
        self.members.by_address.insert(address.to_owned(), members);
    }

    /// Returns the member with this address; `None` if it isn't known whether there is one.
    pub fn member(&self, address: &str) -> Option<Option<&Principal>> {
        self.members.by_address.get(address).map(|owners| owners.first())
    }

    /// Whether the owners of an address were looked for, with or without success.
    pub fn is_settled(&self, address: &str) -> bool {
        [&self.users, &self.members].into_iter().all(|known| known.is_settled(address))
    }

    /// Returns the owners of an address, as far as they are known.
    pub fn of(&self, address: &str) -> Vec<Principal> {
        let owners = [&self.users, &self.members].into_iter().filter_map(|it| it.by_address.get(address));
        owners.flatten().cloned().collect()
    }
}

impl Known {
    /// Looks for those of the addresses that aren't settled yet.
    fn learn(
        &mut self,
        addresses: &Set<String>,
        find: impl FnOnce(&Set<String>, &mut Found) -> Result<Option<Gap>>,
    ) {
        let wanted: Set<String> =
            addresses.iter().filter(|address| !self.is_settled(address)).cloned().collect();
        if wanted.is_empty() {
            return;
        }
        let mut found = Found::default();
        let gap = find(&wanted, &mut found);
        self.by_address.extend(found);
        match gap {
            Ok(None) => {
                for address in wanted {
                    self.by_address.get_or_insert_with(address, Vec::new);
                }
            }
            Ok(Some(gap)) => self.unknown = Some(Unknown::Gap(gap)),
            Err(error) => self.unknown = Some(Unknown::Failed(error)),
        }
    }

    fn is_settled(&self, address: &str) -> bool {
        self.unknown.is_some() || self.by_address.contains_key(address)
    }

    fn check(&self, addresses: &Set<String>, list: &Collection, reason: &str) -> Result<()> {
        let is_known = |address: &String| self.by_address.contains_key(address);
        match &self.unknown {
            Some(_) if addresses.iter().all(is_known) => Ok(()),
            Some(Unknown::Gap(gap)) => Err(gap.error(reason, list)),
            Some(Unknown::Failed(error)) => {
                let mut error = error.clone();
                error.message = format!("{reason} {}", error.message);
                Err(error)
            }
            None => Ok(()),
        }
    }
}

/// The owners that were found, by address in lower case.
type Found = Map<String, Vec<Principal>>;

/// Keeps somebody whose address is wanted, once.
fn keep(found: &mut Found, wanted: &Set<String>, owner: Principal) {
    let Some(address) = owner.address_key().map(str::to_owned).filter(|it| wanted.contains(it)) else {
        return;
    };
    let owners = found.get_or_insert_with(address, Vec::new);
    if owners.iter().all(|known| known.id != owner.id) {
        owners.push(owner);
    }
}

/// Whether an item that can't be understood could have one of these addresses.
fn may_be_one_of(wanted: &Set<String>) -> impl Fn(&NotUnderstood) -> bool {
    |fault| fault.address.as_ref().is_none_or(|address| wanted.contains(&address.to_ascii_lowercase()))
}

/// Looks at the members until each address has its owner: an account has one membership for an
/// address (inferred: POST /accounts/{account_id}/members answers 1008 for a second one). No query
/// finds a member by the address (OpenAPI: GET /accounts/{account_id}/members).
fn find_members<T: Transport>(
    client: &mut Client<T>,
    wanted: &Set<String>,
    found: &mut Found,
) -> Result<Option<Gap>> {
    each_member(client, None, &may_be_one_of(wanted), &mut |member: Member| {
        keep(found, wanted, Principal::of_member(member));
        found.iter().count() == wanted.len()
    })
}

/// Looks for users one by one, or page by page for as long as that can take fewer requests.
fn find_users<T: Transport>(
    client: &mut Client<T>,
    wanted: &Set<String>,
    found: &mut Found,
) -> Result<Option<Gap>> {
    let matters = may_be_one_of(wanted);
    let mut left: Set<String> = wanted.iter().cloned().collect();
    if wanted.len() > 1 {
        let mut listing = Listing::<AccessUser>::new(&user::COLLECTION, Ahead::Unsent).looking_for(&matters);
        while let Some(page) = listing.next(client)? {
            for user in page.into_new_items() {
                keep(found, wanted, Principal::of_user(user));
            }
            left = wanted.iter().filter(|address| !found.contains_key(*address)).cloned().collect();
            let Some(rest) = listing.rest() else { return Ok(listing.gap().cloned()) };
            let count = left.len();
            if count == 0 || rest.pages_left().is_some_and(|pages| pages as usize > count) {
                break;
            }
        }
    }
    for address in &left {
        let mut is_whole_list = false;
        let gap = each_user_found(client, address, &matters, &mut |user| {
            let user = Principal::of_user(user);
            is_whole_list |= user.address_key().is_some_and(|shown| !shown.contains(address.as_str()));
            keep(found, wanted, user);
        })?;
        if gap.is_some() {
            return Ok(gap);
        }
        // A server that ignores the address has shown everybody. One that finds parts of addresses
        // has shown only those that contain this one.
        if is_whole_list {
            break;
        }
    }
    Ok(None)
}
