//! Reads, and all messages of the command line.

use super::support::{CANARY, Process, by_our_host, company};
use host_test::mock::{Account, DEMO_TOKEN, Effect, Fault, Mock, Options, Size};
use std::sync::Arc;
use tokio::sync::Semaphore;

const COMMANDS: [&str; 14] = [
    "describe",
    "validate",
    "sync",
    "get",
    "held",
    "grant",
    "revoke",
    "apply",
    "invite",
    "add-user",
    "end-sessions",
    "free-seat",
    "remove",
    "offboard",
];

#[tokio::test]
async fn help_teaches() {
    let output = Process::new(&["--help"]).run().await;
    output.assert_exit(0);
    for part in COMMANDS.iter().chain(&["wasmtime run -S http --env", "Exit codes: 0", "opens no files"]) {
        assert!(output.stdout.contains(part), "{part} is missing from\n{}", output.stdout);
    }
    for command in COMMANDS {
        let output = Process::new(&[command, "--help"]).run().await;
        output.assert_exit(0);
        let example = format!("cloudflare-zero-trust.wasm \\\n    {command}");
        for part in
            ["Usage: cloudflare-zero-trust.wasm", &example, "Exit codes: 0 if all of it is done, otherwise 1"]
        {
            assert!(output.stdout.contains(part), "{part} is missing from\n{}", output.stdout);
        }
        assert!(command == "describe" || output.stdout.contains("CLOUDFLARE_API_TOKEN"), "{}", output.stdout);
    }
}

#[tokio::test]
async fn what_is_no_command_is_told() {
    for arguments in [&[][..], &["synk"], &["sync", "--api-token", CANARY], &["get", "ann"]] {
        let output = Process::new(arguments).run().await;
        output.assert_exit(1);
        assert!(output.stderr.contains("Usage:") || output.stderr.contains("KIND:ID"), "{}", output.stderr);
        assert_eq!(output.stdout, "");
    }
}

#[tokio::test]
async fn it_describes_itself_with_nothing_at_hand() {
    let output = Process::new(&["describe"]).run().await;
    output.assert_exit(0);
    for part in [
        "Cloudflare Zero Trust",
        "https://api.cloudflare.com",
        "account-id",
        "api-token",
        "api-key",
        "What it does for people who join and leave",
        "end-sessions",
        "Access: Organizations Revoke",
        "Zero Trust: Seats Edit",
    ] {
        assert!(output.stdout.contains(part), "{part} is missing from\n{}", output.stdout);
    }
}

#[tokio::test]
async fn each_request_is_shown_where_that_is_wanted() {
    let mock = company().await;
    let quiet = Process::new(&["sync"]).of(&mock).run().await;
    assert_eq!(quiet.stderr.matches("debug:").count(), 0, "{}", quiet.stderr);
    mock.forget_requests();
    let (message, headers) = ("Slow down.".to_owned(), vec![("retry-after".to_owned(), "1".to_owned())]);
    let effect = Effect::Status { status: 429, code: 971, message, headers };
    mock.inject(Fault::on("GET", "members", effect).at_attempt(1));
    let shown = Process::new(&["sync", "--log-requests"]).of(&mock).run().await;
    assert_eq!(shown.stdout, quiet.stdout);
    let answers = shown.stderr.matches(" ms, ").count();
    assert_eq!(answers as u64, mock.request_count(), "{}", shown.stderr);
    let members = "debug: GET /client/v4/accounts/{id}/members?page=1&per_page=50: ";
    for part in [&format!("{members}429 after "), &format!("{members}200 after "), "waits 1000 ms"] {
        assert!(shown.stderr.contains(part), "{part} is missing from\n{}", shown.stderr);
    }
    assert!(!shown.stderr.contains(DEMO_TOKEN), "{}", shown.stderr);
}

