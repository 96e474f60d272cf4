//! The account itself, and the organization that it may belong to. OpenAPI:
//! `GET /accounts/{account_id}`.

use super::fields::{object, text};
use super::redact;
use crate::settings::Credentials;
use serde_json::value::RawValue;

/// The beginning of the keys of an account, and of everything in it. OpenAPI: the schema `iam_scope`.
pub const ACCOUNT_KEY: &str = "com.cloudflare.api.account.";

/// The organization that an account belongs to. At least one of the texts isn't empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parent {
    /// The organization's id.
    pub id: String,
    /// The organization's name.
    pub name: String,
}

impl Parent {
    /// Reads the parent of an account. An organization without id and name is none.
    ///
    /// # Errors
    /// The reason why the account can't be understood.
    pub fn read(account: &RawValue) -> Result<Option<Self>, &'static str> {
        let [managed_by] = object(account, ["managed_by"])?;
        let Some(managed_by) = managed_by else { return Ok(None) };
        let [id, name] = object(managed_by, ["parent_org_id", "parent_org_name"])?;
        let trimmed = |field| text(field).map(|text| text.unwrap_or_default().trim().to_owned());
        let (id, name) = (trimmed(id)?, trimmed(name)?);
        Ok((!id.is_empty() || !name.is_empty()).then_some(Self { id, name }))
    }

    /// Returns it as a message may show it.
    pub fn shown(&self, credentials: &Credentials) -> Self {
        let shown = |text: &str| redact::shortened(credentials, text);
        Self { id: shown(&self.id), name: shown(&self.name) }
    }
}

/// Returns the id of an account in a list, if it has the form of one: 32 hexadecimal digits.
pub fn id_of(account: &RawValue) -> Option<String> {
    let [id] = object(account, ["id"]).ok()?;
    let id = text(id).ok().flatten()?;
    is_id(&id).then(|| id.to_ascii_lowercase())
}

/// Whether a text has the form of an account's id.
pub fn is_id(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value as Json, json};

    fn raw(json: &Json) -> Box<RawValue> {
        RawValue::from_string(json.to_string()).unwrap()
    }

    #[test]
    fn an_account_has_a_parent_or_none() {
        let parent = |account: Json| Parent::read(&raw(&account));
        let both = json!({"id": "a", "managed_by": {"parent_org_id": "o1", "parent_org_name": " Acme "}});
        let acme = Parent { id: "o1".to_owned(), name: "Acme".to_owned() };
        assert_eq!(parent(both), Ok(Some(acme)));
        let id_alone = json!({"managed_by": {"parent_org_id": "o1"}});
        assert_eq!(parent(id_alone), Ok(Some(Parent { id: "o1".to_owned(), name: String::new() })));
        for none in [
            json!({"id": "a"}),
            json!({"managed_by": null}),
            json!({"managed_by": {}}),
            json!({"managed_by": {"parent_org_id": "", "parent_org_name": null}}),
        ] {
            assert_eq!(parent(none.clone()), Ok(None), "{none}");
        }
        for odd in [json!([]), json!({"managed_by": 7}), json!({"managed_by": {"parent_org_id": 7}})] {
            assert!(parent(odd.clone()).is_err(), "{odd}");
        }
    }

    #[test]
    fn only_what_has_the_form_of_an_id_is_one() {
        let id = |account: Json| id_of(&raw(&account));
        assert_eq!(id(json!({"id": "A".repeat(32)})), Some("a".repeat(32)));
        for odd in [json!({}), json!({"id": "a"}), json!({"id": "x".repeat(32)}), json!(7)] {
            assert_eq!(id(odd.clone()), None, "{odd}");
        }
    }
}
