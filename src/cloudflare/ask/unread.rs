//! Answers that aren't the API's: from its edge, from something before it, in an encoding that wasn't
//! asked for, or from another address.

use super::{Ask, Before};
use crate::cloudflare::envelope::{ApiError, Envelope};
use crate::cloudflare::failure::{self, Answer};
use crate::cloudflare::problem::Problem;
use crate::cloudflare::redact;
use crate::cloudflare::transport::{Method, Response};
use crate::error::Error;
use crate::json::Object;

impl Ask {
    /// Reports an answer that has no envelope, for the reason `why`. Hosts that undo an encoding leave
    /// its header, so the header counts only here.
    pub(super) fn unread(&self, response: &Response, why: &str) -> Error {
        if let Some(encoding) = response.encoding() {
            let (kind, advice) = failure::of_answer(Answer::Encoded, response.status, &[]);
            let message = format!(
                "Couldn't {}: the answer (status {}) is encoded as {:?}. {}",
                self.what,
                response.status,
                redact::shortened(&self.credentials, encoding),
                self.words(advice)
            );
            return self.answered(kind, &message, response, &[]);
        }
        match Problem::of(response) {
            Some(problem) => self.problem(response, &problem),
            None => self.not_the_api(response, why),
        }
    }

    /// Reports a problem that Cloudflare's edge, or something before it, answered with.
    fn problem(&self, response: &Response, problem: &Problem) -> Error {
        let answer = if problem.is_cloudflares { Answer::Edge } else { self.strange() };
        let (kind, advice) = failure::of_answer(answer, response.status, &[]);
        let shown = [&problem.title, &problem.detail].map(|text| redact::shortened(&self.credentials, text));
        let said: Vec<&str> = shown.iter().map(String::as_str).filter(|text| !text.is_empty()).collect();
        let said = if said.is_empty() { "no reason given".to_owned() } else { said.join(": ") };
        let who = if problem.is_cloudflares { "Cloudflare's edge" } else { "something before Cloudflare" };
        let message = format!(
            "Couldn't {}: {who} answered {} ({said}). {}",
            self.what,
            response.status,
            self.words(advice)
        );
        let code = problem.code.map(|code| ApiError { code: Some(code), message: String::new(), page: None });
        let mut error = self.answered(kind, &message, response, code.as_slice());
        if let (None, Some(ray)) = (response.header("cf-ray"), &problem.ray) {
            let ray = redact::shortened(&self.credentials, ray);
            error.details = self.request(Object::default().with_text("cf_ray", Some(&ray)));
        }
        error
    }

    /// The answer as the table has it, if it isn't the API's.
    pub(super) fn strange(&self) -> Answer {
        match (self.method, self.before) {
            (Method::Get, Before::Nothing) if self.meant.is_some() => Answer::Elsewhere,
            (Method::Get, _) => Answer::Strange,
            _ => Answer::StrangeToWrite,
        }
    }

    /// Whether the answer may contain an account's own secrets: those with which applications and
    /// providers work. Only a page of HTML, or a text, is quoted then.
    fn may_have_secrets(&self) -> bool {
        let paths = ["access/apps", "access/identity_providers", "access/service_tokens"];
        paths.into_iter().any(|path| self.path.contains(path))
    }

    /// Returns how a body begins, in the words of a message. An encoded one isn't shown.
    pub(super) fn beginning(&self, response: &Response, is_whole: bool) -> String {
        match response.encoding() {
            Some(encoding) if Envelope::parse(&response.body).is_err() => {
                format!(", encoded as {:?}", redact::shortened(&self.credentials, encoding))
            }
            _ if self.may_have_secrets() && is_json(&response.body) => {
                format!(", with {} bytes that begin as JSON", response.body.len())
            }
            _ => redact::beginning(&self.credentials, &response.body, is_whole),
        }
    }
}

