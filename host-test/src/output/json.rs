//! The contract's JSON strings as JSON.

use super::SinkError;
use serde_json::value::RawValue;

/// Takes a JSON object out of a string, as it stands but for the white space between its parts: on a line of its own it must not
/// bring a line break along, and its numbers must stay as they are, however long.
pub(super) fn object(
    text: &str,
    field: &'static str,
    of: impl FnOnce() -> String,
) -> Result<Box<RawValue>, SinkError> {
    let result = RawValue::from_string(compact(text));
    let is_object = |value: &RawValue| value.get().starts_with('{');
    match result {
        Ok(value) if is_object(&value) => Ok(value),
        Ok(_) => Err(SinkError::NotJson { field, of: of(), reason: "it is JSON, but not an object".to_owned() }),
        Err(error) => Err(SinkError::NotJson { field, of: of(), reason: error.to_string() }),
    }
}

/// Without the white space outside of strings. What is no JSON before is none after.
fn compact(text: &str) -> String {
    let mut in_string = false;
    let mut escaped = false;
    let kept = |c: &char| {
        if in_string {
            in_string = escaped || *c != '"';
            escaped = !escaped && *c == '\\';
            return true;
        }
        in_string = *c == '"';
        !matches!(c, ' ' | '\t' | '\n' | '\r')
    };
    text.chars().filter(kept).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String, SinkError> {
        object(text, "profile", || "user:1".to_owned()).map(|value| value.get().to_owned())
    }

    #[test]
    fn an_object_keeps_all_but_its_white_space() {
        for (given, kept) in [
            ("{}", "{}"),
            (" {\n\t\"a\" : 1 }\r\n", r#"{"a":1}"#),
            (r#"{"a": "b  c", "d": "\" x \\"}"#, r#"{"a":"b  c","d":"\" x \\"}"#),
            (r#"{"n": 123456789012345678901234567890.10}"#, r#"{"n":123456789012345678901234567890.10}"#),
            (r#"{"b": 1, "a": 2}"#, r#"{"b":1,"a":2}"#),
        ] {
            assert_eq!(read(given).unwrap(), kept, "{given}");
        }
    }

    #[test]
    fn what_is_no_object_is_an_error_that_says_where() {
        for given in ["", "{", "[]", "null", "\"{}\"", "{}{}", "{\"a\":1,}", "{\"a\":1 2}", "{\"a\n\":1}", "nope"] {
            let error = read(given).expect_err(given).to_string();
            assert!(error.contains("profile of user:1"), "{error}");
        }
    }
}
