//! Service tokens: whether they can be used.

use crate::cloudflare::time;
use crate::contract::Resource;
use serde_json::Value;
use std::time::{SystemTime, UNIX_EPOCH};

/// Says why a service token can't be used. One that says nothing can.
pub(super) fn unusable(token: &Resource, now: Option<i64>) -> Option<&'static str> {
    let profile: Value = serde_json::from_str(&token.profile).unwrap_or_default();
    let expires = profile.get("expires_at").and_then(Value::as_str).and_then(time::of_item);
    match profile.get("enabled").and_then(Value::as_bool) {
        Some(false) => Some("disabled"),
        _ if expires.zip(now).is_some_and(|(end, now)| end <= now) => Some("expired"),
        _ => None,
    }
}

/// Returns the time of this machine in seconds since 1970.
pub(super) fn now() -> Option<i64> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(now.as_secs()).ok()
}
