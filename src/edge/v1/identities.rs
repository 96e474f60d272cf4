//! `identities` in a body: facts about people whom only their identity provider knows.

use crate::cloudflare::transport::Transport;
use crate::contract::Warning;
use crate::edge::body;
use crate::edge::failure::{End, Failure};
use crate::edge::http::Request;
use crate::error::Error;
use crate::identities::{GroupFacts, ProviderGroup};
use crate::model::Kind;
use crate::output::{IdOf, no_credential};
use crate::session::Session;
use serde::Deserialize;

/// The most addresses that a session takes in one call (`wit/identities.wit`).
const MOST: usize = 10_000;

/// The most facts that a warning names.
const MOST_NAMED: usize = 20;

/// Facts about one group of an identity provider.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object with provider, group, addresses and source")]
pub(super) struct FactsOf {
    provider: IdOf,
    group: String,
    addresses: Vec<String>,
    source: String,
    #[serde(default)]
    as_of: Option<String>,
}

/// The body of a request for one resource, or for what somebody holds.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    #[serde(default)]
    identities: Vec<FactsOf>,
}

/// Reads the facts that a request for one resource has: one with POST can have some.
pub(super) fn of_one(request: &mut Request<'_>) -> Result<Vec<FactsOf>, Failure> {
    if request.method != "POST" {
        return Ok(Vec::new());
    }
    Ok(body::read_within::<Body>(request, body::LONGEST_WITH_FACTS)?.identities)
}

/// The requests that were sent to tell facts, and what is to be said of the facts.
#[derive(Default)]
pub(super) struct Told {
    pub(super) requests: u32,
    pub(super) warnings: Vec<Warning>,
}

/// Tells a session these facts.
pub(super) fn tell<T: Transport>(session: &mut Session<T>, facts: Vec<FactsOf>) -> Result<Told, End> {
    for (n, of_group) in facts.iter().enumerate() {
        check(of_group).map_err(|problem| {
            Failure::argument(&format!("identities[{n}]"), format!("{problem}. Nothing was sent."))
        })?;
    }
    if facts.is_empty() {
        return Ok(Told::default());
    }
    let demand = session.wanted()?;
    let (requests, wanted) = (demand.requests, demand.keys());
    let is_unused = |of_group: &FactsOf| {
        let mut groups = ProviderGroup::of_text(&of_group.provider.id, &of_group.group);
        !groups.any(|group| wanted.contains(&group))
    };
    let unused = facts.iter().enumerate().filter(|(_, of_group)| is_unused(of_group));
    let unused: Vec<usize> = unused.map(|(n, _)| n).collect();
    let mut warnings = Vec::new();
    if !unused.is_empty() {
        // What can't be read may name these groups.
        warnings.push(not_used(&unused));
        warnings.extend(demand.warnings.into_iter().map(Into::into));
    }
    for (n, of_group) in facts.into_iter().enumerate() {
        let FactsOf { provider, group, addresses, source, as_of } = of_group;
        let mut told = GroupFacts { provider: provider.id, group, addresses: Vec::new(), source, as_of };
        let mut rest = addresses.into_iter();
        loop {
            told.addresses = rest.by_ref().take(MOST).collect();
            let is_last = rest.len() == 0;
            session.learn(std::slice::from_ref(&told)).map_err(|error| of_body(error, n))?;
            if is_last {
                break;
            }
        }
    }
    Ok(Told { requests, warnings })
}

/// Warns of facts about groups that no rule names. What a client gave isn't repeated.
fn not_used(unused: &[usize]) -> Warning {
    let mut places: Vec<String> =
        unused.iter().take(MOST_NAMED).map(|n| format!("identities[{n}]")).collect();
    if let Some(more @ 1..) = unused.len().checked_sub(MOST_NAMED) {
        places.push(format!("{more} more"));
    }
    Warning {
        code: "facts-not-used".to_owned(),
        about: None,
        message: format!(
            "No rule names the groups of these facts, so they are left out: {}. GET /v1/identities/wanted \
             lists the groups that rules name.",
            places.join(", ")
        ),
        incomplete: false,
    }
}

fn check(FactsOf { provider, source, .. }: &FactsOf) -> Result<(), String> {
    if provider.kind != Kind::IdentityProvider.as_str() {
        return Err("`provider.kind` is not identity-provider".to_owned());
    }
    no_credential([("provider.id", provider.id.as_str()), ("source", source)])
}

/// Names the part of the body in an error about facts.
fn of_body(error: Error, n: usize) -> Error {
    match error.about.as_deref() {
        Some("facts") => error.about("identities"),
        Some(about) if about.starts_with("facts[") => error.about(format!("identities[{n}]")),
        _ => error,
    }
}
