//! Grants and revokes.

use super::support::{Process, company};
use host_test::mock::{Mock, Recorded};
use serde_json::{Value, json};

/// An address that no rule and no person has.
const NOBODY: &str = "nobody.at.all@elsewhere.example";

fn group(mock: &Mock, name: &str) -> String {
    mock.read(|account| account.groups.iter().find(|group| group.name == name).unwrap().id.clone())
}

fn rules(mock: &Mock, id: &str) -> Vec<Value> {
    let include = |group: &host_test::mock::Group| group.include.clone().unwrap_or_default();
    mock.read(|account| account.groups.iter().find(|group| group.id == id).map(include).unwrap())
}

fn lines(output: &str) -> Vec<Value> {
    output.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn puts(mock: &Mock) -> usize {
    mock.requests().iter().filter(|request: &&Recorded| request.method == "PUT").count()
}

#[tokio::test]
async fn a_grant_is_made_once_and_a_revoke_takes_it_away() {
    let mock = company().await;
    let id = group(&mock, "Finance");
    let before = rules(&mock, &id);
    let (entitlement, principal) = (format!("group:{id}:member"), format!("email:{NOBODY}"));
    let change = |verb: &str, more: &[&str]| {
        let arguments =
            [&[verb, "--entitlement", &entitlement, "--principal", &principal, "--format", "jsonl"], more]
                .concat();
        Process::new(&arguments).of(&mock)
    };
    let dry = change("grant", &["--dry-run"]).run().await;
    dry.assert_exit(0);
    assert_eq!(lines(&dry.stdout)[0]["status"], "planned");
    assert_eq!((rules(&mock, &id), puts(&mock)), (before.clone(), 0));

    for status in ["applied", "unchanged"] {
        let output = change("grant", &[]).run().await;
        output.assert_exit(0);
        assert_eq!(lines(&output.stdout)[0]["status"], status);
        let mut expected = before.clone();
        expected.push(json!({"email": {"email": NOBODY}}));
        assert_eq!(rules(&mock, &id), expected);
    }
    assert_eq!(puts(&mock), 1);
    let output = change("revoke", &[]).run().await;
    output.assert_exit(0);
    let removed = lines(&output.stdout)[0]["removed"].clone();
    assert_eq!(removed[0], json!(entitlement));
    // The group lets its members into an application.
    assert!(removed[1].as_str().is_some_and(|id| id.starts_with("app:")), "{removed}");
    assert_eq!(rules(&mock, &id), before);
    assert!(output.stderr.contains("1 applied; "), "{}", output.stderr);
}

#[tokio::test]
async fn a_list_of_changes_comes_from_standard_input() {
    let mock = company().await;
    let id = group(&mock, "Finance");
    let line = |operation: &str, principal: &str| {
        let principal = json!({"kind": "email", "id": principal});
        json!({"operation": operation, "entitlement": format!("group:{id}:member"), "principal": principal})
            .to_string()
    };
    let changes = [line("grant", NOBODY), line("grant", "not an address")].join("\n");
    let output = Process::new(&["apply", "--file", "-"]).of(&mock).input(&changes).run().await;
    output.assert_exit(1);
    assert!(output.stdout.contains("✓ applied: grant") && output.stdout.contains("✗ "), "{}", output.stdout);
    assert!(rules(&mock, &id).contains(&json!({"email": {"email": NOBODY}})));

    let requests = mock.request_count();
    for (arguments, input, told) in [
        (&["apply", "--file", "-"][..], "nope", "standard input, line 1: "),
        (
            &["apply", "--file", "changes.jsonl"],
            "",
            "changes.jsonl: it can't be read: this program opens no files",
        ),
        (&["apply", "--file", "-", "--api-token-file", "-"], "", "can't hold both"),
    ] {
        let output = Process::new(arguments).of(&mock).input(input).run().await;
        output.assert_exit(1);
        assert!(output.stderr.contains(told), "{}", output.stderr);
    }
    assert_eq!(mock.request_count(), requests, "nothing was sent");
}

#[tokio::test]
async fn a_report_that_nobody_reads_goes_to_standard_error_in_brief() {
    for format in ["table", "jsonl"] {
        let mock = company().await;
        let id = group(&mock, "Finance");
        let (entitlement, principal) = (format!("group:{id}:member"), format!("email:{NOBODY}"));
        let arguments =
            ["grant", "--entitlement", &entitlement, "--principal", &principal, "--format", format];
        let output = Process::new(&arguments).of(&mock).unread().run().await;
        output.assert_exit(1);
        assert_eq!(puts(&mock), 1);
        let applied = format!("applied: grant {entitlement} to {principal}");
        for part in ["error: the report of these changes is lost", &applied, "1 applied; "] {
            assert!(output.stderr.contains(part), "{part} is missing from {}", output.stderr);
        }
    }
}

#[tokio::test]
async fn more_changes_than_one_call_takes_are_refused_in_one_sentence() {
    let mock = company().await;
    let id = group(&mock, "Finance");
    let line = |n: usize| {
        let principal = json!({"kind": "email", "id": format!("p{n}@corp.example")});
        json!({"operation": "grant", "entitlement": format!("group:{id}:member"), "principal": principal})
            .to_string()
    };
    let changes: Vec<String> = (0..1_001).map(line).collect();
    let output = Process::new(&["apply", "--file", "-"]).of(&mock).input(&changes.join("\n")).run().await;
    output.assert_exit(1);
    assert_eq!((output.stdout.as_str(), output.stderr.lines().count()), ("", 1), "{}", output.stderr);
    assert!(output.stderr.contains("at most 1000 changes"), "{}", output.stderr);
    assert_eq!(mock.request_count(), 0);
}

#[tokio::test]
async fn the_log_of_requests_shows_nobody_s_address() {
    let mock = company().await;
    let id = group(&mock, "Finance");
    let (entitlement, principal) = (format!("group:{id}:member"), format!("email:{NOBODY}"));
    let arguments = ["grant", "--dry-run", "--log-requests", "--entitlement", &entitlement];
    let output = Process::new(&[&arguments[..], &["--principal", &principal]].concat()).of(&mock).run().await;
    let asked = mock
        .requests()
        .iter()
        .any(|request: &Recorded| request.query.as_deref().is_some_and(|query| query.contains("email=")));
    assert!(asked, "nobody is looked for by address: {}", output.stderr);
    let log: Vec<&str> = output.stderr.lines().filter(|line| line.starts_with("debug:")).collect();
    assert!(log.iter().any(|line| line.contains("/access/users?page=1")), "{log:?}");
    assert!(!log.iter().any(|line| line.contains("email") || line.contains('@')), "{log:?}");
}
