//! The schema of a c1z: tables and indexes as baton-sdk's `pkg/dotc1z` makes them.
//!
//! The form is v1, with all tables, columns and unique indexes of SDK 0.25: a reader that misses one adds
//! it when it opens a file, and for a column of `v1_sync_runs` that means to read every grant. The four
//! indexes on grants that aren't unique are left to the reader: they guard nothing, and with them a large
//! file has half as many bytes again, and takes longer to write. Older readers ask for the columns that
//! they know, by name. One command can't: `export c1z` of `baton`
//! 0.7.27 copies all columns into tables of its own, and fails on those that it doesn't know. It
//! fails in the same way on each file that a connector with a newer SDK writes. Sources: baton-sdk
//! 0.25, `pkg/dotc1z/sync_runs.go` and `grants.go`; baton, `vendor/…/dotc1z/clone_sync.go`.

/// The tables. Unique indexes keep out a second resource or entitlement with the same id. Grants
/// have no such index yet: the ids of a million grants come in no order, so each page would rewrite
/// the whole of it.
pub(super) const TABLES: &str = "
    CREATE TABLE v1_resource_types (
        id integer primary key,
        external_id text not null,
        data blob not null,
        sync_id text not null,
        discovered_at datetime not null
    );
    CREATE UNIQUE INDEX idx_resource_types_external_sync_v1 ON v1_resource_types (external_id, sync_id);

    CREATE TABLE v1_resources (
        id integer primary key,
        resource_type_id text not null,
        external_id text not null,
        parent_resource_type_id text,
        parent_resource_id text,
        data blob not null,
        sync_id text not null,
        discovered_at datetime not null
    );
    -- Every file that baton writes has this name and that of the index on parents the wrong way round.
    CREATE UNIQUE INDEX idx_resources_parent_resource_id_v1 ON v1_resources (external_id, sync_id);

    CREATE TABLE v1_entitlements (
        id integer primary key,
        resource_type_id text not null,
        resource_id text not null,
        external_id text not null,
        data blob not null,
        sync_id text not null,
        discovered_at datetime not null
    );
    CREATE UNIQUE INDEX idx_entitlements_external_sync_v1 ON v1_entitlements (external_id, sync_id);

    CREATE TABLE v1_sync_runs (
        id integer primary key,
        sync_id text not null,
        started_at datetime not null,
        ended_at datetime,
        sync_token text not null,
        sync_type text not null default 'full',
        parent_sync_id text not null default '',
        linked_sync_id text not null default '',
        supports_diff integer not null default 0,
        grants_backfilled integer not null default 0,
        stats text,
        ingest_invariant_generation text not null default '',
        ingest_invariant_coverage text not null default '',
        ingest_invariant_mode text not null default ''
    );
    CREATE UNIQUE INDEX idx_sync_runs_sync_id_v1 ON v1_sync_runs (sync_id);

    CREATE TABLE v1_grants (
        id integer primary key,
        resource_type_id text not null,
        resource_id text not null,
        entitlement_id text not null,
        principal_resource_type_id text not null,
        principal_resource_id text not null,
        external_id text not null,
        expansion blob,
        needs_expansion integer not null default 0,
        data blob not null,
        sync_id text not null,
        discovered_at datetime not null
    );
    -- No grant is in these two. To make them at the end, SQLite would read all grants twice.
    CREATE INDEX idx_grants_sync_expansion_v1 ON v1_grants (sync_id) WHERE expansion IS NOT NULL;
    CREATE INDEX idx_grants_sync_needs_expansion_v1 ON v1_grants (sync_id) WHERE needs_expansion = 1;

    -- These two stay empty.
    CREATE TABLE v1_assets (
        id integer primary key,
        external_id text not null,
        content_type text not null,
        data blob not null,
        sync_id text not null,
        discovered_at datetime not null
    );
    CREATE UNIQUE INDEX idx_assets_external_sync_v1 ON v1_assets (external_id, sync_id);

    CREATE TABLE v1_connector_sessions (
        id integer primary key,
        sync_id text not null,
        key text not null,
        value blob not null
    );
    CREATE UNIQUE INDEX idx_session_store_sync_key_v1 ON v1_connector_sessions (sync_id, key);
";

/// Adds a grant.
pub(super) const INSERT_GRANT: &str = "INSERT INTO v1_grants (resource_type_id, resource_id, \
     entitlement_id, principal_resource_type_id, principal_resource_id, external_id, data, sync_id, \
     discovered_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";

/// Makes the unique index on grants. Fails if a grant is there twice.
pub(super) const EACH_GRANT_ONCE: &str =
    "CREATE UNIQUE INDEX IF NOT EXISTS idx_grants_external_sync_v1 ON v1_grants (external_id, sync_id)";

/// Removes all but the last of the grants with the same id.
pub(super) const DROP_EARLIER_GRANTS: &str = "
    CREATE INDEX again ON v1_grants (external_id, id);
    DELETE FROM v1_grants AS earlier WHERE EXISTS
        (SELECT 1 FROM v1_grants AS later
            WHERE later.external_id = earlier.external_id AND later.id > earlier.id);
    DROP INDEX again;
";

/// Removes the resource types that have no resource. The `export csv` of `baton` 0.7.27 stops without
/// an error at the first type of people that has none, and goes through the types in no order.
/// Source: baton, `cmd/baton/csv.go`.
pub(super) const DROP_EMPTY_TYPES: &str = "
    DELETE FROM v1_resource_types
        WHERE external_id NOT IN (SELECT resource_type_id FROM v1_resources)
";

/// Makes the other indexes, of which none is on grants. Making them at the end is faster than keeping them
/// with each row.
pub(super) const INDEXES: &str = "
    CREATE INDEX IF NOT EXISTS idx_resources_resource_type_id_v1 ON v1_resources (resource_type_id);
    CREATE INDEX IF NOT EXISTS idx_resources_external_sync_v1 \
        ON v1_resources (parent_resource_type_id, parent_resource_id);
    CREATE INDEX IF NOT EXISTS idx_entitlements_resource_id_v1 \
        ON v1_entitlements (resource_type_id, resource_id);
";
