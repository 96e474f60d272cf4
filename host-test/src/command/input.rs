//! What a command reads beside its arguments.

use cloudflare_zero_trust::command::input::standard_input_only;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// A file, or standard input where the path is `-`.
pub(super) fn open(path: &Path) -> io::Result<Box<dyn Read>> {
    if path == Path::new("-") { standard_input_only(path) } else { Ok(Box::new(File::open(path)?)) }
}
