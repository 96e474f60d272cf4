//! The values that clients send, checked against the table and in one form: lists are lists, their items
//! are objects, names are spelled as in the table, and truth values are no texts.

use super::problem::{Problem, quoted};
use super::schema::{Attribute, Kind};
use crate::cloudflare::time;
use crate::sorted::Set;
use serde_json::{Map, Value};

/// Reads the value of an attribute. A list may come as one item, and an item as its `value` alone.
///
/// # Errors
/// `invalidValue` if it is none for this attribute.
pub(super) fn read(attribute: &Attribute, path: &str, value: &Value) -> Result<Value, Problem> {
    if attribute.is_list {
        return items(attribute, path, value).map(Value::Array);
    }
    let alone = match value.as_array().map(Vec::as_slice) {
        // Entra ID's older jobs write a single value so: [{"$ref": null, "value": "False"}].
        Some([item]) => item.get("value"),
        _ => None,
    };
    single(attribute, path, alone.unwrap_or(value))
}

/// Reads the items of a list. An item that comes twice is kept once.
///
/// # Errors
/// `invalidValue` if one is none for this attribute.
pub(super) fn items(attribute: &Attribute, path: &str, value: &Value) -> Result<Vec<Value>, Problem> {
    let given = match value {
        Value::Array(items) => items.as_slice(),
        Value::Null => {
            let advice = format!("To leave {path} as it is, leave it out. To empty it, send [].");
            return Err(Problem::invalid_value(format!("{path} can't be null. {advice}")));
        }
        one => std::slice::from_ref(one),
    };
    let mut known = Set::default();
    let mut items = Vec::with_capacity(given.len());
    for item in given {
        let item = match item {
            Value::String(text) if attribute.sub("value").is_some() => {
                Value::Object(Map::from_iter([("value".to_owned(), Value::String(text.clone()))]))
            }
            item => single(attribute, path, item)?,
        };
        match (attribute.sub("value"), item.get("value").and_then(Value::as_str)) {
            (Some(_), None | Some("")) => {
                let message = format!("Each of {path} needs a \"value\", and one of those sent has none.");
                return Err(Problem::invalid_value(message));
            }
            (_, Some(id)) if !known.insert(id.to_owned()) => {}
            _ => items.push(item),
        }
    }
    Ok(items)
}

fn single(attribute: &Attribute, path: &str, value: &Value) -> Result<Value, Problem> {
    let refused = |expected: &str| {
        let found = match value {
            Value::Null => "null".to_owned(),
            Value::Bool(value) => value.to_string(),
            Value::Number(number) => quoted(&number.to_string()),
            Value::String(text) => quoted(text),
            Value::Array(_) => "a list".to_owned(),
            Value::Object(_) => "an object".to_owned(),
        };
        Problem::invalid_value(format!("{path} has to be {expected}, and isn't: {found}."))
    };
    match (attribute.kind, value) {
        (Kind::Text, Value::String(text)) => match attribute.canonical {
            [] => Ok(value.clone()),
            words => words
                .iter()
                .find(|word| word.eq_ignore_ascii_case(text))
                .map(|word| Value::from(*word))
                .ok_or_else(|| refused(&words.join(" or "))),
        },
        (Kind::Text, _) => Err(refused("a text")),
        (Kind::Boolean, Value::Bool(_)) => Ok(value.clone()),
        // Entra ID sends texts, unless the URL of the tenant has `?aadOptscim062020`.
        (Kind::Boolean, Value::String(text)) if text.eq_ignore_ascii_case("true") => Ok(true.into()),
        (Kind::Boolean, Value::String(text)) if text.eq_ignore_ascii_case("false") => Ok(false.into()),
        (Kind::Boolean, _) => Err(refused("true or false")),
        (Kind::Integer, Value::Number(number)) if number.is_i64() => Ok(value.clone()),
        (Kind::Integer, _) => Err(refused("a whole number")),
        (Kind::DateTime, Value::String(text)) if time::of_item(text).is_some() => Ok(value.clone()),
        (Kind::DateTime, _) => Err(refused("a time such as 2026-01-31T08:00:00Z")),
        (Kind::Reference(_), Value::String(_)) => Ok(value.clone()),
        (Kind::Reference(_), _) => Err(refused("a URI")),
        (Kind::Complex(_), Value::Object(fields)) => object(attribute, path, fields),
        (Kind::Complex(_), _) => Err(refused("an object")),
    }
}

/// Reads an object. Fields that the table doesn't have are left out, as platforms send `primary` and
/// names of their own, and so are those that are null.
fn object(attribute: &Attribute, path: &str, fields: &Map<String, Value>) -> Result<Value, Problem> {
    let mut read_fields = Map::new();
    for (name, value) in fields {
        if let (Some(sub), false) = (attribute.sub(name), value.is_null()) {
            let value = read(sub, &format!("{path}.{}", sub.name), value)?;
            read_fields.insert(sub.name.to_owned(), value);
        }
    }
    Ok(Value::Object(read_fields))
}
