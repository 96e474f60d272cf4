//! The endpoints of accounts.

use crate::mock::account::Account;
use crate::mock::api::{Call, Caller, Limits, Outcome, Reply, raw};

/// `OpenAPI: GET /accounts/{account_id}`.
pub(super) fn get(account: &Account, _: &Call) -> Outcome {
    Ok(Reply::single(&account.shown()))
}

/// Lists the accounts that the caller can see: the mock's, unless the caller's token may do nothing.
/// <https://developers.cloudflare.com/api/resources/accounts/methods/list/>. That the others get an empty
/// list is inferred.
pub(super) fn list(caller: &Caller, account: &Account, call: &Call) -> Outcome {
    let all = [account];
    let seen = if caller.may_something() { &all[..] } else { &[] };
    Ok(Reply::page(call.paging(Limits::ACCOUNT)?.listing(seen, |account| raw(&account.shown()))))
}
