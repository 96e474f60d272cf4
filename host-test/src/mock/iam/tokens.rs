//! The endpoints of the caller's own API token.

use serde_json::json;

use crate::mock::account::Account;
use crate::mock::api::{Call, Caller, Failure, Outcome, Reply, TokenOwner};
use crate::mock::ids::hex_id;
use crate::mock::options::DEMO_EMAIL;

/// `OpenAPI: GET /user/tokens/verify`.
pub(super) fn verify_of_user(caller: &Caller, _: &Account, _: &Call) -> Outcome {
    verify(caller, TokenOwner::User)
}

/// The user who sends the request, who is the same with every token of a user: `OpenAPI: GET /user`. No
/// source says what the token of an account gets; that it is refused is inferred.
pub(super) fn owner(caller: &Caller, _: &Account, _: &Call) -> Outcome {
    let email = match caller {
        Caller::Key(key) => key.email.as_str(),
        Caller::Token(_) => caller.verified(TokenOwner::User).map(|_| DEMO_EMAIL)?,
    };
    let id = hex_id(&["user of a token"]);
    Ok(Reply::single(&json!({ "id": id, "email": email, "two_factor_authentication_enabled": true })))
}

/// `OpenAPI: GET /accounts/{account_id}/tokens/verify`.
pub(super) fn verify_of_account(caller: &Caller, _: &Account, _: &Call) -> Outcome {
    verify(caller, TokenOwner::Account)
}

/// Reports a token's status. The success message for an active token has the code 10000
/// (<https://developers.cloudflare.com/fundamentals/api/get-started/create-token/>); the messages for
/// other tokens are inferred.
fn verify(caller: &Caller, owner: TokenOwner) -> Outcome {
    let token = caller.verified(owner)?;
    let status = token.status.as_str();
    let message = match status {
        "active" => "This API Token is valid and active".to_owned(),
        _ => format!("This API Token is {status}"),
    };
    Ok(Reply {
        messages: vec![json!({ "code": 10000, "message": message, "type": null })],
        ..Reply::single(&json!({ "id": token.id(), "status": status }))
    })
}

/// <https://developers.cloudflare.com/api/resources/user/subresources/tokens/methods/get/>.
pub(super) fn details_of_user(caller: &Caller, account: &Account, call: &Call) -> Outcome {
    details(caller, account, call, TokenOwner::User)
}

/// <https://developers.cloudflare.com/api/resources/accounts/subresources/tokens/methods/get/>.
pub(super) fn details_of_account(caller: &Caller, account: &Account, call: &Call) -> Outcome {
    details(caller, account, call, TokenOwner::Account)
}

/// Shows the caller's own token, without its value.
fn details(caller: &Caller, account: &Account, call: &Call, owner: TokenOwner) -> Outcome {
    let token = caller.verified(owner)?;
    if call.id != token.id() {
        return Err(Failure::not_found("Token"));
    }
    let mut shown = json!({
        "id": token.id(),
        "name": "The mock's token",
        "status": token.status.as_str(),
        "issued_on": "2026-01-05T09:00:00Z",
        "modified_on": "2026-01-05T09:00:00Z",
        "last_used_on": "2026-11-28T09:00:00Z",
        "policies": token.policies(&account.id),
    });
    if let Some(condition) = &token.shown_condition {
        shown["condition"] = condition.clone();
    }
    Ok(Reply::single(&shown))
}
