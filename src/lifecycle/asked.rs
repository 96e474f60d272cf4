//! The form of a step: whom it is about, and what it does.

use super::step::Step;
use crate::cloudflare::endpoint::Write;
use crate::cloudflare::id::Id;
use crate::error::{Error, Result};
use crate::identities::plain_address;
use crate::json::{entries, has_key_twice};
use crate::model::{Kind, ResourceId};
use crate::provision::target::Target;
use crate::sorted::sort;

/// A step whose form is right. The order is the order of a call: people come in first, and accounts are
/// removed last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Planned {
    Invite(Invite),
    AddUser(NewUser),
    EndSessions(Person),
    FreeSeat(Id),
    RemoveMember(Id),
    RemoveUser(Id),
}

/// An invitation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Invite {
    pub address: Address,
    /// Roles and scoped roles, sorted, each once.
    pub roles: Vec<(Kind, String)>,
    pub without_mail: bool,
}

/// A new Access user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NewUser {
    pub address: Address,
    pub name: Option<String>,
}

/// One plain address in ASCII. Two are the same in upper and in lower case.
#[derive(Clone, Debug)]
pub(super) struct Address {
    /// The address as it was given.
    pub given: String,
    /// The address in lower case.
    pub key: String,
}

/// A person, by an account or by the address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Person {
    User(Id),
    Member(Id),
    /// In ASCII lower case.
    Address(String),
}

impl PartialEq for Address {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for Address {}

impl Address {
    /// Reads an address.
    ///
    /// # Errors
    /// `invalid-argument`, about `address`.
    pub fn read(given: &str) -> Result<Self> {
        let plain = plain_address(given)
            .ok_or_else(|| Error::argument("address", "This is not one plain address in ASCII."))?;
        Ok(Self { given: plain.to_owned(), key: plain.to_ascii_lowercase() })
    }

    /// The address as a resource.
    pub fn id(&self) -> ResourceId {
        ResourceId::new(Kind::Email, self.key.as_str())
    }
}

impl Person {
    /// Reads who is meant.
    ///
    /// # Errors
    /// `invalid-argument`, about this argument.
    pub fn read(kind: &str, id: &str, argument: &str) -> Result<Self> {
        match Kind::parse(kind) {
            Some(Kind::User) => object_id(kind, id, argument).map(Person::User),
            Some(Kind::Member) => object_id(kind, id, argument).map(Person::Member),
            Some(Kind::Email) => {
                let address = Address::read(id).map_err(|error| error.about(argument))?;
                Ok(Person::Address(address.key))
            }
            _ => Err(wrong_kind(argument, "user:<id>, member:<id> or email:<address>")),
        }
    }
}

impl Planned {
    /// Reads a step.
    ///
    /// # Errors
    /// `invalid-argument`: something in it isn't in the right form.
    pub fn read(step: &Step) -> Result<Self> {
        const ID: &str = "id";
        match step {
            Step::Invite { address, entitlements, without_mail } => {
                let address = Address::read(address)?;
                let mut roles = entitlements.iter().map(|id| role(id)).collect::<Result<Vec<_>>>()?;
                sort(&mut roles);
                roles.dedup();
                if roles.is_empty() {
                    return Err(Error::argument("entitlement", "An invitation takes at least one role."));
                }
                Ok(Planned::Invite(Invite { address, roles, without_mail: *without_mail }))
            }
            Step::AddUser { address, name } => {
                let name = name.clone().filter(|name| !name.trim().is_empty());
                Ok(Planned::AddUser(NewUser { address: Address::read(address)?, name }))
            }
            Step::EndSessions { kind, id } => Person::read(kind, id, ID).map(Planned::EndSessions),
            Step::FreeSeat { kind, id } => match Kind::parse(kind) {
                Some(Kind::User) => object_id(kind, id, ID).map(Planned::FreeSeat),
                _ => Err(wrong_kind(ID, "user:<id>")),
            },
            Step::Remove { kind, id } => match Kind::parse(kind) {
                Some(Kind::User) => object_id(kind, id, ID).map(Planned::RemoveUser),
                Some(Kind::Member) => object_id(kind, id, ID).map(Planned::RemoveMember),
                _ => Err(wrong_kind(ID, "member:<id> or user:<id>")),
            },
        }
    }

