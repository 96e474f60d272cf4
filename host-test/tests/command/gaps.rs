//! Missing data: standard error says what is missing wherever the exit code does, in the form of the
//! logs.

use super::setup::MockAndFolder;
use super::{assert_exit, text};
use host_test::mock::{Effect, Fault};
use serde_json::Value;

/// An account with a list that can't be read, and that a rule of a group names.
fn setup() -> MockAndFolder {
    let setup = MockAndFolder::company();
    hide_list(&setup);
    setup
}

fn hide_list(setup: &MockAndFolder) {
    let effect =
        Effect::Status { status: 404, code: 7003, message: "said so".to_owned(), headers: Vec::new() };
    setup.mock.inject(Fault::on("GET", "gateway/lists/{id}/items", effect));
}

fn contractors(setup: &MockAndFolder) -> String {
    let id = |account: &host_test::mock::Account| {
        account.groups.iter().find(|group| group.name == "Contractors").unwrap().id.clone()
    };
    format!("group:{}", setup.mock.read(id))
}

#[test]
fn what_is_missing_is_said_beside_every_format() {
    let setup = setup();
    let group = contractors(&setup);
    for arguments in [
        &["sync", "--format", "jsonl", "--output", "lines.jsonl"][..],
        &["sync", "--format", "jsonl"],
        &["sync", "--format", "jsonl", "--output", "kept.jsonl", "--cursor-file", "kept.cursor"],
        &["sync", "--format", "csv", "--output", "tables"],
        &["sync", "--format", "csv"],
        &["sync", "--format", "csv", "--table", "warnings"],
        &["sync", "--output", "table.txt"],
        &["sync", "--format", "c1z", "--output", "sync.c1z", "--allow-incomplete"],
        &["sync", "--format", "html", "--output", "sync.html"],
        &["review", "--output", "review.html"],
        &["get", &group, "--format", "jsonl"],
    ] {
        let output = setup.command(arguments).output().unwrap();
        if arguments.contains(&"c1z") && !cfg!(feature = "c1z") {
            continue;
        }
        assert_exit(&output, 6);
        let said = text(&output.stderr);
        let gap = said.lines().find(|line| line.contains("Data is missing."));
        let gap = gap.unwrap_or_else(|| panic!("{arguments:?} says nothing: {said}"));
        assert!(
            gap.starts_with("warning: The list \"")
                && gap.ends_with(&format!("(list-not-readable, about {group})")),
            "{gap}"
        );

        let output = setup.command(&[arguments, &["--log-format", "json"]].concat()).output().unwrap();
        assert_exit(&output, 6);
        let lines: Vec<Value> =
            text(&output.stderr).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let gap = lines.iter().find(|line| line["fields"]["incomplete"] == true);
        let gap = gap.unwrap_or_else(|| panic!("{arguments:?}: {lines:?}"));
        assert_eq!(gap["level"], "WARN");
        assert_eq!(gap["fields"]["code"], "list-not-readable");
        assert!(gap["fields"]["message"].as_str().unwrap().starts_with("The list "), "{gap}");
    }
    // A person reads it in the table.
    let table = setup.sync(&[]).output().unwrap();
    assert_exit(&table, 6);
    assert_eq!(text(&table.stderr), "");
    assert!(text(&table.stdout).contains("Data missing"));
}

#[test]
fn the_last_process_of_a_continued_sync_names_what_an_earlier_one_found() {
    for arguments in [
        &["--format", "jsonl", "--output", "out"][..],
        &["--format", "c1z", "--output", "out"],
        &["--format", "c1z", "--output", "out", "--allow-incomplete"],
    ] {
        if arguments.contains(&"c1z") && !cfg!(feature = "c1z") {
            continue;
        }
        let setup = setup();
        let limit = Effect::Status {
            status: 429,
            code: 971,
            message: "Slow down.".to_owned(),
            headers: vec![("retry-after".to_owned(), "120".to_owned())],
        };
        setup.mock.inject(Fault::on("GET", "roles", limit));
        let arguments = [arguments, &["--cursor-file", "cursor", "--max-wait-seconds", "0"]].concat();
        assert_exit(&setup.sync(&arguments).output().unwrap(), 4);
        setup.mock.end_faults();
        hide_list(&setup);
        let output = setup.sync(&arguments).output().unwrap();
        assert_exit(&output, 6);
        let said = text(&output.stderr);
        let gaps = said.lines().filter(|line| line.starts_with("warning: The list \"")).count();
        assert_eq!(gaps, 1, "{arguments:?}: {said}");
    }
}

#[test]
fn a_read_without_gaps_says_nothing() {
    let setup = MockAndFolder::company();
    for arguments in [&["--format", "jsonl"][..], &["--format", "csv", "--output", "tables"]] {
        let output = setup.sync(arguments).output().unwrap();
        assert_exit(&output, 0);
        assert_eq!(text(&output.stderr), "");
    }
}
