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
    /// Whether it sends people and groups by itself (SCIM).
    pub has_scim: bool,
    /// The fields that are passed on, as a JSON object. Its `config` and `scim_config` contain secrets.
    pub profile: String,
}

const PASSED_ON: Chosen = &[("type", Shape::Plain)];

impl Item for IdentityProvider {
    fn from_object(raw: &RawValue, _account_id: &str) -> Result<Self, &'static str> {
        let [given_id, uid, name, kind, scim] = object(raw, ["id", "uid", "name", "type", "scim_config"])?;
        let scim = scim.and_then(|scim| object(scim, ["enabled"]).ok());
        Ok(Self {
            id: id(fields::text(given_id.or(uid))?)?,
            name: text(name)?,
            kind: text(kind)?,
            has_scim: matches!(scim, Some([Some(enabled)]) if enabled.get() == "true"),
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
            "scim_config":{"enabled":true,"secret":"canary"}}"#;
        let provider = IdentityProvider::read(&RawValue::from_string(item.to_owned()).unwrap(), "").unwrap();
        assert_eq!((provider.profile.as_str(), provider.has_scim), (r#"{"type":"okta"}"#, true));
        assert!(!format!("{provider:?}").contains("canary"));
    }
}
