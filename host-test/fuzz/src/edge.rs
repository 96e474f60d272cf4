//! Requests to the HTTP service: each gets one answer in the form that its headers say. Nobody gets in
//! without the token of the interface, and nothing is written unasked.

use super::memory::{Memory, none, one, page};
use super::{ACCOUNT, SECRET, lines};
use cloudflare_zero_trust::cloudflare::cached::Cached;
use cloudflare_zero_trust::cloudflare::transport::{self, Method, Response, TransportError};
use cloudflare_zero_trust::edge::{Answer, Environment, Head, Request, serve};
use serde_json::Value;
use std::cell::Cell;
use std::io::{self, Write};

const TOKEN: &str = "of-the-connector-76543210";
const SCIM_TOKEN: &str = "of-the-platform-98765432";

/// The answer that the client gets.
#[derive(Default)]
struct Got {
    head: Option<Head>,
    body: Vec<u8>,
}

impl Write for Got {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        assert!(self.head.is_some(), "a body before a head");
        self.body.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Answer for Got {
    fn begin(&mut self, head: Head) -> io::Result<()> {
        assert!(self.head.replace(head).is_none(), "a second head");
        Ok(())
    }
}

/// Runs one input. The first line is a method and a target. The lines up to an empty one are headers,
/// and the rest is the body. A `%T` in a header stands for the token, and `%S` for that of SCIM.
pub fn run(data: &[u8]) {
    let Some((head, mut body)) = lines::split(data) else { return };
    let sent = body;
    let mut lines = head.lines();
    let (method, target) = lines.next().unwrap_or_default().split_once(' ').unwrap_or_default();
    let headers: Vec<(String, Vec<u8>)> = lines::headers(lines)
        .into_iter()
        .map(|(name, value)| (name, value.replace("%T", TOKEN).replace("%S", SCIM_TOKEN).into_bytes()))
        .collect();
    let environment = Environment::read(|name| {
        let value = match name {
            "CONNECTOR_TOKEN" => TOKEN,
            "SCIM_TOKEN" => SCIM_TOKEN,
            "CONNECTOR_PROVISIONING" => "true",
            "CLOUDFLARE_ACCOUNT_ID" => ACCOUNT,
            "CLOUDFLARE_API_TOKEN" => SECRET,
            _ => return None,
        };
        Some(value.to_owned())
    });
    let (asked, written) = (Cell::new(0), Cell::new(0));
    let upstream = Memory(|request: &transport::Request| {
        asked.set(asked.get() + 1);
        written.set(written.get() + usize::from(request.method == Method::Put));
        small_account(request)
    });
    let (mut got, mut log) = (Got::default(), Vec::new());
    let request = Request { method, target, headers: &headers, body: &mut body };
    serve(&environment, Cached::fresh(upstream), request, &mut got, &mut log).expect("the client stays");

    let head = got.head.expect("an answer");
    let path = target.split('?').next().unwrap_or_default();
    let is_scim = path == "/scim/v2" || path.starts_with("/scim/v2/");
    let is_known = match head.status {
        200 | 400 | 401 | 404 | 405 | 413 | 415 | 500..=504 => true,
        204 | 304 | 403 | 409 | 412 => is_scim,
        _ => false,
    };
    assert!(is_known, "{}", head.status);
    let is_public = matches!(path, "/healthz" | "/v1/manifest");
    let token = if is_scim { SCIM_TOKEN } else { TOKEN };
    if !is_public && !knows_the_token(&headers, token) {
        assert_eq!((head.status, asked.get()), (401, 0), "somebody got in");
    }
    if written.get() > 0 {
        let is_change = if is_scim {
            matches!(method, "PUT" | "PATCH")
        } else {
            method == "POST" && path == "/v1/apply" && !is_dry_run(sent)
        };
        assert!(is_change, "something was written");
    }
    let (body, log) = (String::from_utf8(got.body).expect("UTF-8"), String::from_utf8(log).expect("UTF-8"));
    let is_json = |text: &str| serde_json::from_str::<Value>(text).is_ok();
    assert!(log.lines().all(is_json) && log.lines().count() <= 1, "{log}");
    let is_answered = matches!(head.status, 200 | 204 | 304);
    assert!(is_answered || log.lines().count() == 1, "{} is not logged", head.status);
    let content_type =
        head.headers.iter().find(|(name, _)| *name == "content-type").map(|(_, value)| value.as_str());
    if method == "HEAD" || matches!(head.status, 204 | 304) {
        assert!(body.is_empty());
    } else if content_type == Some("application/x-ndjson") {
        assert!(body.lines().all(is_json), "{body}");
        let last: Value = serde_json::from_str(body.lines().last().unwrap_or_default()).expect("a last line");
        assert!(matches!(last["type"].as_str(), Some("end" | "error")), "{last}");
    } else {
        assert!(is_json(&body), "{body}");
    }
    assert!(!body.chars().chain(log.chars()).any(|c| c.is_control() && c != '\n'), "{body} {log}");
    let shown = format!("{body}{log}{:?}", head.headers);
    let says = |secret: &str| data.windows(secret.len()).any(|window| window == secret.as_bytes());
    for secret in [SECRET, TOKEN, SCIM_TOKEN] {
        assert!(!shown.contains(secret) || says(secret), "a secret shows: {shown}");
    }
}

fn knows_the_token(headers: &[(String, Vec<u8>)], token: &str) -> bool {
    let given: Vec<&[u8]> = headers
        .iter()
        .filter(|(name, _)| name == "authorization")
        .map(|(_, value)| value.as_slice())
        .collect();
    let [given] = given.as_slice() else { return false };
    let given = String::from_utf8_lossy(given).into_owned();
    let is_bearer = given.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case("bearer "));
    is_bearer && given[7..].trim_matches(|c: char| c.is_ascii_whitespace()) == token
}

