//! `held`: everything that one principal holds, for a person and for a program.

use super::setup::MockAndFolder;
use super::{assert_exit, host_test, text};
use host_test::mock::{DEMO_TOKEN, Effect, Fault, Options, Permission, ServiceToken, Token};
use serde_json::Value;
use std::collections::BTreeSet;

fn lines(shown: &str) -> Vec<Value> {
    shown.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn ids(lines: &[Value], kind: &str) -> BTreeSet<String> {
    lines.iter().filter(|line| line["type"] == kind).map(|line| line["id"].to_string()).collect()
}

#[test]
fn a_person_reads_who_holds_what_and_why() {
    let setup = MockAndFolder::company();
    let output = setup.command(&["held", "email:PRIYA.raman@northwind.example"]).output().unwrap();
    assert_exit(&output, 0);
    let shown = text(&output.stdout);
    for part in [
        "Priya Raman\nmember:",
        "Priya Raman\nuser:",
        "What they hold, and why",
        "member, user",
        "Administrator",
        "Platform on-call",
        "Admin console",
        "group “Production access”,",
        "by policy “Production,",
        "“Okta”",
        "and multi-factor login",
        "5 groups, 1 user group, 1 role and 6 applications.",
    ] {
        assert!(shown.contains(part), "{part} is missing from {shown}");
    }
    assert!(!shown.contains("allowed_idps"), "{shown}");
    // A token is a principal, too.
    let token = setup.mock.read(|account| format!("service-token:{}", account.service_tokens[0].id));
    let output = setup.command(&["held", &token, "--ids"]).output().unwrap();
    assert_exit(&output, 0);
    assert!(text(&output.stdout).contains(&token), "{}", text(&output.stdout));
    let expired = setup.mock.read(|account| {
        let is_old = |token: &&ServiceToken| token.name.as_deref() == Some("Old backup job");
        format!("service-token:{}", account.service_tokens.iter().find(is_old).unwrap().id)
    });
    let output = setup.command(&["held", &expired]).output().unwrap();
    let shown = text(&output.stdout);
    assert!(shown.contains("expired: nobody gets in with it") && shown.contains("It holds"), "{shown}");
    let output = setup.command(&["held", "email:nobody@elsewhere.example"]).output().unwrap();
    assert_exit(&output, 0);
    let shown = text(&output.stdout);
    assert!(shown.contains("no account has this address") && shown.contains("App Launcher"), "{shown}");
}

#[test]
fn a_program_reads_the_lines_that_a_sync_has_of_it() {
    let setup = MockAndFolder::company();
    let output = setup.sync(&["--format", "jsonl"]).output().unwrap();
    assert_exit(&output, 0);
    let whole = lines(text(&output.stdout));
    let user = setup.mock.read(|account| account.users[3].id.clone());
    let output = setup.command(&["held", &format!("user:{user}"), "--format", "jsonl"]).output().unwrap();
    assert_exit(&output, 0);
    let held = lines(text(&output.stdout));
    let of_user = |line: &&Value| line["type"] == "grant" && line["principal"]["id"] == user.as_str();
    let theirs: Vec<Value> = whole.iter().filter(of_user).cloned().collect();
    assert!(!theirs.is_empty());
    assert_eq!(ids(&held, "grant"), ids(&theirs, "grant"));
    for line in held.iter().filter(|line| line["type"] == "grant") {
        assert!(theirs.contains(line), "{line}");
    }
    for kind in ["resource", "entitlement"] {
        assert!(ids(&held, kind).is_subset(&ids(&whole, kind)), "{kind}");
    }
}

#[test]
fn its_exits_and_messages() {
    for (arguments, told) in [
        (&["held", "--mock"][..], "KIND:ID"),
        (&["held", "--mock", "ann@corp.example"], "before an address write email:"),
        (&["held", "--mock", "Payroll"], "sync --ids shows the ids"),
        (&["held", "--mock", "group:1"], "service-token, member, user, email"),
        (&["held", "--mock", "robot:1"], "there is no such kind"),
        (&["held", "--mock", "email:ann"], "not one address"),
        (&["held", "--latency-ms", "3", "user:1"], "need --mock"),
        (&["held", "--format", "csv", "user:1"], "jsonl"),
        (&["held", "user:1"], "no credentials"),
    ] {
        let refused = host_test(arguments).output().unwrap();
        assert_exit(&refused, 2);
        assert_eq!(text(&refused.stdout), "");
        assert!(text(&refused.stderr).contains(told), "{arguments:?}: {}", text(&refused.stderr));
    }
    let setup = MockAndFolder::company();
    let missing = setup.command(&["held", "user:00000000-0000-4000-8000-000000000000"]).output().unwrap();
    assert_exit(&missing, 1);
    let told = text(&missing.stderr);
    assert!(told.contains("reading what the principal holds failed"), "{told}");

    let token = Token::new(DEMO_TOKEN).without(Permission::AppsRead);
    let setup =
        MockAndFolder::with(setup.mock.account(), Options { tokens: vec![token], ..Options::default() });
    let denied = setup.command(&["held", "email:priya.raman@northwind.example"]).output().unwrap();
    assert_exit(&denied, 3);
    assert!(text(&denied.stderr).contains("Access: Apps and Policies Read"), "{}", text(&denied.stderr));
    assert_eq!(text(&denied.stdout), "");

    // A gap must not look like a revocation.
    let setup = MockAndFolder::company();
    let gone = Effect::Status { status: 404, code: 7003, message: "gone".to_owned(), headers: Vec::new() };
    setup.mock.inject(Fault::on("GET", "gateway/lists/{id}/items", gone));
    for format in ["table", "jsonl"] {
        let output = setup
            .command(&["held", "email:priya.raman@northwind.example", "--format", format])
            .output()
            .unwrap();
        assert_exit(&output, 6);
    }
}
