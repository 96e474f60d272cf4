//! No secret is in an answer or in the log, whatever the upstream echoes and wherever a client puts
//! one.

use crate::asking::Edge;
use crate::common::http::Answer;
use host_test::mock::{Account, Effect, Fault, Options, Token};
use http::Method;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const CREDENTIAL: &str = "canary-7c1f0e5d9b3a4886";
const TOKEN: &str = "canary-of-the-connector-51d2";

fn effects() -> Vec<Option<Effect>> {
    let echo = format!("you sent {CREDENTIAL}");
    let status = |status, code| {
        let headers =
            vec![("x-echo".to_owned(), CREDENTIAL.to_owned()), ("retry-after".to_owned(), "290".to_owned())];
        Some(Effect::Status { status, code, message: echo.clone(), headers })
    };
    vec![
        None,
        status(401, 10000),
        status(403, 10000),
        status(400, 6003),
        status(429, 971),
        status(500, 1),
        Some(Effect::Body { status: 200, body: echo.clone() }),
        Some(Effect::Body { status: 200, body: format!(r#"{{"success":true,"result":"{CREDENTIAL}"}}"#) }),
        Some(Effect::Redirect { location: format!("https://evil.example/{CREDENTIAL}") }),
    ]
}

#[tokio::test]
pub async fn a_canary_shows_nowhere() {
    let bearer = format!("Bearer {TOKEN}");
    let principal = r#"{"kind":"user","id":"a"}"#;
    let grant = format!(
        r#"{{"changes":[{{"operation":"grant","entitlement":"group:a:member","principal":{principal}}}]}}"#
    );
    let in_path = format!("/v1/{TOKEN}/{CREDENTIAL}");
    for effect in effects() {
        let options = Options { tokens: vec![Token::new(CREDENTIAL)], ..Options::default() };
        let variables = [("CLOUDFLARE_API_TOKEN", CREDENTIAL), ("CONNECTOR_TOKEN", TOKEN)];
        let edge = Edge::with(Account::company(), options, &variables).await;
        if let Some(effect) = effect {
            edge.mock.inject(Fault::always(effect));
        }
        let mut shown = String::new();
        let half = &TOKEN[..20];
        for authorization in [bearer.as_str(), half, CREDENTIAL] {
            let client =
                edge.client(&[("authorization", authorization), ("content-type", "application/json")]);
            for (method, path, body) in [
                (Method::GET, "/healthz", ""),
                (Method::GET, "/v1/manifest", ""),
                (Method::POST, "/v1/validate", "{}"),
                (Method::POST, "/v1/sync", "{}"),
                (Method::POST, "/v1/sync", &format!(r#"{{"cursor":"{CREDENTIAL}"}}"#)),
                (Method::GET, "/v1/resources/user/a", ""),
                (Method::POST, "/v1/apply", &grant),
                (Method::GET, &in_path, ""),
            ] {
                let answer = client.try_send_text(method, path, body.to_owned()).await.unwrap();
                shown += &format!("{} {:?} {}\n", answer.status, answer.headers, answer.body);
            }
        }
        edge.server.settle().await;
        shown += &edge.whole_log();
        assert!(shown.contains("[redacted]") && shown.contains("401 Unauthorized"));
        let found =
            shown.find("canary").map(|at| &shown[at.saturating_sub(200)..(at + 100).min(shown.len())]);
        assert_eq!(found, None);
    }
}

/// Credentials that the service doesn't hold, and that have the form of an id.
const LIKE_IDS: [&str; 2] =
    ["Xk39dQzT7aaBcD0eFgHiJkLmNoPqRsTuVwXy1234", "c2547eb745079dac9320b638f5e225cf483cc"];

#[tokio::test]
pub async fn a_credential_in_the_place_of_an_id_is_not_repeated() {
    let edge = Edge::new(Account::company()).await;
    let change = |entitlement: &str, principal: &str| {
        let change =
            format!(r#"{{"operation":"grant","entitlement":"{entitlement}","principal":{principal}}}"#);
        ("/v1/apply", format!(r#"{{"changes":[{change}]}}"#))
    };
    let (group, user) = ("group:g:member", r#"{"kind":"user","id":"1"}"#);
    for secret in LIKE_IDS {
        let of = |pattern: &str| pattern.replace('*', secret);
        let mut shown = String::new();
        let mut show = |answer: Answer, status: &[u16], of: &str| {
            assert!(status.contains(&answer.status.as_u16()), "{of}: {} {}", answer.status, answer.body);
            shown += &format!("{:?} {}\n", answer.headers, answer.body);
        };
        for path in ["member/*", "role/*", "user/*", "group/*", "*/1"] {
            let path = of(&format!("/v1/resources/{path}"));
            show(edge.get(&path).await, &[400, 404], &path);
        }
        show(edge.get(&of("/v1/*/x")).await, &[404], "a path");
        for (path, body) in [
            ("/v1/sync", r#"{"kinds":["*"]}"#.to_owned()),
            ("/v1/sync", r#"{"*":1}"#.to_owned()),
            ("/v1/sync", r#"{"cursor":"*"}"#.to_owned()),
            ("/v1/validate", r#"{"*":1}"#.to_owned()),
            ("/v1/apply", r#"{"changes":"*"}"#.to_owned()),
            ("/v1/apply", r#"{"changes":[],"dry_run":"*"}"#.to_owned()),
            change("*", user),
            change("group:*:member", user),
            change("role:*:assigned", user),
            change(group, r#""*""#),
            change(group, r#"{"kind":"*","id":"1"}"#),
            change(group, r#"{"kind":"member","id":"*"}"#),
            change(group, r#"{"kind":"email","id":"*@corp.example"}"#),
            change(group, r#"{"kind":"user","id":"1","*":1}"#),
        ] {
            let body = of(&body);
            show(edge.post(path, &serde_json::from_str(&body).unwrap()).await, &[400], &body);
        }
        assert_eq!(edge.mock.request_count(), 0);
        // An email is looked for among all of them.
        for id in ["*", "*%40corp.example"] {
            let path = of(&format!("/v1/resources/email/{id}"));
            show(edge.get(&path).await, &[404], &path);
        }
        edge.mock.forget_requests();
        edge.server.settle().await;
        shown += &edge.whole_log();
        let at = shown.find(secret).map(|at| &shown[at.saturating_sub(200)..at]);
        assert_eq!(at, None);
    }
}

#[tokio::test]
pub async fn what_acts_on_a_terminal_is_not_logged_as_it_is() {
    let edge = Edge::new(Account::company()).await;
    let mut socket = TcpStream::connect(edge.server.address).await.unwrap();
    let request = "GET /v1/\u{202e}\u{9b}31m\u{2028}%1b HTTP/1.1\r\nhost: edge\r\nconnection: close\r\n\r\n";
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
    edge.server.settle().await;
    let log = edge.log();
    assert!(log.contains(r"/v1/\u202e\u009b31m\u2028%1b"), "{log:?}");
    assert!(!log.trim_end().contains(|c: char| c.is_control() || !c.is_ascii()), "{log:?}");
}
