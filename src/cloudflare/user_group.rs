//! User groups, whose members inherit their policies. OpenAPI:
//! `GET /accounts/{account_id}/iam/user_groups`.

use super::account_policy::Policies;
use super::endpoint::{ACCOUNT_READ, Bounds, Collection};
use super::fields::{self, object};
use super::id::Id;
use super::item::{Item, id, text};
use crate::json::Object;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// The account's user groups.
pub static COLLECTION: Collection = Collection {
    path: Cow::Borrowed("iam/user_groups"),
    filter: Cow::Borrowed(""),
    noun: "user groups",
    noun_of_one: "user group",
    permission: ACCOUNT_READ,
    bounds: Bounds { per_page: 500, items: 10_000, pages: 1_000, bytes: 16 << 20 },
    has_people: false,
};

/// The members of a user group, whose id belongs in the place of `{}`. OpenAPI:
/// `GET /accounts/{account_id}/iam/user_groups/{user_group_id}/members`.
pub static MEMBERS: Collection = Collection {
    path: Cow::Borrowed("iam/user_groups/{}/members"),
    filter: Cow::Borrowed(""),
    noun: "a user group's members",
    noun_of_one: "membership in user group",
    permission: ACCOUNT_READ,
    bounds: Bounds { per_page: 500, items: 100_000, pages: 2_000, bytes: 4 << 20 },
    has_people: false,
};

/// Returns the collection of the members of the user group with this id.
pub fn members(group: &Id) -> Collection {
    Collection { path: Cow::Owned(MEMBERS.path.replacen("{}", group.as_str(), 1)), ..MEMBERS.clone() }
}

/// A user group.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "Cloudflare's own field names")]
pub struct UserGroup {
    pub id: Id,
    pub name: Option<String>,
    pub policies: Policies,
    /// The other fields, as a JSON object. The policies are as Cloudflare wrote them.
    pub profile: String,
}

impl Item for UserGroup {
    fn from_object(raw: &RawValue, account_id: &str) -> Result<Self, &'static str> {
        let [given_id, name, status, created_on, modified_on, policies] =
            object(raw, ["id", "name", "status", "created_on", "modified_on", "policies"])?;
        let (given_id, name) = (fields::text(given_id)?, text(name)?);
        Ok(Self {
            id: id(given_id)?,
            name,
            policies: Policies::read(policies, account_id),
            profile: Object::default()
                .with_raw("status", status)
                .with_raw("created_on", created_on)
                .with_raw("modified_on", modified_on)
                .with_raw("policies", policies)
                .end(),
        })
    }

    fn id(&self) -> &Id {
        &self.id
    }
}

/// A member of a user group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupMember {
    /// The membership's id.
    pub id: Id,
    /// Whether the person declined the invitation to the account.
    pub has_declined: bool,
}

impl Item for GroupMember {
    fn from_object(raw: &RawValue, _account_id: &str) -> Result<Self, &'static str> {
        let [given_id, status] = object(raw, ["id", "status"])?;
        let has_declined = fields::text(status)?.as_deref() == Some("rejected");
        Ok(Self { id: id(fields::text(given_id)?)?, has_declined })
    }

    fn id(&self) -> &Id {
        &self.id
    }
}
