//! Reads which groups of identity providers the rules of an account name.

use super::{Reader, Selection};
use crate::cloudflare::client::Client;
use crate::cloudflare::client::gap::is_unreadable;
use crate::cloudflare::transport::Transport;
use crate::error::Result;
use crate::identities::Demand;
use crate::json::value::Json;
use crate::model::{Kind, Warning, WarningCode};
use crate::records::warnings;
use crate::rules::Membership;

/// Reads groups and applications with their policies, and no people, and returns the groups of identity
/// providers that the rules name.
///
/// # Errors
/// The contract lists them at `identities.wanted`.
pub fn wanted<T: Transport>(client: &mut Client<T>) -> Result<Demand> {
    client.begin_call();
    let (mut reader, mut cursor) = (Reader::default(), None);
    let (mut demand, mut providers) = (Demand::default(), Vec::new());
    loop {
        match reader.read_selected(client, Selection::of_rules(), None, None, cursor.as_deref()) {
            Ok(page) => {
                demand.warnings.extend(page.warnings.into_iter().filter(matters));
                let named = page.resources.into_iter().filter(|it| it.id.kind == Kind::IdentityProvider);
                providers.extend(named);
                cursor = page.next;
            }
            Err(error) if is_unreadable(&error) && reader.memory.learned.seen.next(Kind::Group).is_none() => {
                demand.warnings.push(warnings::applications_not_readable(&error.message));
                cursor = None;
            }
            Err(error) => return Err(error),
        }
        if cursor.is_none() {
            break;
        }
    }
    let learned = &reader.memory.learned;
    // Without the applications, nothing is compiled.
    let compiled = learned.membership.as_ref().map(Membership::sets).unwrap_or_default();
    for set in learned.rule_sets().iter().chain(compiled) {
        set.provider_groups().for_each(|group| demand.note(group, set.resource()));
    }
    for provider in providers {
        let profile = Json::parse(&provider.profile).unwrap_or(Json::Null);
        demand.name(&provider.id.id, &provider.display_name, profile.get("type").text());
    }
    (demand.requests, demand.rate_limit) = (client.requests(), client.rate_limit());
    Ok(demand)
}

/// Whether a warning is about groups that may be missing, or about names that are.
fn matters(warning: &Warning) -> bool {
    warning.incomplete || warning.code == WarningCode::ProvidersNotReadable
}
