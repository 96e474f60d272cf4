//! A sync that was cut short continues where it stopped. The whole output is that of an
//! uninterrupted sync.

use super::setup::{MockAndFolder, run_and_kill, wait_for_changes};
use super::{assert_exit, host_test, names, text, written};
use host_test::mock::{DEMO_TOKEN, Effect, Fault};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::process::Output;

const JSON_LINES: [&str; 6] = ["--format", "jsonl", "--output", "out", "--cursor-file", "cursor"];
const CSV: [&str; 6] = ["--format", "csv", "--output", "out", "--cursor-file", "cursor"];

/// Syncs although each process is killed after some pages. Returns the number of processes and the
/// last one's output.
fn sync_against_all_odds(
    setup: &MockAndFolder,
    arguments: &[&str],
    after_kill: impl Fn(),
) -> (usize, Output) {
    // Each process gets further by a page at least.
    for processes in 1.. {
        let pages = 1 + processes % 3;
        if let Some(output) = run_and_kill(setup.sync(arguments), &setup.path("cursor"), pages) {
            return (processes, output);
        }
        if setup.path("out").exists() {
            // The kill came when only the cursor file was left to remove: begin again.
            assert!(!setup.path("out.partial").exists(), "half of the output took its place");
            fs::remove_file(setup.path("cursor")).unwrap();
            let out = setup.path("out");
            if out.is_dir() { fs::remove_dir_all(out) } else { fs::remove_file(out) }.unwrap();
        } else {
            after_kill();
        }
    }
    unreachable!("the loop has no end of its own")
}

fn append(path: &Path, text: &str) {
    OpenOptions::new().append(true).open(path).unwrap().write_all(text.as_bytes()).unwrap();
}

fn assert_left(setup: &MockAndFolder, expected: &[&str]) {
    let left: BTreeSet<String> =
        names(setup.place.path()).into_iter().filter(|name| !name.starts_with("undisturbed")).collect();
    assert_eq!(left, expected.iter().map(|&name| name.to_owned()).collect());
}

#[test]
fn json_lines_of_many_killed_processes_are_those_of_one_that_was_not() {
    let setup = MockAndFolder::new();
    let expected = fs::read_to_string(setup.undisturbed("jsonl")).unwrap();
    let arguments = [&JSON_LINES[..], &["--stats", "stats"]].concat();
    let (processes, output) = sync_against_all_odds(&setup, &arguments, || {
        let cursor = setup.read("cursor");
        assert!(!cursor.contains(DEMO_TOKEN), "{cursor}");
        // It was killed while it wrote a page.
        append(&setup.path("out.partial"), "{\"type\":\"grant\",\"id\":\"half a li");
    });
    assert!(processes > 3, "only {processes} processes");
    let synced = setup.read("out");
    for (line, (ours, theirs)) in synced.lines().zip(expected.lines()).enumerate() {
        assert_eq!(ours, theirs, "in line {line}");
    }
    assert_eq!(synced.len(), expected.len());
    let incomplete = expected.contains("\"incomplete\":true");
    assert_exit(&output, if incomplete { 6 } else { 0 });

    let stats = |name| serde_json::from_str::<Value>(&setup.read(name)).unwrap();
    let (ours, theirs) = (stats("stats"), stats("undisturbed-stats"));
    assert_eq!(ours["counts"], theirs["counts"]);
    assert!(ours["requests"].as_u64() > theirs["requests"].as_u64());
    assert_left(&setup, &["out", "stats"]);
}

#[test]
fn csv_of_many_killed_processes_is_that_of_one_that_was_not() {
    let setup = MockAndFolder::new();
    let expected = setup.undisturbed("csv");
    let (processes, output) = sync_against_all_odds(&setup, &CSV, || {
        append(&setup.path("out.partial/grants.csv"), "group:half,\"a ro")
    });
    assert!(processes > 3, "only {processes} processes");
    assert!(matches!(output.status.code(), Some(0 | 6)), "{}", written(&output));
    assert_eq!(names(&expected).len(), 4);
    for name in names(&expected) {
        let theirs = fs::read_to_string(expected.join(&name)).unwrap();
        assert_eq!(setup.read(&format!("out/{name}")), theirs, "{name}");
    }
    assert_left(&setup, &["out"]);
}

#[cfg(unix)]
#[test]
fn ctrl_c_leaves_a_cursor_file_and_says_how_to_go_on() {
    use rustix::process::{Pid, Signal, kill_process};
    let setup = MockAndFolder::new();
    let expected = fs::read_to_string(setup.undisturbed("jsonl")).unwrap();
    let mut process = setup.sync(&JSON_LINES).spawn().unwrap();
    assert!(wait_for_changes(&setup.path("cursor"), &mut process, 2));
    setup.freeze();
    kill_process(Pid::from_child(&process), Signal::INT).unwrap();
    let interrupted = process.wait_with_output().unwrap();
    assert_exit(&interrupted, 130);
    let said = text(&interrupted.stderr);
    assert!(said.contains("interrupted") && said.contains("the same command goes on from there"), "{said}");
    assert_left(&setup, &["cursor", "out.partial"]);

    setup.thaw();
    let output = setup.sync(&JSON_LINES).output().unwrap();
    assert!(matches!(output.status.code(), Some(0 | 6)), "{}", written(&output));
    assert!(setup.read("out") == expected, "the outputs differ");
}

