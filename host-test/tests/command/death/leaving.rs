//! People who join and leave, by processes that die: whatever is printed by then is true, nothing is done
//! twice or out of its order, and the same command ends in the state of an undisturbed one.

use super::super::lifecycle::{member_of, user_of};
use super::super::setup::MockAndFolder;
use super::super::{text, written};
use super::reaper::Reaper;
use super::timeless;
use host_test::mock::{Account, DEMO_EMAIL, DEMO_KEY, Options};
use rand::RngExt;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

/// Somebody of whom the company has something of everything.
const LEAVER: &str = "priya.raman@northwind.example";
const JOINER: &str = "new.colleague@northwind.example";

/// One part of what a command does.
struct Part {
    /// Its word in an offboarding, or its line in a list.
    name: String,
    /// The parts of a stage are done when all those of earlier ones are.
    stage: usize,
    is_done: Box<dyn Fn(&Account) -> bool>,
}

/// A command that dies again and again.
struct Story {
    setup: MockAndFolder,
    arguments: Vec<String>,
    parts: Vec<Part>,
}

/// The end of an undisturbed run.
struct Undisturbed {
    account: Account,
    ways: BTreeSet<String>,
    /// The number of requests, and the places of the writes among them.
    requests: i64,
    writes: Vec<i64>,
}

impl Story {
    /// Makes the command, with one of the ways to authenticate.
    fn command(&self, with_key: bool) -> Command {
        let arguments: Vec<&str> = self.arguments.iter().map(String::as_str).collect();
        let mut command = self.setup.command(&arguments);
        if with_key {
            command.env_remove("CLOUDFLARE_API_TOKEN");
            command.env("CLOUDFLARE_EMAIL", DEMO_EMAIL).env("CLOUDFLARE_API_KEY", DEMO_KEY);
        }
        command
    }

    fn undisturbed(&self, with_key: bool) -> Undisturbed {
        self.setup.mock.forget_requests();
        let output = self.command(with_key).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", written(&output));
        let account = settled(self.setup.mock.account());
        let told = self.assert_true(text(&output.stdout), &account, "undisturbed");
        assert_eq!(told, self.parts.len(), "{}", written(&output));
        let sent = self.setup.mock.requests();
        let writes = (0..).zip(&sent).filter(|(_, request)| request.method != "GET").map(|(at, _)| at);
        Undisturbed {
            writes: writes.collect(),
            requests: i64::try_from(sent.len()).unwrap(),
            ways: ways(text(&output.stdout)),
            account,
        }
    }

    /// Asserts that the lines that a process has printed are true. Returns the number of parts among them.
    fn assert_true(&self, said: &str, now: &Account, context: &str) -> usize {
        // A killed process may have printed a part of its last line.
        let whole = said.rfind('\n').map_or("", |end| &said[..end]);
        let lines = whole.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let mut told = 0;
        for line in lines.filter(|line| line.get("status").is_some() || line["type"] == "error") {
            let name = line["word"].as_str().map_or_else(|| told.to_string(), str::to_owned);
            told += 1;
            let part = self.parts.iter().find(|part| part.name == name);
            let part = part.unwrap_or_else(|| panic!("{name} is no part: {line}, {context}"));
            let is_done = (part.is_done)(now);
            let is_true = match line["status"].as_str() {
                Some("applied" | "unchanged") => is_done,
                _ => line["kind"] == "indeterminate",
            };
            assert!(is_true, "done: {is_done}, and this was printed: {line}, {context}");
        }
        told
    }

    /// Asserts that no part is done before those of earlier stages. Returns the number of those that are
    /// done.
    fn assert_in_order(&self, now: &Account, context: &str) -> usize {
        let done = |part: &&Part| (part.is_done)(now);
        let last = self.parts.iter().filter(done).map(|part| part.stage).max().unwrap_or_default();
        let early: Vec<&str> = self
            .parts
            .iter()
            .filter(|part| part.stage < last && !done(part))
            .map(|part| part.name.as_str())
            .collect();
        assert!(early.is_empty(), "stage {last} has begun, and these aren't done: {early:?}, {context}");
        self.parts.iter().filter(done).count()
    }

