//! Files and standard input.

use crate::encoding;
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

/// Reads a text to the end, without a mark of its encoding. Fails beyond `longest` bytes, and for
/// UTF-16.
pub(super) fn read(input: impl Read, longest: u64, too_long: &str) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    input.take(longest + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > longest {
        return Err(io::Error::new(io::ErrorKind::InvalidData, too_long));
    }
    let text = encoding::without_mark(&bytes).map_err(not_utf8)?;
    Ok(if text.len() == bytes.len() { bytes } else { text.to_vec() })
}

/// Makes the error of a file that is UTF-16.
pub(super) fn not_utf8(error: encoding::Utf16) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}
