//! The endpoints of service tokens.
//! <https://developers.cloudflare.com/cloudflare-one/access-controls/service-credentials/service-tokens/>

use crate::mock::account::Account;
use crate::mock::api::{Call, Limits, Outcome, Reply, contains, equals, find, raw};

use super::ServiceToken;

/// Lists the tokens, without their secrets.
pub(super) fn list(account: &Account, call: &Call) -> Outcome {
    let is_wanted = |token: &&ServiceToken| {
        equals(call.query("name"), token.name.as_deref())
            && contains(call.query("search"), &[token.name.as_deref()])
    };
    let found: Vec<_> = account.service_tokens.iter().filter(is_wanted).collect();
    Ok(Reply::page(call.paging(Limits::ACCESS)?.listing(&found, raw)))
}

/// Returns one token, without its secret.
pub(super) fn get(account: &Account, call: &Call) -> Outcome {
    find(&account.service_tokens, |token| token.id == call.id, "Service token").map(Reply::single)
}
