//! The messages where an output has no room, and where logs are JSON.

use super::setup::MockAndFolder;
use super::{assert_exit, host_test, names, text};
use host_test::mock::{DEMO_TOKEN, Effect, Fault};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;

#[test]
fn a_result_without_its_figures_is_complete() {
    let setup = MockAndFolder::company();
    let arguments =
        ["--format", "jsonl", "--output", "out", "--stats", "/dev/full", "--cursor-file", "cursor"];
    let output = setup.sync(&arguments).output().unwrap();
    assert_exit(&output, 1);
    let told = text(&output.stderr);
    assert!(told.contains("error: --stats: ") && told.ends_with("\n  The result is complete.\n"), "{told}");
    assert!(setup.path("out").exists() && !setup.path("cursor").exists());
}

#[test]
fn a_cursor_file_that_can_not_be_written_is_told_before_anything_is_asked() {
    let setup = MockAndFolder::company();
    // The cursor file can't be written there.
    fs::create_dir(setup.path("cursor.new")).unwrap();
    let arguments = ["--format", "jsonl", "--output", "out", "--cursor-file", "cursor"];
    let output = setup.sync(&arguments).output().unwrap();
    assert_exit(&output, 1);
    assert!(text(&output.stderr).contains("--cursor-file"), "{}", text(&output.stderr));
    assert_eq!(names(setup.place.path()), BTreeSet::from(["cursor.new".to_owned()]));
    assert_eq!(setup.mock.request_count(), 0);
}

#[test]
fn where_logs_are_json_everything_is_a_line_of_it() {
    let setup = MockAndFolder::company();
    let forbidden =
        Effect::Status { status: 403, code: 10000, message: "no".to_owned(), headers: Vec::new() };
    setup.mock.inject(Fault::on("GET", "members", forbidden));
    let account = setup.mock.read(|account| account.id.clone());
    let group = setup.mock.read(|account| account.groups[0].id.clone());
    let entitlement = format!("group:{group}:member");
    let grant = ["grant", "--dry-run", "--entitlement", &entitlement, "--principal", "email:x@corp.example"];
    for (arguments, exit) in [(&["validate"][..], 3), (&grant, 0)] {
        let mut command = host_test(&[arguments, &["--log-format", "json"]].concat());
        command.env("CLOUDFLARE_BASE_URL", setup.mock.base_url());
        command.env("CLOUDFLARE_ACCOUNT_ID", &account).env("CLOUDFLARE_API_TOKEN", DEMO_TOKEN);
        let output = command.output().unwrap();
        assert_exit(&output, exit);
        let told = text(&output.stderr);
        let lines: Vec<Value> = told.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert!(!lines.is_empty(), "{arguments:?}");
        assert!(lines.iter().all(|line| line["fields"]["help"] != ""), "{told}");
        if exit != 0 {
            assert_eq!(lines[0]["fields"]["exit"], exit, "{told}");
        }
    }
}
