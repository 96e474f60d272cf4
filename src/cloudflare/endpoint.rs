//! The parts of Cloudflare's API that the connector asks and writes, each described once.

use super::id::Id;
use crate::error::{Error, ErrorKind};
use crate::settings::manifest;
use std::fmt;

/// A list that is read page by page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Collection {
    /// The account's Access groups.
    Groups,
    /// The account's roles.
    Roles,
    /// The account's members.
    Members,
    /// The Access users.
    Users,
    /// The items of a list of addresses.
    Items(Id),
}

/// What a read of a list may grow to before it counts as one that never ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Items asked for at once: the most that Cloudflare allows, because requests are the scarce
    /// thing.
    pub per_page: u32,
    /// Items of the whole list.
    pub items: u32,
    /// Pages of the whole list, for a server that gives fewer items at once.
    pub pages: u32,
    /// Bytes of one page.
    pub bytes: usize,
}

impl Collection {
    /// Below the account.
    pub fn path(&self) -> String {
        match self {
            Collection::Groups => "access/groups".to_owned(),
            Collection::Roles => "roles".to_owned(),
            Collection::Members => "members".to_owned(),
            Collection::Users => "access/users".to_owned(),
            Collection::Items(id) => format!("gateway/lists/{id}/items"),
        }
    }

    /// Page sizes are the largest that Cloudflare documents. What is kept in memory (groups, roles,
    /// items of lists) has a bound that protects it; Cloudflare itself allows 300 groups an
    /// account and 10,000 items a list; a page of 300 groups with 1,000 rules each is about 25
    /// MB.
    pub const fn bounds(&self) -> Bounds {
        match self {
            Collection::Groups => Bounds { per_page: 1000, items: 20_000, pages: 1_000, bytes: 64 << 20 },
            Collection::Roles => Bounds { per_page: 50, items: 5_000, pages: 1_000, bytes: 4 << 20 },
            Collection::Members => Bounds { per_page: 50, items: 1_000_000, pages: 40_000, bytes: 16 << 20 },
            Collection::Users => Bounds { per_page: 1000, items: 5_000_000, pages: 40_000, bytes: 16 << 20 },
            Collection::Items(_) => Bounds { per_page: 1000, items: 100_000, pages: 2_000, bytes: 4 << 20 },
        }
    }

    /// The token permission that reading it takes, in Cloudflare's words.
    pub const fn permission(&self) -> &'static str {
        match self {
            Collection::Groups => manifest::GROUPS_READ,
            Collection::Roles | Collection::Members => manifest::ACCOUNT_READ,
            Collection::Users => manifest::USERS_READ,
            Collection::Items(_) => manifest::LISTS_READ,
        }
    }

    /// For a message: "Access groups".
    pub const fn noun(&self) -> &'static str {
        match self {
            Collection::Groups => "Access groups",
            Collection::Roles => "roles",
            Collection::Members => "account members",
            Collection::Users => "Access users",
            Collection::Items(_) => "a list's items",
        }
    }
}

/// One thing, by its id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Object {
    /// An Access group.
    Group(Id),
    /// A role.
    Role(Id),
    /// An account member.
    Member(Id),
    /// An Access user.
    User(Id),
}

impl Object {
    /// The longest answer that is read, in bytes: a group with 1,000 rules is about 100 KB.
    pub const BYTES: usize = 4 << 20;

    /// Which one it is.
    pub const fn id(&self) -> &Id {
        match self {
            Object::Group(id) | Object::Role(id) | Object::Member(id) | Object::User(id) => id,
        }
    }

    /// The list that it stands in.
    pub const fn list(&self) -> Collection {
        match self {
            Object::Group(_) => Collection::Groups,
            Object::Role(_) => Collection::Roles,
            Object::Member(_) => Collection::Members,
            Object::User(_) => Collection::Users,
        }
    }

    /// Below the account.
    pub fn path(&self) -> String {
        format!("{}/{}", self.list().path(), self.id())
    }

    /// The token permission that changing it takes, in Cloudflare's words; empty for what is never
    /// changed.
    pub const fn permission_to_change(&self) -> &'static str {
        match self {
            Object::Group(_) => manifest::GROUPS_EDIT,
            Object::Member(_) => manifest::ACCOUNT_EDIT,
            Object::Role(_) | Object::User(_) => "",
        }
    }

    /// The error for an answer about it that can't be understood.
    pub fn not_understood(&self, why: &str) -> Error {
        let message = format!("What Cloudflare says of the {self} can't be understood: {why}.");
        Error::new(ErrorKind::InvalidResponse, message)
    }
}

/// For a message: "Access group 6f1…".
impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let noun = match self {
            Object::Group(_) => "Access group",
            Object::Role(_) => "role",
            Object::Member(_) => "account member",
            Object::User(_) => "Access user",
        };
        write!(f, "{noun} {}", self.id())
    }
}