    fn dies_and_ends_as_if_undisturbed(&self, salt: u64) {
        let original = self.setup.mock.account();
        let restore = || self.setup.mock.change(|account| *account = original.clone());
        let [expected, by_key] = [false, true].map(|with_key| {
            let undisturbed = self.undisturbed(with_key);
            restore();
            undisturbed
        });
        assert_eq!(expected.account, by_key.account, "both ways to authenticate end in the same state");
        assert_eq!(expected.ways, by_key.ways);
        assert!(self.parts.iter().all(|part| !(part.is_done)(&original)), "each part has something to do");
        self.setup.mock.configure(|options| options.log = 0);

        let mut reaper = Reaper::new(&self.setup, salt);
        let (mut calls, mut half_done, mut spoke) = (0, 0, 0);
        while reaper.left > 0 {
            calls += 1;
            restore();
            loop {
                let with_key = reaper.random.random_bool(0.5);
                let usual = if with_key { &by_key } else { &expected };
                let moment = match reaper.random.random_range(0..4) {
                    0 => reaper.moment(usual.requests),
                    // It dies when it tells what it did.
                    1 => reaper.moment_at(&[usual.requests - 2], usual.requests),
                    _ => reaper.moment_at(&usual.writes, usual.requests),
                };
                let command = self.command(with_key);
                let done =
                    if reaper.left > 0 { reaper.run(command, moment) } else { Some(reaper.spare(command)) };
                let context = format!("{}, with the key: {with_key}", reaper.context(moment));
                self.setup.is_left();
                let now = settled(self.setup.mock.account());
                let count = self.assert_in_order(&now, &context);
                assert_nobody_is_there_twice(&now, &context);
                let Some(output) = done else {
                    half_done += u64::from(count > 0 && count < self.parts.len());
                    spoke += u64::from(self.assert_true(&reaper.said, &now, &context) > 0);
                    continue;
                };
                assert_eq!(output.status.code(), Some(0), "{}, {context}", written(&output));
                self.assert_true(text(&output.stdout), &now, &context);
                assert_eq!(ways(text(&output.stdout)), expected.ways, "{context}");
                assert!(now == expected.account, "it isn't what was meant, {context}: {now:#?}");
                break;
            }
        }
        println!(
            "{} deaths in {calls} calls, {half_done} of them with a part done, {spoke} after it was told",
            reaper.killed
        );
        assert!(half_done > 0, "none died half-way");
    }
}

