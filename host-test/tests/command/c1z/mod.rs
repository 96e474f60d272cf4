//! `sync --format c1z`: the file, read by other code than it was written with, has the content of
//! the JSON lines.

mod protobuf;
mod read;
mod sdk;
mod seats;

use super::setup::{MockAndFolder, run_and_kill, wait_for_changes};
use super::{assert_exit, names, text};
use read::{Lines, assert_same, open};
use sdk::people_exported;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::process::Output;

const SYNC: [&str; 4] = ["--format", "c1z", "--output", "sync.c1z"];
const RESUMABLE: [&str; 6] = ["--format", "c1z", "--output", "sync.c1z", "--cursor-file", "cursor"];

/// Makes the demo company with oddities that could go wrong on the way.
fn odd_company() -> MockAndFolder {
    let setup = MockAndFolder::company();
    setup.mock.change(|account| {
        let odd = [
            "o'brien+tag%20@corp.example",
            "\"quoted: spaced\"@corp.example",
            "group/colon=member@corp.example",
            "x@[192.0.2.1]",
            "' ; drop table v1_grants; --@corp.example",
        ];
        let group = account.groups.iter_mut().find(|group| group.name == "Customer support").unwrap();
        let rules = group.include.as_mut().unwrap();
        rules.extend(odd.iter().map(|email| json!({ "email": { "email": email } })));
        account.users[4].name = Some("Zoë\u{0} \u{202e}\u{1f600}\nvan 'Dijk'".to_owned());
        account.users[5].email = Some("Mixed.CASE+Tag@Corp.Example".to_owned());
        account.users[6].email = None;
        account.users[7].name = None;
        account.users[8].active_device_count = Some(9_007_199_254_740_993);
    });
    setup
}

fn assert_warnings(output: &Output, lines: &Lines) {
    let told: Vec<&str> = text(&output.stderr).lines().filter(|line| line.starts_with("warning: ")).collect();
    assert_eq!(told.len(), lines.of("warning").len(), "{told:?}");
}

#[test]
fn all_of_a_company_is_in_the_file() {
    let setup = odd_company();
    let lines = Lines::read(&setup, &[]);
    let output = setup.sync(&SYNC).output().unwrap();
    assert_exit(&output, 0);
    assert_eq!(text(&output.stdout), "");
    assert_eq!(names(setup.place.path()), BTreeSet::from(["sync.c1z".to_owned()]));
    assert_warnings(&output, &lines);
    assert_same(&setup, &lines, &[], "full");

    // These make the file worth reading.
    let grants = lines.of("grant");
    let has = |what: &dyn Fn(&Value) -> bool| grants.values().any(|line| what(line));
    assert!(has(&|line| line["revocable"] == true) && has(&|line| line["revocable"] == false));
    assert!(has(&|line| !line["conditions"].is_null()));
    for odd in ["group/colon=member@corp.example", "o'brien+tag%20@corp.example"] {
        assert!(grants.keys().any(|id| id.ends_with(&format!(":member:email:{odd}"))), "{odd}");
    }
    let statuses: BTreeSet<&str> =
        lines.of("resource").values().filter_map(|line| line["account"]["status"].as_str()).collect();
    assert_eq!(statuses, BTreeSet::from(["disabled", "enabled", "pending", "unknown"]));
    let resources = lines.of("resource");
    let values = |field: &str| -> BTreeSet<Option<bool>> {
        resources.values().map(|line| line["profile"][field].as_bool()).collect()
    };
    for field in ["two_factor_authentication_enabled", "access_seat", "gateway_seat"] {
        assert_eq!(values(field), BTreeSet::from([None, Some(false), Some(true)]), "{field}");
    }
    for made in ["created_at", "created_on"] {
        assert!(resources.values().any(|line| !line["profile"][made].is_null()), "{made}");
    }
}

