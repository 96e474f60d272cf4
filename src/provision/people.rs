//! The principals of a call: their addresses, read in the fewest requests.

use super::errors::refused;
use super::reading::find;
use super::target::PrincipalRef;
use crate::cloudflare::client::Client;
use crate::cloudflare::id::Id;
use crate::cloudflare::member::{self, Member};
use crate::cloudflare::service_token::{self, ServiceToken};
use crate::cloudflare::transport::Transport;
use crate::cloudflare::user::{self, AccessUser};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Kind, ResourceId};
use crate::records::member::standing;
use crate::rules::{Standing, Subject};
use crate::sorted::{Map, Set};

/// A principal as groups see it.
#[derive(Clone, Debug)]
pub(crate) struct Principal {
    /// The id that is reported.
    pub id: ResourceId,
    /// The address as Cloudflare spells it.
    address: Option<String>,
    /// The address in ASCII lower case.
    key: Option<String>,
    standing: Standing,
}

impl Principal {
    fn new(id: ResourceId, address: Option<String>, standing: Standing) -> Self {
        Self { id, key: address.as_deref().map(str::to_ascii_lowercase), address, standing }
    }

    /// The principal that a user is.
    pub fn of_user(user: AccessUser) -> Self {
        Self::new(ResourceId::new(Kind::User, user.id.as_str()), user.email, Standing::None)
    }

    /// The principal that an account member is.
    pub fn of_member(member: Member) -> Self {
        let standing = standing(member.status);
        Self::new(ResourceId::new(Kind::Member, member.id.as_str()), member.email, standing)
    }

    /// Whether it is an account member who has accepted.
    pub fn is_accepted_member(&self) -> bool {
        self.standing == Standing::Accepted
    }

    /// Returns the same person as an accepted account member.
    pub fn as_accepted_member(&self) -> Self {
        Self { standing: Standing::Accepted, ..self.clone() }
    }

    /// Returns the same person as one who is known to be no account member. A rule about members treats
    /// them as one who declined: they can't log in as a member.
    pub fn as_no_member(&self) -> Self {
        Self { standing: Standing::Rejected, ..self.clone() }
    }

    /// Returns the same person with the address as a rule spells it.
    pub fn with_address(&self, address: &str) -> Self {
        Self { address: Some(address.to_owned()), ..self.clone() }
    }

    /// Whether it is a service token.
    pub fn is_token(&self) -> bool {
        self.id.kind == Kind::ServiceToken
    }

    /// The subject that rules are evaluated for.
    pub fn subject(&self) -> Subject<'_> {
        if self.is_token() {
            return Subject::Token(&self.id.id);
        }
        Subject::Person { address: self.address.as_deref(), standing: self.standing }
    }

    /// The address as Cloudflare spells it.
    pub fn address(&self) -> Option<&str> {
        self.address.as_deref()
    }

    /// The address in ASCII lower case. It is the same for principals whom the same rules name.
    pub fn address_key(&self) -> Option<&str> {
        self.key.as_deref()
    }
}

/// The users, members and service tokens among the principals of a call, as they were read.
#[derive(Default)]
pub(crate) struct People {
    users: Map<Id, Result<AccessUser>>,
    members: Map<Id, Result<Member>>,
    tokens: Map<Id, Result<ServiceToken>>,
    /// The time at Cloudflare when they were read, in seconds since 1970.
    date: Option<i64>,
}

impl People {
    /// Reads those of the principals that weren't read yet.
    pub fn learn<'a, T: Transport>(
        &mut self,
        client: &mut Client<T>,
        principals: impl Iterator<Item = &'a PrincipalRef>,
    ) {
        let (mut users, mut members, mut tokens) = (Set::default(), Set::default(), Set::default());
        for principal in principals {
            match principal {
                PrincipalRef::User(id) if !self.users.contains_key(id) => users.insert(id.clone()),
                PrincipalRef::Member(id) if !self.members.contains_key(id) => members.insert(id.clone()),
                PrincipalRef::ServiceToken(id) if !self.tokens.contains_key(id) => tokens.insert(id.clone()),
                _ => false,
            };
        }
        self.users.extend(find(client, &user::COLLECTION, users, true));
        self.members.extend(find(client, &member::COLLECTION, members, true));
        self.tokens.extend(find(client, &service_token::COLLECTION, tokens, true));
        self.date = client.date();
    }

    /// Returns the member with this address, among those that were read.
    pub fn member_with(&self, address: &str) -> Option<&Member> {
        let has_address = |member: &&Member| {
            member.email.as_deref().is_some_and(|email| email.eq_ignore_ascii_case(address))
        };
        self.members.values().flatten().find(has_address)
    }

    /// Returns a member that was read.
    pub fn member(&self, id: &Id) -> Option<&Result<Member>> {
        self.members.get(id)
    }

    /// Notes what a write has made of a member.
    pub fn wrote(&mut self, member: Member) {
        self.members.insert(member.id.clone(), Ok(member));
    }

    /// Returns a principal that was read.
    ///
    /// # Errors
    /// The reason why it couldn't be read, about `principal`.
    pub fn principal(&self, principal: &PrincipalRef) -> Result<Principal> {
        self.known(principal).map_err(|error| error.about("principal"))
    }

    /// Returns why it isn't known whether a principal can be used. Nothing but service tokens takes a
    /// permission that changes don't need otherwise.
    pub fn doubt(&self, principal: &PrincipalRef) -> Option<&Error> {
        let PrincipalRef::ServiceToken(id) = principal else { return None };
        self.tokens.get(id)?.as_ref().err()
    }

    fn known(&self, principal: &PrincipalRef) -> Result<Principal> {
        let forgotten = || Error::internal("a principal was forgotten");
        match principal {
            PrincipalRef::Email(address) => {
                let id = ResourceId::new(Kind::Email, address);
                Ok(Principal::new(id, Some(address.clone()), Standing::None))
            }
            PrincipalRef::User(id) => {
                let user = self.users.get(id).cloned().unwrap_or_else(|| Err(forgotten()))?;
                Ok(Principal::of_user(user))
            }
            PrincipalRef::Member(id) => {
                let member = self.members.get(id).cloned().unwrap_or_else(|| Err(forgotten()))?;
                Ok(Principal::of_member(member))
            }
            PrincipalRef::ServiceToken(id) => {
                match self.tokens.get(id) {
                    Some(Err(error)) if error.kind == ErrorKind::NotFound => return Err(error.clone()),
                    Some(Ok(token)) if !token.is_valid(self.date) => {
                        let why = "This service token holds nothing, whatever policies say: it is disabled, \
                                   or it has expired. Enable or renew it in Cloudflare's dashboard.";
                        return Err(refused(why));
                    }
                    _ => {}
                }
                let id = ResourceId::new(Kind::ServiceToken, id.as_str());
                Ok(Principal::new(id, None, Standing::None))
            }
        }
    }
}
