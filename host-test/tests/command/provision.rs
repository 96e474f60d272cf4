//! Granting and revoking.

use super::setup::MockAndFolder;
use super::{assert_exit, host_test, text, written};
use host_test::mock::{DEMO_TOKEN, Effect, Fault, Permission, Token};
use serde_json::{Value, json};
use std::fs;
use std::io::Write;
use std::process::{Output, Stdio};

const GRANT: &str = concat!(
    r#"{"operation":"grant","entitlement":"group:f3b9c7de-8f0a-4a27-9c7e-2a5b6f0e1d11:member","#,
    r#""principal":{"kind":"email","id":"ann@corp.example"}}"#,
);

#[test]
fn a_file_with_a_bad_line_is_refused_before_anything_is_sent() {
    let setup = MockAndFolder::company();
    let bad = r#"{"operation":"grant","entitlement":"e","principle":{"kind":"user","id":"1"}}"#;
    fs::write(setup.path("changes.jsonl"), format!("{GRANT}\n\n{bad}\n")).unwrap();
    for arguments in
        [&["apply", "--file", "changes.jsonl"][..], &["apply", "-f", "changes.jsonl", "--dry-run"]]
    {
        let refused = setup.command(arguments).output().unwrap();
        assert_exit(&refused, 2);
        assert_eq!(text(&refused.stdout), "");
        let said = text(&refused.stderr);
        for part in ["changes.jsonl, line 3: ", "an unknown field, expected one of", "Nothing was sent."] {
            assert!(said.contains(part), "{part} is missing from {said}");
        }
    }
    let missing = setup.command(&["apply", "--file", "nowhere.jsonl"]).output().unwrap();
    assert_exit(&missing, 2);
    assert!(text(&missing.stderr).contains("nowhere.jsonl: it can't be read"), "{}", text(&missing.stderr));
    assert_eq!(setup.mock.request_count(), 0);
}

#[test]
fn a_line_of_standard_input_is_told_by_its_number_too() {
    let setup = MockAndFolder::company();
    let mut process = setup.command(&["apply", "--file", "-"]).stdin(Stdio::piped()).spawn().unwrap();
    process.stdin.take().unwrap().write_all(format!("{GRANT}\nnope\n").as_bytes()).unwrap();
    let refused = process.wait_with_output().unwrap();
    assert_exit(&refused, 2);
    assert!(text(&refused.stderr).contains("standard input, line 2: "), "{}", text(&refused.stderr));
    assert_eq!(setup.mock.request_count(), 0);
}

#[test]
fn what_can_not_be_asked_is_a_usage_error() {
    for (arguments, told) in [
        (&["grant", "--mock", "--entitlement", "group:g:member"][..], "--principal"),
        (&["grant", "--mock", "--principal", "user:1"], "--entitlement"),
        (
            &["revoke", "--mock", "--entitlement", "group:e:member", "--principal", "ann@corp.example"],
            "KIND:ID",
        ),
        (
            &["revoke", "--users", "3", "--entitlement", "group:e:member", "--principal", "user:1"],
            "need --mock",
        ),
        (&["apply", "--mock"], "--file"),
        (&["apply", "--file", "-", "--api-token-file", "-"], "both the changes and a secret"),
        (&["apply", "--seed", "3", "--file", "/nowhere/at/all"], "need --mock"),
        (&["get", "--mock"], "KIND:ID"),
        (&["get", "--mock", "group"], "KIND:ID"),
        (&["get", "--latency-ms", "3", "group:1"], "need --mock"),
        (&["get", "--format", "csv", "group:1"], "jsonl"),
        (&["grant", "--entitlement", "group:e:member", "--principal", "user:1"], "no credentials"),
    ] {
        let refused = host_test(arguments).output().unwrap();
        assert_exit(&refused, 2);
        assert_eq!(text(&refused.stdout), "");
        assert!(text(&refused.stderr).contains(told), "{arguments:?}: {}", written(&refused));
    }
}

#[test]
fn help_tells_what_a_dry_run_lets_out() {
    let steps = ["invite", "add-user", "end-sessions", "free-seat", "remove", "offboard"];
    for command in ["grant", "revoke", "apply"].into_iter().chain(steps) {
        let help = host_test(&[command, "--help"]).output().unwrap();
        let help: Vec<&str> = text(&help.stdout).split_whitespace().collect();
        assert!(help.join(" ").contains("the host lets nothing but GETs out"), "{command}");
    }
}

/// The company's Finance group, whose rules name addresses; the group of all staff, which names a
/// domain; and a person who is only in the latter.
pub struct Cast {
    pub finance: String,
    pub staff: String,
    pub lucas: String,
}

