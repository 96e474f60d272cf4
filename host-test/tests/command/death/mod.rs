//! Kills the process at random points, hundreds of times, and starts it again: the result is the
//! one of an uninterrupted process.
//!
//! `DEATHS` sets how often each of these tests kills, and `FAULT_SEED` chooses other points.

mod leaving;
mod reaper;

use super::setup::{MockAndFolder, run_and_kill};
use super::{names, text, written};
use cloudflare_zero_trust::output::csv;
use host_test::mock::{Account, DEMO_TOKEN, Options, Size};
use rand::RngExt;
use reaper::{DEATHS, Reaper, number};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Makes an account with something of everything in small pages, some of which the connector emits
/// in pieces.
fn setup() -> MockAndFolder {
    let mut account = Account::generate(17, Size { users: 90, members: 40, groups: 24, roles: 30 });
    for group in account.groups.iter_mut().take(3) {
        group.extra.insert("is_default".into(), json!("x".repeat(600 << 10)));
    }
    let max_per_page =
        ["access/users", "members", "roles", "access/groups"].map(|route| (route.to_owned(), 15));
    MockAndFolder::with(account, Options { max_per_page: max_per_page.into(), log: 0, ..Options::default() })
}

fn requests(setup: &MockAndFolder, work: impl FnOnce()) -> i64 {
    setup.mock.forget_requests();
    work();
    i64::try_from(setup.mock.request_count()).unwrap()
}

/// Returns the files of an output in either form.
fn contents(place: &Path) -> BTreeMap<String, String> {
    if place.is_dir() {
        let all = names(place).into_iter();
        return all.map(|name| (name.clone(), fs::read_to_string(place.join(name)).unwrap())).collect();
    }
    BTreeMap::from([(String::new(), fs::read_to_string(place).unwrap())])
}

fn assert_same(ours: &BTreeMap<String, String>, theirs: &BTreeMap<String, String>, context: &str) {
    assert_eq!(ours.keys().collect::<Vec<_>>(), theirs.keys().collect::<Vec<_>>(), "{context}");
    for (name, text) in theirs {
        let differs = ours[name].lines().zip(text.lines()).position(|(ours, theirs)| ours != theirs);
        assert_eq!(differs, None, "{name}: that line differs, {context}");
        assert_eq!(ours[name].len(), text.len(), "{name}, {context}");
    }
}

/// Asserts that a killed process left nothing that passes for a whole output, and nothing secret.
fn assert_half_done(setup: &MockAndFolder, context: &str) {
    let left = names(setup.place.path());
    let known =
        ["cursor", "cursor.new", "out.partial", "undisturbed-csv", "undisturbed-jsonl", "undisturbed-stats"];
    assert!(left.iter().all(|name| known.contains(&name.as_str())), "{left:?}, {context}");
    if left.contains("cursor") {
        let cursor = setup.read("cursor");
        assert!(!cursor.contains(DEMO_TOKEN), "{cursor}");
        serde_json::from_str::<Value>(&cursor)
            .unwrap_or_else(|error| panic!("{error}: {cursor:?}, {context}"));
    }
}

