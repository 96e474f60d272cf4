//! Names, ids and addresses with a mistake in them: nothing is asked, and the message says what was meant, or
//! what the command takes.

use super::lifecycle::GRACE;
use super::provision::{lines, puts};
use super::setup::MockAndFolder;
use super::{assert_exit, host_test, text, written};
use serde_json::json;
use std::fs;
use std::process::Output;

const NAMES: &str = "names.jsonl";
const NEW: &str = "new.colleague@northwind.example";

/// Makes a company, and the file of a sync of it.
fn synced() -> MockAndFolder {
    let setup = MockAndFolder::company();
    assert_exit(&setup.sync(&["--format", "jsonl", "--output", NAMES]).output().unwrap(), 0);
    setup.mock.forget_requests();
    setup
}

fn with_names(setup: &MockAndFolder, arguments: &[&str]) -> Output {
    setup.command(&[arguments, &["--names", NAMES]].concat()).output().unwrap()
}

#[test]
fn a_name_that_the_file_does_not_have_is_told_with_those_near_to_it() {
    let setup = synced();
    for (arguments, told) in [
        (&["get", "app:Payrol"][..], "Near to it: “Payroll”."),
        (&["held", "user:Grace"], "Near to it: “Grace Whitfield”"),
        (&["offboard", "user:Grace Whitfeld"], "Near to it: “Grace Whitfield”."),
        (&["offboard", GRACE, "--keep", "user,group:Finanze"], "Near to it: “Finance”."),
        (
            &["end-sessions", GRACE, "user:Grace Whitfeld"],
            "Number 2 of those: --names: nothing of the kind user",
        ),
        (&["free-seat", "user:hunter2"], "The file has 32 names of this kind."),
        (&["remove", "member:Grace Whitfeld"], "Near to it: “Grace Whitfield”."),
        (&["invite", NEW, "--role", "Administrato"], "Near to it: “Administrator”"),
        (&["invite", NEW, "--role", "scoped-role:hunter2"], "names of this kind."),
    ] {
        let refused = with_names(&setup, arguments);
        assert_exit(&refused, 2);
        let said = text(&refused.stderr);
        assert!(
            said.contains("--names: nothing of the kind") && said.contains(told),
            "{arguments:?}: {said}"
        );
        assert!(!written(&refused).contains("hunter2"), "{said}");
        assert_eq!(text(&refused.stdout), "");
    }
    assert_eq!(setup.mock.request_count(), 0);
}

#[test]
fn what_the_file_has_is_found_and_an_id_that_it_does_not_have_is_asked_for() {
    let setup = synced();
    let finance = setup
        .mock
        .read(|account| account.groups.iter().find(|group| group.name == "Finance").unwrap().id.clone());
    let kept =
        with_names(&setup, &["offboard", "user:grace whitfield", "--keep", "group:FINANCE", "--dry-run"]);
    assert_exit(&kept, 0);
    let shown = text(&kept.stdout);
    assert!(shown.starts_with(&format!("What still lets {GRACE} in")), "{shown}");
    assert!(
        !shown.contains("revoke group “Finance”") && shown.contains("remove user Grace Whitfield"),
        "{shown}"
    );
    let id = format!("group:{finance}");
    let by_id =
        setup.command(&["offboard", GRACE, "--keep", &id, "--dry-run", "--names", NAMES]).output().unwrap();
    assert_eq!(text(&by_id.stdout), shown);
    // It may be newer than the file.
    let asked = with_names(&setup, &["get", "group:00000000-0000-4000-8000-000000000000"]);
    assert_exit(&asked, 1);
    assert!(text(&asked.stderr).contains("reading the resource failed"), "{}", written(&asked));
}

#[test]
fn a_form_that_is_wrong_is_a_usage_error_in_every_command() {
    let setup = MockAndFolder::company();
    let entitlement = "group:f3b9c7de-8f0a-4a27-9c7e-2a5b6f0e1d11:member";
    let change = |verb, of, whom| ["--entitlement", of, "--principal", whom, verb];
    let grants = [
        change("grant", "group:bad!:member", "user:1"),
        change("grant", "policy:1:member", "user:1"),
        change("revoke", entitlement, "email:ann"),
        change("revoke", entitlement, "user:Ann Lee"),
    ];
    let grants = grants.iter().map(|[flag, of, to, whom, verb]| vec![*verb, *flag, *of, *to, *whom]);
    let others = [
        &["get", "user:bad!"][..],
        &["get", "app:Pay roll"],
        &["get", "email:ann"],
        &["held", "user:bad!"],
        &["held", "email:ann"],
        &["invite", "ann@", "--role", "r1"],
        &["invite", NEW, "--role", "r!"],
        &["invite", NEW, "--role", "group:1:member"],
        &["add-user", "zoë@corp.example"],
        &["end-sessions", "user:bad!"],
        &["end-sessions", GRACE, "email:ann"],
        &["free-seat", "user:bad!"],
        &["free-seat", "user:1", "email:ann@corp.example"],
        &["remove", "user:bad!"],
        &["remove", "user:1", "member:Ann Lee"],
        &["offboard", "user:bad!"],
        &["offboard", "ann@"],
        &["offboard", GRACE, "--keep", "group:bad!"],
        &["offboard", GRACE, "--keep", "everything"],
    ];
    for arguments in others.iter().map(|arguments| arguments.to_vec()).chain(grants) {
        let refused = setup.command(&arguments).output().unwrap();
        assert_exit(&refused, 2);
        let said = written(&refused);
        assert!(!said.contains("bad!\"") && said.len() > 40, "{arguments:?}: {said}");
    }
    assert_eq!(setup.mock.request_count(), 0);
    // In a list, what is right is done. If nothing is, nothing was.
    let step = |address: &str| json!({"step": "add-user", "address": address}).to_string();
    for (list, exit) in [(vec![step("ann"), step("zoë@b")], 2), (vec![step("ann"), step(NEW)], 5)] {
        fs::write(setup.path("list.jsonl"), list.join("\n")).unwrap();
        let output = setup.command(&["apply", "--file", "list.jsonl", "--format", "jsonl"]).output().unwrap();
        assert_exit(&output, exit);
        assert_eq!(lines(&output)[0]["kind"], "invalid-argument");
        assert_eq!(puts(&setup), u64::from(exit == 5));
    }
    assert!(setup.mock.read(|account| account.users.iter().any(|user| user.email.as_deref() == Some(NEW))));
}

