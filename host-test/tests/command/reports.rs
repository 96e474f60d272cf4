//! Reports of changes: errors that many changes share, and reports that can't be written.

use super::provision::{Cast, cast, entitlement, line, lines, puts};
use super::setup::MockAndFolder;
use super::{assert_exit, text};
use std::fs;
use std::process::Stdio;

#[test]
fn more_than_a_batch_is_refused_in_one_sentence_before_anything_is_sent() {
    let setup = MockAndFolder::company();
    let Cast { finance, .. } = cast(&setup);
    let file: Vec<String> =
        (0..1_001).map(|n| line("grant", &finance, "email", &format!("p{n}@corp.example"))).collect();
    fs::write(setup.path("changes.jsonl"), file.join("\n")).unwrap();
    for format in ["jsonl", "table"] {
        let output =
            setup.command(&["apply", "--file", "changes.jsonl", "--format", format]).output().unwrap();
        assert_exit(&output, 2);
        assert_eq!(text(&output.stdout), "");
        let said = text(&output.stderr);
        assert_eq!(said.lines().count(), 1, "{said}");
        for part in ["at most 1000 changes", "1001", "Nothing was sent"] {
            assert!(said.contains(part), "{part} is missing from {said}");
        }
    }
    assert_eq!(setup.mock.request_count(), 0);
}

#[test]
fn an_error_that_many_changes_share_is_told_once() {
    let setup = MockAndFolder::company();
    let Cast { finance, .. } = cast(&setup);
    let file: Vec<String> =
        (0..1_000).map(|n| line("grant", &finance, "email", &format!("p{n}@corp.example"))).collect();
    fs::write(setup.path("changes.jsonl"), file.join("\n")).unwrap();
    let apply = |format: &str| {
        let arguments = ["apply", "--file", "changes.jsonl", "--format", format];
        setup.command(&arguments).env("CLOUDFLARE_API_TOKEN", "wrong").output().unwrap()
    };
    let table = apply("table");
    assert_exit(&table, 3);
    let shown = text(&table.stdout);
    assert!(shown.contains("997 more changes, for the same reason"), "{shown}");
    assert_eq!(shown.matches("Invalid API Token").count(), 1, "{shown}");
    assert!(shown.lines().count() < 12, "{shown}");
    assert!(text(&table.stderr).starts_with("1000 unauthenticated; "), "{}", text(&table.stderr));
    // A program gets a line for each change.
    assert_eq!(lines(&apply("jsonl")).len(), 1_000);
}

/// Writes three changes of the Finance group: one is made, one is so already, and one is none.
fn three_changes(setup: &MockAndFolder) -> String {
    let Cast { finance, lucas, .. } = cast(setup);
    let file = [
        line("grant", &finance, "user", &lucas),
        line("revoke", &finance, "email", "nobody@elsewhere.example"),
        line("grant", &finance, "email", "no address"),
    ];
    fs::write(setup.path("changes.jsonl"), file.join("\n")).unwrap();
    format!("grant {} to user:{lucas}", entitlement(&finance))
}

#[cfg(unix)]
#[test]
fn a_report_that_can_not_be_written_goes_to_standard_error_in_brief() {
    for format in ["table", "jsonl"] {
        for reader_is_gone in [true, false] {
            let setup = MockAndFolder::company();
            let done = three_changes(&setup);
            let mut command = setup.command(&["apply", "--file", "changes.jsonl", "--format", format]);
            if !reader_is_gone {
                command.stdout(fs::OpenOptions::new().write(true).open("/dev/full").unwrap());
            } else {
                command.stdout(Stdio::piped());
            }
            let mut process = command.stderr(Stdio::piped()).spawn().unwrap();
            drop(process.stdout.take());
            let output = process.wait_with_output().unwrap();
            assert_exit(&output, 1);
            assert_eq!(puts(&setup), 1);
            let said = text(&output.stderr);
            let parts = [
                "error: the report of these changes is lost: standard output can't be written",
                &format!("  applied: {done}\n"),
                "  unchanged: revoke ",
                "  invalid-argument: grant ",
                "1 applied, 1 unchanged, 1 invalid-argument; ",
            ];
            for part in parts {
                assert!(said.contains(part), "{part} is missing from {said}");
            }
            assert!(!said.contains("may or may not"), "{said}");
        }
    }
}

#[cfg(unix)]
#[test]
fn a_plan_that_nobody_reads_is_no_news() {
    let setup = MockAndFolder::company();
    three_changes(&setup);
    let arguments = ["apply", "--file", "changes.jsonl", "--dry-run"];
    let mut command = setup.command(&arguments);
    let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(process.stdout.take());
    let output = process.wait_with_output().unwrap();
    assert_exit(&output, 1);
    assert_eq!(text(&output.stderr), "");
    assert_eq!(puts(&setup), 0);
}

#[cfg(unix)]
#[test]
fn one_change_whose_report_can_not_be_written_is_told_too() {
    let setup = MockAndFolder::company();
    let Cast { finance, lucas, .. } = cast(&setup);
    let (entitlement, principal) = (entitlement(&finance), format!("user:{lucas}"));
    for verb in ["grant", "revoke"] {
        let mut command = setup.command(&[verb, "--entitlement", &entitlement, "--principal", &principal]);
        command.stdout(fs::OpenOptions::new().write(true).open("/dev/full").unwrap());
        let output = command.stderr(Stdio::piped()).spawn().unwrap().wait_with_output().unwrap();
        assert_exit(&output, 1);
        assert!(text(&output.stderr).contains(&format!("applied: {verb} ")), "{}", text(&output.stderr));
    }
    assert_eq!(puts(&setup), 2);
}
