//! `/v1/sync`, `/v1/resources` and `/v1/principals`: a read as JSON Lines, a page at a time.

use super::identities::{self, FactsOf, Told};
use super::rate_limit::RateLimitLine;
use crate::cloudflare::transport::Transport;
use crate::contract::{Page, Progress, RateLimit};
use crate::edge::failure::End;
use crate::edge::http::Answer;
use crate::edge::reply::Reply;
use crate::error;
use crate::model;
use crate::output::{JsonLines, Sink};
use crate::session::Session;
use serde::{Deserialize, Serialize};

/// The body of a request to `/v1/sync`.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Body {
    kinds: Vec<String>,
    cursor: Option<String>,
    identities: Vec<FactsOf>,
}

/// A line between the records of two pages, or after the last page.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Mark<'a> {
    /// Follows a page: the sync continues at this cursor.
    Cursor { cursor: &'a str, progress: ProgressLine<'a> },
    /// Follows the last page. A stream without it was cut off.
    End { requests: u32, rate_limit: Option<RateLimitLine> },
}

#[derive(Serialize)]
struct ProgressLine<'a> {
    phase: &'a str,
    done: u32,
    total: Option<u32>,
}

impl<'a> From<&'a Progress> for ProgressLine<'a> {
    fn from(progress: &'a Progress) -> Self {
        Self { phase: &progress.phase, done: progress.done, total: progress.total }
    }
}

/// Writes the records of the wanted kinds, with a cursor after each page.
///
/// The first page of a sync can have nothing but a warning of something that may not be read. The
/// warning is kept back until the next page, so that credentials which may read nothing still get an
/// error as the answer.
pub(super) fn sync<T: Transport, A: Answer>(
    session: &mut Session<T>,
    mut body: Body,
    reply: &mut Reply<'_, A>,
) -> Result<(), End> {
    let told = identities::tell(session, std::mem::take(&mut body.identities))?;
    let (mut requests, mut kept_back) = (told.requests, told.warnings);
    loop {
        let mut page: Page = session.read(&body.kinds, body.cursor.as_deref())?.into();
        requests += page.requests;
        if !reply.is_begun() {
            let has_warnings_alone = page.resources.is_empty() && !page.warnings.is_empty();
            if body.cursor.is_none() && has_warnings_alone && page.next.is_some() {
                kept_back.append(&mut page.warnings);
                body.cursor = page.next;
                continue;
            }
            reply.begin_lines()?;
            page.warnings.splice(..0, kept_back.drain(..));
        }
        JsonLines::new(&mut *reply).page(&page)?;
        let Some(next) = page.next else { return end(requests, page.rate_limit.as_ref(), reply) };
        reply.line(&Mark::Cursor { cursor: &next, progress: (&page.progress).into() })?;
        body.cursor = Some(next);
    }
}

/// Writes a read about one resource: itself with the grants on it, or what it holds. Facts were
/// `told` before it.
///
/// The resource may come on a late page, or turn out to be missing there. Warnings that come before
/// it are kept back until then, so that a missing resource is still answered with 404.
pub(super) fn one<A: Answer>(
    told: Told,
    mut read: impl FnMut(Option<&str>) -> error::Result<model::Page>,
    reply: &mut Reply<'_, A>,
) -> Result<(), End> {
    let (mut requests, mut kept_back) = (told.requests, told.warnings);
    let mut cursor = None;
    loop {
        let mut page: Page = read(cursor.as_deref())?.into();
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
