//! The report of changes and steps as clients see it.

use super::rate_limit::RateLimitLine;
use crate::contract::lifecycle::Report;
use crate::contract::{RateLimit, Warning, Write};
use crate::edge::failure::End;
use crate::edge::http::Answer;
use crate::edge::reply::{Reply, json};
use crate::output::{Applied, IdLine, Line, SinkError, object};
use serde::Serialize;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::io;

/// The parts that every report of writes has.
#[derive(Serialize)]
pub(super) struct Written<'a> {
    writes: Vec<WriteLine<'a>>,
    warnings: Vec<Line<'a>>,
    requests: u32,
    rate_limit: Option<RateLimitLine>,
}

#[derive(Serialize)]
struct ReportOf<'a> {
    results: Vec<Box<RawValue>>,
    #[serde(flatten)]
    written: Written<'a>,
}

#[derive(Serialize)]
struct WriteLine<'a> {
    on: IdLine<'a>,
    before: Cow<'a, RawValue>,
    after: Cow<'a, RawValue>,
}

/// Answers with the report.
pub(super) fn answer<A: Answer>(
    applied: &Applied<'_>,
    report: &Report,
    reply: &mut Reply<'_, A>,
) -> Result<(), End> {
    let Report { writes, warnings, requests, rate_limit, .. } = report;
    let written = Written::of(writes, warnings, *requests, rate_limit.as_ref())?;
    send(&ReportOf { results: results(applied)?, written }, applied, reply)
}

/// Sends a report.
pub(super) fn send<A: Answer>(
    report: &impl Serialize,
    applied: &Applied<'_>,
    reply: &mut Reply<'_, A>,
) -> Result<(), End> {
    reply.json(200, &json(report)?).map_err(|error| {
        // Nobody hears of these changes. The log counts them, and names nobody.
        End::Gone(io::Error::new(error.kind(), format!("{error}; of the changes, {}", applied.counts())))
    })
}

/// Returns the results as objects.
pub(super) fn results(applied: &Applied<'_>) -> Result<Vec<Box<RawValue>>, End> {
    let lines = applied.json_lines()?;
    let results = lines.lines().map(|line| RawValue::from_string(line.to_owned()));
    Ok(results.collect::<Result<_, _>>().map_err(io::Error::from)?)
}

impl<'a> Written<'a> {
    /// Takes these parts of a report.
    pub(super) fn of(
        writes: &'a [Write],
        warnings: &'a [Warning],
        requests: u32,
        rate_limit: Option<&RateLimit>,
    ) -> Result<Self, SinkError> {
        Ok(Self {
            writes: writes.iter().map(write).collect::<Result<_, _>>()?,
            warnings: warnings.iter().map(Line::of_warning).collect(),
            requests,
            rate_limit: rate_limit.map(Into::into),
        })
    }
}

fn write(write: &Write) -> Result<WriteLine<'_>, SinkError> {
    let state = |state, field| object(state, field, || format!("{}:{}", write.on.kind, write.on.id));
    Ok(WriteLine {
        on: (&write.on).into(),
        before: state(&write.before, "before")?,
        after: state(&write.after, "after")?,
    })
}
