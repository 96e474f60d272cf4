//! Clients at once, slow ones, and ones that leave.

use super::{Ours, told};
use crate::asking::{checked, lines};
use crate::common::compare::compare;
use crate::records::whole;
use host_test::mock::Account;
use http::Method;
use std::io::{Read, Write};
use std::net::TcpStream;
use tokio::task::JoinSet;

#[tokio::test(flavor = "multi_thread")]
async fn twenty_clients_at_once_get_what_each_should_though_one_is_slow_and_one_has_a_wrong_token() {
    let ours = Ours::with(Account::company(), &[]).await;
    let account = ours.mock.account();
    // It has sent half of its head.
    let mut slow = TcpStream::connect(ours.served.address).unwrap();
    slow.write_all(b"POST /v1/sync HTTP/1.1\r\nhost: slow\r\n").unwrap();
    let mut clients = JoinSet::new();
    for _ in 0..18 {
        let client = ours.trusted();
        clients.spawn(async move { checked(&client, Method::POST, "/v1/sync", "{}").await });
    }
    let wrong = ours.client("another-token");
    let refused = checked(&wrong, Method::POST, "/v1/sync", "{}").await;
    assert_eq!(refused.status, 401);
    while let Some(answer) = clients.join_next().await {
        let answer = answer.unwrap();
        assert_eq!(answer.status, 200, "{}", answer.body);
        compare(&whole(&lines(&answer)), &account);
    }
    let rest = format!("authorization: Bearer {}\r\nconnection: close\r\n\r\n", crate::asking::TOKEN);
    slow.write_all(rest.as_bytes()).unwrap();
    let mut answer = String::new();
    slow.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains(r#""type":"end""#), "{answer}");
    let log = ours.served.log();
    let of_sync = log.iter().filter_map(told).filter(|(route, ..)| *route == "/v1/sync");
    let mut statuses: Vec<u64> = of_sync.map(|(_, status, _)| status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [vec![200; 19], vec![401]].concat());
}

#[tokio::test]
async fn beyond_the_bound_a_client_hears_when_to_come_again_and_health_still_answers() {
    let ours = Ours::with(Account::company(), &["--requests-at-once", "1"]).await;
    let release = ours.hold_after(0);
    let first = ours.trusted();
    let first = tokio::spawn(async move { checked(&first, Method::POST, "/v1/sync", "{}").await });
    ours.is_asked().await;
    let second = ours.trusted();
    for path in ["/v1/sync", "/scim/v2/Users"] {
        let busy = second.try_send_text(Method::POST, path, "{}".to_owned()).await.unwrap();
        assert_eq!((busy.status.as_u16(), busy.headers["retry-after"].as_str()), (503, "1"), "{path}");
        let is_scim = busy.json["schemas"][0] == "urn:ietf:params:scim:api:messages:2.0:Error";
        let is_own = busy.json["kind"] == "unavailable";
        assert_eq!((is_scim, is_own), (path.starts_with("/scim"), !path.starts_with("/scim")), "{busy:?}");
    }
    let health = second.try_send_text(Method::GET, "/healthz", String::new()).await.unwrap();
    assert_eq!(health.status, 200);
    release.send(true).unwrap();
    assert_eq!(first.await.unwrap().status, 200);
    assert_eq!(checked(&second, Method::POST, "/v1/sync", "{}").await.status, 200);
}

#[tokio::test]
async fn a_client_that_leaves_ends_its_request() {
    let ours = Ours::with(Account::company(), &[]).await;
    let _release = ours.hold_after(0);
    let client = ours.trusted();
    let asking = tokio::spawn(async move {
        let _ = client.begin(Method::POST, "/v1/sync", "{}".to_owned()).await;
    });
    ours.is_asked().await;
    asking.abort();
    // Its request to the mock is given up, although nobody has answered it.
    ours.mock.is_left().await;
    let line = ours.served.waits_for(|line| told(line).is_some_and(|(route, ..)| route == "/v1/sync"));
    assert_eq!(told(&line), Some(("/v1/sync", 0, "the client left before the end of its answer")));
    let health = ours.trusted().try_send_text(Method::GET, "/healthz", String::new()).await.unwrap();
    assert_eq!(health.status, 200);
}

#[tokio::test]
async fn what_is_no_sound_request_is_refused_and_no_part_of_it_is_logged() {
    let ours = Ours::with(Account::company(), &[]).await;
    for (request, status) in [
        ("GET /healthz HTTP/1.0\r\n\r\n".to_owned(), "400"),
        ("GET /healthz HTTP/1.1\r\nhost: \u{e9}\r\nconnection: close\r\n\r\n".to_owned(), "400"),
        ("canary\r\n\r\n".to_owned(), "400"),
        (format!("GET /v1/{} HTTP/1.1\r\nhost: h\r\n\r\n", "canary".repeat(20_000)), "4"),
        ("CANARY /v1/canary?canary HTTP/1.1\r\nhost: canary\r\nconnection: close\r\n\r\n".to_owned(), "401"),
    ] {
        let mut socket = TcpStream::connect(ours.served.address).unwrap();
        // The service may have closed the connection before the end.
        let _ = socket.write_all(request.as_bytes());
        let mut answer = Vec::new();
        let _ = socket.read_to_end(&mut answer);
        let answer = String::from_utf8_lossy(&answer);
        let start: String = request.chars().take(60).collect();
        let said = answer.lines().next().and_then(|line| line.split(' ').nth(1)).unwrap_or_default();
        assert!(said.starts_with(status), "{start:?}: {answer}");
    }
    let log = ours.served.log();
    let of_host = log.iter().filter(|line| line["target"] != "host_test::service");
    let shown: String = of_host.map(|line| line.to_string().to_lowercase()).collect();
    assert!(!shown.contains("canary") && shown.contains("another method"), "{shown}");
}
