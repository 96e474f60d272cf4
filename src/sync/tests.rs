//! Syncs of a small account, without a host and a network.

mod again;
mod apps;
mod facts;
mod held;
mod in_any_case;
mod roles;
mod stopped;

use super::*;
use crate::cloudflare::transport::{Request, Response, TransportError};
use crate::error::ErrorKind;
use crate::kinds;
use crate::model::Kind;
use crate::settings::Settings;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

/// The only item of a collection that can't be read.
const REFUSED: &str = "refused";

/// Answers from collections, each with its path below the account: a page of its items, or the one
/// that is asked for. All other collections are empty. The account itself stands at the empty path.
pub struct Account(pub BTreeMap<&'static str, Vec<Json>>);

impl Account {
    fn answer(&self, path: &str, query: &str) -> Option<Json> {
        if path.is_empty() {
            let account = self.0.get("").and_then(|account| account.first().cloned());
            return Some(json!({"success": true, "result": account.unwrap_or_else(|| json!({"id": "a"}))}));
        }
        let number = |name: &str| -> Option<usize> {
            query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')?.parse().ok())
        };
        if let (Some(page), Some(per_page)) = (number("page"), number("per_page")) {
            let items = self.0.get(path).map_or(&[] as &[Json], Vec::as_slice);
            if items.iter().any(|item| item == REFUSED) {
                return None;
            }
            let found: Vec<&Json> = items.iter().skip((page - 1) * per_page).take(per_page).collect();
            let info = json!({"page": page, "per_page": per_page, "total_count": items.len()});
            return Some(json!({"success": true, "result": found, "result_info": info}));
        }
        let (list, id) = path.rsplit_once('/')?;
        let item = self.0.get(list)?.iter().find(|item| item["id"] == id)?;
        Some(json!({"success": true, "result": item}))
    }
}

impl Transport for Account {
    type Pending = Response;

    fn start(&self, request: Request) -> std::result::Result<Response, TransportError> {
        let (path, query) = request.path_and_query.split_once('?').unwrap_or((&request.path_and_query, ""));
        let path = path.split_once(&format!("/accounts/{}", "a".repeat(32))).unwrap().1;
        let path = path.trim_start_matches('/');
        let found = self.answer(path, query);
        let missing =
            json!({"success": false, "errors": [{"code": 1, "message": "not found"}], "result": null});
        let status = if found.is_some() { 200 } else { 404 };
        let body = found.unwrap_or(missing).to_string().into_bytes();
        Ok(Response { status, headers: Vec::new(), body })
    }

    fn finish(&self, answer: Response, _limit: usize) -> std::result::Result<Response, TransportError> {
        Ok(answer)
    }

    fn now(&self) -> u64 {
        0
    }

    fn wait(&self, _milliseconds: u32) {}
}

/// Returns a client of this account.
pub fn client(account: BTreeMap<&'static str, Vec<Json>>) -> Client<Account> {
    Client::new(settings(), Account(account))
}

fn settings() -> Settings {
    let given = [("account-id", "a".repeat(32)), ("api-token", "canary-secret".to_owned())];
    let given = given.map(|(id, value)| (id.to_owned(), value)).to_vec();
    Settings::parse("api-token", given).unwrap()
}

/// Reads on from a cursor to the end, each page in a session of its own where `is_forgetful`.
fn pages(
    mut cursor: Option<String>,
    is_forgetful: bool,
    mut next: impl FnMut(&mut Reader, Option<&str>) -> Result<Page>,
) -> Result<Vec<Page>> {
    let (mut reader, mut pages) = (Reader::default(), Vec::new());
    loop {
        let page = next(&mut reader, cursor.as_deref())?;
        cursor.clone_from(&page.next);
        pages.push(page);
        if cursor.is_none() {
            return Ok(pages);
        }
        if is_forgetful {
            reader = Reader::default();
        }
    }
}

/// Reads kinds, as [`pages`] does.
pub fn read<T: Transport>(
    client: &mut Client<T>,
    kinds: &[&str],
    cursor: Option<String>,
    is_forgetful: bool,
) -> Vec<Page> {
    let kinds: Vec<String> = kinds.iter().map(|&kind| kind.to_owned()).collect();
    pages(cursor, is_forgetful, |reader, cursor| reader.read(client, &kinds, cursor)).unwrap()
}

/// Reads one resource, as [`pages`] does.
fn get<T: Transport>(client: &mut Client<T>, only: &ResourceId, is_forgetful: bool) -> Result<Vec<Page>> {
    pages(None, is_forgetful, |reader, cursor| reader.get(client, only, cursor))
}

/// The records of pages: resources, then grants, each in one word.
fn words(pages: &[Page]) -> Vec<String> {
    let resources = pages.iter().flat_map(|page| &page.resources);
    let grants = pages.iter().flat_map(|page| &page.grants);
    let held = |grant: &crate::model::Grant| {
        let principals: Vec<_> = grant.principals.iter().map(|of| format!("{}:{}", of.kind, of.id)).collect();
        format!("{} {}", grant.entitlement, principals.join(" "))
    };
    let resources = resources.map(|resource| format!("{}:{}", resource.id.kind, resource.id.id));
    resources.chain(grants.map(held)).collect()
}

fn account() -> BTreeMap<&'static str, Vec<Json>> {
    let email = |address: &str| json!({"email": {"email": address}});
    let two = [email("ann@corp.example"), email("bob@corp.example")];
    let groups = [
        json!({"id": "g1", "name": "Staff", "include": two}),
        json!({"id": "g2", "include": [{"email_list": {"id": "l1"}}]}),
    ];
    let items = ["ann@corp.example", "eve@corp.example"].map(|address| json!({"value": address}));
    let role = json!({"id": "r1", "name": "Administrator"});
    let roles = [role.clone(), json!({"id": "r9", "name": "Unlisted"})];
    let member = json!({"id": "m1", "status": "accepted", "email": "bob@corp.example", "roles": roles});
    let user = |n| json!({"id": format!("u{n}"), "email": format!("{n}@corp.example")});
    let ann = json!({"id": "u-ann", "email": "ann@corp.example"});
    [
        ("access/groups", groups.into()),
        ("gateway/lists/l1/items", items.into()),
        ("roles", vec![role]),
        ("members", vec![member]),
        ("access/users", (0..1001).map(user).chain([ann]).collect()),
    ]
    .into()
}

