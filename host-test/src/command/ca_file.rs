//! `--ca-file`: certificate authorities in a file.

use super::failure::Failure;
use cloudflare_zero_trust::command::shown::file_name;
use connector_host::{Authorities, AuthoritiesError};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

pub(super) const FLAG: &str = "--ca-file";

/// The reason why a file names no authorities.
#[derive(Debug, thiserror::Error)]
enum Fault {
    #[error("it can't be read: {0}")]
    Unreadable(#[from] io::Error),
    #[error("it is longer than 16 MiB, and can't be a list of certificates")]
    TooLong,
    #[error(transparent)]
    Content(#[from] AuthoritiesError),
}

/// Reads the authorities in a file.
pub(super) fn read(path: &Path) -> Result<Authorities, Failure> {
    let read = bytes(path).and_then(|bytes| Ok(Authorities::from_pem(&bytes)?));
    read.map_err(|fault| Failure::usage(format!("{FLAG}: {}: {fault}.", file_name(path))))
}

fn bytes(path: &Path) -> Result<Vec<u8>, Fault> {
    // The list of all authorities that a browser trusts has a few hundred kilobytes.
    const LONGEST: u64 = 16 << 20;
    let mut bytes = Vec::new();
    File::open(path)?.take(LONGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LONGEST { Err(Fault::TooLong) } else { Ok(bytes) }
}
