//! Files and variables as Windows writes them, and values with signs that came along when they were
//! copied.

use super::setup::MockAndFolder;
use super::{assert_exit, text, written};
use host_test::mock::{DEMO_EMAIL, DEMO_KEY, DEMO_TOKEN};
use std::fs::{self, File};
use std::process::{Command, Output};

const CANARY: &str = "Xk3_9dQzT7-aaBcD0eFgHiJkLmNoPqRsTuVwXy12";

/// A text as programs of Windows write it: with a mark, carriage returns and empty lines.
fn windows(text: &str) -> String {
    format!("\u{feff}{}\r\n \r\n\r\n", text.replace('\n', "\r\n\r\n"))
}

/// A text as Notepad's "Unicode" and PowerShell's `>` have it.
fn utf16(text: &str) -> Vec<u8> {
    format!("\u{feff}{text}\r\n").encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// Runs a command with a file as standard input.
fn with_input(mut command: Command, setup: &MockAndFolder, file: &str) -> Output {
    command.stdin(File::open(setup.path(file)).unwrap()).output().unwrap()
}

/// Asserts that a command was refused before any request, by a sentence that shows no secret.
#[track_caller]
fn assert_refused(output: &Output, setup: &MockAndFolder, parts: &[&str]) {
    assert_exit(output, 2);
    let said = written(output);
    for part in parts {
        assert!(said.contains(part), "{part} is missing from {said}");
    }
    assert!(!said.contains(CANARY) && !said.contains(&CANARY[..8]), "{said}");
    assert_eq!(setup.mock.request_count(), 0);
}

#[test]
fn a_credential_in_a_file_of_windows_is_read() {
    let setup = MockAndFolder::company();
    for content in [windows(DEMO_TOKEN), format!("{DEMO_TOKEN} \r\n"), format!("\n\n{DEMO_TOKEN}")] {
        fs::write(setup.path("token.txt"), content).unwrap();
        let mut command = setup.command(&["validate", "--api-token-file", "token.txt"]);
        assert_exit(&command.env_remove("CLOUDFLARE_API_TOKEN").output().unwrap(), 0);
        let mut command = setup.command(&["validate", "--api-token-file", "-"]);
        command.env_remove("CLOUDFLARE_API_TOKEN");
        assert_exit(&with_input(command, &setup, "token.txt"), 0);
    }
    fs::write(setup.path("key.txt"), windows(DEMO_KEY)).unwrap();
    let mut command = setup.command(&["validate", "--email", DEMO_EMAIL, "--api-key-file", "key.txt"]);
    assert_exit(&command.env_remove("CLOUDFLARE_API_TOKEN").output().unwrap(), 0);
}

/// The forms that aren't a credential alone, each with a part of what is said of it.
const NOT_ALONE: [(&str, &str); 9] = [
    ("\"*\"", "quotation marks around it"),
    ("'*'", "quotation marks around it"),
    ("\u{201c}*\u{201d}", "quotation marks around it"),
    ("Bearer *", "begins with Bearer"),
    ("Authorization: Bearer *", "begins with Bearer or the name of a header"),
    ("CLOUDFLARE_API_TOKEN=*", "begins with a name and =, as a line of an .env file"),
    ("export CLOUDFLARE_API_KEY=\"*\"", "begins with a name and =, as a line of an .env file"),
    ("*\r\n*", "has several lines"),
    ("* *", "has spaces"),
];

#[test]
fn what_is_more_than_a_credential_is_named_and_not_shown() {
    let setup = MockAndFolder::company();
    let ways = [
        ("--api-token-file", "CLOUDFLARE_API_TOKEN", "api-token "),
        ("--api-key-file", "CLOUDFLARE_API_KEY", "api-key "),
    ];
    for (flag, variable, field) in ways {
        let command = |arguments: &[&str]| {
            let mut command = setup.command(&[&["validate", "--email", DEMO_EMAIL], arguments].concat());
            command.env_remove("CLOUDFLARE_API_TOKEN");
            command
        };
        for (pattern, part) in NOT_ALONE {
            let value = pattern.replace('*', CANARY);
            fs::write(setup.path("secret.txt"), windows(&value)).unwrap();
            assert_refused(&command(&[flag, "secret.txt"]).output().unwrap(), &setup, &[field, part, flag]);
            assert_refused(
                &command(&[]).env(variable, value).output().unwrap(),
                &setup,
                &[field, part, variable],
            );
        }
        // What a file has around its content is no part of it. A variable has nothing around it.
        for (pattern, part) in
            [("* ", "has a blank"), ("*\r", "carriage return"), ("\u{feff}*", "byte order mark")]
        {
            let value = pattern.replace('*', CANARY);
            assert_refused(
                &command(&[]).env(variable, value).output().unwrap(),
                &setup,
                &[field, part, variable],
            );
        }
        fs::write(setup.path("secret.txt"), utf16(CANARY)).unwrap();
        let parts = [flag, "secret.txt can't be read: it is UTF-16 text", "Save it as UTF-8"];
        assert_refused(&command(&[flag, "secret.txt"]).output().unwrap(), &setup, &parts);
        let parts = [flag, "it is UTF-16 text", "Save it as UTF-8"];
        assert_refused(&with_input(command(&[flag, "-"]), &setup, "secret.txt"), &setup, &parts);
    }
}

#[test]
fn a_variable_with_signs_around_its_value_is_named() {
    let setup = MockAndFolder::company();
    for (variable, field) in [("CLOUDFLARE_ACCOUNT_ID", "account-id "), ("CLOUDFLARE_BASE_URL", "base-url ")]
    {
        for (pattern, part) in [
            ("\"*\"", "quotation marks around it"),
            ("* ", "a blank or a line break"),
            ("*\r", "carriage return"),
        ] {
            let output =
                setup.command(&["validate"]).env(variable, pattern.replace('*', CANARY)).output().unwrap();
            assert_refused(&output, &setup, &[field, part, variable]);
        }
    }
}

fn change(id: &str, address: &str) -> String {
    let principal = format!(r#"{{"kind":"email","id":"{address}"}}"#);
    format!(r#"{{"operation":"grant","entitlement":"group:{id}:member","principal":{principal}}}"#)
}

#[test]
fn changes_in_a_file_of_windows_are_applied() {
    let setup = MockAndFolder::company();
    let group = setup.mock.read(|account| account.groups[0].id.clone());
    let changes = [change(&group, "one@elsewhere.example"), change(&group, "two@elsewhere.example")];
    fs::write(setup.path("changes.jsonl"), windows(&changes.join("\n"))).unwrap();
    for file in ["changes.jsonl", "-"] {
        let command = setup.command(&["apply", "--dry-run", "--format", "jsonl", "--file", file]);
        let output = with_input(command, &setup, "changes.jsonl");
        assert_exit(&output, 0);
        let planned = text(&output.stdout).lines().filter(|line| line.contains(r#""status":"planned""#));
        assert_eq!(planned.count(), 2, "{}", written(&output));
    }
}

#[test]
fn changes_that_are_not_lines_are_named_with_the_way_into_lines() {
    let setup = MockAndFolder::company();
    let change = change("g1", CANARY);
    let pretty = change.replace(",\"", ",\r\n  \"").replacen('{', "{\r\n  ", 1);
    for (content, line, parts) in [
        (windows(&format!("[{change},{change}]")), 1, ["a JSON array begins here", "`jq -c '.[]'`"]),
        (windows(&format!("\n[\n  {change}\n]")), 3, ["a JSON array begins here", "`jq -c '.[]'`"]),
        (format!("\u{feff}{pretty}"), 1, ["an object of several lines begins here", "`jq -c .`"]),
        (format!("{{\"changes\":[{change}]}}"), 1, ["in an object's `changes`", "`jq -c '.changes[]'`"]),
    ] {
        fs::write(setup.path("changes.jsonl"), content).unwrap();
        for (file, name) in [("changes.jsonl", "changes.jsonl"), ("-", "standard input")] {
            let place = format!("error: {name}, line {line}: ");
            let command = setup.command(&["apply", "--file", file]);
            let output = with_input(command, &setup, "changes.jsonl");
            assert_refused(&output, &setup, &[&place, parts[0], parts[1], "Nothing was sent."]);
        }
    }
    fs::write(setup.path("changes.jsonl"), utf16(&change)).unwrap();
    let output = setup.command(&["apply", "--file", "changes.jsonl"]).output().unwrap();
    let parts =
        ["changes.jsonl: it can't be read: it is UTF-16 text", "Save it as UTF-8", "Nothing was sent."];
    assert_refused(&output, &setup, &parts);
}

#[test]
fn names_in_a_file_of_windows_are_shown() {
    let setup = MockAndFolder::company();
    let lines = fs::read_to_string(setup.undisturbed("jsonl")).unwrap();
    let (id, name) =
        setup.mock.read(|account| (account.groups[0].id.clone(), account.groups[0].name.clone()));
    let entitlement = format!("group:{id}:member");
    let grant = [
        "grant",
        "--dry-run",
        "--entitlement",
        &entitlement,
        "--principal",
        "email:one@elsewhere.example",
        "--names",
        "names.jsonl",
    ];
    fs::write(setup.path("names.jsonl"), windows(&lines)).unwrap();
    let output = setup.command(&grant).output().unwrap();
    assert_exit(&output, 0);
    assert!(text(&output.stdout).contains(&name), "{name} is missing from {}", text(&output.stdout));
    let asked = setup.mock.request_count();
    for (content, part) in [
        (utf16(&lines), "names.jsonl can't be read: it is UTF-16 text"),
        (windows(&format!("[\n{lines}")).into_bytes(), "line 1 begins a JSON array"),
    ] {
        fs::write(setup.path("names.jsonl"), content).unwrap();
        let output = setup.command(&grant).output().unwrap();
        assert_exit(&output, 2);
        assert!(text(&output.stderr).contains(part), "{}", text(&output.stderr));
    }
    assert_eq!(setup.mock.request_count(), asked);
}
