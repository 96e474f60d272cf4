//! The body of a request: a bounded JSON object.

use super::failure::Failure;
use super::http::Request;
use crate::contract::ErrorKind;
use crate::encoding;
use crate::output::not_read;
use serde::de::DeserializeOwned;
use std::io::{self, Read};

/// The most bytes of a body. A thousand changes take a quarter of it.
const LONGEST: u64 = 1 << 20;
/// The most bytes of a body that has facts about people: some 100,000 addresses. Facts take a multiple of
/// it in memory, and an instance has little.
pub(super) const LONGEST_WITH_FACTS: u64 = 4 << 20;
/// The bytes of a longer body that are read and thrown away: this many, or twice what is allowed. A client
/// that is still sending when it is refused would lose the answer with the connection.
const THROWN_AWAY: u64 = 8 << 20;

const JSON: &str = "application/json";
const SCIM: &str = "application/scim+json";

/// Reads the body that a route takes. An empty body counts as an object without fields.
pub(super) fn read<B: DeserializeOwned>(request: &mut Request<'_>) -> Result<B, Failure> {
    read_within(request, LONGEST)
}

/// Reads the body that a route takes, as [`read`] does, up to a number of bytes.
pub(super) fn read_within<B: DeserializeOwned>(
    request: &mut Request<'_>,
    longest: u64,
) -> Result<B, Failure> {
    read_of(request, longest, &[JSON])
}

/// Reads the body of a request of SCIM, which can have the content type of SCIM too.
pub(super) fn read_scim<B: DeserializeOwned>(request: &mut Request<'_>) -> Result<B, Failure> {
    read_of(request, LONGEST, &[SCIM, JSON])
}

fn read_of<B: DeserializeOwned>(
    request: &mut Request<'_>,
    longest: u64,
    types: &[&str],
) -> Result<B, Failure> {
    let mut lengths = request.headers.iter().filter(|(name, _)| name == "content-length");
    let announced =
        lengths.next().and_then(|(_, value)| str::from_utf8(value).ok()?.trim().parse::<u64>().ok());
    if announced.is_some_and(|length| length > longest) {
        return Err(too_long(request, longest));
    }
    let mut body = Vec::new();
    let read = (&mut *request.body).take(longest + 1).read_to_end(&mut body);
    read.map_err(|error| Failure::argument("body", format!("The body broke off: {error}.")))?;
    if body.len() as u64 > longest {
        return Err(too_long(request, longest));
    }
    if body.is_empty() {
        return parse(b"{}");
    }
    if !is_json(request.headers, types) {
        let message = format!("The body has to be JSON, with a content-type of {}.", types.join(" or "));
        return Err(Failure::new(415, ErrorKind::InvalidArgument, message).about("content-type"));
    }
    let text = encoding::without_mark(&body).map_err(|_| {
        Failure::argument(
            "body",
            "The body is UTF-16 text. Send it as UTF-8: JSON between systems has no other form.",
        )
    })?;
    parse(text)
}

fn too_long(request: &mut Request<'_>, longest: u64) -> Failure {
    // The body is too long, whether the rest of it comes or not.
    let _ = io::copy(&mut (&mut *request.body).take(THROWN_AWAY.max(2 * longest)), &mut io::sink());
    Failure::new(413, ErrorKind::InvalidArgument, format!("The body is longer than {longest} bytes."))
        .about("body")
}

fn is_json(headers: &[(String, Vec<u8>)], accepted: &[&str]) -> bool {
    let mut types = headers.iter().filter(|(name, _)| name == "content-type");
    let essence = |value: &[u8]| {
        let essence = value.split(|byte| *byte == b';').next().unwrap_or_default();
        accepted.iter().any(|accepted| essence.trim_ascii().eq_ignore_ascii_case(accepted.as_bytes()))
    };
    types.next().is_some_and(|(_, value)| essence(value)) && types.next().is_none()
}

