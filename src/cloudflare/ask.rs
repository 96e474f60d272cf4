//! A request as messages describe it. Reads its answer, or returns the error that explains why there is
//! none.

use super::advice::{self, About};
use super::envelope::{ApiError, Envelope, NoItems, ResultInfo};
use super::failure::{self, Advice, Answer};
use super::paging::Endless;
use super::rate_limit;
use super::redact;
use super::transport::{Method, Response, TransportError};
use super::whole;
use crate::error::{Error, ErrorKind, Result};
use crate::json::Object;
use crate::settings::Credentials;
use serde_json::value::RawValue;

mod unread;

/// The part of the account that the same credentials could read before a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Before {
    /// Nothing.
    Nothing,
    /// Something.
    Something,
    /// A page of the same list that stands before the one that is asked for, just now.
    PageBefore,
}

/// A request in the words of a message.
#[derive(Clone, Debug)]
pub struct Ask {
    /// A verb with its object: "read Access groups".
    pub what: String,
    /// The HTTP method.
    pub method: Method,
    /// The path behind the base URL's, with the query; support needs it too.
    pub path: String,
    /// The token permission that it takes, in Cloudflare's words; empty: none in particular.
    pub permission: &'static str,
    /// The sentence about the roles that the owner of the credentials needs for a write; empty for a
    /// read.
    pub owner: &'static str,
    /// The reads before it.
    pub before: Before,
    /// The address of the API that `base-url` may mean, if it isn't one.
    pub meant: Option<String>,
    /// The credentials, which no message may show.
    pub credentials: Credentials,
}