#[test]
fn a_tip_leads_to_what_the_command_takes() {
    for (arguments, told, wrong) in [
        (&["remove", GRACE][..], "give user:… or member:…; offboard ADDRESS --dry-run shows", "email:"),
        (&["remove", "email:a@b.example"], "give user:… or member:…; offboard ADDRESS --dry-run", "email:"),
        (&["free-seat", GRACE], "give user:…; offboard ADDRESS --dry-run shows", "email:"),
        (&["free-seat", "email:a@b.example"], "give user:…; offboard ADDRESS --dry-run shows", "member:"),
        (&["offboard", "Helena Brandt", "--names", "n"], "\"user:Some name\"", "group:…"),
        (&["end-sessions", "Helena Brandt"], "somebody@…, user:… or member:…", "group:…"),
        (&["get", "application:Payroll"], "perhaps you mean app:…", "Payroll"),
        (&["offboard", "usr:1"], "perhaps you mean user:…", "usr"),
        (&["held", GRACE], "before an address write email:", GRACE),
        (&["invite", "email:a@b.example", "--role", "r1"], "write it without email:", "a@b"),
        (
            &["grant", "--entitlement", "group:g:member", "--principal", "user:a@b.example"],
            "but an address, as in email:",
            "a@b",
        ),
    ] {
        let refused = host_test(&[arguments, &["--mock"]].concat()).output().unwrap();
        assert_exit(&refused, 2);
        let said = text(&refused.stderr);
        assert!(said.contains(told) && !said.contains(wrong), "{arguments:?}: {said}");
    }
    // The way that it names leads there.
    let setup = MockAndFolder::company();
    let shown = setup.command(&["offboard", GRACE, "--dry-run"]).output().unwrap();
    let shown = text(&shown.stdout);
    let (_, accounts) = shown.split_once("Who has this address\n").unwrap();
    for account in accounts.lines().next().unwrap().trim().split(", ") {
        assert_exit(&setup.command(&["remove", account, "--dry-run"]).output().unwrap(), 0);
    }
}

#[test]
fn an_address_that_nobody_has_is_told_first() {
    let setup = MockAndFolder::company();
    let told = "This account has nothing under grace.whitfeld@northwind.example: no Access user, ";
    let offboard = |more: &[&str]| {
        let output = setup.command(&[&["offboard", "grace.whitfeld@northwind.example"], more].concat());
        let output = { output }.output().unwrap();
        assert_exit(&output, 0);
        text(&output.stdout).to_owned()
    };
    for more in [&["--dry-run"][..], &[], &["--keep", "user,seat"]] {
        let shown = offboard(more);
        assert!(shown.starts_with(told) && shown.contains("\n\nWhat still lets grace.whitfeld@"), "{shown}");
        let all = shown.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            all.contains(
                "no rule of a group. Either it was taken away before, or the address is misspelled."
            )
        );
        assert!(shown.contains("\n  ! certain: "), "a domain lets them in all the same: {shown}");
    }
    let lines = offboard(&["--format", "jsonl"]);
    assert!(!lines.contains("has nothing under"), "{lines}");
    assert_exit(&setup.command(&["offboard", GRACE]).output().unwrap(), 0);
    setup.mock.change(|account| account.finish_deletions());
    let again = setup.command(&["offboard", GRACE]).output().unwrap();
    assert!(text(&again.stdout).starts_with(&format!("This account has nothing under {GRACE}")));
}

#[test]
fn it_is_not_told_where_accounts_may_be_there() {
    use host_test::mock::{Account, DEMO_TOKEN, Options, Permission, Token};
    const READS: [Permission; 5] = [
        Permission::AccountSettingsRead,
        Permission::UsersRead,
        Permission::GroupsRead,
        Permission::AppsRead,
        Permission::ProvidersRead,
    ];
    for (missing, is_told) in [(0, false), (1, false), (2, false), (3, false), (4, true)] {
        let has = (0..).zip(READS).filter(|(place, _)| *place != missing).map(|(_, permission)| permission);
        let tokens = vec![Token::new(DEMO_TOKEN).with_permissions(has)];
        let setup = MockAndFolder::with(Account::company(), Options { tokens, ..Options::default() });
        let output = setup.command(&["offboard", "nobody@northwind.example", "--dry-run"]).output().unwrap();
        let shown = text(&output.stdout);
        assert!(shown.contains("What still lets nobody@"), "{}", written(&output));
        assert_eq!(shown.starts_with("This account has nothing"), is_told, "{:?}: {shown}", READS[missing]);
    }
}
