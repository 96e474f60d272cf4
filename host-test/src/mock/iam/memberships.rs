//! The endpoint of the caller's own memberships.

use http::StatusCode;
use serde_json::json;

use crate::mock::account::Account;
use crate::mock::api::{Call, Caller, Failure, Limits, Outcome, Reply, raw};

use super::Member;

/// Lists the memberships of the Global API key's owner: the one in this account, if there is one.
/// <https://developers.cloudflare.com/api/resources/memberships/methods/list/>. No token has the
/// permission.
pub(super) fn list(caller: &Caller, account: &Account, call: &Call) -> Outcome {
    let Caller::Key(key) = caller else {
        return Err(Failure::new(StatusCode::FORBIDDEN, 9109, "Unauthorized to access requested resource"));
    };
    let is_owners =
        |member: &&Member| member.address().is_some_and(|address| address.eq_ignore_ascii_case(&key.email));
    let status = call.query("status");
    let is_asked = |member: &&Member| status.is_none_or(|status| member.status == status);
    let found: Vec<&Member> = account.members.iter().filter(is_owners).filter(is_asked).collect();
    let shown = |member: &&Member| {
        let roles: Vec<&str> =
            member.roles.iter().filter_map(|id| account.role(id)).map(|role| role.name.as_str()).collect();
        raw(&json!({
            "id": member.id,
            "account": { "id": account.id, "name": account.name, "type": "standard" },
            "status": member.status,
            "roles": roles,
            "permissions": {},
        }))
    };
    Ok(Reply::page(call.paging(Limits::ACCOUNT)?.listing(&found, shown)))
}
