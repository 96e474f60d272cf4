//! Somebody leaves: everything is taken from them, and what still lets them in is told first.

use super::lifecycle::{GRACE, member_of, user_of};
use super::provision::{lines, puts};
use super::setup::MockAndFolder;
use super::{assert_exit, text, written};
use host_test::mock::{Account, Effect, Fault, Options};
use serde_json::Value;
use std::process::Output;

fn offboard(setup: &MockAndFolder, more: &[&str]) -> Output {
    setup.command(&[&["offboard", GRACE], more].concat()).output().unwrap()
}

#[test]
fn the_report_begins_with_what_still_lets_them_in() {
    let setup = MockAndFolder::company();
    let plan = offboard(&setup, &["--dry-run"]);
    assert_exit(&plan, 0);
    assert_eq!((puts(&setup), setup.mock.account()), (0, Account::company()));
    let done = offboard(&setup, &[]);
    assert_exit(&done, 0);
    for (output, title) in [
        (&plan, "What still lets grace.whitfield@northwind.example in, after what is planned\n"),
        (&done, "What still lets grace.whitfield@northwind.example in\n"),
    ] {
        let shown = text(&output.stdout);
        assert!(shown.starts_with(title), "{shown}");
        let place = |part: &str| shown.find(part).unwrap_or_else(|| panic!("{part} is missing from {shown}"));
        let order = [
            "! certain: The group “All staff” has this person as a member, through the rule email_domain",
            "! certain: The application “Wiki” lets this person in",
            "! on conditions: The group “Offices”",
            "! open to all: The application “Status page” is public",
            "What may bring them back\n  · ",
            "Who has this address\n  user:",
            ", in this order",
            "email rule for grace.whitfield@northwind.example out of the include of \"Finance\"",
            "end the sessions of grace",
            "free the seat of user:",
            "remove member:",
            "lost role:",
            "remove user:",
        ];
        assert!(order.map(place).is_sorted(), "{:?} {shown}", order.map(place));
        for wrong in ["is out", "no longer has access", "can't come in"] {
            assert!(!shown.contains(wrong), "{shown}");
        }
        assert!(text(&output.stderr).contains(" ways in "), "{}", text(&output.stderr));
    }
    assert_eq!(member_of(&setup, GRACE), None);
    setup.mock.change(|account| account.finish_deletions());
    assert_eq!(user_of(&setup, GRACE), None);
    // The same again finds nothing to do, and says the same of what remains.
    let again = offboard(&setup, &["--format", "jsonl"]);
    assert_exit(&again, 0);
    let lines = lines(&again);
    assert!(
        lines.iter().all(|line| ["way", "person"].contains(&line["type"].as_str().unwrap())),
        "{lines:?}"
    );
    assert!(lines.iter().any(|line| line["certainty"] == "certain"));
    assert_eq!(lines.last().unwrap()["accounts"], Value::Array(vec![]));
}

#[test]
fn what_is_kept_stays_and_a_member_that_stays_is_told_first() {
    let setup = MockAndFolder::company();
    let before = member_of(&setup, GRACE);
    let kept = offboard(&setup, &["--keep", "member,seat", "--keep", "group,user", "--format", "jsonl"]);
    assert_exit(&kept, 0);
    let lines = lines(&kept);
    let words: Vec<&str> = lines.iter().filter_map(|line| line["word"].as_str()).collect();
    assert_eq!(words, ["sessions"]);
    assert_eq!(member_of(&setup, GRACE), before);
    let stays = lines.iter().find(|line| line["into"]["kind"] == "member").unwrap();
    assert_eq!(stays["certainty"], "certain");
    let unknown = offboard(&setup, &["--keep", "everything"]);
    assert_exit(&unknown, 2);
    let said = text(&unknown.stderr);
    assert!(said.contains("offboarding failed") && !said.contains("everything"), "{said}");
    assert!(!said.contains("may or may not"), "nothing was written: {said}");
}

