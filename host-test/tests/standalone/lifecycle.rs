//! People who join and leave.

use super::support::{Process, company};
use host_test::mock::{Account, Mock};
use serde_json::{Value, json};

const GRACE: &str = "grace.whitfield@northwind.example";
const NEW: &str = "new.colleague@northwind.example";

fn lines(output: &str) -> Vec<Value> {
    output.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn has_member(mock: &Mock, address: &str) -> bool {
    mock.read(|account| account.members.iter().any(|member| member.address() == Some(address)))
}

#[tokio::test]
async fn somebody_joins_and_somebody_leaves() {
    let mock = company().await;
    let role = mock.read(|account: &Account| account.roles[0].id.clone());
    let invited = Process::new(&["invite", NEW, "--role", &role, "--format", "jsonl"]).of(&mock).run().await;
    invited.assert_exit(0);
    assert_eq!(lines(&invited.stdout)[0]["created"][0]["kind"], "member");
    assert!(has_member(&mock, NEW));

    let plan = Process::new(&["offboard", GRACE, "--dry-run"]).of(&mock).run().await;
    plan.assert_exit(0);
    assert!(
        plan.stdout.starts_with("What still lets grace.whitfield@northwind.example in, after"),
        "{}",
        plan.stdout
    );
    assert!(has_member(&mock, GRACE));
    let done = Process::new(&["offboard", GRACE]).of(&mock).run().await;
    done.assert_exit(0);
    assert!(
        done.stdout.starts_with("What still lets grace.whitfield@northwind.example in\n"),
        "{}",
        done.stdout
    );
    assert!(done.stderr.contains(" ways in remain; "), "{}", done.stderr);
    assert!(!has_member(&mock, GRACE));
}

#[tokio::test]
async fn steps_come_from_standard_input_too() {
    let mock = company().await;
    let step = json!({"step": "add-user", "address": NEW}).to_string();
    let list = [step.clone(), json!({"step": "free-seat", "id": {"kind": "group", "id": "g"}}).to_string()];
    let output = Process::new(&["apply", "--file", "-"]).of(&mock).input(&list.join("\n")).run().await;
    output.assert_exit(1);
    for part in ["✓ applied: add the user new.colleague@", "✗ invalid-argument: free the seat of group:g"]
    {
        assert!(output.stdout.contains(part), "{part} is missing from {}", output.stdout);
    }
    let requests = mock.request_count();
    let broken = format!("{step}\n{{\"step\":\"nope\"}}");
    let output = Process::new(&["apply", "--file", "-"]).of(&mock).input(&broken).run().await;
    output.assert_exit(1);
    assert!(output.stderr.contains("standard input, line 2: "), "{}", output.stderr);
    assert_eq!(mock.request_count(), requests);
}

#[tokio::test]
async fn a_mistake_is_told_before_anything_is_asked() {
    let mock = company().await;
    let names = Process::new(&["sync", "--format", "jsonl"]).of(&mock).run().await;
    names.assert_exit(0);
    let before = mock.request_count();
    for (arguments, input, told) in [
        (&["remove", GRACE][..], "", "give user:… or member:…; offboard ADDRESS --dry-run shows"),
        (&["offboard", "usr:1"], "", "perhaps you mean user:…"),
        (&["offboard", "Grace Whitfield"], "", "\"user:Some name\""),
        (&["free-seat", "user:Grace Whitfield"], "", "It doesn't have the form of an id of the kind user."),
        (&["add-user", "grace@"], "", "no plain address in ASCII"),
        (
            &["offboard", "user:Grace Whitfeld", "--names", "-"],
            names.stdout.as_str(),
            "Near to it: “Grace Whitfield”.",
        ),
        (
            &["offboard", GRACE, "--keep", "group:Finanze", "--names", "-"],
            names.stdout.as_str(),
            "Near to it: “Finance”.",
        ),
    ] {
        let output = Process::new(arguments).of(&mock).input(input).run().await;
        output.assert_exit(1);
        assert!(output.stderr.contains(told), "{arguments:?}: {}", output.stderr);
        assert_eq!(output.stdout, "");
    }
    assert_eq!(mock.request_count(), before);
    let nobody =
        Process::new(&["offboard", "grace.whitfeld@northwind.example", "--dry-run"]).of(&mock).run().await;
    nobody.assert_exit(0);
    assert!(nobody.stdout.starts_with("This account has nothing under grace.whitfeld@"), "{}", nobody.stdout);
}
