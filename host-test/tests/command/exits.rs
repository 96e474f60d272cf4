//! The end of a read: each exit code from its cause, with advice.

use super::setup::MockAndFolder;
use super::{assert_exit, text};
use host_test::mock::{Effect, Fault, Place};
use serde_json::Value;

fn status(status: u16, code: u64, headers: &[(&str, &str)]) -> Effect {
    let headers = headers.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
    Effect::Status { status, code, message: "said so".to_owned(), headers }
}

/// The route, the fault, the exit code, and the words of the message.
type Case = (&'static str, Effect, i32, &'static [&'static str]);

#[test]
fn each_exit_code_comes_from_its_cause_and_says_what_to_do() {
    let cases: [Case; 11] = [
        ("roles", status(500, 1, &[]), 1, &["500", "Try again later."]),
        ("roles", Effect::Reset { at: Place::BeforeHead }, 1, &["the connection", "try again"]),
        ("roles", Effect::Html { status: 200 }, 1, &["<!DOCTYPE html>", "Check base-url"]),
        (
            "members",
            Effect::Redirect { location: "https://elsewhere.example/".to_owned() },
            1,
            &["redirect", "base-url"],
        ),
        ("access/groups", status(403, 9999, &[]), 1, &["Zero Trust is not set up"]),
        ("roles", status(401, 1000, &[]), 3, &["Give valid ones"]),
        ("members", status(403, 10000, &[]), 3, &["Account Settings Read"]),
        ("access/users", status(403, 9109, &[]), 3, &["Access: Audit Logs Read"]),
        ("access/users", status(429, 971, &[("retry-after", "240")]), 4, &["Try again in 240 seconds."]),
        ("access/users", status(429, 971, &[]), 4, &["limit", "Try again"]),
        ("gateway/lists/{id}/items", status(404, 7003, &[]), 6, &[]),
    ];
    for (route, effect, exit, said) in cases {
        let setup = MockAndFolder::company();
        setup.mock.inject(Fault::on("GET", route, effect.clone()));
        let sync = |format| {
            setup.sync(&["--format", format, "--max-wait-seconds", "0", "--output", format]).output().unwrap()
        };
        for format in ["jsonl", "csv", "table"] {
            let output = sync(format);
            assert_exit(&output, exit);
            assert_eq!(
                setup.path(format).exists(),
                exit == 6,
                "half of it took its place: {route} {effect:?}"
            );
            for part in said {
                assert!(
                    text(&output.stderr).contains(part),
                    "{part} of {effect:?}: {}",
                    text(&output.stderr)
                );
            }
        }
        assert!(setup.mock.fired()[0] >= 3, "{effect:?}");
    }
    let setup = MockAndFolder::company();
    let output = setup.sync(&["--kinds", "role,member", "--format", "jsonl"]).output().unwrap();
    assert_exit(&output, 0);
}

#[test]
fn a_setting_out_of_bounds_names_its_flag() {
    let setup = MockAndFolder::company();
    for (flag, values) in
        [("--read-ahead", ["0", "17", "-1", "four"]), ("--max-wait-seconds", ["301", "+1", "-1", "soon"])]
    {
        for value in values {
            for mock in [&[][..], &["--mock"]] {
                let output = setup
                    .sync(&[&[&*format!("{flag}={value}"), "--format", "jsonl"], mock].concat())
                    .output()
                    .unwrap();
                assert_exit(&output, 2);
                assert!(
                    text(&output.stderr).contains(&format!("Set it with {flag}.")),
                    "{}",
                    text(&output.stderr)
                );
                assert_eq!(text(&output.stdout), "");
            }
        }
    }
    assert_eq!(setup.mock.request_count(), 0);
}

#[test]
fn as_many_pages_are_under_way_as_the_flag_says() {
    for (flag, most) in [(&["--read-ahead", "1"][..], 1..=1), (&["--read-ahead", "5"], 2..=5), (&[], 2..=4)] {
        let setup = MockAndFolder::new();
        let output =
            setup.sync(&[&["--kinds", "member", "--format", "jsonl"], flag].concat()).output().unwrap();
        assert_exit(&output, 0);
        let found = setup.mock.most_under_way();
        assert!(most.contains(&found), "{found} at once with {flag:?}");
    }
}

#[test]
fn why_a_command_failed_is_a_log_line_where_those_are_json() {
    let setup = MockAndFolder::company();
    setup.mock.inject(Fault::on("GET", "roles", status(429, 971, &[("retry-after", "240")])));
    let failed = |more: &[&str]| {
        let output = setup
            .sync(&[&["--max-wait-seconds", "0", "--log-format", "json"], more].concat())
            .output()
            .unwrap();
        assert_exit(&output, 4);
        text(&output.stderr).to_owned()
    };
    let line: Value = serde_json::from_str(&failed(&[])).unwrap();
    let fields = &line["fields"];
    assert_eq!((line["level"].as_str(), fields["exit"].as_u64()), (Some("ERROR"), Some(4)));
    assert!(
        fields["message"].as_str().unwrap().starts_with("reading the account failed: Couldn't read roles"),
        "{line}"
    );
    assert!(fields["help"].as_str().unwrap().contains("Try again in 240 seconds."), "{line}");
    // The failure is reported with the log off too.
    let said = failed(&["--log-level", "off"]);
    assert!(said.starts_with("error: reading the account failed"), "{said}");
}
