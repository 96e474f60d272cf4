//! The requests at Cloudflare that each route costs.

use super::user_groups::{SHOWN, account_with_user_groups};
use super::{ANN, CAT, DEE, EVE, Scim, account, encoded};
use host_test::mock::Account;
use http::Method;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// A route, and what is asked of it.
pub struct Row {
    /// The first cell of its line in the page's table.
    told: &'static str,
    pub name: &'static str,
    pub method: Method,
    pub path: String,
    pub body: Value,
    requests: u64,
}

fn row(
    told: &'static str,
    name: &'static str,
    method: Method,
    path: &str,
    body: Value,
    requests: u64,
) -> Row {
    Row { told, name, method, path: path.into(), body, requests }
}

fn get(told: &'static str, name: &'static str, path: &str, requests: u64) -> Row {
    row(told, name, Method::GET, path, Value::Null, requests)
}

pub fn rows() -> Vec<Row> {
    let by_name = |name: &str| format!("/Users?filter={}", encoded(&format!("userName eq \"{name}\"")));
    let add = json!({"Operations": [{"op": "add", "path": "members", "value": [{"value": ANN}]}]});
    let replace = json!({"Operations": [{"op": "replace", "path": "members", "value": [{"value": DEE}]}]});
    let put = json!({"displayName": "Engineers", "members": [{"value": DEE}]});
    let rename = json!({"Operations": [{"op": "replace", "path": "displayName", "value": "Makers"}]});
    let rename_and_add = json!({"Operations": [rename["Operations"][0], add["Operations"][0]]});
    let with_members = json!({"displayName": "Sales", "members": [{"value": ANN}, {"value": DEE}]});
    let role = json!({"Operations": [{"op": "add", "path": "roles", "value": [{"value": "d1"}]}]});
    let with_role = json!({"userName": "fay@corp.example", "roles": [{"value": "d1"}]});
    let invited = role.clone();
    let no_role = json!({"Operations": [{"op": "replace", "path": "roles", "value": []}]});
    let inactive = json!({"Operations": [{"op": "replace", "value": {"active": false}}]});
    vec![
        get(
            "`GET /ServiceProviderConfig`, `/ResourceTypes`, `/Schemas`",
            "discovery",
            "/ServiceProviderConfig",
            0,
        ),
        get("`GET /openapi.json`", "the description", "/openapi.json", 0),
        get("`GET /Users`", "all users", "/Users", 3),
        get("`GET /Users?filter=userName eq \"…\"`", "a user by name", &by_name("ann@corp.example"), 2),
        get(
            "`GET /Users?filter=userName eq \"…\"`",
            "a name that only a rule has",
            &by_name("dee@partner.example"),
            3,
        ),
        get("`GET /Users/{id}`", "a user with the groups", &format!("/Users/{ANN}"), 3),
        get(
            "`GET /Users/{id}`",
            "a user without the groups",
            &format!("/Users/{ANN}?excludedAttributes=groups"),
            2,
        ),
        get("`GET /Groups`", "all groups", "/Groups", 1),
        get(
            "`GET /Groups`",
            "a group by name",
            &format!("/Groups?filter={}", encoded("displayName eq \"Corp\"")),
            1,
        ),
        get("`GET /Groups/{id}`", "a group by id", "/Groups/a1", 1),
        get(
            "`GET /Groups`",
            "the groups of a member",
            &format!("/Groups?filter={}", encoded("members.value eq \"x\"")),
            1,
        ),
        get("`GET /Roles`, `/Roles/{id}`", "all roles", "/Roles", 1),
        get("`GET /Roles`, `/Roles/{id}`", "a role", "/Roles/d1", 1),
        row("`PATCH /Groups/{id}`", "a member is added", Method::PATCH, "/Groups/a3", add, 4),
        row(
            "`PATCH /Groups/{id}` with a replacement, `PUT /Groups/{id}`",
            "all members are replaced",
            Method::PATCH,
            "/Groups/a1",
            replace,
            6,
        ),
        row(
            "`PATCH /Groups/{id}` with a replacement, `PUT /Groups/{id}`",
            "a group is put",
            Method::PUT,
            "/Groups/a1",
            put,
            7,
        ),
        row("`PATCH /Users/{id}`", "a role is given", Method::PATCH, &format!("/Users/{EVE}"), role, 12),
        row(
            "`PATCH` or `PUT /Users/{id}` with `active: false`",
            "somebody is deactivated",
            Method::PATCH,
            &format!("/Users/{CAT}"),
            inactive,
            14,
        ),
        row(
            "`DELETE /Users/{id}`",
            "somebody is deleted",
            Method::DELETE,
            &format!("/Users/{CAT}"),
            Value::Null,
            14,
        ),
        row(
            "`PATCH /Groups/{id}` with another name",
            "a group is renamed",
            Method::PATCH,
            "/Groups/a1",
            rename,
            5,
        ),
        row(
            "`PATCH /Groups/{id}` with another name",
            "a group is renamed with members",
            Method::PATCH,
            "/Groups/a3",
            rename_and_add,
            6,
        ),
        row("`POST /Groups`", "a group is made", Method::POST, "/Groups", json!({"displayName": "Sales"}), 3),
        row("`POST /Groups`", "a group is made with members", Method::POST, "/Groups", with_members, 3),
        row("`DELETE /Groups/{id}`", "a group is deleted", Method::DELETE, "/Groups/a3", Value::Null, 6),
        row(
            "`POST /Users`",
            "somebody is added",
            Method::POST,
            "/Users",
            json!({"userName": "fay@corp.example"}),
            5,
        ),
        row("`POST /Users`", "somebody is added with a role", Method::POST, "/Users", with_role, 11),
        row(
            "the same, for somebody who is invited by it",
            "somebody is invited",
            Method::PATCH,
            &format!("/Users/{CAT}"),
            invited,
            11,
        ),
        row(
            "the same, after the last role",
            "the last role is taken",
            Method::PATCH,
            &format!("/Users/{ANN}"),
            no_role,
            13,
        ),
    ]
}

