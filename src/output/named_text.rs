//! A connector's messages with names in the place of ids, for a person. The messages themselves have ids,
//! which other commands take.

use super::conditions::referring;
use super::snapshot::Snapshot;
use super::words::{Words, kind};
use serde_json::value::RawValue;

/// The kinds whose ids are no words of their own.
const WITH_IDS: [&str; 10] = [
    "app",
    "policy",
    "group",
    "identity-provider",
    "service-token",
    "role",
    "scoped-role",
    "user-group",
    "member",
    "user",
];
/// The ends of entitlements' ids, which say nothing more where a name stands for the resource.
const SLUGS: [&str; 4] = [":member", ":assigned", ":access", ":visible"];

/// Puts the rules in a message into words that refer to something whose name is known. Other rules stay as
/// they are: a message may be about their exact text.
pub(super) fn rules_in_words(message: &str, words: Words<'_>) -> String {
    const BEGINNING: &str = "{\"";
    let (mut text, mut rest) = (String::new(), message);
    while let Some((before, begun)) = rest.split_once(BEGINNING) {
        text.push_str(before);
        let from_here = rest.get(before.len()..).unwrap_or_default();
        match first_value(from_here) {
            Some((json, after)) => {
                match referring(json, words, is_asked(&text)) {
                    Some(in_words) if text.ends_with('(') => text.push_str(&in_words),
                    Some(in_words) => text.push_str(&format!("({in_words})")),
                    None => text.push_str(json),
                }
                rest = after;
            }
            None => {
                text.push_str(BEGINNING);
                rest = begun;
            }
        }
    }
    text + rest
}

/// Whether a rule that follows is what a login has to show, and doesn't keep anybody out.
fn is_asked(before: &str) -> bool {
    let last = |word: &str| before.rfind(word);
    last("any of ").max(last("all of ")) > last("none of ")
}

/// Splits a text behind the JSON value that it begins with.
pub(super) fn first_value(text: &str) -> Option<(&str, &str)> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<&RawValue>();
    values.next()?.ok()?;
    text.split_at_checked(values.byte_offset())
}

/// Puts a message into words, with names in the place of ids.
pub(super) fn told(message: &str, names: &Snapshot) -> String {
    with_names(&rules_in_words(message, Words::new(names)), names, false)
}

/// Puts the names that are known before the ids in a message.
#[must_use]
pub fn named(message: &str, names: &Snapshot) -> String {
    with_names(message, names, true)
}

/// Puts names in the place of ids, or before them if ids are wanted.
#[must_use]
pub fn with_names(message: &str, names: &Snapshot, ids: bool) -> String {
    let text = names_for_ids(message, names, ids);
    if ids || text == message { text } else { without_repeats(&text) }
}

/// Leaves out what says nothing more behind a name: the end of an entitlement's id, and the same name once
/// more, as in `“Wiki”:access ("Wiki")` and `"Wiki" (“Wiki”)`.
fn without_repeats(text: &str) -> String {
    let (mut told, mut rest) = (String::new(), text);
    while let Some((before, begun)) = rest.split_once('“') {
        let Some((name, after)) = begun.split_once('”') else { break };
        told.push_str(before);
        let slug = SLUGS.iter().find_map(|slug| after.strip_prefix(slug));
        let after = slug.unwrap_or(after);
        let (quoted, in_brackets) = (format!(" ({name:?})"), format!("{name:?} ("));
        rest = after.strip_prefix(&quoted).unwrap_or(after);
        if let (Some(before), Some(after)) = (told.strip_suffix(&in_brackets), after.strip_prefix(')')) {
            told.truncate(before.len());
            rest = after;
        }
        told.push_str(&format!("“{name}”"));
    }
    told + rest
}

