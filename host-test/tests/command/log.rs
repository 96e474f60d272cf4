//! The debug log shows where the time of a sync goes, and no secret.

use super::setup::MockAndFolder;
use super::{CANARY, assert_exit, text};
use host_test::mock::{Account, Effect, Fault, Options, RateLimit, Token};
use serde_json::Value;

/// Makes a mock whose answers are slow to come and wrong at first: one is limited, one fails.
fn troubled() -> MockAndFolder {
    let echo = vec![("retry-after".to_owned(), "1".to_owned()), ("x-echo".to_owned(), CANARY.to_owned())];
    let status = |status, headers| Effect::Status { status, code: 971, message: CANARY.to_owned(), headers };
    let options = Options {
        tokens: vec![Token::new(CANARY)],
        max_per_page: [("members".to_owned(), 5)].into(),
        rate_limit: Some(RateLimit { quota: 1200, window: 300 }),
        faults: vec![
            Fault::on("GET", "access/users", status(429, echo)).at_attempt(1),
            Fault::on("GET", "members", status(503, Vec::new())).at_page(2).at_attempt(1),
        ],
        ..Options::default()
    };
    MockAndFolder::with(Account::company(), options)
}

fn sync(setup: &MockAndFolder, level: &str, format: &str) -> (String, Value) {
    let arguments = ["--format", "jsonl", "--output", "out", "--stats", "stats"];
    let log = ["--log-level", level, "--log-format", format];
    let mut command = setup.sync(&[&arguments[..], &log].concat());
    let output = command.env("CLOUDFLARE_API_TOKEN", CANARY).output().unwrap();
    assert!(matches!(output.status.code(), Some(0 | 6)), "{}", text(&output.stderr));
    (text(&output.stderr).to_owned(), serde_json::from_str(&setup.read("stats")).unwrap())
}

/// The events of a log in JSON with this message.
fn events(log: &str, message: &str) -> Vec<Value> {
    let lines = log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let fields = lines.map(|line| line["fields"].clone());
    fields.filter(|fields| fields["message"] == message).collect()
}

#[test]
fn each_request_each_retry_and_each_wait_is_a_line() {
    let setup = troubled();
    let (log, stats) = sync(&setup, "debug", "json");
    let answered = events(&log, "a request was answered");
    assert_eq!(answered.len() as u64, stats["requests"].as_u64().unwrap(), "{log}");
    let bytes: u64 = answered.iter().map(|line| line["bytes"].as_u64().unwrap()).sum();
    assert_eq!(bytes, stats["bytes_in"].as_u64().unwrap());
    for (route, requests) in stats["requests_by_route"].as_object().unwrap() {
        let route = route.trim_start_matches("GET ");
        let is_it = |line: &&Value| {
            let asked = line["route"].as_str().unwrap().trim_start_matches("GET client/v4/");
            asked == route || asked.strip_prefix("accounts/{id}/") == Some(route)
        };
        let lines = answered.iter().filter(is_it).count();
        assert_eq!(lines as u64, requests.as_u64().unwrap(), "{route}");
    }
    let limited: Vec<&Value> = answered.iter().filter(|line| line["status"] == 429).collect();
    assert_eq!(limited.len(), 1);
    assert_eq!((&limited[0]["retry_after_s"], &limited[0]["attempt"]), (&Value::from(1), &Value::from(1)));
    let again: Vec<&Value> = answered.iter().filter(|line| line["attempt"] == 2).collect();
    assert_eq!(again.len(), 2, "{again:?}");
    assert!(again.iter().all(|line| line["status"] == 200), "{again:?}");
    let users = again.iter().find(|line| line["route"].as_str().unwrap().ends_with("users")).unwrap();
    assert!(users["waited_ms"].as_u64() >= Some(1000), "{users}");
    let members = again.iter().find(|line| line["route"].as_str().unwrap().ends_with("members")).unwrap();
    assert_eq!(members["query"], "page=2&per_page=50");
    let waits: Vec<u64> =
        events(&log, "the connector waits").iter().map(|line| line["ms"].as_u64().unwrap()).collect();
    assert!(waits.len() == 2 && waits.contains(&1000), "{waits:?}");
    let ahead = answered.iter().filter(|line| line["under_way"].as_u64() > Some(1)).count();
    assert!(ahead > 0, "pages are sent ahead");
    assert!(events(&log, "a call ended").iter().any(|line| line["call"] == "read"));
}

#[test]
fn no_level_and_no_form_shows_a_secret_or_an_id() {
    for level in ["off", "error", "warn", "info", "debug", "trace"] {
        for format in ["text", "json"] {
            let setup = troubled();
            let (log, _) = sync(&setup, level, format);
            assert!(!log.contains(CANARY), "{log}");
            let account = setup.mock.read(|account| account.id.clone());
            assert!(!log.contains(&account), "{log}");
            let shows = matches!(level, "debug" | "trace");
            assert_eq!(log.contains("GET client/v4/accounts/{id}/members"), shows, "{level}: {log}");
        }
    }
}

#[test]
fn a_token_in_the_place_of_an_id_is_in_no_line() {
    let setup = troubled();
    // A token that looks like one is refused before anything is asked.
    let mut command = setup.command(&["get", &format!("user:{CANARY}"), "--log-level", "trace"]);
    let output = command.output().unwrap();
    assert_exit(&output, 3);
    let lines = text(&output.stderr).lines().filter(|line| line.contains("DEBUG")).collect::<Vec<_>>();
    assert!(lines.iter().any(|line| line.contains("access/users/{id}")), "{lines:?}");
    assert!(!lines.iter().any(|line| line.contains(CANARY)), "{lines:?}");
}

#[test]
fn a_card_and_a_plan_in_any_case() {
    let setup = MockAndFolder::company();
    let (group, user) =
        setup.mock.read(|account| (account.groups[0].id.clone(), account.users[0].id.clone()));
    for asked in [format!("group:{}", group.to_uppercase()), format!("user:{}", user.to_uppercase())] {
        let output = setup.command(&["get", &asked]).output().unwrap();
        assert_exit(&output, 0);
        let shown = text(&output.stdout);
        assert!(shown.contains(&asked.to_lowercase()), "{asked}: {shown}");
    }
    let entitlement = |id: &str| format!("group:{id}:member");
    let principal = |id: &str| format!("user:{id}");
    let plan = |entitlement: &str, principal: &str| {
        let arguments = ["grant", "--entitlement", entitlement, "--principal", principal, "--dry-run"];
        let output = setup.command(&arguments).output().unwrap();
        (output.status.code(), text(&output.stdout).to_lowercase())
    };
    let known = plan(&entitlement(&group), &principal(&user));
    assert_eq!(plan(&entitlement(&group.to_uppercase()), &principal(&user.to_uppercase())), known);
    assert!(known.1.contains("unchanged"), "{}", known.1);
}