#[tokio::test]
async fn credentials_are_checked() {
    let mock = company().await;
    let good = Process::new(&["validate"]).of(&mock).run().await;
    good.assert_exit(0);
    assert_eq!(good.stdout.matches('✓').count(), 11 + 4 + 5, "{}", good.stdout);
    let bad = Process::new(&["validate"]).with_token(&mock, CANARY).run().await;
    bad.assert_exit(1);
    assert!(bad.stderr.contains("error: validating the credentials failed: "), "{}", bad.stderr);
    assert!(!format!("{}{}", bad.stdout, bad.stderr).contains(CANARY));
    let none = Process::new(&["validate"]).run().await;
    none.assert_exit(1);
    assert!(none.stderr.contains("no credentials") && none.stderr.contains("--env NAME"), "{}", none.stderr);
}

#[tokio::test]
async fn a_secret_comes_from_standard_input_too_and_from_no_file() {
    let mock = company().await;
    let account = mock.read(|account| account.id.clone());
    let base = mock.base_url();
    let arguments = ["validate", "--account-id", &account, "--base-url", &base, "--api-token-file"];
    let token = format!("{}\n", host_test::mock::DEMO_TOKEN);
    Process::new(&[&arguments[..], &["-"]].concat()).input(&token).run().await.assert_exit(0);
    let file = Process::new(&[&arguments[..], &["/etc/token"]].concat()).run().await;
    file.assert_exit(1);
    assert!(file.stderr.contains("/etc/token can't be read: this program opens no files"), "{}", file.stderr);
}

#[tokio::test]
async fn a_sync_is_that_of_our_own_host_line_by_line() {
    let generated = Account::generate(5, Size { users: 1_300, members: 120, groups: 40, roles: 55 });
    for account in [Account::company(), generated] {
        let mock = Mock::start(account, Options::default()).await.unwrap();
        let expected = by_our_host(&mock).await;
        let requests = mock.requests_by_route();
        mock.forget_requests();
        let output = Process::new(&["sync", "--format", "jsonl"]).of(&mock).run().await;
        assert!(output.stdout == expected, "{}", output.stderr);
        assert_eq!(mock.requests_by_route(), requests);
        let incomplete = expected.contains("\"incomplete\":true");
        output.assert_exit(i32::from(incomplete));
        assert_eq!(output.stderr.contains("data is missing"), incomplete);
    }
}

#[tokio::test]
async fn output_comes_page_by_page() {
    let account = Account::generate(5, Size { users: 30, members: 10, groups: 5, roles: 5 });
    let mock = Mock::start(account, Options::default()).await.unwrap();
    let gate = Arc::new(Semaphore::new(0));
    let waiting = Arc::clone(&gate);
    mock.hold(Box::new(move |_| {
        let gate = Arc::clone(&waiting);
        Box::pin(async move { gate.acquire().await.unwrap().forget() })
    }));
    let (written, running) = Process::new(&["sync", "--format", "jsonl"]).of(&mock).start();
    let running = tokio::spawn(running);
    let mut seen = 0;
    let mut steps = 0;
    while !running.is_finished() {
        gate.add_permits(1);
        steps += 1;
        // The output of this one request is written before the next one is answered.
        for _ in 0..2_000 {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
            if running.is_finished() || mock.request_count() > steps || written.stdout().len() > seen {
                break;
            }
        }
        let now = written.stdout().len();
        if now > seen && !running.is_finished() {
            seen = now;
        }
    }
    assert_eq!(running.await.unwrap(), 0);
    assert!(
        seen > 0 && seen < written.stdout().len(),
        "{seen} of {} bytes came early",
        written.stdout().len()
    );
}

