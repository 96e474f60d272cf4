//! `grant`, `revoke` and `apply`: changes, and their outcomes.

use super::args::{TextFormat, entitlement_id, resource_id};
use super::changes_file::{self, ONE_STANDARD_INPUT};
use super::failure::{Exit, Failure, exit_of};
use super::names::NamesArgs;
use super::program::{Access, Fault, Program, Session, Target};
use crate::contract::{Change, Error, ErrorKind, Operation, Options, Outcome, Report, ResourceId, Status};
use crate::output::{Applied, Snapshot, Terminal, applied_text};
use crate::provision::check_count;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The text for a revoke that found nothing to revoke while data is missing.
const NOT_KNOWN_TO_BE_REVOKED: &str = "A revoke ended as unchanged while data is missing, so it isn't \
                                       known that nothing was left to revoke: see to the warnings, and run \
                                       the same command again.";

/// An entitlement, and the principals to grant it to or to revoke it from.
#[derive(Debug, clap::Args)]
pub struct ChangeArgs<T: Target> {
    /// What can be held: the id of an entitlement, as sync and get give it
    #[arg(long, value_name = "KIND:ID:SLUG", value_parser = entitlement_id)]
    entitlement: String,
    /// Who: a user, a member or an email, by its id; give it again for more of them, 1,000 at most
    #[arg(long = "principal", required = true, value_name = "KIND:ID", value_parser = resource_id)]
    principals: Vec<ResourceId>,
    #[command(flatten)]
    how: HowArgs,
    #[command(flatten)]
    target: T,
}

/// A list of changes.
#[derive(Debug, clap::Args)]
pub struct ApplyArgs<T: Target> {
    /// Which changes; - is standard input
    #[arg(long, short, value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    how: HowArgs,
    #[command(flatten)]
    target: T,
}

/// The options of a change, and the form of the outcome.
#[derive(Debug, clap::Args)]
struct HowArgs {
    /// Show what would be written, and write nothing: it is planned with reads only
    #[arg(long)]
    dry_run: bool,
    /// Also do a revoke that gives its principal something elsewhere; a grant never needs it
    ///
    /// Leaving a group that another one excludes, or that an application denies, lets them into that other
    /// one, or into the application. Without this, it is refused.
    #[arg(long)]
    allow_gains: bool,
    /// For a person, or for a program: one object a change, in the order of the changes
    #[arg(long, value_enum, default_value_t = TextFormat::Table)]
    format: TextFormat,
    #[command(flatten)]
    names: NamesArgs,
}

impl HowArgs {
    /// Reports flags that contradict each other, before anything is read.
    fn check(&self, stdin_is_taken: bool) -> Result<(), Failure> {
        self.names.check(self.format == TextFormat::Table, stdin_is_taken)
    }
}

pub(super) fn change<P: Program>(
    program: &P,
    operation: Operation,
    args: ChangeArgs<P::Target>,
) -> Result<Exit, P::Failure> {
    let ChangeArgs { entitlement, principals, how, target } = args;
    target.check()?;
    let change = |principal| Change { operation, entitlement: entitlement.clone(), principal };
    let changes: Vec<Change> = principals.into_iter().map(change).collect();
    how.check(target.reads_stdin())?;
    run(program, &changes, &how, target)
}

pub(super) fn apply<P: Program>(program: &P, args: ApplyArgs<P::Target>) -> Result<Exit, P::Failure> {
    let ApplyArgs { file, how, target } = args;
    target.check()?;
    if file == Path::new("-") && target.reads_stdin() {
        return Err(Failure::Usage(ONE_STANDARD_INPUT.to_owned()).into());
    }
    how.check(file == Path::new("-") || target.reads_stdin())?;
    run(program, &changes_file::read(&file, P::OPEN)?, &how, target)
}

fn run<P: Program>(
    program: &P,
    changes: &[Change],
    how: &HowArgs,
    target: P::Target,
) -> Result<Exit, P::Failure> {
    let HowArgs { dry_run, allow_gains, format, ref names } = *how;
    let options = Options { dry_run, allow_gains, extra: String::new() };
    check_count(changes.len()).map_err(|error| {
        Failure::Usage(format!("{} Nothing was sent: make several calls of them.", error.message))
    })?;
    let names = names.read(P::OPEN)?;
    let mut session = program.open(target, access(&options))?;
    // A write that was sent can't be called back.
    let in_doubt = |cause: P::Failure| if dry_run { cause } else { cause.may_be_written() };
    let report = session.apply(changes, &options).map_err(in_doubt)?;
    check(&report, changes).map_err(|cause| in_doubt(cause.into()))?;
    let applied = Applied::new(changes, &report, &options);
    write(&applied, format, &names, P::terminal(), &mut io::stdout().lock())?;
    report.warnings.iter().for_each(P::warn);
    P::summary(&applied.summary());
    let exit = exit(&report, changes);
    if exit == Exit::Incomplete {
        P::summary(NOT_KNOWN_TO_BE_REVOKED);
    }
    Ok(exit)
}

