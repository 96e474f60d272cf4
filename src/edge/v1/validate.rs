//! `/v1/validate`: whether the operator's credentials can read each resource type.

use crate::cloudflare::transport::Transport;
use crate::contract::Check;
use crate::edge::failure::{End, ErrorLine};
use crate::edge::http::Answer;
use crate::edge::reply::{Reply, json};
use crate::session::Session;
use serde::{Deserialize, Serialize};

/// The body of a request, an object without fields.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Body {}

#[derive(Serialize)]
struct Checks<'a> {
    checks: Vec<CheckOf<'a>>,
}

#[derive(Serialize)]
struct CheckOf<'a> {
    resource_type: &'a str,
    /// None if it can be read.
    error: Option<ErrorLine<'a>>,
}

pub(super) fn answer<T: Transport, A: Answer>(
    session: &mut Session<T>,
    reply: &mut Reply<'_, A>,
) -> Result<(), End> {
    let checks: Vec<Check> = session.validate()?.into_iter().map(Into::into).collect();
    let checks = checks.iter().map(|Check { resource_type, outcome }| CheckOf {
        resource_type,
        error: outcome.as_ref().err().map(Into::into),
    });
    Ok(reply.json(200, &json(&Checks { checks: checks.collect() })?)?)
}
