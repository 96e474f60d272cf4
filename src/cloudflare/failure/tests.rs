//! Tests of the table.

use super::*;
use crate::cloudflare::advice::{self, About};
use crate::cloudflare::endpoint::WRITES;
use crate::cloudflare::transport::Response;
use crate::settings::Settings;

/// The page that has the table for an operator.
const PAGE: &str = include_str!("../../../host-test/pages/errors.md");

fn meaning(answer: Answer, status: u16, code: i64, message: &str) -> (ErrorKind, Advice) {
    of_answer(answer, status, &[ApiError { code: Some(code), message: message.to_owned(), page: None }])
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
        (403, 9109, "Cannot use the access token from location: 198.51.100.7", Unauthenticated),
        (403, 9109, "Invalid access token", Unauthenticated),
        (400, 6111, "Invalid format for Authorization header", Unauthenticated),
        (400, 6103, "Invalid format for X-Auth-Key header", Unauthenticated),
        (403, 9109, "Unauthorized to access requested resource", PermissionDenied),
        (400, 9109, "Unauthorized to access requested resource", PermissionDenied),
        (403, 10000, "Authentication error", PermissionDenied),
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
            // In the middle of a list, such a refusal passes.
            let passes = *answer == NextPage && (status, code) == (403, 10000);
            let kind = if passes { Unavailable } else { kind };
            assert_eq!(meaning(*answer, status, code, message).0, kind, "{answer:?} {status} {code}");
        }
    }
    assert_eq!(meaning(Answer::Read, 400, 12130, "invalid_request").0, InvalidResponse);
    assert_eq!(meaning(Answer::Write, 400, 12130, "invalid_request").0, Refused);
}

#[test]
fn what_could_be_read_before_counts_with_either_status() {
    use ErrorKind::*;
    for (answer, of_401, of_403) in [
        (FirstRead, Unauthenticated, PermissionDenied),
        (Read, PermissionDenied, PermissionDenied),
        (NextPage, Unavailable, Unavailable),
        (Write, PermissionDenied, PermissionDenied),
    ] {
        let kinds = [401, 403].map(|status| meaning(answer, status, 10000, "Authentication error").0);
        assert_eq!(kinds, [of_401, of_403], "{answer:?}");
        // Another refusal with 401 is about the credentials, whatever was read.
        assert_eq!(meaning(answer, 401, 1000, "Invalid API Token").0, Unauthenticated, "{answer:?}");
        let errors = [ApiError { code: Some(10000), message: String::new(), page: None }];
        let passes = [401, 403, 429, 503].map(|status| passes(answer, status, &errors));
        assert_eq!(passes, [answer == NextPage, answer == NextPage, false, false], "{answer:?}");
    }
}

#[test]
fn a_refusal_is_told_by_what_could_be_read_before() {
    use Advice::*;
    let ask_for = |answer, code| meaning(answer, 403, code, "no").1;
    for (answer, of_10000, of_9109, of_another) in [
        (FirstRead, GivePermissionOrAccountOrAddress, GivePermissionOrAccount, GivePermissionOrAccount),
        (Read, GivePermission, GivePermission, GivePermission),
        (Write, GivePermissionOrRole, GivePermissionOrRole, GivePermissionOrRole),
    ] {
        let found = [10000, 9109, 1].map(|code| ask_for(answer, code));
        assert_eq!(found, [of_10000, of_9109, of_another], "{answer:?}");
    }
    assert_eq!(ask_for(NextPage, 9109), GivePermission);
    let Words(passes) = ask_for(NextPage, 10000) else { panic!("no words") };
    assert!(passes.ends_with("Try again later.") && !passes.contains("permission"), "{passes}");
    let asks = |row: &&Row| !matches!(row.advice, Words(_) | CorrectForm | GivePath);
    assert!(TABLE.iter().filter(asks).all(|row| row.kind == ErrorKind::PermissionDenied));
}

#[test]
fn credentials_are_told_apart_by_what_cloudflare_says() {
    let said = |code, message| match meaning(FirstRead, 403, code, message).1 {
        Words(words) => words,
        other => panic!("{other:?}"),
    };
    assert!(said(9109, "CANNOT use the access token from location: ::1").contains("Client IP Address"));
    assert!(said(9109, "Invalid access token").starts_with("Cloudflare doesn't know"));
    let error = |code, message: &str| ApiError { code: Some(code), message: message.to_owned(), page: None };
    let errors = [error(6003, "Invalid request headers"), error(6111, "Invalid format")];
    assert_eq!(of_answer(FirstRead, 400, &errors), (ErrorKind::Unauthenticated, Advice::CorrectForm));
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
        _ => false,
    };
    assert_eq!(
        [200, 302, 403, 404, 408, 429, 502].map(refuses_writes),
        [false, true, true, true, false, false, false]
    );
    assert_eq!(of_answer(Answer::StrangeToWrite, 403, &[]).0, InvalidResponse);
    assert_eq!(of_answer(Answer::StrangeToWrite, 429, &[]).0, RateLimited);
    let Advice::Words(redirect) = advice(Answer::Strange, 302) else { panic!("no words") };
    assert!(redirect.starts_with("Redirects aren't followed."), "{redirect}");
    assert_eq!(advice(Answer::TooLong, 302), OTHERWISE.1);
}

