//! `sync --cursor-file`: the state from which another process continues a sync.

use super::failure::Failure;
use super::format::SyncFormat;
use super::whole::Totals;
use crate::output::Stats;
use cloudflare_zero_trust::command::shown::file_name;
use cloudflare_zero_trust::command::warnings::KnownGaps;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

/// The subject and the output of a sync. Only a sync with the same scope can continue from its
/// cursor. Nothing of it is secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Scope {
    /// The account's id in lower case.
    pub(super) account_id: String,
    /// Absent for the connector's own default.
    pub(super) base_url: Option<String>,
    /// All kinds that are read, sorted.
    pub(super) kinds: Vec<String>,
    pub(super) format: SyncFormat,
    /// Whether tables of CSV begin with a byte order mark.
    #[serde(default)]
    pub(super) bom: bool,
    /// Whether the output is compressed, because its name says so.
    #[serde(default)]
    pub(super) compressed: bool,
    /// An absolute path.
    pub(super) output: String,
}

/// The progress of a sync. It is stored once the output up to there is on disk.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct State {
    pub(super) scope: Scope,
    /// Absent when everything is read, and the output has only to take its place.
    pub(super) cursor: Option<String>,
    /// The length of each of the output's files, see
    /// [`Growing::secure`](crate::output::Growing::secure).
    pub(super) lengths: Vec<u64>,
    /// The figures of all processes that took part.
    pub(super) stats: Stats,
    /// Whether a warning said that data is missing.
    pub(super) incomplete: bool,
    /// The warnings that said so.
    pub(super) gaps: KnownGaps,
    /// The totals that were stated so far.
    #[serde(default)]
    pub(super) totals: Totals,
    /// The number of the facts with which it began, see [`Opener::facts`](super::facts::Opener::facts).
    #[serde(default)]
    pub(super) facts: u64,
}

/// The number of the file's form; another form gets another number.
const FORM: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Sealed {
    form: u32,
    state: Box<RawValue>,
    /// The digest of `state`: half a file, or a stray edit, must not pass for a place in a sync.
    sha256: String,
}

/// The file that a [`State`] is stored in.
#[derive(Clone, Debug)]
pub(super) struct CursorFile(PathBuf);

impl CursorFile {
    pub(super) fn new(path: PathBuf) -> CursorFile {
        CursorFile(path)
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// Reads the state; `None` if there is no such file.
    pub(super) fn load(&self) -> Result<Option<State>, Failure> {
        const LONGEST: u64 = 1 << 20;
        let mut text = Vec::new();
        match File::open(&self.0).and_then(|file| file.take(LONGEST + 1).read_to_end(&mut text)) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                return Err(self.unusable(&format!("can't be read: {error}"), "Give another --cursor-file."));
            }
            Ok(_) => {}
        }
        let damaged = || {
            let then = "If it is a cursor file, delete it: the sync then starts from the beginning.";
            self.unusable("is damaged, or was not written by this command", then)
        };
        if text.len() as u64 > LONGEST {
            return Err(damaged());
        }
        let sealed: Sealed = serde_json::from_slice(&text).map_err(|_| damaged())?;
        if sealed.form != FORM {
            let then = "Go on with that version, or delete the file to start from the beginning.";
            return Err(self.unusable("was written by another version of this command", then));
        }
        if sealed.sha256 != seal(sealed.state.get()) {
            return Err(damaged());
        }
        let state: State = serde_json::from_str(sealed.state.get()).map_err(|_| damaged())?;
        Ok(Some(state))
    }

    /// Refuses the state of another sync.
    pub(super) fn check(&self, state: &State, wanted: &Scope) -> Result<(), Failure> {
        let theirs = &state.scope;
        // The message repeats nothing of `wanted`: a secret may stand in the wrong argument there.
        let of = if theirs.account_id != wanted.account_id {
            format!("of account {}", theirs.account_id)
        } else if theirs.base_url != wanted.base_url {
            let url = theirs.base_url.as_deref();
            url.map_or("without --base-url".to_owned(), |url| format!("with --base-url {url}"))
        } else if theirs.kinds != wanted.kinds {
            format!("with --kinds {}", theirs.kinds.join(","))
        } else if theirs.format != wanted.format {
            format!("with --format {}", theirs.format)
        } else if theirs.bom != wanted.bom {
            format!("{} --bom", if theirs.bom { "with" } else { "without" })
        } else if theirs.compressed != wanted.compressed {
            format!(
                "with an --output that {} in .zst",
                if theirs.compressed { "ends" } else { "doesn't end" }
            )
        } else if theirs.output != wanted.output {
            format!("with --output {}", theirs.output)
        } else {
            return Ok(());
        };
        let then = "Use the same settings to continue that sync, use another --cursor-file to run both, or \
                    delete the file.";
        Err(self.unusable(&format!("belongs to another sync: one {of}"), then))
    }

    /// The failure for an output that is missing, or shorter than this file says.
    pub(super) fn output_is_gone(&self, draft: &Path) -> Failure {
        let reason = format!("says more than is there: {} is missing or too short", file_name(draft));
        self.unusable(&reason, "Delete the cursor file to start from the beginning.")
    }

    fn unusable(&self, reason: &str, then: &str) -> Failure {
        Failure::usage(format!("The cursor file {} {reason}. {then}", file_name(&self.0)))
    }

    /// Checks that the file can be written, before anything is read.
    pub(super) fn check_place(&self) -> Result<(), Failure> {
        let new = self.new_path();
        let written = write_new(&new, b"").and_then(|()| fs::remove_file(&new));
        written.map_err(Failure::cursor_file(&self.0))
    }

    /// Replaces the last state with this one, all at once.
    pub(super) fn store(&self, state: &State) -> Result<(), Failure> {
        self.replace(state).map_err(Failure::cursor_file(&self.0))
    }

    fn replace(&self, state: &State) -> io::Result<()> {
        let state = serde_json::value::to_raw_value(state)?;
        let sha256 = seal(state.get());
        let text = serde_json::to_vec(&Sealed { form: FORM, state, sha256 })?;
        let new = self.new_path();
        write_new(&new, &text)?;
        fs::rename(&new, &self.0).inspect_err(|_| {
            let _ = fs::remove_file(&new);
        })
    }

    /// Removes the file, when the sync is complete or starts again.
    pub(super) fn remove(&self) -> Result<(), Failure> {
        match fs::remove_file(&self.0) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(Failure::cursor_file(&self.0)(error)),
            _ => Ok(()),
        }
    }

    /// Returns the path of the next state until it is whole.
    pub(super) fn new_path(&self) -> PathBuf {
        let mut name: OsString = self.0.clone().into();
        name.push(".new");
        name.into()
    }
}

