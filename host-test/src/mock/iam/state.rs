//! Members, their policies, and roles, as an account keeps them.

use serde::Serialize;
use serde_json::Value;

/// A membership of the account (`OpenAPI: GET /accounts/{account_id}/members`).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Member {
    /// The membership's id, 32 hex digits.
    pub id: String,
    /// `accepted`, `pending` or `rejected`.
    pub status: String,
    pub email: Option<String>,
    pub user: Option<MemberUser>,
    /// Ids of roles, listed or not.
    pub roles: Vec<String>,
    pub policies: Vec<Policy>,
}

/// The Cloudflare login behind a membership.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct MemberUser {
    /// Absent while the membership is pending (inferred: the schema requires no id).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub two_factor_authentication_enabled: bool,
}

/// The permissions of a member on some resources. An assigned role is shown as a policy on the whole
/// account.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Policy {
    pub id: String,
    /// `allow` or `deny`.
    pub access: String,
    pub permission_groups: Vec<PermissionGroup>,
    pub resource_groups: Vec<ResourceGroup>,
}

/// A named set of permissions; in a role's policy it has the role's id and name.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PermissionGroup {
    pub id: String,
    pub name: String,
}

/// The resources that a policy is for.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ResourceGroup {
    pub id: String,
    pub name: String,
    pub scope: Scope,
}

/// A part of an account: its key is `com.cloudflare.api.account.<account id>`, and its objects are
/// zones, or `*` for all of it. OpenAPI: the schema `iam_scope`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Scope {
    pub key: String,
    pub objects: Vec<ScopeObject>,
}

/// One object of a scope, by its key.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ScopeObject {
    pub key: String,
}

/// A role of the account (`OpenAPI: GET /accounts/{account_id}/roles`).
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Role {
    /// 32 hex digits.
    pub id: String,
    pub name: String,
    pub description: String,
    /// An object that nobody looks into.
    pub permissions: Value,
}

impl Member {
    /// Returns the person's address: the membership's, or else the login's.
    pub fn address(&self) -> Option<&str> {
        self.email.as_deref().or_else(|| self.user.as_ref()?.email.as_deref())
    }
}
