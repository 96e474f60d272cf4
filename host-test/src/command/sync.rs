//! `host-test sync`

use super::embedded::{self, AccountArgs};
use super::failure::{Exit, Failure};
use super::settings::{Connection, ConnectionArgs};
use crate::host::{Host, Session};
use crate::output::{Counts, Destination, JsonLines, Progress, Sink, SinkError, Snapshot, Stats, Tables, Terminal};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// What to read, from where, and where to put it.
#[derive(Debug, clap::Args)]
pub(super) struct SyncArgs {
    /// Only these resource types, and grants between them
    #[arg(long, value_name = "KIND,…", value_delimiter = ',')]
    kinds: Vec<String>,
    /// Tables for a person, or JSON Lines for a program
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// Write to this file instead of standard output; it appears when the read is complete
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Write what the read took to this file, as JSON
    #[arg(long, value_name = "FILE")]
    stats: Option<PathBuf>,
    #[command(flatten)]
    connection: ConnectionArgs,
    /// Sync a mock within this process instead of Cloudflare; no account and no credentials are used
    #[arg(long, help_heading = "The mock's account (a small company where no size is given)")]
    mock: bool,
    #[command(flatten)]
    account: AccountArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// Tables that fit the terminal; of a big account, the beginning
    Table,
    /// One JSON object a line; pages are written as they come
    Jsonl,
}

pub(super) async fn run(args: SyncArgs) -> Result<Exit, Failure> {
    if args.account.is_given() && !args.mock {
        return Err(Failure::Usage("The mock's sizes, seed and latency need --mock.".to_owned()));
    }
    let (mock, connection) = if args.mock {
        let mock = args.account.start(0).await?;
        let connection = embedded::connection(&mock);
        (Some(mock), connection)
    } else {
        (None, args.connection.connection()?)
    };
    let host = super::host().await?;
    check_kinds(&host, &args.kinds).await?;
    // What can't be written should fail before anything is read.
    let output = open(args.output.as_deref())?;
    let stats_file = args.stats.as_deref().map(|path| open(Some(path))).transpose()?;

    let work = sync(&host, &connection, &args.kinds, args.format, output, args.output.as_deref());
    let stats = tokio::select! {
        stats = work => stats?,
        // What is half-way is dropped, and leaves nothing behind.
        _ = tokio::signal::ctrl_c() => return Err(Failure::Interrupted),
    };
    if let (Some(file), Some(path)) = (stats_file, args.stats) {
        write_stats(&stats, file).map_err(Failure::file(path))?;
    }
    if let Some(mock) = mock {
        mock.stop().await;
    }
    Ok(if stats.counts.is_incomplete() { Exit::Incomplete } else { Exit::Done })
}

async fn sync(
    host: &Host,
    connection: &Connection,
    kinds: &[String],
    format: Format,
    mut output: Destination,
    path: Option<&Path>,
) -> Result<Stats, Failure> {
    let opened = host.open(connection.auth_method, &connection.settings()).await;
    let mut session = opened.map_err(Failure::host("opening a session"))?;
    let written = |error| match path {
        Some(path) => Failure::file(path)(error),
        None => Failure::Stdout(error),
    };
    let stats = match format {
        Format::Jsonl => read_all(&mut session, kinds, &mut JsonLines::new(&mut output)).await?,
        Format::Table => {
            let mut snapshot = Snapshot::default();
            let stats = read_all(&mut session, kinds, &mut snapshot).await?;
            let terminal = if output.is_file() { Terminal::file() } else { Terminal::stdout() };
            Tables::new(&snapshot, terminal).write(&mut output).map_err(written)?;
            stats
        }
    };
    output.complete().map_err(written)?;
    Ok(stats)
}

/// Reads to the end, page by page; each page is out before the next one is asked for.
pub(super) async fn read_all(session: &mut Session, kinds: &[String], sink: &mut impl Sink) -> Result<Stats, Failure> {
    let mut progress = Progress::start();
    let mut counts = Counts::default();
    let start = Instant::now();
    let mut cursor: Option<String> = None;
    loop {
        let page = session.read(kinds, cursor.as_deref()).await.map_err(Failure::host("reading the account"))?;
        progress.suspend(|| sink.page(&page)).map_err(Failure::Page)?;
        counts.add(&page);
        progress.update(&page);
        if page.next.is_none() {
            break;
        }
        if page.next == cursor {
            return Err(Failure::Endless);
        }
        cursor = page.next;
    }
    Ok(Stats::new(session.traffic(), session.memory_peak(), start.elapsed(), counts))
}

/// A kind that doesn't exist is a slip of the pen: say which there are.
async fn check_kinds(host: &Host, kinds: &[String]) -> Result<(), Failure> {
    let manifest = host.describe().await.map_err(Failure::host("describing the connector"))?;
    let known: Vec<&str> = manifest.resource_types.iter().map(|of| of.id.as_str()).collect();
    match kinds.iter().find(|kind| !known.contains(&kind.as_str())) {
        Some(unknown) => {
            Err(Failure::Usage(format!("--kinds: there is no kind {unknown:?}. There are: {}.", known.join(", "))))
        }
        None => Ok(()),
    }
}

fn open(path: Option<&Path>) -> Result<Destination, Failure> {
    Destination::open(path).map_err(Failure::file(path.unwrap_or(Path::new("-"))))
}

fn write_stats(stats: &Stats, mut file: Destination) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut file, stats)?;
    writeln!(file)?;
    file.complete()
}

impl From<SinkError> for Failure {
    fn from(error: SinkError) -> Failure {
        Failure::Page(error)
    }
}