#[test]
fn a_sync_that_failed_goes_on_where_it_failed() {
    let setup = MockAndFolder::new();
    let expected = fs::read_to_string(setup.undisturbed("jsonl")).unwrap();
    let (message, headers) = ("Slow down.".to_owned(), vec![("retry-after".to_owned(), "120".to_owned())]);
    let effect = Effect::Status { status: 429, code: 971, message, headers };
    setup.mock.inject(Fault::on("GET", "members", effect).at_page(2).at_attempt(1));
    let arguments = [&JSON_LINES[..], &["--max-wait-seconds", "0"]].concat();
    let failed = setup.sync(&arguments).output().unwrap();
    assert_exit(&failed, 4);
    assert!(text(&failed.stderr).contains("the same command goes on from there"), "{}", text(&failed.stderr));
    assert_eq!(setup.mock.fired(), [1]);

    setup.mock.forget_requests();
    let output = setup.sync(&arguments).output().unwrap();
    assert!(matches!(output.status.code(), Some(0 | 6)), "{}", written(&output));
    assert!(setup.read("out") == expected, "the outputs differ");
}

#[test]
fn a_sync_that_never_got_a_page_leaves_nothing() {
    let setup = MockAndFolder::new();
    let refused = setup.sync(&JSON_LINES).env("CLOUDFLARE_API_TOKEN", "wrong").output().unwrap();
    assert_exit(&refused, 3);
    assert!(!text(&refused.stderr).contains("goes on"), "{}", text(&refused.stderr));
    assert_left(&setup, &[]);
}

#[test]
fn an_outdated_cursor_says_so_and_starts_again() {
    for (arguments, format) in [(JSON_LINES, "jsonl"), (CSV, "csv")] {
        let setup = MockAndFolder::new();
        assert!(run_and_kill(setup.sync(&arguments), &setup.path("cursor"), 12).is_none());
        setup.mock.change(|account| account.groups.truncate(20));
        let expected = setup.undisturbed(format);
        let output = setup.sync(&arguments).output().unwrap();
        assert!(matches!(output.status.code(), Some(0 | 6)), "{}", written(&output));
        assert!(text(&output.stderr).contains("starts again"), "{}", text(&output.stderr));
        let paths = if format == "csv" { names(&expected) } else { BTreeSet::from([String::new()]) };
        for name in paths {
            let [ours, theirs] = [setup.path("out"), expected.clone()].map(|path| match name.as_str() {
                "" => fs::read_to_string(path).unwrap(),
                name => fs::read_to_string(path.join(name)).unwrap(),
            });
            assert!(ours == theirs, "the outputs differ: {name}");
        }
        assert_left(&setup, &["out"]);
    }
}

#[test]
fn another_sync_does_not_go_on_from_it() {
    let setup = MockAndFolder::new();
    assert!(run_and_kill(setup.sync(&JSON_LINES), &setup.path("cursor"), 2).is_none());
    let before = (setup.read("cursor"), setup.read("out.partial"));
    let with = |arguments: &[&str]| {
        setup.sync(&[arguments, &["--cursor-file", "cursor"]].concat()).output().unwrap()
    };
    let jsonl = |output: &'static str| ["--format", "jsonl", "--output", output];
    let refused = [
        (with(&[&jsonl("out")[..], &["--kinds", "group,user"]].concat()), "--kinds"),
        (with(&jsonl("other")), "--output"),
        (with(&["--format", "csv", "--output", "out"]), "--format jsonl"),
        (with(&[&jsonl("out")[..], &["--account-id", &"a".repeat(32)]].concat()), "of account"),
        (with(&[&jsonl("out")[..], &["--base-url", "http://127.0.0.1:9"]].concat()), "--base-url"),
        (with(&jsonl("cursor")), "same file"),
    ];
    for (output, told) in refused {
        assert_exit(&output, 2);
        assert!(text(&output.stderr).contains(told), "{}", text(&output.stderr));
    }
    assert!(before == (setup.read("cursor"), setup.read("out.partial")), "it was touched");
    // All kinds that aren't opt-in, named: the same as none.
    let usual = "email,user,member,scoped-role,user-group,role,app,policy,group,identity-provider";
    let all = with(&[&jsonl("out")[..], &["--kinds", usual]].concat());
    assert!(matches!(all.status.code(), Some(0 | 6)), "{}", written(&all));
}

#[test]
fn a_damaged_cursor_file_or_output_is_refused_with_what_to_do() {
    let setup = MockAndFolder::new();
    assert!(run_and_kill(setup.sync(&JSON_LINES), &setup.path("cursor"), 2).is_none());
    let whole = setup.read("cursor");
    let refused = |told: &str| {
        let output = setup.sync(&JSON_LINES).output().unwrap();
        assert_exit(&output, 2);
        assert!(text(&output.stderr).contains(told), "{}", text(&output.stderr));
    };
    fs::write(setup.path("cursor"), &whole[..whole.len() / 2]).unwrap();
    refused("damaged");
    fs::write(setup.path("cursor"), &whole).unwrap();
    fs::write(setup.path("out.partial"), "short\n").unwrap();
    refused("too short");
    fs::remove_file(setup.path("out.partial")).unwrap();
    refused("Delete the cursor file to start from the beginning");
    fs::remove_file(setup.path("cursor")).unwrap();
    let output = setup.sync(&JSON_LINES).output().unwrap();
    assert!(matches!(output.status.code(), Some(0 | 6)), "{}", written(&output));
}

#[test]
fn what_can_not_be_gone_on_with_is_a_usage_error() {
    for (arguments, told) in [
        (&["--output", "out"][..], "--format jsonl, csv, c1z or parquet"),
        (&["--format", "jsonl"], "needs --output"),
        (&["--format", "csv"], "--output"),
    ] {
        let output =
            host_test(&["sync", "--mock", "--cursor-file", "cursor"]).args(arguments).output().unwrap();
        assert_exit(&output, 2);
        assert!(text(&output.stderr).contains(told), "{}", text(&output.stderr));
    }
}
