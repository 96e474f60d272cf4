//! JSON as text: objects out of the contract's strings, and escapes for harmful characters.

use super::sink::SinkError;
use super::terminal::is_harmless;
use serde::Serialize;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt::Write;
use std::io;

/// Reads a JSON object out of a string, and removes the white space between its parts: a line break
/// would end the line that the object goes to. Everything else stays as it is, numbers of any length
/// included.
pub(crate) fn object<'a>(
    text: &'a str,
    field: &'static str,
    of: impl FnOnce() -> String,
) -> Result<Cow<'a, RawValue>, SinkError> {
    // It is read before it is rewritten: `1 2` is no number, but `12` would be.
    let read = serde_json::from_str::<&RawValue>(text).and_then(|value| match compact(value.get()) {
        None => Ok(Cow::Borrowed(value)),
        Some(compact) => Ok(Cow::Owned(RawValue::from_string(compact)?)),
    });
    match read {
        Ok(value) if value.get().starts_with('{') => Ok(value),
        Ok(_) => {
            Err(SinkError::NotJson { field, of: of(), reason: "it is JSON, but not an object".to_owned() })
        }
        Err(error) => Err(SinkError::NotJson { field, of: of(), reason: error.to_string() }),
    }
}

/// Removes the white space outside of strings from valid JSON. Returns `None` if there isn't any.
pub(super) fn compact(json: &str) -> Option<String> {
    let mut position = Position::default();
    if json.bytes().all(|byte| position.keeps(byte)) {
        return None;
    }
    let mut position = Position::default();
    let is_kept = |c: &char| u8::try_from(*c).map_or(true, |byte| position.keeps(byte));
    Some(json.chars().filter(is_kept).collect())
}

/// A place in JSON: inside a string, or between strings.
#[derive(Default)]
struct Position {
    in_string: bool,
    escaped: bool,
}

impl Position {
    /// Passes over a byte, and returns whether it is more than white space between parts.
    fn keeps(&mut self, byte: u8) -> bool {
        if self.in_string {
            self.in_string = self.escaped || byte != b'"';
            self.escaped = !self.escaped && byte == b'\\';
            return true;
        }
        self.in_string = byte == b'"';
        !matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
    }
}

/// Appends a value as JSON without harmful characters.
pub(super) fn push_json(to: &mut Vec<u8>, value: &(impl Serialize + ?Sized)) -> io::Result<()> {
    let start = to.len();
    serde_json::to_writer(&mut *to, value)?;
    if !to.get(start..).is_some_and(is_plain) {
        let json = String::from_utf8(to.split_off(start)).map_err(io::Error::other)?;
        to.extend_from_slice(escape_harmful(&json).as_bytes());
    }
    Ok(())
}

/// Whether [`escape_harmful`] has nothing to do for this JSON. Nearly all of it is ASCII, whose
/// control characters JSON itself escapes, all but one.
fn is_plain(json: &[u8]) -> bool {
    const DELETE: u8 = 0x7f;
    json.is_ascii() && !json.contains(&DELETE)
}

/// Returns the same JSON with escapes for characters that JSON allows, but that a terminal, or a
/// program that splits lines, acts upon: control characters from U+007F on, Unicode's line
/// separators, and invisible and reordering characters.
#[must_use]
pub fn escape_harmful(json: &str) -> Cow<'_, str> {
    if is_plain(json.as_bytes()) {
        return Cow::Borrowed(json);
    }
    let mut escaped = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        if is_harmless(c) {
            escaped.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut [0; 2]) {
            // Writing to a string can't fail.
            let _ = write!(escaped, "\\u{unit:04x}");
        }
    }
    Cow::Owned(escaped)
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
            (r#"{"d":"\\" , "a" :"\" x \\" , "b":" 1 2 " }"#, r#"{"d":"\\","a":"\" x \\","b":" 1 2 "}"#),
            (
                r#"{ "é ÿ":"\\é Ü", "Ģ Ġ 日 本" : "\u0022 \\" , "a":1}"#,
                r#"{"é ÿ":"\\é Ü","Ģ Ġ 日 本":"\u0022 \\","a":1}"#,
            ),
            (r#"{"n": 123456789012345678901234567890.10}"#, r#"{"n":123456789012345678901234567890.10}"#),
            (r#"{"b": 1, "a": 2}"#, r#"{"b":1,"a":2}"#),
        ] {
            assert_eq!(read(given).unwrap(), kept, "{given}");
        }
    }

    #[test]
    fn what_a_terminal_acts_upon_is_escaped_and_means_the_same() {
        let name = "\u{7f}\u{85}\u{9b}31m\u{202e}\u{2028}\u{e0041} Zoë \u{1f600}";
        let json = serde_json::to_string(name).unwrap();
        let escaped = escape_harmful(&json);
        assert_eq!(escaped, r#""\u007f\u0085\u009b31m\u202e\u2028\udb40\udc41 Zoë 😀""#);
        assert_eq!(serde_json::from_str::<String>(&escaped).unwrap(), name);
        assert_eq!(escape_harmful("\"a\u{7f}\""), r#""a\u007f""#);
        assert_eq!(escape_harmful(r#"{"a":"Zoë"}"#), r#"{"a":"Zoë"}"#);
        assert!(matches!(escape_harmful(r#"{"a":1}"#), Cow::Borrowed(_)));
    }

    #[test]
    fn what_is_no_object_is_an_error_that_says_where() {
        for given in
            ["", "{", "[]", "null", "\"{}\"", "{}{}", "{\"a\":1,}", "{\"a\":1 2}", "{\"a\n\":1}", "nope"]
        {
            let error = read(given).expect_err(given).to_string();
            assert!(error.contains("profile of user:1"), "{error}");
        }
    }
}
