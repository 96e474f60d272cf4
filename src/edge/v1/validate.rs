//! `/v1/validate`: what the operator's credentials may read.

use super::Answer;
use super::failure::{End, ErrorLine};
use super::reply::{Reply, json};
use crate::cloudflare::transport::Transport;
use crate::contract::Check;
use crate::session::Session;
use serde::{Deserialize, Serialize};

/// What it takes: nothing.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {}

#[derive(Serialize)]
struct Checks<'a> {
    checks: Vec<CheckOf<'a>>,
}

#[derive(Serialize)]
struct CheckOf<'a> {
    resource_type: &'a str,
    /// None: it can be read.
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
