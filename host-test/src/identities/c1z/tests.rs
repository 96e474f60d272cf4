//! Tests with the files that baton's own code wrote, as they are and spoiled in many ways.
//! `tests/common/c1z/README.md` says what is in them.

use super::*;
use crate::output::c1z::{MAGIC, messages};
use prost::Message;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rusqlite::Connection;
use std::fs;
use std::path::PathBuf;
use tempfile::TempDir;

fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/common/c1z").join(name)
}

fn of(kind: &str) -> Provider {
    Provider { id: "p".to_owned(), name: Some("P".to_owned()), kind: kind.to_owned() }
}

/// The people of each group, as facts say it about a provider of a type.
fn groups(c1z: &C1z, kind: &str) -> Vec<(String, Vec<String>)> {
    let provider = of(kind);
    let facts = c1z.facts(&provider, Serves::of(&provider).unwrap());
    facts.into_iter().map(|facts| (facts.group, facts.addresses)).collect()
}

fn expected(groups: &[(&str, &[&str])]) -> Vec<(String, Vec<String>)> {
    let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    groups.iter().map(|(group, people)| ((*group).to_owned(), owned(people))).collect()
}

fn read(path: &Path) -> Result<C1z, Unread> {
    let temporary = tempfile::tempdir().unwrap();
    let result = C1z::read_beside(path, temporary.path(), 8 << 20);
    assert_eq!(fs::read_dir(&temporary).unwrap().count(), 0, "something is left");
    result
}

fn problem(path: &Path) -> String {
    read(path).expect_err(&path.display().to_string()).to_string()
}

#[test]
fn the_groups_of_okta_go_by_their_names() {
    let c1z = read(&sample("okta.c1z")).unwrap();
    let all = ["ann.lee@corp.example", "bo@corp.example", "carl@corp.example", "eve@corp.example"];
    let groups = groups(&c1z, "okta");
    assert_eq!(
        groups,
        expected(&[
            ("Everyone", &all),
            // Two groups have this name.
            ("Finance", &all),
            ("Nobody, yet", &[]),
            ("Équipe «Paie»", &["bo@corp.example"]),
        ])
    );
    let note = c1z.note().unwrap();
    assert!(
        note.ends_with("okta.c1z: 1 member of its groups has no address in it, and is left out."),
        "{note}"
    );
}

/// A sync that didn't end is behind it, with as many resources.
#[test]
fn a_fact_tells_the_end_of_the_finished_sync_and_the_file() {
    for (name, kind, as_of) in [
        ("okta.c1z", "okta", "2026-11-29T05:34:01Z"),
        ("entra.c1z", "azureAD", "2026-11-29T05:34:02Z"),
        ("google.c1z", "google-apps", "2026-11-29T05:34:03Z"),
        ("github.c1z", "github", "2026-11-29T05:34:04Z"),
    ] {
        let provider = of(kind);
        let facts = read(&sample(name)).unwrap().facts(&provider, Serves::of(&provider).unwrap());
        assert!(!facts.is_empty());
        for fact in facts {
            assert_eq!((fact.provider.as_str(), fact.as_of.as_deref()), ("p", Some(as_of)));
            assert_eq!(fact.source, source_name(&sample(name)));
        }
    }
}

#[test]
fn the_groups_of_entra_go_by_their_ids_and_have_the_members_of_groups_in_them() {
    let c1z = read(&sample("entra.c1z")).unwrap();
    let guest = "guest_other.example#ext#@contoso.example";
    let (ann, bo, dan) = ("ann@contoso.example", "bo@contoso.example", "dan@contoso.example");
    assert_eq!(
        groups(&c1z, "azureAD"),
        expected(&[
            ("BBBBBBBB-0000-4000-8000-000000000001", &[ann, bo, dan, guest]),
            ("BBBBBBBB-0000-4000-8000-000000000002", &[bo, dan, guest]),
            ("BBBBBBBB-0000-4000-8000-000000000003", &[dan]),
            // Its owner is no member.
            ("BBBBBBBB-0000-4000-8000-000000000004", &[]),
        ])
    );
    assert_eq!(c1z.note(), None);
}

