//! The endpoints of identity providers.

use crate::mock::account::Account;
use crate::mock::api::{Call, Limits, Outcome, Reply, find, raw};

/// `OpenAPI: GET /accounts/{account_id}/access/identity_providers`. It has no parameters for pages there;
/// <https://developers.cloudflare.com/api/resources/zero_trust/subresources/identity_providers/methods/list/>
/// has them.
pub(super) fn list(account: &Account, call: &Call) -> Outcome {
    Ok(Reply::page(call.paging(Limits::ACCESS)?.listing(&account.identity_providers, raw)))
}

/// <https://developers.cloudflare.com/api/resources/zero_trust/subresources/identity_providers/methods/get/>.
pub(super) fn get(account: &Account, call: &Call) -> Outcome {
    find(&account.identity_providers, |provider| provider.id == call.id, "Identity provider")
        .map(Reply::single)
}
