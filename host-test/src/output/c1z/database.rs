//! The SQLite database within a c1z: its rows, as baton-sdk's `pkg/dotc1z` makes them.

use super::grants;
use super::ksuid;
use super::messages::{Entitlement, Resource, ResourceType};
use super::records;
use super::resource_types::ResourceTypes;
use super::schema::{DROP_EARLIER_GRANTS, DROP_EMPTY_TYPES, EACH_GRANT_ONCE, INDEXES, TABLES};
use super::seats;
use cloudflare_zero_trust::contract::{self, Page};
use cloudflare_zero_trust::output::SinkError;
use prost::Message;
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, Statement, Transaction, params};
use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::time::Duration;

/// Reads this machine's own time, without its zone, as the SDK stores it.
const NOW: &str = "SELECT strftime('%Y-%m-%d %H:%M:%f', 'now', 'localtime')";

/// The bytes of a page of SQLite's. With its default, a quarter of that, there are four times as many to
/// read and to write. More memory for its sorts makes them slower: they no longer fit into the processor's
/// cache.
const PAGE_SIZE: u32 = 16 << 10;

/// The moments at which the database must outlast a crash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Safety {
    /// After each page, so that another process can continue from there.
    EachPage,
    /// Never, because nobody continues it.
    Never,
}

/// The rows of one sync, as they come.
pub(super) struct Database {
    connection: Connection,
    sync_id: String,
    resource_types: ResourceTypes,
}

/// Converts an error of SQLite's to one of a file's.
pub(super) fn failed(error: rusqlite::Error) -> io::Error {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            io::Error::new(io::ErrorKind::WouldBlock, "another process is writing it at this moment")
        }
        Some(ErrorCode::DiskFull) => io::Error::new(io::ErrorKind::StorageFull, error),
        _ => io::Error::other(error),
    }
}

/// Opens a database, and keeps everybody else from writing it.
pub(super) fn open(path: &Path, safety: Safety) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(Duration::ZERO)?;
    connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    let (journal, synchronous) = match safety {
        Safety::EachPage => ("TRUNCATE", "FULL"),
        Safety::Never => ("MEMORY", "OFF"),
    };
    connection.pragma_update(None, "journal_mode", journal)?;
    connection.pragma_update(None, "synchronous", synchronous)?;
    connection.execute_batch("BEGIN EXCLUSIVE; COMMIT")?;
    Ok(connection)
}

impl Database {
    /// Begins a sync in an empty file.
    pub(super) fn begin(path: &Path, safety: Safety, resource_types: ResourceTypes) -> io::Result<Database> {
        let sync_id = ksuid::new()?;
        let mut connection = open(path, safety).map_err(failed)?;
        connection.pragma_update(None, "page_size", PAGE_SIZE).map_err(failed)?;
        write_begin(&mut connection, &sync_id, &resource_types).map_err(failed)?;
        Ok(Database { connection, sync_id, resource_types })
    }

    /// Continues the sync in a file that has at least this many pages. Returns `None` if it has fewer.
    pub(super) fn resume(
        path: &Path,
        pages: i64,
        resource_types: ResourceTypes,
    ) -> io::Result<Option<Database>> {
        let read = || {
            let connection = open(path, Safety::EachPage)?;
            let known: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
            let sync_id =
                connection.query_row("SELECT sync_id FROM v1_sync_runs", [], |row| row.get(0)).optional()?;
            Ok((connection, known, sync_id))
        };
        match read() {
            Ok((connection, known, Some(sync_id))) if known >= pages => {
                Ok(Some(Database { connection, sync_id, resource_types }))
            }
            Ok(_) => Ok(None),
            Err(error) if is_another_s(&error) => Ok(None),
            Err(error) => Err(failed(error)),
        }
    }

    /// Returns the number of pages in the file.
    pub(super) fn pages(&self) -> io::Result<i64> {
        self.connection.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(failed)
    }

    /// Counts the resources by their types. A row is one resource, however often it came.
    pub(super) fn resources(&self) -> io::Result<BTreeMap<String, u64>> {
        let count = || -> rusqlite::Result<BTreeMap<String, u64>> {
            let sql = "SELECT resource_type_id, count(*) FROM v1_resources GROUP BY resource_type_id";
            let mut counts = self.connection.prepare(sql)?;
            let rows = counts.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            rows.map(|row| row.map(|(kind, count): (String, i64)| (kind, count.unsigned_abs()))).collect()
        };
        count().map_err(failed)
    }

    /// Writes all records of a page or none. A record that comes again replaces the earlier one.
    pub(super) fn page(&mut self, page: &Page) -> Result<(), SinkError> {
        let pages = self.pages()? + 1;
        let transaction = self.connection.transaction().map_err(failed)?;
        write_page(&transaction, &self.sync_id, &self.resource_types, page)?;
        // Readers of c1z don't use this number.
        transaction.pragma_update(None, "user_version", pages).map_err(failed)?;
        Ok(transaction.commit().map_err(failed)?)
    }

