//! Errors of the core as SCIM tells them.

use super::problem::{Problem, ScimType};
use crate::error::{Error, ErrorKind, Result};
use crate::provision::errors::{NOT_ALONE, NOTHING};
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

/// The most people, or other things, that one sentence names.
const NAMED: usize = 10;
/// The most reasons that are told.
const REASONS: usize = 5;

/// A reason, and the places of the changes that weren't made for it.
type Reason<'r> = (&'r Error, Vec<usize>);

/// Checks that every change of a report was made, or was in effect already. `whom` names whom each change is
/// about, in their order; a change behind them has no name.
///
/// # Errors
/// One wasn't: whom that is about, with the reason once for all who share it, and how many others were made.
/// The status is that of the first.
pub(super) fn check(report: &Report, whom: &[String]) -> std::result::Result<(), Problem> {
    let is_follower = |error: &Error| error.message.starts_with(NOT_ALONE);
    let results = || report.results.iter().enumerate();
    let failed = || results().filter_map(|(at, result)| Some((at, result.as_ref().err()?)));
    let mut reasons: Vec<Reason<'_>> = Vec::new();
    for (at, error) in failed().filter(|(_, error)| !is_follower(error)) {
        match reasons.iter_mut().find(|(other, _)| other.message == error.message) {
            Some((_, places)) => places.push(at),
            None => reasons.push((error, vec![at])),
        }
    }
    if reasons.is_empty() {
        reasons.extend(failed().next().map(|(at, error)| (error, vec![at])));
    }
    let Some((first, _)) = reasons.first() else { return Ok(()) };
    let mut problem = problem(first);
    let all = report.results.len();
    let is_made =
        |result: &&Result<Outcome>| result.as_ref().is_ok_and(|outcome| outcome.status == Status::Applied);
    let made = report.results.iter().filter(is_made).count();
    let failed: usize = reasons.iter().map(|(_, places)| places.len()).sum();
    let is_known = reasons.iter().all(|(error, _)| error.kind != ErrorKind::Indeterminate);
    let begin = match made {
        0 if all == 1 => String::new(),
        0 if is_known => format!("None of the {all} changes was made, because of {failed} of them. "),
        0 => format!("None of the {all} changes is known to be made, because of {failed} of them. "),
        made => format!("{made} of {all} changes were made, and {failed} were not. "),
    };
    // What stops everything is about nobody in particular.
    let is_of_all = failed == all && all > 1 && problem.status != 400 && reasons.len() == 1;
    let whom = if is_of_all { &[] } else { whom };
    problem.detail = begin + &told(&reasons, whom, all > 1);
    if all > 1 && made == 0 && problem.status == 400 && is_known {
        problem.detail.push_str(NOTHING);
    }
    Err(problem)
}

/// Tells the reasons, each behind those whom it is about. Among `several` changes, none says by itself that
/// nothing was written.
fn told(reasons: &[Reason<'_>], whom: &[String], several: bool) -> String {
    let one = |(error, places): &Reason<'_>| {
        let why = error.message.as_str();
        let why = if several { why.trim_end_matches(NOTHING) } else { why };
        let names = places.iter().filter_map(|at| whom.get(*at)).cloned();
        let names = named(names.collect());
        if names.is_empty() { why.to_owned() } else { format!("{names}: {why}") }
    };
    let mut texts: Vec<String> = reasons.iter().take(REASONS).map(one).collect();
    let more: usize = reasons.iter().skip(REASONS).map(|(_, places)| places.len()).sum();
    if more > 0 {
        texts.push(format!("{more} more have other reasons."));
    }
    texts.join(" ")
}

/// Lists the first of some names.
pub(super) fn named(mut names: Vec<String>) -> String {
    let more = names.len().saturating_sub(NAMED);
    names.truncate(NAMED);
    let names = names.join(", ");
    if more > 0 { format!("{names} and {more} more") } else { names }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provision::errors::{not_alone, refused};

    fn report(results: Vec<Result<Outcome>>) -> Report {
        Report { results, writes: Vec::new(), warnings: Vec::new(), requests: 1, rate_limit: None }
    }

    fn done() -> Result<Outcome> {
        Ok(Outcome::new(Status::Applied, "Done.".to_owned()))
    }

    fn people(many: usize) -> Vec<String> {
        (0..many).map(|number| format!("p{number:02}@corp.example")).collect()
    }

    /// Returns the status and the sentences.
    fn told_of(results: Vec<Result<Outcome>>, whom: &[String]) -> (u16, String) {
        let problem = check(&report(results), whom).unwrap_err();
        (problem.status, problem.detail)
    }

    #[test]
    fn each_person_is_named_and_a_shared_reason_stands_once() {
        let error = |kind, text: &str| Err(Error::new(kind, text));
        let domain = || Err(refused("A domain still names them."));
        let other = || Err(refused("An exclude names them."));
        let limit = || error(ErrorKind::RateLimited, "The limit is used up.");
        let lost = || error(ErrorKind::Indeterminate, "The answer was lost.");
        for (results, status, expected) in [
            (vec![domain()], 400, "p00@corp.example: A domain still names them. Nothing was written."),
            (
                vec![domain(), Err(not_alone()), other(), domain()],
                400,
                "None of the 4 changes was made, because of 3 of them. p00@corp.example, p03@corp.example: A \
                 domain still names them. p02@corp.example: An exclude names them. Nothing was written.",
            ),
            (
                vec![done(), domain(), done()],
                400,
                "2 of 3 changes were made, and 1 were not. p01@corp.example: A domain still names them.",
            ),
            (
                vec![limit(), limit()],
                429,
                "None of the 2 changes was made, because of 2 of them. The limit is used up.",
            ),
            (
                vec![done(), limit()],
                429,
                "1 of 2 changes were made, and 1 were not. p01@corp.example: The limit is used up.",
            ),
            (
                vec![lost(), limit()],
                504,
                "None of the 2 changes is known to be made, because of 2 of them. p00@corp.example: The \
                 answer was lost. p01@corp.example: The limit is used up.",
            ),
        ] {
            assert_eq!(told_of(results, &people(4)), (status, expected.to_owned()));
        }
        assert_eq!(check(&report(vec![done(), done()]), &people(2)), Ok(()));
    }

    #[test]
    fn many_names_and_many_reasons_are_counted() {
        let domain = || Err(refused("A domain still names them."));
        let (_, told) = told_of((0..13).map(|_| domain()).collect(), &people(13));
        assert!(told.contains("p08@corp.example, p09@corp.example and 3 more: A domain still"), "{told}");
        let each = |number| Err(refused(&format!("Reason {number}.")));
        let (_, told) = told_of((0..7).map(each).collect(), &people(7));
        assert!(
            told.ends_with("p04@corp.example: Reason 4. 2 more have other reasons. Nothing was written."),
            "{told}"
        );
        // What has no name, such as the new name of a group, has its reason alone.
        let (_, told) = told_of(vec![done(), domain()], &people(1));
        assert!(told.ends_with("1 were not. A domain still names them."), "{told}");
    }
}
