//! The accounts of the person who leaves.

use super::super::asked::{Address, Person};
use super::super::users;
use crate::cloudflare::client::gap::is_unreadable;
use crate::cloudflare::endpoint::Collection;
use crate::cloudflare::item::{Item, NotUnderstood};
use crate::cloudflare::listing::Gap;
use crate::cloudflare::member::{self, Member};
use crate::cloudflare::transport::Transport;
use crate::cloudflare::user::{self, AccessUser};
use crate::error::{Error, Result};
use crate::model::{Kind, ResourceId};
use crate::provision::call::Call;
use crate::provision::errors::not_found;
use crate::provision::people::Principal;
use crate::provision::reading::{each_member, users_with};
use crate::provision::target::PrincipalRef;

const USERS_NOT_KNOWN: &str = "The Access users can't all be read, so a user with this address may be \
                               there, with a seat: it wasn't looked for to its end and isn't removed.";
const MEMBERS_NOT_KNOWN: &str = "The members can't all be read, so a membership with this address may be \
                                 there, with its roles: it wasn't looked for to its end and isn't removed.";

/// Everything that the account has under one address.
pub(super) struct Found {
    pub address: String,
    pub users: Vec<AccessUser>,
    pub members: Vec<Member>,
    /// The reasons why accounts may be missing.
    pub gaps: Vec<String>,
    /// Whether all users with the address are known.
    pub knows_users: bool,
    /// Whether it is known who is a member with the address.
    pub knows_members: bool,
}

impl Found {
    /// Finds a person's accounts.
    ///
    /// # Errors
    /// There is no such account, or nothing can be read.
    pub fn learn<T: Transport>(call: &mut Call<'_, T>, person: &Person) -> Result<Self> {
        let (mut named, mut members) = (None, Vec::new());
        let address = match person {
            Person::Address(address) => Some(address.clone()),
            Person::User(id) => {
                let user = users::read(call, id)?;
                let user = user.ok_or_else(|| gone(not_found(&user::COLLECTION.object(id.clone()))))?;
                named.insert(user).email.clone()
            }
            Person::Member(id) => {
                let object = member::COLLECTION.object(id.clone());
                let account_id = call.client.settings().account_id.clone();
                let raw = call.client.one(&object).map_err(gone)?;
                let read = Member::read(&raw, &account_id);
                let read = read.map_err(|fault| object.not_understood(&fault.why))?;
                object.check(&read.id)?;
                let address = read.email.clone();
                members.push(read);
                address
            }
        };
        let address = address.and_then(|address| Address::read(&address).ok()).ok_or_else(|| {
            let message = "This account has no plain address by which everything of the person could be \
                           found. Remove the account itself.";
            Error::argument("person", message)
        })?;
        let mut found = Self {
            address: address.key,
            users: Vec::new(),
            members,
            gaps: Vec::new(),
            knows_users: true,
            knows_members: true,
        };
        found.find_users(call, named)?;
        found.find_members(call)?;
        let users = found.users.iter().cloned().map(Principal::of_user).collect();
        let members = found.members.iter().cloned().map(Principal::of_member).collect();
        if found.gaps.is_empty() {
            call.owners.found(&found.address, users, members);
        }
        Ok(found)
    }

    fn find_users<T: Transport>(&mut self, call: &mut Call<'_, T>, named: Option<AccessUser>) -> Result<()> {
        match users_with(call.client, &self.address) {
            Ok((users, gap)) => {
                self.users = users;
                self.knows_users = gap.is_none();
                self.miss(gap, &user::COLLECTION, USERS_NOT_KNOWN);
            }
            Err(error) => {
                self.knows_users = false;
                self.skip(error, USERS_NOT_KNOWN)?;
            }
        }
        let is_missing = |user: &AccessUser| self.users.iter().all(|known| known.id != user.id);
        self.users.extend(named.filter(is_missing));
        Ok(())
    }

    /// Looks at all members: that an address has only one is inferred, and whoever leaves leaves with all.
    fn find_members<T: Transport>(&mut self, call: &mut Call<'_, T>) -> Result<()> {
        let Self { address, members, .. } = self;
        let has_it = |shown: &str| shown.eq_ignore_ascii_case(address);
        let matters = |fault: &NotUnderstood| fault.address.as_deref().is_none_or(has_it);
        let read = each_member(call.client, None, &matters, &mut |member| {
            let is_new = members.iter().all(|known| known.id != member.id);
            if is_new && member.email.as_deref().is_some_and(has_it) {
                members.push(member);
            }
            false
        });
        self.knows_members = matches!(read, Ok(None));
        match read {
            Ok(gap) => self.miss(gap, &member::COLLECTION, MEMBERS_NOT_KNOWN),
            Err(error) => self.skip(error, MEMBERS_NOT_KNOWN)?,
        }
        Ok(())
    }

    fn miss(&mut self, gap: Option<Gap>, list: &Collection, reason: &str) {
        self.gaps.extend(gap.map(|gap| gap.error(reason, list).message.clone()));
    }

    /// Goes on without what the credentials may not read.
    fn skip(&mut self, error: Error, reason: &str) -> Result<()> {
        if !is_unreadable(&error) {
            return Err(error);
        }
        self.gaps.push([reason, " ", &error.message].concat());
        Ok(())
    }

    /// The address as a resource.
    pub fn id(&self) -> ResourceId {
        ResourceId::new(Kind::Email, self.address.as_str())
    }

    /// The ids of the accounts.
    pub fn accounts(&self) -> Vec<ResourceId> {
        let users = self.users.iter().map(|user| ResourceId::new(Kind::User, user.id.as_str()));
        let members = self.members.iter().map(|member| ResourceId::new(Kind::Member, member.id.as_str()));
        users.chain(members).collect()
    }

    /// The person as rules see them, without an account.
    ///
    /// # Errors
    /// Never: an address is one already.
    pub fn principal<T: Transport>(&self, call: &Call<'_, T>) -> Result<Principal> {
        call.people.principal(&PrincipalRef::Email(self.address.clone()))
    }
}

/// Says what to do where the account that names the person isn't there.
fn gone(mut error: Error) -> Error {
    if is_unreadable(&error) {
        error.message.push_str(" If the account was removed before, name the person by the address.");
        error = error.or_about("person");
    }
    error
}