#[test]
fn a_sync_reads_every_kind_in_its_order() {
    let pages = read(&mut client(account()), &[], None, false);
    let mut phases: Vec<_> = pages.iter().map(|page| page.progress.phase).collect();
    phases.dedup();
    let before = ["identity providers", "groups", "policies", "applications"];
    assert_eq!(
        phases,
        [&before[..], &["lists", "roles", "user groups", "members", "users", "emails"]].concat()
    );
    let words: Vec<String> = words(&pages).into_iter().filter(|word| !word.starts_with("user:u")).collect();
    assert_eq!(
        words,
        [
            "group:g1",
            "group:g2",
            "role:r1",
            "member:m1",
            "role:r9",
            "email:eve@corp.example",
            "role:r1:assigned member:m1",
            "role:r9:assigned member:m1",
            "group:g1:member member:m1",
            "group:g1:member user:u-ann",
            "group:g2:member user:u-ann",
            "group:g2:member email:eve@corp.example",
        ]
    );
}

#[test]
fn each_page_can_be_read_in_a_session_of_its_own() {
    let client = &mut client(account());
    assert_eq!(words(&read(client, &[], None, true)), words(&read(client, &[], None, false)));
}

#[test]
fn only_the_kinds_that_are_wanted_are_emitted() {
    let client = &mut client(account());
    for kind in Kind::ALL.map(Kind::as_str) {
        let pages = read(client, &[kind], None, false);
        let resources: Vec<_> = pages.iter().flat_map(|page| &page.resources).collect();
        assert!(resources.iter().all(|resource| resource.id.kind.as_str() == kind), "{kind}");
        assert!(pages.iter().all(|page| page.grants.is_empty()), "{kind}");
    }
}

#[test]
fn one_resource_is_found_by_its_id_or_is_an_error() {
    let client = &mut client(account());
    let known = [
        (Kind::Group, "g1", vec!["group:g1", "group:g1:member member:m1", "group:g1:member user:u-ann"]),
        (Kind::Role, "r1", vec!["role:r1", "role:r1:assigned member:m1"]),
        (Kind::Member, "m1", vec!["member:m1"]),
        (Kind::User, "u7", vec!["user:u7"]),
        (Kind::Email, "eve@corp.example", vec!["email:eve@corp.example"]),
    ];
    for (kind, id, expected) in known {
        let only = ResourceId::new(kind, id);
        assert_eq!(words(&get(client, &only, true).unwrap()), expected);
    }
    for kind in Kind::ALL.into_iter().filter(|&kind| kinds::row(kind).collection.is_some()) {
        let missing = ResourceId::new(kind, "missing");
        let found = get(client, &missing, false);
        assert_eq!(found.err().map(|error| error.kind), Some(ErrorKind::NotFound), "{kind}");
    }
}
