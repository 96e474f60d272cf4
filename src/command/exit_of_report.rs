//! The exit code of changes and steps.

use super::failure::{Exit, exit_of};
use crate::contract::lifecycle::{Action, Outcome, Report, Step};
use crate::contract::{Error, ErrorKind, Operation, Status};

/// The exit code of a report.
///
/// A revoke or a removal that found nothing isn't known to be done if data is missing: the principal may
/// hold what couldn't be read.
pub(super) fn exit(report: &Report, actions: &[Action]) -> Exit {
    let exit = exit_of_results(report.results.iter());
    let takes = |action: &Action| match action {
        Action::Change(change) => change.operation == Operation::Revoke,
        Action::Step(step) => !matches!(step, Step::Invite(_) | Step::AddUser(_)),
    };
    let is_unchanged = |(action, result): (&Action, &Result<Outcome, Error>)| {
        takes(action) && result.as_ref().is_ok_and(|outcome| outcome.status == Status::Unchanged)
    };
    let is_incomplete = report.warnings.iter().any(|warning| warning.incomplete);
    if exit == Exit::Done && is_incomplete && actions.iter().zip(&report.results).any(is_unchanged) {
        return Exit::Incomplete;
    }
    exit
}

/// The exit code of results. Once credentials or the limit fail, the rest of the call fails for the
/// same reason: then the exit code names that reason, because a script can do something about it. A
/// change that is in doubt because the credentials failed has that reason too. Where every result says that
/// an argument is wrong, nothing was done, as for an argument that is refused before.
pub(super) fn exit_of_results<'r>(results: impl Iterator<Item = &'r Result<Outcome, Error>>) -> Exit {
    let exit_of = |result: &Result<_, Error>| match result {
        Ok(_) => Exit::Done,
        Err(error) if is_hidden_by_credentials(error) => Exit::Credentials,
        Err(error) => exit_of(error.kind),
    };
    let mut exits: Vec<Exit> = results.map(exit_of).collect();
    let are_all_wrong = !exits.is_empty() && exits.iter().all(|exit| *exit == Exit::Usage);
    exits.retain(|exit| *exit != Exit::Done);
    let broke_off = |exit: &Exit| matches!(exit, Exit::Credentials | Exit::RateLimited);
    if exits.is_empty() {
        Exit::Done
    } else if are_all_wrong {
        Exit::Usage
    } else if !exits.iter().all(broke_off) {
        Exit::Refused
    } else if exits.contains(&Exit::Credentials) {
        Exit::Credentials
    } else {
        Exit::RateLimited
    }
}

/// Whether nobody knows what became of a change because the upstream refused the credentials when it
/// was asked. An answer without a code of the upstream's comes from something in between.
fn is_hidden_by_credentials(error: &Error) -> bool {
    error.kind == ErrorKind::Indeterminate
        && matches!(error.http_status, Some(401 | 403))
        && error.code.is_some()
}

#[cfg(test)]
pub(super) mod samples {
    use super::*;
    use crate::contract::{Change, ResourceId};

    pub(in crate::command) fn revoke() -> Action {
        let principal = ResourceId { kind: "email".to_owned(), id: "x@corp.example".to_owned() };
        let entitlement = "group:g:member".to_owned();
        Action::Change(Change { operation: Operation::Revoke, entitlement, principal })
    }

    pub(in crate::command) fn remove(id: &str) -> Action {
        Action::Step(Step::Remove(ResourceId { kind: "user".to_owned(), id: id.to_owned() }))
    }

    pub(in crate::command) fn report(kinds: &[Option<ErrorKind>]) -> Report {
        let result = |kind: &Option<ErrorKind>| match kind {
            None => {
                let (status, detail) = (Status::Applied, String::new());
                Ok(Outcome { status, detail, created: vec![], added: vec![], removed: vec![] })
            }
            Some(kind) => Err(Error {
                kind: *kind,
                message: String::new(),
                code: None,
                http_status: None,
                retryable: false,
                retry_after_ms: None,
                about: None,
                details: "{}".to_owned(),
            }),
        };
        let results = kinds.iter().map(result).collect();
        Report { results, writes: vec![], warnings: vec![], requests: 0, rate_limit: None }
    }
}

#[cfg(test)]
mod tests {
    use super::samples::{remove, report, revoke};
    use super::*;
    use crate::contract::{Change, Warning};

    #[test]
    fn the_exit_code_tells_what_to_do_next() {
        use ErrorKind::*;
        for (kinds, code) in [
            (&[][..], 0),
            (&[None, None], 0),
            (&[None, Some(Refused)], 5),
            (&[Some(NotFound)], 5),
            (&[Some(Indeterminate), Some(RateLimited)], 5),
            (&[Some(InvalidArgument), Some(InvalidArgument)], 2),
            (&[Some(InvalidArgument), Some(Refused)], 5),
            (&[Some(InvalidArgument), None], 5),
            (&[Some(InvalidArgument), Some(RateLimited)], 5),
            (&[Some(Unauthenticated), Some(Refused)], 5),
            (&[None, Some(RateLimited), Some(RateLimited)], 4),
            (&[Some(Unauthenticated), Some(Unauthenticated)], 3),
            (&[None, Some(PermissionDenied)], 3),
            (&[Some(RateLimited), Some(PermissionDenied)], 3),
        ] {
            assert_eq!(exit(&report(kinds), &[]) as u8, code, "{kinds:?}");
        }
    }

    #[test]
    fn a_revoke_that_may_have_been_needed_is_not_done() {
        let grant = || match revoke() {
            Action::Change(change) => Action::Change(Change { operation: Operation::Grant, ..change }),
            step => step,
        };
        for (action, status, incomplete, failed, code) in [
            (revoke(), Status::Unchanged, true, None, 6),
            (remove("1"), Status::Unchanged, true, None, 6),
            (revoke(), Status::Unchanged, false, None, 0),
            (revoke(), Status::Applied, true, None, 0),
            (grant(), Status::Unchanged, true, None, 0),
            (revoke(), Status::Unchanged, true, Some(ErrorKind::Refused), 5),
        ] {
            let mut report =
                report(&[Some(None), failed.map(Some)].into_iter().flatten().collect::<Vec<_>>());
            let Some(Ok(outcome)) = report.results.first_mut() else { panic!("no outcome") };
            outcome.status = status;
            let (code_of, message) = ("list-not-readable".to_owned(), String::new());
            report.warnings.push(Warning { code: code_of, about: None, message, incomplete });
            let actions = [action.clone(), action];
            assert_eq!(exit(&report, &actions) as u8, code, "{actions:?} {incomplete}");
        }
    }

    #[test]
    fn what_is_in_doubt_because_of_the_credentials_has_their_exit_code() {
        use ErrorKind::*;
        for (status, code, other, exit_code) in [
            (Some(401), Some("1000"), None, 3),
            (Some(403), Some("10000"), None, 3),
            (Some(401), Some("1000"), Some(Unauthenticated), 3),
            (Some(401), Some("1000"), Some(Refused), 5),
            (Some(401), Some("1000"), Some(Indeterminate), 5),
            (Some(403), None, None, 5),
            (Some(502), Some("1"), None, 5),
            (None, None, None, 5),
        ] {
            let kinds: Vec<_> = [Some(Indeterminate), other].into_iter().filter(Option::is_some).collect();
            let mut report = report(&kinds);
            let Some(Err(error)) = report.results.first_mut() else { panic!("no error") };
            (error.http_status, error.code) = (status, code.map(str::to_owned));
            assert_eq!(exit(&report, &[]) as u8, exit_code, "{status:?} {code:?} {other:?}");
        }
    }
}
