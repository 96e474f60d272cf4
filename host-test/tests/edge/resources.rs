//! One resource with its grants: the lines that a sync has about it, except its principals.

use crate::asking::{Edge, checked, failed, lines};
use host_test::mock::{Account, Options, Size};
use host_test::truth;
use http::Method;
use serde_json::{Value, json};

fn account() -> (Account, Options) {
    let mut options = Options::default();
    options.max_per_page.extend([("access/users".to_owned(), 20), ("members".to_owned(), 20)]);
    (Account::generate(7, Size { users: 75, members: 45, groups: 20, roles: 30 }), options)
}

/// Encodes every byte that isn't a letter or a digit for a path.
pub fn encoded(id: &str) -> String {
    id.bytes()
        .map(
            |byte| {
                if byte.is_ascii_alphanumeric() {
                    char::from(byte).to_string()
                } else {
                    format!("%{byte:02X}")
                }
            },
        )
        .collect()
}

fn about<'a>(all: &'a [Value], id: &Value) -> Vec<&'a Value> {
    let entitlement = format!("{}:{}:", id["kind"].as_str().unwrap(), id["id"].as_str().unwrap());
    let of = |line: &&Value| match line["type"].as_str().unwrap() {
        "resource" => line["id"] == *id,
        "entitlement" => line["on"] == *id,
        "grant" => line["entitlement"].as_str().unwrap().starts_with(&entitlement),
        _ => false,
    };
    all.iter().filter(of).collect()
}

#[tokio::test]
pub async fn each_kind_as_a_sync_has_it() {
    let (account, options) = account();
    let edge = Edge::with(account, options, &[]).await;
    let all = lines(&edge.post("/v1/sync", &json!({})).await);
    for kind in ["group", "role", "member", "user", "email"] {
        let of_kind = all.iter().filter(|line| line["type"] == "resource" && line["id"]["kind"] == kind);
        let mut held = 0;
        for resource in of_kind.take(6) {
            let id = &resource["id"];
            edge.mock.forget_requests();
            let answer =
                edge.get(&format!("/v1/resources/{kind}/{}", encoded(id["id"].as_str().unwrap()))).await;
            assert_eq!(answer.headers["content-type"], "application/x-ndjson");
            let found = lines(&answer);
            let (end, found) = found.split_last().unwrap();
            assert_eq!(
                (&end["type"], end["requests"].as_u64()),
                (&json!("end"), Some(edge.mock.request_count()))
            );
            let mut found: Vec<&Value> = found.iter().filter(|line| line["type"] != "warning").collect();
            assert_eq!(found[0], resource);
            let mut expected = about(&all, id);
            held += expected.len();
            found.sort_by_key(|line| line.to_string());
            expected.sort_by_key(|line| line.to_string());
            assert_eq!(found, expected, "{id}");
        }
        assert!(held > 5, "there is little to see of {kind}");
    }
}

#[tokio::test]
async fn an_address_may_stand_in_the_path_as_it_is_and_in_any_case() {
    let edge = Edge::new(Account::company()).await;
    let address = edge.mock.read(|account| truth::account(account).emails.first().unwrap().clone());
    for spelling in [address.clone(), address.replace('@', "%40"), address.to_uppercase()] {
        let found = lines(&edge.get(&format!("/v1/resources/email/{spelling}")).await);
        assert_eq!(found[0]["id"], json!({"kind": "email", "id": address}));
    }
}

#[tokio::test]
async fn an_id_may_stand_in_the_path_in_any_case() {
    let edge = Edge::new(Account::company()).await;
    let (group, user) = edge.mock.read(|account| (account.groups[0].id.clone(), account.users[0].id.clone()));
    for (kind, id) in [("group", group), ("user", user)] {
        let found = lines(&edge.get(&format!("/v1/resources/{kind}/{}", id.to_uppercase())).await);
        assert_eq!(found[0]["id"], json!({"kind": kind, "id": id}));
    }
}

#[tokio::test]
async fn what_is_not_there_is_not_found_however_late_that_shows() {
    let edge = Edge::new(Account::company()).await;
    for path in ["group/f174e90a", "role/0123", "member/0123", "user/0123", "email/nobody%40nowhere.example"]
    {
        let answer = edge.get(&format!("/v1/resources/{path}")).await;
        assert_eq!(failed(&answer), (404, "not-found"), "{path}");
    }
    for path in ["robot/1", "user/a%2Fb", "user/%2E%2E%2Fmembers", "user/%zz", "user/%ff"] {
        let answer = edge.get(&format!("/v1/resources/{path}")).await;
        assert_eq!(failed(&answer), (400, "invalid-argument"), "{path}");
    }
    for path in ["user", "user/", "/1", "user/1/2"] {
        let answer = checked(&edge.trusted(), Method::GET, &format!("/v1/resources/{path}"), "").await;
        assert_eq!(failed(&answer), (404, "not-found"), "{path}");
    }
}

#[tokio::test]
async fn what_may_be_in_a_gap_is_not_called_absent() {
    let (account, options) = account();
    let edge = Edge::with(account, options, &[]).await;
    let found = lines(&edge.get("/v1/resources/email/nobody%40nowhere.example").await);
    assert!(found.iter().any(|line| line["incomplete"] == true), "{found:?}");
    assert!(found.iter().all(|line| !["resource", "grant"].contains(&line["type"].as_str().unwrap())));
}

#[tokio::test]
async fn a_head_asks_no_more_than_it_needs() {
    let edge = Edge::new(Account::company()).await;
    let group = edge.mock.read(|account| account.groups[0].id.clone());
    for (id, status) in [(group.as_str(), 200), ("f174e90a", 404)] {
        let path = format!("/v1/resources/group/{id}");
        let answer = edge.trusted().try_send_text(Method::HEAD, &path, String::new()).await.unwrap();
        assert_eq!((answer.status.as_u16(), answer.body.as_str()), (status, ""));
    }
    edge.server.settle().await;
}
