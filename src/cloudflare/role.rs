//! Roles of the account (`OpenAPI: GET /accounts/{account_id}/roles`).

use super::endpoint::{ACCOUNT_READ, Bounds, Collection};
use super::fields::{self, object};
use super::id::Id;
use super::item::{Item, id, text};
use crate::json::Object;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// The account's roles.
pub static COLLECTION: Collection = Collection {
    path: Cow::Borrowed("roles"),
    filter: Cow::Borrowed(""),
    noun: "roles",
    noun_of_one: "role",
    permission: ACCOUNT_READ,
    bounds: Bounds { per_page: 50, items: 5_000, pages: 1_000, bytes: 4 << 20 },
    has_people: false,
};

/// A role of the account.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "Cloudflare's own field names")]
pub struct Role {
    pub id: Id,
    pub name: Option<String>,
    pub description: Option<String>,
    /// All other fields, as a JSON object. Permissions are passed on unread.
    pub profile: String,
}

impl Item for Role {
    fn from_object(raw: &RawValue, _account_id: &str) -> Result<Self, &'static str> {
        let [given_id, name, description, permissions] =
            object(raw, ["id", "name", "description", "permissions"])?;
        let (given_id, name, description) = (fields::text(given_id)?, text(name)?, text(description)?);
        Ok(Self {
            id: id(given_id)?,
            name,
            profile: Object::default()
                .with_text("description", description.as_deref())
                .with_raw("permissions", permissions)
                .end(),
            description,
        })
    }

    fn id(&self) -> &Id {
        &self.id
    }
}
