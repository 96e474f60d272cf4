//! Asks what the credentials may read, and what they may change.

mod rights;

pub use rights::Right;

use crate::cloudflare::client::credentials::TokenOwner;
use crate::cloudflare::client::{Client, is_failing, is_unreadable};
use crate::cloudflare::endpoint::Collection;
use crate::cloudflare::group::Group;
use crate::cloudflare::id::Id;
use crate::cloudflare::item::Item;
use crate::cloudflare::list_item;
use crate::cloudflare::transport::Transport;
use crate::error::{Error, ErrorKind, Result};
use crate::kinds;
use crate::model::Kind;
use crate::records;
use crate::settings::Credentials;
use crate::settings::manifest::{API_TOKEN, PROVISIONS};
use rights::{Holder, Rights};

/// The facts that are known about the credentials for one resource type.
#[derive(Clone, Debug)]
pub struct Check {
    /// The resource type.
    pub kind: Kind,
    /// The reason why it can't be read, or not all of it.
    pub read: Result<()>,
    /// Whether it may be changed; `None` if this connector can't change it.
    pub change: Option<Right>,
}

/// Asks whether each kind may be read, and whether it may be changed. A token is verified first,
/// because the endpoints give the same answer to a token that is disabled and to one that never was
/// (inferred).
///
/// # Errors
/// The credentials as a whole aren't valid, or Cloudflare can't be asked.
pub fn validate<T: Transport>(client: &mut Client<T>) -> Result<Vec<Check>> {
    client.begin_call();
    let holder = match client.settings().credentials {
        Credentials::Token(_) => verify_token(client)?,
        Credentials::Key { .. } => Holder::KeyOwner,
    };
    let mut probes: Vec<(Kind, Result<()>)> = Vec::new();
    for kind in Kind::ALL {
        if let Some(collection) = kinds::row(kind).collection {
            probes.push((kind, probe(client, kind, collection)));
        }
    }
    let failures = || probes.iter().filter_map(|(_, outcome)| outcome.as_ref().err());
    let rejected = failures().find(|error| error.kind == ErrorKind::Unauthenticated);
    // Where nothing could be asked, no single resource type is at fault.
    let unreachable =
        failures().next().filter(|_| failures().filter(|error| is_general(error)).count() == probes.len());
    if let Some(general) = rejected.or(unreachable) {
        return Err(general.clone());
    }
    let rights = PROVISIONS.then(|| Rights::ask(client, holder));
    let checks = Kind::ALL.map(|kind| {
        let needed = std::iter::once(&kind).chain(kinds::row(kind).needs);
        let outcomes = needed.filter_map(|needed| probes.iter().find(|(probed, _)| probed == needed));
        let failed = outcomes.filter_map(|(_, outcome)| outcome.as_ref().err()).next();
        let change = rights.as_ref().and_then(|rights| rights.to_change(kind));
        Check { kind, read: failed.cloned().map_or(Ok(()), Err), change }
    });
    Ok(checks.into())
}

fn probe<T: Transport>(client: &mut Client<T>, kind: Kind, collection: &Collection) -> Result<()> {
    match kind {
        Kind::Group => probe_groups(client, collection),
        _ => client.probe(collection),
    }
}

/// Probes the groups, and the first list of addresses that one of them names: without the list,
/// memberships are known only in part.
fn probe_groups<T: Transport>(client: &mut Client<T>, collection: &Collection) -> Result<()> {
    let account = client.settings().account_id.clone();
    let mut named = None;
    client.first_page(collection, &mut |items| {
        let groups = items.iter().filter_map(|raw| Group::read(raw, &account).ok());
        let mut rules = groups.map(|group| records::group::rule_set(&group.id, group.sections, &account));
        named = rules.find_map(|rules| rules.lists().find_map(Id::parse));
    })?;
    let Some(list) = named else { return Ok(()) };
    match client.probe(&list_item::collection(&list)) {
        // A list that isn't there is the rule's fault, and not a missing permission.
        Err(error) if is_unreadable(&error) && error.kind != ErrorKind::PermissionDenied => Ok(()),
        // A sync goes on without it, too.
        Err(error) if is_failing(&error) => Ok(()),
        Err(mut error) => {
            error.message = format!(
                "Access groups can be read, but not the lists of addresses that their rules name. {}",
                error.message
            );
            Err(error)
        }
        Ok(()) => Ok(()),
    }
}

/// Verifies the token. The token of a user is verified at another address than that of an account;
/// neither address takes a permission.
/// Sources: OpenAPI: `GET /user/tokens/verify` and `GET /accounts/{account_id}/tokens/verify`.
fn verify_token<T: Transport>(client: &mut Client<T>) -> Result<Holder> {
    let no_id = || Error::new(ErrorKind::InvalidResponse, "Cloudflare doesn't tell the API token's id.");
    let mut unknown = Err(no_id());
    for owner in [TokenOwner::User, TokenOwner::Account] {
        match client.verify_token(owner) {
            Ok(Some(id)) => return Ok(Holder::Token(owner, id)),
            Ok(None) => return Ok(Holder::Unknown(no_id())),
            Err(error) if error.kind == ErrorKind::Unauthenticated => {
                let was_valid = was_valid_once(&error);
                unknown = Err(error.about(API_TOKEN));
                if was_valid {
                    break;
                }
                // The other address may know the token.
            }
            // The probes will show what this can't.
            Err(error) if is_unreadable(&error) => return Ok(Holder::Unknown(error)),
            Err(error) => return Err(error),
        }
    }
    unknown
}

/// Whether the token is known, and was disabled or has expired.
fn was_valid_once(error: &Error) -> bool {
    matches!(error.code.as_deref(), Some("disabled" | "expired"))
}

/// Whether an error says nothing of one resource type.
fn is_general(error: &Error) -> bool {
    !matches!(error.kind, ErrorKind::PermissionDenied | ErrorKind::NotFound)
}
