//! Policies of members and user groups.

use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};

/// The permissions of a member or of a user group on some resources. An assigned role is shown as a
/// policy on the whole account. Answers don't have ids and names that are empty.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Policy {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub id: String,
    /// `allow` or `deny`.
    pub access: String,
    pub permission_groups: Vec<PermissionGroup>,
    pub resource_groups: Vec<ResourceGroup>,
}

/// A named set of permissions. The one of a role has the role's name.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct PermissionGroup {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub id: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Texts by name, as answers have them, or one pair of `key` and `value`, as Cloudflare's libraries
    /// describe it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meta: Option<Value>,
}

/// The resources that a policy is for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ResourceGroup {
    /// Empty for a scope that stands in its policy alone.
    pub id: String,
    pub name: String,
    /// Answers don't have a scope without a key.
    pub scope: Scope,
    /// More scopes. With `Some`, all of them are shown as a list: most sources have one object here, and
    /// `resource_groups` of Terraform's provider has a list.
    pub more_scopes: Option<Vec<Scope>>,
    pub meta: Option<Value>,
}

/// A part of an account. Its key is `com.cloudflare.api.account.<account id>` with the object `*` for
/// all of it, or `com.cloudflare.api.account.zone.<zone id>` with `*` for a zone. OpenAPI: the schema
/// `iam_scope`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Scope {
    pub key: String,
    pub objects: Vec<ScopeObject>,
}

/// One object of a scope, by its key.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ScopeObject {
    pub key: String,
}

impl Scope {
    /// Returns the scope with this key and these objects.
    pub fn new(key: &str, objects: &[&str]) -> Scope {
        let objects = objects.iter().map(|key| ScopeObject { key: (*key).to_owned() });
        Scope { key: key.to_owned(), objects: objects.collect() }
    }

    /// Whether it is the whole account.
    pub fn is_account(&self, account: &str) -> bool {
        let key = self.key.to_ascii_lowercase();
        let of_account = key.strip_prefix("com.cloudflare.api.account.");
        of_account.is_some_and(|id| id.eq_ignore_ascii_case(account))
            && self.objects.iter().any(|object| object.key == "*")
    }
}

impl ResourceGroup {
    /// Returns all scopes that have a key.
    pub fn scopes(&self) -> impl Iterator<Item = &Scope> {
        let all = std::iter::once(&self.scope).chain(self.more_scopes.iter().flatten());
        all.filter(|scope| !scope.key.is_empty())
    }

    /// Whether it contains the whole account.
    pub fn is_account(&self, account: &str) -> bool {
        self.scopes().any(|scope| scope.is_account(account))
    }
}

impl Serialize for ResourceGroup {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut shown = Map::new();
        let texts = [("id", &self.id), ("name", &self.name)].into_iter().filter(|(_, text)| !text.is_empty());
        shown.extend(texts.map(|(field, text)| (field.to_owned(), json!(text))));
        if self.more_scopes.is_some() {
            shown.insert("scope".to_owned(), self.scopes().map(|scope| json!(scope)).collect());
        } else if !self.scope.key.is_empty() {
            shown.insert("scope".to_owned(), json!(self.scope));
        }
        shown.extend(self.meta.iter().map(|meta| ("meta".to_owned(), meta.clone())));
        shown.serialize(serializer)
    }
}
