//! `apply --file`: changes and steps as JSON Lines.

use super::failure::Failure;
use super::input::{self, Open};
use super::shown::file_name;
use crate::contract::lifecycle::Action;
use crate::output::{ChangeLine, StepLine, not_read};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use std::path::Path;

/// The error for changes and a secret that would both come from standard input.
pub const ONE_STANDARD_INPUT: &str = "Standard input can't hold both the changes and a secret.";

/// Reads the changes and steps of a file, or of standard input for the path `-`. The connector limits their
/// number.
///
/// # Errors
/// Fails when the file can't be read, or a line of it is neither.
pub fn read(path: &Path, open: Open) -> Result<Vec<Action>, Failure> {
    const LONGEST: u64 = 16 << 20;
    let name =
        if path == Path::new("-") { "standard input".to_owned() } else { file_name(path).into_owned() };
    let text =
        open(path).and_then(|file| input::read(file, LONGEST, "it is too long to be a list of changes"));
    let text = text.map_err(|error| Failure::Changes {
        file: format!("--file: {name}"),
        line: None,
        problem: format!("it can't be read: {error}"),
    })?;
    parse(&name, &text)
}

fn parse(file: &str, text: &[u8]) -> Result<Vec<Action>, Failure> {
    let lines = (1..).zip(text.split_inclusive(|byte| *byte == b'\n'));
    let mut actions = Vec::new();
    let mut begin = 0;
    for (number, line) in lines {
        let rest = text.get(begin..).unwrap_or_default();
        begin += line.len();
        if line.trim_ascii().is_empty() {
            continue;
        }
        let problem = |problem| Failure::Changes { file: file.to_owned(), line: Some(number), problem };
        let action = action(line.trim_ascii_end(), |error, told| {
            other_form(rest).map_or_else(|| told(&error), str::to_owned)
        });
        actions.push(action.map_err(problem)?);
    }
    Ok(actions)
}

/// Reads a step, or a change where the line names no step.
fn action(
    line: &[u8],
    problem: impl Fn(serde_json::Error, fn(&serde_json::Error) -> String) -> String,
) -> Result<Action, String> {
    const STEP: &[u8] = br#""step""#;
    let is_object = line.trim_ascii_start().starts_with(b"{");
    if is_object && line.windows(STEP.len()).any(|part| part == STEP) {
        let step = serde_json::from_slice::<StepLine>(line);
        // The reader of steps knows no column but the line's end.
        let told =
            |error: &serde_json::Error| if error.is_data() { not_read(error) } else { reported(error) };
        return step.map_err(|error| problem(error, told))?.try_into().map(Action::Step);
    }
    let change = serde_json::from_slice::<ChangeLine>(line);
    change.map_err(|error| problem(error, reported))?.try_into().map(Action::Change)
}

/// Names another form in which JSON has changes, if the text goes on in it, and how to bring it into
/// lines.
fn other_form(text: &[u8]) -> Option<&'static str> {
    /// The body that the HTTP service takes.
    #[derive(Deserialize)]
    struct Wrapped {
        changes: Option<Vec<IgnoredAny>>,
        steps: Option<Vec<IgnoredAny>>,
    }
    let text = text.trim_ascii_start();
    // Also where the array is broken.
    if text.starts_with(b"[") {
        return Some(
            "a JSON array begins here, and each change has to stand on a line of its own, without [ and ], \
             and without a comma behind it. `jq -c '.[]'` writes an array so",
        );
    }
    let value = serde_json::Deserializer::from_slice(text).into_iter::<&RawValue>().next()?.ok()?.get();
    if !value.starts_with('{') {
        return None;
    }
    match serde_json::from_str::<Wrapped>(value) {
        Ok(Wrapped { changes: Some(_), .. }) => {
            return Some(
                "the changes are in an object's `changes`, and each of them has to stand on a line of its \
                 own. `jq -c '.changes[]'` writes them so",
            );
        }
        Ok(Wrapped { steps: Some(_), .. }) => {
            return Some(
                "the steps are in an object's `steps`, and each of them has to stand on a line of its own. \
                 `jq -c '.steps[]'` writes them so",
            );
        }
        _ => {}
    }
    value.contains('\n').then_some(
        "an object of several lines begins here, and each change has to stand on one line. `jq -c .` writes \
         it so",
    )
}

