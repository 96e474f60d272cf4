//! Files that are none, and files that somebody spoiled.

use super::{Spoiled, change_resources, content, groups, problem, read, sample};
use crate::output::c1z::{MAGIC, messages};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::fs;

#[test]
fn a_file_of_another_kind_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let told = |bytes: &[u8]| {
        let path = directory.path().join("x.c1z");
        fs::write(&path, bytes).unwrap();
        problem(&path)
    };
    for bytes in [
        &b""[..],
        b"C1Z",
        b"C1ZF",
        b"provider,group,address\n",
        b"SQLite format 3\0",
        &[0x28, 0xb5, 0x2f, 0xfd],
    ] {
        assert!(told(bytes).starts_with("it isn't a c1z"), "{bytes:?}");
    }
    let pebble = told(b"C1Z3\0\x10\0\0\0");
    assert!(pebble.contains("a Pebble database") && pebble.contains("--storage-engine sqlite"), "{pebble}");
    assert!(told(b"C1ZF\0").starts_with("its content is damaged or cut off"));
    assert!(told(b"C1ZF\0provider,group").starts_with("its content is damaged or cut off"));
    let packed = |bytes: &[u8]| [&MAGIC[..], &zstd::encode_all(bytes, 3).unwrap()].concat();
    for content in [&b""[..], b"SQLite", b"SQLite format 3", &[0; 4096]] {
        assert_eq!(told(&packed(content)), "its content isn't an SQLite database");
    }
    let header_alone = told(&packed(b"SQLite format 3\0"));
    assert!(header_alone.starts_with("its database is damaged: "), "{header_alone}");
    assert!(problem(directory.path()).starts_with("it can't be read: "));
    assert!(problem(&directory.path().join("nowhere.c1z")).starts_with("it can't be read: "));
    let unfinished = problem(&sample("unfinished.c1z"));
    assert!(
        unfinished.starts_with("it has no full sync that came to its end. Run the connector again"),
        "{unfinished}"
    );
}

#[test]
fn content_that_is_too_large_is_not_unpacked() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("bomb.c1z");
    let content = [b"SQLite format 3\0".to_vec(), vec![0; 64 << 20]].concat();
    fs::write(&path, [&MAGIC[..], &zstd::encode_all(content.as_slice(), 3).unwrap()].concat()).unwrap();
    assert!(fs::metadata(&path).unwrap().len() < 10_000);
    assert_eq!(problem(&path), "its content is larger than 8 MiB");
    // It would need too much memory to unpack.
    let mut encoder = zstd::Encoder::new(MAGIC.to_vec(), 3).unwrap();
    encoder.window_log(28).unwrap();
    std::io::copy(&mut std::io::Read::take(std::io::repeat(b'x'), 1 << 20), &mut encoder).unwrap();
    fs::write(&path, encoder.finish().unwrap()).unwrap();
    assert!(problem(&path).starts_with("its content is damaged or cut off"), "{}", problem(&path));
}

#[test]
fn a_file_that_is_cut_off_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let (whole, path) = (fs::read(sample("okta.c1z")).unwrap(), directory.path().join("cut.c1z"));
    for length in (MAGIC.len() + 1..whole.len()).step_by(97) {
        fs::write(&path, &whole[..length]).unwrap();
        assert!(
            problem(&path).starts_with("its content is damaged or cut off"),
            "{length}: {}",
            problem(&path)
        );
    }
    fs::write(&path, [&whole[..], b"more"].concat()).unwrap();
    assert!(problem(&path).starts_with("its content is damaged or cut off"));
}

