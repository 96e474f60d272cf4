//! The words about credentials as a whole: about an account of which nothing can be read with them, and
//! about a token that isn't what it was. A sync, `get` and `validate` say the same.

use crate::settings::Credentials;

#[cfg(test)]
mod tests;

/// The most accounts that a message names.
const MOST_NAMED: usize = 3;

/// The advice for a token that was valid once.
pub const RENEW: &str = "Enable it or make a new one, and give it here.";
/// The advice for a token that Cloudflare refuses and calls active.
pub const JUST_CHANGED: &str = "if you have just made or changed it, try again in a few minutes.";
/// The warning about a status that no page documents.
pub const STATUS_IS_ODD: &str = "The checks show what can be read with it all the same. Look at the token in \
                                 Cloudflare's dashboard, and make a new one if you don't know why.";
/// The warning about a token that Cloudflare reads with, and doesn't verify.
pub const NOT_VERIFIED: &str = "So it may be something else than an API token of a user or an account, and \
                                end without notice: better make an API token.";

/// The sentence about an account that nothing can be read of.
pub const OR_ACCOUNT: &str = "If nothing of this account can be read, it can also be that the account ID \
                              is another account's.";
/// The same, where the address can be the reason too.
const OR_ACCOUNT_OR_ADDRESS: &str = "If nothing of this account can be read, it can also be that the \
                                     account ID is another account's, or that the token's Client IP \
                                     Address Filtering doesn't allow the address that this host goes out \
                                     with.";
/// The same for a key, which has no such filter.
const OR_ACCOUNT_OR_OWNER: &str = "If nothing of this account can be read, it can also be that the account \
                                   ID is another account's, that the owner of the key is no member of the \
                                   account, or that API access is turned off for them.";

/// The advice about the owner of a key. API access can be turned off for members:
/// <https://developers.cloudflare.com/fundamentals/api/how-to/control-api-access/>.
const OWNER: &str = "See that the owner of the key is a member of the account with a role that may read it, \
                     and that API access isn't turned off for them.";

/// Returns the sentence about an account that nothing can be read of, after the answer that can mean
/// anything.
pub const fn or_account_or_more(credentials: &Credentials) -> &'static str {
    match credentials {
        Credentials::Token(_) => OR_ACCOUNT_OR_ADDRESS,
        Credentials::Key { .. } => OR_ACCOUNT_OR_OWNER,
    }
}

/// The reason why nothing of the account can be read, as far as it is known.
#[derive(Debug, PartialEq, Eq)]
pub enum Reason {
    /// The credentials are for these other accounts.
    OtherAccounts(Vec<String>),
    /// The token isn't for the account itself.
    NotForAccount,
    /// The account is right. The token may be restricted to addresses.
    Account {
        /// Whether it is restricted to some.
        has_filter: Option<bool>,
    },
    /// Nothing.
    Unknown,
}

impl Reason {
    /// Says what to do with these credentials. `permissions` are those that all reading takes, and
    /// `of_a_user` says that a token is known to be a user's.
    pub fn advice(&self, credentials: &Credentials, permissions: &str, of_a_user: bool) -> String {
        let is_token = matches!(credentials, Credentials::Token(_));
        match self {
            Reason::OtherAccounts(ids) if is_token => format!(
                "The token is for another account ({}): correct the account ID, or give a token that is for \
                 this account.",
                shown(ids)
            ),
            Reason::OtherAccounts(ids) => format!(
                "The owner of the key sees another account ({}) and not this one: correct the account ID, \
                 or give the key of a member of this account.",
                shown(ids)
            ),
            Reason::NotForAccount => format!(
                "The token's own policies are not for the account itself: give it these permissions on this \
                 account: {permissions}."
            ),
            Reason::Account { has_filter: Some(true) } => format!(
                "The token is for this account, and has a Client IP Address Filtering: see that it allows \
                 the address that this host goes out with. If it does, give the token these permissions: \
                 {permissions}."
            ),
            Reason::Account { has_filter: Some(false) } => {
                let owner = if of_a_user {
                    " If it has them, its owner lacks them: a user's token can do no more than its owner."
                } else {
                    ""
                };
                format!(
                    "The token is for this account, and no address is forbidden to it: give it these \
                     permissions: {permissions}.{owner}"
                )
            }
            Reason::Account { has_filter: None } if is_token => format!(
                "Cloudflare shows this account to the token, so the account ID seems right. Check two \
                 things of the token: it has these permissions: {permissions}; and its Client IP Address \
                 Filtering allows the address that this host goes out with."
            ),
            Reason::Account { .. } => format!("The account ID seems right. {OWNER}"),
            Reason::Unknown if is_token => format!(
                "Check three things of the token: it has these permissions: {permissions}; it is for this \
                 account, because the ID of another account looks the same; and its Client IP Address \
                 Filtering allows the address that this host goes out with."
            ),
            Reason::Unknown => {
                format!("Check the account ID, because the ID of another account looks the same. {OWNER}")
            }
        }
    }
}

fn shown(ids: &[String]) -> String {
    let more = if ids.len() > MOST_NAMED { ", …" } else { "" };
    let named: Vec<&str> = ids.iter().take(MOST_NAMED).map(String::as_str).collect();
    format!("{}{more}", named.join(", "))
}
