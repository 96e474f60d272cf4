//! Values and rules of a group that mean the same, although Cloudflare spells them otherwise.

use crate::json::value::Json;
use crate::json::{entries, has_key_twice};
use crate::rules::kinds;
use serde_json::value::RawValue;

/// Returns a text for a rule that is the same for equal rules. The order of keys doesn't matter, nor
/// does a field of the selector that says nothing, nor a kind that says nothing beside another one.
pub(super) fn comparable_rule(rule: &RawValue) -> String {
    let Some(fields) = entries(rule.get()).filter(|fields| !has_key_twice(fields)) else {
        return comparable(rule);
    };
    let said = kinds(&fields).map(|(kind, value)| {
        // A kind that says nothing is another rule than none.
        Some((kind.to_owned(), without_nothing(Json::parse(value.get())?)))
    });
    match said.collect::<Option<Vec<_>>>() {
        Some(said) if !said.is_empty() => Json::Object(said.into_iter().collect()).to_text(),
        _ => comparable(rule),
    }
}

/// Whether two values of a field are the same. A value that says nothing is as good as none: it
/// appears, or goes away, behind a write that didn't touch it.
pub(super) fn is_same(one: Option<&RawValue>, other: Option<&RawValue>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => comparable(one) == comparable(other),
        (Some(raw), None) | (None, Some(raw)) => Json::parse(raw.get()).is_some_and(|it| is_nothing(&it)),
        (None, None) => true,
    }
}

/// Whether a value means the same as the absence of its field (inferred).
fn is_nothing(value: &Json) -> bool {
    match value {
        Json::Null | Json::Bool(false) => true,
        Json::Text(text) => text.is_empty(),
        Json::List(items) => items.is_empty(),
        Json::Bool(true) | Json::Number(_) | Json::Object(_) => false,
    }
}

/// Returns a text that is the same for values that are equal, but for fields inside that say nothing.
fn comparable(raw: &RawValue) -> String {
    // Numbers that the parser refuses are compared as texts.
    match Json::parse(raw.get()) {
        Some(value) => without_nothing(value).to_text(),
        None => raw.get().to_owned(),
    }
}

/// Removes the fields that say nothing from the objects inside a value.
fn without_nothing(value: Json) -> Json {
    match value {
        Json::Object(fields) => {
            let said = fields.into_iter().map(|(name, value)| (name, without_nothing(value)));
            Json::Object(said.filter(|(_, value)| !is_nothing(value)).collect())
        }
        Json::List(items) => Json::List(items.into_iter().map(without_nothing).collect()),
        other => other,
    }
}
