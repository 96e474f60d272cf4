//! Completions, run in the shells that are on this machine.

use super::{assert_exit, host_test, text};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// A typed text, and its completion.
const CASES: [(&[&str], &str); 11] = [
    (&["sy"], "sync"),
    (&["sync", "--fo"], "--format"),
    (&["sync", "--mock", "--cursor"], "--cursor-file"),
    (&["sync", "--format", "js"], "jsonl"),
    (&["--log-level", "debug", "get", "--na"], "--names"),
    (&["held", "--fo"], "--format"),
    (&["config-schema", "--log-f"], "--log-format"),
    (&["--log-level", "de"], "debug"),
    (&["sync", "--kinds", "mem"], "member"),
    (&["apply", "--dry"], "--dry-run"),
    (&["completions", "ba"], "bash"),
];

/// Completes the last of the words, as the programmable completion of bash does.
const BASH: &str = r#"
source "$1"
shift
COMP_WORDS=(host-test "$@")
COMP_CWORD=$#
[[ "$(complete -p host-test)" =~ -F\ ([^ ]+) ]]
"${BASH_REMATCH[1]}" host-test "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
printf '%s\n' "${COMPREPLY[@]}"
"#;

/// Completes a command line, as the key for it does.
const FISH: &str = "source $argv[1]; complete -C \"host-test $argv[2..]\"";

fn is_here(shell: &str) -> bool {
    let found = Command::new(shell).args(["-c", "exit"]).stderr(Stdio::null()).status().is_ok();
    if !found {
        eprintln!("skipped: there is no `{shell}` on PATH");
    }
    found
}

/// Returns what a shell offers for each case, a candidate on each line.
fn complete(shell: &str, before: &[&str], script: &Path, words: &[&str]) -> Vec<String> {
    let output = Command::new(shell).args(before).arg(script).args(words).output().unwrap();
    assert!(output.stderr.is_empty(), "{shell}: {}", text(&output.stderr));
    // Fish adds a description behind a tab.
    text(&output.stdout).lines().map(|line| line.split('\t').next().unwrap().to_owned()).collect()
}

#[test]
fn a_shell_completes_commands_options_and_values() {
    for (shell, before) in [("bash", ["-c", BASH, "bash"].as_slice()), ("fish", &["-N", "-c", FISH])] {
        if !is_here(shell) {
            continue;
        }
        let place = tempfile::tempdir().unwrap();
        let script = place.path().join("script");
        let written = host_test(&["completions", shell]).output().unwrap();
        assert_exit(&written, 0);
        fs::write(&script, &written.stdout).unwrap();
        for (words, expected) in CASES {
            let offered = complete(shell, before, &script, words);
            assert!(offered.iter().any(|word| word == expected), "{shell}, {words:?}: {offered:?}");
        }
    }
}
