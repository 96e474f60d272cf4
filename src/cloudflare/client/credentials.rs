//! Questions about the credentials themselves.

use super::Client;
use crate::cloudflare::account::{self, Parent};
use crate::cloudflare::endpoint::{ACCOUNT_READ, Object, USER_READ};
use crate::cloudflare::id::Id;
use crate::cloudflare::membership;
use crate::cloudflare::redact;
use crate::cloudflare::restrictions::Restrictions;
use crate::cloudflare::token::Policies;
use crate::cloudflare::transport::Transport;
use crate::error::Result;
use crate::json::value::Json;
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

/// The answer for a token that Cloudflare verifies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The token's id. A text that may have been made from the token itself doesn't count: it would
    /// become part of a path, and paths are shown.
    pub id: Option<Id>,
    /// The token's status as a message may show it, if it is one that no page documents.
    pub odd_status: Option<String>,
}

/// The content of a token, as it shows it of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenItself {
    /// The permissions.
    pub policies: Policies,
    /// The accounts and addresses that it is restricted to.
    pub restrictions: Restrictions,
}

/// The accounts that credentials can see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The ids that the first page shows.
    pub ids: Vec<String>,
    /// Whether the page is the whole list, and shows each id.
    pub are_all: bool,
}

/// The most accounts on a page.
/// <https://developers.cloudflare.com/api/resources/accounts/methods/list/>
const ACCOUNTS_A_PAGE: usize = 50;

impl<T: Transport> Client<T> {
    /// Asks whether a token is valid.
    ///
    /// # Errors
    /// `unauthenticated`, with the code `disabled` or `expired` if the token was valid once; or the
    /// meaning of the failure.
    pub fn verify_token(&mut self, owner: TokenOwner) -> Result<Verified> {
        // OpenAPI: GET /user/tokens/verify, GET /accounts/{account_id}/tokens/verify.
        let ask = self.ask("verify the API token".to_owned(), "", self.path_of_token(owner, "verify"));
        let response = self.get(&ask, None, None, TOKEN_LIMIT)?;
        let result = ask.envelope(&response)?.result.map_or("null", RawValue::get);
        let result = Json::parse(result).unwrap_or(Json::Null);
        let text = |field| result.get(field).text();
        let credentials = &self.settings.credentials;
        // OpenAPI, schema `iam_status`: active, disabled, expired. Others come too:
        // favonia/cloudflare-ddns#790 and #799.
        let odd_status = match text("status").map(str::trim) {
            Some("active") => None,
            Some("disabled") => return Err(ask.token_is("disabled", &response)),
            Some("expired") => return Err(ask.token_is("expired", &response)),
            Some(odd) if !odd.is_empty() => Some(redact::shortened(credentials, odd)),
            _ => return Err(ask.not_the_api(&response, "it says no status of the token")),
        };
        let id = text("id").filter(|id| id.len() <= LONGEST_ID && self.is_apart_from_the_secret(id));
        Ok(Verified { id: id.and_then(Id::parse), odd_status })
    }

    /// Reads what a token may do, and where. It asks with that same token.
    ///
    /// # Errors
    /// The meaning of the failure.
    pub fn token_itself(&mut self, owner: TokenOwner, id: &Id) -> Result<TokenItself> {
        let path = self.path_of_token(owner, id.as_str());
        let ask =
            self.ask("read what the API token may do".to_owned(), owner.permission_to_read_itself(), path);
        let response = self.get(&ask, None, None, TOKEN_LIMIT)?;
        let result = ask.envelope(&response)?.result;
        let account = &self.settings.account_id;
        let read = |token| {
            let policies = Policies::read(token, account)?;
            let mut restrictions = Restrictions::read(token, account);
            restrictions.other_accounts.retain(|id| self.is_apart_from_the_secret(id));
            Ok(TokenItself { policies, restrictions })
        };
        result.ok_or("it has no result").and_then(read).map_err(|why| ask.not_the_api(&response, why))
    }

    /// Reads the address of the user who owns the API token, if the answer has one.
    ///
    /// # Errors
    /// The meaning of the failure. Mostly the token may not read it.
    pub fn address_of_user(&mut self) -> Result<Option<String>> {
        // OpenAPI: GET /user.
        let ask = self.ask("read the owner of the API token".to_owned(), USER_READ, "/user".to_owned());
        let response = self.get(&ask, None, None, Object::BYTES)?;
        let user = ask.envelope(&response)?.result.map_or("null", RawValue::get);
        Ok(Json::parse(user).unwrap_or(Json::Null).get("email").text().map(str::to_owned))
    }

    /// Reads the ids of the accounts that the credentials can see, as far as the first page shows them.
    ///
    /// # Errors
    /// The meaning of the failure.
    pub fn visible_accounts(&mut self) -> Result<Seen> {
        let path = format!("/accounts?page=1&per_page={ACCOUNTS_A_PAGE}");
        let ask = self.ask("list the accounts that the credentials can see".to_owned(), "", path);
        let response = self.get(&ask, None, None, Object::BYTES)?;
        let (items, info) = ask.list(&response)?;
        let count = items.len();
        let is_whole = match info.total_count {
            Some(total) => usize::try_from(total).is_ok_and(|total| total <= count),
            None => count < ACCOUNTS_A_PAGE && info.total_pages.is_none_or(|pages| pages <= 1),
        };
        let ids = items.into_iter().filter_map(account::id_of);
        let ids: Vec<String> = ids.filter(|id| self.is_apart_from_the_secret(id)).collect();
        Ok(Seen { are_all: is_whole && ids.len() == count, ids })
    }

    /// Reads the organization that the account belongs to, if it belongs to one.
    ///
    /// # Errors
    /// The meaning of the failure.
    pub fn parent_of_account(&mut self) -> Result<Option<Parent>> {
        // OpenAPI: GET /accounts/{account_id}.
        let ask = self.ask("read the account".to_owned(), ACCOUNT_READ, self.account_path());
        let response = self.get(&ask, None, None, Object::BYTES)?;
        let envelope = ask.envelope(&response).inspect_err(|error| self.note_stopped(error))?;
        let parent = envelope.result.ok_or("it has no result").and_then(Parent::read);
        let parent = parent.map_err(|why| ask.not_the_api(&response, why))?;
        Ok(parent.map(|parent| parent.shown(&self.settings.credentials)))
    }

    /// Asks whether the owner of the Global API key is a Super Administrator of the account, as far
    /// as the first 50 memberships say.
    ///
    /// # Errors
    /// The meaning of the failure.
    pub fn has_super_administrators_key(&mut self) -> Result<bool> {
        let path = "/memberships?status=accepted&page=1&per_page=50".to_owned();
        let ask = self.ask("read the memberships of the Global API key's owner".to_owned(), "", path);
        let response = self.get(&ask, None, None, Object::BYTES)?;
        let (items, _) = ask.list(&response)?;
        Ok(membership::has_super_administrator(&items, &self.settings.account_id))
    }

    /// Whether a text can't have been made from the secret.
    fn is_apart_from_the_secret(&self, text: &str) -> bool {
        let secret = self.settings.credentials.secret();
        !text.contains(secret) && !secret.contains(text)
    }

    fn path_of_token(&self, owner: TokenOwner, which: &str) -> String {
        match owner {
            TokenOwner::User => format!("/user/tokens/{which}"),
            TokenOwner::Account => format!("{}/tokens/{which}", self.account_path()),
        }
    }
}
