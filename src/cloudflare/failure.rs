//! What a failed request means, in the contract's kinds. Sources: Cloudflare's API reference and
//! error codes (<https://developers.cloudflare.com/fundamentals/api/troubleshooting/>).

use super::envelope::{ApiError, Envelope, ResultInfo};
use super::paging::Endless;
use super::rate_limit;
use super::transport::{Cut, Method, Response, TransportError};
use crate::error::{Error, ErrorKind, Result};
use crate::json::Object;
use crate::settings::Credentials;
use serde_json::value::RawValue;

/// The most that is quoted of a body that isn't the API's.
const QUOTED: usize = 120;
/// What is shorter is no credential of Cloudflare's, in characters.
const SHORTEST_SECRET: usize = 8;

/// A request in the words of a message, and how its answer is read.
#[derive(Clone, Debug)]
pub struct Ask {
    /// "read Access groups".
    pub what: String,
    /// Reads or writes.
    pub method: Method,
    /// Behind the base URL's path, with the query; for support too.
    pub path: String,
    /// The token permission that it takes, in Cloudflare's words; empty: none in particular.
    pub permission: &'static str,
    /// What must not be shown, wherever it comes from.
    pub credentials: Credentials,
}

impl Ask {
    /// Reads the answer, if it is one and says yes.
    ///
    /// # Errors
    /// What the failure means.
    pub fn envelope<'a>(&self, response: &'a Response) -> Result<Envelope<'a>> {
        if (300..400).contains(&response.status) {
            return Err(self.not_the_api(response, "it is a redirect"));
        }
        let envelope = Envelope::parse(&response.body).map_err(|why| self.not_the_api(response, &why))?;
        if !envelope.success || !(200..300).contains(&response.status) {
            return Err(self.refused(response, &envelope));
        }
        Ok(envelope)
    }

    /// Reads the answer as a page of a list.
    ///
    /// # Errors
    /// What the failure means.
    pub fn list<'a>(&self, response: &'a Response) -> Result<(Vec<&'a RawValue>, ResultInfo)> {
        let envelope = self.envelope(response)?;
        let items = envelope.items().map_err(|why| self.not_the_api(response, &why))?;
        Ok((items, envelope.info))
    }

    /// There was no answer, or not a whole one; then what came of it is quoted, shortened.
    pub fn without_answer(&self, error: &TransportError) -> Error {
        const LATER: &str = "Try again later.";
        let (kind, advice) = match error {
            TransportError::Connection(_) | TransportError::BrokenOff(_) => {
                (ErrorKind::Unavailable, "Check that the host reaches Cloudflare, and try again.")
            }
            TransportError::Timeout(_) | TransportError::BrokenAnswer(_) => (ErrorKind::Unavailable, LATER),
            TransportError::CutShort { why: Cut::TooLarge(_), came } => match came.status {
                408 | 500.. => (ErrorKind::Unavailable, LATER),
                429 => (ErrorKind::RateLimited, LATER),
                _ => (
                    ErrorKind::InvalidResponse,
                    "Check that base-url is Cloudflare's API, and report it if it is.",
                ),
            },
            TransportError::CutShort { .. } => (ErrorKind::Unavailable, LATER),
            TransportError::Denied => (
                ErrorKind::Unavailable,
                "Allow the manifest's origins, or the host and port of base-url, where the component runs.",
            ),
        };
        let failed = |came: &str| format!("Couldn't {}: {error}{came}. {advice}", self.what);
        if let TransportError::CutShort { came, .. } = error {
            let quoted = format!(", with the status {}{}", came.status, self.quoted(&came.body, false));
            return self.answered(kind, failed(&quoted), came, &[]);
        }
        let mut failed = Error::new(kind, self.redacted(&failed("")));
        failed.retryable &= *error != TransportError::Denied;
        failed.details = self.request(Object::default());
        failed
    }

    /// The answer isn't one of the API: `why` says it, and what came back is quoted, shortened.
    pub fn not_the_api(&self, response: &Response, why: &str) -> Error {
        let (kind, advice) = match response.status {
            408 | 500.. => (ErrorKind::Unavailable, "Try again later."),
            429 => (ErrorKind::RateLimited, "Try again later."),
            300..=399 => (ErrorKind::InvalidResponse, "Redirects aren't followed. Check base-url."),
            _ => (ErrorKind::InvalidResponse, "Check that base-url is Cloudflare's API, and try again."),
        };
        let message = format!(
            "Couldn't {}: the answer (status {}) is not the API's: {why}{}. {advice}",
            self.what,
            response.status,
            self.quoted(&response.body, true)
        );
        self.answered(kind, message, response, &[])
    }

    /// A list never ends, or its pages aren't those that were asked for.
    pub fn endless(&self, endless: &Endless, response: &Response) -> Error {
        let message = format!(
            "Couldn't {}: {endless}. Check that base-url is Cloudflare's API, and report it if it is.",
            self.what
        );
        self.answered(ErrorKind::InvalidResponse, message, response, &[])
    }

    /// A token is known, and isn't good for anything any more.
    pub fn token_is(&self, status: &'static str, response: &Response) -> Error {
        let message = format!(
            "Cloudflare says that this API token is {status}. Enable it or make a new one, and give it here."
        );
        let mut error = self.answered(ErrorKind::Unauthenticated, message, response, &[]);
        error.code = Some(status.to_owned());
        error
    }

    /// The API said no.
    pub fn refused(&self, response: &Response, envelope: &Envelope<'_>) -> Error {
        let status = response.status;
        let has = |codes: &[i64]| {
            envelope.errors.iter().any(|error| error.code.is_some_and(|code| codes.contains(&code)))
        };
        let not_enabled =
            has(&[9999]) || envelope.errors.iter().any(|error| error.message.contains("not_enabled"));
        let permission = if self.permission.is_empty() {
            "Check what these credentials may do.".to_owned()
        } else {
            format!(
                "Give the token the permission \u{201c}{}\u{201d} on this account (with the Global API key: log in as somebody who has it).",
                self.permission
            )
        };
        let (kind, advice) = if status == 429 {
            (ErrorKind::RateLimited, "The limit on these credentials is used up. Try again later.".to_owned())
        } else if status == 408 || status >= 500 {
            (ErrorKind::Unavailable, "Try again later.".to_owned())
        } else if not_enabled {
            let advice = "Zero Trust is not set up in this account: open Zero Trust in the Cloudflare dashboard once and choose a plan, \
                          or read only roles and members.";
            (ErrorKind::NotFound, advice.to_owned())
        } else if status == 401 || has(&[1000, 6003, 9103, 9106, 9107]) {
            let advice = "Cloudflare doesn't know these credentials, or they are disabled or expired. Give valid ones.";
            (ErrorKind::Unauthenticated, advice.to_owned())
        } else if status == 403 || has(&[9109, 10000]) {
            (ErrorKind::PermissionDenied, permission)
        } else if status == 404 || has(&[7003]) {
            (ErrorKind::NotFound, "It isn't there. Check the account id, and what names it.".to_owned())
        } else if status == 409 {
            (ErrorKind::Conflict, "Read again, then decide.".to_owned())
        } else if (400..500).contains(&status) && self.method == Method::Put {
            (ErrorKind::Refused, "Nothing was written.".to_owned())
        } else if (400..500).contains(&status) {
            (ErrorKind::InvalidResponse, "Cloudflare refused the request as it stands. Report it.".to_owned())
        } else {
            (ErrorKind::InvalidResponse, "Try again, and report it if it stays.".to_owned())
        };
        let said: Vec<String> = envelope.errors.iter().take(3).map(|error| self.told(error)).collect();
        let said = if said.is_empty() { "no reason given".to_owned() } else { said.join("; ") };
        let message = format!("Couldn't {}: Cloudflare answered {status} ({said}). {advice}", self.what);
        self.answered(kind, message, response, &envelope.errors)
    }

    fn told(&self, error: &ApiError) -> String {
        let message = self.shortened(&error.message);
        match error.code {
            Some(code) => format!("{code}: {message}"),
            None => message,
        }
    }

    fn answered(&self, kind: ErrorKind, message: String, response: &Response, errors: &[ApiError]) -> Error {
        let mut error = Error::new(kind, self.redacted(&message));
        error.code = errors.iter().find_map(|error| error.code).map(|code| code.to_string());
        error.http_status = Some(response.status);
        if matches!(kind, ErrorKind::RateLimited | ErrorKind::Unavailable) {
            error.retry_after_ms = rate_limit::retry_after_ms(response);
        }
        let ray = response.header("cf-ray").map(|ray| self.shortened(ray));
        error.details = self.request(Object::default().with_text("cf_ray", ray.as_deref()));
        error
    }

    /// What support needs, behind what else it needs.
    fn request(&self, details: Object) -> String {
        details.with_text("request", Some(&format!("{} {}", self.method.as_str(), self.path))).end()
    }

    /// A stranger's text: without the secret, without control characters, not long.
    fn shortened(&self, text: &str) -> String {
        let shown = self.redacted(text);
        let mut shown: String = shown.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        if let Some((end, _)) = shown.char_indices().nth(QUOTED) {
            shown.truncate(end);
            shown.push('…');
        }
        shown.trim().to_owned()
    }

    /// How a body begins, in the words of a message; nothing where there is nothing to show.
    fn quoted(&self, body: &[u8], is_whole: bool) -> String {
        let shown = self.beginning(body, is_whole);
        if shown.is_empty() { shown } else { format!(", beginning with {shown:?}") }
    }

    /// The beginning of a body, shortened, whatever its size.
    fn beginning(&self, body: &[u8], is_whole: bool) -> String {
        let secret = self.credentials.secret().len();
        let window = &body[..body.len().min(4 * QUOTED + secret)];
        let mut shown = self.redacted(&String::from_utf8_lossy(window));
        if window.len() < body.len() || !is_whole {
            // Half a secret at the end would not be found.
            let end = shown.char_indices().rev().nth(secret).map_or(0, |(end, _)| end);
            shown.truncate(end);
        }
        self.shortened(&shown)
    }

    /// Servers and proxies echo what they were sent.
    fn redacted(&self, text: &str) -> String {
        let secret = self.credentials.secret();
        // No credential is this short, and taking a letter out of every word would leave no message.
        if secret.len() < SHORTEST_SECRET { text.to_owned() } else { text.replace(secret, "[redacted]") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CANARY: &str = "canary-5f3e";

    fn attempt() -> Ask {
        let given = [("account-id", "a".repeat(32)), ("api-token", CANARY.to_owned())];
        let given = given.map(|(id, value)| (id.to_owned(), value)).to_vec();
        Ask {
            what: "read roles".to_owned(),
            method: Method::Get,
            path: "/accounts/a/roles?page=1".to_owned(),
            permission: "Account Settings Read",
            credentials: crate::settings::Settings::parse("api-token", given).unwrap().credentials,
        }
    }

    fn answer(status: u16, body: &str) -> Response {
        let headers = vec![
            ("cf-ray".to_owned(), format!("8f{CANARY}-AMS")),
            ("retry-after".to_owned(), "7".to_owned()),
        ];
        Response { status, headers, body: body.as_bytes().to_vec() }
    }

    #[test]
    fn every_refusal_has_its_kind() {
        use ErrorKind::*;
        let cases = [
            (400, 6003, "Invalid request headers", Unauthenticated),
            (401, 1000, "Invalid API Token", Unauthenticated),
            (403, 9103, "Unknown X-Auth-Key or X-Auth-Email", Unauthenticated),
            (403, 9109, "Unauthorized to access requested resource", PermissionDenied),
            (403, 10000, "Authentication error", PermissionDenied),
            (401, 10000, "Authentication error", Unauthenticated),
            (403, 9999, "access.api.error.not_enabled", NotFound),
            (400, 12345, "access.api.error.not_enabled: Access is not enabled", NotFound),
            (404, 7003, "Could not route to /accounts/x", NotFound),
            (400, 7003, "Could not route to /accounts/x", NotFound),
            (409, 1, "conflict", Conflict),
            (400, 12130, "access.api.error.invalid_request", InvalidResponse),
            (408, 1, "timeout", Unavailable),
            (429, 971, "Please wait", RateLimited),
            (429, 10000, "Authentication error", RateLimited),
            (502, 1, "bad gateway", Unavailable),
            (200, 1, "success says no", InvalidResponse),
        ];
        for (status, code, message, kind) in cases {
            let body = format!(
                r#"{{"success":false,"errors":[{{"code":{code},"message":"{message} {CANARY}\u001b[31m"}}],"result":null}}"#
            );
            let response = answer(status, &body);
            let error = attempt().refused(&response, &Envelope::parse(&response.body).unwrap());
            assert_eq!(error.kind, kind, "{status} {code}");
            assert_eq!(error.code, Some(code.to_string()));
            assert_eq!(error.http_status, Some(status));
            assert_eq!(error.retryable, matches!(kind, RateLimited | Unavailable));
            assert_eq!(error.retry_after_ms, error.retryable.then_some(7000));
            assert!(!format!("{error:?}").contains(CANARY) && !error.message.contains('\u{1b}'), "{error:?}");
            assert_eq!(
                kind == PermissionDenied,
                error.message.contains("Account Settings Read"),
                "{error:?}"
            );
        }
    }

    #[test]
    fn what_is_not_the_api_is_quoted_shortened_and_redacted() {
        let long = format!("<html>{}{CANARY}{}", "x".repeat(QUOTED - 10), "y".repeat(10_000));
        for (status, kind) in [
            (200, ErrorKind::InvalidResponse),
            (302, ErrorKind::InvalidResponse),
            (503, ErrorKind::Unavailable),
        ] {
            let error = attempt().not_the_api(&answer(status, &long), "the body is HTML");
            assert_eq!(error.kind, kind);
            assert!(error.message.contains("<html>") && error.message.len() < 500, "{error}");
            assert!(!format!("{error:?}").contains("canary"), "{error:?}");
        }
    }

    #[test]
    fn half_a_secret_is_not_quoted() {
        for before in 0..600 {
            let body = format!("{}{}", "\u{1}".repeat(before), CANARY.repeat(60));
            let whole = attempt().not_the_api(&answer(200, &body), "it is strange");
            let end = body.len().min(before + CANARY.len() * (before % 3) + before % CANARY.len());
            let came = Box::new(answer(200, &body[..end]));
            let cut = attempt().without_answer(&TransportError::CutShort { why: Cut::Ended, came });
            for error in [whole, cut] {
                assert!(
                    !error.message.contains("can") && !error.message.contains("ary"),
                    "{before}: {error}"
                );
            }
        }
    }

    #[test]
    fn what_came_of_an_answer_is_quoted() {
        let long = format!("<html>{}{CANARY}{}", "x".repeat(20), "y".repeat(10_000));
        for (status, why, kind, words) in [
            (200, Cut::Ended, ErrorKind::Unavailable, "broke off"),
            (200, Cut::Late, ErrorKind::Unavailable, "no answer in time"),
            (200, Cut::TooLarge(7), ErrorKind::InvalidResponse, "longer than 7 bytes"),
            (403, Cut::TooLarge(7), ErrorKind::InvalidResponse, "longer than 7 bytes"),
            (429, Cut::TooLarge(7), ErrorKind::RateLimited, "longer than 7 bytes"),
            (502, Cut::TooLarge(7), ErrorKind::Unavailable, "longer than 7 bytes"),
        ] {
            let error = attempt()
                .without_answer(&TransportError::CutShort { why, came: Box::new(answer(status, &long)) });
            assert_eq!((error.kind, error.http_status), (kind, Some(status)), "{error}");
            assert_eq!(error.retryable, kind != ErrorKind::InvalidResponse);
            assert_eq!(error.retry_after_ms, error.retryable.then_some(7000));
            for part in [words, "<html>xxx", &format!("status {status}")] {
                assert!(error.message.contains(part), "{part}: {error}");
            }
            assert!(error.message.len() < 500 && !format!("{error:?}").contains(CANARY), "{error:?}");
        }
        let nothing = TransportError::CutShort { why: Cut::Ended, came: Box::new(answer(200, "")) };
        assert!(attempt().without_answer(&nothing).message.contains("with the status 200. Try again"));
    }

    #[test]
    fn without_an_answer() {
        let cases = [
            (TransportError::Connection(format!("refused {CANARY}")), ErrorKind::Unavailable, true),
            (TransportError::BrokenOff(format!("reset {CANARY}")), ErrorKind::Unavailable, true),
            (TransportError::Timeout("first byte".into()), ErrorKind::Unavailable, true),
            (TransportError::BrokenAnswer("cut off".into()), ErrorKind::Unavailable, true),
            (TransportError::Denied, ErrorKind::Unavailable, false),
        ];
        for (from, kind, retryable) in cases {
            let error = attempt().without_answer(&from);
            assert_eq!((error.kind, error.retryable), (kind, retryable), "{from}");
            assert!(!format!("{error:?}").contains(CANARY), "{error:?}");
        }
    }
}
