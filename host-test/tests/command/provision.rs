//! Granting and revoking.

use super::bench::Bench;
use super::{assert_exit, host_test, text, written};
use std::fs;
use std::io::Write;
use std::process::Stdio;

const GRANT: &str = r#"{"operation":"grant","entitlement":"group:f3b9c7de-8f0a-4a27-9c7e-2a5b6f0e1d11:member","principal":{"kind":"email","id":"ann@corp.example"}}"#;

#[test]
fn a_file_with_a_bad_line_is_refused_before_anything_is_sent() {
    let bench = Bench::company();
    let bad = r#"{"operation":"grant","entitlement":"e","principle":{"kind":"user","id":"1"}}"#;
    fs::write(bench.path("changes.jsonl"), format!("{GRANT}\n\n{bad}\n")).unwrap();
    for arguments in [&["apply", "--file", "changes.jsonl"][..], &["apply", "-f", "changes.jsonl", "--dry-run"]] {
        let refused = bench.command(arguments).output().unwrap();
        assert_exit(&refused, 2);
        assert_eq!(text(&refused.stdout), "");
        let said = text(&refused.stderr);
        for part in ["changes.jsonl, line 3: ", "`principle`", "Nothing was sent."] {
            assert!(said.contains(part), "{part} is missing from {said}");
        }
    }
    let missing = bench.command(&["apply", "--file", "nowhere.jsonl"]).output().unwrap();
    assert_exit(&missing, 2);
    assert!(text(&missing.stderr).contains("nowhere.jsonl: it can't be read"), "{}", text(&missing.stderr));
    assert_eq!(bench.mock.request_count(), 0);
}

#[test]
fn a_line_of_standard_input_is_told_by_its_number_too() {
    let bench = Bench::company();
    let mut process = bench.command(&["apply", "--file", "-"]).stdin(Stdio::piped()).spawn().unwrap();
    process.stdin.take().unwrap().write_all(format!("{GRANT}\nnope\n").as_bytes()).unwrap();
    let refused = process.wait_with_output().unwrap();
    assert_exit(&refused, 2);
    assert!(text(&refused.stderr).contains("standard input, line 2: "), "{}", text(&refused.stderr));
    assert_eq!(bench.mock.request_count(), 0);
}

#[test]
fn what_can_not_be_asked_is_a_usage_error() {
    for (arguments, told) in [
        (&["grant", "--mock", "--entitlement", "group:g:member"][..], "--principal"),
        (&["grant", "--mock", "--principal", "user:1"], "--entitlement"),
        (&["revoke", "--mock", "--entitlement", "e", "--principal", "ann@corp.example"], "KIND:ID"),
        (&["revoke", "--users", "3", "--entitlement", "e", "--principal", "user:1"], "need --mock"),
        (&["apply", "--mock"], "--file"),
        (&["apply", "--file", "-", "--api-token-file", "-"], "both the changes and a secret"),
        (&["apply", "--seed", "3", "--file", "/nowhere/at/all"], "need --mock"),
        (&["get", "--mock"], "KIND:ID"),
        (&["get", "--mock", "group"], "KIND:ID"),
        (&["get", "--latency-ms", "3", "group:1"], "need --mock"),
        (&["get", "--format", "csv", "group:1"], "jsonl"),
        (&["grant", "--entitlement", "e", "--principal", "user:1"], "no credentials"),
    ] {
        let refused = host_test(arguments).output().unwrap();
        assert_exit(&refused, 2);
        assert_eq!(text(&refused.stdout), "");
        assert!(text(&refused.stderr).contains(told), "{arguments:?}: {}", written(&refused));
    }
}

#[test]
fn help_tells_what_a_dry_run_lets_out() {
    for command in ["grant", "revoke", "apply"] {
        let help = host_test(&[command, "--help"]).output().unwrap();
        let help: Vec<&str> = text(&help.stdout).split_whitespace().collect();
        assert!(help.join(" ").contains("the host lets nothing but GETs out"), "{command}");
    }
}