fn seal(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Writes a file for its owner only, or leaves none. Replaces what a process that was killed left there.
fn write_new(path: &Path, text: &[u8]) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text).and_then(|()| file.sync_all()).inspect_err(|_| {
        let _ = fs::remove_file(path);
    })
}

#[cfg(test)]
mod tests {
    use super::super::failure::Exit;
    use super::*;
    use cloudflare_zero_trust::command::args::Format;

    fn state() -> State {
        let scope = Scope {
            account_id: "a".repeat(32),
            base_url: None,
            kinds: vec!["group".to_owned(), "user".to_owned()],
            format: SyncFormat::Text(Format::Jsonl),
            bom: false,
            compressed: false,
            output: "/out.jsonl".to_owned(),
        };
        let cursor = Some("cursor".to_owned());
        State {
            scope,
            cursor,
            lengths: vec![7],
            stats: Stats { requests: 3, ..Stats::default() },
            incomplete: true,
            gaps: KnownGaps::default(),
            totals: Totals::from([("users".to_owned(), 3)]),
            facts: 7,
        }
    }

    fn place() -> (tempfile::TempDir, CursorFile) {
        let directory = tempfile::tempdir().unwrap();
        let file = CursorFile::new(directory.path().join("cursor"));
        (directory, file)
    }

    fn usage(failure: &Failure) -> String {
        assert!(failure.exit() == Exit::Usage, "{failure:?}");
        failure.to_string()
    }

    #[test]
    fn what_is_stored_is_there() {
        let (directory, file) = place();
        assert!(file.load().unwrap().is_none());
        file.check_place().unwrap();
        fs::write(directory.path().join("cursor.new"), "left over").unwrap();
        for lengths in [vec![1], vec![2, 3]] {
            file.store(&State { lengths: lengths.clone(), ..state() }).unwrap();
            let loaded = file.load().unwrap().unwrap();
            assert_eq!((loaded.lengths, loaded.scope, loaded.incomplete), (lengths, state().scope, true));
            assert_eq!((loaded.cursor.as_deref(), loaded.stats.requests), (Some("cursor"), 3));
        }
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
        file.remove().unwrap();
        file.remove().unwrap();
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_is_damaged_is_refused_and_left_alone() {
        let (_directory, file) = place();
        file.store(&state()).unwrap();
        let whole = fs::read_to_string(file.path()).unwrap();
        let longer = format!("{whole}x");
        let other_length = whole.replace("[7]", "[8]");
        for text in ["", "{}", &whole[..whole.len() / 2], &longer, &other_length, "{\"type\":\"grant\"}\n"] {
            fs::write(file.path(), text).unwrap();
            let told = usage(&file.load().unwrap_err());
            assert!(told.contains("damaged") && told.contains("delete it"), "{told}");
            assert_eq!(fs::read_to_string(file.path()).unwrap(), text);
        }
        fs::write(file.path(), whole.replace("\"form\":1", "\"form\":2")).unwrap();
        assert!(usage(&file.load().unwrap_err()).contains("another version"));
        fs::write(file.path(), vec![0xff; 2 << 20]).unwrap();
        assert!(usage(&file.load().unwrap_err()).contains("damaged"));
    }

    #[test]
    fn another_sync_is_refused_by_what_differs() {
        let (_directory, file) = place();
        let ours = state().scope;
        assert!(file.check(&state(), &ours).is_ok());
        for (wanted, told) in [
            (Scope { account_id: "b".repeat(32), ..ours.clone() }, "of account aaaa"),
            (Scope { base_url: Some("http://127.0.0.1:1".to_owned()), ..ours.clone() }, "without --base-url"),
            (Scope { kinds: vec!["group".to_owned()], ..ours.clone() }, "with --kinds group,user"),
            (Scope { format: SyncFormat::CSV, ..ours.clone() }, "with --format jsonl"),
            (Scope { bom: true, ..ours.clone() }, "without --bom"),
            (Scope { compressed: true, ..ours.clone() }, "with an --output that doesn't end in .zst"),
            (Scope { output: "/other.jsonl".to_owned(), ..ours.clone() }, "with --output /out.jsonl"),
        ] {
            let text = usage(&file.check(&state(), &wanted).unwrap_err());
            assert!(text.contains(told), "{text}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_can_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let (_directory, file) = place();
        file.store(&state()).unwrap();
        assert_eq!(fs::metadata(file.path()).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_place_that_is_not_there_is_an_error() {
        let file = CursorFile::new("/nowhere/at/all/cursor".into());
        assert!(file.load().unwrap().is_none());
        assert!(matches!(file.check_place(), Err(Failure::Option { option: "--cursor-file", .. })));
    }
}
