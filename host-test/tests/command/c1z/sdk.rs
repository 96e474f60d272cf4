//! The work of baton's own code with a file, as statements: a file must give it nothing to add but four
//! indexes, and nothing to stumble over.

use rusqlite::Connection;
use std::collections::{BTreeMap, BTreeSet};

/// The statements with which SDK 0.25 opens each file. Source: baton-sdk, `pkg/dotc1z`, `Schema()` and
/// `Migrations()` of each table.
const OPENING: &str = "
    create table if not exists v1_resource_types (id integer primary key);
    create unique index if not exists idx_resource_types_external_sync_v1
        on v1_resource_types (external_id, sync_id);
    create table if not exists v1_resources (id integer primary key);
    create index if not exists idx_resources_resource_type_id_v1 on v1_resources (resource_type_id);
    create index if not exists idx_resources_external_sync_v1
        on v1_resources (parent_resource_type_id, parent_resource_id);
    create unique index if not exists idx_resources_parent_resource_id_v1
        on v1_resources (external_id, sync_id);
    create table if not exists v1_entitlements (id integer primary key);
    create index if not exists idx_entitlements_resource_id_v1
        on v1_entitlements (resource_type_id, resource_id);
    create unique index if not exists idx_entitlements_external_sync_v1
        on v1_entitlements (external_id, sync_id);
    create table if not exists v1_sync_runs (id integer primary key);
    create unique index if not exists idx_sync_runs_sync_id_v1 on v1_sync_runs (sync_id);
    create table if not exists v1_grants (id integer primary key);
    create index if not exists idx_grants_resource_type_id_resource_id_v1
        on v1_grants (resource_type_id, resource_id);
    create index if not exists idx_grants_principal_id_v1
        on v1_grants (principal_resource_type_id, principal_resource_id);
    create index if not exists idx_grants_entitlement_id_principal_id_v1
        on v1_grants (entitlement_id, principal_resource_type_id, principal_resource_id);
    create unique index if not exists idx_grants_external_sync_v1 on v1_grants (external_id, sync_id);
    create index if not exists idx_grants_entitlement_sync_grant_v1
        on v1_grants (entitlement_id, sync_id, id);
    create index if not exists idx_grants_sync_expansion_v1
        on v1_grants (sync_id) where expansion is not null;
    create index if not exists idx_grants_sync_needs_expansion_v1
        on v1_grants (sync_id) where needs_expansion = 1;
    create table if not exists v1_assets (id integer primary key);
    create unique index if not exists idx_assets_external_sync_v1 on v1_assets (external_id, sync_id);
    create table if not exists v1_connector_sessions (id integer primary key);
    create unique index if not exists idx_session_store_sync_key_v1 on v1_connector_sessions (sync_id, key);
";

/// The columns that SDK 0.25 adds where they are missing.
const ADDED: [(&str, &str); 10] = [
    ("v1_sync_runs", "sync_type"),
    ("v1_sync_runs", "parent_sync_id"),
    ("v1_sync_runs", "linked_sync_id"),
    ("v1_sync_runs", "supports_diff"),
    ("v1_sync_runs", "grants_backfilled"),
    ("v1_sync_runs", "stats"),
    ("v1_sync_runs", "ingest_invariant_generation"),
    ("v1_sync_runs", "ingest_invariant_coverage"),
    ("v1_sync_runs", "ingest_invariant_mode"),
    ("v1_grants", "expansion"),
];

/// The indexes that a file leaves to its reader: those on grants that aren't unique.
const LEFT: [&str; 4] = [
    "idx_grants_entitlement_id_principal_id_v1",
    "idx_grants_entitlement_sync_grant_v1",
    "idx_grants_principal_id_v1",
    "idx_grants_resource_type_id_resource_id_v1",
];

/// Asserts that SDK 0.25 adds the indexes that are left to it and nothing else when it opens the file, and
/// reads no grant to move its fields. What is asserted of the file behind this is so of an opened one.
pub fn assert_only_indexes_are_left_to_add(connection: &Connection) {
    let schema = || -> BTreeSet<(String, String, Option<String>)> {
        let mut all = connection.prepare("SELECT type, name, sql FROM sqlite_schema").unwrap();
        let rows = all.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
        rows.unwrap().collect::<Result<_, _>>().unwrap()
    };
    let before = schema();
    connection.execute_batch(OPENING).unwrap();
    let after = schema();
    assert!(before.is_subset(&after), "something was replaced");
    let added: Vec<&str> = after.difference(&before).map(|(_, name, _)| name.as_str()).collect();
    assert_eq!(added, LEFT);
    let sound: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(sound, "ok");
    for (table, column) in ADDED {
        let error =
            connection.execute(&format!("alter table {table} add column {column} text"), []).unwrap_err();
        assert!(error.to_string().contains("duplicate column name"), "{column}: {error}");
    }
    let pending = "SELECT count(*) FROM v1_sync_runs WHERE grants_backfilled = 0 OR supports_diff = 0";
    assert_eq!(connection.query_row(pending, [], |row| row.get(0)), Ok(0_u32), "all grants would be read");
}

/// Returns the number of people that `baton export csv` writes, which goes through the types of
/// people in any order and ends at the first one that has no resource. Source: baton, `buildCSV` in
/// `cmd/baton/csv.go`.
pub fn people_exported(connection: &Connection, types_of_people: &[&str]) -> u32 {
    let count = |sql: &str, of: &str| connection.query_row(sql, [of], |row| row.get::<_, u32>(0)).unwrap();
    let resources = "SELECT count(*) FROM v1_resources WHERE resource_type_id = ?1";
    let counts: BTreeMap<&str, u32> = types_of_people
        .iter()
        .filter(|of| count("SELECT count(*) FROM v1_resource_types WHERE external_id = ?1", of) == 1)
        .map(|of| (*of, count(resources, of)))
        .collect();
    // In the worst order, an empty type comes first.
    if counts.values().any(|count| *count == 0) { 0 } else { counts.values().sum() }
}
