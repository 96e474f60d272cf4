//! `host-test sync`: a sync into files, or to standard output.

use super::connector;
use super::cursor_file::{CursorFile, State};
use super::drafts::Shape;
use super::facts::{Opener, SourcesArgs};
use super::failure::Failure;
use super::format::SyncFormat;
use super::input;
use super::logs;
use super::outputs::{Outputs, asks_for_zstd, check_name, open};
use super::reading::{Gaps, Place, read_all, read_pages};
use super::resumable::{Resumable, scope};
use super::review;
use super::target::TargetArgs;
use crate::output::{Completing, Destination, Stats};
use cloudflare_zero_trust::command::args::{Format, ReadArgs};
use cloudflare_zero_trust::command::facts::Sources;
use cloudflare_zero_trust::command::program::{Target, Wanted};
use cloudflare_zero_trust::command::text::Text;
use cloudflare_zero_trust::command::warnings::{Beside, Warned, Warnings};
use cloudflare_zero_trust::output::Terminal;
use std::io::{self, Write};
use std::path::PathBuf;

/// The arguments of `sync`.
#[derive(Debug, clap::Args)]
pub(super) struct SyncArgs {
    #[command(flatten)]
    result: ResultArgs,
    /// Keep in this file how far the sync is, and go on from there; needs --output, and jsonl, csv,
    /// c1z or parquet
    ///
    /// After each page that is safely out, the file says how far the sync is. When the sync is
    /// killed, interrupted or fails, the same command goes on from there; the result is that of
    /// an uninterrupted one. Until it is complete it grows in the output's name with
    /// .partial added. When it is complete, the cursor file is gone. Where Cloudflare's data has
    /// changed so that the sync can't go on, it says so and starts again. The file holds no
    /// secret.
    #[arg(long, value_name = "FILE")]
    cursor_file: Option<PathBuf>,
    /// Write what the read took to this file, as JSON; - is standard output
    #[arg(long, value_name = "FILE")]
    stats: Option<PathBuf>,
    #[command(flatten)]
    facts: SourcesArgs,
    #[command(flatten)]
    target: TargetArgs,
}

/// The subject of the sync, and its result.
#[derive(Debug, clap::Args)]
struct ResultArgs {
    /// For a person, a program, a spreadsheet, baton or a database
    #[arg(long, value_enum, default_value_t = SyncFormat::TABLE)]
    format: SyncFormat,
    #[command(flatten)]
    read: ReadArgs,
    /// Write to this file instead of standard output, which is -; it appears when the read is
    /// complete. With csv it is a directory with all of the tables: resources.csv,
    /// entitlements.csv, grants.csv and warnings.csv; with parquet it is one too
    ///
    /// A file or a directory that is there is replaced, and keeps its mode; a symbolic link is
    /// followed. A table or JSON lines can also go to a device or a pipe. JSON lines are compressed
    /// with zstd if the name ends in .zst; nothing else takes such a name.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// With c1z: where data is missing, write what is there, as a partial sync
    ///
    /// In a full one, what is missing would pass for revoked.
    #[arg(long)]
    allow_incomplete: bool,
}

const C1Z_NEEDS_OUTPUT: &str = "--format c1z needs --output: it is a file, and not text.";
const PARQUET_NEEDS_OUTPUT: &str = "--format parquet needs --output: it is a directory, and not text.";

impl SyncArgs {
    /// Reports flags that contradict each other, before anything is started, and returns the places
    /// of the outputs.
    fn check(&self) -> Result<Outputs, Failure> {
        let ResultArgs { format, read, output, allow_incomplete } = &self.result;
        if let Some(output) = output {
            check_name(*format, output)?;
        }
        let outputs = Outputs::find(output.as_deref(), self.stats.as_deref(), self.cursor_file.as_deref())?;
        let output = &outputs.result;
        self.target.check()?;
        read.check(format.text())?;
        let problem = if *format == SyncFormat::C1z && output.is_none() {
            C1Z_NEEDS_OUTPUT
        } else if *format == SyncFormat::Parquet && output.is_none() {
            PARQUET_NEEDS_OUTPUT
        } else if *allow_incomplete && *format != SyncFormat::C1z {
            "--allow-incomplete is for --format c1z: the other formats show what is missing."
        } else if read.table.is_some() && output.is_some() {
            "--table is for standard output: --output gets all of the tables."
        } else if self.cursor_file.is_some() && *format == SyncFormat::Html {
            "--cursor-file needs --format jsonl, csv, c1z or parquet: a review is made of the whole. Sync to \
             JSON Lines with it, and then make the review with review --from."
        } else if self.cursor_file.is_some() && *format == SyncFormat::TABLE {
            "--cursor-file needs --format jsonl, csv, c1z or parquet: a table is made of the whole, and \
             there is no half of it to go on with."
        } else if self.cursor_file.is_some() && output.is_none() {
            "--cursor-file needs --output: what was half written to standard output can't be taken back."
        } else {
            let facts = self.facts.files().iter().map(|file| ("--identities", file.as_path()));
            outputs.check(*format, self.target.input_files().chain(facts))?;
            self.facts.check(self.target.reads_stdin())?;
            return Ok(outputs);
        };
        Err(Failure::usage(problem))
    }
}

