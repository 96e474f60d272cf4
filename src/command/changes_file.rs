//! `apply --file`: changes as JSON Lines.

use super::failure::Failure;
use super::input::{self, Open};
use super::shown::file_name;
use crate::contract::Change;
use crate::output::{ChangeLine, not_read};
use std::path::Path;

/// The error for changes and a secret that would both come from standard input.
pub const ONE_STANDARD_INPUT: &str = "Standard input can't hold both the changes and a secret.";

/// Reads the changes of a file, or of standard input for the path `-`. The connector limits their
/// number.
///
/// # Errors
/// Fails when the file can't be read, or a line of it is no change.
pub fn read(path: &Path, open: Open) -> Result<Vec<Change>, Failure> {
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

fn parse(file: &str, text: &[u8]) -> Result<Vec<Change>, Failure> {
    let lines =
        (1..).zip(text.split(|byte| *byte == b'\n')).filter(|(_, line)| !line.trim_ascii().is_empty());
    let change = |(number, line)| {
        let problem = |problem| Failure::Changes { file: file.to_owned(), line: Some(number), problem };
        let read: Result<ChangeLine, _> = serde_json::from_slice(line);
        read.map_err(|error| problem(reported(&error)))?.try_into().map_err(problem)
    };
    lines.map(change).collect()
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
        for text in [format!("{GRANT}\n{REVOKE}\n"), format!("\n{GRANT}\r\n  \t\r\n{REVOKE}")] {
            let changes = parse("changes.jsonl", text.as_bytes()).unwrap();
            let read: Vec<_> = changes
                .iter()
                .map(|change| {
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
