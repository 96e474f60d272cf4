//! Access groups (`OpenAPI: GET /accounts/{account_id}/access/groups`).

use super::endpoint::{Bounds, Collection, GROUPS_READ};
use super::fields::{self, list, object};
use super::id::Id;
use super::item::{Item, id, text};
use crate::json::Object;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// The account's Access groups.
pub static COLLECTION: Collection = Collection {
    path: Cow::Borrowed("access/groups"),
    filter: Cow::Borrowed(""),
    noun: "Access groups",
    noun_of_one: "Access group",
    permission: GROUPS_READ,
    bounds: Bounds { per_page: 1000, items: 20_000, pages: 1_000, bytes: 32 << 20 },
    has_people: false,
};

/// The raw rules of the sections include, exclude and require, in this order.
pub type Sections = [Vec<Box<RawValue>>; 3];

/// An Access group.
#[derive(Clone, Debug)]
pub struct Group {
    /// The group's UUID.
    pub id: Id,
    /// The group's name, unless it is blank.
    pub name: Option<String>,
    /// The raw rules of `include`, `exclude` and `require`, in their order. Whoever compiles them
    /// may take them.
    pub sections: Sections,
    /// The same rules as Cloudflare wrote them and all other fields, as a JSON object.
    pub profile: String,
}

impl Item for Group {
    fn from_object(raw: &RawValue, _account_id: &str) -> Result<Self, &'static str> {
        let [given_id, name, include, exclude, require, is_default, created_at, updated_at] = object(
            raw,
            ["id", "name", "include", "exclude", "require", "is_default", "created_at", "updated_at"],
        )?;
        let (given_id, name) = (fields::text(given_id)?, text(name)?);
        let id = id(given_id)?;
        let sections = [
            list(include).map_err(|_| "its include is no list of at most 20,000 rules")?,
            list(exclude).map_err(|_| "its exclude is no list of at most 20,000 rules")?,
            list(require).map_err(|_| "its require is no list of at most 20,000 rules")?,
        ];
        let profile = [("include", include), ("exclude", exclude), ("require", require)].into_iter();
        let profile = profile.fold(Object::default(), |profile, (name, rules)| {
            profile.with(name, rules.map_or("[]", RawValue::get))
        });
        Ok(Self {
            id,
            name,
            sections: sections.map(|rules| rules.into_iter().map(ToOwned::to_owned).collect()),
            // The OpenAPI document types the default in answers as an array of rules, and in
            // requests as a boolean: it is passed on unread.
            profile: profile
                .with_raw("is_default", is_default)
                .with_raw("created_at", created_at)
                .with_raw("updated_at", updated_at)
                .end(),
        })
    }

    fn id(&self) -> &Id {
        &self.id
    }
}
