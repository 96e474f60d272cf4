//! People who join and leave: invitations, removals, sessions, seats, and lists of steps.

use super::provision::{Cast, cast, entitlement, line, lines, puts};
use super::setup::MockAndFolder;
use super::{assert_exit, host_test, text, written};
use host_test::mock::{Account, Effect, Fault};
use serde_json::{Value, json};
use std::fs;
use std::process::Output;

const NEW: &str = "new.colleague@northwind.example";
pub const GRACE: &str = "grace.whitfield@northwind.example";

fn role(account: &Account, name: &str) -> String {
    account.roles.iter().find(|role| role.name == name).unwrap().id.clone()
}

pub fn user_of(setup: &MockAndFolder, address: &str) -> Option<String> {
    setup.mock.read(|account| {
        let user = account.users.iter().find(|user| user.email.as_deref() == Some(address));
        user.map(|user| user.id.clone())
    })
}

pub fn member_of(setup: &MockAndFolder, address: &str) -> Option<(String, String)> {
    setup.mock.read(|account| {
        let member = account.members.iter().find(|member| member.address() == Some(address));
        member.map(|member| (member.id.clone(), member.status.clone()))
    })
}

fn run(setup: &MockAndFolder, arguments: &[&str], exit: i32) -> Output {
    let output = setup.command(arguments).output().unwrap();
    assert_exit(&output, exit);
    output
}

fn one(setup: &MockAndFolder, arguments: &[&str]) -> Value {
    let output = run(setup, &[arguments, &["--format", "jsonl"]].concat(), 0);
    let mut lines = lines(&output);
    assert_eq!(lines.len(), 1, "{}", written(&output));
    lines.remove(0)
}

#[test]
fn an_invitation_is_made_once_and_says_what_it_created() {
    let setup = MockAndFolder::company();
    let role = setup.mock.read(|account| role(account, "Audit Logs Viewer"));
    let entitlement = format!("role:{role}:assigned");
    let planned = one(&setup, &["invite", NEW, "--role", &role, "--dry-run"]);
    assert_eq!((&planned["step"], &planned["status"]), (&json!("invite"), &json!("planned")));
    assert_eq!((puts(&setup), member_of(&setup, NEW)), (0, None));

    let invited = one(&setup, &["invite", NEW, "--role", &role]);
    let (id, status) = member_of(&setup, NEW).unwrap();
    assert_eq!((&invited["status"], status.as_str()), (&json!("applied"), "pending"));
    assert_eq!(invited["created"], json!([{"kind": "member", "id": id}]));
    assert_eq!(invited["added"][0]["entitlement"], entitlement.as_str());
    // An entitlement's id names the role too.
    let again = one(&setup, &["invite", NEW, "--role", &entitlement]);
    assert_eq!((&again["status"], puts(&setup)), (&json!("unchanged"), 1));

    let shown = run(&setup, &["invite", NEW, "--role", &role], 0);
    assert!(
        text(&shown.stdout).starts_with("Steps\n  = unchanged: invite new.colleague@"),
        "{}",
        written(&shown)
    );
    let removed = one(&setup, &["remove", &format!("member:{id}")]);
    assert_eq!((&removed["status"], member_of(&setup, NEW)), (&json!("applied"), None));
    assert_eq!(removed["removed"], json!([entitlement]));
}

#[test]
fn without_a_mail_only_if_that_is_asked_for() {
    let mut account = Account::company();
    account.lifecycle.logins.insert(NEW.to_owned());
    for (flag, status) in [(&[][..], "pending"), (&["--without-mail"], "accepted")] {
        let setup = MockAndFolder::with(account.clone(), host_test::mock::Options::default());
        let role = setup.mock.read(|account| role(account, "Billing"));
        let arguments = [&["invite", NEW, "--role", &role][..], flag].concat();
        run(&setup, &arguments, 0);
        assert_eq!(member_of(&setup, NEW).unwrap().1, status);
    }
}

#[test]
fn a_name_of_an_earlier_sync_stands_for_an_id() {
    let setup = MockAndFolder::company();
    let names = setup.path("names.jsonl");
    run(&setup, &["sync", "--format", "jsonl", "--output", "names.jsonl"], 0);
    let names = ["--names", names.to_str().unwrap()];
    let invited = run(&setup, &[&["invite", NEW, "--role", "Audit Logs Viewer"][..], &names].concat(), 0);
    let shown = text(&invited.stdout);
    for part in
        ["✓ applied: invite new.colleague@northwind.example with role “Audit Logs Viewer”", "created member:"]
    {
        assert!(shown.contains(part), "{part} is missing from {shown}");
    }
    let freed = run(&setup, &[&["free-seat", "user:Lucas Moreau"][..], &names].concat(), 0);
    assert!(
        text(&freed.stdout).contains("applied: free the seat of user Lucas Moreau"),
        "{}",
        written(&freed)
    );
    let removed = run(&setup, &[&["remove", "user:Lucas Moreau", "--dry-run"][..], &names].concat(), 0);
    assert!(text(&removed.stdout).contains("~ planned: remove user Lucas Moreau"), "{}", written(&removed));
}

