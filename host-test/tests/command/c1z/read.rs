//! The content of a c1z, read without the code that wrote it, against the lines of the same sync.

use super::super::setup::MockAndFolder;
use super::super::text;
use super::protobuf::{Message, with_doubles};
use super::sdk::assert_only_indexes_are_left_to_add;
use super::seats::assert_seats;
use cloudflare_zero_trust::contract::{ResourceType, manifest};
use rusqlite::{Connection, Row};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

const TRAITS: [(&str, u64); 5] = [("user", 1), ("group", 2), ("role", 3), ("app", 4), ("secret", 5)];

/// The lines of a sync, by their type and then by their identity.
pub struct Lines(BTreeMap<(String, String), Value>);

impl Lines {
    pub fn read(setup: &MockAndFolder, arguments: &[&str]) -> Lines {
        let output = setup.sync(&[&["--format", "jsonl"], arguments].concat()).output().unwrap();
        assert!(matches!(output.status.code(), Some(0 | 6)), "{}", text(&output.stderr));
        let mut lines = BTreeMap::new();
        for (at, line) in text(&output.stdout).lines().enumerate() {
            let line: Value = serde_json::from_str(line).unwrap();
            let of = line["type"].as_str().unwrap().to_owned();
            let id = match (of.as_str(), &line["id"]) {
                ("resource", id) => named(id),
                ("warning", _) => at.to_string(),
                (_, id) => id.as_str().unwrap().to_owned(),
            };
            assert!(lines.insert((of, id), line).is_none(), "a line came twice");
        }
        Lines(lines)
    }

    pub fn of<'a>(&'a self, of: &'a str) -> BTreeMap<&'a str, &'a Value> {
        self.0
            .iter()
            .filter(|((known, _), _)| known == of)
            .map(|((_, id), line)| (id.as_str(), line))
            .collect()
    }
}

/// Returns `kind:id`.
fn named(id: &Value) -> String {
    format!("{}:{}", id["kind"].as_str().unwrap(), id["id"].as_str().unwrap())
}

/// Unpacks the database of a c1z, and checks how it was packed.
pub fn open(setup: &MockAndFolder) -> Connection {
    let file = fs::read(setup.path("sync.c1z")).unwrap();
    let zstd = file.strip_prefix(b"C1ZF\0").unwrap();
    // The header of the single frame, which states the size of the content.
    assert_eq!(zstd[..4], [0x28, 0xb5, 0x2f, 0xfd]);
    let content = zstd::decode_all(zstd).unwrap();
    assert_eq!(zstd::zstd_safe::get_frame_content_size(zstd).unwrap(), Some(content.len() as u64));
    assert_eq!(zstd::zstd_safe::find_frame_compressed_size(zstd).unwrap(), zstd.len(), "one frame");
    let database = setup.path("opened.db");
    fs::write(&database, content).unwrap();
    let connection = Connection::open(&database).unwrap();
    let sound: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(sound, "ok");
    connection
}

