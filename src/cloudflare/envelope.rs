//! The envelope around every answer of Cloudflare's API. OpenAPI: the schemas `iam_api-response-common`
//! and `iam_result_info`.

use super::fields::fields;
use crate::json;
use crate::json::value::Json;
use serde_json::Number;
use serde_json::value::RawValue;
use std::fmt;

/// The most levels of nesting in a body: more than in any answer of the API, and less than the limit
/// of any JSON parser behind this one. It is checked before parsing: a text that is skipped may have
/// any depth, and the parser keeps a byte for each level.
const DEEPEST: usize = 64;

/// The fields of `{success, errors, messages, result, result_info}` that were there.
#[derive(Debug)]
pub struct Envelope<'a> {
    /// Whether the call succeeded.
    pub success: bool,
    /// The errors; there may be none even in a failure.
    pub errors: Vec<ApiError>,
    /// The result; `None` if it is absent.
    pub result: Option<&'a RawValue>,
    /// The place of a page in its list.
    pub info: ResultInfo,
}

/// An item of `errors`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    /// Cloudflare's code.
    pub code: Option<i64>,
    /// Cloudflare's words.
    pub message: String,
    /// A page of Cloudflare's about it.
    pub page: Option<String>,
}

/// The fields of `result_info` that can be understood. Not every endpoint has all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ResultInfo {
    /// The number of the page, from 1.
    pub page: Option<u32>,
    /// The page size that the server used, which may be less than was asked for.
    pub per_page: Option<u32>,
    /// The number of items of the whole list.
    pub total_count: Option<u32>,
    /// The number of pages of the whole list.
    pub total_pages: Option<u32>,
}

/// The reason why an answer has no items of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoItems {
    /// The result is null, and no total says that the list is empty. Nothing is known of the list.
    Null,
    /// The answer isn't one about a list, for this reason.
    NoList(&'static str),
}

impl fmt::Display for NoItems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            NoItems::Null => "its result is null, and it doesn't say that the list is empty",
            NoItems::NoList(why) => why,
        })
    }
}

/// Reads a value that is small in every answer of the API; a larger one is as if absent.
fn small(raw: Option<&RawValue>) -> Json {
    const SMALL: usize = 16 << 10;
    let raw = raw.filter(|raw| raw.get().len() <= SMALL);
    raw.and_then(|raw| Json::parse(raw.get())).unwrap_or(Json::Null)
}

impl<'a> Envelope<'a> {
    /// Reads a body.
    ///
    /// # Errors
    /// The reason why it isn't an envelope, for a message. It quotes nothing of the body.
    pub fn parse(body: &'a [u8]) -> Result<Self, String> {
        if body.iter().all(u8::is_ascii_whitespace) {
            return Err("the body is empty".to_owned());
        }
        let text = std::str::from_utf8(body).map_err(|_| "the body isn't UTF-8".to_owned())?;
        if is_deep(body) {
            return Err(format!("the body is nested more than {DEEPEST} levels deep"));
        }
        if text.trim_start().starts_with('[') {
            return Err("the body is a list".to_owned());
        }
        // Absent and null are different results.
        let [success, errors, result, info] = fields(text, ["success", "errors", "result", "result_info"])
            .map_err(|error| {
                let what = if error.is_eof() { "JSON that breaks off" } else { "no answer of the API" };
                format!("the body is {what} (line {}, column {})", error.line(), error.column())
            })?;
        let success = match success.map(RawValue::get) {
            Some("true") => true,
            Some("false") => false,
            _ => return Err("the body doesn't say whether the call succeeded".to_owned()),
        };
        let (errors, info) = (api_errors(&small(errors)), result_info(&small(info)));
        Ok(Self { success, errors, result, info })
    }

    /// The items of a list. Null is an empty list only where a total of 0 is stated: what else an
    /// answer without items may mean isn't known, on whichever page it comes.
    ///
    /// # Errors
    /// The reason why there are none.
    pub fn items(&self) -> Result<Vec<&'a RawValue>, NoItems> {
        match self.result.map(RawValue::get) {
            None => Err(NoItems::NoList("it has no result")),
            Some("null") if self.info.total_count == Some(0) => Ok(Vec::new()),
            Some("null") => Err(NoItems::Null),
            Some(result) => json::items(result).ok_or(NoItems::NoList("its result is no list of a page")),
        }
    }
}

