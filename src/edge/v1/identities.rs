//! `identities` in a body: facts about people whom only their identity provider knows.

use crate::cloudflare::transport::Transport;
use crate::edge::body;
use crate::edge::failure::{End, Failure};
use crate::edge::http::Request;
use crate::error::Error;
use crate::identities::GroupFacts;
use crate::model::Kind;
use crate::output::{IdOf, no_credential};
use crate::session::Session;
use serde::Deserialize;

/// The most addresses that a session takes in one call (`wit/identities.wit`).
const MOST: usize = 10_000;

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

/// Tells a session these facts. Returns the number of requests that were sent for it.
pub(super) fn tell<T: Transport>(session: &mut Session<T>, facts: Vec<FactsOf>) -> Result<u32, End> {
    for (n, of_group) in facts.iter().enumerate() {
        check(of_group).map_err(|problem| {
            Failure::argument(&format!("identities[{n}]"), format!("{problem}. Nothing was sent."))
        })?;
    }
    if facts.is_empty() {
        return Ok(0);
    }
    let requests = session.wanted()?.requests;
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
    Ok(requests)
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