/// Runs many syncs that are killed again and again.
fn syncs_that_die(format: &str, salt: u64) {
    let setup = setup();
    let mut theirs = BTreeMap::new();
    let most = requests(&setup, || theirs = contents(&setup.undisturbed(format)));
    assert!(most > 12, "{most}");
    let arguments = ["--format", format, "--output", "out", "--cursor-file", "cursor"];
    let mut reaper = Reaper::new(&setup, salt);
    let (mut syncs, mut longest) = (0, 0);
    while reaper.left > 0 {
        syncs += 1;
        let deaths_before = reaper.killed;
        loop {
            // Processes with few requests need many lives.
            let life = reaper.random.random_range(3..most + 3);
            let moment = reaper.moment(life);
            let done = if reaper.left > 0 {
                reaper.run(setup.sync(&arguments), moment)
            } else {
                Some(reaper.spare(setup.sync(&arguments)))
            };
            let context = reaper.context(moment);
            if let Some(output) = done {
                assert!(matches!(output.status.code(), Some(0 | 6)), "{}, {context}", written(&output));
                assert!(
                    !text(&output.stderr).contains("starts again"),
                    "{}, {context}",
                    text(&output.stderr)
                );
                assert_same(&contents(&setup.path("out")), &theirs, &context);
                break;
            }
            if setup.path("out").exists() {
                // It died after its output was in place, and before its end: the output is whole.
                assert_same(&contents(&setup.path("out")), &theirs, &context);
                break;
            }
            assert_half_done(&setup, &context);
        }
        longest = longest.max(reaper.killed - deaths_before);
        remove(&setup.path("out"));
        // A process that died when all but this was done leaves it.
        remove(&setup.path("cursor"));
        assert!(!setup.path("out.partial").exists());
    }
    println!("{format}: {} deaths in {syncs} syncs, up to {longest} in one", reaper.killed);
    assert!(reaper.killed >= number("DEATHS", DEATHS));
}

fn remove(path: &Path) {
    if path.is_dir() {
        fs::remove_dir_all(path).unwrap();
    } else if path.exists() {
        fs::remove_file(path).unwrap();
    }
}

#[test]
fn json_lines_of_syncs_that_die() {
    syncs_that_die("jsonl", 1);
}

#[test]
fn csv_of_syncs_that_die() {
    syncs_that_die("csv", 2);
}

/// Makes many resources with content that a change must not lose, and a list of changes of all of
/// them.
fn changes(account: &mut Account) -> String {
    let mut lines = Vec::new();
    let mut change = |operation: &str, entitlement: String, kind: &str, id: &str| {
        let principal = json!({ "kind": kind, "id": id });
        lines.push(
            json!({ "operation": operation, "entitlement": entitlement, "principal": principal }).to_string(),
        );
    };
    let named = |address: &str| json!({"email": {"email": address}});
    let users: Vec<_> = account.users.iter().take(4).cloned().collect();
    for (number, group) in account.groups.iter_mut().enumerate() {
        let (gains, loses) = (&users[number % 2], &users[2 + number % 2]);
        let (gains, loses) = (gains.clone(), loses.email.clone().unwrap());
        group.include = Some(vec![
            json!({"quantum_badge": {"level": 1}}),
            named("stays@else.example"),
            named(&loses),
            json!({"geo": {"country_code": "NL"}}),
        ]);
        (group.exclude, group.require) = (None, Some(vec![json!({"ip": {"ip": "203.0.113.0/24"}})]));
        change("grant", format!("group:{}:member", group.id), "user", &gains.id);
        change("revoke", format!("group:{}:member", group.id), "email", &loses);
    }
    let roles = account.roles.clone();
    for at in 0..account.members.len() {
        let id = account.members[at].id.clone();
        let held = [&roles[0], &roles[1]];
        account.members[at].status = "accepted".to_owned();
        account.members[at].roles = held.iter().map(|role| role.id.clone()).collect();
        account.members[at].policies =
            held.iter().map(|role| account.account_wide_policy(&id, role)).collect();
        change("grant", format!("role:{}:assigned", roles[2].id), "member", &id);
        change("revoke", format!("role:{}:assigned", roles[0].id), "member", &id);
    }
    lines.join("\n")
}

/// Returns the account without the fields that Cloudflare sets.
fn timeless(mut account: Account) -> Account {
    account.groups.iter_mut().for_each(|group| group.updated_at = None);
    account
}

/// Asserts that each group and each member is as before or as it will be: nothing in between,
/// nothing lost.
fn assert_whole(now: &Account, before: &Account, after: &Account, context: &str) {
    for (at, group) in now.groups.iter().enumerate() {
        let is_whole = *group == before.groups[at] || *group == after.groups[at];
        assert!(is_whole, "a group is neither as it was nor as it is to be: {group:?}, {context}");
    }
    for (at, member) in now.members.iter().enumerate() {
        let is_whole = *member == before.members[at] || *member == after.members[at];
        assert!(is_whole, "a member is neither as it was nor as it is to be: {member:?}, {context}");
    }
    assert_eq!(
        (now.groups.len(), now.members.len()),
        (before.groups.len(), before.members.len()),
        "{context}"
    );
}

