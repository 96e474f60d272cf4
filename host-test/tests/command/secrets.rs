//! A secret that an operator typed into the wrong place: nothing of it is repeated.
//!
//! The options are those of the help, so that a new one is tried too.

use super::setup::MockAndFolder;
use super::{CANARY, assert_exit, host_test, text, written};
use std::fs;
use std::process::Command;

/// A text of the form that Cloudflare's tokens have.
const TOKEN: &str = "Xk3_9dQzT7-aaBcD0eFgHiJkLmNoPqRsTuVwXy12";

/// The arguments that a command can't go without.
fn required(command: &str) -> &'static [&'static str] {
    match command {
        "get" => &["group:00000000-0000-4000-8000-000000000000"],
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
    if command == "get" || command == "completions" {
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
                    let names_it = arguments.iter().any(|argument| argument.contains(&format!(":{TOKEN}")));
                    assert!(names_it || output.status.code() == Some(2), "{arguments:?}:\n{said}");
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
            &["[possible values: table, jsonl, csv, c1z]", "similar value: 'jsonl'"],
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
