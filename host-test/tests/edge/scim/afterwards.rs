//! The table of the page about somebody who was deactivated or deleted: each row is what is seen of them.

use super::{ANN, BOB, CAT, DEE, EVE, Scim, account, email};
use host_test::mock::Account;
use http::Method;
use serde_json::{Value, json};

const PAGE: &str = include_str!("../../../pages/scim.md");

/// Leaves nothing that lets anybody in but what is their own.
fn tidy() -> Account {
    let mut account = account();
    account.groups[2].include = Some(vec![email("bob@corp.example"), email("other@corp.example")]);
    account.users[1].access_seat = Some(true);
    account
}

/// Tells what is seen of a person: by the id, in lists, and at Cloudflare.
async fn seen(scim: &Scim, id: &str, address: &str) -> [String; 3] {
    let one = scim.ask(Method::GET, &format!("/Users/{id}"), &Value::Null).await;
    let all = scim.get("/Users").await;
    let mut listed = all["Resources"].as_array().unwrap().iter().filter(|user| user["id"] == *id);
    let tell = |user: Option<&Value>| match user {
        Some(user) => format!("`active` {}", user["active"]),
        None => "404".to_owned(),
    };
    let by_id = tell(Some(&one.json).filter(|_| one.status == 200));
    let in_lists = listed.next().map_or_else(|| "not there".to_owned(), |user| tell(Some(user)));
    let left = scim.edge.mock.read(|account| {
        let is_theirs = |email: &Option<String>| email.as_deref() == Some(address);
        let mut left = Vec::new();
        for user in account.users.iter().filter(|user| is_theirs(&user.email)) {
            left.push(if user.access_seat == Some(true) { "Access user with a seat" } else { "Access user" });
        }
        for member in account.members.iter().filter(|member| is_theirs(&member.email)) {
            left.push(if member.status == "pending" { "invitation" } else { "membership" });
        }
        let groups = serde_json::to_string(&account.groups.iter().map(|it| &it.include).collect::<Vec<_>>());
        if groups.unwrap().to_ascii_lowercase().contains(address) {
            left.push("rule");
        }
        left.join(", ")
    });
    [by_id, in_lists, if left.is_empty() { "nothing".to_owned() } else { left }]
}

#[tokio::test]
async fn the_page_tells_what_is_seen_afterwards() {
    let mut missing = Vec::new();
    for (who, id, address) in [
        ("an Access user who has logged in", BOB, "bob@corp.example"),
        ("an Access user who never has", CAT, "cat@corp.example"),
        ("an address that only a rule names", DEE, "dee@partner.example"),
        ("a member of the account, and Access user", ANN, "ann@corp.example"),
        ("somebody who is only invited to the account", EVE, "eve@corp.example"),
    ] {
        for request in ["`active: false`", "DELETE"] {
            let mut rows: Vec<(&str, String)> = Vec::new();
            for provisioning in ["true", "false"] {
                let mut statuses = Vec::new();
                let mut after = Vec::new();
                for report_only in ["false", "true"] {
                    let variables =
                        [("CONNECTOR_PROVISIONING", provisioning), ("SCIM_REPORT_ONLY", report_only)];
                    let scim = Scim::with(tidy(), &variables).await;
                    let path = format!("/Users/{id}");
                    let answer = match request {
                        "DELETE" => scim.ask(Method::DELETE, &path, &Value::Null).await,
                        _ => {
                            let body = json!({"Operations": [{"op": "replace", "value": {"active": false}}]});
                            scim.ask(Method::PATCH, &path, &body).await
                        }
                    };
                    statuses.push(answer.status.as_u16());
                    after.push(seen(&scim, id, address).await);
                }
                assert_eq!(after[0], after[1], "{who}, {request}: the switch changes the answer alone");
                let status = match statuses[..] {
                    [status, same] if status == same => status.to_string(),
                    _ => format!("{}; {} with `SCIM_REPORT_ONLY=true`", statuses[0], statuses[1]),
                };
                let [by_id, in_lists, left] = &after[0];
                rows.push((provisioning, format!("{status} | {by_id} | {in_lists} | {left}")));
            }
            if rows[0].1 == rows[1].1 {
                rows.truncate(1);
                rows[0].0 = "either";
            }
            for (provisioning, row) in rows {
                let row = format!("| {who} | {request} | {provisioning} | {row} |");
                if !PAGE.contains(&row) {
                    missing.push(row);
                }
            }
        }
    }
    assert!(missing.is_empty(), "the page doesn't have:\n{}", missing.join("\n"));
}