#[test]
fn applications_and_what_belongs_to_them_are_in_the_file() {
    let setup = odd_company();
    let kinds = "identity-provider,group,policy,app,role,service-token,member,user,email";
    let all = ["--kinds", kinds];
    let lines = Lines::read(&setup, &all);
    assert_exit(&setup.sync(&[&SYNC[..], &all].concat()).output().unwrap(), 0);
    assert_same(&setup, &lines, &kinds.split(',').collect::<Vec<_>>(), "full");

    // These make the file worth reading.
    let (resources, entitlements, grants) =
        (lines.of("resource"), lines.of("entitlement"), lines.of("grant"));
    for kind in kinds.split(',') {
        assert!(resources.values().any(|line| line["id"]["kind"] == kind), "{kind}");
    }
    let has = |what: &dyn Fn(&Value) -> bool| resources.values().any(|line| what(line));
    assert!(has(&|line| !line["parent"].is_null()) && has(&|line| line["profile"]["type"] == "bookmark"));
    assert!(has(&|line| !line["profile"]["last_seen_at"].is_null()));
    assert!(entitlements.values().any(|line| line["extra"]["public"] == true));
    assert!(grants.values().any(|line| line["basis"][0]["through"]["kind"] == "policy"));
    assert!(grants.values().any(|line| line["principal"]["kind"] == "service-token"));
}

#[test]
fn what_facts_say_of_a_grant_is_in_the_file() {
    let setup = MockAndFolder::company();
    let rows = "provider,group,address\nOkta,Sales EMEA,paula@reseller.example\n";
    fs::write(setup.path("okta.csv"), rows).unwrap();
    let facts = ["--identities", "okta.csv", "--as-of", "2026-11-28T18:00:00Z"];
    let lines = Lines::read(&setup, &facts);
    let extra = json!({"expected": true, "source": "okta.csv", "as_of": "2026-11-28T18:00:00Z"});
    assert!(lines.of("grant").values().any(|line| line["extra"] == extra));
    assert_exit(&setup.sync(&[&SYNC[..], &facts].concat()).output().unwrap(), 0);
    assert_same(&setup, &lines, &[], "full");
}

#[test]
fn kinds_narrow_what_is_in_the_file() {
    let setup = odd_company();
    let kinds = ["--kinds", "group,user"];
    let lines = Lines::read(&setup, &kinds);
    assert_exit(&setup.sync(&[&SYNC[..], &kinds].concat()).output().unwrap(), 0);
    assert_same(&setup, &lines, &["group", "user"], "full");
}

#[test]
fn a_type_without_resources_is_not_in_the_file() {
    let setup = odd_company();
    // No rule names an address that isn't a user's, so there is no resource of the type `email`.
    setup.mock.change(|account| account.groups.clear());
    let lines = Lines::read(&setup, &[]);
    let people: u32 =
        lines.of("resource").values().filter(|line| !line["account"].is_null()).count().try_into().unwrap();
    for arguments in [&SYNC[..], &RESUMABLE] {
        assert_exit(&setup.sync(arguments).output().unwrap(), 0);
        assert_same(&setup, &lines, &[], "full");
        assert_eq!(people_exported(&open(&setup), &["email", "member", "user"]), people);
    }
}

#[test]
fn a_sync_that_lacks_data_is_no_full_one() {
    let setup = odd_company();
    setup.mock.change(|account| account.lists.clear());
    let lines = Lines::read(&setup, &[]);
    assert!(lines.of("warning").values().any(|line| line["incomplete"] == true));
    for arguments in [&SYNC[..], &RESUMABLE] {
        fs::write(setup.path("sync.c1z"), "of yesterday").unwrap();
        let refused = setup.sync(arguments).output().unwrap();
        assert_exit(&refused, 6);
        let said = text(&refused.stderr);
        assert!(said.contains("error: data is missing") && said.contains("--allow-incomplete"), "{said}");
        assert_warnings(&refused, &lines);
        assert_eq!(setup.read("sync.c1z"), "of yesterday");
        assert_eq!(names(setup.place.path()), BTreeSet::from(["sync.c1z".to_owned()]));
    }
    for arguments in [&SYNC[..], &RESUMABLE] {
        let allowed = setup.sync(&[arguments, &["--allow-incomplete"]].concat()).output().unwrap();
        assert_exit(&allowed, 6);
        assert_warnings(&allowed, &lines);
        assert_same(&setup, &lines, &[], "partial");
        fs::remove_file(setup.path("opened.db")).unwrap();
    }
    // When it is complete again it is full, whether gaps are allowed or not.
    let setup = odd_company();
    assert_exit(&setup.sync(&[&SYNC[..], &["--allow-incomplete"]].concat()).output().unwrap(), 0);
    assert_same(&setup, &Lines::read(&setup, &[]), &[], "full");
}

