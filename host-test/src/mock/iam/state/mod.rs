//! Members, user groups, their policies, and roles, as an account keeps them.

mod policy;
mod user_group;

use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

pub use policy::{PermissionGroup, Policy, ResourceGroup, Scope, ScopeObject};
pub use user_group::{Inherited, UserGroup};

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
    /// The member's own policies, without those of user groups.
    pub policies: Vec<Policy>,
    /// The time of the invitation on the account's clock, which
    /// [`Account::pass`](crate::mock::Account::pass) moves.
    pub invited: Duration,
    /// Fields that answers about the member don't have, for example `policies`.
    pub without: &'static [&'static str],
    /// Whether the person's login has no *DSR*, the switch for access on less than the account. Answers
    /// don't show it, and policies on less than the account and user groups are refused then
    /// (terraform-provider-cloudflare, its acceptance tests).
    pub has_no_dsr: bool,
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
