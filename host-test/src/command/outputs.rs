//! The places of a sync's outputs. They are judged before anything is asked of Cloudflare, or written.

use super::cursor_file::CursorFile;
use super::failure::Failure;
use super::format::SyncFormat;
#[cfg(feature = "parquet")]
use crate::output::PARQUET;
use crate::output::{CSV, Claim, Destination, Form, Place, Readers, all_beside, check_apart};
use std::fs;
use std::path::Path;

/// The places of a sync's outputs.
pub(super) struct Outputs {
    /// `None` for standard output.
    pub(super) result: Option<Place>,
    pub(super) stats: Option<Place>,
    pub(super) cursor_file: Option<Place>,
}

/// The outputs that are devices or pipes.
pub(super) struct Streams {
    pub(super) result: Option<Destination>,
    pub(super) stats: Option<Destination>,
}

impl Outputs {
    /// Looks at what the paths of `--output`, `--stats` and `--cursor-file` lead to.
    pub(super) fn find(
        result: Option<&Path>,
        stats: Option<&Path>,
        cursor_file: Option<&Path>,
    ) -> Result<Outputs, Failure> {
        let find =
            |path: Option<&Path>| path.map(|path| Place::find(path).map_err(Failure::file(path))).transpose();
        let result = find(result).map_err(Failure::of_output)?.filter(|place| !place.is_stdout());
        Ok(Outputs { result, stats: find(stats)?, cursor_file: find(cursor_file)? })
    }

    /// Refuses places that an output of this format can't have, and outputs that would overwrite each
    /// other or a file that is read.
    pub(super) fn check<'p>(
        &self,
        format: SyncFormat,
        inputs: impl Iterator<Item = (&'static str, &'p Path)>,
    ) -> Result<(), Failure> {
        let form = match format {
            SyncFormat::CSV | SyncFormat::Parquet => Form::Directory,
            SyncFormat::C1z => Form::File,
            SyncFormat::Text(_) if self.cursor_file.is_some() => Form::File,
            SyncFormat::Text(_) | SyncFormat::Html => Form::Text,
        };
        let places = [
            ("--output", &self.result, form),
            ("--stats", &self.stats, Form::Text),
            ("--cursor-file", &self.cursor_file, Form::File),
        ];
        for (name, place, form) in places {
            if let Some(reason) = place.as_ref().and_then(|place| place.refusal(form)) {
                return Err(Failure::usage(format!("{name}: {reason}.")));
            }
        }
        let tables = match format {
            SyncFormat::CSV => Some(CSV),
            #[cfg(feature = "parquet")]
            SyncFormat::Parquet => Some(PARQUET),
            _ => None,
        };
        if let Some(reason) = tables.zip(self.result.as_ref()).and_then(|(of, it)| of.refusal(it.path())) {
            return Err(Failure::usage(format!("--output: {reason}.")));
        }
        let claims: Vec<Claim> = self.claims(form).into_iter().chain(inputs.filter_map(input)).collect();
        check_apart(&claims).map_err(Failure::usage)
    }

    fn claims(&self, form: Form) -> Vec<Claim> {
        let beside = |place: &Place| all_beside(place.path());
        let mut claims = Vec::new();
        if let Some(place) = self.result.clone() {
            let beside = beside(&place);
            claims.push(match form {
                Form::Directory => Claim::directory("--output", place, beside),
                _ => Claim::output("--output", place, beside),
            });
        }
        claims.extend(self.stats.clone().map(|place| {
            let beside = beside(&place);
            Claim::output("--stats", place, beside)
        }));
        claims.extend(self.cursor_file.clone().map(|place| {
            let new = CursorFile::new(place.path().to_owned()).new_path();
            Claim::output("--cursor-file", place, vec![new])
        }));
        if self.result.is_none() {
            claims.push(Claim::output("the result", Place::stdout(), Vec::new()));
        }
        claims
    }

    /// Opens the devices and pipes. A pipe without a reader waits for one, so this comes before
    /// anything is made that a signal would have to remove.
    pub(super) fn open_streams(&self) -> Result<Streams, Failure> {
        let open = |place: &Option<Place>| {
            let stream = place.as_ref().filter(|place| !place.is_replaced());
            stream.map(open).transpose()
        };
        Ok(Streams { result: open(&self.result).map_err(Failure::of_output)?, stats: open(&self.stats)? })
    }
}

/// Whether the name of an output asks for zstd.
pub(super) fn asks_for_zstd(output: &Path) -> bool {
    output.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("zst"))
}

/// Refuses a name that says of an output that it is compressed, which only JSON Lines can be.
pub(super) fn check_name(format: SyncFormat, output: &Path) -> Result<(), Failure> {
    if format == SyncFormat::JSON_LINES || !asks_for_zstd(output) {
        return Ok(());
    }
    Err(Failure::usage(
        "--output ends in .zst, and only the lines of sync --format jsonl are compressed. Give another name.",
    ))
}

/// Opens a place for a text.
pub(super) fn open(place: &Place) -> Result<Destination, Failure> {
    Destination::open(place, Readers::Owner).map_err(Failure::file(place.path()))
}

/// Claims a file that is read. What is no plain file, and what isn't there, can't be replaced.
fn input((name, path): (&'static str, &Path)) -> Option<Claim> {
    let path = if path == Path::new("-") { Path::new("/dev/stdin") } else { path };
    if !fs::metadata(path).ok()?.is_file() {
        return None;
    }
    let place = Place::find(path).ok()?;
    (!place.is_stdout()).then(|| Claim::input(name, place))
}
