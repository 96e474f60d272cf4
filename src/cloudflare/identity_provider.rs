//! Identity providers (`OpenAPI: GET /accounts/{account_id}/access/identity_providers`).

use super::chosen::{self, Chosen, Shape};
use super::endpoint::{Bounds, Collection, PROVIDERS_READ};
use super::fields::{self, object};
use super::id::Id;
use super::item::{Item, id, text};
use crate::json::Object;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// The account's identity providers. The most that Cloudflare gives at once isn't documented: that it is
/// the same as for groups is inferred.
pub static COLLECTION: Collection = Collection {
    path: Cow::Borrowed("access/identity_providers"),
    filter: Cow::Borrowed(""),
    noun: "identity providers",
    noun_of_one: "identity provider",
    permission: PROVIDERS_READ,
    bounds: Bounds { per_page: 1000, items: 5_000, pages: 1_000, bytes: 8 << 20 },
    has_people: false,
};

/// An identity provider, with which people log in.
#[derive(Clone, Debug)]
pub struct IdentityProvider {
    /// The provider's UUID.
    pub id: Id,
    /// The name, unless it is blank.
    pub name: Option<String>,
    /// The word for the kind of provider: "okta".
    pub kind: Option<String>,
    /// The fields that are passed on, as a JSON object. Its `config` and `scim_config` contain secrets.
    pub profile: String,
}

const PASSED_ON: Chosen = &[("type", Shape::Plain)];

impl Item for IdentityProvider {
    fn from_object(raw: &RawValue, _account_id: &str) -> Result<Self, &'static str> {
        let [given_id, uid, name, kind] = object(raw, ["id", "uid", "name", "type"])?;
        Ok(Self {
            id: id(fields::text(given_id.or(uid))?)?,
            name: text(name)?,
            kind: text(kind)?,
            profile: chosen::with(Object::default(), raw, PASSED_ON).unwrap_or_default().end(),
        })
    }

    fn id(&self) -> &Id {
        &self.id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_secrets_of_a_provider_stay() {
        let item = r#"{"id":"i","name":"Okta","type":"okta","config":{"client_secret":"canary"},
            "scim_config":{"secret":"canary"}}"#;
        let provider = IdentityProvider::read(&RawValue::from_string(item.to_owned()).unwrap(), "").unwrap();
        assert_eq!(provider.profile, r#"{"type":"okta"}"#);
        assert!(!format!("{provider:?}").contains("canary"));
    }
}
