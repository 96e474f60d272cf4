//! A secret that an operator typed into the wrong place: nothing of it is repeated.
//!
//! The options are those of the help, so that a new one is tried too.

use super::setup::MockAndFolder;
use super::{CANARY, assert_exit, host_test, names, text, written};
use std::fs;
use std::process::Command;

/// A text of the form that Cloudflare's tokens have.
const TOKEN: &str = "Xk3_9dQzT7-aaBcD0eFgHiJkLmNoPqRsTuVwXy12";

/// The arguments that a command can't go without.
fn required(command: &str) -> &'static [&'static str] {
    match command {
        "get" | "verify" => &["group:00000000-0000-4000-8000-000000000000"],
        "held" => &["user:00000000-0000-4000-8000-000000000000"],
        "grant" | "revoke" => &["--entitlement", "group:g:member", "--principal", "email:a@corp.example"],
        "apply" => &["--file", "changes.jsonl"],
        "completions" => &["bash"],
        _ => &[],
    }
}

/// Returns the commands of the help.
fn commands() -> Vec<String> {
    let help = host_test(&["--help"]).output().unwrap();
    let (_, commands) = text(&help.stdout).split_once("Commands:\n").unwrap();
    let (commands, _) = commands.split_once("\n\n").unwrap();
    // A description that is continued is indented further.
    let first = commands.lines().filter(|line| !line.starts_with("   "));
    first.map(|line| line.split_whitespace().next().unwrap().to_owned()).collect()
}

/// Returns the options of a command, each with whether it takes a value.
fn options(command: &str) -> Vec<(String, bool)> {
    let help = host_test(&[command, "--help"]).output().unwrap();
    let lines = text(&help.stdout).lines().map(str::trim_start);
    let option = |line: &str| {
        let long = line.split(' ').find(|word| word.starts_with("--"))?;
        line.starts_with('-').then(|| (long.to_owned(), line.contains(" <")))
    };
    lines
        .filter_map(option)
        .filter(|(long, _)| !["--help", "--version", "--keep"].contains(&&**long))
        .collect()
}

/// The command lines that have a text in a wrong place of this command.
fn misplaced(command: &str, text: &str) -> Vec<Vec<String>> {
    let base: Vec<String> = [&[command], required(command)].concat().into_iter().map(str::to_owned).collect();
    let with = |more: &[&str]| {
        let mut arguments = base.clone();
        for option in more.iter().filter(|more| more.starts_with("--")) {
            // An option that is given already gets the new value.
            if let Some(at) = arguments.iter().position(|argument| argument == option) {
                arguments.drain(at..at + 2);
            }
        }
        arguments.extend(more.iter().map(|&more| more.to_owned()));
        arguments
    };
    let mut all = vec![with(&[text]), with(&[&format!("--{text}")]), with(&[&format!("--{text}=1")])];
    if ["get", "held", "completions"].contains(&command) {
        all.push(vec![command.to_owned(), text.to_owned()]);
        all.push(vec![command.to_owned(), format!("group:{text}")]);
    }
    for (option, takes_value) in options(command) {
        all.push(with(&[&format!("{option}={text}")]));
        if takes_value {
            all.push(with(&[&option, text]));
        }
    }
    all
}

#[test]
fn nothing_that_stands_in_a_wrong_place_is_repeated() {
    let setup = MockAndFolder::company();
    fs::write(setup.path("changes.jsonl"), "").unwrap();
    let mut tried = 0;
    for command in commands() {
        if command == "help" {
            continue;
        }
        for secret in [CANARY, TOKEN] {
            for arguments in misplaced(&command, secret) {
                let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
                let output = setup.command(&arguments).output().unwrap();
                tried += 1;
                let said = written(&output);
                assert!(!said.contains(secret), "{arguments:?}:\n{said}");
                if secret == TOKEN
                    && !arguments.iter().any(|argument| argument.contains(&format!("--{TOKEN}")))
                {
                    assert_eq!(output.status.code(), Some(2), "{arguments:?}:\n{said}");
                }
            }
        }
    }
    assert!(tried > 300, "only {tried} command lines were tried");
    // No file got the name of the token.
    assert!(!setup.path(TOKEN).exists());
    for arguments in [&[CANARY][..], &["help", CANARY], &["sync", "--kinds", &format!("group,{CANARY}")]] {
        let output = setup.command(arguments).output().unwrap();
        assert_exit(&output, 2);
        assert!(!written(&output).contains(CANARY), "{}", written(&output));
    }
}

/// Credentials that no variable holds, and that have the form of an id.
const LIKE_IDS: [&str; 2] =
    ["Xk39dQzT7aaBcD0eFgHiJkLmNoPqRsTuVwXy1234", "c2547eb745079dac9320b638f5e225cf483cc"];