fn parse<B: DeserializeOwned>(body: &[u8]) -> Result<B, Failure> {
    // serde would also accept a list, as an object's fields in their order.
    if body.trim_ascii_start().first() != Some(&b'{') {
        return Err(Failure::argument("body", "The body is no JSON object."));
    }
    serde_json::from_slice(body).map_err(|error| {
        let (what, line, column) = (not_read(&error), error.line(), error.column());
        let message = format!("The body is not what this takes: {what}, at line {line} column {column}.");
        Failure::argument("body", message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Default, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Options {
        #[serde(default)]
        dry_run: bool,
    }

    fn sent(headers: &[(&str, &str)], mut body: &[u8]) -> Result<Options, Failure> {
        let headers: Vec<_> =
            headers.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec())).collect();
        read(&mut Request { method: "POST", target: "/", headers: &headers, body: &mut body })
    }

    const OF_JSON: (&str, &str) = ("content-type", "application/json");

    #[test]
    fn an_object_or_nothing() {
        assert!(sent(&[OF_JSON], br#" {"dry_run": true} "#).unwrap().dry_run);
        assert!(
            sent(&[("content-type", "Application/JSON; charset=utf-8")], br#"{"dry_run":true}"#)
                .unwrap()
                .dry_run
        );
        assert!(sent(&[OF_JSON], b"\xef\xbb\xbf{\r\n\"dry_run\": true\r\n}\r\n").unwrap().dry_run);
        assert!(!sent(&[], b"").unwrap().dry_run);
    }

    #[test]
    fn what_is_none_is_told_with_its_place() {
        for (body, expected) in [
            (&b"{\n nope"[..], "line 2 column 2"),
            (b"{}}", "trailing"),
            (b"[true]", "no JSON object"),
            (b"\"x\"", "no JSON object"),
            (br#"{"dry_run":1}"#, "expected a boolean, at line 1 column"),
            (br#"{"dry_run":true,"dry_run":true}"#, "duplicate"),
            (br#"{"dryrun":true}"#, "an unknown field, expected `dry_run`"),
            (b"{\"dry_run\":\xff}", "line 1"),
            (b"\xff\xfe{\0}\0", "UTF-16 text. Send it as UTF-8"),
            (b"{\0}\0", "UTF-16 text. Send it as UTF-8"),
            (b"\xef\xbb\xbf\xef\xbb\xbf{}", "no JSON object"),
            (b"\xef\xbb\xbf", "no JSON object"),
        ] {
            let failure = sent(&[OF_JSON], body).unwrap_err();
            assert_eq!((failure.status, failure.error.kind), (400, ErrorKind::InvalidArgument), "{expected}");
            assert!(failure.error.message.contains(expected), "{}", failure.error.message);
        }
    }

    #[test]
    fn another_type_is_refused() {
        let form = ("content-type", "application/x-www-form-urlencoded");
        for headers in [&[][..], &[form], &[OF_JSON, form], &[("content-type", "application/jsonp")]] {
            assert_eq!(sent(headers, b"{}").unwrap_err().status, 415, "{headers:?}");
        }
    }

    #[test]
    fn a_body_that_is_too_long_is_read_no_further_than_most_clients_send() {
        let mut endless = std::io::repeat(b' ');
        let headers = [("content-type".to_owned(), b"application/json".to_vec())];
        let mut request = Request { method: "POST", target: "/", headers: &headers, body: &mut endless };
        assert_eq!(read::<Options>(&mut request).unwrap_err().status, 413);
        for (announced, length, left) in
            [(true, 2 << 20, 0), (false, 2 << 20, 0), (false, 64 << 20, (55 << 20) - 1)]
        {
            let mut body = io::repeat(b' ').take(length);
            let mut headers = vec![("content-type".to_owned(), b"application/json".to_vec())];
            headers.extend(announced.then(|| ("content-length".to_owned(), length.to_string().into_bytes())));
            let mut request = Request { method: "POST", target: "/", headers: &headers, body: &mut body };
            assert_eq!(read::<Options>(&mut request).unwrap_err().status, 413);
            assert_eq!(body.limit(), left, "{length}");
        }
        let longest = [b"{}".to_vec(), vec![b' '; (1 << 20) - 2]].concat();
        assert!(sent(&[OF_JSON, ("content-length", "1048576")], &longest).is_ok());
    }
}
