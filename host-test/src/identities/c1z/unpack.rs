//! Unpacks the database of a c1z into a private file.

use super::unread::Unread;
use crate::output::c1z::{MAGIC, SQLITE};
use rusqlite::{Connection, OpenFlags};
use std::fs::File;
use std::io::{BufReader, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::Path;
use tempfile::TempDir;

/// The first bytes of a c1z of form v3. Source: baton-sdk, `pkg/dotc1z/format.go`.
const PEBBLE: &[u8; 5] = b"C1Z3\0";
/// The memory that a reader may need for the compression, as a power of two: 128 MiB, as baton has
/// it (baton-sdk, `pkg/dotc1z/decoder.go`).
const WINDOW: u32 = 27;
/// The place of two bytes that tell how a database is journalled, and what they are where its
/// content is all in its file. Source: <https://www.sqlite.org/fileformat.html>, section 1.3.3.
const JOURNALLING: (u64, [u8; 2]) = (18, [1, 1]);

/// The database of a c1z, open for reading.
pub(super) struct Unpacked {
    pub(super) connection: Connection,
    /// Removed after the connection is closed. On Unix nothing is in it any more.
    _directory: TempDir,
}

/// Opens the database of a c1z, if it has at most `most` bytes. It is unpacked below a folder for
/// temporary files.
pub(super) fn open(path: &Path, temporary: &Path, most: u64) -> Result<Unpacked, Unread> {
    let mut packed = File::open(path).map_err(Unread::File)?;
    let mut magic = [0; MAGIC.len()];
    match packed.read_exact(&mut magic) {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Err(Unread::NotC1z),
        Err(error) => return Err(Unread::File(error)),
        Ok(()) if magic == *PEBBLE => return Err(Unread::Pebble),
        Ok(()) if magic != *MAGIC => return Err(Unread::NotC1z),
        Ok(()) => {}
    }
    let mut private = tempfile::Builder::new();
    #[cfg(unix)]
    private.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    let directory = private.tempdir_in(temporary).map_err(Unread::Temporary)?;
    let database = directory.path().join("c1z.db");
    unpack(packed, &database, most)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(&database, flags)?;
    // Where an open file can be removed, a process that is killed leaves nothing either.
    #[cfg(unix)]
    std::fs::remove_file(&database).map_err(Unread::Temporary)?;
    // A stranger chose the schema: it may call no function that does something, and no page is
    // trusted.
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    Ok(Unpacked { connection, _directory: directory })
}

fn unpack(packed: File, database: &Path, most: u64) -> Result<(), Unread> {
    let unpacked = File::options().read(true).write(true).create_new(true).open(database);
    let mut unpacked = unpacked.map_err(Unread::Temporary)?;
    let mut zstd = zstd::Decoder::new(BufReader::new(packed)).map_err(Unread::Packed)?;
    zstd.window_log_max(WINDOW).map_err(Unread::Packed)?;
    let (mut buffer, mut length) = (vec![0; 1 << 16], 0);
    loop {
        let read = match zstd.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(Unread::Packed(error)),
        };
        length += read as u64;
        if length > most {
            return Err(Unread::TooLarge(most >> 20));
        }
        unpacked.write_all(&buffer[..read]).map_err(Unread::Temporary)?;
    }
    let mut first = [0; SQLITE.len()];
    unpacked.rewind().map_err(Unread::Temporary)?;
    if unpacked.read_exact(&mut first).is_err() || first != *SQLITE {
        return Err(Unread::NotSqlite);
    }
    // SQLite would look for a log beside it.
    let (place, all_in_its_file) = JOURNALLING;
    let written = unpacked.seek(SeekFrom::Start(place)).and_then(|_| unpacked.write_all(&all_in_its_file));
    written.map_err(Unread::Temporary)
}
