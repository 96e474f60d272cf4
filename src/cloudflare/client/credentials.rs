//! Questions about the credentials themselves.

use super::Client;
use crate::cloudflare::endpoint::Object;
use crate::cloudflare::id::Id;
use crate::cloudflare::membership;
use crate::cloudflare::token::Policies;
use crate::cloudflare::transport::Transport;
use crate::error::Result;
use serde_json::value::RawValue;

/// The longest answer about a token that is read, in bytes. With all permissions that there are, it
/// has about 100 KB (estimated).
const TOKEN_LIMIT: usize = 1 << 20;
/// The most characters of a token's id. Source: `token_id` of *Token Details*, at the same address.
const LONGEST_ID: usize = 32;

/// The owner of a token. The tokens of each have addresses of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenOwner {
    /// A user: the token was made under My Profile.
    User,
    /// An account: the token was made under Manage Account.
    Account,
}

impl TokenOwner {
    /// The permission with which a token may read itself. Source: "Accepted Permissions" of *Token
    /// Details*, <https://developers.cloudflare.com/api/resources/user/subresources/tokens/methods/get/>
    /// and <https://developers.cloudflare.com/api/resources/accounts/subresources/tokens/methods/get/>.
    pub const fn permission_to_read_itself(self) -> &'static str {
        match self {
            TokenOwner::User => "API Tokens Read",
            TokenOwner::Account => "Account API Tokens Read",
        }
    }
}

impl<T: Transport> Client<T> {
    /// Asks whether a token is valid, and returns its id. A text that may have been made from the token
    /// itself doesn't count: it would become part of a path, and paths are shown.
    ///
    /// # Errors
    /// `unauthenticated`, with the code `disabled` or `expired` if the token was valid once; or the
    /// meaning of the failure.
    pub fn verify_token(&mut self, owner: TokenOwner) -> Result<Option<Id>> {
        // OpenAPI: GET /user/tokens/verify, GET /accounts/{account_id}/tokens/verify.
        let ask = self.ask("verify the API token".to_owned(), "", self.path_of_token(owner, "verify"));
        let response = self.get(&ask, None, TOKEN_LIMIT)?;
        let result = ask.envelope(&response)?.result.map_or("null", RawValue::get);
        let result: serde_json::Value = serde_json::from_str(result).unwrap_or_default();
        let text = |field| result.get(field).and_then(serde_json::Value::as_str);
        match text("status") {
            Some("active") => {
                let secret = self.settings.credentials.secret();
                let is_apart =
                    |id: &&str| id.len() <= LONGEST_ID && !id.contains(secret) && !secret.contains(id);
                Ok(text("id").filter(is_apart).and_then(Id::parse))
            }
            Some("disabled") => Err(ask.token_is("disabled", &response)),
            Some("expired") => Err(ask.token_is("expired", &response)),
            _ => Err(ask.not_the_api(&response, "it says no status that a token can have")),
        }
    }

    /// Reads what a token may do. It asks with that same token.
    ///
    /// # Errors
    /// The meaning of the failure.
    pub fn token_policies(&mut self, owner: TokenOwner, id: &Id) -> Result<Policies> {
        let path = self.path_of_token(owner, id.as_str());
        let ask =
            self.ask("read what the API token may do".to_owned(), owner.permission_to_read_itself(), path);
        let response = self.get(&ask, None, TOKEN_LIMIT)?;
        let result = ask.envelope(&response)?.result;
        let token = result.ok_or("it has no result");
        let policies = token.and_then(|token| Policies::read(token, &self.settings.account_id));
        policies.map_err(|why| ask.not_the_api(&response, why))
    }

    /// Asks whether the owner of the Global API key is a Super Administrator of the account, as far
    /// as the first 50 memberships say.
    ///
    /// # Errors
    /// The meaning of the failure.
    pub fn has_super_administrators_key(&mut self) -> Result<bool> {
        let path = "/memberships?status=accepted&page=1&per_page=50".to_owned();
        let ask = self.ask("read the memberships of the Global API key's owner".to_owned(), "", path);
        let response = self.get(&ask, None, Object::BYTES)?;
        let (items, _) = ask.list(&response)?;
        Ok(membership::has_super_administrator(&items, &self.settings.account_id))
    }

    fn path_of_token(&self, owner: TokenOwner, which: &str) -> String {
        match owner {
            TokenOwner::User => format!("/user/tokens/{which}"),
            TokenOwner::Account => format!("{}/tokens/{which}", self.account_path()),
        }
    }
}