    /// The place of the step among those of a call.
    pub const fn rank(&self) -> u8 {
        match self {
            Planned::Invite(_) => 0,
            Planned::AddUser(_) => 1,
            Planned::EndSessions(_) => 2,
            Planned::FreeSeat(_) => 3,
            Planned::RemoveMember(_) => 4,
            Planned::RemoveUser(_) => 5,
        }
    }

    /// The kind of resource that it is about. The sessions of a person have the kind of the address, so
    /// that a permission that is missing for them stops nothing else.
    pub const fn kind(&self) -> Kind {
        match self {
            Planned::Invite(_) | Planned::RemoveMember(_) => Kind::Member,
            Planned::AddUser(_) | Planned::FreeSeat(_) | Planned::RemoveUser(_) => Kind::User,
            Planned::EndSessions(_) => Kind::Email,
        }
    }

    /// The permission that it takes.
    pub const fn permission(&self) -> &'static str {
        match self {
            Planned::Invite(_) => Write::INVITE.permission,
            Planned::AddUser(_) => Write::ADD_USER.permission,
            Planned::EndSessions(_) => Write::END_SESSIONS.permission,
            Planned::FreeSeat(_) => Write::FREE_SEAT.permission,
            Planned::RemoveMember(_) => Write::REMOVE_MEMBER.permission,
            Planned::RemoveUser(_) => Write::REMOVE_USER.permission,
        }
    }

    /// The resource that the step is about, as an error names it.
    pub fn about(&self) -> ResourceId {
        match self {
            Planned::Invite(Invite { address, .. }) | Planned::AddUser(NewUser { address, .. }) => {
                address.id()
            }
            Planned::EndSessions(Person::Address(address)) => ResourceId::new(Kind::Email, address.as_str()),
            Planned::EndSessions(Person::Member(id)) | Planned::RemoveMember(id) => {
                ResourceId::new(Kind::Member, id.as_str())
            }
            Planned::EndSessions(Person::User(id)) | Planned::FreeSeat(id) | Planned::RemoveUser(id) => {
                ResourceId::new(Kind::User, id.as_str())
            }
        }
    }
}

/// The options that only this connector has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Extra {
    /// Whether the sessions of the person's devices end too.
    pub devices: bool,
}

impl Extra {
    /// Reads the options.
    ///
    /// # Errors
    /// `invalid-argument`, about `options.extra`.
    pub fn read(extra: &str) -> Result<Self> {
        let extra = extra.trim();
        if extra.is_empty() {
            return Ok(Self::default());
        }
        let options = entries(extra).filter(|options| !has_key_twice(options));
        let mut read = Some(Self::default());
        for (name, value) in options.iter().flatten() {
            read = read.and_then(|read| match (name.as_ref(), value.get()) {
                ("devices", "true") => Some(Self { devices: true }),
                ("devices", "false") => Some(read),
                _ => None,
            });
        }
        read.filter(|_| options.is_some()).ok_or_else(|| {
            let message = "Beyond the contract's options this connector has only \"devices\", which is true \
                           or false.";
            Error::argument("options.extra", message)
        })
    }
}

fn role(entitlement: &str) -> Result<(Kind, String)> {
    match Target::read(entitlement) {
        Ok(Target::OfMember(kind @ (Kind::Role | Kind::ScopedRole), id)) => Ok((kind, id)),
        _ => {
            let message = "This is not an entitlement with which a membership can begin: those are \
                           role:<id>:assigned and scoped-role:<id>:assigned.";
            Err(Error::argument("entitlement", message))
        }
    }
}

fn object_id(kind: &str, id: &str, argument: &str) -> Result<Id> {
    // Nothing that was asked for is repeated: a secret can stand there by mistake.
    Id::asked(id).ok_or_else(|| Error::argument(argument, format!("This is not the id of a {kind}.")))
}

fn wrong_kind(argument: &str, takes: &str) -> Error {
    Error::argument(argument, format!("This takes {takes}."))
}
