//! The limits of one request: what exceeds them fails alone.

use super::{Ours, told};
use crate::asking::checked;
use host_test::mock::{Account, Size};
use http::Method;
use serde_json::{Value, json};

fn large() -> Account {
    Account::generate(5, Size { users: 3_000, members: 200, groups: 40, roles: 20 })
}

#[tokio::test]
async fn a_request_that_takes_too_much_memory_fails_alone() {
    for mib in ["2", "3"] {
        let ours = Ours::with(large(), &["--memory-mib", mib]).await;
        let client = ours.trusted();
        // It traps before its answer begins, or in the middle: then the answer is cut off.
        let answer = client.try_send_text(Method::POST, "/v1/sync", r#"{"kinds":["user"]}"#.to_owned()).await;
        if let Ok(answer) = answer {
            assert_eq!((answer.status.as_u16(), answer.json["kind"].as_str()), (500, Some("internal")));
            assert!(answer.json["message"].as_str().unwrap().contains("Its log says why"), "{}", answer.body);
        }
        let log = ours.served.log();
        let is_of_sync = |line: &&Value| told(line).is_some_and(|(route, ..)| route == "/v1/sync");
        let line = log.iter().find(is_of_sync).unwrap();
        let reason =
            format!("the connector was stopped in `handle`: it asked for more than {mib} MiB of memory");
        assert_eq!((&line["level"], &line["fields"]["message"]), (&json!("ERROR"), &json!(reason)));
        assert_eq!(checked(&client, Method::GET, "/v1/manifest", "").await.status, 200);
    }
}

#[tokio::test]
async fn a_component_that_traps_costs_one_client_its_answer() {
    // It can't even start with so little.
    let ours = Ours::with(Account::company(), &["--memory-mib", "1"]).await;
    let client = ours.trusted();
    for _ in 0..3 {
        let answer = client.try_send_text(Method::GET, "/healthz", String::new()).await.unwrap();
        assert_eq!((answer.status.as_u16(), answer.json["kind"].as_str()), (500, Some("internal")));
        let number = &answer.headers["x-request-id"];
        assert!(answer.json["message"].as_str().unwrap().contains(&format!("request {number}")));
    }
}

#[tokio::test]
async fn a_request_that_takes_too_long_is_ended() {
    let ours = Ours::with(Account::company(), &["--request-seconds", "1"]).await;
    let release = ours.hold_after(0);
    let client = ours.trusted();
    let answer = client.try_send_text(Method::POST, "/v1/sync", "{}".to_owned()).await.unwrap();
    assert_eq!(
        (answer.status.as_u16(), answer.json["kind"].as_str()),
        (504, Some("unavailable")),
        "a sync changes nothing"
    );
    ours.mock.is_left().await;
    release.send(true).unwrap();
    let log = ours.served.log();
    let (.., reason) = log.iter().filter_map(told).find(|(_, status, _)| *status == 504).unwrap();
    assert_eq!(reason, "the connector was stopped in `handle`: it took longer than 1s");
}
