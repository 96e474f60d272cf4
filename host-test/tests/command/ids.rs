//! The ids, slugs and profile keys that hosts store: a sync's output, this list and the page agree.

use super::setup::MockAndFolder;
use super::{assert_exit, text};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// For each resource type: a check of its ids, the slug of its entitlement, and the keys of its
/// profile.
type Promise = (&'static str, fn(&str) -> bool, Option<&'static str>, &'static [&'static str]);

const PROMISES: [Promise; 5] = [
    (
        "group",
        is_uuid,
        Some("group:<id>:member"),
        &["include", "exclude", "require", "is_default", "created_at", "updated_at"],
    ),
    ("role", is_hex, Some("role:<id>:assigned"), &["description", "permissions"]),
    (
        "member",
        is_hex,
        None,
        &["status", "user_id", "first_name", "last_name", "two_factor_authentication_enabled", "policies"],
    ),
    (
        "user",
        is_uuid,
        None,
        &[
            "uid",
            "access_seat",
            "gateway_seat",
            "seat_uid",
            "active_device_count",
            "created_at",
            "updated_at",
        ],
    ),
    ("email", is_address, None, &[]),
];

fn is_hex(id: &str) -> bool {
    id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

fn is_uuid(id: &str) -> bool {
    let lengths: Vec<usize> = id.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12] && is_hex(&id.replace('-', ""))
}

fn is_address(id: &str) -> bool {
    id.contains('@') && !id.bytes().any(|byte| byte.is_ascii_uppercase())
}

fn lines() -> Vec<Value> {
    let output = MockAndFolder::company().sync(&["--format", "jsonl"]).output().unwrap();
    assert_exit(&output, 0);
    text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn promise(kind: &Value) -> Promise {
    *PROMISES.iter().find(|(of, ..)| kind == of).unwrap_or_else(|| panic!("{kind} is promised nowhere"))
}

#[test]
fn a_sync_gives_what_is_promised_and_nothing_else() {
    let mut keys: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in lines() {
        let of = |key: &str| line[key].as_str().unwrap();
        match of("type") {
            "resource" => {
                let (kind, is_one, ..) = promise(&line["id"]["kind"]);
                assert!(is_one(line["id"]["id"].as_str().unwrap()), "{line}");
                let found = line["profile"].as_object().unwrap().keys().cloned();
                keys.entry(kind.to_owned()).or_default().extend(found);
            }
            "entitlement" => {
                let (kind, _, entitlement, _) = promise(&line["on"]["kind"]);
                let expected = entitlement.unwrap().replace("<id>", line["on"]["id"].as_str().unwrap());
                assert_eq!(of("id"), expected);
                assert_eq!(
                    [kind, of("slug")],
                    [of("id").split(':').next().unwrap(), of("id").rsplit(':').next().unwrap()]
                );
                assert!(line["extra"].as_object().unwrap().is_empty());
                let grantable_to =
                    if kind == "role" { vec!["member"] } else { vec!["user", "member", "email"] };
                assert_eq!(line["grantable_to"], Value::from(grantable_to));
            }
            "grant" => {
                let principal = ["kind", "id"].map(|key| line["principal"][key].as_str().unwrap());
                assert_eq!(of("id"), [of("entitlement"), principal[0], principal[1]].join(":"));
                assert!(promise(&line["principal"]["kind"]).1(principal[1]), "{line}");
                assert!(line["extra"].as_object().unwrap().is_empty());
            }
            _ => {}
        }
    }
    let promised: BTreeMap<String, BTreeSet<String>> = PROMISES
        .iter()
        .map(|(kind, _, _, keys)| ((*kind).to_owned(), keys.iter().map(|&key| key.to_owned()).collect()))
        .collect();
    assert_eq!(keys, promised);
}

#[test]
fn the_page_says_what_is_promised() {
    let page = include_str!("../../pages/ids.md");
    let quoted =
        |cell: &str| -> Vec<String> { cell.split('`').skip(1).step_by(2).map(str::to_owned).collect() };
    let table = page.split("| resource type |").nth(1).unwrap().split("\n\n").next().unwrap();
    let said: Vec<[Vec<String>; 3]> = table
        .lines()
        .skip(2)
        .map(|row| {
            let cells: Vec<&str> = row.split('|').collect();
            [1, 3, 4].map(|at| quoted(cells[at]))
        })
        .collect();
    let promised: Vec<[Vec<String>; 3]> = PROMISES
        .iter()
        .map(|(kind, _, entitlement, keys)| {
            let owned = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
            [owned(&[kind]), owned(entitlement.as_slice()), owned(keys)]
        })
        .collect();
    assert_eq!(said, promised);
}
