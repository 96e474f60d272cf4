//! The parts of Cloudflare's API that the connector reads and writes, each described once:
//! <https://developers.cloudflare.com/api/>.

use super::id::Id;
use super::transport::Method;
use crate::error::{Error, ErrorKind};
use std::borrow::Cow;
use std::fmt;

// The permissions that a token is best given, as the dashboard spells them. `permission.rs` has the
// others that suffice, and the sources.

/// The permission to read Access groups.
pub const GROUPS_READ: &str = "Access: Groups Read";
/// The permission to read Access users.
pub const USERS_READ: &str = "Access: Users Read";
/// The permission to read account members and roles. OpenAPI: `GET /accounts/{account_id}/members`,
/// `GET /accounts/{account_id}/roles`.
pub const ACCOUNT_READ: &str = "Account Settings Read";
/// The permission to read the lists that rules name. OpenAPI:
/// `GET /accounts/{account_id}/gateway/lists/{list_id}/items`.
pub const LISTS_READ: &str = "Zero Trust Read";
/// The permission to read Access applications and policies. OpenAPI:
/// `GET /accounts/{account_id}/access/apps`, `GET /accounts/{account_id}/access/policies`.
pub const APPS_READ: &str = "Access: Apps and Policies Read";
/// The permission to read identity providers.
pub const PROVIDERS_READ: &str = "Access: Identity Providers Read";
/// The permission to read service tokens. OpenAPI:
/// `GET /accounts/{account_id}/access/service_tokens`.
pub const TOKENS_READ: &str = "Access: Service Tokens Read";
/// The permission to change Access groups.
pub const GROUPS_EDIT: &str = "Access: Groups Edit";
/// The permission to change account members. It also suffices to read them and the roles. OpenAPI:
/// `PUT /accounts/{account_id}/members/{member_id}`.
pub const MEMBERS_EDIT: &str = "SCIM Provisioning Edit";
/// The permission to free seats, and to add and remove Access users. OpenAPI:
/// `PATCH /accounts/{account_id}/access/seats`. For `POST` and `DELETE` of
/// `/accounts/{account_id}/access/users` no source states one: that it is the same is inferred from
/// `PUT /accounts/{account_id}/access/users/{user_id}`.
pub const SEATS_EDIT: &str = "Zero Trust: Seats Edit";
/// The permission to end the Access sessions of people, and for nothing else.
/// <https://developers.cloudflare.com/changelog/> of 2026-03-19.
pub const SESSIONS_REVOKE: &str = "Access: Organizations Revoke";
/// The permission to have Cloudflare test policies, and to read what it found.
/// OpenAPI: `POST /accounts/{account_id}/access/policy-tests`; the reads of a test take it too.
pub const POLICIES_TEST: &str = "Access: Policy Test Write";

/// The permission to read the owner of a user's API token.
/// <https://developers.cloudflare.com/fundamentals/api/reference/permissions/>.
pub const USER_READ: &str = "User Details Read";

/// A list of the API that is read page by page. Each kind of item has its own next to its type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Collection {
    /// The path below the account.
    pub path: Cow<'static, str>,
    /// The parameters of the query that limit it to some items, each with a leading `&`. Empty: it
    /// is the whole list.
    pub filter: Cow<'static, str>,
    /// The noun for a message: "Access groups".
    pub noun: &'static str,
    /// The noun for one object: "Access group".
    pub noun_of_one: &'static str,
    /// The token permission that reading it takes.
    pub permission: &'static str,
    /// The bounds of the collection.
    pub bounds: Bounds,
    /// Whether the collection can have so many items that their keys aren't all kept: people.
    pub has_people: bool,
}

impl Collection {
    /// Returns the part of the collection whose items have this value, for a parameter of the query.
    pub fn with(&self, parameter: &str, value: &str) -> Self {
        let byte = |byte: u8| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            other => format!("%{other:02X}"),
        };
        let encoded: String = value.bytes().map(byte).collect();
        Self { filter: Cow::Owned(["&", parameter, "=", &encoded].concat()), ..self.clone() }
    }

    /// Returns the object with this id.
    pub const fn object(&'static self, id: Id) -> Object {
        Object { list: self, of: None, id }
    }

    /// Returns the object with this id in the collection of another object, for which the path has
    /// `{}`.
    pub const fn object_of(&'static self, of: Id, id: Id) -> Object {
        Object { list: self, of: Some(of), id }
    }
}

/// The size at which a collection counts as one that never ends.
///
/// Groups, roles and items are kept in memory, so their bounds protect it. They are far beyond
/// Cloudflare's own limits, which are 300 groups an account with 1,000 rules each
/// (<https://developers.cloudflare.com/cloudflare-one/account-limits/>). A page of such groups has about
/// 30 MB (estimated). A page is kept in some copies while it is read, and all of them have to fit
/// into the 256 MiB that our own host gives a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Items asked for at once: the most that Cloudflare allows, because requests are scarce.
    /// OpenAPI: the maximum of the query parameter `per_page`, at GET of the same path.
    pub per_page: u32,
    /// Items of the whole collection.
    pub items: u32,
    /// Pages of the whole collection, for a server whose pages are smaller than asked for.
    pub pages: u32,
    /// Bytes of one page.
    pub bytes: usize,
}

