//! The reason why a text from outside isn't the JSON that was expected.

use serde_json::error::Category;

/// The fault of an object in which a key stands twice.
pub(crate) const TWICE: &str = "a key that stands twice in one object";

/// Says what was expected, without the place. Nothing of the text is repeated, where serde quotes
/// values and keys: a secret can stand there by mistake.
pub(crate) fn not_read(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let what = text.rsplit_once(" at line ").map_or(text.as_str(), |(what, _)| what);
    // These name fields of ours alone, or none.
    let is_ours = ["missing field ", "duplicate field ", TWICE].iter().any(|begin| what.starts_with(begin));
    if error.classify() != Category::Data || is_ours {
        return what.to_owned();
    }
    let wrong = if what.starts_with("unknown field ") { "an unknown field" } else { "a wrong value" };
    // Our words come last, whatever is quoted before them.
    match what.rsplit_once(", expected ") {
        Some((_, expected)) if !what.ends_with(", there are no fields") => {
            format!("{wrong}, expected {expected}")
        }
        _ => wrong.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::ChangeLine;
    use super::*;

    const CANARY: &str = "Xk3_9dQzT7-aaBcD0eFgHiJkLmNoPqRsTuVwXy12";

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Nothing {}

    #[test]
    fn it_names_what_is_expected_and_nothing_that_is_there() {
        for (line, told) in [
            ("nope", "expected ident"),
            ("*", "expected value"),
            (r#"{"*":1}"#, "an unknown field, expected one of `operation`, `entitlement`, `principal`"),
            (r#"{"a, expected *":1}"#, "expected one of `operation`, `entitlement`, `principal`"),
            (r#"{"missing field *":1}"#, "an unknown field"),
            (r#"{"operation":"*"}"#, "a wrong value, expected `grant` or `revoke`"),
            (r#"{"operation":["*"]}"#, "expected value"),
            (r#"{"entitlement":17}"#, "a wrong value, expected a string"),
            (r#"{"principal":"*"}"#, "a wrong value, expected an object with kind and id"),
            (r#"{"principal":{"*":1}}"#, "an unknown field, expected `kind` or `id`"),
            (r#"{"principal":{"kind":"*"}}"#, "missing field `id`"),
            (r#"{"operation":"grant","operation":"grant"}"#, "duplicate field `operation`"),
            (r#""*""#, "a wrong value, expected an object with operation, entitlement and principal"),
            (r#"{"operation":"grant"} *"#, "missing field"),
        ] {
            let line = line.replace('*', CANARY);
            let error = serde_json::from_str::<ChangeLine>(&line).err().unwrap();
            let said = not_read(&error);
            assert!(said.contains(told), "{line}: {said} ({error})");
            assert!(!said.contains("Xk3") && !said.contains("17"), "{said}");
        }
        for key in [CANARY.to_owned(), format!("a, expected {CANARY}")] {
            let error = serde_json::from_str::<Nothing>(&format!("{{\"{key}\":1}}")).unwrap_err();
            assert_eq!(not_read(&error), "an unknown field");
        }
    }
}
