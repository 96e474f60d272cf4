//! One table: a file of row groups, each of which is in memory until it is full.

use super::column::{Column, LEVEL};
use super::schema::Schema;
use bytes::Bytes;
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, Write};
use std::sync::Arc;
use zstd::bulk::Compressor;

/// The most rows of a row group.
pub(super) const MOST_ROWS: u32 = 1 << 19;
/// The most rows that are added before anybody looks at the memory that they take.
const MOST_AT_ONCE: u32 = 1 << 14;
/// The bytes of memory from which a row group is full, though it has fewer rows.
const MOST_BYTES: usize = 48 << 20;

/// A table that grows.
pub(super) struct Table {
    writer: SerializedFileWriter<Digested>,
    columns: Vec<Column>,
    compressor: Compressor<'static>,
    /// The rows that are in memory.
    rows: u32,
    written: u64,
}

/// The facts of a complete file.
#[derive(Debug, Serialize)]
pub(super) struct Written {
    pub(super) file: &'static str,
    pub(super) rows: u64,
    pub(super) bytes: u64,
    pub(super) sha256: String,
}

impl Table {
    pub(super) fn begin(file: File, schema: &Schema) -> io::Result<Table> {
        let properties = WriterProperties::builder().set_created_by(created_by());
        let properties = Arc::new(properties.build());
        let file = Digested { file, digest: Sha256::new(), bytes: 0 };
        let writer =
            SerializedFileWriter::new(file, schema.parse().map_err(failed)?, properties).map_err(failed)?;
        let leaves = writer.schema_descr().columns();
        let columns =
            leaves.iter().zip(schema.forms).map(|(of, &form)| Column::new(of.clone(), form)).collect();
        Ok(Table { writer, columns, compressor: Compressor::new(LEVEL)?, rows: 0, written: 0 })
    }

    /// Returns the columns, to add the same number of rows to each.
    pub(super) fn columns<const N: usize>(&mut self) -> io::Result<&mut [Column; N]> {
        self.columns.as_mut_slice().try_into().map_err(|_| io::Error::other("a table of other columns"))
    }

    /// Returns how many rows may be added before [`Table::added`] is called: one at least.
    pub(super) fn room(&self) -> u32 {
        (MOST_ROWS - self.rows).min(MOST_AT_ONCE)
    }

    /// Notes that rows were added, and writes the row group if it is full.
    pub(super) fn added(&mut self, rows: u32) -> io::Result<()> {
        self.rows += rows;
        let size = || self.columns.iter().map(Column::size).sum::<usize>();
        if self.rows >= MOST_ROWS || size() >= MOST_BYTES { self.write() } else { Ok(()) }
    }

    fn write(&mut self) -> io::Result<()> {
        let Self { writer, columns, compressor, rows, written } = self;
        let mut group = writer.next_row_group().map_err(failed)?;
        for column in columns {
            let (chunk, close) = column.take(u64::from(*rows), compressor).map_err(failed)?;
            group.append_column(&Bytes::from(chunk), close).map_err(failed)?;
        }
        group.close().map_err(failed)?;
        *written += u64::from(*rows);
        *rows = 0;
        Ok(())
    }

    /// Writes the rest, and makes sure that the file outlasts a crash.
    pub(super) fn finish(mut self, name: &'static str) -> io::Result<(File, Written)> {
        if self.rows > 0 {
            self.write()?;
        }
        let Digested { file, digest, bytes } = self.writer.into_inner().map_err(failed)?;
        file.sync_all()?;
        let sha256 = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        Ok((file, Written { file: name, rows: self.written, bytes, sha256 }))
    }
}

/// A file, and the digest of what was written to it.
struct Digested {
    file: File,
    digest: Sha256,
    bytes: u64,
}

impl Write for Digested {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.file.write(bytes)?;
        self.digest.update(&bytes[..count]);
        self.bytes += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

fn created_by() -> String {
    format!("{} version {}", env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"))
}

/// Converts an error of the crate's to one of a file's, whose kind it keeps.
fn failed(error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(inner) => match inner.downcast::<io::Error>() {
            Ok(error) => *error,
            Err(inner) => io::Error::other(inner),
        },
        error => io::Error::other(error),
    }
}
