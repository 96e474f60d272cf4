//! JSON as text. Profiles, conditions and request bodies are put together from texts that are JSON
//! already.

pub mod value;

use crate::sorted::sort;
use serde::de::{Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// Returns a text as JSON.
pub fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}

/// Returns a list of items that are JSON already.
pub fn list(items: &[String]) -> String {
    format!("[{}]", items.join(","))
}

/// Returns the keys and values of an object in their order, those that occur twice as well; `None` if
/// the text is no object, or a key can't be read.
pub fn entries(object: &str) -> Option<Vec<(Cow<'_, str>, &RawValue)>> {
    // A list would pass for an object otherwise.
    object.starts_with('{').then(|| serde_json::from_str(object).ok().map(|Entries(entries)| entries))?
}

/// Whether a key occurs twice among these.
pub fn has_key_twice(entries: &[(Cow<'_, str>, &RawValue)]) -> bool {
    if entries.len() < 2 {
        return false;
    }
    let mut keys: Vec<&str> = entries.iter().map(|(key, _)| key.as_ref()).collect();
    sort(&mut keys);
    !keys.is_sorted_by(|a, b| a < b)
}

/// Returns the items of a list of at most 20,000 items; `None` if the text is no such list.
pub fn items(list: &str) -> Option<Vec<&RawValue>> {
    serde_json::from_str(list).ok().map(|Items(items)| items)
}

/// The items of a list. No list of the API has more than some thousand, so a longer one isn't
/// collected.
struct Items<'a>(Vec<&'a RawValue>);

impl<'de> Deserialize<'de> for Items<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;

        impl<'de> Visitor<'de> for Collect {
            type Value = Items<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                const MOST: usize = 20_000;
                let mut items = Vec::new();
                while let Some(item) = list.next_element()? {
                    if items.len() == MOST {
                        return Err(A::Error::custom("too many items for a list"));
                    }
                    items.push(item);
                }
                Ok(Items(items))
            }
        }

        deserializer.deserialize_seq(Collect)
    }
}

struct Entries<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de> Deserialize<'de> for Entries<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

        struct Collect;

        impl<'de> Visitor<'de> for Collect {
            type Value = Entries<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some((Key(key), value)) = object.next_entry()? {
                    entries.push((key, value));
                }
                Ok(Entries(entries))
            }
        }

        deserializer.deserialize_map(Collect)
    }
}

/// An object that is built field by field. Keys aren't escaped: they are this connector's own.
#[derive(Default)]
pub struct Object(String);

impl Object {
    /// Adds a field that is JSON already.
    pub fn with(mut self, key: &str, json: &str) -> Self {
        self.0.reserve(key.len() + json.len() + 4);
        self.0.push(if self.0.is_empty() { '{' } else { ',' });
        self.0.push('"');
        self.0.push_str(key);
        self.0.push_str("\":");
        self.0.push_str(json);
        self
    }

    /// Adds a field that is passed on, if there is one.
    pub fn with_raw(self, key: &str, raw: Option<&RawValue>) -> Self {
        match raw {
            Some(raw) => self.with(key, raw.get()),
            None => self,
        }
    }

    /// Adds a field that is a text, if there is one.
    pub fn with_text(self, key: &str, text: Option<&str>) -> Self {
        match text {
            Some(text) => self.with(key, &quoted(text)),
            None => self,
        }
    }

    /// Returns the object as text.
    pub fn end(mut self) -> String {
        if self.0.is_empty() {
            self.0.push('{');
        }
        self.0.push('}');
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_as_they_stand() {
        let told = |object: &str| {
            let entries = entries(object)?;
            let shown: Vec<String> =
                entries.iter().map(|(key, value)| format!("{key}={}", value.get())).collect();
            Some((shown.join(" "), has_key_twice(&entries)))
        };
        let some = |shown: &str, twice| Some((shown.to_owned(), twice));
        assert_eq!(told("{}"), some("", false));
        assert_eq!(told(r#"{"b": 1, "\u0061": {"x": 1e400}}"#), some(r#"b=1 a={"x": 1e400}"#, false));
        assert_eq!(told(r#"{"a":1,"b":2,"\u0061":null}"#), some("a=1 b=2 a=null", true));
        let many: Vec<String> = (0..100).map(|n| format!("\"{n}\":0")).collect();
        assert!(!told(&format!("{{{}}}", many.join(","))).unwrap().1);
        assert!(told(&format!("{{{},\"7\":1}}", many.join(","))).unwrap().1);
        for other in ["[]", r#"[["a",1]]"#, "null", r#""a""#, r#"{"a"}"#, r#"{"\ud800":1}"#, ""] {
            assert_eq!(told(other), None, "{other}");
        }
    }

    #[test]
    fn an_object_is_json() {
        assert_eq!(Object::default().end(), "{}");
        let raw = RawValue::from_string("[1, 2]".to_owned()).unwrap();
        let object = Object::default().with("a", "1").with_raw("b", Some(&raw)).with_raw("c", None);
        let object = object.with_text("d", Some("\"\n")).with_text("e", None);
        assert_eq!(object.end(), r#"{"a":1,"b":[1, 2],"d":"\"\n"}"#);
        assert_eq!(
            (list(&[]), list(&["1".to_owned(), "{}".to_owned()])),
            ("[]".to_owned(), "[1,{}]".to_owned())
        );
    }
}