impl ResultArgs {
    /// The warnings beside the result.
    fn warnings(&self) -> Warnings {
        let beside = match self.format {
            SyncFormat::Text(format) => Beside::text(format, self.read.table, self.output.is_some()),
            SyncFormat::C1z => Beside::All,
            SyncFormat::Parquet => Beside::text(Format::Csv, None, true),
            SyncFormat::Html => Beside::Gaps,
        };
        Warnings::new(beside, logs::warn)
    }

    fn wanted(&self) -> Wanted {
        Wanted::Kinds(self.read.kinds.clone())
    }

    fn text_format(&self) -> Result<Format, Failure> {
        match self.format {
            SyncFormat::Text(format) => Ok(format),
            SyncFormat::C1z | SyncFormat::Html => Err(Failure::usage(C1Z_NEEDS_OUTPUT)),
            SyncFormat::Parquet => Err(Failure::usage(PARQUET_NEEDS_OUTPUT)),
        }
    }

    /// Whether the name of the output asks for zstd.
    fn is_compressed(&self) -> bool {
        self.format == SyncFormat::JSON_LINES && self.output.as_deref().is_some_and(asks_for_zstd)
    }

    /// Compresses what goes to the output, if its name asks for it.
    fn packed(&self, output: Destination) -> Result<Destination, Failure> {
        #[cfg(feature = "zstd")]
        if self.is_compressed() {
            return output.compressed().map_err(self.written(false));
        }
        Ok(output)
    }

    /// The failure for an output that can't be written.
    fn written(&self, is_stdout: bool) -> impl FnOnce(io::Error) -> Failure + '_ {
        move |error| match &self.output {
            Some(path) if !is_stdout => Failure::output(path)(error),
            _ => Failure::stdout(error),
        }
    }
}

/// The port of the mock that an earlier process read from. A cursor belongs to an address, so a sync
/// that continues needs the same one.
fn mock_port(earlier: Option<&State>) -> u16 {
    let url = earlier.and_then(|state| state.scope.base_url.as_deref()?.parse::<http::Uri>().ok());
    url.and_then(|url| url.port_u16()).unwrap_or(0)
}

