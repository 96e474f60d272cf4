//! The requests at Cloudflare that each route costs.

use super::user_groups::{SHOWN, account_with_user_groups};
use super::{ANN, CAT, DEE, EVE, Scim, account, encoded};
use host_test::mock::Account;
use http::Method;
use serde_json::{Value, json};

/// A route, and what is asked of it.
pub struct Row {
    pub name: &'static str,
    pub method: Method,
    pub path: String,
    pub body: Value,
    requests: u64,
}

pub fn rows() -> Vec<Row> {
    let row =
        |name, method, path: &str, body, requests| Row { name, method, path: path.into(), body, requests };
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
    let get = |name, path: &str, requests| row(name, Method::GET, path, Value::Null, requests);
    vec![
        get("discovery", "/ServiceProviderConfig", 0),
        get("all users", "/Users", 3),
        get("a user by name", &by_name("ann@corp.example"), 2),
        get("a name that only a rule has", &by_name("dee@partner.example"), 3),
        get("a user with the groups", &format!("/Users/{ANN}"), 3),
        get("a user without the groups", &format!("/Users/{ANN}?excludedAttributes=groups"), 2),
        get("all groups", "/Groups", 1),
        get("a group by name", &format!("/Groups?filter={}", encoded("displayName eq \"Corp\"")), 1),
        get("a group by id", "/Groups/a1", 1),
        get("the groups of a member", &format!("/Groups?filter={}", encoded("members.value eq \"x\"")), 1),
        get("all roles", "/Roles", 1),
        get("a role", "/Roles/d1", 1),
        row("a member is added", Method::PATCH, "/Groups/a3", add, 4),
        row("all members are replaced", Method::PATCH, "/Groups/a1", replace, 6),
        row("a group is put", Method::PUT, "/Groups/a1", put, 7),
        row("a role is given", Method::PATCH, &format!("/Users/{EVE}"), role, 12),
        row("somebody is deactivated", Method::PATCH, &format!("/Users/{CAT}"), inactive, 14),
        row("somebody is deleted", Method::DELETE, &format!("/Users/{CAT}"), Value::Null, 14),
        row("a group is renamed", Method::PATCH, "/Groups/a1", rename, 5),
        row("a group is renamed with members", Method::PATCH, "/Groups/a3", rename_and_add, 6),
        row("a group is made", Method::POST, "/Groups", json!({"displayName": "Sales"}), 3),
        row("a group is made with members", Method::POST, "/Groups", with_members, 3),
        row("a group is deleted", Method::DELETE, "/Groups/a3", Value::Null, 6),
        row("somebody is added", Method::POST, "/Users", json!({"userName": "fay@corp.example"}), 5),
        row("somebody is added with a role", Method::POST, "/Users", with_role, 11),
        row("somebody is invited", Method::PATCH, &format!("/Users/{CAT}"), invited, 11),
        row("the last role is taken", Method::PATCH, &format!("/Users/{ANN}"), no_role, 13),
    ]
}

/// Returns the routes whose cost user groups change: there are two.
fn rows_with_user_groups() -> Vec<Row> {
    let row =
        |name, method, path: &str, body, requests| Row { name, method, path: path.into(), body, requests };
    let get = |name, path: &str, requests| row(name, Method::GET, path, Value::Null, requests);
    let by_name = |name: &str| format!("/Groups?filter={}", encoded(&format!("displayName eq \"{name}\"")));
    let add = json!({"Operations": [{"op": "add", "path": "members", "value": [{"value": EVE}]}]});
    let remove = json!({"Operations": [{"op": "remove", "path": "members", "value": [{"value": ANN}]}]});
    let group = "/Groups/user-group-0c1";
    vec![
        get("all groups", "/Groups", 4),
        get("all groups without members", "/Groups?excludedAttributes=members", 2),
        get("an Access group by name", &by_name("Corp"), 1),
        get("a user group by name", &by_name("Account: Payers"), 3),
        get("an Access group by id", "/Groups/a1", 1),
        get("a user group by id", group, 2),
        get("a user group without members", &format!("{group}?excludedAttributes=members"), 1),
        row("a member joins", Method::PATCH, group, add, 9),
        row("a member leaves", Method::PATCH, group, remove, 8),
    ]
}

#[tokio::test]
async fn each_route_costs_what_the_page_says() {
    let mut told = Vec::new();
    let with_user_groups = || (account_with_user_groups(), [SHOWN]);
    let usual = rows().into_iter().map(|row| (row, (account(), [("SCIM_USER_GROUPS", "")])));
    let others = rows_with_user_groups().into_iter().map(|row| (row, with_user_groups()));
    for (Row { name, method, path, body, requests }, (account, variables)) in usual.chain(others) {
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
    let members: Vec<Value> = (0..900)
        .map(|number| json!({"value": super::dialects::id_of(&format!("p{number}@corp.example"))}))
        .collect();
    let (status, body) =
        scim.patch("/Groups/a3", json!([{"op": "add", "path": "members", "value": members}])).await;
    assert_eq!(status, 204, "{body}");
    assert_eq!((scim.includes(2).len(), scim.writes()), (901, 1));
    assert_eq!(scim.edge.mock.request_count(), 4, "{:?}", scim.edge.mock.requests_by_route());
}
