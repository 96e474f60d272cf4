//! A carriage return in a name, an address, an id or a message: a terminal goes back to the beginning of
//! the line for it, and some programs take it for the end of a line. It breaks no line of an output.

use super::setup::MockAndFolder;
use super::text;
use host_test::mock::{Effect, Fault};
use serde_json::json;
use std::fs;
use std::process::Output;

/// A text that draws a line of its own where its carriage returns get through.
const FORGED: &str = "a\rforged\r\nforged\n\rforged";
const GROUP: &str = "f3b9c7de-8f0a-4a27-9c7e-2a5b6f0e1d11";

/// Starts a mock in which everything that people write has carriage returns.
fn strange() -> MockAndFolder {
    let setup = MockAndFolder::company();
    setup.mock.change(|account| {
        for user in &mut account.users {
            user.name = Some(FORGED.to_owned());
        }
        account.users[0].email = Some(format!("{FORGED}@corp.example"));
        account.members[0].email = Some(format!("{FORGED}@other.example"));
        for group in &mut account.groups {
            group.name = FORGED.to_owned();
        }
        for role in &mut account.roles {
            role.name = FORGED.to_owned();
            role.description = FORGED.to_owned();
        }
        let rules = [
            json!({"email": {"email": format!("{FORGED}@rule.example")}}),
            json!({"email_domain": {"domain": FORGED}}),
            json!({"a_new_rule": {FORGED: FORGED}}),
        ];
        account.groups[0].include.get_or_insert_default().extend(rules);
    });
    setup
}

/// Checks that no carriage return was written, and that each line of JSON Lines or CSV is a record.
fn assert_whole(what: &str, written: &[u8]) {
    let written = text(written);
    assert!(!written.contains('\r'), "{what}: {written:?}");
    match what {
        "jsonl" => {
            for line in written.lines() {
                assert!(serde_json::from_str::<serde_json::Value>(line).is_ok(), "{line}");
            }
        }
        "csv" => {
            let mut rows = csv::Reader::from_reader(written.as_bytes());
            let rows = rows.records().filter(|row| row.as_ref().is_ok_and(|row| row.len() > 1)).count();
            assert_eq!(rows + 1, written.lines().count(), "{written}");
        }
        _ => {}
    }
}

fn assert_lines(what: &str, output: &Output) {
    assert_whole(what, &output.stdout);
    assert_whole("messages", &output.stderr);
}

#[test]
fn it_breaks_no_line_of_a_sync() {
    let setup = strange();
    for logs in ["text", "json"] {
        for format in ["table", "jsonl", "csv"] {
            let output = setup.sync(&["--format", format, "--log-format", logs]).output().unwrap();
            assert!(matches!(output.status.code(), Some(0 | 6)), "{}", text(&output.stderr));
            assert!(format == "csv" || text(&output.stdout).contains("forged"), "{format}");
            assert_lines(format, &output);
        }
    }
    let tables = setup.sync(&["--format", "csv", "--output", "tables"]).output().unwrap();
    assert_lines("table", &tables);
    for table in fs::read_dir(setup.path("tables")).unwrap() {
        assert_whole("csv", &fs::read(table.unwrap().path()).unwrap());
    }
}

#[test]
fn it_breaks_no_line_of_one_resource() {
    let setup = strange();
    let ids = setup.mock.read(|account| {
        [
            format!("group:{}", account.groups[0].id),
            format!("user:{}", account.users[0].id),
            format!("member:{}", account.members[0].id),
            format!("role:{}", account.roles[0].id),
        ]
    });
    for id in ids {
        for format in ["table", "jsonl"] {
            let output = setup.command(&["get", &id, "--format", format]).output().unwrap();
            assert!(text(&output.stdout).contains("forged"), "{id}: {}", text(&output.stderr));
            assert_lines(format, &output);
        }
    }
}

#[test]
fn it_breaks_no_line_of_a_report() {
    let setup = strange();
    let change = |operation: &str, entitlement: &str, kind: &str, id: &str| {
        let principal = json!({"kind": kind, "id": id});
        json!({"operation": operation, "entitlement": entitlement, "principal": principal}).to_string()
    };
    let group = format!("group:{GROUP}:member");
    let changes = [
        change("grant", &group, "email", "ann@else.example"),
        change("revoke", &group, "email", FORGED),
        change("grant", &group, "email", &format!("{FORGED}@corp.example")),
        change("grant", &group, FORGED, "1"),
        change("grant", &group, "user", FORGED),
        change("grant", &format!("group:{FORGED}:member"), "user", "1"),
        change("grant", FORGED, "user", "1"),
    ];
    fs::write(setup.path("changes.jsonl"), changes.join("\n")).unwrap();
    fs::write(setup.path("names.jsonl"), setup.sync(&["--format", "jsonl"]).output().unwrap().stdout)
        .unwrap();
    for (format, more) in [("jsonl", &[][..]), ("table", &[]), ("table", &["--names", "names.jsonl"])] {
        let more = [&["--format", format], more].concat();
        let arguments = [&["apply", "--file", "changes.jsonl", "--dry-run"], &more[..]].concat();
        let output = setup.command(&arguments).output().unwrap();
        assert!(text(&output.stdout).contains("forged"), "{}", text(&output.stderr));
        assert_lines(format, &output);
    }
}

#[test]
fn it_breaks_no_line_of_an_error() {
    for logs in ["text", "json"] {
        let setup = MockAndFolder::company();
        let headers = vec![];
        let refused = Effect::Status { status: 403, code: 10000, message: FORGED.to_owned(), headers };
        setup.mock.inject(Fault::on("GET", "access/groups", refused));
        let output = setup.sync(&["--log-format", logs]).output().unwrap();
        assert!(text(&output.stderr).contains("forged"), "{}", text(&output.stderr));
        assert_lines("table", &output);
    }
    let setup = MockAndFolder::company();
    fs::write(setup.path("changes.jsonl"), format!("{{\"{}\": 1}}", FORGED.escape_default())).unwrap();
    let output = setup.command(&["apply", "--file", "changes.jsonl"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert_lines("table", &output);
}