/// One item of a collection, by its id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// The collection that has the object.
    pub list: &'static Collection,
    /// The object that the collection belongs to, if it isn't the account's.
    pub of: Option<Id>,
    /// The object's id.
    pub id: Id,
}

impl Object {
    /// The longest answer that is read, in bytes: a group with 1,000 rules has about 100 KB.
    pub const BYTES: usize = 4 << 20;

    /// The path below the account.
    pub fn path(&self) -> String {
        let of = self.of.as_ref().map_or("", Id::as_str);
        format!("{}/{}", self.list.path.replacen("{}", of, 1), self.id)
    }

    /// Checks that an answer with this id is about it.
    ///
    /// # Errors
    /// `invalid-response`.
    pub fn check(&self, given: &Id) -> Result<(), Error> {
        let is_it = given.as_str().eq_ignore_ascii_case(self.id.as_str());
        if is_it { Ok(()) } else { Err(self.not_understood("it has another id")) }
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
        write!(f, "{} ", self.list.noun_of_one)?;
        if let Some(of) = &self.of {
            write!(f, "{of} of ")?;
        }
        write!(f, "{}", self.id)
    }
}

/// A world of the contract, or the interface that may do still more, from the one that may do least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum World {
    /// It reads.
    Reader,
    /// It also changes groups and members.
    Connector,
    /// It also brings people in and lets them go.
    Manager,
    /// The HTTP service's SCIM also makes groups, and removes them.
    Scim,
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
    /// The sentence about the roles with which a person may do it.
    pub owner: &'static str,
    /// The least world that may send it.
    pub world: World,
}

impl Write {
    /// Replaces an Access group. OpenAPI: `PUT /accounts/{account_id}/access/groups/{group_id}`.
    pub const REPLACE_GROUP: Write = Write {
        method: Method::Put,
        route: "accounts/{}/access/groups/{}",
        permission: GROUPS_EDIT,
        // Source: <https://developers.cloudflare.com/fundamentals/manage-members/roles/>.
        owner: "Access groups take one such as Cloudflare Access, Administrator or Super Administrator.",
        world: World::Connector,
    };

    /// Replaces an account member's roles. OpenAPI:
    /// `PUT /accounts/{account_id}/members/{member_id}`.
    pub const REPLACE_MEMBER: Write = Write {
        method: Method::Put,
        route: "accounts/{}/members/{}",
        permission: MEMBERS_EDIT,
        // Source: <https://developers.cloudflare.com/fundamentals/manage-members/manage/>.
        owner: "only Super Administrators with a verified email address change members and their roles.",
        world: World::Connector,
    };

    /// Adds members to a user group: here one. OpenAPI:
    /// `POST /accounts/{account_id}/iam/user_groups/{user_group_id}/members`.
    pub const JOIN: Write = Write {
        method: Method::Post,
        route: "accounts/{}/iam/user_groups/{}/members",
        permission: MEMBERS_EDIT,
        // Source: <https://developers.cloudflare.com/fundamentals/manage-members/user-groups/>.
        owner: "only Super Administrators with a verified email address change user groups, and who is in a \
                group of your identity provider (SCIM) is changed there.",
        world: World::Connector,
    };

    /// Removes one member from a user group. OpenAPI:
    /// `DELETE /accounts/{account_id}/iam/user_groups/{user_group_id}/members/{member_id}`.
    pub const LEAVE: Write =
        Write { method: Method::Delete, route: "accounts/{}/iam/user_groups/{}/members/{}", ..Write::JOIN };

    /// Invites a person to become an account member. OpenAPI: `POST /accounts/{account_id}/members`.
    pub const INVITE: Write = Write {
        method: Method::Post,
        route: "accounts/{}/members",
        world: World::Manager,
        ..Write::REPLACE_MEMBER
    };

    /// Removes an account member or an invitation. OpenAPI:
    /// `DELETE /accounts/{account_id}/members/{member_id}`.
    pub const REMOVE_MEMBER: Write =
        Write { method: Method::Delete, world: World::Manager, ..Write::REPLACE_MEMBER };

    /// Adds an Access user. OpenAPI: `POST /accounts/{account_id}/access/users`.
    pub const ADD_USER: Write = Write {
        method: Method::Post,
        route: "accounts/{}/access/users",
        permission: SEATS_EDIT,
        // Source: <https://developers.cloudflare.com/fundamentals/manage-members/roles/>.
        owner: "Access users and seats take one such as Cloudflare Zero Trust, Administrator or Super \
                Administrator.",
        world: World::Manager,
    };

