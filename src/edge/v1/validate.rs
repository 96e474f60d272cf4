//! `/v1/validate`: what the operator's credentials may read, change and do, for each resource type and
//! each step.

use crate::cloudflare::transport::Transport;
use crate::contract::{Check, Right, StepCheck, Validation};
use crate::edge::failure::{End, ErrorLine};
use crate::edge::http::Answer;
use crate::edge::reply::{Reply, json};
use crate::output::Line;
use crate::session::Session;
use serde::{Deserialize, Serialize};

/// The body of a request, an object without fields.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Body {}

#[derive(Serialize)]
struct ValidationOf<'a> {
    checks: Vec<CheckOf<'a>>,
    steps: Vec<StepOf<'a>>,
    warnings: Vec<Line<'a>>,
}

#[derive(Serialize)]
struct CheckOf<'a> {
    resource_type: &'a str,
    /// None if it can be read.
    error: Option<ErrorLine<'a>>,
    /// None if nothing of it can be changed.
    change: Option<RightOf<'a>>,
}

#[derive(Serialize)]
struct StepOf<'a> {
    step: &'a str,
    #[serde(flatten)]
    right: RightOf<'a>,
}

#[derive(Serialize)]
struct RightOf<'a> {
    right: &'static str,
    error: Option<ErrorLine<'a>>,
}

impl<'a> From<&'a Right> for RightOf<'a> {
    fn from(right: &'a Right) -> Self {
        match right {
            Right::Granted => Self { right: "granted", error: None },
            Right::Missing(error) => Self { right: "missing", error: Some(error.into()) },
            Right::Unknown(error) => Self { right: "unknown", error: Some(error.into()) },
        }
    }
}

pub(super) fn answer<T: Transport, A: Answer>(
    session: &mut Session<T>,
    reply: &mut Reply<'_, A>,
) -> Result<(), End> {
    let Validation { checks, steps, warnings } = session.validate()?.into();
    let checks = checks.iter().map(|Check { resource_type, read, change }| CheckOf {
        resource_type,
        error: read.as_ref().err().map(Into::into),
        change: change.as_ref().map(Into::into),
    });
    let steps = steps.iter().map(|StepCheck { step, right }| StepOf { step, right: right.into() });
    let warnings = warnings.iter().map(Line::of_warning).collect();
    let validation = ValidationOf { checks: checks.collect(), steps: steps.collect(), warnings };
    Ok(reply.json(200, &json(&validation)?)?)
}
