//! The files that arguments name.

use cloudflare_zero_trust::command::input::standard_input_only;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Opens a file, or standard input for the path `-`.
pub(super) fn open(path: &Path) -> io::Result<Box<dyn Read>> {
    if path == Path::new("-") { standard_input_only(path) } else { Ok(Box::new(File::open(path)?)) }
}