#[test]
fn changes_by_processes_that_die() {
    let mut account = Account::generate(23, Size { users: 12, members: 6, groups: 10, roles: 5 });
    let list = changes(&mut account);
    let setup = MockAndFolder::with(account, Options { log: 0, ..Options::default() });
    fs::write(setup.path("changes.jsonl"), list).unwrap();
    let apply = || setup.command(&["apply", "--file", "changes.jsonl", "--format", "jsonl"]);
    let original = setup.mock.account();
    let most = requests(&setup, || {
        let output = apply().output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", written(&output));
    });
    assert!(most > 40, "{most}");
    let (before, after) = (timeless(original.clone()), timeless(setup.mock.account()));
    assert!(
        before.groups.iter().zip(&after.groups).all(|(before, after)| before != after),
        "each has a change"
    );
    assert!(
        before.members.iter().zip(&after.members).all(|(before, after)| before != after),
        "each has a change"
    );

    let mut reaper = Reaper::new(&setup, 3);
    let (mut calls, mut half_done) = (0, 0);
    while reaper.left > 0 {
        calls += 1;
        setup.mock.change(|account| *account = original.clone());
        loop {
            let moment = reaper.moment(most);
            let done =
                if reaper.left > 0 { reaper.run(apply(), moment) } else { Some(reaper.spare(apply())) };
            let context = reaper.context(moment);
            setup.is_left();
            let now = timeless(setup.mock.account());
            assert_whole(&now, &before, &after, &context);
            let Some(output) = done else {
                half_done += u64::from(now != before && now != after);
                continue;
            };
            assert_eq!(output.status.code(), Some(0), "{}, {context}", written(&output));
            assert!(now == after, "it isn't what was meant, {context}");
            let statuses =
                text(&output.stdout).lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
            for outcome in statuses {
                assert!(
                    matches!(outcome["status"].as_str(), Some("applied" | "unchanged")),
                    "{outcome}, {context}"
                );
            }
            break;
        }
    }
    println!(
        "{} deaths in {calls} calls, {half_done} of them with a part of the changes done",
        reaper.killed
    );
    assert!(half_done > 0, "none died half-way");
}

