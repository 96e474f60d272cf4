//! Commands that act on people: by ids and names, by the address of a name, and the words of their outcomes.

use super::lifecycle::{GRACE, user_of};
use super::provision::{lines, puts};
use super::setup::MockAndFolder;
use super::{assert_exit, text, written};
use host_test::mock::{AccessPolicy, Account, Application, DEMO_TOKEN, Options, Permission, Token};
use serde_json::json;
use std::fs;
use std::process::Output;

const NAMES: &str = "names.jsonl";
const NEW: &str = "new.colleague@northwind.example";

fn run(setup: &MockAndFolder, arguments: &[&str], exit: i32) -> Output {
    let output = setup.command(arguments).output().unwrap();
    assert_exit(&output, exit);
    output
}

/// Makes a company, and the file of a sync of it.
fn synced() -> MockAndFolder {
    let setup = MockAndFolder::company();
    assert_exit(&setup.sync(&["--format", "jsonl", "--output", NAMES]).output().unwrap(), 0);
    setup.mock.forget_requests();
    setup
}

/// A text with one space in the place of each line break.
fn in_a_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn role(setup: &MockAndFolder, name: &str) -> String {
    setup.mock.read(|account| account.roles.iter().find(|role| role.name == name).unwrap().id.clone())
}

#[test]
fn a_name_without_the_file_of_names_is_never_sent_as_an_id() {
    let setup = MockAndFolder::company();
    for (arguments, kind) in [
        (&["offboard", "user:Priya"][..], "user"),
        (&["offboard", "member:typo", "--dry-run"], "member"),
        (&["end-sessions", GRACE, "user:xyz"], "user"),
        (&["free-seat", "user:xyz"], "user"),
        (&["remove", "member:typo"], "member"),
        (&["remove", "user:abcdef0123456789"], "user"),
        (&["invite", NEW, "--role", "Billing"], "role"),
        (&["invite", NEW, "--role", "role:Billing:assigned", "--dry-run"], "role"),
    ] {
        let refused = run(&setup, arguments, 2);
        let said = text(&refused.stderr);
        let told =
            format!("t is not the id of a {kind}: that has 32 hexadecimal digits, some with - in between.");
        assert!(said.contains(&told) && said.contains("With --names and the file of a sync, a"), "{said}");
        assert_eq!(text(&refused.stdout), "");
    }
    assert_eq!(setup.mock.request_count(), 0);
    // Reads take any text: an id that isn't there is told as such.
    run(&setup, &["held", "user:abc"], 1);
}

#[test]
fn a_line_with_a_name_for_an_id_fails_and_the_others_are_done() {
    let setup = MockAndFolder::company();
    let line = |value: serde_json::Value| value.to_string();
    let wrong = [
        line(json!({"step": "remove", "id": {"kind": "user", "id": "Priya"}})),
        line(json!({"step": "invite", "address": NEW, "entitlements": ["role:Billing:assigned"]})),
    ];
    let right = line(json!({"step": "add-user", "address": NEW}));
    for (list, kinds, exit) in [
        (vec![&wrong[0], &right, &wrong[1]], vec!["invalid-argument", "", "invalid-argument"], 5),
        (vec![&wrong[0], &wrong[1]], vec!["invalid-argument"; 2], 2),
    ] {
        let list: Vec<&str> = list.into_iter().map(String::as_str).collect();
        fs::write(setup.path("list.jsonl"), list.join("\n")).unwrap();
        for more in [&["--dry-run"][..], &[]] {
            setup.mock.forget_requests();
            let arguments = [&["apply", "--file", "list.jsonl", "--format", "jsonl"], more].concat();
            let output = run(&setup, &arguments, exit);
            let told = lines(&output);
            let told: Vec<&str> = told.iter().map(|line| line["kind"].as_str().unwrap_or_default()).collect();
            assert_eq!(told, kinds, "{}", written(&output));
            assert_eq!(setup.mock.request_count() == 0, exit == 2, "{}", written(&output));
        }
    }
    let shown = run(&setup, &["apply", "--file", "list.jsonl"], 2);
    let shown = text(&shown.stdout);
    assert!(
        shown.contains("✗ invalid-argument: remove user:Priya\n      It is not the id of a user: "),
        "{shown}"
    );
    assert!(user_of(&setup, NEW).is_some());
}

#[test]
fn a_name_offboards_again_after_its_account_is_gone() {
    let setup = synced();
    let by_name = ["offboard", "user:Grace Whitfield", "--names", NAMES];
    run(&setup, &by_name, 0);
    setup.mock.change(|account| account.finish_deletions());
    assert_eq!(user_of(&setup, GRACE), None);
    let again = run(&setup, &by_name, 0);
    assert!(text(&again.stdout).contains(&format!("What still lets {GRACE} in")), "{}", written(&again));
}

