//! Asks Cloudflare what it knows of the credentials themselves, before anything is read with them.

use super::rights::Holder;
use crate::cloudflare::client::Client;
use crate::cloudflare::client::credentials::TokenOwner;
use crate::cloudflare::client::gap::is_unreadable;
use crate::cloudflare::transport::Transport;
use crate::cloudflare::whole;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Warning, WarningCode};
use crate::settings::Credentials;

/// The result of Cloudflare's own check of the credentials.
#[derive(Debug)]
pub enum Verified {
    /// There is none: a Global API key has no such check, and a server may not offer it.
    NotAsked,
    /// The token is active.
    Active,
    /// The token has a status that no page documents. It is safe to show.
    Odd(String),
    /// Cloudflare doesn't know the token, for this reason.
    NotKnown(Error),
}

/// Verifies a token. The token of a user is verified at another address than that of an account;
/// neither address takes a permission.
/// Sources: OpenAPI: `GET /user/tokens/verify` and `GET /accounts/{account_id}/tokens/verify`.
///
/// # Errors
/// The token isn't good for anything, or Cloudflare can't be asked.
pub fn verify<T: Transport>(client: &mut Client<T>) -> Result<(Holder, Verified)> {
    if let Credentials::Key { .. } = client.settings().credentials {
        return Ok((Holder::KeyOwner, Verified::NotAsked));
    }
    let no_id = || Error::new(ErrorKind::InvalidResponse, "Cloudflare doesn't tell the API token's id.");
    let mut not_known = no_id();
    for owner in [TokenOwner::User, TokenOwner::Account] {
        match client.verify_token(owner) {
            Ok(token) => {
                let holder = token.id.map_or_else(|| Holder::Unknown(no_id()), |id| Holder::Token(owner, id));
                return Ok((holder, token.odd_status.map_or(Verified::Active, Verified::Odd)));
            }
            Err(error) if error.kind == ErrorKind::Unauthenticated => {
                // With 401 an address says that it doesn't know the token, and the other one may. Every
                // other refusal is about the token wherever it is asked for.
                // <https://developers.cloudflare.com/fundamentals/api/troubleshooting/>, code 1000.
                if error.http_status != Some(401) {
                    return Err(error);
                }
                not_known = error;
            }
            // The lists will show what this can't.
            Err(error) if is_unreadable(&error) => return Ok((Holder::Unknown(error), Verified::NotAsked)),
            Err(error) => return Err(error),
        }
    }
    Ok((Holder::Unknown(no_id()), Verified::NotKnown(not_known)))
}

impl Verified {
    /// Returns the error for a read that was refused because of the credentials.
    pub fn explain(&self, mut refused: Error) -> Error {
        let word = match self {
            Verified::NotKnown(error) if !refused.not_from_here => return error.clone(),
            Verified::NotKnown(_) | Verified::NotAsked => return refused,
            Verified::Active => "the token is active".to_owned(),
            Verified::Odd(status) => format!("the token has the status \u{201c}{status}\u{201d}"),
        };
        refused.message =
            format!("{} Cloudflare's own check says that {word}: {}", refused.message, whole::JUST_CHANGED);
        refused
    }

    /// Returns the warning about a check that doesn't say that the token is active, although
    /// something can be read with it.
    pub fn warning(&self) -> Option<Warning> {
        let (code, message) = match self {
            Verified::NotAsked | Verified::Active => return None,
            Verified::Odd(status) => (
                WarningCode::TokenStatusOdd,
                format!(
                    "Cloudflare says that the API token has the status \u{201c}{status}\u{201d}, which its \
                     documentation doesn't have. {}",
                    whole::STATUS_IS_ODD
                ),
            ),
            Verified::NotKnown(error) => (
                WarningCode::TokenNotVerified,
                format!(
                    "Cloudflare reads with this API token, but its own check doesn't know it{}. {}",
                    error.code.as_ref().map_or(String::new(), |code| format!(" (code {code})")),
                    whole::NOT_VERIFIED
                ),
            ),
        };
        Some(Warning::new(code, None, message))
    }
}