#[test]
fn a_credential_in_a_part_of_an_argument_is_not_repeated() {
    let setup = MockAndFolder::company();
    let (group, email) = ("group:g:member", "email:ann@corp.example");
    for secret in LIKE_IDS {
        let of = |pattern: &str| pattern.replace('*', secret);
        let mut all: Vec<Vec<String>> = Vec::new();
        for pattern in ["member:*", "role:*", "user:*", "group:*", "email:*", "email:*@corp.example", "*:1"] {
            all.push(vec!["get".into(), of(pattern)]);
            all.push(vec!["held".into(), of(pattern)]);
        }
        for (entitlement, principal) in [
            (group, "email:*"),
            (group, "email:ann@*"),
            (group, "member:*"),
            ("group:*:member", email),
            ("role:*:assigned", email),
        ] {
            let arguments = ["grant", "--entitlement", &of(entitlement), "--principal", &of(principal)];
            all.push(arguments.map(str::to_owned).into());
        }
        for (option, value) in [("--kinds", "group,*"), ("--base-url", "https://a:*@api.corp.example")] {
            all.push(["sync", option, &of(value)].map(str::to_owned).into());
        }
        for output in ["*.jsonl", "*/out"] {
            all.push(["sync", "--format", "jsonl", "--output", &of(output)].map(str::to_owned).into());
        }
        for arguments in all {
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            let output = setup.command(&arguments).args(["--log-level", "trace"]).output().unwrap();
            assert_exit(&output, 2);
            let said = written(&output);
            assert!(
                said.contains("looks like an API token") && !said.contains(secret),
                "{arguments:?}: {said}"
            );
        }
    }
    assert_eq!(setup.mock.request_count(), 0);
    assert_eq!(names(setup.place.path()).len(), 0, "a file was made");
}

#[test]
fn a_credential_in_a_file_of_changes_is_not_repeated() {
    let setup = MockAndFolder::company();
    let (group, user) = ("group:g:member", r#"{"kind":"user","id":"1"}"#);
    let line = |entitlement: &str, principal: &str| {
        format!(r#"{{"operation":"grant","entitlement":"{entitlement}","principal":{principal}}}"#)
    };
    for pattern in [
        "*".to_owned(),
        r#"{"*":1}"#.to_owned(),
        r#"{"operation":"*"}"#.to_owned(),
        line(group, r#""*""#),
        line("*", user),
        line("group:*:member", user),
        line("role:*:assigned", user),
        line(group, r#"{"kind":"*","id":"1"}"#),
        line(group, r#"{"kind":"email","id":"*"}"#),
        line(group, r#"{"kind":"email","id":"ann@*"}"#),
        line(group, r#"{"kind":"user","id":"*"}"#),
        line(group, r#"{"kind":"user","id":"1","*":1}"#),
    ] {
        for secret in LIKE_IDS {
            fs::write(setup.path("changes.jsonl"), pattern.replace('*', secret)).unwrap();
            for format in ["table", "jsonl"] {
                let arguments = ["apply", "--file", "changes.jsonl", "--format", format];
                let output = setup.command(&arguments).output().unwrap();
                assert_exit(&output, 2);
                let said = written(&output);
                assert!(
                    said.contains("changes.jsonl, line 1: ") && !said.contains(secret),
                    "{pattern}: {said}"
                );
            }
        }
    }
    assert_eq!(setup.mock.request_count(), 0);
}

#[test]
fn a_variable_with_the_wrong_value_is_not_repeated() {
    let setup = MockAndFolder::company();
    for variable in ["CLOUDFLARE_ACCOUNT_ID", "CLOUDFLARE_BASE_URL", "CLOUDFLARE_EMAIL", "CLOUDFLARE_API_KEY"]
    {
        let output = setup.command(&["validate"]).env(variable, CANARY).output().unwrap();
        assert!(!written(&output).contains(CANARY), "{variable}: {}", written(&output));
    }
}

#[test]
fn the_credential_of_the_environment_is_known_wherever_it_stands() {
    let setup = MockAndFolder::company();
    let mut command: Command = setup.sync(&["--output", &format!("./{CANARY}.jsonl")]);
    let refused = command.env("CLOUDFLARE_API_TOKEN", CANARY).output().unwrap();
    assert_exit(&refused, 2);
    assert!(
        text(&refused.stderr).contains("argument 3 looks like an API token"),
        "{}",
        text(&refused.stderr)
    );
    assert_eq!(setup.mock.request_count(), 0);
    assert!(!setup.path(&format!("{CANARY}.jsonl")).exists());
}

#[test]
fn a_message_still_helps() {
    let setup = MockAndFolder::company();
    for (arguments, parts) in [
        (&["sync", "--fo"][..], &["'--fo'", "tip: there is a similar argument: '--format'"][..]),
        (
            &["sync", "--format", "jsno"],
            &["[possible values: table, jsonl, csv, c1z, parquet, html]", "similar value: 'jsonl'"],
        ),
        (&["synk"], &["no such command", "similar command: 'sync'"]),
        (&["get", "--format", "jsonl"], &["these arguments are missing:\n  <KIND:ID>"]),
        (&["validate", "--api-token-file", "nowhere.txt"], &["nowhere.txt can't be read: No such file"]),
        (&["validate", "--api-token-file", "."], &["--api-token-file: . can't be read"]),
    ] {
        let output = setup.command(arguments).output().unwrap();
        assert_exit(&output, 2);
        for part in parts {
            assert!(text(&output.stderr).contains(part), "{part} is missing from {}", text(&output.stderr));
        }
    }
}

#[test]
fn a_usage_line_lists_nothing_that_the_environment_sets() {
    let setup = MockAndFolder::company();
    let output = setup.command(&["get"]).output().unwrap();
    assert_exit(&output, 2);
    assert!(
        text(&output.stderr).contains("\nUsage: host-test get [OPTIONS] <KIND:ID>\n"),
        "{}",
        text(&output.stderr)
    );
    let output = setup.command(&["grant", "--dry-run", "--principal", "user:1"]).output().unwrap();
    assert_exit(&output, 2);
    let usage = "\nUsage: host-test grant [OPTIONS] --entitlement <KIND:ID:SLUG> --principal <KIND:ID>\n";
    assert!(text(&output.stderr).contains(usage), "{}", text(&output.stderr));
}
