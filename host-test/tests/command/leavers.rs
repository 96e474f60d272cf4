//! Somebody leaves who is in a group of leavers, or whose credentials are used.

use super::provision::lines;
use super::setup::MockAndFolder;
use super::{assert_exit, text, written};
use host_test::mock::{AccessPolicy, Account, Application, Group, Options};
use serde_json::{Value, json};

const GRACE: &str = "grace.whitfield@northwind.example";

/// The company, with a group of leavers that keeps Grace out, and that lets her in if it `gives`.
fn company(gives: bool) -> Account {
    let mut account = Account::company();
    let address = |address: &str| json!({"email": {"email": address}});
    let id = "7e5c0f1a-5b7d-4c1e-9a55-3c0d2f6b8e10".to_owned();
    let it = json!({"group": {"id": id}});
    account.groups.push(Group {
        id,
        name: "Leavers".to_owned(),
        include: Some(vec![address(GRACE), address("bob@northwind.example")]),
        exclude: Some(vec![]),
        require: Some(vec![]),
        ..account.groups[0].clone()
    });
    let domain = vec![json!({"email_domain": {"domain": "northwind.example"}})];
    let staff = AccessPolicy::new("Staff without leavers", "allow", domain).excluding(vec![it.clone()]);
    account.applications.push(Application::new("Payslips", "self_hosted").with_own(staff, 1));
    if gives {
        let alumni = AccessPolicy::new("Alumni", "allow", vec![it]);
        account.applications.push(Application::new("Alumni", "self_hosted").with_own(alumni, 1));
    }
    account
}

#[test]
fn a_group_of_leavers_is_told_as_what_keeps_them_out() {
    let setup = MockAndFolder::with(company(false), Options::default());
    for more in [&["--dry-run"][..], &[]] {
        let output = setup.command(&[&["offboard", GRACE], more].concat()).output().unwrap();
        assert_exit(&output, 0);
        let shown = text(&output.stdout);
        let told = "The group \"Leavers\" is only there to keep people out of the application \"Payslips\": \
                    this person stays in it.";
        assert!(shown.split_whitespace().collect::<Vec<_>>().join(" ").contains(told), "{shown}");
        assert!(!shown.contains("The group “Leavers”"), "it is no way in: {shown}");
    }
    let again = setup.command(&["offboard", GRACE, "--format", "jsonl"]).output().unwrap();
    assert_exit(&again, 0);
    let parts: Vec<Value> = lines(&again).into_iter().filter(|line| !line["word"].is_null()).collect();
    let leavers = parts.iter().find(|part| part["word"].as_str().unwrap().starts_with("group:7e5c")).unwrap();
    assert_eq!((&leavers["type"], &leavers["status"]), (&json!("outcome"), &json!("unchanged")));
}

#[test]
fn a_refusal_says_which_command_does_it() {
    let setup = MockAndFolder::with(company(true), Options::default());
    let output = setup.command(&["offboard", GRACE]).output().unwrap();
    assert_exit(&output, 5);
    let shown = text(&output.stdout);
    assert!(shown.contains("revoke --allow-gains does that."), "{shown}");
    assert!(!shown.contains("--allow-gains allows them"), "offboard has no such flag: {shown}");
    assert!(shown.contains("The group “Leavers” has this person as a member"), "{shown}");
    let known = setup.command(&["offboard", GRACE, "--keep", "group:0a0a"]).output().unwrap();
    assert_exit(&known, 2);
    assert!(text(&known.stderr).contains("Its parts are: group:"), "{}", written(&known));
}

#[test]
fn the_owner_of_the_credentials_is_told_what_to_do() {
    let setup = MockAndFolder::company();
    setup.mock.configure(|options| options.keys[0].email = GRACE.to_owned());
    let as_grace = |more: &[&str]| {
        let mut command = setup.command(&[&["offboard", GRACE], more].concat());
        command.env_remove("CLOUDFLARE_API_TOKEN").env("CLOUDFLARE_EMAIL", GRACE);
        command.env("CLOUDFLARE_API_KEY", host_test::mock::DEMO_KEY).output().unwrap()
    };
    let before = setup.mock.account();
    for more in [&["--dry-run"][..], &[]] {
        let refused = as_grace(more);
        assert_exit(&refused, 5);
        // A plan shows everything, with that in its place.
        let said = text(if more.is_empty() { &refused.stderr } else { &refused.stdout });
        assert!(said.contains("owns the credentials") && said.contains("--allow-own allows it."), "{said}");
        assert!(!said.contains("may or may not"), "nothing was written: {said}");
        assert_eq!(said.contains("planned: remove user:"), !more.is_empty(), "{said}");
        assert_eq!(setup.mock.account(), before);
    }
    assert_exit(&as_grace(&["--allow-own"]), 0);
}