#[test]
fn a_file_of_many_killed_processes_is_that_of_one_that_was_not() {
    let setup = MockAndFolder::new();
    // It is complete, so that the file is one of a full sync.
    let incomplete = Lines::read(&setup, &[]).of("warning").values().any(|line| line["incomplete"] == true);
    let arguments = [&RESUMABLE[..], &["--allow-incomplete"]].concat();
    let mut processes = 1;
    let output = loop {
        match run_and_kill(setup.sync(&arguments), &setup.path("cursor"), 1 + processes % 3) {
            Some(output) => break output,
            None => assert!(!setup.path("sync.c1z").exists(), "half of it took its place"),
        }
        processes += 1;
    };
    assert!(processes > 3, "only {processes} processes");
    assert_exit(&output, if incomplete { 6 } else { 0 });
    assert_eq!(names(setup.place.path()), BTreeSet::from(["sync.c1z".to_owned()]));
    assert_same(&setup, &Lines::read(&setup, &[]), &[], if incomplete { "partial" } else { "full" });
}

#[test]
fn an_outdated_cursor_starts_again_with_nothing_of_before() {
    let setup = MockAndFolder::new();
    let arguments = [&RESUMABLE[..], &["--allow-incomplete"]].concat();
    assert!(run_and_kill(setup.sync(&arguments), &setup.path("cursor"), 12).is_none());
    setup.mock.change(|account| account.groups.truncate(20));
    let lines = Lines::read(&setup, &[]);
    let output = setup.sync(&arguments).output().unwrap();
    assert!(text(&output.stderr).contains("starts again"), "{}", text(&output.stderr));
    let incomplete = lines.of("warning").values().any(|line| line["incomplete"] == true);
    assert_exit(&output, if incomplete { 6 } else { 0 });
    assert_same(&setup, &lines, &[], if incomplete { "partial" } else { "full" });
}

#[test]
fn a_failed_or_killed_sync_leaves_the_file_of_yesterday() {
    let setup = MockAndFolder::new();
    fs::write(setup.path("sync.c1z"), "of yesterday").unwrap();
    let refused = setup.sync(&SYNC).env("CLOUDFLARE_API_TOKEN", "wrong").output().unwrap();
    assert_exit(&refused, 3);
    assert_eq!(names(setup.place.path()), BTreeSet::from(["sync.c1z".to_owned()]));

    let mut process = setup.sync(&SYNC).spawn().unwrap();
    let database = loop {
        let beside = names(setup.place.path()).into_iter().find(|name| name.ends_with(".partial"));
        if let Some(database) = beside.map(|name| setup.path(&name)) {
            break database;
        }
        assert!(process.try_wait().unwrap().is_none(), "it ended without a draft");
    };
    assert!(wait_for_changes(&database, &mut process, 3));
    process.kill().unwrap();
    process.wait().unwrap();
    assert_eq!(setup.read("sync.c1z"), "of yesterday");
    assert!(database.exists(), "nobody was left to tidy up");
}

#[test]
fn what_can_not_be_is_said_before_anything_is_read() {
    let setup = odd_company();
    for (arguments, said) in [
        (&["--format", "c1z"][..], "--format c1z needs --output"),
        (&["--format", "jsonl", "--allow-incomplete"], "--allow-incomplete is for --format c1z"),
        (&["--format", "c1z", "--output", "x", "--table", "grants"], "--table needs --format csv"),
        (&["--format", "xlsx"], "c1z"),
    ] {
        let output = setup.sync(arguments).output().unwrap();
        assert_exit(&output, 2);
        assert!(text(&output.stderr).contains(said), "{}", text(&output.stderr));
    }
    fs::create_dir(setup.path("sync.c1z")).unwrap();
    let output = setup.sync(&SYNC).output().unwrap();
    assert_exit(&output, 2);
    assert!(text(&output.stderr).contains("--output: it is a directory"), "{}", text(&output.stderr));
    assert!(setup.mock.requests_by_route().is_empty());
    assert!(setup.path("sync.c1z").is_dir());
}
