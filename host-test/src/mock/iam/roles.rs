//! The endpoints of roles.

use http::StatusCode;

use crate::mock::account::Account;
use crate::mock::api::{Call, Failure, Limits, Outcome, Reply, raw};

/// `OpenAPI: GET /accounts/{account_id}/roles`.
pub(super) fn list(account: &Account, call: &Call) -> Outcome {
    check_there(account)?;
    Ok(Reply::page(call.paging(Limits::ACCOUNT)?.listing(&account.roles, raw)))
}

/// `OpenAPI: GET /accounts/{account_id}/roles/{role_id}`. It also answers for a role that the list
/// doesn't show (inferred).
pub(super) fn get(account: &Account, call: &Call) -> Outcome {
    check_there(account)?;
    account.role(call.id).map(Reply::single).ok_or_else(|| Failure::not_found("Role"))
}

/// Refuses a call where Cloudflare has taken the API of roles away, which it deprecated on 2026-07-21.
/// <https://developers.cloudflare.com/changelog/>. What it will answer then is inferred.
fn check_there(account: &Account) -> Result<(), Failure> {
    let Some((status, code)) = account.roles_gone else { return Ok(()) };
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::GONE);
    Err(Failure::new(status, code, "The roles API was removed. Use permission groups instead."))
}
