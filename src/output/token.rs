//! Service tokens: whether they can be used.

use crate::cloudflare::time;
use crate::contract::Resource;
use serde_json::Value;

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

/// Returns the time of this machine in seconds since 1970. The program for WebAssembly has no clock: it
/// shows when a token ends, and not that it has ended.
pub(super) fn now() -> Option<i64> {
    #[cfg(not(target_family = "wasm"))]
    {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).ok()?;
        i64::try_from(now.as_secs()).ok()
    }
    #[cfg(target_family = "wasm")]
    None
}
