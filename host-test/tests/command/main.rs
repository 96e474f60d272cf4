//! The command line: the output, the files and the exit codes.

mod acted_on;
mod application_tables;
mod baton;
#[cfg(feature = "c1z")]
mod c1z;
mod completions;
mod components;
mod death;
mod demo;
mod exits;
mod from_windows;
#[cfg(target_os = "linux")]
mod full;
mod gaps;
mod held;
mod identities;
mod ids;
mod ipv6;
mod leavers;
mod lifecycle;
mod lists;
mod log;
mod mistyped;
mod not_revoked;
mod offboard;
#[path = "../common/ipv6.rs"]
mod on_ipv6;
mod outputs;
mod people;
mod people_tables;
mod pictures;
mod provision;
mod refusals;
mod reports;
mod resume;
mod returns;
mod review;
mod reviewer;
mod scim;
mod secrets;
mod setup;
#[cfg(unix)]
mod signals;
mod spreadsheets;
mod tables;
mod unclear;
mod validate;
mod verify;
mod words;

use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// A secret that must show up nowhere.
const CANARY: &str = "canary-0f9e8d7c6b5a";

fn host_test(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_host-test"));
    command.args(arguments).stdin(Stdio::null());
    // The demo leaves a review in the directory for temporary files.
    command.env("TMPDIR", env!("CARGO_TARGET_TMPDIR"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("CLOUDFLARE_"))
    {
        command.env_remove(name);
    }
    command
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

fn assert_exit(output: &Output, code: i32) {
    assert_eq!(output.status.code(), Some(code), "{}\n{}", text(&output.stdout), text(&output.stderr));
}

/// Runs a command that has to end with this exit code.
#[track_caller]
fn run(setup: &setup::MockAndFolder, arguments: &[&str], exit: i32) -> Output {
    let output = setup.command(arguments).output().unwrap();
    assert_exit(&output, exit);
    output
}

/// Finds each of these parts in a text, whose lines may break anywhere.
#[track_caller]
fn has(text: &str, parts: &[&str]) {
    let in_one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = in_one_line(text);
    for part in parts {
        assert!(text.contains(&in_one_line(part)), "{part} is missing from {text}");
    }
}

/// Returns everything that a process wrote.
fn written(output: &Output) -> String {
    format!("{}{}", text(&output.stdout), text(&output.stderr))
}

fn names(directory: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(directory).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn without_a_command_it_shows_who_holds_what_and_why() {
    let output = host_test(&[]).output().unwrap();
    assert_exit(&output, 0);
    let shown = text(&output.stdout);
    for part in [
        "Accounts",
        "Groups and roles",
        "Who holds what, and why",
        "unmatched email",
        "email domain",
        "the fewest that",
        "The review, for the person who signs who holds what",
    ] {
        assert!(shown.contains(part), "{part} is missing from\n{shown}");
    }
    assert!(!shown.contains('\x1b'), "a pipe gets no colour");
    assert_eq!(text(&output.stderr), "", "a pipe gets no progress bar");
}

#[test]
fn json_lines_and_stats_tell_the_same() {
    let place = tempfile::tempdir().unwrap();
    let (lines, stats) = (place.path().join("out.jsonl"), place.path().join("stats.json"));
    let sizes = ["--users", "1200", "--members", "60", "--groups", "30", "--roles", "12", "--seed", "3"];
    let mut command = host_test(&["sync", "--mock", "--format", "jsonl"]);
    let output = command.args(sizes).arg("--output").arg(&lines).arg("--stats").arg(&stats).output().unwrap();
    assert!(matches!(output.status.code(), Some(0 | 6)), "{}", text(&output.stderr));
    assert_eq!(names(place.path()), BTreeSet::from(["out.jsonl".to_owned(), "stats.json".to_owned()]));

    let stats: Value = serde_json::from_slice(&fs::read(stats).unwrap()).unwrap();
    let lines = fs::read_to_string(lines).unwrap();
    let mut ids = BTreeSet::new();
    let mut incomplete = false;
    let mut counted = [("resource", 0_u64), ("entitlement", 0), ("grant", 0), ("warning", 0)];
    for line in lines.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let of = line["type"].as_str().unwrap();
        counted.iter_mut().find(|(known, _)| *known == of).unwrap().1 += 1;
        match of {
            "grant" => {
                let principal = &line["principal"];
                let id = format!(
                    "{}:{}:{}",
                    line["entitlement"].as_str().unwrap(),
                    principal["kind"].as_str().unwrap(),
                    principal["id"].as_str().unwrap()
                );
                assert_eq!(line["id"], id.as_str());
                assert!(ids.insert(id), "{line}");
            }
            "resource" => assert!(line["profile"].is_object(), "{line}"),
            "warning" => incomplete |= line["incomplete"].as_bool().unwrap(),
            _ => {}
        }
    }
    assert_eq!(output.status.code(), Some(if incomplete { 6 } else { 0 }));
    for (of, count) in counted {
        let by_kind = stats["counts"][of].as_object().unwrap();
        assert_eq!(by_kind.values().map(|count| count.as_u64().unwrap()).sum::<u64>(), count, "{of}");
    }
    assert_eq!(stats["counts"]["resource"]["user"], 1200);
    let routes = stats["requests_by_route"].as_object().unwrap();
    assert_eq!(routes.values().map(|count| count.as_u64().unwrap()).sum::<u64>(), stats["requests"]);
    assert_eq!(routes["GET access/users"], 2);
    for measured in ["bytes_in", "wall_ms", "guest_memory_peak_bytes"] {
        assert!(stats[measured].as_u64().unwrap() > 0, "{measured}");
    }
}

#[test]
fn kinds_narrow_what_is_read() {
    let output =
        host_test(&["sync", "--mock", "--format", "jsonl", "--kinds", "group,role"]).output().unwrap();
    assert_exit(&output, 0);
    let kinds: BTreeSet<String> = text(&output.stdout)
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .filter(|line| line["type"] == "resource")
        .map(|line| line["id"]["kind"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(kinds, BTreeSet::from(["group".to_owned(), "role".to_owned()]));

    let output = host_test(&["sync", "--mock", "--kinds", "group,rolle"]).output().unwrap();
    assert_exit(&output, 2);
    let all = "identity-provider, group, policy, app, role, user-group, scoped-role, \
               service-token, member, user, email";
    assert!(text(&output.stderr).contains(all), "{}", text(&output.stderr));
}

#[test]
fn a_table_goes_into_a_file_too() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("out.txt");
    let output = host_test(&["sync", "--mock", "--output"]).arg(&path).output().unwrap();
    assert_exit(&output, 0);
    assert_eq!(text(&output.stdout), "");
    assert!(fs::read_to_string(path).unwrap().contains("Who holds what, and why"));
}

#[test]
fn the_mock_prints_what_another_shell_needs() {
    let mut mock = host_test(&["mock", "--users", "3"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(mock.stdout.take().unwrap()).lines();
    let announced = lines.next().unwrap().unwrap();
    let exported: Vec<(String, String)> = lines
        .take(3)
        .map(|line| {
            let line = line.unwrap();
            let (name, value) = line.strip_prefix("export ").unwrap().split_once('=').unwrap();
            (name.to_owned(), value.to_owned())
        })
        .collect();
    let with_mock = |arguments: &[&str]| {
        host_test(arguments).envs(exported.iter().map(|(name, value)| (name, value))).output().unwrap()
    };
    let validated = with_mock(&["validate"]);
    let synced = with_mock(&["sync", "--format", "jsonl", "--kinds", "user"]);
    let refused = host_test(&["validate"])
        .envs(exported.iter().map(|(name, value)| (name, value)))
        .env("CLOUDFLARE_API_TOKEN", CANARY)
        .output()
        .unwrap();
    mock.kill().unwrap();
    mock.wait().unwrap();

    assert!(announced.contains("3 users"), "{announced}");
    assert_exit(&validated, 0);
    assert!(text(&validated.stdout).contains('✓'));
    assert_exit(&synced, 0);
    assert_eq!(text(&synced.stdout).lines().count(), 3);
    assert_exit(&refused, 3);
    assert!(!written(&refused).contains(CANARY), "{}", written(&refused));
}

#[test]
fn a_secret_in_the_wrong_place_is_not_repeated() {
    let place = tempfile::tempdir().unwrap();
    let token_file = place.path().join("token");
    fs::write(&token_file, format!("{CANARY}\n")).unwrap();
    let account = "0123456789abcdef0123456789abcdef";
    // Nothing listens at this address.
    let nowhere = "http://127.0.0.1:9/client/v4";
    let level = ["--log-level", "trace"];

    let from_file = host_test(&["sync", "--account-id", account, "--base-url", nowhere, "--api-token-file"])
        .arg(&token_file)
        .args(level)
        .output()
        .unwrap();
    assert_exit(&from_file, 1);

    let both = host_test(&["validate", "--account-id", account, "--api-key-file"])
        .arg(&token_file)
        .env("CLOUDFLARE_API_TOKEN", CANARY)
        .args(level)
        .output()
        .unwrap();
    assert_exit(&both, 2);

    let in_url = host_test(&["validate", "--account-id", account, "--base-url"])
        .arg(format!("https://user:{CANARY}@api.example.com"))
        .env("CLOUDFLARE_API_TOKEN", "token")
        .args(level)
        .output()
        .unwrap();
    assert_exit(&in_url, 2);

    for output in [from_file, both, in_url] {
        assert!(text(&output.stderr).contains("error: "), "{}", text(&output.stderr));
        assert!(!written(&output).contains(CANARY), "{}", written(&output));
    }
}

#[test]
fn an_error_names_the_flag_that_helps() {
    let missing = host_test(&["validate"]).output().unwrap();
    assert_exit(&missing, 2);
    assert!(text(&missing.stderr).contains("CLOUDFLARE_API_TOKEN"), "{}", text(&missing.stderr));

    let no_account = host_test(&["validate"]).env("CLOUDFLARE_API_TOKEN", CANARY).output().unwrap();
    assert_exit(&no_account, 2);
    assert!(text(&no_account.stderr).contains("--account-id"), "{}", text(&no_account.stderr));

    let no_mock = host_test(&["sync", "--users", "5"]).output().unwrap();
    assert_exit(&no_mock, 2);
    assert!(text(&no_mock.stderr).contains("--mock"), "{}", text(&no_mock.stderr));

    let nowhere = host_test(&["sync", "--mock", "--output", "/nowhere/at/all/out"]).output().unwrap();
    assert_exit(&nowhere, 1);
    assert!(text(&nowhere.stderr).contains("/nowhere/at/all/out"), "{}", text(&nowhere.stderr));
}

#[test]
fn a_reader_that_goes_away_is_no_panic() {
    let mut sync = host_test(&["sync", "--mock", "--users", "3000", "--format", "jsonl"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = [0; 16];
    sync.stdout.take().unwrap().read_exact(&mut first).unwrap();
    let output = sync.wait_with_output().unwrap();
    assert_eq!(text(&output.stderr), "");
    assert_exit(&output, 1);
}

#[test]
fn help_tells_the_exit_codes_that_a_command_can_give_and_an_example() {
    let all = [
        "0  done",
        "1  failed",
        "2  usage or settings",
        "3  credentials or permissions",
        "4  rate limited: try again later",
        "5  some change was refused or failed",
        "6  done, but data is missing",
        "130  interrupted",
    ];
    for (command, codes) in [
        ("", &[0, 1, 2, 3, 4, 5, 6, 7][..]),
        ("sync", &[0, 1, 2, 3, 4, 6, 7]),
        ("get", &[0, 1, 2, 3, 4, 6, 7]),
        ("held", &[0, 1, 2, 3, 4, 6, 7]),
        ("identities wanted", &[0, 1, 2, 3, 4, 6, 7]),
        ("verify", &[0, 1, 2, 3, 4, 6, 7]),
        ("grant", &[0, 1, 2, 3, 4, 5, 6, 7]),
        ("revoke", &[0, 1, 2, 3, 4, 5, 6, 7]),
        ("apply", &[0, 1, 2, 3, 4, 5, 6, 7]),
        ("validate", &[0, 1, 2, 3, 4]),
        ("demo", &[0, 1, 2, 6]),
        ("describe", &[0, 1, 2]),
        ("capabilities", &[0, 1, 2]),
        ("config-schema", &[0, 1, 2]),
        ("mock", &[0, 1, 2]),
        ("completions", &[0, 1, 2]),
    ] {
        let arguments: Vec<&str> =
            command.split(' ').chain(["--help"]).filter(|argument| !argument.is_empty()).collect();
        let output = host_test(&arguments).output().unwrap();
        assert_exit(&output, 0);
        let help = text(&output.stdout);
        for (at, code) in all.iter().enumerate() {
            assert_eq!(help.contains(code), codes.contains(&at), "{command}: {code}\n{help}");
        }
        let (_, examples) =
            help.split_once("Example").unwrap_or_else(|| panic!("{command} has no example\n{help}"));
        assert!(examples.contains(format!("host-test {command}").trim_end()), "{command}: {examples}");
    }
}

#[test]
fn logs_are_text_or_json_on_standard_error() {
    for format in ["text", "json"] {
        let mut command =
            host_test(&["sync", "--mock", "--kinds", "role", "--format", "jsonl", "--log-format", format]);
        let output = command.args(["--log-level", "trace"]).output().unwrap();
        assert_exit(&output, 0);
        assert!(text(&output.stdout).lines().all(|line| line.starts_with("{\"type\":")));
        let log = text(&output.stderr);
        assert!(!log.is_empty());
        for line in log.lines() {
            let entry = serde_json::from_str::<Value>(line).ok();
            assert_eq!(entry.is_some_and(|entry| entry["level"].is_string()), format == "json", "{line}");
        }
    }
    let quiet = host_test(&["sync", "--mock", "--kinds", "role", "--log-format", "json"]).output().unwrap();
    assert_eq!(text(&quiet.stderr), "");
}

#[test]
fn completions_are_for_each_shell() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let output = host_test(&["completions", shell]).output().unwrap();
        assert_exit(&output, 0);
        for word in ["host-test", "cursor-file", "validate", "allow-gains"] {
            assert!(text(&output.stdout).contains(word), "{shell}: {word}");
        }
    }
    assert_exit(&host_test(&["completions", "ksh"]).output().unwrap(), 2);
}
