//! Tests of the table.

use super::*;

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
    let asks = |row: &&Row| !matches!(row.advice, Words(_) | CorrectForm);
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
    assert_eq!(advice(Answer::Strange, 302), Advice::Words("Redirects aren't followed. Check base-url."));
    assert_eq!(advice(Answer::TooLong, 302), OTHERWISE.1);
}