    /// Removes an Access user, with seat and sessions. OpenAPI:
    /// `DELETE /accounts/{account_id}/access/users/{user_id}`.
    pub const REMOVE_USER: Write =
        Write { method: Method::Delete, route: "accounts/{}/access/users/{}", ..Write::ADD_USER };

    /// Makes an Access group. OpenAPI: `POST /accounts/{account_id}/access/groups`.
    pub const ADD_GROUP: Write = Write {
        method: Method::Post,
        route: "accounts/{}/access/groups",
        world: World::Scim,
        ..Write::REPLACE_GROUP
    };

    /// Removes an Access group. OpenAPI: `DELETE /accounts/{account_id}/access/groups/{group_id}`.
    pub const REMOVE_GROUP: Write =
        Write { method: Method::Delete, world: World::Scim, ..Write::REPLACE_GROUP };

    /// Frees seats: here one. OpenAPI: `PATCH /accounts/{account_id}/access/seats`.
    pub const FREE_SEAT: Write =
        Write { method: Method::Patch, route: "accounts/{}/access/seats", ..Write::ADD_USER };

    /// Ends the Access sessions of a person. OpenAPI:
    /// `POST /accounts/{account_id}/access/organizations/revoke_user`.
    pub const END_SESSIONS: Write = Write {
        method: Method::Post,
        route: "accounts/{}/access/organizations/revoke_user",
        permission: SESSIONS_REVOKE,
        ..Write::ADD_USER
    };

    /// Has Cloudflare test policies. It isn't among [`WRITES`], because it changes nothing that an account
    /// has: a host lets it out for a comparison alone. OpenAPI:
    /// `POST /accounts/{account_id}/access/policy-tests`.
    pub const TEST_POLICIES: Write = Write {
        route: "accounts/{}/access/policy-tests",
        permission: POLICIES_TEST,
        owner: "policy tests take one such as Cloudflare Access, Administrator or Super Administrator.",
        world: World::Connector,
        method: Method::Post,
    };

    /// The path below the base URL for an object.
    pub fn path(&self, account: &str, object: &Object) -> String {
        let ids = [account].into_iter().chain(object.of.as_ref().map(Id::as_str)).chain([object.id.as_str()]);
        ids.fold(self.route.to_owned(), |path, id| path.replacen("{}", id, 1))
    }
}

/// Every write that the connector can send. A host that allows these and GET allows all that the
/// connector needs, and nothing else.
pub const WRITES: &[Write] = &[
    Write::REPLACE_GROUP,
    Write::REPLACE_MEMBER,
    Write::JOIN,
    Write::LEAVE,
    Write::INVITE,
    Write::REMOVE_MEMBER,
    Write::ADD_USER,
    Write::REMOVE_USER,
    Write::ADD_GROUP,
    Write::REMOVE_GROUP,
    Write::FREE_SEAT,
    Write::END_SESSIONS,
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloudflare::{group, member, user, user_group};

    #[test]
    fn an_object_is_written_where_it_is_read() {
        let id = Id::parse("6f1").unwrap();
        let member = |_: &str| user_group::MEMBERS.object_of(Id::parse("7a2").unwrap(), id.clone());
        let objects = [
            (group::COLLECTION.object(id.clone()), Write::REPLACE_GROUP),
            (member::COLLECTION.object(id.clone()), Write::REPLACE_MEMBER),
            (member("joins"), Write::JOIN),
            (member("leaves"), Write::LEAVE),
            (member::COLLECTION.object(id.clone()), Write::INVITE),
            (member::COLLECTION.object(id.clone()), Write::REMOVE_MEMBER),
            (user::COLLECTION.object(id.clone()), Write::ADD_USER),
            (user::COLLECTION.object(id.clone()), Write::REMOVE_USER),
            (group::COLLECTION.object(id.clone()), Write::ADD_GROUP),
            (group::COLLECTION.object(id.clone()), Write::REMOVE_GROUP),
        ];
        for (object, write) in &objects {
            let path = format!("accounts/acc/{}", object.path());
            let is_new = write.method == Method::Post;
            let path = if is_new { path.strip_suffix("/6f1").unwrap() } else { &path };
            assert_eq!(write.path("acc", object), path);
        }
        let of_none = [Write::FREE_SEAT, Write::END_SESSIONS];
        let all = objects.into_iter().map(|(_, write)| write).chain(of_none);
        assert_eq!(all.collect::<Vec<_>>(), WRITES, "every other write is the write of an object");
    }

    #[test]
    fn a_write_is_no_read_and_no_readers() {
        for write in WRITES {
            assert!(write.method != Method::Get && write.world > World::Reader, "{write:?}");
            assert!(!write.permission.is_empty());
        }
        let provisions = WRITES.iter().filter(|write| write.world == World::Connector);
        assert_eq!(provisions.count(), 4);
    }
}
