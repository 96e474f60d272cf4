//! The endpoints of Access users.

use crate::mock::account::Account;
use crate::mock::api::{Call, Limits, Outcome, Reply, contains, equals, find, raw};

use super::AccessUser;

/// `OpenAPI: GET /accounts/{account_id}/access/users`.
pub(super) fn list(account: &Account, call: &Call) -> Outcome {
    let (name, email, search) = (call.query("name"), call.query("email"), call.query("search"));
    let paging = call.paging(Limits::ACCESS)?;
    // Nothing is copied for a plain list: it can have 50,000 users.
    if name.or(email).or(search).is_none() {
        return Ok(Reply::page(paging.listing(&account.users, raw)));
    }
    let is_wanted = |user: &&AccessUser| {
        equals(name, user.name.as_deref())
            && equals(email, user.email.as_deref())
            && contains(search, &[user.name.as_deref(), user.email.as_deref()])
    };
    let found: Vec<_> = account.users.iter().filter(is_wanted).collect();
    Ok(Reply::page(paging.listing(&found, raw)))
}

/// `OpenAPI: GET /accounts/{account_id}/access/users/{user_id}`.
pub(super) fn get(account: &Account, call: &Call) -> Outcome {
    find(&account.users, |user| user.id == call.id, "User").map(Reply::single)
}
