//! `host-test grant`, `revoke` and `apply`

use super::failure::{Exit, Failure};
use super::input;
use super::target::{TargetArgs, open_with};
use crate::contract::Translate;
use crate::output::Progress;
use crate::routes;
use cloudflare_zero_trust::command::args::{HoldersArgs, HowArgs};
use cloudflare_zero_trust::command::{changes_file, provision};
use cloudflare_zero_trust::contract::{Change, Operation, Options, Report};
use cloudflare_zero_trust::output::{Applied, Terminal};
use connector_host::{Session, WritableRoute};
use std::io;
use std::path::{Path, PathBuf};

/// One entitlement, and whose it is to be or not.
#[derive(Debug, clap::Args)]
pub(super) struct ChangeArgs {
    #[command(flatten)]
    holders: HoldersArgs,
    #[command(flatten)]
    how: HowArgs,
    #[command(flatten)]
    target: TargetArgs,
}

/// A list of changes.
#[derive(Debug, clap::Args)]
pub(super) struct ApplyArgs {
    /// Which changes; - is standard input
    #[arg(long, short, value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    how: HowArgs,
    #[command(flatten)]
    target: TargetArgs,
}

pub(super) async fn change(operation: Operation, args: ChangeArgs) -> Result<Exit, Failure> {
    let ChangeArgs { holders, how, target } = args;
    target.check()?;
    run(&holders.changes(operation), &how, target).await
}

pub(super) async fn apply(args: ApplyArgs) -> Result<Exit, Failure> {
    let ApplyArgs { file, how, target } = args;
    target.check()?;
    if file == Path::new("-") && target.reads_stdin() {
        return Err(Failure::usage(changes_file::ONE_STANDARD_INPUT));
    }
    run(&changes_file::read(&file, input::open)?, &how, target).await
}

async fn run(changes: &[Change], how: &HowArgs, target: TargetArgs) -> Result<Exit, Failure> {
    let options = how.options();
    let target = target.open(0).await?;
    let host = super::host().await?;
    let mut session = open_with(writable(&options), &target.connection, &host).await?;
    let work = async {
        let report = attempt(&mut session, changes, &options).await?;
        let applied = Applied::new(changes, &report, &options);
        let (mut out, mut beside) = (io::stdout().lock(), io::stderr().lock());
        provision::tell(&applied, how.format, Terminal::stdout(), &mut out, &mut beside)?;
        Ok(provision::exit(&report))
    };
    let outcome = tokio::select! {
        outcome = work => outcome,
        _ = tokio::signal::ctrl_c() => Err(Failure::Interrupted),
    };
    // A write that is under way can't be called back, and one that is done can go untold.
    let exit = outcome
        .map_err(|cause| if options.dry_run { cause } else { Failure::Indeterminate(Box::new(cause)) })?;
    target.close().await;
    Ok(exit)
}

/// The routes besides GETs of the session. A dry run has none, so that it can't write, even if the
/// connector tried.
pub(super) fn writable(options: &Options) -> &'static [WritableRoute] {
    if options.dry_run { &[] } else { routes::writable() }
}

/// What became of the changes, each of them.
pub(super) async fn attempt(
    session: &mut Session,
    changes: &[Change],
    options: &Options,
) -> Result<Report, Failure> {
    let _progress = Progress::start();
    let (asked, how) = (changes.to_vec().translate(), options.clone().translate());
    let report = session.apply(&asked, &how).await.map_err(Failure::host("changing who holds what"))?;
    let report = report.translate();
    provision::check(&report, changes)?;
    Ok(report)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dry_run_s_session_only_reads() {
        let options = |dry_run| Options { dry_run, allow_gains: true, extra: String::new() };
        assert!(writable(&options(true)).is_empty());
        assert_eq!(writable(&options(false)), routes::writable());
    }
}
