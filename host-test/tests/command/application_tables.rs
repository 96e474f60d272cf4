//! Tables of applications: their numbers are those of all records, and what is open to nobody in
//! particular is marked.

use super::setup::MockAndFolder;
use super::{assert_exit, text};
use serde_json::Value;

const ALL: &str = "identity-provider,group,policy,app,role,service-token,member,user,email";

/// Returns the lines of the table with this title, without its headings.
fn section<'a>(shown: &'a str, title: &str) -> Vec<&'a str> {
    let lines = shown.lines().skip_while(|line| *line != title).skip_while(|line| !line.starts_with('─'));
    lines.skip(1).take_while(|line| !line.is_empty()).collect()
}

fn row<'a>(rows: &[&'a str], name: &str) -> &'a str {
    rows.iter()
        .find(|row| row.starts_with(&format!("{name}  ")))
        .unwrap_or_else(|| panic!("{name}: {rows:?}"))
}

/// Returns the JSON lines of a sync of these kinds, and its tables.
fn lines_and_tables(setup: &MockAndFolder, kinds: &[&str]) -> (Vec<Value>, String) {
    let lines = setup.sync(&[kinds, &["--format", "jsonl"]].concat()).output().unwrap();
    let tables = setup.sync(kinds).output().unwrap();
    for output in [&lines, &tables] {
        assert_exit(output, 0);
    }
    let lines = text(&lines.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    (lines, text(&tables.stdout).to_owned())
}

#[test]
fn numbers_are_those_of_json_lines() {
    let setup = MockAndFolder::company();
    let (lines, shown) = lines_and_tables(&setup, &[]);
    let named = |kind: &str, name: &str| {
        let is_it = |line: &&Value| line["id"]["kind"] == kind && line["display_name"] == name;
        lines.iter().find(is_it).unwrap()["id"]["id"].as_str().unwrap().to_owned()
    };
    let grants = || lines.iter().filter(|line| line["type"] == "grant");
    let rows = section(&shown, "Applications");
    for name in ["Git", "Payroll", "Wiki"] {
        let entitlement = format!("app:{}:access", named("app", name));
        let of_app = || grants().filter(|grant| grant["entitlement"] == entitlement.as_str());
        let held_by = |kind: &str| of_app().filter(|grant| grant["principal"]["kind"] == kind).count();
        let conditional = of_app().filter(|grant| !grant["conditions"].is_null()).count();
        let expected = [held_by("user"), held_by("member"), held_by("email"), conditional];
        let numbers = row(&rows, name).split_whitespace().filter_map(|word| word.parse().ok());
        assert_eq!(numbers.collect::<Vec<usize>>(), expected, "{name}");
    }
    let rows = section(&shown, "Accounts");
    for name in ["Priya Raman", "Raj Mehta"] {
        let id = named("user", name);
        let is_held = |grant: &&Value| {
            let is_on_app = grant["entitlement"].as_str().unwrap().starts_with("app:");
            is_on_app && grant["principal"]["kind"] == "user" && grant["principal"]["id"] == id.as_str()
        };
        let count = grants().filter(is_held).count();
        assert!(count > 0 && row(&rows, name).ends_with(&format!(" {count}")), "{}", row(&rows, name));
    }
}

#[test]
fn what_is_open_to_nobody_in_particular_is_marked() {
    let (_, shown) = lines_and_tables(&MockAndFolder::company(), &[]);
    let reach = section(&shown, "Who can reach which application, and why");
    assert!(row(&reach, "Status page").contains("PUBLIC: anybody, without a login"), "{reach:#?}");
    assert!(row(&reach, "Staff handbook").contains("whoever logs in"), "{reach:#?}");
    let payroll = row(&reach, "Payroll");
    assert!(payroll.contains("group “Finance”, by"), "{payroll}");
    for part in [
        "without a login: “Status page”.",
        "10 applications (1 public), 17 policies, 2 identity\nproviders",
        "country KP or RU",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let in_a_line = shown.replace('\n', " ");
    for part in ["sync --kinds app,service-token shows which.", "“Git”", "One person can be several accounts"]
    {
        assert!(in_a_line.contains(part), "{part}: {shown}");
    }
    assert!(!shown.lines().any(|line| line == "Service tokens"), "{shown}");
}

#[test]
fn service_tokens_are_shown_where_they_are_asked_for() {
    let (_, shown) = lines_and_tables(&MockAndFolder::company(), &["--kinds", ALL]);
    let tokens = section(&shown, "Service tokens");
    let build = row(&tokens, "Build and deploy");
    assert!(build.contains("enabled") && build.contains("2124-02-23"), "{build}");
    let old = row(&tokens, "Old backup job");
    assert!(old.contains("expired") && old.contains("2025-03-18  2025-01-02"), "{old}");
    assert!(shown.contains("1 service token: Build and deploy"), "{shown}");
    assert!(!shown.contains("Service tokens weren't read"), "{shown}");
    assert!(shown.contains("service token “Build and deploy”"), "a policy names it: {shown}");
}

#[test]
fn no_name_of_strangers_acts_on_the_terminal() {
    let setup = MockAndFolder::company();
    let hostile = "Eve\u{1b}[2J\u{9b}31m\u{202e}\r\nroot";
    setup.mock.change(|account| {
        for app in &mut account.applications {
            app.name = Some(hostile.to_owned());
            app.extra.insert("domain".to_owned(), hostile.into());
            app.extra.remove("destinations");
        }
        account.policies.iter_mut().for_each(|policy| policy.name = Some(hostile.to_owned()));
        account.identity_providers.iter_mut().for_each(|provider| provider.name = Some(hostile.to_owned()));
        account.service_tokens.iter_mut().for_each(|token| token.name = Some(hostile.to_owned()));
    });
    let id = setup.mock.read(|account| account.applications[0].id.clone());
    let outputs = [
        setup.sync(&["--kinds", ALL]).output().unwrap(),
        setup.sync(&["--kinds", ALL, "--ids"]).output().unwrap(),
        setup.command(&["get", &format!("app:{id}")]).output().unwrap(),
        setup.command(&["held", "email:grace.whitfield@northwind.example"]).output().unwrap(),
    ];
    for output in outputs {
        assert_exit(&output, 0);
        let shown = text(&output.stdout);
        assert!(shown.contains("Eve\u{fffd}[2J\u{fffd}31m\u{fffd}"), "{shown:?}");
        assert!(!shown.contains(|c: char| c != '\n' && (c.is_control() || c == '\u{202e}')), "{shown:?}");
    }
}