/// The ways in that a process has told, without those that don't lead in: what may bring the person back
/// depends on what this process took away itself.
fn ways(said: &str) -> BTreeSet<String> {
    let lines = said.lines().filter(|line| line.starts_with(r#"{"type":"way""#));
    lines.filter(|line| !line.contains(r#""certainty":"returning""#)).map(str::to_owned).collect()
}

/// Returns the account once deletions have ended, without what differs between two runs that do the same.
fn settled(mut account: Account) -> Account {
    account.finish_deletions();
    account.created = 0;
    // An end of sessions that was asked for again ends nothing more.
    account.revoked.dedup();
    for member in account.members.iter_mut().filter(|member| member.address() == Some(JOINER)) {
        "made".clone_into(&mut member.id);
        member.policies.iter_mut().for_each(|policy| "made".clone_into(&mut policy.id));
    }
    for user in account.users.iter_mut().filter(|user| user.email.as_deref() == Some(JOINER)) {
        "made".clone_into(&mut user.id);
        (user.uid, user.created_at, user.updated_at) = (None, None, None);
    }
    account.user_groups.iter_mut().for_each(|group| group.modified_on.clear());
    timeless(account)
}

fn assert_nobody_is_there_twice(now: &Account, context: &str) {
    let members = now.members.iter().filter(|member| member.address() == Some(JOINER)).count();
    let users = now.users.iter().filter(|user| user.email.as_deref() == Some(JOINER)).count();
    assert!(members <= 1 && users <= 1, "{members} invitations and {users} users, {context}");
}

/// The ids of the groups that name an address in their include.
fn groups_with(account: &Account, address: &str) -> Vec<String> {
    let own = json!({ "email": { "email": address } });
    let names = |group: &&host_test::mock::Group| group.include.iter().flatten().any(|rule| *rule == own);
    account.groups.iter().filter(names).map(|group| group.id.clone()).collect()
}

fn has_user(account: &Account, address: &str) -> bool {
    account.users.iter().any(|user| user.email.as_deref() == Some(address))
}

fn has_member(account: &Account, address: &str) -> bool {
    account.members.iter().any(|member| member.address() == Some(address))
}

fn has_seat(account: &Account, address: &str) -> bool {
    let mut users = account.users.iter().filter(|user| user.email.as_deref() == Some(address));
    users.any(|user| user.access_seat == Some(true) || user.gateway_seat == Some(true))
}

/// The leaver's accounts, groups and user groups.
struct Leaver {
    user: String,
    member: String,
    groups: Vec<String>,
    user_groups: Vec<String>,
}

impl Leaver {
    fn of(setup: &MockAndFolder) -> Leaver {
        let (user, (member, _)) = (user_of(setup, LEAVER).unwrap(), member_of(setup, LEAVER).unwrap());
        setup.mock.read(|account| {
            let user_groups = account.user_groups_of(&member).map(|group| group.id.clone()).collect();
            Leaver { groups: groups_with(account, LEAVER), user_groups, user, member }
        })
    }

    /// The parts that take everything away, with their names, from this stage on.
    fn parts(&self, names: [String; 4], stage: usize) -> Vec<Part> {
        let done: [fn(&Account) -> bool; 4] = [
            |account| account.sessions_of(LEAVER).is_empty(),
            |account| !has_seat(account, LEAVER),
            |account| !has_member(account, LEAVER),
            |account| !has_user(account, LEAVER),
        ];
        let parts = names.into_iter().zip(done).zip(stage..);
        parts.map(|((name, is_done), stage)| Part { name, stage, is_done: Box::new(is_done) }).collect()
    }

    /// A part that takes the leaver out of a group.
    fn left(name: String, group: &str) -> Part {
        let group = group.to_owned();
        let is_done = Box::new(move |now: &Account| !groups_with(now, LEAVER).contains(&group));
        Part { name, stage: 0, is_done }
    }
}

#[test]
fn offboardings_by_processes_that_die() {
    let setup = MockAndFolder::with(Account::company(), Options::default());
    let leaver = Leaver::of(&setup);
    let mut parts: Vec<Part> =
        leaver.groups.iter().map(|group| Leaver::left(format!("group:{group}"), group)).collect();
    for group in leaver.user_groups.clone() {
        let member = leaver.member.clone();
        let name = format!("user-group:{group}");
        let is_done = move |now: &Account| now.user_groups_of(&member).all(|it| it.id != group);
        parts.push(Part { name, stage: 1, is_done: Box::new(is_done) });
    }
    let accounts = [format!("member:{}", leaver.member), format!("user:{}", leaver.user)];
    let [member, user] = accounts;
    parts.extend(leaver.parts(["sessions".to_owned(), "seat".to_owned(), member, user], 2));
    let arguments = ["offboard", LEAVER, "--format", "jsonl"].map(str::to_owned).into();
    Story { setup, arguments, parts }.dies_and_ends_as_if_undisturbed(4);
}

#[test]
fn lists_with_steps_by_processes_that_die() {
    let setup = MockAndFolder::with(Account::company(), Options::default());
    let leaver = Leaver::of(&setup);
    let (user, member) =
        (json!({"kind": "user", "id": leaver.user}), json!({"kind": "member", "id": leaver.member}));
    let (finance, role) = setup.mock.read(|account| {
        let finance = account.groups.iter().find(|group| group.name == "Finance").unwrap();
        (finance.id.clone(), account.roles[1].id.clone())
    });
    // The leaver goes before the joiner comes, and the accounts before their groups: that is not the order
    // in which it is done.
    let mut lines = vec![
        json!({"step": "end-sessions", "id": {"kind": "email", "id": LEAVER}}),
        json!({"step": "free-seat", "id": user}),
        json!({"step": "remove", "id": member}),
        json!({"step": "remove", "id": user}),
    ];
    let at = |line: usize| line.to_string();
    let mut parts = leaver.parts([at(0), at(1), at(2), at(3)], 2);
    let mut add = |line: Value, stage: usize, is_done: Box<dyn Fn(&Account) -> bool>| {
        parts.push(Part { name: at(lines.len()), stage, is_done });
        lines.push(line);
    };
    let invitation =
        json!({"step": "invite", "address": JOINER, "entitlements": [format!("role:{role}:assigned")]});
    add(invitation, 1, Box::new(|now| has_member(now, JOINER)));
    add(json!({"step": "add-user", "address": JOINER}), 1, Box::new(|now| has_user(now, JOINER)));
    let change = |operation: &str, group: &str, address: &str| {
        let principal = json!({"kind": "email", "id": address});
        let entitlement = format!("group:{group}:member");
        json!({"operation": operation, "entitlement": entitlement, "principal": principal})
    };
    for group in &leaver.groups {
        let of = group.clone();
        let is_done = move |now: &Account| !groups_with(now, LEAVER).contains(&of);
        add(change("revoke", group, LEAVER), 0, Box::new(is_done));
    }
    let of = finance.clone();
    add(change("grant", &finance, JOINER), 0, Box::new(move |now| groups_with(now, JOINER).contains(&of)));
    let list: Vec<String> = lines.iter().map(Value::to_string).collect();
    fs::write(setup.path("list.jsonl"), list.join("\n")).unwrap();
    let arguments = ["apply", "--file", "list.jsonl", "--format", "jsonl"].map(str::to_owned).into();
    Story { setup, arguments, parts }.dies_and_ends_as_if_undisturbed(5);
}
