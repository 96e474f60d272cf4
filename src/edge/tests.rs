//! The service over an empty Cloudflare, without a network.

use super::*;
use crate::cloudflare::transport::{self, Response, TransportError};
use serde_json::Value;
use std::cell::Cell;

const TOKEN: &str = "canary-of-the-connector";
const CREDENTIAL: &str = "canary-of-cloudflare";
const ACCOUNT: &str = "0123456789abcdef0123456789abcdef";

/// An empty account, which answers this many requests.
struct Empty {
    answers: Cell<usize>,
}

impl Transport for Empty {
    type Pending = ();

    fn start(&self, _: transport::Request) -> Result<(), TransportError> {
        Ok(())
    }

    fn finish(&self, (): (), _: usize) -> Result<Response, TransportError> {
        let left = self.answers.get().checked_sub(1).ok_or(TransportError::Denied)?;
        self.answers.set(left);
        let info = r#"{"page":1,"per_page":1000,"count":0,"total_count":0,"total_pages":0}"#;
        let body =
            format!(r#"{{"success":true,"errors":[],"messages":[],"result":[],"result_info":{info}}}"#);
        Ok(Response { status: 200, headers: vec![], body: body.into_bytes() })
    }

    fn now(&self) -> u64 {
        0
    }

    fn wait(&self, _: u32) {}
}

/// An answer as a client gets it, and the log.
#[derive(Default)]
struct Got {
    status: u16,
    headers: Vec<(&'static str, String)>,
    /// The body, piece by piece as it was flushed.
    pieces: Vec<String>,
    unflushed: Vec<u8>,
    /// The number of pieces that get through, if the client goes away.
    patience: Option<usize>,
    log: String,
}

impl Write for Got {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        assert_ne!(self.status, 0, "a body before a head");
        self.unflushed.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.patience.is_some_and(|patience| self.pieces.len() >= patience) {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        self.pieces.push(String::from_utf8(std::mem::take(&mut self.unflushed)).unwrap());
        Ok(())
    }
}

impl Answer for Got {
    fn begin(&mut self, head: Head) -> io::Result<()> {
        assert_eq!(self.status, 0, "a second head");
        (self.status, self.headers) = (head.status, head.headers);
        Ok(())
    }
}

impl Got {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    fn lines(&self) -> Vec<Value> {
        self.pieces.concat().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    fn error(&self) -> (u16, String) {
        let lines = self.lines();
        assert_eq!((lines.len(), &lines[0]["type"]), (1, &Value::from("error")), "{lines:?}");
        (self.status, lines[0]["kind"].as_str().unwrap().to_owned())
    }
}

struct Asking<'a> {
    variables: Vec<(&'a str, &'a str)>,
    headers: Vec<(&'a str, &'a str)>,
    answers: usize,
    patience: Option<usize>,
}

/// Sets up a service, and a client that knows the token.
fn asking<'a>() -> Asking<'a> {
    Asking {
        variables: vec![
            ("CONNECTOR_TOKEN", TOKEN),
            ("CONNECTOR_PROVISIONING", "true"),
            ("CLOUDFLARE_ACCOUNT_ID", ACCOUNT),
            ("CLOUDFLARE_API_TOKEN", CREDENTIAL),
        ],
        headers: vec![
            ("authorization", "Bearer canary-of-the-connector"),
            ("content-type", "application/json"),
        ],
        answers: usize::MAX,
        patience: None,
    }
}

impl<'a> Asking<'a> {
    fn without_variable(mut self, name: &str) -> Self {
        self.variables.retain(|(known, _)| *known != name);
        self
    }

    fn with_headers(mut self, headers: &[(&'a str, &'a str)]) -> Self {
        self.headers = headers.to_vec();
        self
    }

    fn send(&self, method: &str, target: &str, body: &str) -> Got {
        let environment = Environment::read(|wanted| {
            self.variables.iter().find(|(name, _)| *name == wanted).map(|(_, value)| (*value).to_owned())
        });
        let headers: Vec<_> = self
            .headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec()))
            .collect();
        let request = Request { method, target, headers: &headers, body: &mut body.as_bytes() };
        let (mut got, mut log) = (Got { patience: self.patience, ..Got::default() }, Vec::new());
        let transport = Empty { answers: Cell::new(self.answers) };
        let written = serve(&environment, Cached::fresh(transport), request, &mut got, &mut log);
        got.log = String::from_utf8(log).unwrap();
        assert_eq!(written.is_ok(), self.patience.is_none());
        assert!(
            !format!("{:?} {:?} {}", got.headers, got.pieces, got.log).contains("canary"),
            "a secret shows"
        );
        assert_eq!(
            (got.header("cache-control"), got.header("x-content-type-options")),
            (Some("no-store"), Some("nosniff"))
        );
        got
    }
}

