//! The meaning of a failed request: its kind in the contract, and what a person can do.
//!
//! Sources: the error codes on
//! <https://developers.cloudflare.com/fundamentals/api/troubleshooting/>, and for the limit
//! <https://developers.cloudflare.com/fundamentals/api/reference/limits/>.

use super::envelope::ApiError;
use super::transport::{Cut, TransportError};
use crate::error::ErrorKind;
use std::ops::RangeInclusive;

/// The answer that a failure came with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The API refused a read.
    Read,
    /// The API refused a write.
    Write,
    /// The answer to a read doesn't have the API's form. It may come from a proxy.
    Strange,
    /// The same for a write, which comes after reads that were answered well.
    StrangeToWrite,
    /// An answer that is longer than the limit.
    TooLong,
}

/// The advice at the end of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advice {
    /// These words.
    Words(&'static str),
    /// The permission that the request takes.
    GivePermission,
}

/// A row of the table. It is for answers of one of the kinds `of` that have one of the statuses, or
/// an error with one of the codes, or an error whose message has the word.
struct Row {
    of: &'static [Answer],
    statuses: &'static [RangeInclusive<u16>],
    codes: &'static [i64],
    word: Option<&'static str>,
    kind: ErrorKind,
    advice: Advice,
}

impl Row {
    fn is_for(&self, answer: Answer, status: u16, errors: &[ApiError]) -> bool {
        self.of.contains(&answer)
            && (self.statuses.iter().any(|statuses| statuses.contains(&status))
                || errors.iter().any(|error| {
                    error.code.is_some_and(|code| self.codes.contains(&code))
                        || self.word.is_some_and(|word| error.message.contains(word))
                }))
    }
}

const fn row(
    of: &'static [Answer],
    statuses: &'static [RangeInclusive<u16>],
    codes: &'static [i64],
    kind: ErrorKind,
    advice: &'static str,
) -> Row {
    Row { of, statuses, codes, word: None, kind, advice: Advice::Words(advice) }
}

const LATER: &str = "Try again later.";
const REFUSED: &[Answer] = &[Answer::Read, Answer::Write];
const OTHERS: &[Answer] = &[Answer::Strange, Answer::StrangeToWrite, Answer::TooLong];