#[test]
fn a_user_comes_and_goes() {
    let setup = MockAndFolder::company();
    let added = one(&setup, &["add-user", NEW, "--name", "New Colleague"]);
    let id = user_of(&setup, NEW).unwrap();
    assert_eq!(
        (&added["status"], &added["created"]),
        (&json!("applied"), &json!([{"kind": "user", "id": id}]))
    );
    assert_eq!(one(&setup, &["add-user", NEW])["status"], "unchanged");
    assert_eq!(one(&setup, &["end-sessions", NEW])["status"], "applied");
    let user = format!("user:{id}");
    assert_eq!(one(&setup, &["end-sessions", &user, "--devices"])["status"], "applied");
    assert_eq!(one(&setup, &["free-seat", &user])["status"], "unchanged");
    assert_eq!(one(&setup, &["remove", &user])["status"], "applied");
    setup.mock.change(|account| account.finish_deletions());
    assert_eq!(user_of(&setup, NEW), None);
    assert_eq!(one(&setup, &["remove", &user])["status"], "unchanged");
    assert_eq!(one(&setup, &["end-sessions", NEW])["status"], "unchanged");
}

#[test]
fn a_list_may_have_steps_beside_changes_and_has_one_report_in_its_order() {
    let setup = MockAndFolder::company();
    let Cast { finance, lucas, .. } = cast(&setup);
    let role = setup.mock.read(|account| role(account, "Billing"));
    let step = |step: Value| step.to_string();
    let file = [
        step(json!({"step": "remove", "id": {"kind": "user", "id": lucas}})),
        line("grant", &finance, "email", NEW),
        step(json!({"step": "end-sessions", "id": {"kind": "user", "id": lucas}})),
        step(json!({"step": "invite", "address": NEW, "entitlements": [format!("role:{role}:assigned")]})),
        line("revoke", &finance, "email", "nobody@elsewhere.example"),
    ];
    fs::write(setup.path("list.jsonl"), file.join("\n")).unwrap();
    let told = |output: &Output| -> Vec<String> {
        let told = |line: &Value| {
            let what = line.get("step").unwrap_or(&line["operation"]).as_str().unwrap();
            format!("{what} {}", line["status"].as_str().unwrap())
        };
        lines(output).iter().map(told).collect()
    };
    let planned = run(&setup, &["apply", "--file", "list.jsonl", "--format", "jsonl", "--dry-run"], 0);
    let expected =
        ["remove planned", "grant planned", "end-sessions planned", "invite planned", "revoke unchanged"];
    assert_eq!((told(&planned), puts(&setup)), (expected.map(str::to_owned).to_vec(), 0));
    let done = run(&setup, &["apply", "--file", "list.jsonl", "--format", "jsonl"], 0);
    assert_eq!(told(&done), expected.map(|word| word.replace("planned", "applied")));
    assert!(text(&done.stderr).contains("4 applied, 1 unchanged; "), "{}", text(&done.stderr));
    // The changes are made first, people come in before anybody goes, and sessions end before the user does.
    let wrote: Vec<String> = setup
        .mock
        .requests()
        .iter()
        .filter(|request| request.method != "GET")
        .map(|request| format!("{} {}", request.method, request.path))
        .collect();
    let places: Vec<usize> = [
        ("PUT", "/access/groups/"),
        ("POST", "/members"),
        ("POST", "/revoke_user"),
        ("DELETE", "/access/users/"),
    ]
    .iter()
    .map(|(method, part)| {
        let is_it = |route: &String| route.starts_with(method) && route.contains(part);
        wrote.iter().position(is_it).unwrap_or_else(|| panic!("{part}: {wrote:?}"))
    })
    .collect();
    assert!(places.is_sorted() && wrote.len() == 4, "{wrote:?}");
    let shown = run(&setup, &["apply", "--file", "list.jsonl", "--dry-run"], 0);
    assert!(text(&shown.stdout).starts_with("Changes and steps, as they would be: "), "{}", written(&shown));
}