/// A dry run can't write, even if the connector would.
fn access(options: &Options) -> Access {
    if options.dry_run { Access::ReadOnly } else { Access::Provisioning }
}

/// Writes the outcome of each change.
///
/// # Errors
/// Fails when `to` can't be written. The failure tells what was done, unless nothing was written.
fn write(
    applied: &Applied<'_>,
    format: TextFormat,
    names: &Snapshot,
    terminal: Terminal,
    to: &mut impl Write,
) -> Result<(), Failure> {
    write_outcomes(applied, format, names, terminal, to).map_err(|cause| {
        if applied.is_dry_run() {
            return cause;
        }
        Failure::Unreported { cause: Box::new(cause), done: applied.in_brief() }
    })
}

fn write_outcomes(
    applied: &Applied<'_>,
    format: TextFormat,
    names: &Snapshot,
    terminal: Terminal,
    to: &mut impl Write,
) -> Result<(), Failure> {
    let written = match format {
        TextFormat::Jsonl => to.write_all(applied.json_lines()?.as_bytes()),
        TextFormat::Table => applied_text::write(applied, names, terminal, to),
    };
    written.and_then(|()| to.flush()).map_err(Failure::Stdout)
}

/// Checks that each change has its result.
///
/// # Errors
/// Fails when the report has more results than changes, or fewer.
pub fn check(report: &Report, changes: &[Change]) -> Result<(), Failure> {
    let (results, asked) = (report.results.len(), changes.len());
    if results == asked {
        return Ok(());
    }
    Err(Failure::Contract(format!("the connector gave {results} results for {asked} changes")))
}

/// The exit code of a report. Once credentials or the limit fail, the rest of the call fails for the
/// same reason: then the exit code names that reason, because a script can do something about it. A
/// change that is in doubt because the credentials failed has that reason too.
///
/// A revoke that found nothing to revoke isn't known to be done if data is missing: the principal may hold
/// what couldn't be read.
fn exit(report: &Report, changes: &[Change]) -> Exit {
    let failed = report.results.iter().filter_map(|result| result.as_ref().err());
    let exit_of =
        |error| if is_hidden_by_credentials(error) { Exit::Credentials } else { exit_of(error.kind) };
    let exits: Vec<Exit> = failed.map(exit_of).collect();
    let broke_off = |exit: &Exit| matches!(exit, Exit::Credentials | Exit::RateLimited);
    let is_unchanged = |(change, result): (&Change, &Result<Outcome, Error>)| {
        change.operation == Operation::Revoke
            && result.as_ref().is_ok_and(|outcome| outcome.status == Status::Unchanged)
    };
    let is_incomplete = report.warnings.iter().any(|warning| warning.incomplete);
    if exits.is_empty() && is_incomplete && changes.iter().zip(&report.results).any(is_unchanged) {
        Exit::Incomplete
    } else if exits.is_empty() {
        Exit::Done
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
mod tests {
    use super::*;
    use crate::contract::Warning;

    fn report(kinds: &[Option<ErrorKind>]) -> Report {
        let result = |kind: &Option<ErrorKind>| match kind {
            None => {
                Ok(Outcome { status: Status::Applied, detail: String::new(), added: vec![], removed: vec![] })
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

    #[test]
    fn a_dry_run_s_session_only_reads() {
        let options = |dry_run| Options { dry_run, allow_gains: true, extra: String::new() };
        assert_eq!(access(&options(true)), Access::ReadOnly);
        assert_eq!(access(&options(false)), Access::Provisioning);
    }

    #[test]
    fn the_exit_code_tells_what_to_do_next() {
        use ErrorKind::*;
        for (kinds, code) in [
            (&[][..], 0),
            (&[None, None], 0),
            (&[None, Some(Refused)], 5),
            (&[Some(NotFound)], 5),
            (&[Some(Indeterminate), Some(RateLimited)], 5),
            (&[Some(InvalidArgument), Some(InvalidArgument)], 5),
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
        use Operation::{Grant, Revoke};
        for (operation, status, incomplete, failed, code) in [
            (Revoke, Status::Unchanged, true, None, 6),
            (Revoke, Status::Unchanged, false, None, 0),
            (Revoke, Status::Applied, true, None, 0),
            (Grant, Status::Unchanged, true, None, 0),
            (Revoke, Status::Unchanged, true, Some(ErrorKind::Refused), 5),
        ] {
            let principal = ResourceId { kind: "email".to_owned(), id: "x@corp.example".to_owned() };
            let change = Change { operation, entitlement: "group:g:member".to_owned(), principal };
            let mut report =
                report(&[Some(None), failed.map(Some)].into_iter().flatten().collect::<Vec<_>>());
            let Some(Ok(outcome)) = report.results.first_mut() else { panic!("no outcome") };
            outcome.status = status;
            let (code_of, message) = ("list-not-readable".to_owned(), String::new());
            report.warnings.push(Warning { code: code_of, about: None, message, incomplete });
            assert_eq!(exit(&report, &[change.clone(), change]) as u8, code, "{operation:?} {incomplete}");
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
