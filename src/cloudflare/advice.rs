//! The words of advice that depend on the request and on the credentials.

use super::failure::Advice;
use super::permission;
use super::whole;
use crate::credential::Form;
use crate::settings::Credentials;

/// The advice where no permission is known for a request.
pub const UNKNOWN_PERMISSION: &str = "Check what these credentials may do.";
/// The part of the advice about a permission that stands behind its name.
pub const OF_KEY: &str = "on this account (with the Global API key: use the key of somebody who has it).";
/// The sentence about the owner of the credentials.
pub const OR_OWNER: &str = "A user's token, like a key, can do no more than its owner, so check the owner's \
                            roles too:";
/// The advice for a key that stands in the place of a token.
pub const KEY_AS_TOKEN: &str = "The API token that was given looks like a Global API key: give it as the \
                                key, with its owner's email address, or make an API token.";
/// The advice for a token that stands in the place of a key.
pub const TOKEN_AS_KEY: &str = "The Global API key that was given looks like an API token: give it as the \
                                token, without an email address.";
/// The advice for credentials with something around them.
pub const SURROUNDED: &str = "The credential that was given has something around it (quotes, brackets, a \
                              name, the word Bearer): give it alone.";
/// The advice for a token where its form says nothing.
pub const USUAL_WITH_TOKEN: &str = "Mostly that is a Global API key where the API token belongs, or a part \
                                    is missing: copy it again, alone.";
/// The same for a key.
pub const USUAL_WITH_KEY: &str = "Mostly that is an API token where the Global API key belongs, or a part \
                                  is missing: copy it again, alone.";

/// The beginning of the advice for a `base-url` with another path than the API's; the address follows.
pub const GIVE_PATH: &str =
    "base-url should end with /client/v4, the path of Cloudflare's API, and have it only once. Give it so:";

/// A request, as far as advice depends on it.
pub struct About<'a> {
    /// The token permission that it takes; empty: none in particular.
    pub permission: &'a str,
    /// The sentence about the roles that the owner of the credentials needs for a write.
    pub owner: &'a str,
    /// The address of the API that `base-url` may mean, if it isn't one.
    pub meant: Option<&'a str>,
    /// The credentials.
    pub credentials: &'a Credentials,
}

/// Returns the words of an advice.
pub fn words(advice: Advice, about: &About<'_>) -> String {
    match advice {
        Advice::Words(words) => words.to_owned(),
        Advice::GivePermission => give(about.permission),
        Advice::GivePermissionOrAccount => format!("{} {}", give(about.permission), whole::OR_ACCOUNT),
        Advice::GivePermissionOrAccountOrAddress => {
            format!("{} {}", give(about.permission), whole::or_account_or_more(about.credentials))
        }
        Advice::GivePermissionOrRole => format!("{} {OR_OWNER} {}", give(about.permission), about.owner),
        Advice::CorrectForm => correct_form(about.credentials).to_owned(),
        Advice::GivePath => give_path(about.meant),
    }
}

fn give(permission: &str) -> String {
    if permission.is_empty() {
        return UNKNOWN_PERMISSION.to_owned();
    }
    format!("Give the token the permission {} {OF_KEY}", permission::named(permission))
}

/// Returns the sentences about a `base-url` with another path than the API's.
fn give_path(meant: Option<&str>) -> String {
    format!("{GIVE_PATH} {}", meant.unwrap_or_default())
}

/// Returns what the credentials look like.
fn correct_form(credentials: &Credentials) -> &'static str {
    match (Form::of(credentials.secret()), credentials) {
        (Form::Surrounded, _) => SURROUNDED,
        (Form::Key, Credentials::Token(_)) => KEY_AS_TOKEN,
        (Form::Token, Credentials::Key { .. }) => TOKEN_AS_KEY,
        (_, Credentials::Token(_)) => USUAL_WITH_TOKEN,
        (_, Credentials::Key { .. }) => USUAL_WITH_KEY,
    }
}