/// Makes the cursor file of a sync that has read everything, and has only to put its output in
/// place.
fn all_is_read(setup: &MockAndFolder, output: &Path) -> String {
    let sealed: Value = serde_json::from_str(&setup.read("cursor")).unwrap();
    let mut state = sealed["state"].clone();
    let length = |path: &Path| json!(fs::metadata(path).unwrap().len());
    state["cursor"] = Value::Null;
    state["lengths"] = match output.is_dir() {
        true => csv::NAMES.iter().map(|name| length(&output.join(name))).collect(),
        false => json!([length(output)]),
    };
    let state = state.to_string();
    let sha256: String = Sha256::digest(&state).iter().map(|byte| format!("{byte:02x}")).collect();
    format!(r#"{{"form":{},"state":{state},"sha256":"{sha256}"}}"#, sealed["form"])
}

fn copy(from: &Path, to: &Path) {
    if !from.is_dir() {
        fs::copy(from, to).unwrap();
        return;
    }
    fs::create_dir(to).unwrap();
    for name in names(from) {
        fs::copy(from.join(&name), to.join(&name)).unwrap();
    }
}

/// The moments between the steps that replace an earlier output are too short to be hit by chance,
/// so each is made here.
#[test]
fn an_output_takes_its_place_whenever_its_process_died() {
    for format in ["jsonl", "csv"] {
        let setup = setup();
        let theirs = setup.undisturbed(format);
        let arguments = ["--format", format, "--output", "out", "--cursor-file", "cursor"];
        assert!(run_and_kill(setup.sync(&arguments), &setup.path("cursor"), 3).is_none());
        let cursor = all_is_read(&setup, &theirs);
        // The files of an earlier sync, here of an empty one.
        let earlier = setup.path("earlier");
        match format {
            "csv" => {
                fs::create_dir(&earlier).unwrap();
                csv::NAMES.iter().for_each(|name| fs::write(earlier.join(name), "id\r\n").unwrap());
            }
            _ => fs::write(&earlier, "{}\n").unwrap(),
        }
        let alone = [("out.partial", &theirs)];
        let (before, aside) = (
            [("out.partial", &theirs), ("out", &earlier)],
            [("out.partial", &theirs), ("out.previous", &earlier)],
        );
        let (after, last) = ([("out", &theirs), ("out.previous", &earlier)], [("out", &theirs)]);
        let mut moments = vec![&alone[..], &before];
        if format == "csv" {
            moments.extend([&aside[..], &after]);
        }
        moments.push(&last);
        for left in moments {
            for name in ["out", "out.partial", "out.previous"] {
                remove(&setup.path(name));
            }
            for (name, of) in left {
                copy(of, &setup.path(name));
            }
            fs::write(setup.path("cursor"), &cursor).unwrap();
            setup.mock.forget_requests();
            let output = setup.sync(&arguments).output().unwrap();
            assert!(matches!(output.status.code(), Some(0 | 6)), "{left:?}: {}", written(&output));
            assert_same(&contents(&setup.path("out")), &contents(&theirs), &format!("{left:?}"));
            // Pages that were read are not read again.
            let is_read = left.iter().any(|(name, _)| *name == "out.partial");
            assert_eq!(setup.mock.request_count() == 0, is_read, "{left:?}");
            assert!(!setup.path("cursor").exists() && !setup.path("out.partial").exists(), "{left:?}");
        }
    }
}

/// A process that died when everything was read had other facts than the next one.
#[test]
fn an_output_takes_its_place_only_with_the_facts_that_it_was_read_with() {
    let setup = setup();
    let provider = "0a0a0a0a-0000-4000-8000-000000000001";
    setup.mock.change(|account| {
        let rule = json!({"okta": {"name": "Of facts", "identity_provider_id": provider}});
        let group = account.groups.last_mut().unwrap();
        (group.include, group.exclude, group.require) = (Some(vec![rule]), None, None);
    });
    let with =
        |address: &str| format!("provider,group,address\n{provider},Of facts,{address}@partner.example\n");
    fs::write(setup.path("old.csv"), with("old")).unwrap();
    fs::write(setup.path("new.csv"), with("new")).unwrap();
    let sync = ["--format", "jsonl", "--output", "out", "--cursor-file", "cursor"];
    let facts = |file: &'static str| [&sync[..], &["--identities", file]].concat();
    let theirs = setup.path("theirs");
    let whole = setup.sync(&["--format", "jsonl", "--output", "theirs", "--identities", "old.csv"]).output();
    assert!(matches!(whole.unwrap().status.code(), Some(0 | 6)));
    assert!(run_and_kill(setup.sync(&facts("old.csv")), &setup.path("cursor"), 3).is_none());
    let cursor = all_is_read(&setup, &theirs);
    for (arguments, starts_again, named) in [
        (facts("old.csv"), false, Some("old@partner.example")),
        (facts("new.csv"), true, Some("new@partner.example")),
        (sync.to_vec(), true, None),
    ] {
        copy(&theirs, &setup.path("out.partial"));
        fs::write(setup.path("cursor"), &cursor).unwrap();
        let output = setup.sync(&arguments).output().unwrap();
        assert!(matches!(output.status.code(), Some(0 | 6)), "{}", written(&output));
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(told.contains("began with other facts"), starts_again, "{arguments:?}: {told}");
        let result = setup.read("out");
        for person in ["old@partner.example", "new@partner.example"] {
            assert_eq!(result.contains(person), named == Some(person), "{arguments:?}: {person}");
        }
        assert!(!setup.path("cursor").exists() && !setup.path("out.partial").exists());
    }
}