    /// Finishes the sync. A sync that is finished already stays as it is.
    pub(super) fn finish(mut self, incomplete: bool) -> io::Result<()> {
        let finish = |connection: &mut Connection| {
            let transaction = connection.transaction()?;
            let now: String = transaction.query_row(NOW, [], |row| row.get(0))?;
            match transaction.execute_batch(EACH_GRANT_ONCE) {
                Err(error) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => {
                    transaction.execute_batch(DROP_EARLIER_GRANTS)?;
                    transaction.execute_batch(EACH_GRANT_ONCE)?;
                }
                other => other?,
            }
            seats::write(&transaction, &self.sync_id, &now, &self.resource_types)?;
            transaction.execute_batch(INDEXES)?;
            transaction.execute_batch(DROP_EMPTY_TYPES)?;
            let sync_type = if incomplete { "partial" } else { "full" };
            transaction.execute(
                "UPDATE v1_sync_runs SET ended_at = coalesce(ended_at, ?1), sync_type = ?2 \
                 WHERE sync_id = ?3",
                params![now, sync_type, self.sync_id],
            )?;
            transaction.commit()
        };
        finish(&mut self.connection).map_err(failed)?;
        self.connection.close().map_err(|(_, error)| failed(error))
    }
}

/// Whether the file is no database, or not one of ours.
pub(super) fn is_another_s(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(
            ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt | ErrorCode::Unknown | ErrorCode::CannotOpen
        )
    )
}

fn write_begin(
    connection: &mut Connection,
    sync_id: &str,
    resource_types: &ResourceTypes,
) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    transaction.execute_batch(TABLES)?;
    let now: String = transaction.query_row(NOW, [], |row| row.get(0))?;
    // Older files keep fields within their grants that newer ones have in columns. Without
    // `supports_diff`, a reader with SDK 0.7 would read all grants to move these fields, and without
    // `grants_backfilled` one with SDK 0.25 would.
    transaction.execute(
        "INSERT INTO v1_sync_runs (sync_id, started_at, sync_token, sync_type, supports_diff, \
         grants_backfilled) VALUES (?1, ?2, '', 'full', 1, 1)",
        params![sync_id, now],
    )?;
    for of in resource_types.read() {
        let data: ResourceType = records::resource_type(of);
        transaction.execute(
            "INSERT INTO v1_resource_types (external_id, data, sync_id, discovered_at) \
             VALUES (?1, ?2, ?3, ?4)",
            params![of.id, data.encode_to_vec(), sync_id, now],
        )?;
    }
    transaction.commit()
}

fn write_page(
    transaction: &Transaction<'_>,
    sync_id: &str,
    resource_types: &ResourceTypes,
    page: &Page,
) -> Result<(), SinkError> {
    let now: String = transaction.query_row(NOW, [], |row| row.get(0)).map_err(failed)?;
    let prepare = |sql| transaction.prepare(sql).map_err(failed);

    let mut insert = prepare(
        "INSERT INTO v1_resources (resource_type_id, external_id, parent_resource_type_id, \
         parent_resource_id, data, sync_id, discovered_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) \
         ON CONFLICT (external_id, sync_id) DO UPDATE SET data = excluded.data, \
         parent_resource_type_id = excluded.parent_resource_type_id, \
         parent_resource_id = excluded.parent_resource_id",
    )?;
    for from in &page.resources {
        let of = resource_types.find(&from.id.kind);
        let data: Resource = records::resource(from, of)?;
        let parent = from.parent.as_ref();
        let row = params![
            from.id.kind,
            external_id(&from.id),
            parent.map(|parent| &parent.kind),
            parent.map(|parent| &parent.id),
            data.encode_to_vec(),
            sync_id,
            now
        ];
        insert.execute(row).map_err(failed)?;
    }

    let mut find = prepare("SELECT data FROM v1_resources WHERE external_id = ?1 AND sync_id = ?2")?;
    let mut insert = prepare(
        "INSERT INTO v1_entitlements (resource_type_id, resource_id, external_id, data, sync_id, \
         discovered_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6) \
         ON CONFLICT (external_id, sync_id) DO UPDATE SET data = excluded.data",
    )?;
    for from in &page.entitlements {
        let on = find_resource(&mut find, &from.on, sync_id)?;
        let data: Entitlement = records::entitlement(from, on, resource_types)?;
        let row = params![from.on.kind, from.on.id, from.id, data.encode_to_vec(), sync_id, now];
        insert.execute(row).map_err(failed)?;
    }

    // Grants include those through groups within groups, so baton has nothing to expand.
    let mut rows = grants::Rows::of(transaction, sync_id, &now).map_err(failed)?;
    for from in &page.grants {
        let on = records::held_on(&from.entitlement)?;
        rows.begin(&from.entitlement, &on, grants::Shared::of(from, &on)?).map_err(failed)?;
        for principal in &from.principals {
            rows.add(&principal.kind, &principal.id).map_err(failed)?;
        }
    }
    Ok(())
}

fn find_resource(
    find: &mut Statement<'_>,
    id: &contract::ResourceId,
    sync_id: &str,
) -> Result<Option<Resource>, SinkError> {
    let data: Option<Vec<u8>> =
        find.query_row(params![external_id(id), sync_id], |row| row.get(0)).optional().map_err(failed)?;
    data.map(|data| Resource::decode(data.as_slice()).map_err(io::Error::other))
        .transpose()
        .map_err(Into::into)
}

fn external_id(id: &contract::ResourceId) -> String {
    format!("{}:{}", id.kind, id.id)
}