/// Reads everything, writes it, and returns the figures of the read, and whether people are missing from the
/// facts that it rests on.
pub(super) async fn run(args: SyncArgs) -> Result<(Stats, bool), Failure> {
    let outputs = args.check()?;
    if args.result.format == SyncFormat::Html {
        return review_of(args, &outputs).await;
    }
    let cursor_file = outputs.cursor_file.as_ref().map(|place| CursorFile::new(place.path().to_owned()));
    let earlier = cursor_file.as_ref().map(CursorFile::load).transpose()?.flatten();
    let sources = args.facts.read(input::open)?;
    let target = args.target.open(mock_port(earlier.as_ref())).await?;
    let connection = &target.connection;
    let host = connector::host(target.authorities.clone()).await?;
    let manifest = connector::describe(&host).await?;
    let result = &args.result;
    result.read.check_kinds(&manifest)?;
    // An output that can't be written must fail before anything is read.
    let shape = Shape::new(result.format, result.is_compressed(), &result.read, &manifest, connection)?;
    let streams = outputs.open_streams()?;
    // From here on there is something to remove.
    let mut signals = connector::listen()?;
    let output = match (cursor_file.clone(), &outputs.result) {
        (Some(file), Some(place)) => {
            let is_compressed = result.is_compressed();
            let scope =
                scope(connection, &result.read, result.format, is_compressed, &manifest, place.path())?;
            Output::Resumable(Box::new(Resumable::open(file, scope, &shape, place.path(), earlier)?))
        }
        (_, Some(place)) if place.is_replaced() => match shape.begin_temporary(place.path())? {
            Some(draft) => Output::Growing(draft),
            None => {
                let file = open(place).map_err(Failure::of_output)?;
                Output::Plain(result.packed(file)?, result.text_format()?)
            }
        },
        _ => match streams.result {
            Some(stream) => Output::Plain(result.packed(stream)?, result.text_format()?),
            None => Output::Plain(Destination::stdout(), result.text_format()?),
        },
    };
    let stats_file = match streams.stats {
        None => outputs.stats.as_ref().map(open).transpose()?,
        stream => stream,
    };

    // An interrupted output is removed, unless a cursor file points at it.
    let mut opener = Opener::new(&host, connection, sources);
    let outcome = signals.unless(sync(&mut opener, result, output)).await;
    let outcome = outcome.map_err(|cause| if outputs.result.is_some() { cause.of_output() } else { cause });
    let stats = outcome.map_err(|cause| match &args.cursor_file {
        Some(path) if path.exists() => {
            Failure::Resumable { cause: Box::new(cause), cursor_file: path.clone() }
        }
        _ => cause,
    })?;
    let told = match (stats_file, &args.stats) {
        (Some(file), Some(path)) => write_stats(&stats, file).map_err(Failure::stats(path)),
        _ => Ok(()),
    };
    if let Some(file) = cursor_file {
        file.remove()?;
    }
    told?;
    result.read.left_out(result.format.text()).as_deref().into_iter().for_each(logs::summary);
    Ok((stats, opener.is_in_part()))
}

/// Writes a review instead of the records.
async fn review_of(args: SyncArgs, outputs: &Outputs) -> Result<(Stats, bool), Failure> {
    let SyncArgs { result, stats: path, facts, target, .. } = args;
    let (stats, is_in_part) = review::live(outputs, &result.read, facts, target, None).await?;
    if let (Some(place), Some(path)) = (&outputs.stats, &path) {
        write_stats(&stats, open(place)?).map_err(Failure::stats(path))?;
    }
    result.read.left_out(result.format.text()).as_deref().into_iter().for_each(logs::summary);
    Ok((stats, is_in_part))
}

/// The place that the pages are written to.
enum Output {
    /// Standard output, or a file that is written from its beginning to its end.
    Plain(Destination, Format),
    Growing(Box<dyn Completing>),
    Resumable(Box<Resumable>),
}

async fn sync(opener: &mut Opener<'_>, args: &ResultArgs, output: Output) -> Result<Stats, Failure> {
    let is_c1z = args.format == SyncFormat::C1z;
    let gaps = if is_c1z && !args.allow_incomplete { Gaps::Refused } else { Gaps::Written };
    let mut warnings = args.warnings();
    let stats = match output {
        Output::Resumable(resumable) => resumable.sync(opener, &args.read.kinds, gaps, &mut warnings).await?,
        Output::Growing(mut draft) => {
            let stats = read_pages(opener.session().await?, args.wanted(), Place::default(), |page, _| {
                draft.page(page)?;
                warnings.page(page);
                Ok(())
            });
            let stats = stats.await?;
            let is_incomplete = stats.counts.is_incomplete() || opener.is_in_part();
            gaps.check(is_incomplete)?;
            draft.complete(is_incomplete).map_err(args.written(false))?;
            stats
        }
        Output::Plain(mut output, format) => {
            let is_stdout = output.is_stdout();
            let terminal = if is_stdout { Terminal::stdout() } else { Terminal::file() };
            let session = opener.session().await?;
            let mut text = Text::new(format, &args.read, terminal, &mut output);
            text.note_told(opener.told());
            let mut sink = Warned { sink: &mut text, warnings: &mut warnings };
            let stats = read_all(session, args.wanted(), &mut sink).await?;
            text.finish().and_then(|()| output.complete()).map_err(args.written(is_stdout))?;
            stats
        }
    };
    warnings.finish();
    Ok(stats)
}

fn write_stats(stats: &Stats, mut file: Destination) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut file, stats)?;
    writeln!(file)?;
    file.complete()
}
