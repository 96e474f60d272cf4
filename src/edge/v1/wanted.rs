//! `/v1/identities/wanted`: the groups of identity providers that rules name.

use super::rate_limit::RateLimitLine;
use crate::cloudflare::transport::Transport;
use crate::contract::Demand;
use crate::edge::failure::End;
use crate::edge::http::Answer;
use crate::edge::reply::{Reply, json};
use crate::output::{Line, WantedLine};
use crate::session::Session;
use serde::Serialize;

#[derive(Serialize)]
struct DemandOf<'a> {
    groups: Vec<WantedLine<'a>>,
    warnings: Vec<Line<'a>>,
    requests: u32,
    rate_limit: Option<RateLimitLine>,
}

/// Answers with the groups that facts would be used for.
pub(super) fn answer<T: Transport, A: Answer>(
    session: &mut Session<T>,
    reply: &mut Reply<'_, A>,
) -> Result<(), End> {
    let Demand { groups, warnings, requests, rate_limit } = &session.wanted()?.into();
    let demand = DemandOf {
        groups: groups.iter().map(Into::into).collect(),
        warnings: warnings.iter().map(Line::of_warning).collect(),
        requests: *requests,
        rate_limit: rate_limit.as_ref().map(Into::into),
    };
    Ok(reply.json(200, &json(&demand)?)?)
}
