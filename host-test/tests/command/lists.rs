//! The end of a sync whose lists say nothing, repeat an item, or know no pages.

use super::setup::MockAndFolder;
use super::{assert_exit, text};
use host_test::mock::{AccessUser, Account, Effect, Fault, Options};
use serde_json::Value;

const USERS: &str = "access/users";
const ITEMS: &str = "gateway/lists/{id}/items";

fn null() -> Effect {
    let body = r#"{"success":true,"errors":[],"messages":[],"result":null,"result_info":null}"#;
    Effect::Body { status: 200, body: body.to_owned() }
}

#[test]
fn a_list_of_null_fails_a_sync_and_leaves_no_file() {
    for route in ["access/groups", USERS, "members", "roles"] {
        let setup = MockAndFolder::company();
        setup.mock.inject(Fault::on("GET", route, null()));
        for format in ["jsonl", "csv", "c1z", "table"] {
            if format == "c1z" && !cfg!(feature = "c1z") {
                continue;
            }
            let output = setup.sync(&["--format", format, "--output", format]).output().unwrap();
            assert_exit(&output, 1);
            assert!(!setup.path(format).exists(), "{route}: everything looks revoked");
            assert!(text(&output.stderr).contains("its result is null"), "{}", text(&output.stderr));
        }
        let output = setup.command(&["validate"]).output().unwrap();
        assert!(!output.status.success(), "{route}: {}", text(&output.stdout));
    }
    let setup = MockAndFolder::company();
    setup.mock.inject(Fault::on("GET", ITEMS, null()));
    let output = setup.sync(&["--format", "jsonl", "--output", "out"]).output().unwrap();
    assert_exit(&output, 6);
    assert!(setup.read("out").contains("list-not-readable"));
}

#[test]
fn an_item_that_comes_twice_does_not_make_up_for_a_lost_one() {
    let setup = MockAndFolder::company();
    let first = setup.mock.read(|account| serde_json::to_value(&account.users[0]).unwrap());
    setup.mock.inject(Fault::on("GET", USERS, Effect::SmallerPages { per_page: 2 }));
    setup.mock.inject(Fault::on("GET", USERS, Effect::ReplaceItem { at: 1, item: first }).at_page(3));
    let output = setup.sync(&["--kinds", "user", "--format", "jsonl"]).output().unwrap();
    assert_exit(&output, 6);
    let lines: Vec<Value> =
        text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let warning = lines.iter().find(|line| line["code"] == "list-moved").unwrap();
    assert_eq!(warning["incomplete"], true);
    assert!(warning["message"].as_str().unwrap().contains("different items, though Cloudflare counts"));
    let users = lines.iter().filter(|line| line["type"] == "resource").count();
    assert_eq!(users, setup.mock.read(|account| account.users.len()) - 1, "each user once");
    assert_eq!(setup.mock.fired()[1], 1);
}

#[test]
fn a_server_that_knows_no_pages_is_read_whole() {
    let setup = MockAndFolder::company();
    let expected = setup.sync(&["--format", "jsonl"]).output().unwrap();
    for info in [false, true] {
        let setup = MockAndFolder::company();
        for route in ["access/groups", USERS, "members", "roles", ITEMS] {
            setup.mock.inject(Fault::on("GET", route, Effect::Unpaged { info }));
        }
        let output = setup.sync(&["--format", "jsonl"]).output().unwrap();
        assert_exit(&output, 0);
        assert_eq!(text(&output.stdout), text(&expected.stdout));
    }
}

/// The mock's users in three pages of 1,000, the last of whom is one of the first page again. Each
/// page is read by a process of its own, which knows of the pages before only what a cursor has room
/// for.
#[test]
fn a_sync_of_several_processes_counts_the_different_people() {
    let refused = r#"{"success":false,"errors":[{"code":9109,"message":"no"}],"messages":[],"result":null}"#;
    let refused = || Effect::Body { status: 403, body: refused.to_owned() };
    for (format, again) in
        [("jsonl", None), ("jsonl", Some(0)), ("jsonl", Some(1)), ("csv", Some(2)), ("c1z", Some(3))]
    {
        if format == "c1z" && !cfg!(feature = "c1z") {
            continue;
        }
        let users = (0..3000).map(|n| AccessUser {
            id: format!("00000000-0000-4000-a000-{n:012}"),
            email: Some(format!("u{n}@corp.example")),
            ..AccessUser::default()
        });
        let id = MockAndFolder::new().mock.read(|account| account.id.clone());
        let account = Account { id, users: users.collect(), ..Account::default() };
        let setup = MockAndFolder::with(account, Options::default());
        if let Some(again) = again {
            let item = setup.mock.read(|account| serde_json::to_value(&account.users[again]).unwrap());
            setup.mock.inject(Fault::on("GET", USERS, Effect::ReplaceItem { at: 999, item }).at_page(3));
        }
        for (page, attempts) in [(2, 1), (3, 2)] {
            for attempt in 1..=attempts {
                setup.mock.inject(Fault::on("GET", USERS, refused()).at_page(page).at_attempt(attempt));
            }
        }
        let arguments = ["--kinds", "user", "--format", format, "--output", "out", "--cursor-file", "cursor"];
        for _ in 0..2 {
            assert!(!setup.sync(&arguments).output().unwrap().status.success());
            assert!(setup.path("cursor").exists());
        }
        let output = setup.sync(&arguments).output().unwrap();
        assert_exit(&output, if again.is_some() { 6 } else { 0 });
        let told = text(&output.stderr).contains("2999 different items, though Cloudflare counts 3000");
        assert_eq!(told, again.is_some(), "{format}: {}", text(&output.stderr));
        assert_eq!(setup.path("out").exists(), format != "c1z", "{format}");
    }
}