#[test]
fn the_exit_code_of_a_step_is_that_of_a_change() {
    let setup = MockAndFolder::company();
    let members = setup.mock.read(|account| {
        let is_super = |role: &String| role == host_test::mock::SUPER_ADMINISTRATOR;
        let supers = account.members.iter().filter(|member| member.roles.iter().any(is_super));
        supers.map(|member| format!("member:{}", member.id)).collect::<Vec<_>>()
    });
    assert!(!members.is_empty());
    let all: Vec<&str> = members.iter().map(String::as_str).collect();
    let refused = setup.command(&[&["remove", "--format", "jsonl"][..], &all].concat()).output().unwrap();
    assert_exit(&refused, 5);
    let last = lines(&refused);
    assert!(last.iter().any(|line| line["kind"] == "refused"), "{}", written(&refused));
    assert!(setup.mock.read(|account| !account.members.is_empty()));
    let wrong =
        setup.command(&["end-sessions", GRACE]).env("CLOUDFLARE_API_TOKEN", "wrong").output().unwrap();
    assert_exit(&wrong, 3);
    let (message, headers) = ("Slow down.".to_owned(), vec![("retry-after".to_owned(), "120".to_owned())]);
    setup.mock.inject(Fault::always(Effect::Status { status: 429, code: 971, message, headers }));
    run(&setup, &["end-sessions", GRACE, "--max-wait-seconds", "0"], 4);
}

#[test]
fn what_can_not_be_asked_is_a_usage_error() {
    for (arguments, told) in [
        (&["invite", NEW, "--mock"][..], "--role"),
        (&["invite", "--mock", "--role", "r1"], "<ADDRESS>"),
        (&["invite", "ann", "--mock", "--role", "r1"], "it is no address"),
        (&["invite", NEW, "--mock", "--role", "group:g:member"], "not the id of a role"),
        (&["add-user", "--mock"], "<ADDRESS>"),
        (&["remove", "--mock"], "KIND:ID"),
        (&["remove", "--mock", "ann@corp.example"], "KIND:ID"),
        (&["remove", "--mock", "group:1"], "it takes user:… or member:…"),
        (&["free-seat", "--mock", "member:1"], "it takes user:…"),
        (&["end-sessions", "--mock", "group:1"], "neither an address nor an account"),
        (&["end-sessions", "--mock", "ann"], "KIND:ID"),
        (&["free-seat", "--users", "3", "user:1"], "need --mock"),
        (&["offboard", "--mock"], "ADDRESS|KIND:ID"),
        (&["offboard", "--mock", "ann"], "KIND:ID"),
        (&["offboard", "ann@corp.example"], "no credentials"),
        (&["remove", "user:1", "--format", "jsonl", "--names", "x.jsonl"], "--names is for --format table"),
    ] {
        let refused = host_test(arguments).output().unwrap();
        assert_exit(&refused, 2);
        assert_eq!(text(&refused.stdout), "");
        assert!(text(&refused.stderr).contains(told), "{arguments:?}: {}", written(&refused));
    }
}

#[test]
fn a_refusal_says_which_flag_allows_it() {
    let setup = MockAndFolder::company();
    let (id, _) = member_of(&setup, GRACE).unwrap();
    let member = format!("member:{id}");
    let as_grace = |arguments: &[&str]| {
        let mut command = setup.command(arguments);
        command
            .env_remove("CLOUDFLARE_API_TOKEN")
            .env("CLOUDFLARE_EMAIL", GRACE)
            .env("CLOUDFLARE_API_KEY", host_test::mock::DEMO_KEY);
        command.output().unwrap()
    };
    setup.mock.configure(|options| options.keys[0].email = GRACE.to_owned());
    let refused = as_grace(&["remove", &member]);
    assert_exit(&refused, 5);
    let shown = text(&refused.stdout);
    assert!(shown.contains("owns the credentials") && shown.contains("--allow-own allows it."), "{shown}");
    assert!(member_of(&setup, GRACE).is_some());
    let removed = as_grace(&["remove", &member, "--allow-own"]);
    assert_exit(&removed, 0);
    assert_eq!(member_of(&setup, GRACE), None);
}

#[test]
fn entitlements_of_groups_are_none_for_an_invitation() {
    let setup = MockAndFolder::company();
    let Cast { finance, .. } = cast(&setup);
    let step = json!({"step": "invite", "address": NEW, "entitlements": [entitlement(&finance)]});
    fs::write(setup.path("list.jsonl"), step.to_string()).unwrap();
    let refused = run(&setup, &["apply", "--file", "list.jsonl", "--format", "jsonl"], 2);
    assert_eq!(lines(&refused)[0]["kind"], "invalid-argument");
    assert_eq!(puts(&setup), 0);
}
