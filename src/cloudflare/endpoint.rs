//! The parts of Cloudflare's API that the connector reads and writes, each described once:
//! <https://developers.cloudflare.com/api/>.

use super::id::Id;
use super::transport::Method;
use crate::error::{Error, ErrorKind};
use std::fmt;

// The names of token permissions. Source: "Accepted Permissions" of each endpoint in the API
// reference, as the form for a token in the dashboard spells them.

/// The permission to read Access groups. OpenAPI: `GET /accounts/{account_id}/access/groups`.
pub const GROUPS_READ: &str = "Access: Organizations, Identity Providers, and Groups Read";
/// The permission to read Access users. OpenAPI: `GET /accounts/{account_id}/access/users`.
pub const USERS_READ: &str = "Access: Audit Logs Read";
/// The permission to read account members and roles. OpenAPI: `GET /accounts/{account_id}/members`.
pub const ACCOUNT_READ: &str = "Account Settings Read";
/// The permission to read the lists that rules name. OpenAPI:
/// `GET /accounts/{account_id}/gateway/lists/{list_id}/items`.
pub const LISTS_READ: &str = "Zero Trust Read";
/// The permission to change Access groups. OpenAPI:
/// `PUT /accounts/{account_id}/access/groups/{group_id}`.
pub const GROUPS_EDIT: &str = "Access: Organizations, Identity Providers, and Groups Edit";
/// The permission to change account members. OpenAPI:
/// `PUT /accounts/{account_id}/members/{member_id}`.
pub const ACCOUNT_EDIT: &str = "Account Settings Edit";

/// A list of the API that is read page by page.
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

/// The size at which a collection counts as one that never ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Items asked for at once: the most that Cloudflare allows, because requests are scarce.
    pub per_page: u32,
    /// Items of the whole collection.
    pub items: u32,
    /// Pages of the whole collection, for a server whose pages are smaller than asked for.
    pub pages: u32,
    /// Bytes of one page.
    pub bytes: usize,
}

impl Collection {
    /// The path below the account.
    pub fn path(&self) -> String {
        match self {
            Collection::Groups => "access/groups".to_owned(),
            Collection::Roles => "roles".to_owned(),
            Collection::Members => "members".to_owned(),
            Collection::Users => "access/users".to_owned(),
            Collection::Items(id) => format!("gateway/lists/{id}/items"),
        }
    }

    /// The bounds of the collection.
    ///
    /// Groups, roles and items are kept in memory, so their bounds protect it. They are far beyond
    /// Cloudflare's own limits, which are 300 groups an account with 1,000 rules each
    /// (<https://developers.cloudflare.com/cloudflare-one/account-limits/>); a page of such groups
    /// has about 25 MB.
    pub const fn bounds(&self) -> Bounds {
        // `per_page` is the maximum of the query parameter. OpenAPI: GET of the same path.
        match self {
            Collection::Groups => Bounds { per_page: 1000, items: 20_000, pages: 1_000, bytes: 64 << 20 },
            Collection::Roles => Bounds { per_page: 50, items: 5_000, pages: 1_000, bytes: 4 << 20 },
            Collection::Members => Bounds { per_page: 50, items: 1_000_000, pages: 40_000, bytes: 16 << 20 },
            Collection::Users => Bounds { per_page: 1000, items: 5_000_000, pages: 40_000, bytes: 16 << 20 },
            Collection::Items(_) => Bounds { per_page: 1000, items: 100_000, pages: 2_000, bytes: 4 << 20 },
        }
    }

    /// Whether the collection can have so many items that their keys aren't all kept: people.
    pub const fn has_people(&self) -> bool {
        matches!(self, Collection::Members | Collection::Users)
    }

    /// The token permission that reading it takes.
    pub const fn permission(&self) -> &'static str {
        match self {
            Collection::Groups => GROUPS_READ,
            Collection::Roles | Collection::Members => ACCOUNT_READ,
            Collection::Users => USERS_READ,
            Collection::Items(_) => LISTS_READ,
        }
    }

    /// The noun for a message: "Access groups".
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

/// One item of a collection, by its id.
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
    /// The longest answer that is read, in bytes: a group with 1,000 rules has about 100 KB.
    pub const BYTES: usize = 4 << 20;

    /// The object's id.
    pub const fn id(&self) -> &Id {
        match self {
            Object::Group(id) | Object::Role(id) | Object::Member(id) | Object::User(id) => id,
        }
    }

    /// The collection that has the object.
    pub const fn list(&self) -> Collection {
        match self {
            Object::Group(_) => Collection::Groups,
            Object::Role(_) => Collection::Roles,
            Object::Member(_) => Collection::Members,
            Object::User(_) => Collection::Users,
        }
    }

    /// The path below the account.
    pub fn path(&self) -> String {
        format!("{}/{}", self.list().path(), self.id())
    }

    /// The error for an answer about it that can't be understood.
    pub fn not_understood(&self, why: &str) -> Error {
        let message = format!("What Cloudflare says of the {self} can't be understood: {why}.");
        Error::new(ErrorKind::InvalidResponse, message)
    }
}

/// A noun with the id, for a message: "Access group 6f1…".
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

/// A world of the contract, from the one that may do least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum World {
    /// It reads.
    Reader,
    /// It also changes groups and members.
    Connector,
}

/// A request that changes something in Cloudflare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Write {
    /// The HTTP method.
    pub method: Method,
    /// The path below the base URL, with `{}` in the place of each id; the first one is the
    /// account's.
    pub route: &'static str,
    /// The token permission that it takes.
    pub permission: &'static str,
    /// The least world that may send it.
    pub world: World,
}

impl Write {
    /// Replaces an Access group. OpenAPI: `PUT /accounts/{account_id}/access/groups/{group_id}`.
    pub const REPLACE_GROUP: Write = Write {
        method: Method::Put,
        route: "accounts/{}/access/groups/{}",
        permission: GROUPS_EDIT,
        world: World::Connector,
    };

    /// Replaces an account member's roles. OpenAPI:
    /// `PUT /accounts/{account_id}/members/{member_id}`.
    pub const REPLACE_MEMBER: Write = Write {
        method: Method::Put,
        route: "accounts/{}/members/{}",
        permission: ACCOUNT_EDIT,
        world: World::Connector,
    };

    /// The path below the base URL for these ids.
    pub fn path(&self, account: &str, id: &Id) -> String {
        self.route.replacen("{}", account, 1).replacen("{}", id.as_str(), 1)
    }
}

/// Every write that the connector can send. A host that allows these and GET allows all that the
/// connector needs, and nothing else.
pub const WRITES: &[Write] = &[Write::REPLACE_GROUP, Write::REPLACE_MEMBER];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_written_where_it_is_read() {
        let id = Id::parse("6f1").unwrap();
        let writes = [
            (Object::Group(id.clone()), Write::REPLACE_GROUP),
            (Object::Member(id.clone()), Write::REPLACE_MEMBER),
        ];
        for (object, write) in &writes {
            assert_eq!(write.path("acc", &id), format!("accounts/acc/{}", object.path()));
        }
        assert_eq!(writes.map(|(_, write)| write), WRITES, "every write is the write of an object");
    }

    #[test]
    fn a_write_is_no_read_and_no_readers() {
        for write in WRITES {
            assert!(write.method != Method::Get && write.world > World::Reader, "{write:?}");
            assert!(!write.permission.is_empty());
        }
    }
}
