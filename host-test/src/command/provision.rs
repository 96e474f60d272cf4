//! `host-test grant`, `revoke` and `apply`

use super::failure::{Exit, Failure, exit_of};
use super::target::TargetArgs;
use super::{TextFormat, changes_file, resource_id};
use crate::host::contract::{Change, Operation, Options, Report, ResourceId};
use crate::host::{Methods, Session};
use crate::output::Progress;
use cloudflare_zero_trust::output::{Applied, Snapshot, Terminal};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// One entitlement, and whose it is to be or not.
#[derive(Debug, clap::Args)]
pub(super) struct ChangeArgs {
    /// What can be held: the id of an entitlement, as sync and get give it
    #[arg(long, value_name = "ID")]
    entitlement: String,
    /// Who: a user, a member or an email, by its id; give it again for more of them, 1,000 at most
    #[arg(long = "principal", required = true, value_name = "KIND:ID", value_parser = resource_id)]
    principals: Vec<ResourceId>,
    #[command(flatten)]
    how: HowArgs,
}

/// A list of changes.
#[derive(Debug, clap::Args)]
pub(super) struct ApplyArgs {
    /// Which changes; - is standard input
    #[arg(long, short, value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    how: HowArgs,
}

#[derive(Debug, clap::Args)]
struct HowArgs {
    /// Show what would be written, and write nothing
    ///
    /// The connector plans with reads only; and whatever it does, the host lets nothing but GETs out.
    #[arg(long)]
    dry_run: bool,
    /// Also do a revoke that gives its principal something elsewhere
    ///
    /// Leaving a group that another one excludes lets them into that other one. Without this, it is refused.
    #[arg(long)]
    allow_gains: bool,
    /// For a person, or for a program: one object a change, in the order of the changes
    #[arg(long, value_enum, default_value_t = TextFormat::Table)]
    format: TextFormat,
    #[command(flatten)]
    target: TargetArgs,
}

pub(super) async fn change(operation: Operation, args: ChangeArgs) -> Result<Exit, Failure> {
    let ChangeArgs { entitlement, principals, how } = args;
    let change = |principal| Change { operation, entitlement: entitlement.clone(), principal };
    let changes: Vec<Change> = principals.into_iter().map(change).collect();
    how.target.check()?;
    run(&changes, how).await
}

pub(super) async fn apply(args: ApplyArgs) -> Result<Exit, Failure> {
    let ApplyArgs { file, how } = args;
    how.target.check()?;
    if file == Path::new("-") && how.target.reads_stdin() {
        return Err(Failure::Usage("Standard input can't hold both the changes and a secret.".to_owned()));
    }
    run(&changes_file::read(&file)?, how).await
}

async fn run(changes: &[Change], how: HowArgs) -> Result<Exit, Failure> {
    let options = Options { dry_run: how.dry_run, allow_gains: how.allow_gains, extra: String::new() };
    let target = how.target.open(0).await?;
    let host = super::host().await?;
    let mut session = target.connection.open_with(methods(&options), &host).await?;
    let work = async {
        let report = attempt(&mut session, changes, &options).await?;
        tell(&Applied::new(changes, &report, &options), how.format)?;
        Ok(exit(&report))
    };
    let outcome = tokio::select! {
        outcome = work => outcome,
        _ = tokio::signal::ctrl_c() => Err(Failure::Interrupted),
    };
    // A write that is under way can't be called back, and one that is done can go untold.
    let exit =
        outcome.map_err(|cause| if options.dry_run { cause } else { Failure::Indeterminate(Box::new(cause)) })?;
    target.close().await;
    Ok(exit)
}

/// A dry run can't write, even if the connector would.
fn methods(options: &Options) -> Methods {
    if options.dry_run { Methods::ReadOnly } else { Methods::Provisioning }
}

/// What became of the changes, each of them.
pub(super) async fn attempt(session: &mut Session, changes: &[Change], options: &Options) -> Result<Report, Failure> {
    let _progress = Progress::start();
    let report = session.apply(changes, options).await.map_err(Failure::host("changing who holds what"))?;
    let (results, asked) = (report.results.len(), changes.len());
    if results != asked {
        return Err(Failure::Contract(format!("the connector gave {results} results for {asked} changes")));
    }
    Ok(report)
}

/// Standard output has the changes alone, as a program wants it.
fn tell(applied: &Applied<'_>, format: TextFormat) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    let told = match format {
        TextFormat::Jsonl => out.write_all(applied.json_lines()?.as_bytes()),
        TextFormat::Table => applied.write(&Snapshot::default(), Terminal::stdout(), &mut out),
    };
    told.and_then(|()| out.flush()).map_err(Failure::Stdout)?;
    eprint!("{}", applied.warnings_and_summary());
    Ok(())
}

/// The batch breaks off where credentials or the limit fail, and the rest then fails for that too: a script can do something about it.
fn exit(report: &Report) -> Exit {
    let failed = report.results.iter().filter_map(|result| result.as_ref().err());
    let exits: Vec<Exit> = failed.map(|error| exit_of(error.kind)).collect();
    let broke_off = |exit: &Exit| matches!(exit, Exit::Credentials | Exit::RateLimited);
    if exits.is_empty() {
        Exit::Done
    } else if !exits.iter().all(broke_off) {
        Exit::Refused
    } else if exits.contains(&Exit::Credentials) {
        Exit::Credentials
    } else {
        Exit::RateLimited
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::contract::{Error, ErrorKind, Outcome, Status};

    fn report(kinds: &[Option<ErrorKind>]) -> Report {
        let result = |kind: &Option<ErrorKind>| match kind {
            None => Ok(Outcome { status: Status::Applied, detail: String::new(), added: vec![], removed: vec![] }),
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
            assert_eq!(exit(&report(kinds)) as u8, code, "{kinds:?}");
        }
    }

    #[test]
    fn a_dry_run_s_session_only_reads() {
        let options = |dry_run| Options { dry_run, allow_gains: true, extra: String::new() };
        assert_eq!(methods(&options(true)), Methods::ReadOnly);
        assert_eq!(methods(&options(false)), Methods::Provisioning);
    }
}
