//! The endpoints of the Zero Trust organization: its keys, and the end of sessions.

use serde::Deserialize;
use serde_json::json;

use crate::mock::account::Account;
use crate::mock::api::{Call, INVALID_BODY, Outcome, Reply};

use super::AccessUser;

/// `OpenAPI: GET /accounts/{account_id}/access/keys`.
pub(super) fn keys(_: &Account, _: &Call) -> Outcome {
    Ok(Reply::single(&json!({
        "key_rotation_interval_days": 30,
        "last_key_rotation_at": "2026-10-28T05:20:00.12345Z",
        "days_until_next_rotation": 11,
    })))
}

/// `OpenAPI: GET /accounts/{account_id}/access/organizations`.
pub(super) fn get(account: &Account, _: &Call) -> Outcome {
    let team: String = account.name.to_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
    Ok(Reply::single(&json!({
        "name": account.name,
        "auth_domain": format!("{team}.cloudflareaccess.com"),
        "is_ui_read_only": false,
        "session_duration": "24h",
        "created_at": "2021-03-02T09:14:00Z",
        "updated_at": "2026-09-30T15:02:11.5Z",
    })))
}

/// `OpenAPI: POST /accounts/{account_id}/access/organizations/revoke_user`. It ends all sessions of
/// the person, and leaves the seat. `devices`, in the query or in the body, also takes away the
/// registrations of the devices. An unknown address is no error (inferred). Cloudflare refuses
/// logins for up to a minute after it; the mock doesn't.
/// <https://developers.cloudflare.com/cloudflare-one/team-and-resources/users/session-management/>
pub(super) fn revoke_user(account: &mut Account, call: &Call) -> Outcome {
    #[derive(Deserialize)]
    struct Body {
        email: String,
        user_uid: Option<String>,
        devices: Option<bool>,
        #[serde(rename = "warp_session_reauth")]
        _warp_session_reauth: Option<bool>,
    }
    let body: Body = call.json(INVALID_BODY)?;
    // Inferred: no source says what an id of somebody else does.
    let is_meant = |user: &AccessUser| {
        user.has_address(&body.email)
            && body.user_uid.as_ref().is_none_or(|uid| user.uid.as_ref() == Some(uid))
    };
    account.end_sessions(is_meant);
    if body.devices == Some(true) || call.query("devices") == Some("true") {
        for user in account.users.iter_mut().filter(|user| is_meant(user)) {
            user.active_device_count = Some(0);
        }
    }
    account.revoked.push(body.email);
    Ok(Reply::single(&true))
}
