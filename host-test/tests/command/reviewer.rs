//! A reviewer who signs who reaches what: names in the place of ids, the answer first, and nothing that is
//! left out without a word.

use super::setup::MockAndFolder;
use super::{assert_exit, text};
use serde_json::Value;
use std::process::Output;

const NAMES: &str = "names.jsonl";
const GRACE: &str = "Grace Whitfield";

/// Returns a mock, and a folder with the lines of a sync of it.
fn company() -> MockAndFolder {
    let setup = MockAndFolder::company();
    assert_exit(&setup.sync(&["--format", "jsonl", "--output", NAMES]).output().unwrap(), 0);
    setup
}

/// Returns a text as one line, whatever its width.
fn in_a_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Returns the id of a resource by its name.
fn id(setup: &MockAndFolder, kind: &str, name: &str) -> String {
    let lines = std::fs::read_to_string(setup.path(NAMES)).unwrap();
    let mut lines = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let is_it = |line: &Value| line["id"]["kind"] == kind && line["display_name"] == name;
    lines.find(is_it).unwrap()["id"]["id"].as_str().unwrap().to_owned()
}

fn change(setup: &MockAndFolder, operation: &str, entitlement: &str, principal: &str) -> Output {
    let arguments = ["--entitlement", entitlement, "--principal", principal, "--names", NAMES, "--dry-run"];
    setup.command(&[&[operation][..], &arguments].concat()).output().unwrap()
}

#[test]
fn get_answers_first_and_says_what_a_policy_blocks() {
    let setup = company();
    let payroll = id(&setup, "app", "Payroll");
    let get = |what: &str, more: &[&str]| {
        let output = setup.command(&[&["get", what][..], more].concat()).output().unwrap();
        assert_exit(&output, 0);
        text(&output.stdout).to_owned()
    };
    let shown = get(&format!("app:{payroll}"), &["--names", NAMES]);
    assert_eq!(get("app:payroll", &["--names", NAMES]), shown, "its name stands for its id");
    let parts = [
        "Payroll\napplication, app:",
        "self-hosted, payroll.northwind.example\n\nWho can reach which application, and why\n",
        "(country KP or RU)",
        "\nIts policies\n",
        "Nobody who left                            1  Block",
        "Not from elsewhere                         2  Block   country KP or RU",
        "Auditors whom Grace lets in                5  Allow",
        "The rules of policies are as the file of --names has them, and may have changed since.",
        "\nWhat can be held on it\n",
        "\nDetails\n",
        "  aud\n",
    ];
    let places: Vec<usize> =
        parts.iter().map(|part| shown.find(part).unwrap_or_else(|| panic!("{part}: {shown}"))).collect();
    assert!(places.is_sorted(), "{shown}");
    assert!(in_a_line(&shown).contains("not blocked by policy"), "{shown}");

    // Without names, it says nothing that it can't know.
    let shown = get(&format!("app:{payroll}"), &[]);
    assert!(in_a_line(&shown).contains("not blocked by policy"), "{shown}");
    for part in ["country KP", "For whom", "--names has them"] {
        assert!(!shown.contains(part), "{part}: {shown}");
    }
}

#[test]
fn an_unknown_id_says_how_to_find_it() {
    let setup = company();
    for command in ["get", "held"] {
        let output = setup.command(&[command, "user:00000000-0000-4000-8000-000000000000"]).output().unwrap();
        assert_exit(&output, 1);
        let told = text(&output.stderr);
        assert!(told.contains("sync --ids shows the ids") && told.contains("With --names"), "{told}");
    }
    let shown = setup.command(&["held", &format!("user:{GRACE}"), "--names", NAMES]).output().unwrap();
    assert_exit(&shown, 0);
    let shown = in_a_line(text(&shown.stdout));
    for part in [
        "not blocked by policy “Not from",
        "as the file of --names has them",
        "Not listed: applications that are open to everybody",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
}

#[test]
fn warnings_name_what_they_are_about() {
    let setup = company();
    let status = id(&setup, "app", "Status page");
    let shown = |more: &[&str]| in_a_line(text(&setup.sync(more).output().unwrap().stdout));
    let plain = shown(&[]);
    let of_it = plain.split("Data missing").nth(1).unwrap();
    assert!(of_it.contains("“Status page” is open to everybody") && !of_it.contains(&status), "{of_it}");
    let words: Vec<&str> = of_it.split_whitespace().filter(|word| *word != "no").collect();
    assert!(words.join(" ").contains("bypass policy “Anybody” includes everyone"), "{of_it}");
    let with_ids = shown(&["--ids"]);
    assert!(with_ids.contains(&format!("app:{status}")), "{with_ids}");
}

#[test]
fn accounts_of_one_person_gain_in_one_line() {
    let setup = company();
    let entitlement = format!("group:{}:member", id(&setup, "group", "Break glass"));
    let output = change(&setup, "grant", &entitlement, "email:daniel.osei@northwind.example");
    assert_exit(&output, 0);
    let shown = text(&output.stdout);
    assert_eq!(shown.matches("gained ").count(), 3, "{shown}");
    assert_eq!(shown.matches("as user and member Daniel Osei").count(), 3, "{shown}");
    assert!(shown.lines().all(|line| line.chars().count() <= 120), "{shown}");
}

#[test]
fn a_refusal_names_what_it_refers_to_and_the_flag() {
    let setup = company();
    let of = |kind: &str, name: &str, slug: &str| format!("{kind}:{}:{slug}", id(&setup, kind, name));
    let user = |name: &str| format!("user:{}", id(&setup, "user", name));
    let output = change(&setup, "grant", &of("app", "Payroll", "access"), &user(GRACE));
    assert_exit(&output, 5);
    let shown = in_a_line(text(&output.stdout));
    for part in [
        "any of (what group “Finance” asks of a login) and all of (login with “Okta”)",
        "none of (blocked by policy “Not from elsewhere” (country KP or RU))",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert!(!shown.contains('{'), "{shown}");
    let output = change(&setup, "revoke", &of("group", "Leavers", "member"), &user("Oscar Lund"));
    assert_exit(&output, 5);
    let shown = text(&output.stdout);
    assert!(shown.contains("      --allow-gains allows them.\n"), "{shown}");
}

#[test]
fn kinds_that_were_left_out_are_told_beside_every_format() {
    const NOTE: &str = "note: Grants to members and unmatched emails, and of groups, user groups, roles and \
                        scoped roles, weren't asked for (--kinds).\n";
    let setup = MockAndFolder::company();
    let sync = |more: &[&str]| {
        let output = setup.sync(&[&["--kinds", "app,user"][..], more].concat()).output().unwrap();
        assert_exit(&output, 0);
        text(&output.stderr).to_owned()
    };
    for more in [
        &["--format", "jsonl"][..],
        &["--format", "csv"],
        &["--format", "jsonl", "--output", "out.jsonl"],
        &["--format", "csv", "--output", "out"],
        &["--format", "c1z", "--output", "out.c1z"],
    ] {
        let told = sync(more);
        assert!(told.ends_with(NOTE), "{more:?}: {told}");
    }
    assert_eq!(sync(&[]), "", "the tables say it themselves");
    let whole = setup.sync(&["--format", "jsonl"]).output().unwrap();
    assert!(!text(&whole.stderr).contains("note:"), "{}", text(&whole.stderr));
    let output = setup.sync(&["--kinds", "apps"]).output().unwrap();
    assert_exit(&output, 2);
    assert!(text(&output.stderr).contains("there is no kind “apps”"), "{}", text(&output.stderr));
}
