//! The endpoints that verify API tokens.

use serde_json::json;

use crate::mock::api::{Caller, Outcome, Reply, TokenOwner};

/// `OpenAPI: GET /user/tokens/verify`.
pub(super) fn verify_of_user(caller: &Caller) -> Outcome {
    verify(caller, TokenOwner::User)
}

/// `OpenAPI: GET /accounts/{account_id}/tokens/verify`.
pub(super) fn verify_of_account(caller: &Caller) -> Outcome {
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
