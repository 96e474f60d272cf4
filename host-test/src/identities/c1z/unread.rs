//! The reasons why a c1z tells nothing.

use std::io;

/// A c1z can't be read, or isn't one.
#[derive(Debug, thiserror::Error)]
pub enum Unread {
    /// The file can't be opened or read.
    #[error("it can't be read: {0}")]
    File(io::Error),
    /// It doesn't begin as a c1z.
    #[error("it isn't a c1z: a file of a baton connector begins in another way")]
    NotC1z,
    /// It is of the form that holds a Pebble database.
    #[error(
        "it is a c1z of baton's newer form, with a Pebble database, which isn't read here. Run the \
         connector again with --storage-engine sqlite and another --file, and give that file"
    )]
    Pebble,
    /// Its content can't be unpacked.
    #[error("its content is damaged or cut off: {0}")]
    Packed(io::Error),
    /// Its content is larger than such a file may be.
    #[error("its content is larger than {0} MiB")]
    TooLarge(u64),
    /// The content can't be put beside.
    #[error("it can't be unpacked into a temporary file: {0}")]
    Temporary(io::Error),
    /// The content isn't SQLite.
    #[error("its content isn't an SQLite database")]
    NotSqlite,
    /// The database isn't one that baton writes.
    #[error("its database isn't one that baton writes: {0}")]
    Schema(String),
    /// SQLite finds the database broken.
    #[error("its database is damaged: {0}")]
    Database(#[from] rusqlite::Error),
    /// A row isn't the message that it should be.
    #[error("a row of its table {table} isn't a message of baton's: {cause}")]
    Message {
        /// The table's name.
        table: &'static str,
        /// The decoder's reason.
        cause: prost::DecodeError,
    },
    /// No full sync of it came to its end.
    #[error(
        "it has no full sync that came to its end. Run the connector again until it ends without an error: \
         part of a group would look like the whole"
    )]
    Unfinished,
    /// It has more memberships than are kept.
    #[error("its groups have more than {0} memberships")]
    TooMany(usize),
}