#[test]
fn only_two_paths_answer_without_the_token() {
    for open in ["/healthz", "/v1/manifest"] {
        for asking in
            [asking().with_headers(&[]), asking().with_headers(&[]).without_variable("CONNECTOR_TOKEN")]
        {
            let got = asking.send("GET", open, "");
            assert_eq!((got.status, got.log.as_str()), (200, ""), "{open}");
        }
    }
    for closed in [
        "/",
        "/v1/openapi.json",
        "/v1/validate",
        "/v1/sync",
        "/v1/resources/user/u1",
        "/v1/principals/user/u1/held",
        "/v1/apply",
        "/v2",
    ] {
        for method in ["GET", "POST", "PATCH"] {
            let got = asking().with_headers(&[]).send(method, closed, "");
            assert_eq!(got.error(), (401, "unauthenticated".to_owned()), "{closed}");
            assert!(got.log.contains("No token was sent"), "{}", got.log);
            let got = asking().without_variable("CONNECTOR_TOKEN").send(method, closed, "");
            assert_eq!(got.error(), (401, "unauthenticated".to_owned()), "{closed}");
            assert!(got.log.contains("CONNECTOR_TOKEN is not set"), "{}", got.log);
        }
    }
}

#[test]
fn pages_cursors_and_an_end() {
    let got = asking().send("POST", "/v1/sync", "");
    assert_eq!((got.status, got.header("content-type")), (200, Some("application/x-ndjson")));
    let lines = got.lines();
    let (end, cursors) = lines.split_last().unwrap();
    assert!(cursors.len() > 1 && cursors.iter().all(|line| line["type"] == "cursor"), "{lines:?}");
    assert_eq!((end["type"].as_str(), end["requests"].as_u64()), (Some("end"), Some(9)));
    assert!(got.pieces.len() > cursors.len(), "each page is on its way before the next one is asked for");
    let rest = format!(r#"{{"cursor":{}}}"#, cursors[0]["cursor"]);
    let rest = asking().send("POST", "/v1/sync", &rest).lines();
    assert_eq!(rest[..rest.len() - 1], cursors[1..]);
}

#[test]
fn a_failure_is_the_answer_at_first_and_the_last_line_later() {
    let failing = |answers| Asking { answers, ..asking() }.send("POST", "/v1/sync", "{}");
    assert_eq!(failing(0).error(), (503, "unavailable".to_owned()));
    let got = failing(2);
    assert_eq!(got.status, 200);
    let lines = got.lines();
    let (last, before) = lines.split_last().unwrap();
    assert_eq!((last["type"].as_str(), last["kind"].as_str()), (Some("error"), Some("unavailable")));
    assert_eq!(before.last().unwrap()["type"], "cursor");
    assert_eq!(got.log.lines().count(), 1);
    assert!(
        got.log.contains(r#""level":"error","method":"POST","route":"/v1/sync","status":503"#),
        "{}",
        got.log
    );
}

#[test]
fn a_client_that_is_gone_ends_the_work() {
    let got = Asking { patience: Some(1), ..asking() }.send("POST", "/v1/sync", "{}");
    assert_eq!(got.pieces.len(), 1);
    assert!(got.log.contains("didn't get through"), "{}", got.log);
}

#[test]
fn changes_of_which_nobody_hears_are_counted_in_the_log() {
    let body =
        r#"{"changes":[{"operation":"grant","entitlement":"e","principal":{"kind":"user","id":"1"}}]}"#;
    let got = Asking { patience: Some(0), ..asking() }.send("POST", "/v1/apply", body);
    assert!(got.log.contains("didn't get through") && got.log.contains("1 invalid-argument"), "{}", got.log);
    assert_eq!(got.log.lines().count(), 1, "{}", got.log);
}

#[test]
fn a_head_has_no_body() {
    for path in ["/healthz", "/v1/manifest", "/v1/openapi.json"] {
        let got = asking().send("HEAD", path, "");
        assert_eq!((got.status, got.pieces.len()), (200, 0), "{path}");
    }
    let got = asking().send("HEAD", "/v1/resources/email/a@b.example", "");
    assert_eq!((got.status, got.pieces.len()), (404, 0));
}

#[test]
fn what_is_asked_wrongly_is_told_before_cloudflare_is_asked() {
    let unasked = || Asking { answers: 0, ..asking() };
    let not_json = unasked().with_headers(&[("authorization", "Bearer canary-of-the-connector")]);
    let off = || unasked().without_variable("CONNECTOR_PROVISIONING");
    let many = format!(
        r#"{{"changes":[{}]}}"#,
        vec![r#"{"operation":"grant","entitlement":"e","principal":{"kind":"user","id":"1"}}"#; 1001]
            .join(",")
    );
    for (asking, method, target, body, status, expected) in [
        (unasked(), "GET", "/v1/nothing", "", 404, "no such path"),
        (unasked(), "GET", "/v1/sync", "", 405, "POST"),
        (unasked(), "POST", "/v1/sync?cursor=1", "", 400, "query"),
        (unasked(), "POST", "/v1/sync", "{", 400, "line 1"),
        (unasked(), "POST", "/v1/sync", r#"{"kinds":["robot"]}"#, 400, "robot"),
        (unasked(), "POST", "/v1/sync", r#"{"cursor":"x"}"#, 400, "cursor"),
        (unasked(), "POST", "/v1/sync", r#"{"kind":[]}"#, 400, "unknown field"),
        (unasked(), "POST", "/v1/validate", r#"{"kinds":[]}"#, 400, "unknown field"),
        (unasked(), "GET", "/v1/resources/robot/1", "", 400, "robot"),
        (unasked(), "GET", "/v1/resources/user/%", "", 400, "percent"),
        (unasked(), "GET", "/v1/principals/robot/1/held", "", 400, "robot"),
        (unasked(), "GET", "/v1/principals/group/f174e90a/held", "", 400, "principal"),
        (unasked(), "GET", "/v1/principals/user/%/held", "", 400, "percent"),
        (unasked(), "GET", "/v1/principals/user/1/held?cursor=1", "", 400, "query"),
        (unasked(), "POST", "/v1/apply", "", 400, "changes"),
        (unasked(), "POST", "/v1/apply", r#"{"changes":[],"dryrun":true}"#, 400, "expected one of `changes`"),
        (unasked(), "POST", "/v1/apply", &many, 400, "1001"),
        (not_json, "POST", "/v1/sync", "{}", 415, "application/json"),
        (off(), "POST", "/v1/apply", "", 400, "changes"),
        (off(), "POST", "/v1/apply", r#"{"changes":[],"dry_run":false}"#, 403, "CONNECTOR_PROVISIONING"),
        (unasked().without_variable("CLOUDFLARE_ACCOUNT_ID"), "POST", "/v1/sync", "", 500, "account-id"),
    ] {
        let got = asking.send(method, target, body);
        assert_eq!(got.error().0, status, "{target} {body}: {:?}", got.pieces);
        let body = got.pieces.concat();
        assert!(body.contains(expected), "{expected}: {body}");
        assert!(got.log.contains(&format!("\"status\":{status}")), "{}", got.log);
    }
}

#[test]
fn a_log_line_is_one_line_without_secrets() {
    let path = "/v1/\n{\"level\":\"forged\"}\u{1b}[2J\u{202e}canary-of-cloudflare/canary-of-the-connector";
    let got = asking().send("canary-of-the-connector", path, "");
    assert_eq!(got.log.lines().count(), 1, "{}", got.log);
    assert!(!got.log.contains(['\u{1b}', '\u{202e}']), "{}", got.log);
    let line: Value = serde_json::from_str(&got.log).unwrap();
    assert!(line["route"].as_str().unwrap().ends_with("[redacted]/[redacted]"), "{line}");
}

#[test]
fn a_log_line_has_the_route_and_not_the_path() {
    for (path, route) in [
        ("/v1/resources/email/ann%40corp.example", "/v1/resources/{kind}/{id}"),
        ("/v1/principals/email/ann%40corp.example/held", "/v1/principals/{kind}/{id}/held"),
    ] {
        let got = Asking { answers: 0, ..asking() }.send("GET", path, "");
        let line: Value = serde_json::from_str(&got.log).unwrap();
        assert_eq!(line["route"], route);
    }
}
