//! Sessions of people who have logged in.

use serde_json::{Value, json};

use super::Application;

/// The seconds for which a session is good: a day.
const TTL: i64 = 24 * 60 * 60;

/// A person's session at an application, from a login until it is revoked. Time alone doesn't end
/// it here.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Session {
    /// The word by which Cloudflare names it.
    pub nonce: String,
    /// The id of the Access user.
    pub user: String,
    /// The id of the application.
    pub application: String,
    /// The login, in seconds since 1970.
    pub began: i64,
}

impl Session {
    /// Returns the session as Cloudflare shows it
    /// (`OpenAPI: GET /accounts/{account_id}/access/users/{user_id}/active_sessions`).
    pub(crate) fn shown(&self, application: Option<&Application>) -> Value {
        let of_application = application.map(|application| {
            let shown = json!({
                "hostname": application.extra.get("domain").and_then(Value::as_str).unwrap_or_default(),
                "name": application.name.as_deref().unwrap_or_default(),
                "type": application.kind.as_deref().unwrap_or_default(),
                "uid": application.id,
            });
            (application.id.clone(), shown)
        });
        json!({
            "name": self.nonce,
            "expiration": self.began + TTL,
            "metadata": {
                "apps": Value::Object(of_application.into_iter().collect()),
                "expires": self.began + TTL,
                "iat": self.began,
                "nonce": self.nonce,
                "ttl": TTL,
            },
        })
    }
}