#[tokio::test]
async fn csv_is_one_table_on_standard_output() {
    let mock = company().await;
    for (table, heading) in [
        (None, "id,entitlement,principal_kind,"),
        (Some("grants"), "id,entitlement,principal_kind,"),
        (Some("resources"), "kind,id,parent_kind,"),
        (Some("entitlements"), "id,on_kind,on_id,"),
        (Some("warnings"), "code,about_kind,about_id,"),
    ] {
        let table: Vec<&str> = table.into_iter().flat_map(|table| ["--table", table]).collect();
        let output = Process::new(&[&["sync", "--format", "csv"], &table[..]].concat()).of(&mock).run().await;
        output.assert_exit(0);
        assert!(output.stdout.starts_with(heading), "{table:?}: {}", output.stdout);
        let mut reader = csv::Reader::from_reader(output.stdout.as_bytes());
        assert!(reader.records().all(|row| row.is_ok()));
        // A warning is always shown.
        assert_eq!(output.stderr.is_empty(), table == ["--table", "warnings"], "{}", output.stderr);
    }
    let output = Process::new(&["sync", "--format", "jsonl", "--table", "grants"]).of(&mock).run().await;
    output.assert_exit(1);
    assert!(output.stderr.contains("--table needs --format csv"), "{}", output.stderr);
}

#[tokio::test]
async fn a_table_is_plain_and_for_a_person() {
    let mock = company().await;
    let output = Process::new(&["sync"]).of(&mock).run().await;
    output.assert_exit(0);
    for part in ["Accounts", "Groups and roles", "Who holds what, and why", "Warnings", "357 grants"] {
        assert!(output.stdout.contains(part), "{part} is missing from\n{}", output.stdout);
    }
    assert!(!output.stdout.contains('\x1b'));
}

#[tokio::test]
async fn one_resource_as_a_card_and_as_lines() {
    let mock = company().await;
    let group = mock.read(|account| account.groups[0].clone());
    let id = format!("group:{}", group.id);
    let card = Process::new(&["get", &id]).of(&mock).run().await;
    card.assert_exit(0);
    assert!(
        card.stdout.contains(&group.name) && card.stdout.contains("What can be held on it"),
        "{}",
        card.stdout
    );
    let lines = Process::new(&["get", &id, "--format", "jsonl"]).of(&mock).run().await;
    lines.assert_exit(0);
    assert!(lines.stdout.contains(&format!("\"entitlement\":\"{id}:member\"")), "{}", lines.stdout);
    let none = Process::new(&["get", "user:00000000-0000-4000-8000-000000000000"]).of(&mock).run().await;
    none.assert_exit(1);
    assert!(none.stderr.contains("error: reading the resource failed: "), "{}", none.stderr);
}

#[tokio::test]
async fn everything_that_somebody_holds_as_a_table_and_as_lines() {
    let mock = company().await;
    let (user, name) = mock
        .read(|account| (format!("user:{}", account.users[0].id), account.users[0].name.clone().unwrap()));
    let card = Process::new(&["held", &user]).of(&mock).run().await;
    card.assert_exit(0);
    assert!(card.stdout.contains(&name) && card.stdout.contains("All staff"), "{}", card.stdout);
    let lines = Process::new(&["held", &user, "--format", "jsonl"]).of(&mock).run().await;
    lines.assert_exit(0);
    assert!(lines.stdout.contains("\"type\":\"grant\",\"id\":\"app:"), "{}", lines.stdout);
    let none = Process::new(&["held", "user:00000000-0000-4000-8000-000000000000"]).of(&mock).run().await;
    none.assert_exit(1);
    assert!(none.stderr.contains("error: reading what the principal holds failed: "), "{}", none.stderr);
}

#[tokio::test]
async fn only_wanted_kinds_are_read() {
    let mock = company().await;
    let output = Process::new(&["sync", "--kinds", "role,member", "--format", "jsonl"]).of(&mock).run().await;
    output.assert_exit(0);
    assert!(!output.stdout.contains("\"kind\":\"user\"") && output.stdout.contains("\"kind\":\"role\""));
    mock.forget_requests();
    let unknown = Process::new(&["sync", "--kinds", "rolls"]).of(&mock).run().await;
    unknown.assert_exit(1);
    let all = "identity-provider, group, policy, app, role, user-group, scoped-role, service-token, member, \
               user, email";
    assert!(unknown.stderr.contains(&format!("There are: {all}.")), "{}", unknown.stderr);
    assert_eq!(mock.request_count(), 0);
}