/// Describes what is wrong with a line, without serde_json's line number: it is always 1.
fn reported(error: &serde_json::Error) -> String {
    let column = error.column();
    if error.is_data() {
        return format!("{}, at column {column}", not_read(error));
    }
    // The parser's own words are for the programmer who calls it.
    if error.is_eof() {
        format!("it ends in the middle of a change in JSON (column {column})")
    } else {
        format!("it isn't a change in JSON (column {column})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{Operation, ResourceId};

    const GRANT: &str =
        r#"{"operation":"grant","entitlement":"group:g1:member","principal":{"kind":"user","id":"u1"}}"#;
    const REVOKE: &str = concat!(
        r#" { "principal": {"id": "a:b@c", "kind": "email"}, "#,
        r#""entitlement": "role:r1:assigned", "operation": "revoke" } "#
    );

    fn failure(text: impl AsRef<[u8]>) -> String {
        let failure = parse("changes.jsonl", text.as_ref()).unwrap_err();
        assert_eq!(failure.exit() as u8, 2, "{failure}");
        failure.report().to_string()
    }

    #[test]
    fn each_line_is_a_change_and_empty_lines_are_none() {
        for text in [
            format!("{GRANT}\n{REVOKE}\n"),
            format!("\n{GRANT}\r\n  \t\r\n{REVOKE}"),
            format!("{GRANT}\r\n{REVOKE}\r\n\r\n"),
        ] {
            let changes = parse("changes.jsonl", text.as_bytes()).unwrap();
            let read: Vec<_> = changes
                .iter()
                .map(|change| {
                    let Action::Change(change) = change else { panic!("{change:?}") };
                    let ResourceId { kind, id } = &change.principal;
                    (
                        change.operation == Operation::Grant,
                        change.entitlement.as_str(),
                        kind.as_str(),
                        id.as_str(),
                    )
                })
                .collect();
            let expected =
                [(true, "group:g1:member", "user", "u1"), (false, "role:r1:assigned", "email", "a:b@c")];
            assert_eq!(read, expected, "{text}");
        }
        assert!(parse("changes.jsonl", b"\n \n").unwrap().is_empty());
    }

    #[test]
    fn a_line_with_a_step_is_one() {
        let steps = [
            r#"{"step":"invite","address":"new@c","entitlements":["role:r1:assigned"]}"#,
            r#" {"id":{"kind":"user","id":"u1"}, "step":"remove"} "#,
        ];
        let read = parse("changes.jsonl", [steps[0], GRANT, steps[1]].join("\n").as_bytes()).unwrap();
        let shown = format!("{read:?}");
        assert!(matches!(read.as_slice(), [Action::Step(_), Action::Change(_), Action::Step(_)]), "{shown}");
        for (line, told) in [
            (r#"{"step":"rename"}"#, "expected one of `invite`"),
            (r#"{"step":17}"#, "a wrong value"),
            (r#"{"step":"remove","id":{"kind":"user"}}"#, "missing field `id`"),
            (r#"{"step":"remove","operation":"grant"}"#, "an unknown field"),
            (r#"{"step":"remove""#, "it ends in the middle of a change"),
        ] {
            let report = failure(format!("{GRANT}\n{line}"));
            assert!(report.starts_with("error: changes.jsonl, line 2: "), "{report}");
            assert!(report.contains(told) && report.contains("Nothing was sent."), "{line}: {report}");
        }
        let wrapped = failure(format!("{{\"steps\":[{}]}}", steps[0]));
        assert!(wrapped.contains("`jq -c '.steps[]'`"), "{wrapped}");
    }

    #[test]
    fn a_line_that_is_none_is_told_by_its_number() {
        for (line, told) in [
            ("nope", "isn't a change in JSON (column 2)"),
            (r#"{"operation":"grant""#, "it ends in the middle of a change in JSON (column"),
            (
                r#"{"operation":"give","entitlement":"e","principal":{"kind":"user","id":"1"}}"#,
                "`grant` or `revoke`",
            ),
            (r#"{"operation":"grant","entitlement":"e","principal":"user:1"}"#, "an object with kind and id"),
            (r#"{"operation":"grant","entitlement":"e","principal":{"kind":"user"}}"#, "missing field `id`"),
            (r#"{"operation":"grant","entitlement":"e"}"#, "missing field `principal`"),
            (r#"{"operation":"grant","entitlement":null,"principal":{"kind":"user","id":"1"}}"#, "a string"),
            (
                r#"{"operation":"grant","entitlement":"e","principal":{"kind":"user","id":1}}"#,
                "expected a string",
            ),
            (
                concat!(
                    r#"{"operation":"grant","entitlement":"e","#,
                    r#""principal":{"kind":"user","id":"1"},"dry_run":true}"#
                ),
                "an unknown field, expected one of `operation`",
            ),
            (
                r#"{"operation":"grant","entitlement":"e","principal":{"kind":"user","id":"1","name":"x"}}"#,
                "an unknown field, expected `kind` or `id`",
            ),
            (
                concat!(
                    r#"{"operation":"grant","operation":"grant","entitlement":"e","#,
                    r#""principal":{"kind":"user","id":"1"}}"#
                ),
                "duplicate",
            ),
        ] {
            let report = failure(format!("{GRANT}\n\n{line}\n{GRANT}\n"));
            assert!(report.starts_with("error: changes.jsonl, line 3: "), "{report}");
            assert!(report.contains(told) && report.contains("column "), "{report}");
            assert!(report.contains("Nothing was sent."), "{report}");
        }
        let two = failure(format!("{GRANT} {GRANT}"));
        assert!(two.contains("line 1: it isn't a change in JSON"), "{two}");
        let binary = failure([GRANT.as_bytes(), b"\n\"\xff\xfe\""].concat());
        assert!(binary.contains("line 2: "), "{binary}");
    }

    #[test]
    fn another_form_of_json_is_named_with_the_way_into_lines() {
        let pretty = "{\n  \"operation\": \"grant\",\n  \"entitlement\": \"hunter2\"\n}";
        for (text, line, told) in [
            (format!("[{GRANT},{REVOKE}]"), 1, "a JSON array begins here"),
            (format!("\r\n[\r\n  {GRANT},\r\n  {REVOKE}\r\n]\r\n"), 2, "`jq -c '.[]'`"),
            (format!("[\n{GRANT},\n"), 1, "a JSON array begins here"),
            ("[]".to_owned(), 1, "a JSON array begins here"),
            (format!("{GRANT}\n[{REVOKE}]"), 2, "a JSON array begins here"),
            (format!("{GRANT}\n\n{pretty}\n{GRANT}"), 3, "an object of several lines begins here"),
            (pretty.replace('\n', "\r\n"), 1, "`jq -c .`"),
            (format!("{{\"changes\":[{GRANT}],\"dry_run\":true}}"), 1, "`jq -c '.changes[]'`"),
            (format!("{{\n  \"changes\": [\n    {GRANT}\n  ]\n}}\n"), 1, "in an object's `changes`"),
            // A file that is cut off, and lines with commas, are none of these.
            (format!("{GRANT}\n{}", GRANT.trim_end_matches('}')), 2, "it ends in the middle of a change"),
            (format!("{GRANT},\n{GRANT}"), 1, "it isn't a change in JSON"),
            ("{\n\"hunter2\"".to_owned(), 1, "it ends in the middle of a change"),
        ] {
            let report = failure(&text);
            assert!(report.starts_with(&format!("error: changes.jsonl, line {line}: ")), "{text}: {report}");
            assert!(report.contains(told) && report.contains("Nothing was sent."), "{text}: {report}");
            assert!(!report.contains("hunter2"), "{report}");
        }
    }

    #[test]
    fn a_mark_of_the_encoding_is_no_part_of_the_first_line() {
        let windows: Open = |_| Ok(Box::new(&b"\xef\xbb\xbf\r\n[{\"hunter2\":1}]\r\n"[..]));
        let told = read(Path::new("-"), windows).unwrap_err().to_string();
        assert!(told.starts_with("standard input, line 2: a JSON array begins here"), "{told}");
        let utf16: Open = |_| Ok(Box::new(&b"\xff\xfe{\0h\0u\0n\0t\0"[..]));
        let told = read(Path::new("changes.jsonl"), utf16).unwrap_err().to_string();
        assert!(told.contains("changes.jsonl: it can't be read: it is UTF-16 text"), "{told}");
    }

    #[test]
    fn nothing_that_stands_in_a_line_is_repeated() {
        const TOKEN: &str = "Xk3_9dQzT7-aaBcD0eFgHiJkLmNoPqRsTuVwXy12";
        for (line, told) in [
            ("*", "isn't a change in JSON"),
            (r#"{"*":1}"#, "an unknown field"),
            (r#"{"operation":"*"}"#, "`grant` or `revoke`"),
            (r#"{"principal":"*"}"#, "an object with kind and id"),
            (
                r#"{"operation":"grant","entitlement":"*","principal":{"kind":"user","id":"1"}}"#,
                "`entitlement`",
            ),
            (
                r#"{"operation":"grant","entitlement":"role:*:assigned","principal":{"kind":"","id":""}}"#,
                "`entitlement` looks like an API token",
            ),
            (
                r#"{"operation":"grant","entitlement":"e","principal":{"kind":"*","id":"1"}}"#,
                "`principal.kind`",
            ),
            (
                r#"{"operation":"grant","entitlement":"e","principal":{"kind":"user","id":"*"}}"#,
                "`principal.id` looks like an API token",
            ),
            (
                r#"{"operation":"grant","entitlement":"e","principal":{"kind":"email","id":"a,*@b.c"}}"#,
                "`principal.id`",
            ),
        ] {
            let report = failure(format!("{GRANT}\n{}", line.replace('*', TOKEN)));
            assert!(report.starts_with("error: changes.jsonl, line 2: "), "{report}");
            assert!(report.contains(told) && report.contains("Nothing was sent."), "{report}");
            assert!(!report.contains("Xk3_9dQz"), "{report}");
        }
    }

    #[test]
    fn what_is_wrong_is_short_and_harmless() {
        let report = failure(format!("{{\"{}\\u001b[2J\":1}}", "x".repeat(10_000)));
        assert!(report.len() < 500, "{report}");
        let report = failure("{\"\\u001b[2J\\u202e\":1}");
        assert!(!report.contains(['\x1b', '\u{202e}']), "{report:?}");
    }

    #[test]
    fn what_can_not_be_read_is_an_error() {
        let path = Path::new("/nowhere/at/all.jsonl");
        let failure = read(path, input::standard_input_only).unwrap_err();
        assert_eq!(failure.exit() as u8, 2);
        assert!(
            failure
                .to_string()
                .contains("/nowhere/at/all.jsonl: it can't be read: this program opens no files")
        );
        let failure = read(path, |_| Ok(Box::new(std::io::repeat(b'\n')))).unwrap_err();
        assert!(failure.to_string().contains("too long"), "{failure}");
    }
}
