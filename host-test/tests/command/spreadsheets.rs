//! CSV with `--bom`: each table begins with one byte order mark, and is otherwise the same.

use super::setup::{MockAndFolder, run_and_kill};
use super::{assert_exit, host_test, names, text};
use std::fs;

const BOM: &[u8] = b"\xef\xbb\xbf";
const TABLES: [&str; 4] = ["entitlements.csv", "grants.csv", "resources.csv", "warnings.csv"];
const TO_FILES: [&str; 5] = ["--format", "csv", "--bom", "--output", "out"];
const RESUMABLE: [&str; 7] = ["--format", "csv", "--bom", "--output", "out", "--cursor-file", "cursor"];

/// Checks that the tables in `out` are those without a mark, with one in front of each.
fn assert_marked(setup: &MockAndFolder) {
    let plain = setup.undisturbed("csv");
    assert_eq!(names(&setup.path("out")), TABLES.map(str::to_owned).into());
    for table in TABLES {
        let marked = fs::read(setup.path("out").join(table)).unwrap();
        let plain = fs::read(plain.join(table)).unwrap();
        assert!(marked == [BOM, &plain].concat(), "{table}: {}", String::from_utf8_lossy(&marked));
    }
}

#[test]
fn each_table_begins_with_a_byte_order_mark() {
    let setup = MockAndFolder::company();
    setup.mock.change(|account| account.users[0].name = Some("Zoë Müller".to_owned()));
    assert_exit(&setup.sync(&TO_FILES).output().unwrap(), 0);
    assert_marked(&setup);
    assert!(setup.read("out/resources.csv").contains(",Zoë Müller,"));
}

#[test]
fn a_table_on_standard_output_or_in_a_pipe_begins_with_it_too() {
    let setup = MockAndFolder::company();
    for table in ["resources", "entitlements", "grants", "warnings"] {
        let arguments = ["--format", "csv", "--table", table];
        let plain = setup.sync(&arguments).output().unwrap();
        let marked = setup.sync(&[&arguments[..], &["--bom"]].concat()).output().unwrap();
        for output in [&plain, &marked] {
            assert_exit(output, 0);
        }
        assert!(!plain.stdout.starts_with(BOM), "{table}");
        assert!(marked.stdout == [BOM, &plain.stdout].concat(), "{table}: {}", text(&marked.stdout));
    }
}

#[test]
fn many_processes_write_it_once() {
    let setup = MockAndFolder::new();
    let mut processes = 1;
    while run_and_kill(setup.sync(&RESUMABLE), &setup.path("cursor"), 1 + processes % 3).is_none() {
        // The kill can come when only the cursor file was left to remove: nothing is left to continue.
        if setup.path("out").exists() {
            break;
        }
        processes += 1;
    }
    assert!(processes > 3, "only {processes} processes");
    assert_marked(&setup);
}

#[test]
fn a_sync_that_starts_again_writes_it_again() {
    let setup = MockAndFolder::new();
    assert!(run_and_kill(setup.sync(&RESUMABLE), &setup.path("cursor"), 12).is_none());
    setup.mock.change(|account| account.groups.truncate(20));
    let again = setup.sync(&RESUMABLE).output().unwrap();
    assert!(text(&again.stderr).contains("starts again"), "{}", text(&again.stderr));
    assert_marked(&setup);
}

#[test]
fn a_cursor_file_belongs_to_a_sync_with_it_or_without_it() {
    let without = ["--format", "csv", "--output", "out", "--cursor-file", "cursor"];
    for (first, second, told) in
        [(&RESUMABLE[..], &without[..], "one with --bom"), (&without, &RESUMABLE, "one without --bom")]
    {
        let setup = MockAndFolder::new();
        assert!(run_and_kill(setup.sync(first), &setup.path("cursor"), 2).is_none());
        let other = setup.sync(second).output().unwrap();
        assert_exit(&other, 2);
        assert!(text(&other.stderr).contains(told), "{}", text(&other.stderr));
        assert!(!setup.path("out").exists() && setup.path("cursor").exists());
    }
}

#[test]
fn other_formats_refuse_it() {
    for format in ["table", "jsonl", "c1z"] {
        let refused = host_test(&["sync", "--mock", "--bom", "--format", format]).output().unwrap();
        assert_exit(&refused, 2);
        let told = text(&refused.stderr);
        assert!(told.contains("--bom needs --format csv"), "{format}: {told}");
    }
}