fn is_dry_run(body: &[u8]) -> bool {
    serde_json::from_slice::<Value>(body).is_ok_and(|body| body["dry_run"] == true)
}

/// Answers for an account with a few people, a group that names them, and a role.
fn small_account(request: &transport::Request) -> Result<Response, TransportError> {
    const GROUP: &str = concat!(
        r#"{"id":"g","name":"Group","include":[{"email":{"email":"ann@corp.example"}},"#,
        r#"{"email_domain":{"domain":"other.example"}}],"exclude":[],"require":[]}"#,
    );
    const ROLE: &str = r#"{"id":"r","name":"Administrator","description":"","permissions":{}}"#;
    const MEMBER: &str = concat!(
        r#"{"id":"m","status":"accepted","user":{"id":"x","email":"bob@other.example"},"#,
        r#""roles":[{"id":"r","name":"Administrator"},"#,
        r#"{"id":"s","name":"Super Administrator - All Privileges"}],"policies":[]}"#,
    );
    const USER: &str = concat!(
        r#"{"id":"u","email":"ann@corp.example","name":"Ann \u001b[31m","#,
        r#""last_successful_login":"2026-11-23T18:54:26Z"}"#,
    );
    if request.method == Method::Put {
        return one(request.body.as_deref().unwrap_or("null"));
    }
    let path = request.path_and_query.split('?').next().unwrap_or_default();
    match path.rsplit_once("0123456789abcdef/").map(|(_, below)| below) {
        Some("access/groups") => page(&[GROUP]),
        Some("roles") => page(&[ROLE]),
        Some("members") => page(&[MEMBER]),
        Some("access/users") => page(&[USER]),
        Some("access/groups/g") => one(GROUP),
        Some("roles/r") => one(ROLE),
        Some("members/m") => one(MEMBER),
        Some("access/users/u") => one(USER),
        None => one(r#"{"id":"t","status":"active"}"#),
        Some(_) => none(),
    }
}
