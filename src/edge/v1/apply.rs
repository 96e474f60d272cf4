//! `/v1/apply`: grants and revokes.

use super::rate_limit::RateLimitLine;
use crate::cloudflare::transport::Transport;
use crate::contract::{Change, Options, Report, Write};
use crate::edge::failure::{End, Failure};
use crate::edge::http::Answer;
use crate::edge::reply::{Reply, json};
use crate::output::{Applied, ChangeLine, IdLine, Line, SinkError, object};
use crate::provision::check_count;
use crate::session::Session;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::io;

/// The body of a request.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Body {
    changes: Vec<ChangeLine>,
    #[serde(default)]
    dry_run: bool,
    #[serde(default)]
    allow_gains: bool,
}

impl Body {
    /// Whether nothing is to be written.
    pub(super) fn is_dry_run(&self) -> bool {
        self.dry_run
    }
}

#[derive(Serialize)]
struct ReportOf<'a> {
    results: Vec<Box<RawValue>>,
    writes: Vec<WriteLine<'a>>,
    warnings: Vec<Line<'a>>,
    requests: u32,
    rate_limit: Option<RateLimitLine>,
}

#[derive(Serialize)]
struct WriteLine<'a> {
    on: IdLine<'a>,
    before: Cow<'a, RawValue>,
    after: Cow<'a, RawValue>,
}

/// Makes the changes, and answers with the report.
pub(super) fn answer<T: Transport, A: Answer>(
    session: &mut Session<T>,
    body: Body,
    reply: &mut Reply<'_, A>,
) -> Result<(), End> {
    let Body { changes, dry_run, allow_gains } = body;
    check_count(changes.len())?;
    let changes = (1..).zip(changes).map(read).collect::<Result<Vec<Change>, Failure>>()?;
    let options = Options { dry_run, allow_gains, extra: String::new() };
    let report: Report = {
        let changes: Vec<_> = changes.iter().cloned().map(Into::into).collect();
        session.apply(&changes, &options.clone().into()).into()
    };
    let applied = Applied::new(&changes, &report, &options);
    let results = applied.json_lines()?;
    let results = results.lines().map(|line| RawValue::from_string(line.to_owned()));
    let reported = ReportOf {
        results: results.collect::<Result<_, _>>().map_err(io::Error::from)?,
        writes: report.writes.iter().map(write).collect::<Result<_, _>>()?,
        warnings: report.warnings.iter().map(Line::of_warning).collect(),
        requests: report.requests,
        rate_limit: report.rate_limit.as_ref().map(Into::into),
    };
    reply.json(200, &json(&reported)?).map_err(|error| {
        // Nobody hears of these changes. The log counts them, and names nobody.
        End::Gone(io::Error::new(error.kind(), format!("{error}; of the changes, {}", applied.counts())))
    })
}

fn read((number, line): (usize, ChangeLine)) -> Result<Change, Failure> {
    line.try_into().map_err(|problem| {
        Failure::argument("changes", format!("Number {number} of the changes: {problem}. Nothing was sent."))
    })
}

fn write(write: &Write) -> Result<WriteLine<'_>, SinkError> {
    let state = |state, field| object(state, field, || format!("{}:{}", write.on.kind, write.on.id));
    Ok(WriteLine {
        on: (&write.on).into(),
        before: state(&write.before, "before")?,
        after: state(&write.after, "after")?,
    })
}