fn names_for_ids(message: &str, names: &Snapshot, ids: bool) -> String {
    let is_of_id = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c) || c == '-';
    let mut text = String::new();
    for piece in message.split_inclusive(|c| !is_of_id(c)) {
        let id = piece.trim_end_matches(|c| !is_of_id(c));
        // A UUID, or 32 digits; of a scoped role two of them, or 16 digits behind the first.
        let is_long = [32, 36, 49, 65].contains(&id.len());
        let of = WITH_IDS.into_iter().filter(|_| is_long);
        let named = of.filter_map(|of| Some((of, names.known_name(of, id)?))).next();
        match named {
            Some((of, name)) => {
                let before = text.strip_suffix(&format!("{of}:")).map(str::len);
                if let Some(before) = before {
                    text.truncate(before);
                    text.push_str(kind(of, false));
                    text.push(' ');
                }
                text.push_str(&format!("“{name}”"));
                match before {
                    Some(_) if ids => text.push_str(&format!(" ({of}:{id})")),
                    None if ids => text.push_str(&format!(" ({id})")),
                    _ => {}
                }
                text.push_str(piece.strip_prefix(id).unwrap_or_default());
            }
            None => text.push_str(piece),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::super::sink::Sink;
    use super::*;
    use crate::contract::{Page, Resource};

    const GROUP: &str = "0c9b1d1e-3f5a-4b8e-9d7c-2a1b3c4d5e6f";
    const POLICY: &str = "1c9b1d1e-3f5a-4b8e-9d7c-2a1b3c4d5e6f";
    const UNKNOWN: &str = "2c9b1d1e-3f5a-4b8e-9d7c-2a1b3c4d5e6f";
    const ROLE: &str = "33666b9c79b9a5273fc7344ff42f953d";

    fn names() -> Snapshot {
        let named = |kind: &str, id: &str, name: &str| Resource {
            id: samples::id(kind, id),
            ..samples::group(id, name)
        };
        let resources = vec![
            named("group", GROUP, "Finance"),
            named("policy", POLICY, "Not from elsewhere"),
            named("role", ROLE, "DNS"),
        ];
        let mut names = Snapshot::default();
        names.page(&Page { resources, ..samples::page() }).unwrap();
        names
    }

    #[test]
    fn a_rule_that_refers_to_something_is_told_by_its_name() {
        let names = names();
        let group = format!(r#"{{"group":{{"id":"{GROUP}"}}}}"#);
        let policy = format!(r#"{{"policy":{{"id":"{POLICY}"}}}}"#);
        let unknown = format!(r#"{{"group":{{"id":"{UNKNOWN}"}}}}"#);
        for (message, told) in [
            (
                format!("It holds if a login shows any of {group} and none of {policy}, {group}."),
                "It holds if a login shows any of (what group “Finance” asks of a login) and none of (a \
                 match of policy “Not from elsewhere”), (in group “Finance”)."
                    .to_owned(),
            ),
            (format!("its exclude rule 1 says no ({group})."), {
                "its exclude rule 1 says no (in group “Finance”).".to_owned()
            }),
            (format!("has {unknown}"), format!("has {unknown}")),
        ] {
            assert_eq!(rules_in_words(&message, Words::new(&names)), told);
        }
        for same in [
            "",
            r#"Added {"email":{"email":" a@b"}} to the include of "Finance"."#,
            r#"{"group":{"id":"#,
            r#"{"{"{"}"#,
            "{ \"group\"",
        ] {
            assert_eq!(rules_in_words(same, Words::new(&names)), same);
        }
    }

    #[test]
    fn a_name_stands_for_an_id_or_before_it() {
        let names = names();
        let message = format!(
            "Rule 1 of group {GROUP} isn't known; it is named by policy:{POLICY} ({UNKNOWN}, {ROLE}) \
             zoë-{ROLE}"
        );
        assert_eq!(
            with_names(&message, &names, false),
            format!(
                "Rule 1 of group “Finance” isn't known; it is named by policy “Not from elsewhere” \
                 ({UNKNOWN}, “DNS”) zoë-{ROLE}"
            )
        );
        assert_eq!(
            with_names(&message, &names, true),
            format!(
                "Rule 1 of group “Finance” ({GROUP}) isn't known; it is named by policy “Not from \
                 elsewhere” (policy:{POLICY}) ({UNKNOWN}, “DNS” ({ROLE})) zoë-{ROLE}"
            )
        );
        let entitlements = format!(
            "It gives group:{GROUP}:member (\"Finance\"), role:{ROLE}:assigned and \
             user-group:{UNKNOWN}:member (\"Other\"), through \"DNS\" ({ROLE}), \
             not \"DNS\" (\"DNS\"), and “odd"
        );
        assert_eq!(
            with_names(&entitlements, &names, false),
            format!(
                "It gives group “Finance”, role “DNS” and user-group:{UNKNOWN}:member (\"Other\"), through \
                 “DNS”, not \"DNS\" (\"DNS\"), and “odd"
            )
        );
        for same in ["", "-", GROUP.get(1..).unwrap(), "a deed", "“DNS” (\"DNS\")"] {
            assert_eq!(with_names(same, &names, false), same);
        }
    }
}
