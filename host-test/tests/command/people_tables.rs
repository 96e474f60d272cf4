//! Tables for people: their numbers are those of all records, and what wasn't asked for isn't shown
//! as absent.

use super::setup::MockAndFolder;
use super::{assert_exit, text};
use host_test::mock::{Account, Effect, Fault, Options, Policy, Size};
use serde_json::Value;
use std::collections::BTreeMap;

/// Returns the lines of a sync in JSON Lines.
fn records(setup: &MockAndFolder) -> Vec<Value> {
    let output = setup.sync(&["--format", "jsonl"]).output().unwrap();
    assert!(matches!(output.status.code(), Some(0 | 6)), "{}", text(&output.stderr));
    text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Returns the lines of the table with this title, without its headings.
fn section<'a>(shown: &'a str, title: &str) -> Vec<&'a str> {
    let lines = shown.lines().skip_while(|line| *line != title).skip(3);
    lines.take_while(|line| !line.is_empty()).collect()
}

#[test]
fn a_big_account_s_numbers_are_those_of_json_lines() {
    let account = Account::generate(1, Size { users: 5_000, members: 100, groups: 50, roles: 20 });
    let setup = MockAndFolder::with(account, Options::default());
    let records = records(&setup);
    let of_type = |of: &str| records.iter().filter(move |record| record["type"] == of).collect::<Vec<_>>();
    let name_and_kind: BTreeMap<&str, (&str, &str)> = of_type("resource")
        .into_iter()
        .map(|resource| {
            let of = |value: &'static str| resource["id"][value].as_str().unwrap();
            (of("id"), (resource["display_name"].as_str().unwrap(), of("kind")))
        })
        .collect();
    let output = setup.sync(&[]).output().unwrap();
    let shown = text(&output.stdout);

    let people =
        name_and_kind.values().filter(|(_, kind)| ["user", "member", "email"].contains(kind)).count();
    assert!(people > 5_000);
    assert!(shown.contains(&format!("… and {} more rows", people - 200)), "{shown}");
    let kept = format!("These tables leave out {} resources, but", name_and_kind.len() - 5_000);
    assert!(shown.starts_with(&kept), "{shown}");

    let mut compared = 0;
    for (id, (name, kind)) in &name_and_kind {
        if *kind != "group" {
            continue;
        }
        let entitlement = format!("group:{id}:member");
        let grants: Vec<_> =
            of_type("grant").into_iter().filter(|grant| grant["entitlement"] == *entitlement).collect();
        let held_by = |kind: &str| grants.iter().filter(|grant| grant["principal"]["kind"] == kind).count();
        let conditional = grants.iter().filter(|grant| !grant["conditions"].is_null()).count();
        let expected = [held_by("user"), held_by("member"), held_by("email"), conditional];
        let expected: Vec<String> = expected.iter().filter(|n| **n > 0).map(ToString::to_string).collect();
        let rows = section(shown, "Groups and roles");
        let Some(row) = rows.iter().find(|row| row.starts_with(&format!("{name}  "))) else { continue };
        let numbers: Vec<&str> =
            row[name.len()..].split_whitespace().filter(|word| word.parse::<u64>().is_ok()).collect();
        assert_eq!(numbers, expected, "{row}");
        compared += grants.len();
    }
    assert!(compared > 20_000, "{compared} grants: no more than the tables keep");
    let total = of_type("grant").len();
    assert!(shown.contains(&format!("; {total} grants, ")), "{shown}");
}

#[test]
fn what_was_not_asked_for_is_not_absent() {
    let setup = MockAndFolder::company();
    let output = setup.sync(&["--kinds", "group"]).output().unwrap();
    assert_exit(&output, 0);
    let shown = text(&output.stdout);
    assert!(shown.starts_with("Grants to users, members and unmatched emails"), "{shown}");
    for absent in ["Users", "none", "no grants", "Who holds what", "Accounts"] {
        assert!(!shown.contains(absent), "{absent}: {shown}");
    }
    let output = setup.sync(&["--kinds", "group,user"]).output().unwrap();
    let shown = text(&output.stdout);
    assert!(!shown.contains("of them to unmatched emails") && !shown.contains(" Members"), "{shown}");
}

#[test]
fn a_policy_on_the_whole_account_beyond_roles_is_a_role_and_one_that_is_not_understood_a_gap() {
    let setup = MockAndFolder::company();
    let sync = |setup: &MockAndFolder| setup.sync(&["--kinds", "member,role"]).output().unwrap();
    assert_exit(&sync(&setup), 0);
    setup.mock.change(|account| {
        let role = account.roles[0].clone();
        let member = account.members.iter().find(|member| member.status == "accepted").unwrap().id.clone();
        let mut policy = account.account_wide_policy(&member, &role);
        for group in &mut policy.permission_groups {
            (group.id, group.name) = ("0".repeat(32), "Everything".to_owned());
        }
        let denied = Policy { access: "deny".to_owned(), ..policy.clone() };
        let of = account.members.iter_mut().find(|of| of.id == member).unwrap();
        of.policies.extend([denied, policy]);
    });
    let output = sync(&setup);
    assert_exit(&output, 0);
    let shown = text(&output.stdout);
    assert!(shown.contains("Everything") && shown.contains("policy-denies"), "{shown}");
    assert!(shown.contains("not taken away"), "{shown}");
    setup.mock.change(|account| {
        for policy in account.members.iter_mut().flat_map(|member| &mut member.policies) {
            if policy.access == "deny" {
                policy.access = "permit".to_owned();
            }
        }
    });
    let output = sync(&setup);
    assert_exit(&output, 6);
    assert!(text(&output.stdout).contains("role-not-shown"), "{}", text(&output.stdout));
}

#[test]
fn a_list_of_roles_that_was_taken_away_is_told_and_a_sync_goes_on() {
    let setup = MockAndFolder::company();
    let effect = Effect::Status { status: 410, code: 7003, message: "gone".to_owned(), headers: Vec::new() };
    setup.mock.inject(Fault::on("GET", "roles", effect));
    let output = setup.sync(&[]).output().unwrap();
    assert_exit(&output, 0);
    let said = text(&output.stdout);
    assert!(said.contains("roles-moved") && said.contains("Administrator"), "{said}");
    let output = setup.sync(&["--kinds", "group,user,email"]).output().unwrap();
    assert_exit(&output, 0);
}

#[test]
fn no_name_of_those_who_hold_something_is_broken() {
    let setup = MockAndFolder::company();
    let names: Vec<String> =
        setup.mock.read(|account| account.users.iter().filter_map(|user| user.name.clone()).collect());
    let output = setup.sync(&[]).output().unwrap();
    let lines = section(text(&output.stdout), "Who holds what, and why");
    let mut whole = 0;
    for line in lines {
        let words: Vec<&str> = line.split(|c: char| !c.is_alphanumeric()).collect();
        for name in &names {
            let first = name.split(' ').next().unwrap();
            if words.contains(&first) {
                let is_whole = |name: &String| name.starts_with(first) && line.contains(name.as_str());
                assert!(names.iter().any(is_whole), "{name} is broken in {line}");
                whole += 1;
            }
        }
    }
    assert!(whole > 60, "only {whole} names were looked at");
}
