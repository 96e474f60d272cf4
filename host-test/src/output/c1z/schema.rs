//! The schema of a c1z: tables and indexes as baton-sdk's `pkg/dotc1z` makes them.
//!
//! The form is v1, with the columns of SDK 0.7.27, which is in the newest release of `baton`: the
//! `export c1z` of that release fails on columns that it doesn't know. Readers ask for columns by
//! name, and add missing ones when they open a file. SDK 0.25 adds five to `v1_sync_runs`, and each
//! reader makes the tables `v1_assets` and `v1_connector_sessions`, which would be empty here.
//! Indexes are those of SDK 0.25, so that no reader has to make one.

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
        supports_diff integer not null default 0
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
";

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

/// Makes the other indexes. Making them at the end is faster than keeping them with each row.
pub(super) const INDEXES: &str = "
    CREATE INDEX IF NOT EXISTS idx_resources_resource_type_id_v1 ON v1_resources (resource_type_id);
    CREATE INDEX IF NOT EXISTS idx_resources_external_sync_v1 \
        ON v1_resources (parent_resource_type_id, parent_resource_id);
    CREATE INDEX IF NOT EXISTS idx_entitlements_resource_id_v1 \
        ON v1_entitlements (resource_type_id, resource_id);
    CREATE INDEX IF NOT EXISTS idx_grants_resource_type_id_resource_id_v1 \
        ON v1_grants (resource_type_id, resource_id);
    CREATE INDEX IF NOT EXISTS idx_grants_principal_id_v1
        ON v1_grants (principal_resource_type_id, principal_resource_id);
    CREATE INDEX IF NOT EXISTS idx_grants_entitlement_id_principal_id_v1
        ON v1_grants (entitlement_id, principal_resource_type_id, principal_resource_id);
    CREATE INDEX IF NOT EXISTS idx_grants_entitlement_sync_grant_v1 \
        ON v1_grants (entitlement_id, sync_id, id);
    CREATE INDEX IF NOT EXISTS idx_grants_sync_expansion_v1 \
        ON v1_grants (sync_id) WHERE expansion IS NOT NULL;
    CREATE INDEX IF NOT EXISTS idx_grants_sync_needs_expansion_v1 \
        ON v1_grants (sync_id) WHERE needs_expansion = 1;
";
