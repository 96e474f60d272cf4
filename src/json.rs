//! JSON as text. Profiles, conditions and request bodies are put together from texts that are JSON
//! already.

use serde_json::value::RawValue;

/// Returns a text as JSON.
pub fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}

/// Returns a list of items that are JSON already.
pub fn list(items: &[String]) -> String {
    format!("[{}]", items.join(","))
}

/// An object that is built field by field. Keys aren't escaped: they are this connector's own.
#[derive(Default)]
pub struct Object(String);

impl Object {
    /// Adds a field that is JSON already.
    pub fn with(mut self, key: &str, json: &str) -> Self {
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