/// Returns the routes whose cost user groups change: there are two.
fn rows_with_user_groups() -> Vec<Row> {
    let by_name = |name: &str| format!("/Groups?filter={}", encoded(&format!("displayName eq \"{name}\"")));
    let add = json!({"Operations": [{"op": "add", "path": "members", "value": [{"value": EVE}]}]});
    let remove = json!({"Operations": [{"op": "remove", "path": "members", "value": [{"value": ANN}]}]});
    let group = "/Groups/user-group-0c1";
    vec![
        get("`GET /Groups`", "all groups", "/Groups", 4),
        get("`GET /Groups`", "all groups without members", "/Groups?excludedAttributes=members", 2),
        get("`GET /Groups?filter=displayName eq \"…\"`", "an Access group by name", &by_name("Corp"), 1),
        get(
            "`GET /Groups?filter=displayName eq \"…\"`",
            "a user group by name",
            &by_name("Account: Payers"),
            3,
        ),
        get("`GET /Groups/{id}`", "an Access group by id", "/Groups/a1", 1),
        get("`GET /Groups/user-group-…`", "a user group by id", group, 2),
        get(
            "`GET /Groups/user-group-…`",
            "a user group without members",
            &format!("{group}?excludedAttributes=members"),
            1,
        ),
        row("`PATCH /Groups/user-group-…` with one member", "a member joins", Method::PATCH, group, add, 9),
        row(
            "`PATCH /Groups/user-group-…` with one member",
            "a member leaves",
            Method::PATCH,
            group,
            remove,
            8,
        ),
    ]
}

type Numbers = BTreeMap<String, BTreeSet<u64>>;

/// Returns the numbers of requests that rows have, by the line of the page.
fn numbers_of_rows(rows: &[Row]) -> Numbers {
    let mut numbers = Numbers::new();
    for row in rows {
        numbers.entry(row.told.to_owned()).or_default().insert(row.requests);
    }
    numbers
}

/// Returns the numbers in the last cell of each line of a table.
fn numbers_of_table(text: &str) -> Numbers {
    let mut numbers = Numbers::new();
    for line in text.lines().filter(|line| line.starts_with("| `") || line.starts_with("| the same")) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let of_cell = cells.last().unwrap().split(|c: char| !c.is_ascii_digit());
        let found: BTreeSet<u64> = of_cell.filter_map(|text| text.parse().ok()).collect();
        // What costs as much as something else has no number.
        if !found.is_empty() {
            numbers.insert(cells[0].to_owned(), found);
        }
    }
    numbers
}