pub fn cast(setup: &MockAndFolder) -> Cast {
    setup.mock.read(|account| {
        let group = |name: &str| account.groups.iter().find(|group| group.name == name).unwrap().id.clone();
        let lucas = account.users.iter().find(|user| user.name.as_deref() == Some("Lucas Moreau")).unwrap();
        Cast { finance: group("Finance"), staff: group("All staff"), lucas: lucas.id.clone() }
    })
}

pub fn entitlement(group: &str) -> String {
    format!("group:{group}:member")
}

pub fn line(operation: &str, group: &str, kind: &str, id: &str) -> String {
    let principal = json!({ "kind": kind, "id": id });
    json!({ "operation": operation, "entitlement": entitlement(group), "principal": principal }).to_string()
}

pub fn lines(output: &Output) -> Vec<Value> {
    text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

pub fn puts(setup: &MockAndFolder) -> u64 {
    let routes = setup.mock.requests_by_route();
    routes.iter().filter(|(route, _)| !route.starts_with("GET ")).map(|(_, count)| count).sum()
}

pub fn rules(setup: &MockAndFolder, group: &str) -> String {
    setup.mock.read(|account| {
        let group = account.groups.iter().find(|known| known.id == group).unwrap();
        json!([group.include, group.exclude, group.require]).to_string()
    })
}

#[test]
fn a_grant_and_a_revoke_do_what_they_say() {
    let setup = MockAndFolder::company();
    let Cast { finance, lucas, .. } = cast(&setup);
    let before = rules(&setup, &finance);
    let (entitlement, principal) = (entitlement(&finance), format!("user:{lucas}"));
    let run = |command: &str| {
        let arguments =
            [command, "--entitlement", &entitlement, "--principal", &principal, "--format", "jsonl"];
        let output = setup.command(&arguments).output().unwrap();
        assert_exit(&output, 0);
        let mut lines = lines(&output);
        assert_eq!(lines.len(), 1);
        let line = lines.remove(0);
        assert_eq!((&line["type"], &line["operation"]), (&json!("outcome"), &json!(command)));
        assert_eq!(line["entitlement"], entitlement.as_str());
        assert_eq!(line["principal"], json!({ "kind": "user", "id": lucas }));
        assert!(line["detail"].is_string(), "{line}");
        line
    };
    let granted = run("grant");
    assert_eq!(granted["status"], "applied");
    let added = &granted["added"][0];
    assert_eq!(added["id"], format!("{entitlement}:user:{lucas}"));
    assert_eq!((&added["type"], &added["revocable"]), (&json!("grant"), &json!(true)));
    assert!(rules(&setup, &finance).contains("lucas.moreau@northwind.example"));
    assert_eq!(puts(&setup), 1);

    assert_eq!(run("grant")["status"], "unchanged");
    assert_eq!(puts(&setup), 1);

    let revoked = run("revoke");
    assert_eq!((&revoked["status"], &revoked["removed"][0]), (&json!("applied"), &json!(entitlement)));
    // The group lets its members into applications.
    let others = revoked["removed"].as_array().unwrap().iter().skip(1);
    assert!(others.clone().count() > 0, "{revoked}");
    assert!(others.clone().all(|id| id.as_str().unwrap().starts_with("app:")), "{revoked}");
    assert_eq!(rules(&setup, &finance), before);
    assert_eq!(run("revoke")["status"], "unchanged");
    assert_eq!(puts(&setup), 2);
}

#[test]
fn a_gain_elsewhere_is_refused_unless_it_is_allowed() {
    let setup = MockAndFolder::company();
    let group = |name: &str| {
        setup.mock.read(|account| account.groups.iter().find(|group| group.name == name).unwrap().id.clone())
    };
    // The group of all staff excludes those who have left.
    let (left, staff) = (entitlement(&group("Leavers")), entitlement(&group("All staff")));
    let revoke = |more: &[&str], exit: i32| {
        let arguments =
            ["revoke", "--entitlement", &left, "--principal", "email:oscar.lund@northwind.example"];
        let output =
            setup.command(&[&arguments[..], &["--format", "jsonl"], more].concat()).output().unwrap();
        assert_exit(&output, exit);
        lines(&output).remove(0)
    };
    let refused = revoke(&[], 5);
    assert_eq!(refused["kind"], "refused");
    assert!(refused["message"].as_str().unwrap().contains(&staff), "{refused}");
    assert_eq!(puts(&setup), 0);
    let applied = revoke(&["--allow-gains"], 0);
    assert_eq!((&applied["status"], &applied["removed"]), (&json!("applied"), &json!([left])));
    // They are a user and an account member.
    let added = applied["added"].as_array().unwrap();
    let (of_staff, others): (Vec<&Value>, Vec<&Value>) =
        added.iter().partition(|grant| grant["entitlement"] == staff.as_str());
    let kinds: Vec<&Value> = of_staff.iter().map(|grant| &grant["principal"]["kind"]).collect();
    assert_eq!(kinds, ["user", "member"]);
    // The group of all staff lets its members into applications.
    let is_on_app = |grant: &&Value| grant["entitlement"].as_str().unwrap().starts_with("app:");
    assert!(!others.is_empty() && others.iter().all(is_on_app), "{applied}");
    assert_eq!(puts(&setup), 1);
}

#[test]
fn a_report_for_people_has_a_diff_and_standard_error_a_summary() {
    let setup = MockAndFolder::company();
    let Cast { finance, lucas, .. } = cast(&setup);
    let (entitlement, principal) = (entitlement(&finance), format!("user:{lucas}"));
    let grant =
        setup.command(&["grant", "--entitlement", &entitlement, "--principal", &principal]).output().unwrap();
    assert_exit(&grant, 0);
    let report = text(&grant.stdout);
    let rule = r#"    + {"email":{"email":"lucas.moreau@northwind.example"}}"#;
    for part in ["✓ applied: grant ", "gained ", "group “Finance” (", "    include\n", "unchanged", rule]
    {
        assert!(report.contains(part), "{part} is missing from {report}");
    }
    assert!(!report.contains('\x1b'), "a pipe gets no colour");
    let summary = text(&grant.stderr);
    assert!(summary.starts_with("1 applied; ") && summary.contains(" requests"), "{summary}");
}

#[test]
fn a_batch_tells_each_change_in_order_and_that_some_were_refused() {
    let setup = MockAndFolder::company();
    let Cast { finance, staff, lucas } = cast(&setup);
    let file = [
        line("grant", &finance, "user", &lucas),
        String::new(),
        // The domain still names them.
        line("revoke", &staff, "user", &lucas),
        line("grant", &finance, "email", "new+hire@corp.example"),
        line("revoke", &finance, "user", "00000000-0000-0000-0000-000000000000"),
    ];
    fs::write(setup.path("changes.jsonl"), file.join("\n")).unwrap();
    let output = setup.command(&["apply", "--file", "changes.jsonl", "--format", "jsonl"]).output().unwrap();
    assert_exit(&output, 5);
    let told: Vec<String> = lines(&output)
        .iter()
        .map(|line| {
            let what = line["status"].as_str().or(line["kind"].as_str()).unwrap();
            format!("{} {} {}", line["type"].as_str().unwrap(), line["operation"].as_str().unwrap(), what)
        })
        .collect();
    assert_eq!(
        told,
        ["outcome grant applied", "error revoke refused", "outcome grant applied", "error revoke not-found"]
    );
    assert_eq!(puts(&setup), 1, "one write for one group");
}

#[test]
fn nothing_but_a_change_lets_anything_but_gets_out() {
    let setup = MockAndFolder::company();
    let Cast { finance, staff, lucas } = cast(&setup);
    let before = setup.mock.account();
    let (entitlement, principal, group) =
        (entitlement(&finance), format!("user:{lucas}"), format!("group:{finance}"));
    let change = ["--entitlement", &entitlement, "--principal", &principal, "--dry-run", "--allow-gains"];
    let file = [line("grant", &finance, "user", &lucas), line("revoke", &staff, "user", &lucas)];
    fs::write(setup.path("changes.jsonl"), file.join("\n")).unwrap();
    for (arguments, exit) in [
        (&["sync"][..], 0),
        (&["validate"], 0),
        (&["describe"], 0),
        (&["get", &group], 0),
        (&["get", &principal, "--format", "jsonl"], 0),
        (&[&["grant"], &change[..]].concat(), 0),
        (&[&["revoke"], &change[..]].concat(), 0),
        (&["apply", "--file", "changes.jsonl", "--dry-run"], 5),
    ] {
        let output = setup.command(arguments).output().unwrap();
        assert_exit(&output, exit);
        assert_eq!(puts(&setup), 0, "{arguments:?}");
    }
    assert_eq!(setup.mock.account(), before);
    assert!(setup.mock.request_count() > 10);
}

#[test]
fn a_dry_run_shows_what_would_be_written() {
    let setup = MockAndFolder::company();
    let Cast { finance, lucas, .. } = cast(&setup);
    let (entitlement, principal) = (entitlement(&finance), format!("user:{lucas}"));
    let planned = setup
        .command(&["grant", "--entitlement", &entitlement, "--principal", &principal, "--dry-run"])
        .output()
        .unwrap();
    assert_exit(&planned, 0);
    for part in ["nothing is written", "~ planned", "gained", "+ {\"email\":"] {
        assert!(text(&planned.stdout).contains(part), "{part} is missing from {}", written(&planned));
    }
}

#[test]
fn credentials_and_the_limit_have_their_own_exit_codes() {
    let setup = MockAndFolder::company();
    let Cast { finance, lucas, .. } = cast(&setup);
    let file = [line("grant", &finance, "user", &lucas), line("grant", &finance, "email", "a@b.example")];
    fs::write(setup.path("changes.jsonl"), file.join("\n")).unwrap();
    let apply = ["apply", "--file", "changes.jsonl", "--format", "jsonl", "--max-wait-seconds", "0"];
    let all = |output: &Output, kind: &str| {
        let lines = lines(output);
        assert_eq!(lines.len(), 2, "{}", written(output));
        assert!(lines.iter().all(|line| line["kind"] == kind), "{}", written(output));
    };

    let unknown = setup.command(&apply).env("CLOUDFLARE_API_TOKEN", "wrong").output().unwrap();
    assert_exit(&unknown, 3);
    all(&unknown, "unauthenticated");

    setup.mock.configure(|options| {
        let reads =
            Permission::ALL.into_iter().filter(|permission| *permission != Permission::AccessGroupsEdit);
        options.tokens = vec![Token::new(DEMO_TOKEN).with_permissions(reads)];
    });
    let read_only = setup.command(&apply).output().unwrap();
    assert_exit(&read_only, 3);
    all(&read_only, "permission-denied");

    setup.mock.configure(|options| options.tokens = vec![Token::new(DEMO_TOKEN)]);
    let (message, headers) = ("Slow down.".to_owned(), vec![("retry-after".to_owned(), "120".to_owned())]);
    setup.mock.inject(Fault::always(Effect::Status { status: 429, code: 971, message, headers }));
    let limited = setup.command(&apply).output().unwrap();
    assert_exit(&limited, 4);
    all(&limited, "rate-limited");
}

#[cfg(unix)]
#[test]
fn ctrl_c_says_that_it_may_or_may_not_have_been_written() {
    use rustix::process::{Pid, Signal, kill_process};
    for dry_run in [false, true] {
        let setup = MockAndFolder::company();
        let Cast { finance, lucas, .. } = cast(&setup);
        setup.freeze();
        let (entitlement, principal) = (entitlement(&finance), format!("user:{lucas}"));
        let arguments = ["grant", "--entitlement", &entitlement, "--principal", &principal, "--dry-run"];
        let process = setup.command(&arguments[..if dry_run { 6 } else { 5 }]).spawn().unwrap();
        while setup.mock.request_count() == 0 {
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        kill_process(Pid::from_child(&process), Signal::INT).unwrap();
        let interrupted = process.wait_with_output().unwrap();
        assert_exit(&interrupted, 130);
        let said = text(&interrupted.stderr);
        assert!(said.contains("error: interrupted"), "{said}");
        assert_eq!(
            said.contains("may or may not have been written: run the same command again"),
            !dry_run,
            "{said}"
        );
    }
}

#[test]
fn get_shows_a_resource_and_who_holds_it() {
    let setup = MockAndFolder::company();
    let Cast { finance, lucas, .. } = cast(&setup);
    let shown = setup.command(&["get", &format!("group:{finance}")]).output().unwrap();
    assert_exit(&shown, 0);
    for part in
        ["Finance", "What can be held on it", "Member of Finance", "Who holds what, and why", "include"]
    {
        assert!(text(&shown.stdout).contains(part), "{part} is missing from {}", written(&shown));
    }

    let jsonl = |id: &str| {
        let output = setup.command(&["get", id, "--format", "jsonl"]).output().unwrap();
        assert_exit(&output, 0);
        lines(&output)
    };
    let synced = lines(&setup.sync(&["--format", "jsonl"]).output().unwrap());
    let of_group = entitlement(&finance);
    let expected: Vec<&Value> =
        synced.iter().filter(|line| line["entitlement"] == of_group.as_str()).collect();
    let group = jsonl(&format!("group:{finance}"));
    let grants: Vec<&Value> = group.iter().filter(|line| line["type"] == "grant").collect();
    assert!(
        !grants.is_empty()
            && grants.len() == expected.len()
            && expected.iter().all(|grant| grants.contains(grant))
    );
    assert!(group.iter().any(|line| line["type"] == "resource" && line["id"]["id"] == finance.as_str()));
    assert!(jsonl(&format!("user:{lucas}")).iter().any(|line| line["display_name"] == "Lucas Moreau"));

    let missing = setup.command(&["get", "group:00000000-0000-0000-0000-000000000000"]).output().unwrap();
    assert_exit(&missing, 1);
    assert_eq!(text(&missing.stdout), "");
}