/// The meaning of a failure as the page has it: its signs, its kind and the words.
type Line = (String, ErrorKind, String);

/// Returns every meaning that a failure can have.
fn every_meaning() -> Vec<Line> {
    let given = [("account-id", "a".repeat(32)), ("api-token", "canary-token".to_owned())];
    let given = given.map(|(id, value)| (id.to_owned(), value)).to_vec();
    let credentials = Settings::parse("api-token", given).unwrap().credentials;
    let slow = || TransportError::CutShort {
        why: Cut::Slow,
        came: Box::new(Response { status: 200, headers: Vec::new(), body: Vec::new() }),
    };
    let no_answer = [
        (TransportError::Connection(String::new()), Method::Get),
        (TransportError::Timeout(String::new()), Method::Get),
        (TransportError::Denied, Method::Get),
        (TransportError::Certificate, Method::Get),
        (slow(), Method::Get),
        (slow(), Method::Put),
    ];
    let rows = TABLE.iter().map(|row| (shown(row.signs), (row.kind, row.advice)));
    let others = no_answer.map(|(error, method)| ("none".to_owned(), of_transport(&error, method)));
    let mut found = Vec::new();
    for (signs, (kind, advice)) in rows.chain([(shown(ANY), OTHERWISE)]).chain(others) {
        let words = |permission, owner| {
            advice::words(
                advice,
                &About { permission, owner, meant: Some("\u{2026}"), credentials: &credentials },
            )
        };
        let words = match advice {
            Advice::CorrectForm => [
                advice::KEY_AS_TOKEN,
                advice::TOKEN_AS_KEY,
                advice::SURROUNDED,
                advice::USUAL_WITH_TOKEN,
                advice::USUAL_WITH_KEY,
            ]
            .map(str::to_owned)
            .to_vec(),
            Advice::GivePermissionOrRole => {
                WRITES.iter().map(|write| words("\u{2026}", write.owner)).collect()
            }
            Advice::GivePermission => vec![words("\u{2026}", ""), words("", "")],
            _ => vec![words("\u{2026}", "")],
        };
        found.extend(words.into_iter().map(|words| (signs.clone(), kind, words)));
    }
    found
}

/// Returns the signs of a row as the page shows them.
fn shown(signs: &[Sign]) -> String {
    let shown = signs.iter().flat_map(|sign| match sign {
        Status(statuses) if *statuses == (0..=u16::MAX) => vec!["any".to_owned()],
        // No answer to a whole request has a status below 200.
        Status(statuses) if statuses.end() % 100 == 99 => {
            ((*statuses.start()).max(200) / 100..=statuses.end() / 100).map(|it| format!("{it}xx")).collect()
        }
        Status(statuses) => statuses.clone().map(|status| status.to_string()).collect(),
        Failing => vec!["408".to_owned(), "5xx".to_owned()],
        Code(code) => vec![code.to_string()],
        Said(words) => vec![format!("*{words}*")],
        CodeSaid(code, words) => vec![format!("{code} *{words}*")],
    });
    shown.collect::<Vec<_>>().join(", ")
}

/// Returns the kind as the contract spells it.
fn spelled(kind: ErrorKind) -> String {
    let mut spelled = String::new();
    for letter in format!("{kind:?}").chars() {
        if letter.is_ascii_uppercase() && !spelled.is_empty() {
            spelled.push('-');
        }
        spelled.push(letter.to_ascii_lowercase());
    }
    spelled
}

#[test]
fn the_page_of_errors_is_the_table() {
    let lines: Vec<&str> = PAGE.lines().filter(|line| line.contains("| `")).collect();
    let mut left = lines.clone();
    for (signs, kind, words) in every_meaning() {
        let (start, end) = (format!("| {signs} | "), format!("| `{}` | {words} |", spelled(kind)));
        let is_of = |line: &&str| line.starts_with(&start) && line.ends_with(&end);
        assert!(lines.iter().any(is_of), "the page has no line for: {start}\u{2026} {end}");
        left.retain(|line| !is_of(line));
    }
    assert_eq!(left, [""; 0], "the table has no row for these");
}
