//! The endpoints of identity providers.

use crate::mock::account::Account;
use crate::mock::api::{Call, Limits, Outcome, Reply, find, raw};

/// `OpenAPI: GET /accounts/{account_id}/access/identity_providers`. It has no parameters for
/// pages there; that it takes them is inferred from the other lists.
pub(super) fn list(account: &Account, call: &Call) -> Outcome {
    Ok(Reply::page(call.paging(Limits::ACCESS)?.listing(&account.identity_providers, raw)))
}

/// Returns one provider (inferred from the other objects: the document has only the list).
pub(super) fn get(account: &Account, call: &Call) -> Outcome {
    find(&account.identity_providers, |provider| provider.id == call.id, "Identity provider")
        .map(Reply::single)
}
