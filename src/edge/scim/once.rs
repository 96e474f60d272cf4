//! JSON in which every key stands once. serde_json's own values keep the last of several, so that a body
//! would mean something else than its first half says.

use crate::output::TWICE;
use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Number, Value};
use std::collections::BTreeSet;
use std::fmt;

/// A value in which no object has a key twice. Capitals make no difference, as in all names of SCIM
/// (RFC 7643, 2.1).
#[derive(Debug)]
pub(super) struct Once(pub(super) Value);

impl<'de> Deserialize<'de> for Once {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;

        impl<'de> Visitor<'de> for Any {
            type Value = Once;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }

            fn visit_unit<E>(self) -> Result<Once, E> {
                Ok(Once(Value::Null))
            }

            fn visit_bool<E>(self, is: bool) -> Result<Once, E> {
                Ok(Once(is.into()))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Once, E> {
                Ok(Once(number.into()))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Once, E> {
                Ok(Once(number.into()))
            }

            fn visit_f64<E>(self, number: f64) -> Result<Once, E> {
                Ok(Once(Number::from_f64(number).map_or(Value::Null, Value::Number)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Once, E> {
                Ok(Once(text.into()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Once, A::Error> {
                let mut items = Vec::new();
                while let Some(Once(item)) = list.next_element()? {
                    items.push(item);
                }
                Ok(Once(items.into()))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Once, A::Error> {
                let (mut known, mut fields) = (BTreeSet::new(), Map::new());
                while let Some((name, Once(value))) = object.next_entry::<String, _>()? {
                    if !known.insert(name.to_ascii_lowercase()) {
                        return Err(A::Error::custom(TWICE));
                    }
                    fields.insert(name, value);
                }
                Ok(Once(fields.into()))
            }
        }

        deserializer.deserialize_any(Any)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::not_read;

    fn read(json: &str) -> Result<Value, serde_json::Error> {
        serde_json::from_str(json).map(|Once(value)| value)
    }

    /// serde_json's own values are the standard for everything else.
    #[test]
    fn a_value_is_read_as_serde_json_does() {
        for json in [
            "null",
            " [true, false, null, [], {}] ",
            "[0, -0, -7, 18446744073709551615, 18446744073709551616, -9223372036854775808]",
            "[1.50, 1e3, -2.5E-7]",
            "1e400",
            r#""a \u00e9 \n \"""#,
            r#""\ud83d\ude00""#,
            r#""\ud800""#,
            r#"{"b": 1, "a": {"z": [], "y": {}}, "c": {"a": 1}}"#,
            r#"{"\u0062": [{"a": 1}, {"a": 1}]}"#,
            r#"{"a": 1} 2"#,
            r#"{"a"}"#,
            "{1: 2}",
            "[1,]",
            "",
            &format!("{}{}", "[".repeat(100), "]".repeat(100)),
            &format!("{}{}", "[".repeat(200), "]".repeat(200)),
        ] {
            let standard: Option<Value> = serde_json::from_str(json).ok();
            assert_eq!(read(json).ok(), standard, "{json}");
        }
    }

    #[test]
    fn a_key_that_stands_twice_is_refused_at_any_depth() {
        for json in [
            r#"{"members": [{"value": "a"}], "members": []}"#,
            r#"{"a": 1, "b": 2, "\u0061": 1}"#,
            r#"{"Operations": [{"op": "add", "path": "members", "value": [], "value": null}]}"#,
            r#"{"Operations": [{"op": "add", "value": 1, "Value": 2}]}"#,
            r#"[[[{"a": {"": 1, "": 1}}]]]"#,
        ] {
            let error = read(json).expect_err(json);
            assert!(error.line() == 1 && error.column() > 1, "{error}");
            assert_eq!(not_read(&error), TWICE, "nothing of the body is repeated");
        }
    }
}
