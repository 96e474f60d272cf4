//! Files and standard input.

use std::io::{self, Read};
use std::path::Path;

/// Opens the path of an argument; `-` is standard input. Each program decides whether it opens
/// files.
pub type Open = fn(&Path) -> io::Result<Box<dyn Read>>;

/// Opens standard input, for a program without files.
///
/// # Errors
/// Fails for any other path than `-`.
pub fn standard_input_only(path: &Path) -> io::Result<Box<dyn Read>> {
    if path == Path::new("-") {
        return Ok(Box::new(io::stdin()));
    }
    Err(io::Error::new(
        io::ErrorKind::Unsupported,
        "this program opens no files: give - and the content on standard input",
    ))
}

/// Reads to the end, and fails beyond `longest` bytes.
pub(super) fn read(input: impl Read, longest: u64, too_long: &str) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    input.take(longest + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > longest {
        return Err(io::Error::new(io::ErrorKind::InvalidData, too_long));
    }
    Ok(bytes)
}
