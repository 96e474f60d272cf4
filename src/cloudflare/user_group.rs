//! User groups of the account, whose members hold what the group's policies allow
//! (`OpenAPI: GET /accounts/{account_id}/iam/user_groups`).

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

/// A user group of the account.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "Cloudflare's own field names")]
pub struct UserGroup {
    pub id: Id,
    pub name: Option<String>,
    /// The other fields, as a JSON object.
    pub profile: String,
}

impl Item for UserGroup {
    fn from_object(raw: &RawValue, _account_id: &str) -> Result<Self, &'static str> {
        let [given_id, name, created_on, modified_on, policies] =
            object(raw, ["id", "name", "created_on", "modified_on", "policies"])?;
        Ok(Self {
            id: id(fields::text(given_id)?)?,
            name: text(name)?,
            profile: Object::default()
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
