//! Errors of the core as SCIM tells them.

use super::problem::{Problem, ScimType};
use crate::error::{Error, ErrorKind, Result};
use crate::provision::{Outcome, Report, Status};

/// Returns an error of the core as SCIM tells it. If Cloudflare rejects the operator's credentials, the
/// client's are still good: this isn't 401 or 403. If Cloudflare doesn't find something, it isn't 404 either:
/// a platform would take that for the end of the person or the group, which only `service::nothing` tells.
pub(super) fn problem(error: &Error) -> Problem {
    use ErrorKind::*;
    let (status, scim_type) = match error.kind {
        Refused => (400, Some(ScimType::Mutability)),
        InvalidArgument => (400, Some(ScimType::InvalidValue)),
        InvalidCursor => (400, Some(ScimType::InvalidCursor)),
        Conflict => (409, None),
        RateLimited => (429, None),
        InvalidSettings | Internal => (500, None),
        Unsupported => (501, None),
        InvalidResponse | NotFound | Unauthenticated | PermissionDenied => (502, None),
        Unavailable => (503, None),
        Indeterminate => (504, None),
    };
    let wait = error.retry_after_ms.filter(|_| matches!(status, 429 | 503));
    Problem {
        scim_type,
        retry_after: wait.map(|wait| wait.div_ceil(1000)),
        ..Problem::new(status, error.message.clone())
    }
}

/// Tells that a change is done whose result can't be read for the answer. That it doesn't show isn't its end.
pub(super) fn after_change(problem: Problem) -> Problem {
    let detail =
        format!("What was asked is done, but it couldn't be read for this answer. {}", problem.detail);
    let status = if problem.status == 404 { 502 } else { problem.status };
    Problem { status, detail, ..problem }
}

/// Whether something of a report failed because Cloudflare doesn't find it.
pub(super) fn misses(report: &Report) -> bool {
    report.results.iter().any(|result| result.as_ref().is_err_and(|error| error.kind == ErrorKind::NotFound))
}

/// Checks that every change of a report was made, or was in effect already.
///
/// # Errors
/// One wasn't: the reason of the first, and how many others there are and were made.
pub(super) fn check(report: &Report) -> std::result::Result<(), Problem> {
    let is_follower = |error: &&Error| error.message.starts_with("Another change of the same request");
    let failed = || report.results.iter().filter_map(|result| result.as_ref().err());
    let Some(first) = failed().find(|error| !is_follower(error)).or_else(|| failed().next()) else {
        return Ok(());
    };
    let made =
        |result: &&Result<Outcome>| result.as_ref().is_ok_and(|outcome| outcome.status == Status::Applied);
    let all = report.results.len();
    let (failed, made) =
        (failed().filter(|error| !is_follower(error)).count(), report.results.iter().filter(made).count());
    let mut problem = problem(first);
    if made > 0 {
        problem.detail = format!(
            "{made} of {all} changes were made, and {failed} were not. The reason of the first: {}",
            problem.detail
        );
    } else if all > 1 {
        problem.detail = format!(
            "None of the {all} changes was made, because of {failed} of them. The reason of the first: {}",
            problem.detail
        );
    }
    Err(problem)
}
