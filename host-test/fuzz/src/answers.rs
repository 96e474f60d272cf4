//! A whole session with a server that answers anything: it ends, it reports the fault, and it shows
//! no secret that the server echoes.

use super::memory::Memory;
use super::{SECRET, lines, settings};
use cloudflare_zero_trust::cloudflare::transport::{Cut, Response, TransportError};
use cloudflare_zero_trust::error::Error;
use cloudflare_zero_trust::provision::{Change, Operation, Options};
use cloudflare_zero_trust::session::Session;
use std::cell::Cell;

/// Runs one input. The pieces between lines of `---` are answers, in the order of the requests: a
/// status (`200 cut` for an answer that is cut short), headers, an empty line, and a body. After the
/// last one, the connection fails. A `%` in an answer stands for the token.
pub fn run(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    let answers: Vec<Result<Response, TransportError>> = text.split("\n---\n").filter_map(answer).collect();
    let session = || {
        let next = Cell::new(0);
        let answers = &answers;
        let transport = Memory(move |_: &_| {
            let at = next.replace(next.get() + 1);
            answers.get(at).cloned().unwrap_or_else(|| Err(TransportError::Connection("refused".to_owned())))
        });
        Session::new(settings(), transport)
    };

    for kinds in [&[][..], &["group", "user"], &["email"], &["role", "member"]] {
        let kinds: Vec<String> = kinds.iter().map(|&kind| kind.to_owned()).collect();
        let mut session = session();
        let mut cursor: Option<String> = None;
        for page in 0.. {
            assert!(page < 1000 + 10 * text.len(), "a read that doesn't end");
            match session.read(&kinds, cursor.as_deref()) {
                Err(error) => {
                    check(&error);
                    break;
                }
                Ok(page) => {
                    page.warnings.iter().for_each(|warning| is_clean(&warning.message));
                    let Some(next) = page.next else { break };
                    is_clean(&next);
                    assert!(next.len() <= 4096 && next.bytes().all(|byte| byte.is_ascii_graphic()));
                    assert_ne!(Some(&next), cursor.as_ref(), "a cursor that leads to itself");
                    cursor = Some(next);
                }
            }
        }
    }
    match session().validate() {
        Ok(validation) => {
            validation.checks.iter().filter_map(|check| check.read.as_ref().err()).for_each(check);
            validation.warnings.iter().for_each(|warning| is_clean(&warning.message));
        }
        Err(error) => check(&error),
    }
    for (kind, id) in
        [("group", "g"), ("role", "r"), ("user", "u"), ("member", "m"), ("email", "ann@corp.example")]
    {
        if let Err(error) = session().get(kind, id, None) {
            check(&error);
        }
    }
    let change = |operation, entitlement: &str, kind: &str, id: &str| Change {
        operation,
        entitlement: entitlement.to_owned(),
        principal_kind: kind.to_owned(),
        principal_id: id.to_owned(),
    };
    for changes in [
        vec![change(Operation::Grant, "group:g:member", "email", "ann@corp.example")],
        vec![change(Operation::Revoke, "group:g:member", "user", "u")],
        vec![change(Operation::Grant, "role:r:assigned", "member", "m")],
        vec![
            change(Operation::Revoke, "role:r:assigned", "email", "ann@corp.example"),
            change(Operation::Grant, "group:g:member", "member", "m"),
            change(Operation::Revoke, "group:h:member", "member", "m"),
        ],
    ] {
        let report = session().apply(&changes, &Options::default());
        assert_eq!(report.results.len(), changes.len());
        report.results.iter().filter_map(|result| result.as_ref().err()).for_each(check);
        report.warnings.iter().for_each(|warning| is_clean(&warning.message));
    }
}

fn answer(piece: &str) -> Option<Result<Response, TransportError>> {
    let piece = piece.replace('%', SECRET);
    let (head, body) = lines::split(piece.as_bytes())?;
    let mut lines = head.lines();
    let (status, is_cut) =
        lines.next().map(|line| line.strip_suffix(" cut").map_or((line, false), |status| (status, true)))?;
    let response =
        Response { status: status.parse().ok()?, headers: lines::headers(lines), body: body.to_vec() };
    Some(if is_cut {
        Err(TransportError::CutShort { why: Cut::Ended, came: Box::new(response) })
    } else {
        Ok(response)
    })
}

fn check(error: &Error) {
    is_clean(&format!("{error} {error:?}"));
    assert!(error.message.len() > 10, "an error that says nothing");
    serde_json::from_str::<serde_json::Map<_, _>>(&error.details).expect("details are an object");
}

fn is_clean(text: &str) {
    assert!(!text.contains(SECRET), "a secret shows: {text}");
}
