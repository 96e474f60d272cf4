//! Tables for people: ids that other commands take, names for ids, and an account without anything.

use super::setup::MockAndFolder;
use super::{assert_exit, text};
use host_test::mock::{Account, Options};
use std::collections::BTreeSet;

/// Returns the ids of a kind that a table shows.
fn ids(shown: &str, kind: &str) -> BTreeSet<String> {
    let words = shown.split([' ', '\n', '(', ')', ',']);
    words.filter(|word| word.starts_with(kind) && *word != kind).map(str::to_owned).collect()
}

#[test]
fn a_table_with_ids_leads_to_get_and_grant() {
    let setup = MockAndFolder::company();
    let plain = setup.sync(&[]).output().unwrap();
    assert!(ids(text(&plain.stdout), "user:").is_empty());
    let output = setup.sync(&["--ids"]).output().unwrap();
    assert_exit(&output, 0);
    let shown = text(&output.stdout);
    for (kind, many) in [
        ("user:", 32),
        ("member:", 15),
        ("email:", 6),
        ("role:", 20),
        ("user-group:", 6),
        ("scoped-role:", 6),
        ("group:", 28),
    ] {
        let found = ids(shown, kind);
        assert_eq!(found.len(), many, "{found:?}");
        let (entitlements, resources): (Vec<&String>, Vec<&String>) =
            found.iter().partition(|id| id.ends_with(":member") || id.ends_with(":assigned"));
        let get = setup.command(&["get", resources[0], "--ids"]).output().unwrap();
        assert_exit(&get, 0);
        assert!(text(&get.stdout).contains(resources[0]), "{}", text(&get.stdout));
        if let Some(entitlement) = entitlements.first() {
            let principal = ids(shown, "member:").pop_first().unwrap();
            let arguments =
                ["grant", "--dry-run", "--entitlement", entitlement, "--principal", principal.as_str()];
            let grant = setup.command(&arguments).output().unwrap();
            assert!(matches!(grant.status.code(), Some(0 | 5)), "{}", text(&grant.stderr));
        }
    }
    for format in ["jsonl", "csv"] {
        assert_exit(&setup.sync(&["--ids", "--format", format]).output().unwrap(), 2);
    }
}

#[test]
fn names_come_from_an_earlier_sync_without_a_request() {
    let setup = MockAndFolder::company();
    assert_exit(&setup.sync(&["--format", "jsonl", "--output", "names.jsonl"]).output().unwrap(), 0);
    let group = setup
        .mock
        .read(|account| account.groups.iter().find(|group| group.name == "Finance").unwrap().id.clone());
    let (id, entitlement) = (format!("group:{group}"), format!("group:{group}:member"));
    let count = |more: &[&str]| {
        setup.mock.forget_requests();
        let output = setup.command(&[&["get", &id], more].concat()).output().unwrap();
        assert_exit(&output, 0);
        (text(&output.stdout).to_owned(), setup.mock.request_count())
    };
    let (bare, requests) = count(&[]);
    assert!(!bare.contains("Chiara Conti") && bare.contains("give --names"), "{bare}");
    let (named, same) = count(&["--names", "names.jsonl"]);
    assert!(named.contains("3 users: Chiara Conti, Emil Novák,"), "{named}");
    assert_eq!((same, named.contains("give --names")), (requests, false));

    let grant =
        ["grant", "--dry-run", "--entitlement", &entitlement, "--names", "names.jsonl", "--principal"];
    let lucas = setup.mock.read(|account| {
        let of = |user: &&host_test::mock::AccessUser| user.name.as_deref() == Some("Lucas Moreau");
        account.users.iter().find(of).unwrap().id.clone()
    });
    let output = setup.command(&[&grant[..], &[&format!("user:{lucas}")]].concat()).output().unwrap();
    assert_exit(&output, 0);
    assert!(
        text(&output.stdout).contains("grant group “Finance” to user Lucas Moreau"),
        "{}",
        text(&output.stdout)
    );

    std::fs::write(setup.path("other.txt"), "years of work\n").unwrap();
    for (more, told) in [
        (&["--names", "other.txt"][..], "other.txt isn't the output of sync --format jsonl: line 1"),
        (&["--names", "nowhere.jsonl"], "nowhere.jsonl can't be read"),
        (&["--names", "names.jsonl", "--format", "jsonl"], "--names is for --format table"),
        (&["--names", "-", "--api-token-file", "-"], "can't hold both the names and something else"),
    ] {
        let output = setup.command(&[&["get", &id], more].concat()).output().unwrap();
        assert_exit(&output, 2);
        assert!(text(&output.stderr).contains(told), "{}", text(&output.stderr));
    }
}

#[test]
fn an_account_without_anything_is_a_sentence() {
    let account = Account { id: "0123456789abcdef0123456789abcdef".to_owned(), ..Account::default() };
    let setup = MockAndFolder::with(account, Options::default());
    let output = setup.sync(&[]).output().unwrap();
    assert_exit(&output, 0);
    assert!(text(&output.stdout).ends_with("\nNo resources; no grants.\n"), "{}", text(&output.stdout));
}
