//! `host-test sync`

use super::cursor_file::{CursorFile, Scope, State};
use super::failure::{Exit, Failure};
use super::reading::{Place, Wanted, read_all, read_pages};
use super::target::{TargetArgs, open as open_session};
use crate::host::contract::{ErrorKind, Manifest};
use crate::host::{Host, Session};
use crate::output::{Destination, Draft, Layout, Stats};
use cloudflare_zero_trust::command::args::{Format, ReadArgs};
use cloudflare_zero_trust::command::failure::Failure as Common;
use cloudflare_zero_trust::command::settings::Connection;
use cloudflare_zero_trust::output::csv::{Csv, Table};
use cloudflare_zero_trust::output::{JsonLines, Sink, Snapshot, Tables, Terminal, clean};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// What to read, from where, and where to put it.
#[derive(Debug, clap::Args)]
pub(super) struct SyncArgs {
    #[command(flatten)]
    read: ReadArgs,
    /// Write to this file instead of standard output; it appears when the read is complete. With csv it is a directory with all of the
    /// tables: resources.csv, entitlements.csv, grants.csv and warnings.csv
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Keep in this file how far the sync is, and go on from there; needs --output, and jsonl or csv
    ///
    /// After each page that is safely out, the file says how far the sync is. When the sync is killed, interrupted or fails, the same
    /// command goes on from there; the result is that of an uninterrupted one. Until it is complete it grows in the output's name with
    /// .partial added. When it is complete, the cursor file is gone. Where Cloudflare's data has changed so that the sync can't go on,
    /// it says so and starts again. The file holds no secret.
    #[arg(long, value_name = "FILE")]
    cursor_file: Option<PathBuf>,
    /// Write what the read took to this file, as JSON
    #[arg(long, value_name = "FILE")]
    stats: Option<PathBuf>,
    #[command(flatten)]
    target: TargetArgs,
}

impl SyncArgs {
    /// What can be seen to be impossible before anything is started.
    fn check(&self) -> Result<(), Failure> {
        self.target.check()?;
        self.read.check()?;
        let problem = if self.read.table.is_some() && self.output.is_some() {
            "--table is for standard output: --output gets all of the tables."
        } else if self.cursor_file.is_some() && self.read.format == Format::Table {
            "--cursor-file needs --format jsonl or csv: a table is made of the whole, and there is no half of it to go on with."
        } else if self.cursor_file.is_some() && self.output.is_none() {
            "--cursor-file needs --output: what was half written to standard output can't be taken back."
        } else {
            return Ok(());
        };
        Err(Failure::usage(problem))
    }
}

/// Where a mock served what a sync that goes on has read: cursors belong to an address.
fn mock_port(earlier: Option<&State>) -> u16 {
    let url = earlier.and_then(|state| state.scope.base_url.as_deref()?.parse::<http::Uri>().ok());
    url.and_then(|url| url.port_u16()).unwrap_or(0)
}

pub(super) async fn run(args: SyncArgs) -> Result<Exit, Failure> {
    args.check()?;
    let cursor_file = args.cursor_file.clone().map(CursorFile::new);
    let earlier = cursor_file.as_ref().map(CursorFile::load).transpose()?.flatten();
    let target = args.target.open(mock_port(earlier.as_ref())).await?;
    let connection = &target.connection;
    let host = super::host().await?;
    let manifest = host.describe().await.map_err(Failure::host("describing the connector"))?;
    args.read.check_kinds(manifest)?;
    // What can't be written should fail before anything is read.
    let output = match (cursor_file, args.output.as_deref()) {
        (Some(file), Some(place)) => {
            let scope = scope(connection, &args.read, manifest, place)?;
            Output::Resumable(Box::new(Resumable::open(file, scope, place, earlier)?))
        }
        (_, Some(place)) if args.read.format == Format::Csv => {
            Output::Directory(Draft::begin_temporary_csv(place).map_err(Failure::file(place))?)
        }
        (_, place) => Output::Plain(open(place)?),
    };
    if let Some(path) = &args.stats {
        // Only a trial: a process that is killed leaves nothing of it.
        drop(open(Some(path))?);
    }

    let work = sync(&host, connection, &args.read, output, args.output.as_deref());
    let outcome = tokio::select! {
        outcome = work => outcome,
        // What is half-way is dropped; only what a cursor file speaks of stays.
        _ = tokio::signal::ctrl_c() => Err(Failure::Interrupted),
    };
    let stats = outcome.map_err(|cause| match &args.cursor_file {
        Some(path) if path.exists() => Failure::Resumable { cause: Box::new(cause), cursor_file: path.clone() },
        _ => cause,
    })?;
    if let Some(path) = &args.stats {
        write_stats(&stats, open(Some(path))?).map_err(Failure::file(path))?;
    }
    if let Some(path) = args.cursor_file {
        CursorFile::new(path).remove()?;
    }
    target.close().await;
    Ok(if stats.counts.is_incomplete() { Exit::Incomplete } else { Exit::Done })
}

/// Where the pages go.
enum Output {
    Plain(Destination),
    Directory(Draft),
    Resumable(Box<Resumable>),
}