#[test]
fn the_groups_of_google_go_by_their_addresses() {
    let c1z = read(&sample("google.c1z")).unwrap();
    let (ann, bo) = ("ann@corp.example", "bo@corp.example");
    let groups = groups(&c1z, "google-apps");
    assert_eq!(groups, expected(&[("Payroll@corp.example", &[ann, bo]), ("temps@corp.example", &[bo])]));
    let note = c1z.note().unwrap();
    assert!(
        note.ends_with("google.c1z: 1 member of its groups has no address in it, and is left out."),
        "{note}"
    );
}

#[test]
fn organizations_and_teams_of_github() {
    let c1z = read(&sample("github.c1z")).unwrap();
    let both: &[&str] = &["ann@acme.example", "bo@acme.example"];
    assert_eq!(
        groups(&c1z, "github"),
        expected(&[
            ("acme", both),
            ("acme/Site Reliability", both),
            ("acme/site-reliability", both),
            ("acme/web", &["bo@acme.example"]),
        ])
    );
    // No other provider's rules name what isn't a group.
    assert_eq!(groups(&c1z, "okta").len(), 2);
    assert_eq!(groups(&c1z, "azureAD").len(), 2);
    assert!(groups(&c1z, "google").is_empty());
}

#[test]
fn a_short_name_that_two_teams_share_is_nobodys() {
    let spoiled = Spoiled::new("github.c1z", |database| {
        change_resources(database, "team", |resource| {
            resource.display_name = format!("Web, {}", resource.display_name)
        });
        change_resources(database, "team", |resource| {
            if resource.display_name.ends_with("web") {
                resource.display_name = "web! site (RELIABILITY)".to_owned();
            }
        });
    });
    let names: Vec<String> =
        groups(&read(&spoiled.path).unwrap(), "github").into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["acme", "acme/Web, Site Reliability", "acme/web! site (RELIABILITY)"]);
}

#[test]
fn a_provider_is_given_or_is_the_only_one() {
    let provider_of = |id: &str, name: &str, kind: &str| Provider {
        id: id.to_owned(),
        name: Some(name.to_owned()),
        kind: kind.to_owned(),
    };
    let (okta, entra, saml) = (
        provider_of("1", "Okta", "okta"),
        provider_of("2", "Entra", "azureAD"),
        provider_of("3", "SSO", "saml"),
    );
    let all: Providers = [okta.clone(), entra.clone(), saml.clone()].into_iter().collect();
    let one: Providers = [okta.clone(), saml.clone()].into_iter().collect();
    let none: Providers = [saml].into_iter().collect();
    assert_eq!(provider(None, &one), Ok((&okta, Serves::Okta)));
    assert_eq!(provider(Some("entra"), &all), Ok((&entra, Serves::Entra)));
    assert_eq!(provider(Some("1"), &all), Ok((&okta, Serves::Okta)));
    let told = |given, providers| provider(given, providers).unwrap_err();
    assert_eq!(
        told(None, &all),
        "rules name 2 such identity providers: “Okta” (okta, 1), “Entra” (azureAD, 2). Say which it is about, with \
         --provider NAME=FILE"
    );
    assert!(
        told(None, &none)
            .starts_with("no rule names a group of Okta, Entra, Google Workspace or GitHub. Rules")
    );
    assert!(
        told(Some("ping"), &all).starts_with("no rule names a group of this identity provider. Rules name")
    );
    assert_eq!(
        told(Some("SSO"), &all),
        "“SSO” (saml) isn't Okta, Entra, Google Workspace or GitHub. Give its groups as CSV or JSON Lines"
    );
    for kind in ["saml", "oidc", "onelogin", "onetimepin", "linkedin", ""] {
        assert_eq!(Serves::of(&of(kind)), None);
    }
}

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

/// A sample with another content.
struct Spoiled {
    path: PathBuf,
    _directory: TempDir,
}

