//! The files that arguments name.

use cloudflare_zero_trust::command::input::standard_input_only;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

/// The first bytes of a zstd frame.
const ZSTD: [u8; 4] = 0xfd2f_b528_u32.to_le_bytes();

/// Opens a file, or standard input for the path `-`. What zstd compressed is read as it was before.
pub(super) fn open(path: &Path) -> io::Result<Box<dyn Read>> {
    let file = if path == Path::new("-") { standard_input_only(path)? } else { Box::new(File::open(path)?) };
    let mut file = BufReader::new(file);
    // A pipe may give less at first. Whoever makes one can unpack too.
    if file.fill_buf()?.starts_with(&ZSTD) { unpacked(file) } else { Ok(Box::new(file)) }
}

#[cfg(feature = "zstd")]
fn unpacked(file: impl BufRead + 'static) -> io::Result<Box<dyn Read>> {
    Ok(Box::new(zstd::Decoder::with_buffer(file)?))
}

#[cfg(not(feature = "zstd"))]
fn unpacked(_file: impl BufRead + 'static) -> io::Result<Box<dyn Read>> {
    let reason = "it is compressed, and this host-test was built without its feature zstd; unpack it with \
                  `zstd -d`";
    Err(io::Error::new(io::ErrorKind::Unsupported, reason))
}
