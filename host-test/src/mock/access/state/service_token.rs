//! Service tokens.

use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A service token. Its secret is shown once, when it is made, and not kept here.
/// <https://developers.cloudflare.com/cloudflare-one/access-controls/service-credentials/service-tokens/>
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

impl ServiceToken {
    /// Whether it is enabled and hasn't expired. A token without a time doesn't expire.
    pub fn is_valid(&self, now: OffsetDateTime) -> bool {
        let expires = self.expires_at.as_deref().and_then(|at| OffsetDateTime::parse(at, &Rfc3339).ok());
        self.enabled != Some(false) && expires.is_none_or(|expires| expires > now)
    }
}