/// Whether a body begins as a JSON object or list does.
fn is_json(body: &[u8]) -> bool {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body).trim_ascii_start();
    matches!(body.first(), Some(b'{' | b'['))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloudflare::transport::{Cut, TransportError};
    use crate::error::ErrorKind::{self, InvalidResponse, NotFound, RateLimited, Unavailable};
    use crate::settings::Settings;

    const CANARY: &str = "canary-5f3e";
    const EDGE: &str = r#"{"type":"https://developers.cloudflare.com/x","title":"Error 1020: Access denied",
        "status":403,"detail":"You sent canary-5f3e.","error_code":1020,"ray_id":"9d99a4434fz2d168",
        "cloudflare_error":true,"retry_after":30}"#;

    fn ask(base_url: &str) -> Ask {
        let given = [("account-id", "a".repeat(32)), ("api-token", CANARY.to_owned())];
        let given = given.into_iter().chain([("base-url", base_url.to_owned())]);
        let settings =
            Settings::parse("api-token", given.map(|(id, value)| (id.to_owned(), value)).collect()).unwrap();
        Ask {
            what: "read roles".to_owned(),
            method: Method::Get,
            path: "/accounts/a/roles?page=1".to_owned(),
            permission: "Account Settings Read",
            owner: "",
            before: Before::Nothing,
            meant: settings.base_url.meant(),
            credentials: settings.credentials,
        }
    }

    fn error(ask: &Ask, status: u16, encoding: Option<&str>, body: &[u8]) -> Error {
        let headers = encoding.map(|it| ("content-encoding".to_owned(), it.to_owned()));
        let response = Response { status, headers: headers.into_iter().collect(), body: body.to_vec() };
        let error = ask.envelope(&response).unwrap_err();
        assert!(!format!("{error:?}").contains(CANARY), "{error:?}");
        error
    }

    #[test]
    fn an_encoding_is_named_and_nothing_of_the_body_is_shown() {
        let ask = ask("https://api.cloudflare.com/client/v4");
        for (status, kind) in [
            (200, InvalidResponse),
            (302, InvalidResponse),
            (403, InvalidResponse),
            (429, RateLimited),
            (502, Unavailable),
        ] {
            for encoding in ["gzip", "br", "deflate", "zstd", "gzip, br", "canary-5f3e\u{1b}[2J"] {
                let error = error(&ask, status, Some(encoding), b"\x1f\x8b\x08garbage");
                assert_eq!(error.kind, kind, "{error}");
                assert!(
                    error.message.contains("encoded as") && !error.message.contains("garbage"),
                    "{error}"
                );
                assert!(!error.message.contains(char::is_control), "{error}");
                let is_explained = error.message.contains("That wasn't asked for");
                assert_eq!(is_explained, matches!(status, 200 | 403), "{error}");
            }
        }
    }

    #[test]
    fn nothing_is_quoted_of_json_that_may_have_secrets() {
        let ask = Ask {
            path: "/accounts/a/access/identity_providers?page=1".to_owned(),
            ..ask("https://api.cloudflare.com/client/v4")
        };
        let bodies = [
            r#"{"result":{"saas_app":{"client_secret":"CANARYsecret"}}}"#,
            r#"{"success":true,"result":[{"config":{"client_secret":"CANARYsecret"#,
            "\u{feff}\n [{\"client_secret\":\"CANARYsecret\"}]",
            r#"{"success":"CANARYsecret","result":[]}"#,
        ];
        for body in bodies {
            for status in [200, 403, 404, 429, 500, 502] {
                let error = error(&ask, status, None, body.as_bytes());
                assert!(!format!("{error:?}").contains("CANARY"), "{error:?}");
            }
            let came = Response { status: 200, headers: Vec::new(), body: body.as_bytes().to_vec() };
            let cut = ask.without_answer(&TransportError::CutShort { why: Cut::Ended, came: Box::new(came) });
            assert!(!format!("{cut:?}").contains("CANARY"), "{cut:?}");
        }
        let error = error(&ask, 200, None, bodies[0].as_bytes());
        assert!(error.message.contains(", with 56 bytes that begin as JSON"), "{error}");
        let page = self::error(&ask, 502, None, b"<html>");
        assert!(page.message.contains("<html>"), "{page}");
    }

    #[test]
    fn a_body_that_can_be_read_has_no_encoding_that_matters() {
        let ask = ask("https://api.cloudflare.com/client/v4");
        for encoding in ["gzip", "", "identity", "Identity"] {
            let headers = vec![("content-encoding".to_owned(), encoding.to_owned())];
            let body = br#"{"success":true,"result":[]}"#.to_vec();
            assert!(ask.envelope(&Response { status: 200, headers, body }).is_ok(), "{encoding}");
        }
        let error = error(&ask, 200, Some("identity"), b"<html>");
        assert!(error.message.contains("<html>") && !error.message.contains("encoded"), "{error}");
    }

    #[test]
    fn the_edge_is_told_from_others() {
        let ask = ask("https://api.cloudflare.com/client/v4");
        for (status, kind, advice) in [
            (403, InvalidResponse, "the Ray ID in its security events"),
            (429, RateLimited, "Try again later."),
            (530, Unavailable, "Try again later."),
        ] {
            let error = error(&ask, status, None, EDGE.as_bytes());
            assert_eq!((error.kind, error.code.as_deref()), (kind, Some("1020")), "{error}");
            assert_eq!(error.retry_after_ms, (status != 403).then_some(30_000), "{error}");
            let said = format!(
                "Cloudflare's edge answered {status} (Error 1020: Access denied: You sent [redacted].). "
            );
            assert!(error.message.contains(&said) && error.message.contains(advice), "{error}");
            assert!(error.details.contains("9d99a4434fz2d168"), "{error:?}");
        }
        let other = error(&ask, 403, None, br#"{"title":"Blocked by Example","status":403}"#);
        assert!(other.message.contains("something before Cloudflare answered 403 (Blocked by"), "{other}");
        let empty = error(&ask, 429, None, br#"{"title":"","status":429}"#);
        assert_eq!((empty.kind, empty.message.contains("is not the API's")), (RateLimited, true));
    }

    #[test]
    fn a_base_url_without_the_path_is_recognised_at_the_first_read() {
        let meant = "Give it so: https://api.cloudflare.com/client/v4";
        let api_says = br#"{"success":false,"errors":[{"code":7003,"message":"no route"}]}"#;
        let of = |base_url: &str, before, status, body: &[u8]| {
            let error = error(&Ask { before, ..ask(base_url) }, status, None, body);
            (error.kind, error.message.contains(meant))
        };
        let (without, with) = ("https://api.cloudflare.com", "https://api.cloudflare.com/client/v4");
        for (status, body, kind, is_told) in [
            (200, &b"<html>"[..], InvalidResponse, true),
            (301, b"", InvalidResponse, true),
            (404, b"", InvalidResponse, true),
            (404, b"<html>", InvalidResponse, true),
            (404, api_says, NotFound, true),
            (403, b"<html>", InvalidResponse, false),
            (429, b"<html>", RateLimited, false),
            (502, b"<html>", Unavailable, false),
        ] {
            let (nothing, something) = (Before::Nothing, Before::Something);
            let kinds: [(ErrorKind, bool); 3] = [
                of(without, nothing, status, body),
                of(with, nothing, status, body),
                of(without, something, status, body),
            ];
            assert_eq!(kinds, [(kind, is_told), (kind, false), (kind, false)], "{status}");
        }
    }
}