#[test]
fn what_can_be_kept_is_told_by_names_and_ids() {
    let setup = synced();
    let near = run(&setup, &["offboard", GRACE, "--keep", "group:Finance Team", "--names", NAMES], 2);
    assert!(text(&near.stderr).contains("Near to it: “Finance”."), "{}", written(&near));
    let other = run(&setup, &["offboard", GRACE, "--keep", "group:Engineering", "--names", NAMES], 2);
    let said = in_a_line(text(&other.stderr));
    for part in [
        "One of the words for what stays names nothing that this offboarding takes away. Its parts are: ",
        "group “Finance” (group:",
        "user “Grace Whitfield” (user:",
    ] {
        assert!(said.contains(part), "{part} is missing from {said}");
    }
    assert_eq!(puts(&setup), 0);
}

#[test]
fn an_invitation_names_its_roles_and_what_to_leave_out() {
    let setup = MockAndFolder::company();
    let viewer = role(&setup, "Audit Logs Viewer");
    let billing = role(&setup, "Billing");
    let planned = run(&setup, &["invite", NEW, "--role", &viewer, "--role", &billing, "--dry-run"], 0);
    let shown = in_a_line(text(&planned.stdout));
    let both = ["\"Audit Logs Viewer\"", "\"Billing\""];
    assert!(shown.contains(&format!("Would invite {NEW} as a member with ")), "{shown}");
    assert!(both.iter().all(|name| shown.contains(name)), "{shown}");
    let refused = run(&setup, &["invite", NEW, "--role", &viewer, "--without-mail"], 5);
    let shown = in_a_line(text(&refused.stdout));
    assert!(
        shown.contains("If it is for --without-mail, leave that out: then they are invited with a mail.")
    );
    let done = run(&setup, &["invite", NEW, "--role", &viewer], 0);
    let shown = in_a_line(text(&done.stdout));
    let told = format!("Invited {NEW} as a member with \"Audit Logs Viewer\". What the invitation gives");
    assert!(shown.contains(&told), "{shown}");
    let nothing = json!({"step": "invite", "address": "other@northwind.example", "entitlements": []});
    fs::write(setup.path("list.jsonl"), nothing.to_string()).unwrap();
    let refused = run(&setup, &["apply", "--file", "list.jsonl"], 2);
    let shown = text(&refused.stdout);
    assert!(shown.contains("invite other@northwind.example with no role\n"), "{shown}");
}

#[test]
fn a_user_who_is_there_keeps_the_name() {
    let setup = MockAndFolder::company();
    for (name, is_told) in [(Some("Gracie"), true), (Some("Grace Whitfield"), false), (None, false)] {
        let name: Vec<&str> = name.map(|name| vec!["--name", name]).unwrap_or_default();
        let output = run(&setup, &[&["add-user", GRACE][..], &name].concat(), 0);
        let shown = in_a_line(text(&output.stdout));
        assert!(shown.contains("= unchanged: add the user"), "{shown}");
        assert_eq!(shown.contains("The user keeps the name \"Grace Whitfield\"."), is_told, "{shown}");
    }
}

#[test]
fn a_policy_that_names_the_address_says_that_it_is_spelled_right() {
    let guest = "guest@elsewhere.example";
    let mut account = Account::company();
    let named = AccessPolicy::new("A guest", "allow", vec![json!({"email": {"email": guest}})]);
    account.applications.push(Application::new("Guest book", "self_hosted").with_own(named, 1));
    let setup = MockAndFolder::with(account, Options::default());
    let shown = run(&setup, &["offboard", guest], 0);
    let shown = in_a_line(text(&shown.stdout));
    let told = format!(
        "Nothing is left that can be taken from {guest} here: no Access user, no member or invitation, and \
         no rule of a group. A list or a policy still names the address: see below."
    );
    assert!(shown.starts_with(&told) && !shown.contains("misspelled"), "{shown}");
}

#[test]
fn ways_that_are_not_known_are_not_counted_as_ways_in() {
    let permissions = Permission::ALL.into_iter().filter(|it| *it != Permission::AppsRead);
    let tokens = vec![Token::new(DEMO_TOKEN).with_permissions(permissions)];
    let setup = MockAndFolder::with(Account::company(), Options { tokens, ..Options::default() });
    let output = run(&setup, &["offboard", GRACE, "--dry-run"], 6);
    let summary = text(&output.stderr);
    assert!(
        summary.contains("at least ") && summary.contains(" would remain; ")
            || summary.contains("it isn't known whether a way in remains; "),
        "{summary}"
    );
    let shown = text(&output.stdout);
    assert!(shown.contains(" (not all are known)\n"), "{shown}");
    let known = run(&MockAndFolder::company(), &["offboard", GRACE, "--dry-run"], 0);
    assert!(!text(&known.stderr).contains("at least"), "{}", text(&known.stderr));
    assert!(!text(&known.stdout).contains("not all are known"), "{}", text(&known.stdout));
}
