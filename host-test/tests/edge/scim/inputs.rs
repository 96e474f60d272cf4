//! Mistakes of clients and operators: too many members, another address, a slash too many, a host alone.

use super::dialects::id_of;
use super::{ANN, Scim, account, email};
use http::Method;
use serde_json::{Value, json};

/// Returns the members with these numbers.
fn people(numbers: std::ops::Range<usize>) -> Vec<Value> {
    numbers.map(|number| json!({"value": id_of(&address(number))})).collect()
}

fn address(number: usize) -> String {
    format!("p{number:04}@corp.example")
}

#[tokio::test]
async fn too_many_members_of_one_request_are_counted_and_the_sentence_says_what_to_send() {
    let scim = Scim::new(account()).await;
    let change = |op: &str, many| json!([{"op": op, "path": "members", "value": people(0..many)}]);
    for (operations, told) in [
        (
            change("add", 1001),
            "This request would add 1001 members, and one request can change at most 1000 members. \
             Cloudflare takes at most 1000 rules in a group, and each member is one: divide these people \
             among several groups. Nothing was written.",
        ),
        (
            change("remove", 1001),
            "This request would remove 1001 members, and one request can change at most 1000 members. Send \
             PATCH requests with some of the members each. Nothing was written.",
        ),
        (
            // Bob is the one who goes.
            change("replace", 1000),
            "This request would add 1000 members and remove 1, and one request can change at most 1000 \
             members. Send PATCH requests with some of the members each. Nothing was written.",
        ),
    ] {
        let (status, body) = scim.patch("/Groups/a3", operations).await;
        assert_eq!((status, body["scimType"].as_str()), (400, Some("invalidValue")));
        assert_eq!(body["detail"].as_str(), Some(told));
    }
    let body = json!({"displayName": "Sales", "members": people(0..1000)});
    let answer = scim.ask(Method::POST, "/Groups", &body).await;
    let told = "The group would have 1001 rules: one for each of its 1000 members, and one that lets nobody \
                in. Cloudflare takes at most 1000 in one group. Divide these people among several groups. \
                Nothing was written.";
    assert_eq!((answer.status.as_u16(), answer.json["detail"].as_str()), (409, Some(told)));
    assert_eq!((scim.writes(), scim.edge.mock.account()), (0, account()));
}

#[tokio::test]
async fn who_does_not_fit_into_a_group_is_named() {
    let mut account = account();
    account.groups[2].include = Some((0..998).map(|number| email(&address(number))).collect());
    let scim = Scim::new(account.clone()).await;
    let operations = json!([{"op": "add", "path": "members", "value": people(996..1002)}]);
    let (status, body) = scim.patch("/Groups/a3", operations).await;
    let told = "None of the 6 changes was made, because of 2 of them. p1000@corp.example, \
                p1001@corp.example: The group would have 1002 rules, and Cloudflare takes at most 1000 in \
                one. Give these people another group, or put their addresses into a list that the group \
                includes. Nothing was written.";
    assert_eq!((status, body["detail"].as_str()), (400, Some(told)));
    assert_eq!((scim.writes(), scim.edge.mock.account()), (0, account));
}

#[tokio::test]
async fn a_user_has_the_address_of_the_user_name_whatever_the_emails_are() {
    let scim = Scim::new(account()).await;
    // Entra's defaults: the name for logins, and the address for mail.
    let body = json!({
        "userName": "fay@corp.example",
        "emails": [{"type": "work", "value": "Fay.Lee@mail.example", "primary": true}],
    });
    let answer = scim.ask(Method::POST, "/Users", &body).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    assert_eq!(answer.json["emails"][0]["value"], "fay@corp.example");
    assert!(!answer.body.contains("mail.example"), "{}", answer.body);
    let users = scim.edge.mock.account().users;
    assert_eq!(users.last().unwrap().email.as_deref(), Some("fay@corp.example"));
    assert_eq!(users.len(), account().users.len() + 1);
}

#[tokio::test]
async fn a_slash_at_the_end_of_a_path_makes_no_difference() {
    let scim = Scim::new(account()).await;
    for path in ["/Users", "/Groups", "/Groups/a1", "/Roles", "/Schemas", "/ServiceProviderConfig"] {
        assert_eq!(scim.get(&format!("{path}/")).await, scim.get(path).await, "{path}");
    }
    assert_eq!(scim.get("/Users/?count=2").await, scim.get("/Users?count=2").await);
    let add = json!([{"op": "add", "path": "members", "value": [{"value": ANN}]}]);
    assert_eq!(scim.patch("/Groups/a3/", add).await, (204, Value::Null));
    assert_eq!(scim.includes(2), [email("bob@corp.example"), email("ann@corp.example")]);
    let answer = scim.ask(Method::GET, "/Groups//", &Value::Null).await;
    assert_eq!(answer.status, 404, "{}", answer.body);
}

/// `wasmtime serve` starts with whatever is set. Addresses that lead nowhere are never told.
#[tokio::test]
async fn an_address_of_the_service_that_leads_nowhere_is_the_operators_fault() {
    for url in ["https://scim.corp.example", "scim.corp.example/scim/v2", "https://ann:canary@a.example/scim"]
    {
        let scim = Scim::with(account(), &[("SCIM_URL", url)]).await;
        for path in ["/Users", "/Groups/a1", "/ServiceProviderConfig", "/ResourceTypes"] {
            let answer = scim.ask(Method::GET, path, &Value::Null).await;
            let detail = answer.json["detail"].as_str().unwrap();
            assert!(answer.status == 500 && detail.starts_with("SCIM_URL is "), "{}", answer.body);
            assert!(!answer.body.contains("canary") && detail.contains("/scim/v2"), "{}", answer.body);
        }
        assert_eq!(scim.edge.mock.request_count(), 0);
    }
    let scim = Scim::with(account(), &[("SCIM_URL", "https://iga.corp.example/cloudflare/")]).await;
    let location = &scim.get("/Groups/a1").await["meta"]["location"];
    assert_eq!(location, "https://iga.corp.example/cloudflare/Groups/a1");
}
