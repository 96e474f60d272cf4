//! A JSON value of any kind. That of serde_json keeps objects in the standard library's trees, and
//! would be some 15 kilobytes of code more.

use super::quoted;
use crate::sorted::Map;
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Number;
use std::fmt;

/// A value. Of a key that occurs twice in an object, the last value is kept.
#[derive(Debug)]
pub enum Json {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Json>),
    Object(Map<String, Json>),
}

static NULL: Json = Json::Null;

impl Json {
    /// Reads a value. `None` if the text isn't one, or a number or a text in it can't be kept.
    pub fn parse(json: &str) -> Option<Self> {
        serde_json::from_str(json).ok()
    }

    /// Returns a field of an object. An absent one is null, and so is every field of another value.
    pub fn get(&self, name: &str) -> &Self {
        match self {
            Json::Object(fields) => fields.get(name).unwrap_or(&NULL),
            _ => &NULL,
        }
    }

    /// Returns the text, if it is one.
    pub fn text(&self) -> Option<&str> {
        match self {
            Json::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the number, if it is one.
    pub fn number(&self) -> Option<&Number> {
        match self {
            Json::Number(number) => Some(number),
            _ => None,
        }
    }

    /// Returns the items of a list. Another value has none.
    pub fn items(&self) -> &[Self] {
        match self {
            Json::List(items) => items,
            _ => &[],
        }
    }

    fn write(&self, to: &mut String) {
        match self {
            Json::Null => to.push_str("null"),
            Json::Bool(true) => to.push_str("true"),
            Json::Bool(false) => to.push_str("false"),
            Json::Number(number) => to.push_str(&number.to_string()),
            Json::Text(text) => to.push_str(&quoted(text)),
            Json::List(items) => {
                to.push('[');
                for (place, item) in items.iter().enumerate() {
                    to.push_str(if place == 0 { "" } else { "," });
                    item.write(to);
                }
                to.push(']');
            }
            Json::Object(fields) => {
                to.push('{');
                for (place, (name, value)) in fields.iter().enumerate() {
                    to.push_str(if place == 0 { "" } else { "," });
                    to.push_str(&quoted(name));
                    to.push(':');
                    value.write(to);
                }
                to.push('}');
            }
        }
    }

    /// Returns the value as text: without spaces, and objects sorted by key.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        self.write(&mut text);
        text
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;

        impl<'de> Visitor<'de> for Any {
            type Value = Json;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }

            fn visit_unit<E>(self) -> Result<Json, E> {
                Ok(Json::Null)
            }

            fn visit_bool<E>(self, is: bool) -> Result<Json, E> {
                Ok(Json::Bool(is))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Json, E> {
                Ok(Json::Number(number.into()))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Json, E> {
                Ok(Json::Number(number.into()))
            }

            fn visit_f64<E>(self, number: f64) -> Result<Json, E> {
                Ok(Number::from_f64(number).map_or(Json::Null, Json::Number))
            }

            fn visit_str<E>(self, text: &str) -> Result<Json, E> {
                Ok(Json::Text(text.to_owned()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Json, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = list.next_element()? {
                    items.push(item);
                }
                Ok(Json::List(items))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Json, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = object.next_entry()? {
                    fields.push(field);
                }
                Ok(Json::Object(fields.into_iter().collect()))
            }
        }

        deserializer.deserialize_any(Any)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// serde_json's own values are the standard: texts, numbers, order and repetitions.
    #[test]
    fn a_value_is_read_and_written_as_serde_json_does() {
        for json in [
            "null",
            " [true, false, null, []] ",
            "0",
            "-0",
            "-7",
            "18446744073709551615",
            "18446744073709551616",
            "-9223372036854775808",
            "1.50",
            "1e3",
            "-2.5E-7",
            "1e400",
            r#""a \u00e9 \n \"""#,
            r#""\ud83d\ude00""#,
            r#""\ud800""#,
            r#"{"b": 1, "a": {"z": [], "y": {}}, "\u0062": 2}"#,
            r#"{"a": 1} 2"#,
            r#"{"a"}"#,
            "[1,]",
            "",
            &format!("{}{}", "[".repeat(200), "]".repeat(200)),
        ] {
            let standard: Option<serde_json::Value> = serde_json::from_str(json).ok();
            let ours = Json::parse(json);
            assert_eq!(ours.map(|it| it.to_text()), standard.map(|it| it.to_string()), "{json}");
        }
    }

    #[test]
    fn parts_of_a_value() {
        let value = Json::parse(r#"{"text": "a", "number": 7, "list": [1, "b"]}"#).unwrap();
        assert_eq!((value.get("text").text(), value.get("number").text()), (Some("a"), None));
        assert_eq!(value.get("number").number().and_then(Number::as_i64), Some(7));
        assert_eq!(value.get("text").number(), None);
        assert_eq!(value.get("list").items().iter().filter_map(Json::text).collect::<Vec<_>>(), ["b"]);
        for absent in [value.get("none"), value.get("text").get("a"), value.get("list").get("0")] {
            assert!(matches!(absent, Json::Null));
            assert!(absent.items().is_empty());
        }
    }
}
