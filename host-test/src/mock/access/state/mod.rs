//! The objects of Cloudflare Access, as an account keeps them.

mod application;
mod identity_provider;
mod policy;
mod policy_test;
mod scim;
mod service_token;
mod session;

use serde::Serialize;
use serde_json::{Map, Value};

pub use application::{Application, Attached, AttachedPolicy, Embedding};
pub use identity_provider::IdentityProvider;
pub use policy::AccessPolicy;
pub(super) use policy_test::TestedUser;
pub use policy_test::{LastLogin, PolicyTester};
pub use scim::{Scim, ScimGroup, ScimShows, ScimUser};
pub use service_token::ServiceToken;
pub use session::Session;

/// A person who has logged in through Access, or was added through the API
/// (`OpenAPI: GET /accounts/{account_id}/access/users`). Answers don't have the fields that are
/// `None`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct AccessUser {
    /// A UUID.
    pub id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_seat: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gateway_seat: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seat_uid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub active_device_count: Option<u64>,
    /// RFC 3339, like all times here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_successful_login: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<String>,
}

impl AccessUser {
    /// Whether it has this address, in any case.
    pub(crate) fn has_address(&self, address: &str) -> bool {
        self.email.as_deref().is_some_and(|email| email.eq_ignore_ascii_case(address))
    }

    /// Frees the seat, which takes the person's device registrations along. The seat's id stays
    /// (inferred).
    /// <https://developers.cloudflare.com/cloudflare-one/team-and-resources/users/seat-management/>
    pub(crate) fn free_seat(&mut self) {
        self.access_seat = Some(false);
        self.gateway_seat = Some(false);
        self.active_device_count = Some(0);
    }
}

/// An Access group (`OpenAPI: GET /accounts/{account_id}/access/groups`). Its rules are raw JSON, so
/// that a test can have rules that nobody understands.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Group {
    /// A UUID.
    pub id: String,
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub include: Option<Vec<Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exclude: Option<Vec<Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub require: Option<Vec<Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<String>,
    /// All other top-level fields, for example `is_default`. They must not repeat a field above.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}
