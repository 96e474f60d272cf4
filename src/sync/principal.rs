//! A principal whose holdings are read.

use super::upstream::Emit;
use crate::cloudflare::member::Member;
use crate::cloudflare::service_token::ServiceToken;
use crate::cloudflare::user::AccessUser;
use crate::cloudflare::user_group::UserGroup;
use crate::digest::Digest;
use crate::model::{Kind, Resource, ResourceId};
use crate::records;
use crate::roles::KnownGroup;
use crate::rules::{Standing, Subject};

/// A principal, as it was read.
pub enum Principal {
    /// An Access user.
    User(AccessUser),
    /// An account member.
    Member(Member),
    /// A user group.
    UserGroup(UserGroup),
    /// A service token.
    Token(ServiceToken),
    /// An address that nobody has, in ASCII lower case.
    Address(String),
}

impl Principal {
    /// Returns the principal as a resource.
    pub fn resource(&self) -> Resource {
        match self {
            Principal::User(user) => records::user::resource(user),
            Principal::Member(member) => records::member::resource(member),
            Principal::UserGroup(group) => records::user_group::resource(group),
            Principal::Token(token) => records::service_token::resource(token),
            Principal::Address(address) => records::email::resource(address),
        }
    }

    /// Returns the principal's id.
    pub fn id(&self) -> ResourceId {
        match self {
            Principal::User(user) => ResourceId::new(Kind::User, user.id.as_str()),
            Principal::Member(member) => ResourceId::new(Kind::Member, member.id.as_str()),
            Principal::UserGroup(group) => ResourceId::new(Kind::UserGroup, group.id.as_str()),
            Principal::Token(token) => ResourceId::new(Kind::ServiceToken, token.id.as_str()),
            Principal::Address(address) => ResourceId::new(Kind::Email, address),
        }
    }

    /// Returns the subject that rules are evaluated for. There is none for a user group, and for a token
    /// that can't be used at this time, in seconds since 1970.
    pub fn subject(&self, now: Option<i64>) -> Option<Subject<'_>> {
        let (address, standing) = match self {
            Principal::User(user) => (user.email.as_deref(), Standing::None),
            Principal::Member(member) => (member.email.as_deref(), records::member::standing(member.status)),
            Principal::Address(address) => (Some(address.as_str()), Standing::None),
            Principal::UserGroup(_) => return None,
            Principal::Token(token) => {
                return token.is_valid(now).then_some(Subject::Token(token.id.as_str()));
            }
        };
        Some(Subject::Person { address, standing })
    }

    /// Returns the account member that the principal is, if it is one.
    pub const fn member(&self) -> Option<&Member> {
        if let Principal::Member(member) = self { Some(member) } else { None }
    }

    /// Returns the user group that the principal is, if it is one.
    pub fn group(&self) -> Option<KnownGroup> {
        if let Principal::UserGroup(group) = self { Some(group.into()) } else { None }
    }

    /// Returns a digest of everything that decides what the principal holds.
    pub fn digest(&self) -> Digest {
        let id = self.id();
        let rests_on = match self {
            Principal::User(user) => user.rests_on(),
            Principal::Member(member) => member.rests_on(),
            Principal::UserGroup(group) => group.rests_on(),
            Principal::Token(token) => token.rests_on(),
            Principal::Address(_) => String::new(),
        };
        Digest::new().with("principal").with(id.kind.as_str()).with(&id.id).with(&rests_on)
    }
}
