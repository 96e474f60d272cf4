//! Permission groups: what a policy of an account member or a user group allows or denies. OpenAPI:
//! `GET /accounts/{account_id}/iam/permission_groups`.

use super::account::ACCOUNT_KEY;
use super::endpoint::{ACCOUNT_READ, Bounds, Collection};
use super::fields::{self, object};
use super::id::Id;
use super::item::{Item, id, text};
use super::role::Role;
use crate::json::Object;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// The account's permission groups.
pub static COLLECTION: Collection = Collection {
    path: Cow::Borrowed("iam/permission_groups"),
    filter: Cow::Borrowed(""),
    noun: "permission groups",
    noun_of_one: "permission group",
    permission: ACCOUNT_READ,
    bounds: Bounds { per_page: 50, items: 5_000, pages: 1_000, bytes: 4 << 20 },
    has_people: false,
};

/// A permission group of a policy. Its id isn't that of the role with the same name
/// (<https://developers.cloudflare.com/changelog/>, 2026-07-21).
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "Cloudflare's own field names")]
pub struct PermissionGroup {
    pub id: Option<Id>,
    pub name: Option<String>,
}

impl PermissionGroup {
    pub(super) fn read(raw: &RawValue) -> Result<Self, &'static str> {
        let [id, name] = object(raw, ["id", "name"])?;
        Ok(Self { id: text(id)?.as_deref().and_then(Id::parse), name: text(name)? })
    }

    /// Returns the name without white space around it.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref().map(str::trim)
    }
}

/// A permission group of the list, as a role. It stands in for one where Cloudflare has no list of roles
/// any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedGroup {
    /// The role with the permission group's id and name.
    pub role: Role,
    /// Whether it can be held on the whole account, as far as that is told.
    pub is_of_account: bool,
}

impl Item for ListedGroup {
    fn from_object(raw: &RawValue, _account_id: &str) -> Result<Self, &'static str> {
        let [given_id, name, meta] = object(raw, ["id", "name", "meta"])?;
        let (given_id, name) = (fields::text(given_id)?, text(name)?);
        let (mut description, mut scopes) = (None, None);
        if let Some(meta) = meta {
            // The SDKs have a key with its value, real answers have texts by their names.
            let [of_group, key, value, all] = object(meta, ["description", "key", "value", "scopes"])?;
            description = text(of_group)?;
            let is_scopes = fields::text(key).ok().flatten().as_deref() == Some("scopes");
            scopes = all.or(value.filter(|_| is_scopes));
        }
        let role_id = id(given_id)?;
        Ok(Self {
            is_of_account: scopes.is_none_or(|scopes| is_account_among(scopes.get())),
            role: Role {
                profile: Object::default()
                    .with_text("description", description.as_deref())
                    .with_text("permission_group", Some(role_id.as_str()))
                    .end(),
                id: role_id,
                name,
                description,
            },
        })
    }

    fn id(&self) -> &Id {
        &self.role.id
    }
}

/// Whether the account is one of the kinds of scopes in this JSON, which is a text or a list of them.
/// Without any kind that is known, it may be.
fn is_account_among(scopes: &str) -> bool {
    let mut keys = scopes
        .split(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '.' | '_' | '-'))
        .filter(|part| part.starts_with("com.cloudflare."))
        .peekable();
    keys.peek().is_none() || keys.any(|key| key == ACCOUNT_KEY.trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value as Json, json};

    fn listed(meta: Json) -> Result<ListedGroup, String> {
        let raw = json!({"id": "pg", "name": "DNS", "meta": meta}).to_string();
        let raw = RawValue::from_string(raw).unwrap();
        ListedGroup::read(&raw, "a").map_err(|fault| fault.why)
    }

    #[test]
    fn only_a_permission_group_of_the_account_is_a_role() {
        let account = "com.cloudflare.api.account";
        let zone = "com.cloudflare.api.account.zone";
        for (meta, is_of_account) in [
            (json!(null), true),
            (json!({}), true),
            (json!({"label": "dns", "scopes": null}), true),
            (json!({"scopes": account}), true),
            (json!({"scopes": zone}), false),
            (json!({"scopes": format!("{zone}, {account}")}), true),
            (json!({"scopes": [zone, account]}), true),
            (json!({"scopes": [zone]}), false),
            (json!({"scopes": "com.cloudflare.edge.r2.bucket"}), false),
            (json!({"scopes": "everything"}), true),
            (json!({"key": "scopes", "value": zone}), false),
            (json!({"key": "scopes", "value": account}), true),
            (json!({"key": "label", "value": zone}), true),
        ] {
            assert_eq!(listed(meta.clone()).unwrap().is_of_account, is_of_account, "{meta}");
        }
        assert!(listed(json!("odd")).is_err());
    }

    #[test]
    fn it_is_a_role_with_its_own_id() {
        let group = listed(json!({"description": "Can edit DNS.", "editable": "false"})).unwrap();
        assert_eq!((group.id().as_str(), group.role.name.as_deref()), ("pg", Some("DNS")));
        assert_eq!(group.role.description.as_deref(), Some("Can edit DNS."));
        assert_eq!(group.role.profile, r#"{"description":"Can edit DNS.","permission_group":"pg"}"#);
    }
}
