//! Problem details (RFC 9457): the answers of Cloudflare's edge, which come in place of the API's.
//! Because the client accepts JSON, they come as `application/json` too, so the fields decide.
//!
//! Sources: <https://developers.cloudflare.com/changelog/post/2026-03-11-json-rfc9457-1xxx-errors/> has
//! the fields; the changelog of 2026-03-12 says that `retry_after` is also a header, and that of
//! 2026-04-27 that errors of 5xx have this form too.

use super::fields::{fields, text};
use super::transport::Response;
use crate::json::value::Json;
use serde_json::value::RawValue;

/// The most bytes of a body that is one: they have some lines of text.
const MOST: usize = 16 << 10;

/// The fields of problem details that matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problem {
    /// A summary in some words.
    pub title: String,
    /// The explanation of this case; may be empty.
    pub detail: String,
    /// Cloudflare's code, for example 1015.
    pub code: Option<i64>,
    /// Cloudflare's id of the request.
    pub ray: Option<String>,
    /// The time to wait, in milliseconds.
    pub retry_after_ms: Option<u32>,
    /// Whether Cloudflare made it, and not something between here and Cloudflare.
    pub is_cloudflares: bool,
}

impl Problem {
    /// Reads an answer, if it is one.
    pub fn of(response: &Response) -> Option<Self> {
        let body = response.body.get(..).filter(|body| body.len() <= MOST)?;
        let names = [
            "success",
            "title",
            "detail",
            "type",
            "status",
            "error_code",
            "ray_id",
            "retry_after",
            "cloudflare_error",
        ];
        let [success, title, detail, kind, status, code, ray, retry_after, cloudflares] =
            fields(std::str::from_utf8(body).ok()?, names).ok()?;
        let is_declared =
            response.header("content-type").is_some_and(|kind| kind.starts_with("application/problem+json"));
        let words = |value| text(value).ok().flatten().unwrap_or_default().into_owned();
        let (title, detail) = (words(title), words(detail));
        let is_one = success.is_none()
            && (is_declared || !title.is_empty() && (status.is_some() || code.is_some() || kind.is_some()));
        let milliseconds = |seconds: f64| (seconds.clamp(0.0, 1e6) * 1000.0) as u32;
        is_one.then(|| Self {
            title,
            detail,
            code: code.and_then(number).map(|code| code as i64),
            ray: Some(words(ray)).filter(|ray| !ray.is_empty()),
            retry_after_ms: retry_after.and_then(number).map(milliseconds),
            is_cloudflares: cloudflares.is_some_and(|value| value.get() == "true")
                || words(kind).starts_with("https://developers.cloudflare.com/"),
        })
    }
}

/// Reads a number, or a text with one. The standard library's parser would add 16 kB to the component;
/// that of JSON values is there already.
fn number(value: &RawValue) -> Option<f64> {
    Json::parse(value.get().trim_matches('"'))?.number()?.as_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(content_type: &str, body: &str) -> Option<Problem> {
        let headers = vec![("content-type".to_owned(), content_type.to_owned())];
        Problem::of(&Response { status: 429, headers, body: body.as_bytes().to_vec() })
    }

    #[test]
    fn the_edge_s_answers_are_understood() {
        let body = r#"{"type":"https://developers.cloudflare.com/support/troubleshooting/error-1015/",
            "title":"Error 1015: You are being rate limited","status":429,"detail":"Wait a little.",
            "instance":"9d99a4434fz2d168","error_code":1015,"error_name":"rate_limited",
            "ray_id":"9d99a4434fz2d168","cloudflare_error":true,"retryable":true,"retry_after":30,
            "owner_action_required":false}"#;
        let problem = Problem {
            title: "Error 1015: You are being rate limited".to_owned(),
            detail: "Wait a little.".to_owned(),
            code: Some(1015),
            ray: Some("9d99a4434fz2d168".to_owned()),
            retry_after_ms: Some(30_000),
            is_cloudflares: true,
        };
        assert_eq!(of("application/json; charset=utf-8", body), Some(problem.clone()));
        assert_eq!(of("application/problem+json; charset=utf-8", body), Some(problem));
    }

    #[test]
    fn those_of_others_are_too_and_nothing_else() {
        let other = of("application/json", r#"{"title":"Forbidden","status":403}"#).unwrap();
        assert_eq!((other.title.as_str(), other.is_cloudflares), ("Forbidden", false));
        assert_eq!(of("application/problem+json", "{}"), Some(Problem::default()));
        for (content_type, body) in [
            ("application/json", "{}"),
            ("application/json", r#"{"title":"a book"}"#),
            ("application/problem+json", ""),
            ("application/problem+json", r#"[{"title":"a"}]"#),
            ("application/problem+json", r#"{"title":"a""#),
            ("application/problem+json", r#"{"success":false,"title":"a","status":403}"#),
            ("application/problem+json", r#"{"title":"a","title":"b"}"#),
            ("text/html", "<title>429</title>"),
        ] {
            assert_eq!(of(content_type, body), None, "{body}");
        }
        let long = format!(r#"{{"title":"{}","status":403}}"#, "x".repeat(MOST));
        assert_eq!(of("application/problem+json", &long), None);
    }

    #[test]
    fn a_wait_is_a_number_that_makes_sense() {
        for (value, expected) in [
            ("30", Some(30_000)),
            ("0.5", Some(500)),
            (r#""7""#, Some(7000)),
            ("-1", Some(0)),
            ("1e300", Some(1_000_000_000)),
            ("null", None),
            (r#""soon""#, None),
            ("[1]", None),
            (r#""NaN""#, None),
        ] {
            let body = format!(r#"{{"title":"a","status":429,"retry_after":{value}}}"#);
            assert_eq!(of("application/json", &body).unwrap().retry_after_ms, expected, "{value}");
        }
    }
}
