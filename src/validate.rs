//! Asks what the credentials may read, and what they may change.

mod credentials;
mod nothing;
mod rights;

pub use rights::Right;

use crate::cloudflare::client::Client;
use crate::cloudflare::client::gap::{is_failing, is_unreadable};
use crate::cloudflare::endpoint::Collection;
use crate::cloudflare::group::Group;
use crate::cloudflare::id::Id;
use crate::cloudflare::item::Item;
use crate::cloudflare::list_item;
use crate::cloudflare::permission_group;
use crate::cloudflare::transport::Transport;
use crate::error::{Error, ErrorKind, Result};
use crate::kinds;
use crate::model::{Kind, Warning};
use crate::records;
use crate::rules::RuleSet;
use crate::settings::manifest::PROVISIONS;
use rights::Rights;

/// The facts that are known about the credentials. `wit/connection.wit` documents it.
#[derive(Clone, Debug)]
pub struct Validation {
    /// A check for each kind.
    pub checks: Vec<Check>,
    /// The facts that are no failure.
    pub warnings: Vec<Warning>,
}

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
pub fn validate<T: Transport>(client: &mut Client<T>) -> Result<Validation> {
    client.begin_call();
    let (holder, verified) = credentials::verify(client)?;
    let mut probes: Vec<(Kind, Result<()>)> = Vec::new();
    let mut warnings = Vec::new();
    for kind in Kind::ALL {
        if let Some(collection) = kinds::row(kind).collection {
            probes.push((kind, probe(client, kind, collection, &mut warnings)));
        }
    }
    let failures = || probes.iter().filter_map(|(_, outcome)| outcome.as_ref().err());
    if let Some(rejected) = failures().find(|error| error.kind == ErrorKind::Unauthenticated) {
        return Err(verified.explain(rejected.clone()));
    }
    let failed: Vec<Error> = failures().cloned().collect();
    if failed.len() == probes.len()
        && let Some(error) = nothing::error(client, &holder, &verified, &failed)
    {
        return Err(error);
    }
    warnings.extend(verified.warning());
    // OpenAPI: the account takes a permission with which its members can be read too.
    let reads_members = probes.iter().any(|(kind, outcome)| *kind == Kind::Member && outcome.is_ok());
    if reads_members && client.stopped().is_none() {
        let parent = client.parent_of_account().ok().flatten();
        warnings.extend(parent.as_ref().map(records::parent::warning));
    }
    let rights = PROVISIONS.then(|| Rights::ask(client, holder));
    let checks = Kind::ALL.map(|kind| {
        let needed = std::iter::once(&kind).chain(kinds::row(kind).needs);
        let outcomes = needed.filter_map(|needed| probes.iter().find(|(probed, _)| probed == needed));
        let failed = outcomes.filter_map(|(_, outcome)| outcome.as_ref().err()).next();
        let change = rights.as_ref().and_then(|rights| rights.to_change(kind));
        Check { kind, read: failed.cloned().map_or(Ok(()), Err), change }
    });
    Ok(Validation { checks: checks.into(), warnings })
}

fn probe<T: Transport>(
    client: &mut Client<T>,
    kind: Kind,
    collection: &Collection,
    warnings: &mut Vec<Warning>,
) -> Result<()> {
    match kind {
        Kind::Group => probe_groups(client, collection, warnings),
        // Where Cloudflare has no list of roles any more, the permission groups tell them.
        Kind::Role => client.probe(collection).or_else(|error| match error.kind {
            ErrorKind::NotFound => client.probe(&permission_group::COLLECTION).map_err(|_| error),
            _ => Err(error),
        }),
        _ => client.probe(collection),
    }
}

/// Probes the groups, and the first list of addresses that one of them names: without the list,
/// memberships are known only in part.
///
/// A list that a sync goes on without is a warning. It says that data would be missing, as the sync would.
fn probe_groups<T: Transport>(
    client: &mut Client<T>,
    collection: &Collection,
    warnings: &mut Vec<Warning>,
) -> Result<()> {
    let account = client.settings().account_id.clone();
    let mut groups: Vec<RuleSet> = Vec::new();
    client.first_page(collection, &mut |items| {
        let read = items.iter().filter_map(|raw| Group::read(raw, &account).ok());
        groups = read.map(|group| records::group::rule_set(&group.id, group.sections, &account)).collect();
    })?;
    let Some(list) = groups.iter().find_map(|rules| rules.lists().find_map(Id::parse)) else { return Ok(()) };
    match client.probe(&list_item::collection(&list)) {
        // A list that isn't there is the rule's fault, and not a missing permission.
        Err(error)
            if is_failing(&error) || is_unreadable(&error) && error.kind != ErrorKind::PermissionDenied =>
        {
            warnings.push(records::warnings::list_not_readable(list.as_str(), groups.iter(), &error.message));
            Ok(())
        }
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
