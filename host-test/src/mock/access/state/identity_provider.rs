//! Identity providers.

use serde::Serialize;
use serde_json::{Map, Value};

/// A way to log in (`OpenAPI: GET /accounts/{account_id}/access/identity_providers`).
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct IdentityProvider {
    /// A UUID.
    pub id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its `type`: `okta`, `onetimepin`, …
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// All other top-level fields: `config` and `scim_config`, which can contain secrets.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}