impl Ask {
    /// Reads the answer, if it is one of the API and reports success.
    ///
    /// # Errors
    /// The meaning of the failure.
    pub fn envelope<'a>(&self, response: &'a Response) -> Result<Envelope<'a>> {
        if (300..400).contains(&response.status) {
            return Err(self.not_the_api(response, &self.redirect(response)));
        }
        let envelope = Envelope::parse(&response.body).map_err(|why| self.unread(response, &why))?;
        if !envelope.success || !(200..300).contains(&response.status) {
            return Err(self.refused(response, &envelope));
        }
        Ok(envelope)
    }

    /// Returns the words for a redirect. The host that it leads to tells whose it is, such as that of a
    /// login portal.
    fn redirect(&self, response: &Response) -> String {
        let to = response.header("location").and_then(|to| to.parse::<http::Uri>().ok());
        match to.as_ref().and_then(http::Uri::host) {
            Some(host) => format!("it is a redirect to {}", redact::shortened(&self.credentials, host)),
            None => "it is a redirect".to_owned(),
        }
    }

    /// Reads the answer as a page of a list.
    ///
    /// # Errors
    /// The meaning of the failure.
    pub fn list<'a>(&self, response: &'a Response) -> Result<(Vec<&'a RawValue>, ResultInfo)> {
        let envelope = self.envelope(response)?;
        let items = envelope.items().map_err(|why| {
            let mut error = self.not_the_api(response, &why.to_string());
            error.no_items = why == NoItems::Null;
            error
        })?;
        Ok((items, envelope.info))
    }

    /// Reports that no answer came, or not a whole one. The part that came is quoted, shortened.
    pub fn without_answer(&self, error: &TransportError) -> Error {
        let (kind, advice) = failure::of_transport(error, self.method);
        let advice = self.words(advice);
        let failed = |came: &str| format!("Couldn't {}: {error}{came}. {advice}", self.what);
        if let TransportError::CutShort { came, .. } = error {
            let quoted = format!(", with the status {}{}", came.status, self.beginning(came, false));
            return self.answered(kind, &failed(&quoted), came, &[]);
        }
        let mut failed = Error::new(kind, redact::redacted(&self.credentials, &failed("")));
        failed.retryable &= !error.is_lasting();
        failed.details = self.request(Object::default());
        failed
    }

    /// Reports an answer that isn't one of the API, for the reason `why`. It is quoted, shortened.
    pub fn not_the_api(&self, response: &Response, why: &str) -> Error {
        let answer = self.strange();
        let (kind, advice) = failure::of_answer(answer, response.status, &[]);
        let message = format!(
            "Couldn't {}: the answer (status {}) is not the API's: {why}{}. {}",
            self.what,
            response.status,
            self.beginning(response, true),
            self.words(advice)
        );
        self.answered(kind, &message, response, &[])
    }

    /// Reports a list that never ends, or whose pages aren't those that were asked for.
    pub fn endless(&self, endless: &Endless, response: &Response) -> Error {
        let message = format!(
            "Couldn't {}: {endless}. Check that base-url is Cloudflare's API, and report it if it is.",
            self.what
        );
        self.answered(ErrorKind::InvalidResponse, &message, response, &[])
    }

    /// Reports a token that is known, and isn't good for anything any more.
    pub fn token_is(&self, status: &'static str, response: &Response) -> Error {
        let message = format!("Cloudflare says that this API token is {status}. {}", whole::RENEW);
        let mut error = self.answered(ErrorKind::Unauthenticated, &message, response, &[]);
        error.code = Some(status.to_owned());
        error.about = Some(self.credentials.setting().to_owned());
        error
    }

    /// Reports that the API refused.
    pub fn refused(&self, response: &Response, envelope: &Envelope<'_>) -> Error {
        let (kind, advice) = failure::of_answer(self.refusal(), response.status, &envelope.errors);
        let said: Vec<String> = envelope.errors.iter().take(3).map(|error| self.quoted(error)).collect();
        let said = if said.is_empty() { "no reason given".to_owned() } else { said.join("; ") };
        // The API's own 404 for a path that isn't below its own.
        let is_elsewhere = kind == ErrorKind::NotFound && self.strange() == Answer::Elsewhere;
        let words = self.words(if is_elsewhere { Advice::GivePath } else { advice });
        let message =
            format!("Couldn't {}: Cloudflare answered {} ({said}). {words}", self.what, response.status);
        let mut error = self.answered(kind, &message, response, &envelope.errors);
        error.not_from_here = advice == failure::NOT_FROM_HERE;
        error.passes = failure::passes(self.refusal(), response.status, &envelope.errors);
        // From another address the credentials may be good.
        if kind == ErrorKind::Unauthenticated && !error.not_from_here {
            error.about = Some(self.credentials.setting().to_owned());
        }
        error
    }

    /// Whether the API refuses this request, and will mostly do so for a moment only.
    pub fn may_pass(&self, response: &Response) -> bool {
        let passes = |it: Envelope<'_>| failure::passes(self.refusal(), response.status, &it.errors);
        // A page that is read needs no second look.
        response.status >= 400 && Envelope::parse(&response.body).is_ok_and(passes)
    }

    /// The answer as the table has it, if the API refuses this request.
    fn refusal(&self) -> Answer {
        match (self.method, self.before) {
            (Method::Get, Before::Nothing) => Answer::FirstRead,
            (Method::Get, Before::Something) => Answer::Read,
            (Method::Get, Before::PageBefore) => Answer::NextPage,
            _ => Answer::Write,
        }
    }

    fn words(&self, advice: Advice) -> String {
        let Ask { permission, owner, credentials, .. } = self;
        let meant = self.meant.as_deref();
        advice::words(advice, &About { permission, owner, meant, credentials })
    }

    fn quoted(&self, error: &ApiError) -> String {
        let mut quoted = redact::shortened(&self.credentials, &error.message);
        if let Some(code) = error.code {
            quoted = format!("{code}: {quoted}");
        }
        match &error.page {
            Some(page) => format!("{quoted}, see {page}"),
            None => quoted,
        }
    }

    fn answered(&self, kind: ErrorKind, message: &str, response: &Response, errors: &[ApiError]) -> Error {
        let mut error = Error::new(kind, redact::redacted(&self.credentials, message));
        error.code = errors.iter().find_map(|error| error.code).map(|code| code.to_string());
        error.http_status = Some(response.status);
        if matches!(kind, ErrorKind::RateLimited | ErrorKind::Unavailable) {
            error.retry_after_ms = rate_limit::retry_after_ms(response);
        }
        let ray = response.header("cf-ray").map(|ray| redact::shortened(&self.credentials, ray));
        error.details = self.request(Object::default().with_text("cf_ray", ray.as_deref()));
        error
    }

    /// Returns the error's details: these, and the request.
    fn request(&self, details: Object) -> String {
        details.with_text("request", Some(&format!("{} {}", self.method.as_str(), self.path))).end()
    }
}

#[cfg(test)]
mod tests {
    use super::super::transport::Cut;
    use super::*;

    const CANARY: &str = "canary-5f3e";

