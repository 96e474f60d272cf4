//! The endpoints of roles.

use crate::mock::account::Account;
use crate::mock::api::{Call, Failure, Limits, Outcome, Reply, raw};

/// `OpenAPI: GET /accounts/{account_id}/roles`.
pub(super) fn list(account: &Account, call: &Call) -> Outcome {
    Ok(Reply::page(call.paging(Limits::ACCOUNT)?.listing(&account.roles, raw)))
}

/// `OpenAPI: GET /accounts/{account_id}/roles/{role_id}`. It also answers for a role that the list
/// doesn't show (inferred).
pub(super) fn get(account: &Account, call: &Call) -> Outcome {
    account.role(call.id).map(Reply::single).ok_or_else(|| Failure::not_found("Role"))
}