/// Reads errors, each with the chain behind it: for 6003, a malformed header, the chain names the
/// header (<https://developers.cloudflare.com/fundamentals/api/troubleshooting/>).
fn api_errors(errors: &Json) -> Vec<ApiError> {
    let mut found = Vec::new();
    for error in errors.items() {
        found.push(ApiError {
            code: match error.get("code") {
                Json::Number(code) => code.as_i64(),
                code => code.text().and_then(|code| code.parse().ok()),
            },
            message: error.get("message").text().unwrap_or_default().to_owned(),
            page: error.get("documentation_url").text().filter(|page| is_page(page)).map(str::to_owned),
        });
        found.extend(api_errors(error.get("error_chain")));
    }
    found
}

/// Whether a text is the address of a page of Cloudflare's. A person follows it, so nothing else is
/// shown as one. Source of the field:
/// <https://developers.cloudflare.com/changelog/post/2026-08-20-contextual-403s/>.
fn is_page(text: &str) -> bool {
    const LONGEST: usize = 200;
    let is_sign = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/#?&=%".contains(&byte);
    let Some(rest) = text.strip_prefix("https://") else { return false };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    text.len() <= LONGEST
        && rest.bytes().all(is_sign)
        && (host == "cloudflare.com" || host.ends_with(".cloudflare.com"))
}

fn result_info(info: &Json) -> ResultInfo {
    let number = |key: &str| {
        // OpenAPI: `result_info` has `number`s, so 50.0 is as good as 50.
        let float = info
            .get(key)
            .number()
            .and_then(Number::as_f64)
            .filter(|n| n.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(n));
        float.map(|n| n as u32)
    };
    ResultInfo {
        page: number("page").filter(|&page| page > 0),
        per_page: number("per_page").filter(|&per_page| per_page > 0),
        total_count: number("total_count"),
        total_pages: number("total_pages"),
    }
}

