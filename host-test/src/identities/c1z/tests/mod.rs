//! Tests with the files that baton's own code wrote. `tests/common/c1z/README.md` says what is in
//! them.

mod hostile;
mod others;

use super::*;
use crate::output::c1z::{MAGIC, messages};
use prost::Message;
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
        "rules name 2 such identity providers: “Okta” (okta, 1), “Entra” (azureAD, 2). Say which it is \
         about, with --provider NAME=FILE"
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
