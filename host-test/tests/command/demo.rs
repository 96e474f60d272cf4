//! The demo: what it prints are commands that work, and they print the same.

use super::{host_test, text};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

/// Leaves out the lines with times: a change sets them.
fn without_times(text: &str) -> Vec<&str> {
    text.lines().filter(|line| !line.trim_start().starts_with("\"20")).collect()
}

/// A process that ends with the test, also with one that fails.
struct Ends(Child);

impl Drop for Ends {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn each_command_of_the_demo_works_when_pasted_and_prints_what_the_demo_shows() {
    let mut demo = host_test(&["demo", "--keep"]).stdout(Stdio::piped()).spawn().unwrap();
    let out = demo.stdout.take().unwrap();
    let _demo = Ends(demo);
    let mut shown = String::new();
    let mut exports = String::new();
    for line in BufReader::new(out).lines() {
        let line = line.unwrap();
        let of = if line.starts_with("export ") { &mut exports } else { &mut shown };
        of.push_str(&line);
        of.push('\n');
        if line.starts_with("export CLOUDFLARE_API_TOKEN=") {
            break;
        }
    }
    let place = tempfile::tempdir().unwrap();
    let mut steps = shown.split("\n$ ").skip(1).peekable();
    assert!(steps.peek().is_some(), "{shown}");
    let mut count = 0;
    for step in steps {
        let (command, rest) = step.split_once("\n\n").unwrap_or((step, ""));
        let script = format!("{exports}{command}");
        let ran = Command::new("sh").args(["-c", &script]).current_dir(place.path()).output().unwrap();
        // A change may be refused; nothing else may go wrong.
        assert!(matches!(ran.status.code(), Some(0 | 5)), "{command}: {}", text(&ran.stderr));
        // The line break before the next command is the last of them.
        let printed = without_times(text(&ran.stdout).trim_end_matches('\n'));
        let expected = without_times(rest);
        assert!(expected.starts_with(&printed), "{command}\nprints {printed:#?}\nand not {expected:#?}");
        assert_eq!(printed.is_empty(), command.contains(" sync "), "{command}");
        count += 1;
    }
    assert_eq!(count, 15);
    for answer in [
        "“Finance runs payroll”",
        "What they hold, and why",
        "requests; the fewest that",
        "Sales Americas",
        "expected: Okta",
        "31 people judged: 1 not as expected",
    ] {
        assert!(shown.contains(answer), "{answer}: {shown}");
    }
    let said = "The facts come from standard input, as of 2026-11-28T18:00:00Z.";
    assert!(shown.replace('\n', " ").contains(said), "{shown}");
    assert!(shown.contains("grant group “Finance” to user Lucas Moreau"), "{shown}");
    // The leaver's story, in its order.
    let mut rest = shown.as_str();
    for part in [
        "$ ",
        "held email:",
        "What they hold, and why",
        "offboard grace.whitfield@northwind.example",
        "--dry-run",
        "What still lets grace.whitfield@northwind.example in, after what is planned",
        "~ planned: remove user",
        "What still lets grace.whitfield@northwind.example in\n",
        "✓ applied: remove user",
        "held email:",
        "no account has this address",
    ] {
        rest = rest.split_once(part).unwrap_or_else(|| panic!("{part} is missing from {rest}")).1;
    }
}

#[test]
fn without_its_mock_it_says_how_to_keep_it() {
    let output = host_test(&[]).output().unwrap();
    assert!(
        text(&output.stdout).contains("demo --keep` leaves the mock running"),
        "{}",
        text(&output.stdout)
    );
}
