//! The one error for an account of which nothing can be read. The same error for each resource type would
//! hide that the reason is a common one.

use super::credentials::Verified;
use super::rights::Holder;
use crate::cloudflare::client::Client;
use crate::cloudflare::client::credentials::TokenOwner;
use crate::cloudflare::restrictions::Restrictions;
use crate::cloudflare::transport::Transport;
use crate::error::{Error, ErrorKind};
use crate::kinds;
use crate::model::Kind;
use crate::settings::Credentials;
use crate::settings::manifest::ACCOUNT_ID;

/// The most accounts that a message names.
const MOST_NAMED: usize = 3;

/// The advice about the owner of a key. API access can be turned off for members:
/// <https://developers.cloudflare.com/fundamentals/api/how-to/control-api-access/>.
const OWNER: &str = "See that the owner of the key is a member of the account with a role that may read it, \
                     and that API access isn't turned off for them.";

/// The reason, as far as it is known.
#[derive(Debug, PartialEq, Eq)]
enum Reason {
    /// The credentials are for these other accounts.
    OtherAccounts(Vec<String>),
    /// The token isn't for the account itself.
    NotForAccount,
    /// The account is right. The token may be restricted to addresses.
    Account { has_filter: Option<bool> },
    /// Nothing.
    Unknown,
}

/// Returns the error for the whole, if these failures of all lists have a common reason.
pub fn error<T: Transport>(
    client: &mut Client<T>,
    holder: &Holder,
    verified: &Verified,
    failures: &[Error],
) -> Option<Error> {
    let first = failures.first()?;
    let are_all = |kind| failures.iter().all(|error| error.kind == kind);
    if failures.iter().all(|error| !matches!(error.kind, ErrorKind::PermissionDenied | ErrorKind::NotFound)) {
        // Where nothing could be asked, no single resource type is at fault.
        return Some(first.clone());
    }
    if let Verified::NotKnown(error) = verified {
        return Some(error.clone());
    }
    let mut error = first.clone();
    if are_all(ErrorKind::PermissionDenied) {
        let reason = reason(client, holder);
        error.message = format!("{} {}", refused(client, verified, first), advice(client, holder, &reason));
        error.about = matches!(reason, Reason::OtherAccounts(_)).then(|| ACCOUNT_ID.to_owned());
    } else if are_all(ErrorKind::NotFound) {
        error.message = format!("Nothing of this account can be read. {}", first.message);
    } else {
        return None;
    }
    Some(error)
}

/// Looks for the reason, in at most two requests.
fn reason<T: Transport>(client: &mut Client<T>, holder: &Holder) -> Reason {
    if let Holder::Token(owner, id) = holder
        && let Ok(token) = client.token_itself(*owner, id)
    {
        let Restrictions { covers_account, other_accounts, has_filter } = token.restrictions;
        return match covers_account {
            Some(true) => Reason::Account { has_filter: Some(has_filter) },
            Some(false) if other_accounts.is_empty() => Reason::NotForAccount,
            Some(false) => Reason::OtherAccounts(other_accounts),
            None => Reason::Unknown,
        };
    }
    match client.visible_accounts() {
        // That a token sees no accounts but its own is inferred.
        Ok(accounts) if accounts.iter().any(|id| id.eq_ignore_ascii_case(&client.settings().account_id)) => {
            Reason::Account { has_filter: None }
        }
        Ok(accounts) if !accounts.is_empty() => Reason::OtherAccounts(accounts),
        _ => Reason::Unknown,
    }
}

/// Says what Cloudflare refused.
fn refused<T: Transport>(client: &Client<T>, verified: &Verified, first: &Error) -> String {
    let status = first.http_status.map_or(String::new(), |status| format!(" {status}"));
    let code = first.code.as_ref().map_or(String::new(), |code| format!(" ({code})"));
    let although = match verified {
        Verified::Active => ", although it verifies the token".to_owned(),
        Verified::Odd(status) => format!(", and says that the token has the status \u{201c}{status}\u{201d}"),
        Verified::NotAsked | Verified::NotKnown(_) => String::new(),
    };
    let account = &client.settings().account_id;
    format!(
        "Nothing of the account {account} can be read: Cloudflare answered{status}{code} to every \
         list{although}."
    )
}

/// Says what to do.
fn advice<T: Transport>(client: &Client<T>, holder: &Holder, reason: &Reason) -> String {
    let is_token = matches!(client.settings().credentials, Credentials::Token(_));
    let permissions = permissions();
    match reason {
        Reason::OtherAccounts(ids) if is_token => format!(
            "The token is for another account ({}): correct the account ID, or give a token that is for this \
             account.",
            shown(ids)
        ),
        Reason::OtherAccounts(ids) => format!(
            "The owner of the key sees another account ({}) and not this one: correct the account ID, or \
             give the key of a member of this account.",
            shown(ids)
        ),
        Reason::NotForAccount => format!(
            "The token's own policies are not for the account itself: give it these permissions on this \
             account: {permissions}."
        ),
        Reason::Account { has_filter: Some(true) } => format!(
            "The token is for this account, and has a Client IP Address Filtering: see that it allows the \
             address that this host goes out with. If it does, give the token these permissions: \
             {permissions}."
        ),
        Reason::Account { has_filter: Some(false) } => {
            let owner = match holder {
                Holder::Token(TokenOwner::User, _) => {
                    " If it has them, its owner lacks them: a user's token can do no more than its owner."
                }
                _ => "",
            };
            format!(
                "The token is for this account, and no address is forbidden to it: give it these \
                 permissions: {permissions}.{owner}"
            )
        }
        Reason::Account { has_filter: None } if is_token => format!(
            "Cloudflare shows this account to the token, so the account ID seems right. Check two things of \
             the token: it has these permissions: {permissions}; and its Client IP Address Filtering allows \
             the address that this host goes out with."
        ),
        Reason::Account { .. } => format!("The account ID seems right. {OWNER}"),
        Reason::Unknown if is_token => format!(
            "Check three things of the token: it has these permissions: {permissions}; it is for this \
             account, because the ID of another account looks the same; and its Client IP Address Filtering \
             allows the address that this host goes out with."
        ),
        Reason::Unknown => {
            format!("Check the account ID, because the ID of another account looks the same. {OWNER}")
        }
    }
}

/// Returns the names of the permissions that all reading takes.
fn permissions() -> String {
    let mut names: Vec<&str> = Vec::new();
    let all = Kind::ALL.into_iter().flat_map(|kind| kinds::row(kind).permissions);
    for permission in all.filter(|permission| !permission.provision_only) {
        if !names.contains(&permission.name) {
            names.push(permission.name);
        }
    }
    let quoted: Vec<String> = names.iter().map(|name| format!("\u{201c}{name}\u{201d}")).collect();
    quoted.join(", ")
}

fn shown(ids: &[String]) -> String {
    let more = if ids.len() > MOST_NAMED { ", …" } else { "" };
    let named: Vec<&str> = ids.iter().take(MOST_NAMED).map(String::as_str).collect();
    format!("{}{more}", named.join(", "))
}