#[tokio::test]
async fn each_route_costs_what_the_page_says() {
    let mut told = Vec::new();
    let page = include_str!("../../../pages/scim.md");
    let (_, tables) = page.split_once("## Routes").unwrap();
    let (first, second) = tables.split_once("With `SCIM_USER_GROUPS`").unwrap();
    let (second, _) = second.split_once("Filters take").unwrap();
    assert_eq!(numbers_of_rows(&rows()), numbers_of_table(first));
    let mut by_id = numbers_of_rows(&rows_with_user_groups());
    // It costs what it does without user groups.
    assert_eq!(by_id.remove("`GET /Groups/{id}`"), Some(BTreeSet::from([1])));
    assert_eq!(by_id, numbers_of_table(second));
    let with_user_groups = || (account_with_user_groups(), [SHOWN]);
    let usual = rows().into_iter().map(|row| (row, (account(), [("SCIM_USER_GROUPS", "")])));
    let others = rows_with_user_groups().into_iter().map(|row| (row, with_user_groups()));
    for (Row { name, method, path, body, requests, .. }, (account, variables)) in usual.chain(others) {
        let scim = Scim::with(account, &variables).await;
        let answer = scim.ask(method, &path, &body).await;
        assert!(answer.status.is_success(), "{name}: {}", answer.body);
        let found = scim.edge.mock.request_count();
        if found != requests {
            told.push(format!(
                "{name}: {found} requests, not {requests}: {:?}",
                scim.edge.mock.requests_by_route()
            ));
        }
    }
    assert!(told.is_empty(), "{}", told.join("\n"));
}

/// The account that a newcomer sees with `host-test serve --mock` has a list that groups name.
#[tokio::test]
async fn the_mocks_own_account_takes_one_more_for_its_list() {
    let id = super::dialects::id_of("fay@corp.example");
    let add = json!({"Operations": [{"op": "add", "path": "members", "value": [{"value": id}]}]});
    let company = Account::company();
    let group = |name: &str| {
        let found = company.groups.iter().find(|group| group.name == name).unwrap();
        format!("/Groups/{}", found.id)
    };
    for (method, path, body, requests) in [
        (Method::GET, format!("/Users/{id}"), Value::Null, 4),
        (Method::PATCH, group("Engineering"), add.clone(), 5),
        (Method::PATCH, group("Sales"), add, 4),
    ] {
        let scim = Scim::with(Account::company(), &[]).await;
        let answer = scim.ask(method, &path, &body).await;
        let routes = scim.edge.mock.requests_by_route();
        assert_eq!(scim.edge.mock.request_count(), requests, "{path}: {routes:?} {}", answer.body);
        assert_eq!(routes.contains_key("GET gateway/lists/{id}/items"), path != group("Sales"), "{path}");
    }
}

#[tokio::test]
async fn a_thousand_members_are_one_write_and_few_requests() {
    let scim = Scim::new(account()).await;
    // Cloudflare takes 1,000 rules in a group, and this one has one.
    let members: Vec<Value> = (0..999)
        .map(|number| json!({"value": super::dialects::id_of(&format!("p{number}@corp.example"))}))
        .collect();
    let (status, body) =
        scim.patch("/Groups/a3", json!([{"op": "add", "path": "members", "value": members}])).await;
    assert_eq!(status, 204, "{body}");
    assert_eq!((scim.includes(2).len(), scim.writes()), (1_000, 1));
    assert_eq!(scim.edge.mock.request_count(), 4, "{:?}", scim.edge.mock.requests_by_route());
}

/// A search costs what the list does.
#[tokio::test]
async fn a_search_costs_what_the_list_does() {
    let scim = Scim::new(account()).await;
    for (of, requests) in [("/Users", 3), ("/Groups", 1), ("/Roles", 1), ("", 5)] {
        scim.edge.mock.forget_requests();
        let answer = scim.ask(Method::POST, &format!("{of}/.search"), &json!({"count": 10})).await;
        assert_eq!((answer.status.as_u16(), scim.edge.mock.request_count()), (200, requests), "{of}");
    }
}