impl Spoiled {
    fn new(name: &str, change: impl FnOnce(&Connection)) -> Spoiled {
        let directory = tempfile::tempdir().unwrap();
        let database = directory.path().join("db");
        fs::write(&database, content(name)).unwrap();
        let connection = Connection::open(&database).unwrap();
        change(&connection);
        connection.close().unwrap();
        Spoiled::with_content(directory, &fs::read(database).unwrap())
    }

    fn with_content(directory: TempDir, content: &[u8]) -> Spoiled {
        let path = directory.path().join("spoiled.c1z");
        fs::write(&path, [&MAGIC[..], &zstd::encode_all(content, 1).unwrap()].concat()).unwrap();
        Spoiled { path, _directory: directory }
    }
}

fn content(name: &str) -> Vec<u8> {
    let file = fs::read(sample(name)).unwrap();
    zstd::decode_all(file.strip_prefix(MAGIC).unwrap()).unwrap()
}

fn change_resources(database: &Connection, kind: &str, change: impl Fn(&mut messages::Resource)) {
    let mut all = database.prepare("SELECT id, data FROM v1_resources WHERE resource_type_id = ?1").unwrap();
    let rows = all.query_map([kind], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    for (id, data) in rows.collect::<Result<Vec<(i64, Vec<u8>)>, _>>().unwrap() {
        let mut resource = messages::Resource::decode(data.as_slice()).unwrap();
        change(&mut resource);
        let sql = "UPDATE v1_resources SET data = ?1 WHERE id = ?2";
        database.execute(sql, (resource.encode_to_vec(), id)).unwrap();
    }
}

#[test]
fn a_database_of_another_kind_is_told() {
    for (sql, told) in [
        ("DROP TABLE v1_grants", "the table v1_grants is missing"),
        ("DROP TABLE v1_sync_runs", "the table v1_sync_runs is missing"),
        ("ALTER TABLE v1_resource_types RENAME TO x", "the table v1_resource_types is missing"),
        ("ALTER TABLE v1_resources RENAME COLUMN data TO x", "the table v1_resources has no column data"),
        ("ALTER TABLE v1_sync_runs RENAME COLUMN ended_at TO x", "the table v1_sync_runs has no column ended_at"),
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
             CREATE TABLE v1_entitlements (id integer primary key, resource_type_id, resource_id, external_id, sync_id,
                data AS (zeroblob(900000000)))",
            "the table v1_entitlements has no column data",
        ),
        (
            "DROP TABLE v1_grants; CREATE VIRTUAL TABLE v1_grants USING rtree(id, minX, maxX)",
            "the table v1_grants is missing",
        ),
        ("UPDATE v1_resource_types SET data = x'0a'", "a row of its table v1_resource_types isn't a message of baton's"),
        ("UPDATE v1_resources SET data = x'ff'", "a row of its table v1_resources isn't a message of baton's"),
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
fn a_file_of_an_older_release_is_read() {
    let whole = groups(&read(&sample("okta.c1z")).unwrap(), "okta");
    for sql in [
        "ALTER TABLE v1_sync_runs DROP COLUMN sync_type; ALTER TABLE v1_sync_runs DROP COLUMN parent_sync_id;
         DROP INDEX idx_grants_sync_expansion_v1; DROP INDEX idx_grants_sync_needs_expansion_v1;
         ALTER TABLE v1_grants DROP COLUMN expansion; ALTER TABLE v1_grants DROP COLUMN needs_expansion",
        // Newer ones leave out of a grant's message what its columns have.
        "UPDATE v1_grants SET data = x''",
        "DROP TABLE v1_assets; DROP TABLE v1_connector_sessions",
        "PRAGMA journal_mode = WAL",
        "CREATE TABLE more (x); CREATE VIEW bad AS SELECT 1 FROM nowhere",
    ] {
        let spoiled = Spoiled::new("okta.c1z", |database| database.execute_batch(sql).unwrap());
        assert_eq!(groups(&read(&spoiled.path).unwrap(), "okta"), whole, "{sql}");
    }
}

#[test]
fn the_latest_full_sync_is_read() {
    let later = |kind: &str, ended: &str| {
        format!(
            "INSERT INTO v1_sync_runs (sync_id, started_at, ended_at, sync_token, sync_type)
             VALUES ('later', '2027-01-01 00:00:00', {ended}, '', '{kind}')"
        )
    };
    for (kind, ended, is_read) in [
        ("full", "'2027-01-01 00:00:00'", true),
        ("full", "NULL", false),
        ("partial", "'2027-01-01 00:00:00'", false),
        ("resources_only", "'2027-01-01 00:00:00'", false),
        ("full", "'2020-01-01 00:00:00'", false),
    ] {
        let spoiled =
            Spoiled::new("okta.c1z", |database| database.execute_batch(&later(kind, ended)).unwrap());
        let facts = read(&spoiled.path).unwrap().facts(&of("okta"), Serves::Okta);
        assert_eq!(facts.is_empty(), is_read, "{kind} {ended}");
    }
}

#[test]
fn the_address_is_the_primary_one_or_the_only_one_or_the_login() {
    let email = |address: &str, is_primary| messages::Email { address: address.to_owned(), is_primary };
    for (emails, login, address) in [
        (vec![email("A@b.example", true), email("c@d.example", false)], "e@f.example", Some("a@b.example")),
        (vec![email("c@d.example", false), email("a@b.example", true)], "", Some("a@b.example")),
        (vec![email("a@b.example", false)], "e@f.example", Some("a@b.example")),
        (vec![email("", true), email("c@d.example", false)], "", Some("c@d.example")),
        (
            vec![email("no address", true), email("C@d.example", false), email("c@D.example", false)],
            "",
            Some("c@d.example"),
        ),
        (vec![email("a@b.example", false), email("c@d.example", false)], "e@f.example", Some("e@f.example")),
        (vec![email("a@b.example", false), email("c@d.example", false)], "someone", None),
        (vec![], "E@f.example", Some("e@f.example")),
        (vec![], "", None),
        (vec![email("ä@b.example", true), email("Ann <a@b.example>", false)], "two@at@once", None),
    ] {
        let trait_of = messages::UserTrait { emails, login: login.to_owned(), ..Default::default() };
        let spoiled = Spoiled::new("okta.c1z", |database| {
            change_resources(database, "user", |user| user.annotations = vec![messages::Any::of(&trait_of)]);
        });
        let groups = groups(&read(&spoiled.path).unwrap(), "okta");
        let people: Vec<&str> = groups[0].1.iter().map(String::as_str).collect();
        assert_eq!(people, address.into_iter().collect::<Vec<_>>(), "{trait_of:?}");
    }
}

#[test]
fn the_address_of_a_group_is_in_its_profile_or_is_its_id() {
    let text = |text: &str| Some(serde_json::json!(text));
    for (field, value, id, address) in [
        ("group_email", text("x@b.example"), "g", Some("x@b.example")),
        ("email", text("x@b.example"), "g", Some("x@b.example")),
        ("mail", text("nobody"), "y@b.example", Some("y@b.example")),
        ("other", text("x@b.example"), "y@b.example", Some("y@b.example")),
        ("group_email", Some(serde_json::json!(["x@b.example"])), "g", None),
        ("", None, "g", None),
    ] {
        let profile = value.map(|value| serde_json::Map::from_iter([(field.to_owned(), value)]).into());
        for is_in_trait in [false, true] {
            let spoiled = Spoiled::new("google.c1z", |database| {
                change_resources(database, "group", |group| {
                    group.id.as_mut().unwrap().resource = id.to_owned();
                    let of_trait = messages::GroupTrait { profile: profile.clone().filter(|_| is_in_trait) };
                    group.profile = profile.clone().filter(|_| !is_in_trait);
                    group.annotations = vec![messages::Any::of(&of_trait)];
                });
            });
            let groups = groups(&read(&spoiled.path).unwrap(), "google");
            let names: Vec<&str> = groups.iter().map(|(name, _)| name.as_str()).collect();
            assert_eq!(names, address.into_iter().collect::<Vec<_>>(), "{field} {id} {is_in_trait}");
        }
    }
}

#[test]
fn owners_are_members_only_if_they_are_that_as_well() {
    use messages::{Entitlement, Purpose};
    let slug = |slug: &str, purpose: Purpose| Entitlement {
        slug: slug.to_owned(),
        purpose: purpose.into(),
        ..Entitlement::default()
    };
    // Everybody has the first of the two entitlements, and nobody the second.
    for (first, second, are_members) in [
        (slug("member", Purpose::Assignment), slug("owner", Purpose::Permission), true),
        (slug("member", Purpose::Permission), slug("member", Purpose::Assignment), false),
        (slug("admin", Purpose::Permission), slug("member", Purpose::Permission), true),
        (slug("Owner", Purpose::Permission), slug("member", Purpose::Permission), false),
        (slug("owners", Purpose::Unspecified), slug("member", Purpose::Permission), false),
        (slug("keeper", Purpose::Ownership), slug("member", Purpose::Permission), false),
        (slug("", Purpose::Unspecified), slug("", Purpose::Unspecified), true),
    ] {
        for is_first in [true, false] {
            let spoiled = Spoiled::new("okta.c1z", |database| {
                let sql = "DELETE FROM v1_entitlements;
                           UPDATE v1_grants SET entitlement_id = resource_id || ':first'";
                database.execute_batch(sql).unwrap();
                let mut entitlements = [("first", first.encode_to_vec()), ("second", second.encode_to_vec())];
                if !is_first {
                    entitlements.reverse();
                }
                for (name, data) in entitlements {
                    let sql = "INSERT INTO v1_entitlements
                               (resource_type_id, resource_id, external_id, data, sync_id, discovered_at)
                               SELECT DISTINCT resource_type_id, resource_id, resource_id || ':' || ?1, ?2, sync_id, ''
                               FROM v1_grants WHERE resource_type_id = 'group'";
                    database.execute(sql, (name, data)).unwrap();
                }
            });
            let groups = groups(&read(&spoiled.path).unwrap(), "okta");
            assert_eq!(!groups[0].1.is_empty(), are_members, "{first:?} {second:?} {is_first}");
        }
    }
    // Entitlements that the file doesn't have are known by the end of their ids.
    for (end, are_members) in [("member", true), ("owner", false), ("owners", false)] {
        let spoiled = Spoiled::new("okta.c1z", |database| {
            let sql = "DELETE FROM v1_entitlements; UPDATE v1_grants SET entitlement_id = 'x:' || ";
            database.execute_batch(&format!("{sql}'{end}'")).unwrap();
        });
        assert_eq!(!groups(&read(&spoiled.path).unwrap(), "okta")[0].1.is_empty(), are_members, "{end}");
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

#[cfg(unix)]
#[test]
fn nobody_else_sees_what_is_unpacked() {
    use std::os::unix::fs::PermissionsExt;
    let temporary = tempfile::tempdir().unwrap();
    let unpacked = unpack::open(&sample("okta.c1z"), temporary.path(), 8 << 20).unwrap();
    let entries: Vec<PathBuf> =
        fs::read_dir(&temporary).unwrap().map(|entry| entry.unwrap().path()).collect();
    let [folder] = entries.as_slice() else { panic!("{entries:?}") };
    assert_eq!(fs::metadata(folder).unwrap().permissions().mode() & 0o777, 0o700);
    database::read(&unpacked.connection).unwrap();
    assert_eq!(fs::read_dir(folder).unwrap().count(), 0);
    let error = unpacked.connection.execute_batch("DELETE FROM v1_grants").unwrap_err();
    assert!(error.to_string().contains("readonly"), "{error}");
    drop(unpacked);
    assert_eq!(fs::read_dir(&temporary).unwrap().count(), 0);
}

#[test]
fn the_file_stays_as_it_was() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("okta.c1z");
    fs::copy(sample("okta.c1z"), &path).unwrap();
    let before = fs::read(&path).unwrap();
    read(&path).unwrap();
    assert_eq!(fs::read(&path).unwrap(), before);
    assert_eq!(fs::read_dir(&directory).unwrap().count(), 1);
}