/// Reads the rows of a table, by their `external_id`.
pub(super) fn rows<T>(
    connection: &Connection,
    table: &str,
    columns: &str,
    of: impl Fn(&Row<'_>) -> T,
) -> BTreeMap<String, T> {
    let sync: String =
        connection.query_row("SELECT sync_id FROM v1_sync_runs", [], |row| row.get(0)).unwrap();
    let sql = format!("SELECT external_id, sync_id, discovered_at, {columns} FROM {table}");
    let mut all = connection.prepare(&sql).unwrap();
    let mut rows = all.query([]).unwrap();
    let mut found = BTreeMap::new();
    while let Some(row) = rows.next().unwrap() {
        let [id, of_sync, discovered]: [String; 3] = [0, 1, 2].map(|at| row.get(at).unwrap());
        assert_eq!(of_sync, sync);
        assert_is_a_time(&discovered);
        assert!(found.insert(id, of(row)).is_none());
    }
    found
}

/// Asserts that a time has Go's form: `2006-01-02 15:04:05.999999999`.
fn assert_is_a_time(text: &str) {
    let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    assert_eq!(shape, "0000-00-00 00:00:00.000", "{text}");
}

pub(super) fn data(row: &Row<'_>, at: usize) -> Message {
    Message::read(&row.get::<_, Vec<u8>>(at).unwrap())
}

pub(super) fn texts<const N: usize>(row: &Row<'_>, from: usize) -> [Option<String>; N] {
    std::array::from_fn(|at| row.get(from + at).unwrap())
}

fn some<const N: usize>(texts: [&str; N]) -> [Option<String>; N] {
    texts.map(|text| Some(text.to_owned()))
}

/// Returns the `kind:id` of a `ResourceId`.
pub(super) fn id_of(resource: &Message, number: u64) -> Option<String> {
    resource.message(number).map(|id| {
        assert_eq!(id.numbers(), [1, 2]);
        format!("{}:{}", id.text(1), id.text(2))
    })
}

pub(super) fn annotation(of: &Message, number: u64, name: &str) -> Option<Message> {
    let mut named =
        of.annotations(number).into_iter().filter(|(found, _)| *found == format!("c1.connector.v2.{name}"));
    let first = named.next();
    assert!(named.next().is_none(), "{name} is there twice");
    first.map(|(_, message)| message)
}

/// Returns the rows of a table that are of the lines, and not of the seat.
fn rows_of_lines<T>(
    connection: &Connection,
    table: &str,
    columns: &str,
    of: impl Fn(&Row<'_>) -> T,
) -> BTreeMap<String, T> {
    let mut found = rows(connection, table, columns, of);
    found.retain(|id, _| id != "seat" && !id.starts_with("seat:"));
    found
}

/// Asserts that the file has each type that has a resource, and no other: an exporter of baton's
/// stops at a type of people without any.
fn assert_resource_types(connection: &Connection, kinds: &[&str], resources: &BTreeMap<&str, &Value>) {
    let found = rows_of_lines(connection, "v1_resource_types", "data", |row| data(row, 3));
    let known = manifest().resource_types;
    let expected: BTreeSet<&str> =
        resources.values().map(|line| line["id"]["kind"].as_str().unwrap()).collect();
    assert!(kinds.is_empty() || expected.iter().all(|kind| kinds.contains(kind)), "{expected:?}");
    assert_eq!(found.keys().map(String::as_str).collect::<BTreeSet<_>>(), expected);
    for (id, found) in found {
        let known = known.iter().find(|of| of.id == id).unwrap();
        assert_resource_type(&found, known);
        let permissions = annotation(&found, 4, "CapabilityPermissions").unwrap().messages(1);
        let permissions: Vec<String> = permissions.iter().map(|permission| permission.text(1)).collect();
        assert_eq!(permissions, known.permissions.iter().map(|of| of.name.clone()).collect::<Vec<_>>());
        // An address is a resource only until its owner logs in.
        let may_shrink = annotation(&found, 4, "SkipSyncAnomalyDetection").is_some();
        assert_eq!((may_shrink, found.annotations(4).len()), (id == "email", 1 + usize::from(may_shrink)));
    }
}

fn assert_resource_type(found: &Message, known: &ResourceType) {
    assert_eq!((found.text(1), found.text(2)), (known.id.clone(), known.display_name.clone()));
    let number = |word: &String| TRAITS.iter().find(|(known, _)| known == word).unwrap().1;
    assert_eq!(found.packed(3), known.traits.iter().map(number).collect::<Vec<_>>());
}

fn assert_resources(connection: &Connection, lines: &BTreeMap<&str, &Value>) {
    let columns = "data, resource_type_id, parent_resource_type_id, parent_resource_id";
    let found = rows_of_lines(connection, "v1_resources", columns, |row| (data(row, 3), texts::<3>(row, 4)));
    assert_eq!(
        found.keys().map(String::as_str).collect::<Vec<_>>(),
        lines.keys().copied().collect::<Vec<_>>()
    );
    for (id, (found, columns)) in &found {
        let line = lines[id.as_str()];
        let kind = line["id"]["kind"].as_str().unwrap();
        let parent = |key: &str| line["parent"][key].as_str().map(str::to_owned);
        assert_eq!(*columns, [Some(kind.to_owned()), parent("kind"), parent("id")]);
        assert_eq!(id_of(found, 1).as_deref(), Some(id.as_str()));
        assert_eq!(
            (found.text(3), id_of(found, 2)),
            (
                line["display_name"].as_str().unwrap().to_owned(),
                line["parent"].is_object().then(|| named(&line["parent"]))
            ),
            "{id}"
        );
        assert_eq!(found.message(12).map(time), created(line), "{id}");
        let (name, profile_at) = match kind {
            "group" | "user-group" => ("GroupTrait", 2),
            "role" | "scoped-role" => ("RoleTrait", 1),
            "app" => ("AppTrait", 4),
            "service-token" => ("SecretTrait", 1),
            "policy" | "identity-provider" => {
                assert!(found.annotations(4).is_empty(), "{id}");
                assert_profile(found.message(9).unwrap().object(), line, false);
                continue;
            }
            _ => ("UserTrait", 3),
        };
        let aliases = usize::from(kind == "member");
        assert_eq!(found.annotations(4).len(), 1 + aliases, "{id}");
        assert_eq!(annotation(found, 4, "Aliases").is_some(), kind == "member", "{id}");
        let of_kind = annotation(found, 4, name).unwrap_or_else(|| panic!("{id} is without a {name}"));
        let profile = of_kind.message(profile_at).unwrap().object();
        assert_eq!(found.message(9).unwrap().object(), profile, "{id}");
        match name {
            "UserTrait" => assert_account(found, &of_kind, line),
            "AppTrait" => assert_flags(&of_kind, line),
            "SecretTrait" => assert_secret(found, &of_kind, line),
            _ => {}
        }
        assert_profile(profile, line, name == "UserTrait");
    }
}

/// Asserts that a profile has all of the line's, and for an account the fields that baton reads.
fn assert_profile(mut found: Map<String, Value>, line: &Value, is_account: bool) {
    let expected = with_doubles(&line["profile"]);
    let expected = expected.as_object().unwrap();
    for (key, value) in expected {
        assert_eq!(found.remove(key).as_ref(), Some(value), "{key} of {line}");
    }
    if is_account {
        let name = line["display_name"].as_str().unwrap();
        for (key, value) in found {
            let account = &line["account"];
            let known = match key.as_str() {
                "user_id" => line["id"]["id"] == value,
                "email" => account["email"] == value,
                "login" => account["login"] == value,
                "first_name" => name.starts_with(value.as_str().unwrap()),
                "last_name" => name.ends_with(value.as_str().unwrap()),
                _ => false,
            };
            assert!(known, "{key} {value} of {line}");
        }
    } else {
        assert!(found.is_empty(), "{found:?} of {line}");
    }
}

fn assert_flags(app: &Message, line: &Value) {
    let profile = &line["profile"];
    let mut flags = Vec::new();
    flags.extend((profile["app_launcher_visible"] == false).then_some(1));
    flags.extend((profile["type"] == "bookmark").then_some(5));
    assert_eq!(app.packed(5), flags, "{line}");
}

fn assert_secret(resource: &Message, secret: &Message, line: &Value) {
    assert_eq!(secret.message(2).map(time), created(line), "{line}");
    for (number, key) in [(3, "expires_at"), (4, "last_seen_at")] {
        let expected = line["profile"][key].as_str().map(seconds_and_nanos);
        assert_eq!(secret.message(number).map(time), expected, "{line}");
    }
    let status = line["profile"]["enabled"].as_bool().map(|is_enabled| if is_enabled { 1 } else { 2 });
    assert_eq!(resource.message(11).map(|of| of.number(1)), status, "{line}");
}

/// Returns the time at which something was made, by the line.
fn created(line: &Value) -> Option<(u64, u64)> {
    let made = ["created_at", "created_on"].into_iter().find_map(|key| line["profile"][key].as_str());
    made.map(seconds_and_nanos)
}

/// Reads a `google.protobuf.Timestamp`.
fn time(of: Message) -> (u64, u64) {
    (of.number(1), of.number(2))
}

fn seconds_and_nanos(text: &str) -> (u64, u64) {
    let time = OffsetDateTime::parse(text, &Rfc3339).unwrap();
    (u64::try_from(time.unix_timestamp()).unwrap(), u64::from(time.nanosecond()))
}

fn assert_account(resource: &Message, user: &Message, line: &Value) {
    let account = &line["account"];
    let emails: Vec<(String, u64)> =
        user.messages(1).iter().map(|email| (email.text(1), email.number(2))).collect();
    let expected: Vec<(String, u64)> =
        account["email"].as_str().map(|email| (email.to_owned(), 1)).into_iter().collect();
    assert_eq!(emails, expected, "{line}");
    assert_eq!(user.text(6), account["login"].as_str().unwrap_or_default());
    assert_eq!(user.number(5), 1, "a person");
    let (status, details) = match account["status"].as_str().unwrap() {
        "enabled" => (1, ""),
        "disabled" => (2, ""),
        "pending" => (1, "pending"),
        "unknown" => (0, ""),
        other => panic!("{other}"),
    };
    for found in [user.message(2), resource.message(11)] {
        let found = found.unwrap();
        assert_eq!((found.number(1), found.text(2)), (status, details.to_owned()), "{line}");
    }
    assert_eq!(user.message(8).map(time), created(line), "{line}");
    assert_eq!(user.message(9).map(time), account["last_login"].as_str().map(seconds_and_nanos), "{line}");
    let two_factor = line["profile"]["two_factor_authentication_enabled"].as_bool();
    assert_eq!(user.message(10).map(|of| of.number(1) == 1), two_factor, "{line}");
}

fn assert_entitlements(
    connection: &Connection,
    lines: &BTreeMap<&str, &Value>,
    names: &BTreeMap<&str, &Value>,
) {
    let columns = "data, resource_type_id, resource_id";
    let found =
        rows_of_lines(connection, "v1_entitlements", columns, |row| (data(row, 3), texts::<2>(row, 4)));
    assert_eq!(
        found.keys().map(String::as_str).collect::<Vec<_>>(),
        lines.keys().copied().collect::<Vec<_>>()
    );
    let known = manifest().resource_types;
    for (id, (found, columns)) in &found {
        let line = lines[id.as_str()];
        let [kind, on, slug] =
            [&line["on"]["kind"], &line["on"]["id"], &line["slug"]].map(|text| text.as_str().unwrap());
        assert_eq!(*id, [kind, on, slug].join(":"));
        assert_eq!(*columns, some([kind, on]));
        let resource = found.message(1).unwrap();
        assert_eq!(id_of(&resource, 1), Some(named(&line["on"])));
        assert_eq!(resource.text(3), names[named(&line["on"]).as_str()]["display_name"].as_str().unwrap());
        assert_eq!(found.text(2), *id);
        assert_eq!(found.text(3), line["display_name"].as_str().unwrap());
        assert_eq!(found.text(4), line["description"].as_str().unwrap());
        let grantable_to = found.messages(5);
        assert_eq!(grantable_to.len(), line["grantable_to"].as_array().unwrap().len());
        for (found, kind) in grantable_to.iter().zip(line["grantable_to"].as_array().unwrap()) {
            assert_resource_type(found, known.iter().find(|of| of.id == kind.as_str().unwrap()).unwrap());
        }
        assert_eq!((found.number(7), found.text(8)), (1, slug.to_owned()));
        let extra = found.annotations(6).into_iter().map(|(name, extra)| {
            assert_eq!(name, "google.protobuf.Struct");
            Value::Object(extra.object())
        });
        let expected = [&line["extra"]].into_iter().filter(|extra| **extra != json!({}));
        assert_eq!(extra.collect::<Vec<_>>(), expected.map(with_doubles).collect::<Vec<_>>(), "{line}");
    }
}

fn assert_grants(connection: &Connection, lines: &BTreeMap<&str, &Value>) {
    let columns = "data, resource_type_id, resource_id, entitlement_id, principal_resource_type_id, \
        principal_resource_id, expansion, needs_expansion";
    let found = rows_of_lines(connection, "v1_grants", columns, |row| {
        assert_eq!((row.get(9).unwrap(), row.get(10).unwrap()), (None::<Vec<u8>>, 0));
        (data(row, 3), texts::<5>(row, 4))
    });
    assert_eq!(
        found.keys().map(String::as_str).collect::<Vec<_>>(),
        lines.keys().copied().collect::<Vec<_>>()
    );
    for (id, (found, columns)) in &found {
        let line = lines[id.as_str()];
        let principal = &line["principal"];
        let entitlement = line["entitlement"].as_str().unwrap();
        let [kind, on, _slug] = entitlement.split(':').collect::<Vec<_>>().try_into().unwrap();
        let [of, who] = ["kind", "id"].map(|key| principal[key].as_str().unwrap());
        assert_eq!(*id, [entitlement, of, who].join(":"));
        assert_eq!(*columns, some([kind, on, entitlement, of, who]));
        assert_eq!(found.text(3), *id);
        let held = found.message(1).unwrap();
        assert_eq!(held.text(2), entitlement);
        assert_eq!(id_of(&held.message(1).unwrap(), 1), Some(format!("{kind}:{on}")));
        assert_eq!(id_of(&found.message(2).unwrap(), 1), Some(named(principal)));

        let immutable = annotation(found, 4, "GrantImmutable");
        assert_eq!(immutable.is_none(), line["revocable"].as_bool().unwrap(), "{line}");
        let metadata = annotation(found, 4, "GrantMetadata").unwrap().message(1).unwrap().object();
        let mut expected = Map::from_iter([("basis".to_owned(), line["basis"].clone())]);
        if !line["conditions"].is_null() {
            expected.insert("conditions".to_owned(), with_doubles(&line["conditions"]));
        }
        if line["extra"] != json!({}) {
            expected.insert("extra".to_owned(), with_doubles(&line["extra"]));
        }
        assert_eq!(metadata, expected, "{line}");
        assert_eq!(found.annotations(4).len(), 1 + usize::from(immutable.is_some()));
    }
}

/// Asserts that the file and the lines have the same content.
pub fn assert_same(setup: &MockAndFolder, lines: &Lines, kinds: &[&str], sync_type: &str) {
    let connection = open(setup);
    let run = connection.query_row(
        "SELECT count(*), sync_id, started_at, ended_at, sync_token, sync_type FROM v1_sync_runs",
        [],
        |row| Ok((row.get::<_, u32>(0)?, texts::<5>(row, 1))),
    );
    let (count, [sync_id, started, ended, token, found_type]) = run.unwrap();
    assert_eq!((count, token.as_deref(), found_type.as_deref()), (1, Some(""), Some(sync_type)));
    assert!(sync_id.unwrap().chars().all(|c| c.is_ascii_alphanumeric()));
    let (started, ended) = (started.unwrap(), ended.unwrap());
    assert_is_a_time(&started);
    assert_is_a_time(&ended);
    assert!(started <= ended, "{started} {ended}");

    let (resources, grants) = (lines.of("resource"), lines.of("grant"));
    assert_resource_types(&connection, kinds, &resources);
    assert_only_indexes_are_left_to_add(&connection);
    assert_resources(&connection, &resources);
    assert_entitlements(&connection, &lines.of("entitlement"), &resources);
    assert_grants(&connection, &grants);
    assert_seats(&connection, &resources);
}