/// The first row that is for an answer counts.
const TABLE: &[Row] = &[
    // The page on limits: 429, and then every call for five minutes.
    row(
        REFUSED,
        &[429..=429],
        &[],
        ErrorKind::RateLimited,
        "The limit on these credentials is used up. Try again later.",
    ),
    row(OTHERS, &[429..=429], &[], ErrorKind::RateLimited, LATER),
    // HTTP: RFC 9110, 15.5.9 and 15.6.
    row(REFUSED, &[408..=408, 500..=u16::MAX], &[], ErrorKind::Unavailable, LATER),
    row(OTHERS, &[408..=408, 500..=u16::MAX], &[], ErrorKind::Unavailable, LATER),
    // Inferred from the message, which is `access.api.error.not_enabled`.
    Row {
        word: Some("not_enabled"),
        ..row(
            REFUSED,
            &[],
            &[9999],
            ErrorKind::NotFound,
            "Zero Trust is not set up in this account: open Zero Trust in the Cloudflare dashboard once \
             and choose a plan, or read only roles and members.",
        )
    },
    // The page on troubleshooting: 1000 invalid token, 6003 invalid headers, 9103 unknown key or email,
    // 9106 and 9107 missing ones. They come with 400, 401 and 403.
    row(
        REFUSED,
        &[401..=401],
        &[1000, 6003, 9103, 9106, 9107],
        ErrorKind::Unauthenticated,
        "Cloudflare doesn't know these credentials, or they are disabled or expired. Give valid ones.",
    ),
    // The page on troubleshooting: 9109 unauthorized, 10000 authentication error, which also says
    // that a token lacks a permission.
    Row {
        advice: Advice::GivePermission,
        ..row(REFUSED, &[403..=403], &[9109, 10000], ErrorKind::PermissionDenied, "")
    },
    // HTTP: RFC 9110, 15.5.11. An API that Cloudflare has ended answers so (inferred from the
    // deprecations, <https://developers.cloudflare.com/fundamentals/api/reference/deprecations/>).
    row(
        REFUSED,
        &[410..=410],
        &[],
        ErrorKind::NotFound,
        "Cloudflare has taken this part of its API away. Use a newer version of this connector, or leave \
         this kind out.",
    ),
    // The page on troubleshooting: 7003, could not route to the path, with 400 or 404.
    row(
        REFUSED,
        &[404..=404],
        &[7003],
        ErrorKind::NotFound,
        "It doesn't exist. Check the account ID, and the rule or command that names it.",
    ),
    // HTTP: RFC 9110, 15.5.10.
    row(REFUSED, &[409..=409], &[], ErrorKind::Conflict, "Read again, then decide."),
    // Inferred: any other 4xx is about what was sent.
    row(&[Answer::Write], &[400..=499], &[], ErrorKind::Refused, "Nothing was written."),
    row(
        &[Answer::Read],
        &[400..=499],
        &[],
        ErrorKind::InvalidResponse,
        "Cloudflare refused the request as it stands. Report it.",
    ),
    row(
        &[Answer::StrangeToWrite],
        &[300..=499],
        &[],
        ErrorKind::InvalidResponse,
        "Something between here and Cloudflare refuses writes: let it pass PUT requests to Cloudflare's API.",
    ),
    row(
        &[Answer::Strange],
        &[300..=399],
        &[],
        ErrorKind::InvalidResponse,
        "Redirects aren't followed. Check base-url.",
    ),
    row(REFUSED, &[0..=u16::MAX], &[], ErrorKind::InvalidResponse, "Try again, and report it if it stays."),
    row(
        &[Answer::Strange, Answer::StrangeToWrite],
        &[0..=u16::MAX],
        &[],
        ErrorKind::InvalidResponse,
        "Check that base-url is Cloudflare's API, and try again.",
    ),
];

/// The meaning of an answer that no row is for: one that is too long.
const OTHERWISE: (ErrorKind, Advice) = (
    ErrorKind::InvalidResponse,
    Advice::Words("Check that base-url is Cloudflare's API, and report it if it is."),
);

/// Returns the meaning of an answer with this status and these errors.
pub fn of_answer(answer: Answer, status: u16, errors: &[ApiError]) -> (ErrorKind, Advice) {
    let row = TABLE.iter().find(|row| row.is_for(answer, status, errors));
    row.map_or(OTHERWISE, |row| (row.kind, row.advice))
}