async fn sync(
    host: &Host,
    connection: &Connection,
    read: &ReadArgs,
    output: Output,
    path: Option<&Path>,
) -> Result<Stats, Failure> {
    let mut session = open_session(connection, host).await?;
    let wanted = Wanted::Kinds(&read.kinds);
    let written = |error| match path {
        Some(path) => Failure::file(path)(error),
        None => Failure::stdout(error),
    };
    match output {
        Output::Resumable(resumable) => resumable.sync(&mut session, &read.kinds).await,
        Output::Directory(mut draft) => {
            let stats = read_all(&mut session, wanted, &mut draft).await?;
            draft.complete().map_err(written)?;
            Ok(stats)
        }
        Output::Plain(mut output) => {
            let stats = match read.format {
                Format::Jsonl => read_all(&mut session, wanted, &mut JsonLines::new(&mut output)).await?,
                Format::Csv => {
                    let table = read.table.unwrap_or(Table::Grants);
                    read_all(&mut session, wanted, &mut Csv::new(&mut output, table)).await?
                }
                Format::Table => {
                    let mut snapshot = Snapshot::default();
                    let stats = read_all(&mut session, wanted, &mut snapshot).await?;
                    let terminal = if output.is_file() { Terminal::file() } else { Terminal::stdout() };
                    Tables::new(&snapshot, terminal).write(&mut output).map_err(written)?;
                    stats
                }
            };
            output.complete().map_err(written)?;
            Ok(stats)
        }
    }
}

/// A sync whose output and cursor file tell another process how to go on.
struct Resumable {
    file: CursorFile,
    state: State,
    draft: Draft,
    place: PathBuf,
}

impl Resumable {
    /// Goes on with what an earlier process left, or begins.
    fn open(file: CursorFile, scope: Scope, place: &Path, earlier: Option<State>) -> Result<Resumable, Failure> {
        let layout = if scope.format == Format::Csv { Layout::Csv } else { Layout::JsonLines };
        for taken in [place, &Draft::beside(place)] {
            if absolute(taken)? == absolute(file.path())? {
                return Err(Failure::usage("--cursor-file and --output are the same file."));
            }
        }
        if let Some(mut state) = earlier {
            file.check(&state, &scope)?;
            let draft = Draft::resume(place, layout, &state.lengths).map_err(Failure::file(place))?;
            match draft {
                Some(draft) => {
                    state.stats.counts = state.stats.counts.with_incomplete(state.incomplete);
                    return Ok(Resumable { file, state, draft, place: place.to_owned() });
                }
                None if state.cursor.is_some() => return Err(file.output_is_gone(&Draft::beside(place))),
                // It was killed with everything done but this file's removal: what comes now is the next sync.
                None => {}
            }
        }
        file.check_place()?;
        let draft = Draft::begin(place, layout).map_err(Failure::file(place))?;
        file.remove()?;
        let state = State { scope, cursor: None, lengths: Vec::new(), stats: Stats::default(), incomplete: false };
        Ok(Resumable { file, state, draft, place: place.to_owned() })
    }

    async fn sync(mut self, session: &mut Session, kinds: &[String]) -> Result<Stats, Failure> {
        let began = !self.state.lengths.is_empty();
        let is_read = began && self.state.cursor.is_none();
        let stats = if is_read {
            self.state.stats.clone()
        } else {
            let from = Place { cursor: self.state.cursor.clone(), stats: self.state.stats.clone() };
            let outcome = self.read(session, kinds, from).await;
            match outcome {
                Err(failure) if began && is_outdated(&failure) => {
                    self.start_again(&failure)?;
                    self.read(session, kinds, Place::default()).await?
                }
                outcome => outcome?,
            }
        };
        self.draft.complete().map_err(Failure::file(self.place))?;
        Ok(stats)
    }

    async fn read(&mut self, session: &mut Session, kinds: &[String], from: Place) -> Result<Stats, Failure> {
        read_pages(session, Wanted::Kinds(kinds), from, |page, stats| {
            self.draft.page(page)?;
            self.state.lengths = self.draft.secure().map_err(Failure::file(&self.place))?;
            self.state.cursor.clone_from(&page.next);
            self.state.incomplete = stats.counts.is_incomplete();
            self.state.stats = stats;
            self.file.store(&self.state)
        })
        .await
    }

    /// First the file goes that speaks of an output, then the output.
    fn start_again(&mut self, because: &Failure) -> Result<(), Failure> {
        let (path, because) = (self.file.path().display().to_string(), because.to_string());
        tracing::warn!("the sync in {} can't go on, and starts again: {}", clean(&path), clean(&because));
        self.file.remove()?;
        self.draft.clear().map_err(Failure::file(&self.place))
    }
}

fn is_outdated(failure: &Failure) -> bool {
    matches!(failure, Failure::Common(Common::Connector { error, .. }) if error.kind == ErrorKind::InvalidCursor)
}

/// Paths are compared, and must mean the same from another directory.
fn absolute(path: &Path) -> Result<PathBuf, Failure> {
    std::path::absolute(path).map_err(Failure::file(path))
}

fn scope(connection: &Connection, read: &ReadArgs, manifest: &Manifest, output: &Path) -> Result<Scope, Failure> {
    let mut kinds = read.kinds.clone();
    if kinds.is_empty() {
        kinds = manifest.resource_types.iter().map(|of| of.id.clone()).collect();
    }
    kinds.sort();
    kinds.dedup();
    let output = absolute(output)?.into_os_string().into_string();
    Ok(Scope {
        account_id: connection.plain("account-id").unwrap_or_default().to_ascii_lowercase(),
        base_url: connection.plain("base-url").map(str::to_owned),
        kinds,
        format: read.format,
        output: output.map_err(|_| Failure::usage("--cursor-file: --output is not UTF-8 text."))?,
    })
}

fn open(path: Option<&Path>) -> Result<Destination, Failure> {
    Destination::open(path).map_err(Failure::file(path.unwrap_or(Path::new("-"))))
}

fn write_stats(stats: &Stats, mut file: Destination) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut file, stats)?;
    writeln!(file)?;
    file.complete()
}
