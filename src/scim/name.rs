//! A person's name in parts. Cloudflare keeps a name as one text, and Okta, among others, takes nobody
//! without a first and a last name.

use serde_json::{Map, Value};

/// Returns a name in parts: the last word is the family name, or all that stands before a comma. A single
/// word is a given name.
pub(super) fn in_parts(name: &str) -> Value {
    let name = name.trim();
    let (given, family) = match (name.split_once(','), name.rsplit_once(char::is_whitespace)) {
        (Some((family, given)), _) | (None, Some((given, family))) => (given.trim(), family.trim()),
        (None, None) => (name, ""),
    };
    let mut parts = Map::new();
    for (part, text) in [("formatted", name), ("familyName", family), ("givenName", given)] {
        if !text.is_empty() {
            parts.insert(part.to_owned(), text.into());
        }
    }
    parts.into()
}

/// Returns the text of a name that a client gives in parts; `None` if it gives none.
pub(super) fn as_text(parts: &Value) -> Option<String> {
    let part = |wanted: &str| {
        let found = parts.as_object()?.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted))?;
        Some(found.1.as_str()?.trim()).filter(|text| !text.is_empty())
    };
    let both = [part("givenName"), part("familyName")].into_iter().flatten().collect::<Vec<_>>().join(" ");
    part("formatted").map(str::to_owned).or_else(|| Some(both).filter(|both| !both.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_last_word_or_what_stands_before_a_comma_is_the_family_name() {
        for (name, given, family) in [
            ("Ann Lee", json!("Ann"), json!("Lee")),
            ("Ann Mary Lee", json!("Ann Mary"), json!("Lee")),
            ("Lee, Ann Mary", json!("Ann Mary"), json!("Lee")),
            (" Ann\u{a0}Lee ", json!("Ann"), json!("Lee")),
            ("Ann", json!("Ann"), Value::Null),
            ("Lee,", Value::Null, json!("Lee")),
            (", Ann", json!("Ann"), Value::Null),
        ] {
            let parts = in_parts(name);
            assert_eq!((&parts["givenName"], &parts["familyName"]), (&given, &family), "{name}");
            assert_eq!(parts["formatted"], name.trim());
        }
        assert_eq!(in_parts(" "), json!({}));
    }

    #[test]
    fn a_client_gives_all_of_it_or_its_parts() {
        for (parts, text) in [
            (
                json!({"formatted": "Dr. Ann Lee", "givenName": "Ann", "familyName": "Lee"}),
                Some("Dr. Ann Lee"),
            ),
            (json!({"formatted": " ", "GivenName": "Ann", "familyname": "Lee"}), Some("Ann Lee")),
            (json!({"givenName": "Ann", "familyName": null}), Some("Ann")),
            (json!({"familyName": "Lee"}), Some("Lee")),
            (json!({"givenName": 5}), None),
            (json!({}), None),
            (json!("Ann"), None),
            (Value::Null, None),
        ] {
            assert_eq!(as_text(&parts).as_deref(), text, "{parts}");
        }
    }
}
