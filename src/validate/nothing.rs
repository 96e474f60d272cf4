//! The one error for an account of which nothing can be read. The same error for each resource type would
//! hide that the reason is a common one.

use super::credentials::Verified;
use super::rights::Holder;
use crate::cloudflare::client::Client;
use crate::cloudflare::client::credentials::TokenOwner;
use crate::cloudflare::permission;
use crate::cloudflare::restrictions::Restrictions;
use crate::cloudflare::transport::Transport;
use crate::cloudflare::whole::Reason;
use crate::error::{Error, ErrorKind};
use crate::kinds;
use crate::model::Kind;
use crate::settings::manifest::ACCOUNT_ID;

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
        Ok(seen) if seen.ids.iter().any(|id| id.eq_ignore_ascii_case(&client.settings().account_id)) => {
            Reason::Account { has_filter: None }
        }
        // Among more accounts this one may be.
        Ok(seen) if seen.are_all && !seen.ids.is_empty() => Reason::OtherAccounts(seen.ids),
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
    let of_a_user = matches!(holder, Holder::Token(TokenOwner::User, _));
    reason.advice(&client.settings().credentials, &permissions(), of_a_user)
}

/// Returns the names of the permissions that all reading takes.
fn permissions() -> String {
    let mut names: Vec<&str> = Vec::new();
    let rows = Kind::ALL.map(kinds::row).into_iter().filter(|row| !row.is_opt_in);
    let all = rows.flat_map(|row| row.permissions);
    for needed in all.filter(|needed| !needed.provision_only) {
        if !names.contains(&needed.name) {
            names.push(needed.name);
        }
    }
    let named: Vec<String> = names.into_iter().map(permission::named).collect();
    named.join(", ")
}
