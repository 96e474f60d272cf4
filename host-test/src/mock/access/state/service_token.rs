//! Service tokens.

use serde::Serialize;

/// A service token (<https://developers.cloudflare.com/api/resources/zero_trust/subresources/access/subresources/service_tokens/>).
/// Its secret is shown once, when it is made, and not kept here.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ServiceToken {
    /// A UUID, which a `service_token` rule names.
    pub id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Hours, as in `8760h`, or `forever`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration: Option<String>,
    /// A token without it is enabled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
    /// The last use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_seen_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<String>,
}
