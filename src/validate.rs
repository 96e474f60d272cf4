//! Asks what the credentials may read, and what they may change.

mod credentials;
mod nothing;
mod rights;

pub use rights::{Right, Rights};

use crate::cloudflare::app::App;
use crate::cloudflare::client::Client;
use crate::cloudflare::client::gap::{is_failing, is_unreadable};
use crate::cloudflare::endpoint::LISTS_READ;
use crate::cloudflare::group::Group;
use crate::cloudflare::id::Id;
use crate::cloudflare::item::Item;
use crate::cloudflare::list_item;
use crate::cloudflare::permission_group;
use crate::cloudflare::transport::Transport;
use crate::error::{Error, ErrorKind, Result};
use crate::kinds;
use crate::lifecycle::STEP_TYPES;
use crate::model::{Kind, Warning};
use crate::records;
use crate::records::known_apps::KnownApps;
use crate::rules::RuleSet;
use crate::settings::manifest::{MANAGES, PROVISIONS};
use serde_json::value::RawValue;

/// The facts that are known about the credentials. `wit/connection.wit` documents it.
#[derive(Clone, Debug)]
pub struct Validation {
    /// A check for each kind.
    pub checks: Vec<Check>,
    /// The right to do each step, by the step's id. A reader and a connector have no steps.
    pub steps: Vec<(&'static str, Right)>,
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
    let account = client.settings().account_id.clone();
    let mut probes: Vec<(Kind, Result<()>)> = Vec::new();
    let mut warnings = Vec::new();
    let mut of_list: Option<(Kind, Result<()>)> = None;
    for kind in Kind::ALL {
        let Some(collection) = kinds::row(kind).collection else { continue };
        let mut rules = Vec::new();
        let outcome = match kind {
            Kind::Group | Kind::App if of_list.is_none() => {
                client.first_page(collection, &mut |items| rules = rules_of(kind, items, &account))
            }
            // Where Cloudflare has no list of roles any more, the permission groups tell them.
            Kind::Role => client.probe(collection).or_else(|error| match error.kind {
                ErrorKind::NotFound => client.probe(&permission_group::COLLECTION).map_err(|_| error),
                _ => Err(error),
            }),
            _ => client.probe(collection),
        };
        probes.push((kind, outcome));
        if let Some(list) = rules.iter().find_map(|rules| rules.lists().find_map(Id::parse)) {
            of_list = Some((kind, probe_list(client, &list, kind, &rules, &mut warnings)));
        }
    }
    let list_failure = || of_list.as_ref().and_then(|(_, outcome)| outcome.as_ref().err());
    let failures = || probes.iter().filter_map(|(_, outcome)| outcome.as_ref().err());
    if let Some(rejected) =
        failures().chain(list_failure()).find(|error| error.kind == ErrorKind::Unauthenticated)
    {
        return Err(verified.explain(rejected.clone()));
    }
    // A list stands for the kind whose rules name it.
    let of_kind = |(kind, outcome): &'_ (Kind, Result<()>)| {
        let list = of_list.as_ref().filter(|(naming, _)| naming == kind);
        outcome.clone().err().or_else(|| list?.1.clone().err())
    };
    let failed: Vec<Error> = probes.iter().filter_map(of_kind).collect();
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
        let of_probe = |of: Kind| probes.iter().find(|(probed, _)| *probed == of)?.1.as_ref().err();
        let of_list = of_list.as_ref().filter(|(naming, _)| concerns(*naming, kind));
        let of_list = |naming: Option<Kind>| {
            let of_it = of_list.filter(|(of, _)| naming.is_none_or(|naming| naming == *of));
            of_it.and_then(|(_, outcome)| outcome.as_ref().err())
        };
        // What was asked first is told: the list, right behind the kind whose rules name it.
        let mut needed = std::iter::once(kind).chain(kinds::row(kind).needs.iter().copied());
        let failed = needed.find_map(|needed| of_probe(needed).or_else(|| of_list(Some(needed))));
        let failed = failed.or_else(|| of_list(None));
        let change = rights.as_ref().and_then(|rights| rights.to_change(kind));
        Check { kind, read: failed.cloned().map_or(Ok(()), Err), change }
    });
    let steps = rights
        .iter()
        .filter(|_| MANAGES)
        .flat_map(|rights| STEP_TYPES.iter().map(|step| (step.id, rights.to_do(step.permissions))));
    Ok(Validation { checks: checks.into(), steps: steps.collect(), warnings })
}

/// Asks what the credentials may change, with reads alone. Nothing is an error: then the rights are unknown.
pub fn rights<T: Transport>(client: &mut Client<T>) -> Rights {
    match credentials::verify(client) {
        Ok((holder, _)) => Rights::ask(client, holder),
        Err(error) => Rights::not_known(error),
    }
}

/// Whether a list that rules of the kind `naming` name matters to what is read of a kind.
fn concerns(naming: Kind, kind: Kind) -> bool {
    let may_need_lists = kinds::row(kind).permissions.iter().any(|it| it.name == LISTS_READ);
    // No group rests on what policies name.
    may_need_lists && (naming == Kind::Group || kind != Kind::Group)
}

/// Returns the rules of these groups, or of the policies of these applications, as far as they can be
/// understood.
fn rules_of(kind: Kind, items: &[&RawValue], account: &str) -> Vec<RuleSet> {
    if kind == Kind::Group {
        let groups = items.iter().filter_map(|raw| Group::read(raw, account).ok());
        return groups.map(|group| records::group::rule_set(&group.id, group.sections, account)).collect();
    }
    let mut known = KnownApps::default();
    for mut app in items.iter().filter_map(|raw| App::read(raw, account).ok()) {
        known.add_app(&mut app, account);
    }
    known.gather().rules
}

/// Probes the first list of addresses that rules of groups name, or, where these name none, of policies:
/// without the list, memberships and access are known only in part.
///
/// A list that a sync goes on without is a warning. It says that data would be missing, as the sync would.
fn probe_list<T: Transport>(
    client: &mut Client<T>,
    list: &Id,
    naming: Kind,
    rules: &[RuleSet],
    warnings: &mut Vec<Warning>,
) -> Result<()> {
    match client.probe(&list_item::collection(list)) {
        // A list that isn't there is the rule's fault, and not a missing permission.
        Err(error)
            if is_failing(&error) || is_unreadable(&error) && error.kind != ErrorKind::PermissionDenied =>
        {
            warnings.push(records::warnings::list_not_readable(list.as_str(), rules.iter(), &error.message));
            Ok(())
        }
        Err(mut error) => {
            let whose = if naming == Kind::Group { "Access groups" } else { "Access applications" };
            error.message = format!(
                "{whose} can be read, but not the lists of addresses that their rules name. {}",
                error.message
            );
            Err(error)
        }
        Ok(()) => Ok(()),
    }
}
