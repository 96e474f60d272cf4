//! The fields of JSON objects by name. A type that serde derives for each object would be some
//! kilobytes of code each.

use crate::json::items;
use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// The error of a field that can't be read, for a message.
pub(super) const UNEXPECTED: &str = "it has a field of an unexpected type";

/// Returns the values of these fields. A list isn't taken for an object.
///
/// # Errors
/// The text is no object, or one of the fields appears twice.
pub(super) fn fields<'a, const N: usize>(
    object: &'a str,
    names: [&str; N],
) -> serde_json::Result<[Option<&'a RawValue>; N]> {
    let mut values = [None; N];
    read(object, &names, &mut values)?;
    Ok(values)
}

/// Returns the values of these fields of an item, or of an object inside of it. Null counts as
/// absent.
///
/// # Errors
/// The reason why the object can't be read.
pub(super) fn object<'a, const N: usize>(
    object: &'a RawValue,
    names: [&str; N],
) -> Result<[Option<&'a RawValue>; N], &'static str> {
    let mut values = [None; N];
    read(object.get(), &names, &mut values).map_err(|_| UNEXPECTED)?;
    for value in &mut values {
        value.take_if(|value| value.get() == "null");
    }
    Ok(values)
}

/// Reads a field that is a text.
///
/// # Errors
/// The field isn't a text.
pub(super) fn text(value: Option<&RawValue>) -> Result<Option<Cow<'_, str>>, &'static str> {
    let Some(value) = value.map(RawValue::get) else { return Ok(None) };
    // A text without an escape stands there as it is.
    let plain = value.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    if let Some(text) = plain.filter(|text| !text.bytes().any(|byte| byte == b'\\')) {
        return Ok(Some(Cow::Borrowed(text)));
    }
    serde_json::from_str(value).map(|Text(text)| Some(text)).map_err(|_| UNEXPECTED)
}

/// Reads a field that is a list of at most 20,000 items. An absent field is an empty one.
///
/// # Errors
/// The field isn't a list, or is longer.
pub(super) fn list(value: Option<&RawValue>) -> Result<Vec<&RawValue>, &'static str> {
    let Some(value) = value else { return Ok(Vec::new()) };
    items(value.get()).ok_or(UNEXPECTED)
}

#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

fn read<'a>(object: &'a str, names: &[&str], values: &mut [Option<&'a RawValue>]) -> serde_json::Result<()> {
    let mut object = serde_json::Deserializer::from_str(object);
    object.deserialize_map(Fields { names, values })?;
    object.end()
}

struct Fields<'n, 'a> {
    names: &'n [&'n str],
    values: &'n mut [Option<&'a RawValue>],
}

impl<'a> Visitor<'a> for Fields<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut object: A) -> Result<(), A::Error> {
        while let Some(Text(name)) = object.next_key()? {
            let mut fields = self.names.iter().zip(self.values.iter_mut());
            let value = fields.find(|(known, _)| **known == name).map(|(_, value)| value);
            if value.as_ref().is_some_and(|value| value.is_some()) {
                return Err(A::Error::custom("a field stands there twice"));
            }
            let given = object.next_value()?;
            if let Some(value) = value {
                *value = Some(given);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_by_name() {
        let object = r#" {"b": 1, "\u0061": {"a": 2}, "c": null, "x": 1, "x": 2} "#;
        let [a, b, c, d] =
            fields(object, ["a", "b", "c", "d"]).unwrap().map(|value| value.map(RawValue::get));
        assert_eq!((a, b, c, d), (Some(r#"{"a": 2}"#), Some("1"), Some("null"), None));
        for bad in [
            r#"{"a": 1, "b": 2, "a": 3}"#,
            r#"{"a": null, "a": null}"#,
            "[1]",
            "null",
            "1",
            r#"{"a": 1} 2"#,
            "",
        ] {
            assert!(fields(bad, ["a"]).is_err(), "{bad}");
        }
    }

    #[test]
    fn fields_by_type() {
        let raw = |json: &str| RawValue::from_string(json.to_owned()).unwrap();
        let item = raw(r#"{"none": null, "text": "a\n", "list": [1, [2]]}"#);
        let [none, words, items] = object(&item, ["none", "text", "list"]).unwrap();
        assert!(none.is_none());
        assert_eq!(text(words).unwrap().as_deref(), Some("a\n"));
        assert_eq!(list(items).unwrap().iter().map(|item| item.get()).collect::<Vec<_>>(), ["1", "[2]"]);
        assert_eq!((text(None), list(None).unwrap().len()), (Ok(None), 0));
        assert!(text(items).is_err() && list(words).is_err());
        let long = |count: usize| raw(&format!("[{}0]", "0,".repeat(count - 1)));
        assert_eq!(list(Some(&long(20_000))).unwrap().len(), 20_000);
        assert!(list(Some(&long(20_001))).is_err());
        assert!(text(Some(&raw(r#""\ud800""#))).is_err());
    }
}
