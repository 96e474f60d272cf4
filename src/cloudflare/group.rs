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

/// Reads the rules of a group or a policy, in the order include, exclude and require. Returns them, and
/// the beginning of a profile that has them.
pub(super) fn sections(given: [Option<&RawValue>; 3]) -> Result<(Sections, Object), &'static str> {
    const KINDS: [(&str, &str); 3] = [
        ("include", "its include is no list of at most 20,000 rules"),
        ("exclude", "its exclude is no list of at most 20,000 rules"),
        ("require", "its require is no list of at most 20,000 rules"),
    ];
    let (mut sections, mut profile) = (Sections::default(), Object::default());
    for ((section, (name, fault)), rules) in sections.iter_mut().zip(KINDS).zip(given) {
        *section = list(rules).map_err(|_| fault)?.into_iter().map(ToOwned::to_owned).collect();
        profile = profile.with(name, rules.map_or("[]", RawValue::get));
    }
    Ok((sections, profile))
}

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
        let (sections, profile) = sections([include, exclude, require])?;
        Ok(Self {
            id,
            name,
            sections,
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
