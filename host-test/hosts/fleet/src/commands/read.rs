//! `fleet read`: the records of a complete run.

use crate::account::check_name;
use crate::store::{Reader, Store, StoreError};
use cloudflare_zero_trust::command::failure::Exit;
use host_test::output::{Destination, Form, Place, Readers};
use std::io::{self, Write};
use std::path::PathBuf;

/// The arguments of `fleet read`.
#[derive(Clone, Debug, clap::Args)]
pub struct ReadArgs {
    /// The account's name in the fleet
    account: String,
    /// Reads this run and not the newest complete one
    #[arg(long)]
    run: Option<String>,
    /// Writes to this file, which appears whole or not at all, and not to standard output
    #[arg(long, value_name = "FILE", default_value = "-", hide_default_value = true)]
    output: PathBuf,
    /// The store of the runs: a directory, file:///PATH or s3://BUCKET/PREFIX
    #[arg(long, env = "FLEET_STORE", value_name = "PLACE")]
    store: String,
}

/// A reason why nothing, or not all, was written.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("{0}")]
    Usage(String),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("writing the records failed: {0}")]
    Write(io::Error),
}

/// Writes the records of a run as JSON lines. Data that is missing in the run has the exit code 6.
pub async fn read(args: ReadArgs) -> Exit {
    match records(&args).await {
        Ok(false) => Exit::Done,
        Ok(true) => {
            eprintln!("warning: data is missing: the run's warnings say which");
            Exit::Incomplete
        }
        // Whoever reads has seen enough, as `head` does.
        Err(Failure::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Done,
        Err(failure) => {
            eprintln!("error: {failure}");
            match failure {
                Failure::Usage(_) | Failure::Store(StoreError::Place { .. }) => Exit::Usage,
                Failure::Store(_) | Failure::Write(_) => Exit::Failed,
            }
        }
    }
}

/// Writes the records. Returns whether data is missing.
async fn records(args: &ReadArgs) -> Result<bool, Failure> {
    check_name(&args.account).map_err(Failure::Usage)?;
    let output = |why: &dyn std::fmt::Display| {
        Failure::Usage(format!("{} can't be written: {why}", args.output.display()))
    };
    let place = Place::find(&args.output).map_err(|error| output(&error))?;
    if let Some(why) = place.refusal(Form::Text) {
        return Err(output(&why));
    }
    let reader = Store::open(&args.store)?.read(&args.account, args.run.as_deref()).await?;
    let mut destination = Destination::open(&place, Readers::Owner).map_err(|error| output(&error))?;
    write(&reader, &mut destination).await?;
    destination.complete().map_err(Failure::Write)?;
    Ok(reader.manifest().incomplete)
}

async fn write(reader: &Reader, to: &mut impl Write) -> Result<(), Failure> {
    for number in 0.. {
        let Some(lines) = reader.page(number).await? else { break };
        to.write_all(&lines).map_err(Failure::Write)?;
    }
    Ok(())
}
