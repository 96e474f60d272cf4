//! Records for tests, made by hand.

use super::lines::page_of;
use super::records::Records;
use super::review::{Read, Review};
use cloudflare_zero_trust::output::Sink;

/// The time of the tests' reads: 2026-11-29T10:00:00Z.
pub(crate) const NOW: i64 = 1_795_946_400;

/// Returns a review of these lines, as a sync writes them.
pub(crate) fn review(lines: &[String]) -> Review {
    reading(lines, None)
}

/// The same, of a read of all kinds but these.
pub(crate) fn without(lines: &[String], kinds: &[u8]) -> Review {
    let mut read = [true; super::kinds::KINDS.len()];
    for kind in kinds {
        read[usize::from(*kind)] = false;
    }
    reading(lines, Some(read))
}

fn reading(lines: &[String], kinds: Option<[bool; super::kinds::KINDS.len()]>) -> Review {
    let mut records = Records::default();
    for line in lines {
        let page = page_of(line.as_bytes()).unwrap_or_else(|error| panic!("{line}: {error}"));
        records.page(&page).unwrap();
    }
    let kinds = kinds.or(Some([true; super::kinds::KINDS.len()]));
    Review::new(records, Read { kinds, time: NOW, told: Vec::new() })
}

fn json(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

pub(crate) fn resource(kind: &str, id: &str, name: &str, profile: &str) -> String {
    let named = format!(r#""parent":null,"display_name":{},"account":null"#, json(name));
    let id = json(id);
    format!(r#"{{"type":"resource","id":{{"kind":"{kind}","id":{id}}},{named},"profile":{profile}}}"#)
}

/// An account; `last_login` is empty for never.
pub(crate) fn account(kind: &str, id: &str, name: &str, email: &str, last_login: &str) -> String {
    person(kind, id, name, email, "enabled", last_login, "{}")
}

pub(crate) fn person(
    kind: &str,
    id: &str,
    name: &str,
    email: &str,
    status: &str,
    last_login: &str,
    profile: &str,
) -> String {
    let or_null = |text: &str| if text.is_empty() { "null".to_owned() } else { json(text) };
    let account = format!(
        r#"{{"email":{},"login":null,"status":"{status}","last_login":{}}}"#,
        or_null(email),
        or_null(last_login)
    );
    resource(kind, id, name, profile).replace(r#""account":null"#, &format!(r#""account":{account}"#))
}

pub(crate) fn entitlement(kind: &str, id: &str, slug: &str, extra: &str) -> String {
    let on = format!(r#"{{"kind":"{kind}","id":"{id}"}}"#);
    let named = format!(r#""slug":"{slug}","display_name":"It","description":"","grantable_to":[]"#);
    format!(r#"{{"type":"entitlement","id":"{kind}:{id}:{slug}","on":{on},{named},"extra":{extra}}}"#)
}

/// A grant; `basis` is its rules with commas between them, and `conditions` a list or null.
pub(crate) fn grant(of: &str, to: &str, basis: &str, conditions: &str, revocable: bool) -> String {
    let (kind, id) = to.split_once(':').unwrap();
    let principal = format!(r#"{{"kind":"{kind}","id":"{id}"}}"#);
    let ids = format!(r#""id":"{of}:{to}","entitlement":"{of}","principal":{principal}"#);
    let why = format!(r#""basis":[{basis}],"conditions":{conditions},"revocable":{revocable}"#);
    format!(r#"{{"type":"grant",{ids},{why},"extra":{{}}}}"#)
}

/// A rule that a grant comes from.
pub(crate) fn basis(rule: &str, value: &str) -> String {
    format!(r#"{{"rule":"{rule}","value":"{value}","through":null}}"#)
}

pub(crate) fn warning(code: &str, about: Option<(&str, &str)>, incomplete: bool) -> String {
    let about = about.map_or("null".to_owned(), |(kind, id)| format!(r#"{{"kind":"{kind}","id":"{id}"}}"#));
    let told = format!(r#""message":"Something.","incomplete":{incomplete}"#);
    format!(r#"{{"type":"warning","code":"{code}","about":{about},{told}}}"#)
}
