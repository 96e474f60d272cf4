//! The faults of answers: another answer, or a spoiled one.

use http::StatusCode;
use serde_json::Value;

use crate::mock::api::{Answer, Failure, content_type};
use crate::mock::faults::{Armed, Effect};

const ERROR_PAGE: &str =
    "<!DOCTYPE html>\n<html><head><title>Error</title></head><body><h1>Error</h1></body></html>\n";

/// Returns the answer that this effect puts instead of the right one; `None` for other effects.
pub(super) fn instead(effect: &Effect) -> Option<Answer> {
    let answer = |status: u16, headers: Vec<(String, String)>, body: &str| Answer {
        status: status_code(status),
        headers,
        body: body.to_owned().into(),
    };
    Some(match effect {
        Effect::Status { status, code, message, headers } => {
            Failure { headers: headers.clone(), ..Failure::new(status_code(*status), *code, message) }.into()
        }
        Effect::Html { status } => {
            answer(*status, vec![content_type("text/html; charset=UTF-8")], ERROR_PAGE)
        }
        Effect::Empty { status } => answer(*status, Vec::new(), ""),
        Effect::Body { status, body } => answer(*status, vec![content_type("application/json")], body),
        Effect::Redirect { location } => answer(302, vec![("location".into(), location.clone())], ""),
        _ => return None,
    })
}

/// Panics for a number that is no status: the test made a mistake.
fn status_code(status: u16) -> StatusCode {
    StatusCode::from_u16(status).expect("a fault's status is between 100 and 999")
}

/// Spoils an answer that is ready, if the fault is of that kind.
pub(super) fn spoil(fault: &Armed, answer: &mut Answer) {
    let fires = match fault.effect() {
        Effect::CutOff => {
            answer.body.truncate(answer.body.len() / 2);
            true
        }
        Effect::Encoded { encoding } => {
            answer.headers.push(("content-encoding".into(), encoding.clone()));
            answer.body = answer.body.iter().map(|byte| !byte).collect::<Vec<u8>>().into();
            true
        }
        Effect::MoreHeaders { count, bytes } => {
            let more = (0..*count).map(|number| (format!("x-more-{number}"), "x".repeat(*bytes)));
            answer.headers.extend(more);
            true
        }
        Effect::SetField { pointer, value } => edit(answer, pointer, |field| *field = value.clone()),
        Effect::HugeField { pointer, bytes } => {
            edit(answer, pointer, |field| *field = "x".repeat(*bytes).into())
        }
        Effect::DropField { pointer } => {
            let (parent, key) = pointer.rsplit_once('/').unwrap_or_default();
            let mut dropped = false;
            edit(answer, parent, |parent| dropped = drop_key(parent, key)) && dropped
        }
        _ => false,
    };
    if fires {
        fault.fire();
    }
}

/// Changes the value at a JSON pointer, and returns whether there is one. The keys of objects may
/// change their order.
fn edit(answer: &mut Answer, pointer: &str, change: impl FnOnce(&mut Value)) -> bool {
    let Ok(mut body) = serde_json::from_slice::<Value>(&answer.body) else { return false };
    let Some(field) = body.pointer_mut(pointer) else { return false };
    change(field);
    answer.body = body.to_string().into();
    true
}

fn drop_key(parent: &mut Value, key: &str) -> bool {
    match parent {
        Value::Object(fields) => fields.remove(&key.replace("~1", "/").replace("~0", "~")).is_some(),
        Value::Array(items) => match key.parse::<usize>() {
            Ok(at) if at < items.len() => {
                items.remove(at);
                true
            }
            _ => false,
        },
        _ => false,
    }
}