/// Whether a body is nested more than [`DEEPEST`] levels deep.
fn is_deep(body: &[u8]) -> bool {
    let (mut depth, mut in_string, mut escaped) = (0usize, false, false);
    for &byte in body {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'[' | b'{' => {
                depth += 1;
                if depth > DEEPEST {
                    return true;
                }
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_envelope_with_all_its_parts() {
        let body = br#"{"success":true,"errors":[],"messages":[],"result":[{"id":"a"}],
            "result_info":{"page":2,"per_page":50.0,"count":1,"total_count":51,"total_pages":2}}"#;
        let envelope = Envelope::parse(body).unwrap();
        assert!(envelope.success);
        assert_eq!(envelope.result.unwrap().get(), r#"[{"id":"a"}]"#);
        let [page, per_page, total_count, total_pages] = [2, 50, 51, 2].map(Some);
        assert_eq!(envelope.info, ResultInfo { page, per_page, total_count, total_pages });
    }

    #[test]
    fn what_is_strange_in_result_info_is_as_if_absent() {
        for info in [
            "null",
            "7",
            "[]",
            r#"{"page":"1","per_page":0,"total_count":-1}"#,
            r#"{"page":1.5,"total_count":1e99,"total_pages":"1"}"#,
        ] {
            let body = format!(r#"{{"success":true,"result":null,"result_info":{info}}}"#);
            let envelope = Envelope::parse(body.as_bytes()).unwrap();
            assert_eq!(envelope.info, ResultInfo::default(), "{info}");
            assert_eq!(envelope.items().unwrap_err(), NoItems::Null, "{info}");
        }
    }

    #[test]
    fn a_result_that_is_no_list() {
        let items = |body: &str| Envelope::parse(body.as_bytes()).unwrap().items().map(|items| items.len());
        assert_eq!(items(r#"{"success":true,"result":[1,2]}"#), Ok(2));
        assert_eq!(items(r#"{"success":true,"result":null,"result_info":{"total_count":0}}"#), Ok(0));
        for info in ["null", "{}", r#"{"total_count":null}"#, r#"{"total_count":5}"#, r#"{"count":0}"#] {
            let body = format!(r#"{{"success":true,"result":null,"result_info":{info}}}"#);
            assert_eq!(items(&body), Err(NoItems::Null), "{info}");
        }
        for bad in [
            r#"{"success":true}"#.to_owned(),
            r#"{"success":true,"result":null}"#.to_owned(),
            r#"{"success":true,"result":{}}"#.to_owned(),
            format!(r#"{{"success":true,"result":[{}0]}}"#, "0,".repeat(20_000)),
        ] {
            assert!(items(&bad).is_err(), "{}", &bad[..40.min(bad.len())]);
        }
    }

    #[test]
    fn errors_without_measure_are_not_read() {
        let body = format!(r#"{{"success":false,"errors":[{}0]}}"#, "0,".repeat(20_000));
        assert_eq!(Envelope::parse(body.as_bytes()).unwrap().errors, []);
    }

    #[test]
    fn errors_with_their_chain() {
        let body = br#"{"success":false,"errors":[{"code":6003,"message":"Invalid request headers",
            "error_chain":[{"code":6111,"message":"Invalid format for Authorization header"}]},
            {"code":"7003"},5],"result":null}"#;
        let errors = Envelope::parse(body).unwrap().errors;
        let codes: Vec<_> = errors.iter().map(|error| error.code).collect();
        assert_eq!(codes, [Some(6003), Some(6111), Some(7003), None]);
    }

    #[test]
    fn only_a_page_of_cloudflares_is_one() {
        let page = |url: &str| {
            let body =
                serde_json::json!({"success": false, "errors": [{"documentation_url": url}]}).to_string();
            Envelope::parse(body.as_bytes()).unwrap().errors.remove(0).page
        };
        for url in [
            "https://developers.cloudflare.com/api/resources/accounts/subresources/roles/methods/list/",
            "https://dash.cloudflare.com/profile?to=%2Fapi-tokens#edit",
            "https://cloudflare.com",
        ] {
            assert_eq!(page(url).as_deref(), Some(url));
        }
        for url in [
            "",
            "http://developers.cloudflare.com/",
            "HTTPS://developers.cloudflare.com/",
            "https://evilcloudflare.com/",
            "https://cloudflare.com.evil.example/",
            "https://evil.example/.cloudflare.com",
            "https://evil.example#.cloudflare.com",
            "https://me@developers.cloudflare.com/",
            "https://developers.cloudflare.com:8443/",
            "https://developers.cloudflare.com/ sudo",
            "https://developers.cloudflare.com/\u{1b}[31m",
            "https://developers.cloudflare.com/\u{202e}",
            "//developers.cloudflare.com/",
            &format!("https://developers.cloudflare.com/{}", "x".repeat(200)),
        ] {
            assert_eq!(page(url), None, "{url}");
        }
    }

    #[test]
    fn what_is_no_envelope() {
        let deep = format!(r#"{{"success":true,"result":{}{}}}"#, "[".repeat(64), "]".repeat(64));
        let bodies: [(&[u8], &str); 8] = [
            (b"", "empty"),
            (b" \r\n", "empty"),
            (b"<html>502</html>", "no answer of the API"),
            (b"{\"success\":true,\"result\":[", "breaks off"),
            (b"\xff\xfe", "UTF-8"),
            (b"{\"success\":\"yes\"}", "succeeded"),
            (b"[true, [], [], null]", "a list"),
            (deep.as_bytes(), "deep"),
        ];
        for (body, why) in bodies {
            let error = Envelope::parse(body).expect_err(why);
            assert!(error.contains(why), "{error}");
        }
    }

    #[test]
    fn brackets_in_strings_are_not_depth() {
        let body = format!(r#"{{"success":true,"result":"{}\"{}"}}"#, "[".repeat(100), "{".repeat(100));
        assert!(Envelope::parse(body.as_bytes()).is_ok());
    }
}
