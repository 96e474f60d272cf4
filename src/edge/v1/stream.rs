//! `/v1/sync` and `/v1/resources`: a read as JSON Lines, a page at a time.

use super::Answer;
use super::failure::End;
use super::reply::Reply;
use crate::cloudflare::transport::Transport;
use crate::contract::{Page, Progress, RateLimit};
use crate::output::{JsonLines, Sink};
use crate::session::Session;
use serde::{Deserialize, Serialize};

/// What `/v1/sync` takes.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Asked {
    kinds: Vec<String>,
    cursor: Option<String>,
}

/// What stands between the lines of pages.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Mark<'a> {
    /// Behind a page: where to go on.
    Cursor { cursor: &'a str, progress: ProgressLine<'a> },
    /// Behind the last page. A stream without it was cut off.
    End { requests: u32, rate_limit: Option<RateLimitLine> },
}

#[derive(Serialize)]
struct ProgressLine<'a> {
    phase: &'a str,
    done: u32,
    total: Option<u32>,
}

#[derive(Serialize)]
pub(super) struct RateLimitLine {
    remaining: u32,
    resets_in_ms: u32,
}

impl<'a> From<&'a Progress> for ProgressLine<'a> {
    fn from(progress: &'a Progress) -> Self {
        Self { phase: &progress.phase, done: progress.done, total: progress.total }
    }
}

impl From<&RateLimit> for RateLimitLine {
    fn from(limit: &RateLimit) -> Self {
        Self { remaining: limit.remaining, resets_in_ms: limit.resets_in_ms }
    }
}

/// Everything of the wanted kinds, with a cursor behind each page.
pub(super) fn sync<T: Transport, A: Answer>(
    session: &mut Session<T>,
    mut asked: Asked,
    reply: &mut Reply<'_, A>,
) -> Result<(), End> {
    let mut requests = 0;
    loop {
        let page: Page = session.read(&asked.kinds, asked.cursor.as_deref())?.into();
        if !reply.is_begun() {
            reply.begin_lines()?;
        }
        JsonLines::new(&mut *reply).page(&page)?;
        requests += page.requests;
        let Some(next) = page.next else { return end(requests, page.rate_limit.as_ref(), reply) };
        reply.line(&Mark::Cursor { cursor: &next, progress: (&page.progress).into() })?;
        asked.cursor = Some(next);
    }
}

/// One resource with what is held on it. Whether it is there may show on a late page only: until
/// the resource comes, what precedes it (warnings) is kept back, so that its absence still has a
/// status of its own.
pub(super) fn resource<T: Transport, A: Answer>(
    session: &mut Session<T>,
    kind: &str,
    id: &str,
    reply: &mut Reply<'_, A>,
) -> Result<(), End> {
    let (mut requests, mut cursor, mut kept_back) = (0, None, Vec::new());
    loop {
        let mut page: Page = session.get(kind, id, cursor.as_deref())?.into();
        requests += page.requests;
        if !reply.is_begun() && page.resources.is_empty() && page.next.is_some() {
            kept_back.append(&mut page.warnings);
            cursor = page.next;
            continue;
        }
        if !reply.is_begun() {
            reply.begin_lines()?;
            if reply.is_head_only() {
                return Ok(());
            }
            page.warnings.splice(..0, kept_back.drain(..));
        }
        JsonLines::new(&mut *reply).page(&page)?;
        let Some(next) = page.next else { return end(requests, page.rate_limit.as_ref(), reply) };
        cursor = Some(next);
    }
}

fn end<A: Answer>(requests: u32, limit: Option<&RateLimit>, reply: &mut Reply<'_, A>) -> Result<(), End> {
    reply.line(&Mark::End { requests, rate_limit: limit.map(Into::into) })
}
