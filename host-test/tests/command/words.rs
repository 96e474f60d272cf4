//! The words of a report: names in place of ids, open invitations, and parts of the account.

use super::lifecycle::{GRACE, member_of, user_of};
use super::setup::MockAndFolder;
use super::{assert_exit, host_test, text, written};

const NAMES: &str = "names.jsonl";
/// Somebody whose invitation is open.
const SAMUEL: &str = "samuel.ortiz@northwind.example";
/// Somebody who declined.
const OSCAR: &str = "oscar.lund@northwind.example";

fn shown(setup: &MockAndFolder, arguments: &[&str]) -> String {
    let output = setup.command(arguments).output().unwrap();
    assert!(matches!(output.status.code(), Some(0 | 5)), "{}", written(&output));
    text(&output.stdout).to_owned()
}

/// Makes a company, and the file of a sync of it.
fn synced() -> MockAndFolder {
    let setup = MockAndFolder::company();
    assert_exit(&setup.sync(&["--format", "jsonl", "--output", NAMES]).output().unwrap(), 0);
    setup
}

#[test]
fn with_names_an_offboarding_shows_no_id() {
    let setup = synced();
    let ids = [user_of(&setup, GRACE).unwrap(), member_of(&setup, GRACE).unwrap().0];
    let groups = setup.mock.read(|account| {
        let ids = account.groups.iter().map(|group| group.id.clone());
        ids.chain(account.roles.iter().map(|role| role.id.clone())).collect::<Vec<_>>()
    });
    for more in [&["--keep", "member"][..], &[]] {
        let of = [&["offboard", GRACE, "--dry-run", "--names", NAMES], more].concat();
        let report = shown(&setup, &of);
        for id in ids.iter().chain(&groups) {
            assert!(!report.contains(id.as_str()), "{id}: {report}");
        }
        for wrong in ["”:assigned", "”:member", "whom a login shows to match", "Nothing was written"] {
            assert!(!report.contains(wrong), "{wrong}: {report}");
        }
        let words = report.split_whitespace().collect::<Vec<_>>().join(" ");
        for part in [
            "user “Grace Whitfield” and member “Grace Whitfield” have this address.",
            "The group “Sales” takes in whoever matches one of these at a login: the Okta group \"Sales \
             EMEA\" of identity provider “Okta”",
            "The application “Support desk” lets in, through policy “Sales, to look”, whoever matches this \
             at a login: in group “Sales”.",
            "group “Finance” include - {",
        ] {
            assert!(words.contains(part), "{part}: {report}");
        }
        let stays = "The membership of “Grace Whitfield” stays, so this person logs in to Cloudflare's \
                     dashboard, and holds role “Billing”.";
        assert_eq!(words.contains(stays), !more.is_empty(), "{report}");
    }
    // Ids are for commands that take them.
    let plain = shown(&setup, &["offboard", GRACE, "--dry-run"]);
    assert!(ids.iter().all(|id| plain.contains(id.as_str())), "{plain}");
}

#[test]
fn a_member_who_has_not_accepted_is_an_invitation() {
    let setup = synced();
    for (address, told) in [
        (SAMUEL, "\npending (an invitation that isn't accepted yet), address samuel.ortiz@"),
        (OSCAR, "\ndisabled (an invitation that was declined), address oscar.lund@"),
    ] {
        let held = shown(&setup, &["held", &format!("email:{address}")]);
        assert!(held.contains(told), "{held}");
        let plan = shown(&setup, &["offboard", address, "--dry-run"]);
        assert!(plan.contains("Would remove the invitation"), "{plan}");
    }
    let marked = "1 member: samuel.ortiz@northwind.example (pending)";
    let role = shown(&setup, &["get", "role:Cloudflare Access", "--names", NAMES]);
    assert!(role.contains(marked) && role.contains("1 member: Sofia Lindqvist  "), "{role}");
    let all = shown(&setup, &["sync"]);
    assert!(all.contains("(pending)"), "{all}");
}

#[test]
fn a_policy_of_a_user_group_is_for_a_part_in_words() {
    let setup = synced();
    for (group, part) in
        [("Domain managers", "on northwind.example ("), ("Auditors", "on the whole account (")]
    {
        let card = shown(&setup, &["get", &format!("user-group:{group}"), "--names", NAMES]);
        assert!(card.contains(part) && !card.contains("com.cloudflare.api"), "{card}");
    }
}

#[test]
fn a_sync_that_asked_for_no_people_speaks_of_nobody() {
    let setup = MockAndFolder::company();
    for kinds in ["app", "app,policy", "app,service-token", "app,group"] {
        let tables = shown(&setup, &["sync", "--kinds", kinds]);
        assert!(!tables.contains("nobody by name"), "{kinds}: {tables}");
    }
}

#[test]
fn what_the_page_says_to_practise_works() {
    let setup = MockAndFolder::company();
    let page = include_str!("../../pages/command-line.md");
    let section = page.split("## Practise first\n").nth(1).unwrap().split("\n## ").next().unwrap();
    let block = section.split("```sh\n").nth(1).unwrap().split("```").next().unwrap();
    let mut ran = 0;
    for line in block.lines() {
        // Names stand in quotation marks.
        let mut words = Vec::new();
        for (place, part) in line.split('"').enumerate() {
            match place % 2 {
                1 => words.push(part),
                _ => words.extend(part.split_whitespace()),
            }
        }
        assert_eq!(words.remove(0), "host-test");
        assert_exit(&setup.command(&words).output().unwrap(), 0);
        ran += 1;
    }
    assert_eq!((ran, member_of(&setup, GRACE)), (5, None));
    let alone = host_test(&["offboard", GRACE, "--mock"]).output().unwrap();
    assert_exit(&alone, 0);
    let company = host_test::mock::Account::company();
    assert!(section.contains(&format!(
        "with {} Access users, {} members and {} groups",
        company.users.len(),
        company.members.len(),
        company.groups.len()
    )));
    let help = host_test(&["sync", "--help"]).output().unwrap();
    let help = text(&help.stdout).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(help.contains("An account of any size is random"), "{help}");
    let random = host_test(&["sync", "--mock", "--users", "50", "--format", "jsonl"]).output().unwrap();
    assert_exit(&random, 6);
}