#[test]
fn a_database_of_another_kind_is_told() {
    for (sql, told) in [
        ("DROP TABLE v1_grants", "the table v1_grants is missing"),
        ("DROP TABLE v1_sync_runs", "the table v1_sync_runs is missing"),
        ("ALTER TABLE v1_resource_types RENAME TO x", "the table v1_resource_types is missing"),
        ("ALTER TABLE v1_resources RENAME COLUMN data TO x", "the table v1_resources has no column data"),
        ("ALTER TABLE v1_sync_runs RENAME COLUMN ended_at TO x", "v1_sync_runs has no column ended_at"),
        // A view and a computed column run what a stranger wrote, without an end.
        (
            "DROP TABLE v1_grants;
             CREATE VIEW v1_grants AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
                SELECT i AS id, 'group' AS resource_type_id, '' AS resource_id, '' AS entitlement_id,
                '' AS principal_resource_type_id, '' AS principal_resource_id, '' AS sync_id FROM n",
            "the table v1_grants is missing",
        ),
        (
            "DROP TABLE v1_entitlements;
             CREATE TABLE v1_entitlements (id integer primary key, resource_type_id, resource_id,
                external_id, sync_id, data AS (zeroblob(900000000)))",
            "the table v1_entitlements has no column data",
        ),
        (
            "DROP TABLE v1_grants; CREATE VIRTUAL TABLE v1_grants USING rtree(id, minX, maxX)",
            "the table v1_grants is missing",
        ),
        ("UPDATE v1_resource_types SET data = x'0a'", "a row of its table v1_resource_types isn't a message"),
        ("UPDATE v1_resources SET data = x'ff'", "a row of its table v1_resources isn't a message"),
        ("UPDATE v1_entitlements SET data = x'0a05ff'", "a row of its table v1_entitlements isn't a message"),
        ("UPDATE v1_resources SET data = 7", "a column of v1_resources has another type"),
        ("UPDATE v1_grants SET principal_resource_id = x'00'", "a column has another type"),
        ("UPDATE v1_grants SET resource_id = cast(x'ff' AS text)", "a column has another type"),
        ("UPDATE v1_sync_runs SET ended_at = x'00' WHERE ended_at IS NOT NULL", "its database is damaged"),
        ("UPDATE v1_sync_runs SET ended_at = NULL", "it has no full sync that came to its end"),
        ("UPDATE v1_sync_runs SET sync_type = 'partial'", "it has no full sync that came to its end"),
        ("DELETE FROM v1_sync_runs", "it has no full sync that came to its end"),
    ] {
        let spoiled = Spoiled::new("okta.c1z", |database| database.execute_batch(sql).unwrap());
        let problem = problem(&spoiled.path);
        assert!(problem.contains(told), "{sql}: {problem}");
        assert!(problem.len() < 400 && !problem.contains("@corp"), "{problem}");
    }
}

#[test]
fn deep_and_hostile_messages_are_refused_or_harmless() {
    let deep = (0..500).fold(serde_json::json!(1), |inner, _| serde_json::json!([inner]));
    let profile: messages::Struct = serde_json::Map::from_iter([("x".to_owned(), deep)]).into();
    let spoiled = Spoiled::new("okta.c1z", |database| {
        change_resources(database, "group", |group| group.profile = Some(profile.clone()));
    });
    assert!(problem(&spoiled.path).contains("recursion limit"), "{}", problem(&spoiled.path));
    // Groups that belong to themselves and to each other, and a name that is none.
    let spoiled = Spoiled::new("okta.c1z", |database| {
        change_resources(database, "group", |group| {
            group.parent_resource_id = group.id.clone();
            group.display_name = String::new();
        });
    });
    let c1z = read(&spoiled.path).unwrap();
    assert!(groups(&c1z, "okta").is_empty() && groups(&c1z, "github").is_empty());
    assert_eq!(groups(&c1z, "azureAD").len(), 5);
    let spoiled = Spoiled::new("okta.c1z", |database| {
        database.execute_batch("UPDATE v1_resources SET data = x''").unwrap();
    });
    assert!(groups(&read(&spoiled.path).unwrap(), "okta").is_empty());
}

#[test]
fn bytes_that_are_changed_at_random_never_panic() {
    let mut random = ChaCha8Rng::seed_from_u64(19);
    let (mut read_all_the_same, mut refused) = (0, 0);
    for name in ["okta.c1z", "github.c1z"] {
        let (file, database) = (fs::read(sample(name)).unwrap(), content(name));
        for case in 0..100 {
            let directory = tempfile::tempdir().unwrap();
            let mut bytes = if case % 3 == 0 { file.clone() } else { database.clone() };
            for _ in 0..random.random_range(1..40) {
                let at = random.random_range(0..bytes.len());
                bytes[at] = random.random();
            }
            let path = directory.path().join("x.c1z");
            let spoiled = if case % 3 == 0 {
                fs::write(&path, bytes).unwrap();
                Spoiled { path, _directory: directory }
            } else {
                Spoiled::with_content(directory, &bytes)
            };
            match read(&spoiled.path) {
                Ok(c1z) => {
                    read_all_the_same += 1;
                    groups(&c1z, "github");
                    let _ = c1z.note();
                }
                Err(unread) => {
                    refused += 1;
                    assert!(!unread.to_string().is_empty());
                }
            }
        }
    }
    assert!(read_all_the_same > 20 && refused > 20, "{read_all_the_same} and {refused}");
}