/// Returns the meaning of an answer that didn't come, or not whole.
pub fn of_transport(error: &TransportError) -> (ErrorKind, Advice) {
    let advice = match error {
        TransportError::CutShort { why: Cut::TooLarge(_), came } => {
            return of_answer(Answer::TooLong, came.status, &[]);
        }
        TransportError::Connection(_) | TransportError::BrokenOff(_) => {
            "Check that the host reaches Cloudflare, and try again."
        }
        TransportError::Timeout(_) | TransportError::BrokenAnswer(_) | TransportError::CutShort { .. } => {
            LATER
        }
        TransportError::Denied => {
            "Allow the manifest's origins, or the host and port of base-url, where the component runs."
        }
    };
    (ErrorKind::Unavailable, Advice::Words(advice))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meaning(answer: Answer, status: u16, code: i64, message: &str) -> (ErrorKind, Advice) {
        of_answer(answer, status, &[ApiError { code: Some(code), message: message.to_owned() }])
    }

    #[test]
    fn every_refusal_has_its_kind() {
        use ErrorKind::*;
        for (status, code, message, kind) in [
            (400, 6003, "Invalid request headers", Unauthenticated),
            (401, 1000, "Invalid API Token", Unauthenticated),
            (403, 9103, "Unknown X-Auth-Key or X-Auth-Email", Unauthenticated),
            (400, 9106, "Missing X-Auth-Key, X-Auth-Email or Authorization headers", Unauthenticated),
            (400, 9107, "Missing X-Auth-Key", Unauthenticated),
            (403, 9109, "Unauthorized to access requested resource", PermissionDenied),
            (400, 9109, "Unauthorized to access requested resource", PermissionDenied),
            (403, 10000, "Authentication error", PermissionDenied),
            (401, 10000, "Authentication error", Unauthenticated),
            (403, 9999, "access.api.error.not_enabled", NotFound),
            (400, 12345, "access.api.error.not_enabled: Access is not enabled", NotFound),
            (404, 1, "not found", NotFound),
            (400, 7003, "Could not route to /accounts/x", NotFound),
            (410, 7003, "No such route any more", NotFound),
            (409, 1, "conflict", Conflict),
            (408, 1, "timeout", Unavailable),
            (429, 10000, "Authentication error", RateLimited),
            (502, 9109, "bad gateway", Unavailable),
            (200, 1, "success says no", InvalidResponse),
        ] {
            for answer in REFUSED {
                assert_eq!(meaning(*answer, status, code, message).0, kind, "{answer:?} {status} {code}");
            }
        }
        assert_eq!(meaning(Answer::Read, 400, 12130, "invalid_request").0, InvalidResponse);
        assert_eq!(meaning(Answer::Write, 400, 12130, "invalid_request").0, Refused);
    }

    #[test]
    fn only_a_missing_permission_is_asked_for() {
        assert_eq!(meaning(Answer::Read, 403, 1, "no").1, Advice::GivePermission);
        let rows = TABLE.iter().filter(|row| row.advice == Advice::GivePermission);
        assert_eq!(rows.map(|row| row.kind).collect::<Vec<_>>(), [ErrorKind::PermissionDenied]);
    }

    #[test]
    fn an_api_that_is_gone_is_told_whatever_the_code() {
        for answer in REFUSED {
            let (_, Advice::Words(advice)) = meaning(*answer, 410, 7003, "gone") else { panic!("no words") };
            assert!(advice.starts_with("Cloudflare has taken this part of its API away."), "{advice}");
        }
    }

    #[test]
    fn an_answer_of_a_stranger_says_nothing_of_credentials() {
        use ErrorKind::*;
        for (status, strange, too_long) in [
            (200, InvalidResponse, InvalidResponse),
            (302, InvalidResponse, InvalidResponse),
            (401, InvalidResponse, InvalidResponse),
            (408, Unavailable, Unavailable),
            (429, RateLimited, RateLimited),
            (503, Unavailable, Unavailable),
        ] {
            assert_eq!(of_answer(Answer::Strange, status, &[]).0, strange, "{status}");
            assert_eq!(of_answer(Answer::TooLong, status, &[]).0, too_long, "{status}");
        }
        let advice = |answer, status| of_answer(answer, status, &[]).1;
        let refuses_writes = |status| match advice(Answer::StrangeToWrite, status) {
            Advice::Words(words) => words.contains("refuses writes"),
            Advice::GivePermission => false,
        };
        assert_eq!(
            [200, 302, 403, 404, 408, 429, 502].map(refuses_writes),
            [false, true, true, true, false, false, false]
        );
        assert_eq!(of_answer(Answer::StrangeToWrite, 403, &[]).0, InvalidResponse);
        assert_eq!(of_answer(Answer::StrangeToWrite, 429, &[]).0, RateLimited);
        assert_eq!(advice(Answer::Strange, 302), Advice::Words("Redirects aren't followed. Check base-url."));
        assert_eq!(advice(Answer::TooLong, 302), OTHERWISE.1);
    }
}