#[test]
fn an_account_stands_for_its_address_and_one_that_is_gone_is_told() {
    let setup = MockAndFolder::company();
    let user = format!("user:{}", user_of(&setup, GRACE).unwrap());
    let by_user = setup.command(&["offboard", &user, "--dry-run", "--format", "jsonl"]).output().unwrap();
    let by_address = offboard(&setup, &["--dry-run", "--format", "jsonl"]);
    assert_exit(&by_user, 0);
    assert_eq!(text(&by_user.stdout), text(&by_address.stdout));
    let gone = setup.command(&["offboard", &format!("user:{}", "0a".repeat(16))]).output().unwrap();
    assert_exit(&gone, 1);
    assert!(text(&gone.stderr).contains("name the person by the address"), "{}", written(&gone));
    assert_eq!(puts(&setup), 0);
}

#[test]
fn a_part_that_fails_is_told_and_the_others_go_on() {
    let setup = MockAndFolder::company();
    let message = "Authentication error".to_owned();
    let no = Effect::Status { status: 403, code: 10000, message, headers: vec![] };
    setup.mock.inject(Fault::on("PATCH", "access/seats", no));
    let output = offboard(&setup, &["--format", "jsonl"]);
    assert!(matches!(output.status.code(), Some(3 | 5)), "{}", written(&output));
    let lines = lines(&output);
    let failed: Vec<&str> = lines
        .iter()
        .filter(|line| line["type"] == "error")
        .filter_map(|line| line["word"].as_str())
        .collect();
    assert!(failed.contains(&"seat"), "{failed:?}");
    assert_eq!(member_of(&setup, GRACE), None, "the membership is another permission's");
}

#[test]
fn what_can_not_be_read_is_no_way_out() {
    use host_test::mock::{DEMO_TOKEN, Permission, Token};
    let permissions = Permission::ALL.into_iter().filter(|it| *it != Permission::AppsRead);
    let tokens = vec![Token::new(DEMO_TOKEN).with_permissions(permissions)];
    let setup = MockAndFolder::with(Account::company(), Options { tokens, ..Options::default() });
    let output = offboard(&setup, &[]);
    assert_exit(&output, 6);
    let shown = text(&output.stdout);
    let mut first = shown.lines().skip(1);
    assert!(first.next().unwrap().starts_with("  ? not known: "), "{shown}");
    assert!(text(&output.stderr).contains("isn't wholly known"), "{}", text(&output.stderr));
    assert_eq!(member_of(&setup, GRACE), None, "what can be taken is taken");
}

#[cfg(unix)]
#[test]
fn ctrl_c_says_that_it_may_or_may_not_be_done_and_the_same_command_finishes() {
    use rustix::process::{Pid, Signal, kill_process};
    for dry_run in [false, true] {
        let setup = MockAndFolder::company();
        setup.freeze();
        let more: &[&str] = if dry_run { &["--dry-run"] } else { &[] };
        let process = setup.command(&[&["offboard", GRACE], more].concat()).spawn().unwrap();
        while setup.mock.request_count() == 0 {
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        kill_process(Pid::from_child(&process), Signal::INT).unwrap();
        let interrupted = process.wait_with_output().unwrap();
        assert_exit(&interrupted, 130);
        let said = text(&interrupted.stderr);
        assert_eq!(said.contains("may or may not have been written"), !dry_run, "{said}");
        setup.thaw();
        assert_exit(&offboard(&setup, more), 0);
        assert_eq!(member_of(&setup, GRACE).is_some(), dry_run);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_report_that_can_not_be_written_is_told_in_brief_with_what_remains() {
    let setup = MockAndFolder::company();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = setup.command(&["offboard", GRACE]).stdout(full).output().unwrap();
    assert_exit(&output, 1);
    let said = text(&output.stderr);
    for part in
        ["the report of these changes is lost", " ways in remain\n", "certain: ", "applied: remove user:"]
    {
        assert!(said.contains(part), "{part} is missing from {said}");
    }
    assert_eq!(member_of(&setup, GRACE), None);
}