    fn ask() -> Ask {
        let given = [("account-id", "a".repeat(32)), ("api-token", CANARY.to_owned())];
        let given = given.map(|(id, value)| (id.to_owned(), value)).to_vec();
        Ask {
            what: "read roles".to_owned(),
            method: Method::Get,
            path: "/accounts/a/roles?page=1".to_owned(),
            permission: "Account Settings Read",
            owner: "",
            before: Before::Something,
            meant: None,
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
    fn a_refusal_says_what_came_and_shows_no_secret() {
        use ErrorKind::*;
        let cases = [
            (400, 6003, "Invalid request headers", Unauthenticated),
            (401, 1000, "Invalid API Token", Unauthenticated),
            (403, 10000, "Authentication error", PermissionDenied),
            (404, 7003, "Could not route to /accounts/x", NotFound),
            (429, 971, "Please wait", RateLimited),
            (502, 1, "bad gateway", Unavailable),
            (200, 1, "success says no", InvalidResponse),
        ];
        for (status, code, message, kind) in cases {
            let message = format!("{message} {CANARY}\u{1b}[31m");
            let errors = serde_json::json!([{"code": code, "message": message}]);
            let body = serde_json::json!({"success": false, "errors": errors, "result": null}).to_string();
            let response = answer(status, &body);
            let error = ask().refused(&response, &Envelope::parse(&response.body).unwrap());
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
    fn a_page_of_cloudflares_is_shown() {
        let page = format!("https://developers.cloudflare.com/api/{CANARY}/list");
        let error = serde_json::json!({"code": 10000, "message": "Forbidden", "documentation_url": page});
        let body = serde_json::json!({"success": false, "errors": [error]}).to_string();
        let error = ask().envelope(&answer(403, &body)).unwrap_err();
        let shown = "10000: Forbidden, see https://developers.cloudflare.com/api/[redacted]/list). Give";
        assert!(error.message.contains(shown), "{error}");
    }

    #[test]
    fn malformed_credentials_are_told_by_their_form() {
        let key = "c2547eb745079dac9320b638f5e225cf483cc";
        let token = "Xk3_9dQzT7-aaBcD0eFgHiJkLmNoPqRsTuVwXy12";
        let with = |prefix: &str| format!("{prefix}{token}abcdef12");
        let chain = |code| format!(r#"[{{"code":{code},"message":"Invalid format"}}]"#);
        for (method, given, advice) in [
            ("api-token", key.to_owned(), advice::KEY_AS_TOKEN),
            ("api-token", with("cfk_"), advice::KEY_AS_TOKEN),
            ("api-key", token.to_owned(), advice::TOKEN_AS_KEY),
            ("api-key", with("cfut_"), advice::TOKEN_AS_KEY),
            ("api-key", with("cfat_"), advice::TOKEN_AS_KEY),
            ("api-token", format!("<{token}>"), advice::SURROUNDED),
            ("api-token", format!("Bearer:{token}"), advice::SURROUNDED),
            ("api-key", format!("[{key}]"), advice::SURROUNDED),
            ("api-token", token.to_owned(), advice::USUAL_WITH_TOKEN),
            ("api-key", key.to_owned(), advice::USUAL_WITH_KEY),
            ("api-token", token[1..].to_owned(), advice::USUAL_WITH_TOKEN),
        ] {
            let mut settings =
                vec![("account-id".to_owned(), "a".repeat(32)), (method.to_owned(), given.clone())];
            if method == "api-key" {
                settings.push(("email".to_owned(), "ann@corp.example".to_owned()));
            }
            let credentials = crate::settings::Settings::parse(method, settings).unwrap().credentials;
            let (ask, code) = (Ask { credentials, ..ask() }, if method == "api-key" { 6103 } else { 6111 });
            let body = format!(
                r#"{{"success":false,"errors":[{{"code":6003,"message":"you sent {}","error_chain":{}}}]}}"#,
                given,
                chain(code)
            );
            let error = ask.envelope(&answer(400, &body)).unwrap_err();
            assert_eq!(error.kind, ErrorKind::Unauthenticated, "{error}");
            assert!(error.message.ends_with(advice), "{method}: {error}");
            assert!(!error.message.contains(&given), "{error}");
        }
    }

    #[test]
    fn what_is_not_the_api_is_quoted_shortened_and_redacted() {
        let long = format!("<html>{}{CANARY}{}", "x".repeat(110), "y".repeat(10_000));
        for (status, kind) in [
            (200, ErrorKind::InvalidResponse),
            (302, ErrorKind::InvalidResponse),
            (503, ErrorKind::Unavailable),
        ] {
            let error = ask().not_the_api(&answer(status, &long), "the body is HTML");
            assert_eq!(error.kind, kind);
            assert!(error.message.contains("<html>") && error.message.len() < 500, "{error}");
            assert!(!format!("{error:?}").contains("canary"), "{error:?}");
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
            let error = ask()
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
        assert!(ask().without_answer(&nothing).message.contains("with the status 200. Try again"));
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
            let error = ask().without_answer(&from);
            assert_eq!((error.kind, error.retryable), (kind, retryable), "{from}");
            assert!(!format!("{error:?}").contains(CANARY), "{error:?}");
        }
    }
}
