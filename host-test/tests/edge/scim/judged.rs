//! The judges: scim2-tester and scim-sanity, which others wrote, ask the service everything that they know.
//! scim2-client and scim2-cli, which programs and people use, do what they are for.

use super::dialects::id_of;
use super::{BASE, CAT, TOKEN, account, email};
use crate::asking::{Edge, ours};
use host_test::mock::Options;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

/// Returns a program of the judges, or `None` where they aren't installed and needn't be.
fn program(name: &str) -> Option<PathBuf> {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("hosts/scim/.venv/bin").join(name);
    if program.exists() {
        return Some(program);
    }
    let missing = "the judges of SCIM aren't installed: run host-test/hosts/install";
    assert!(std::env::var_os("HOSTS_REQUIRED").is_none(), "{missing}");
    eprintln!("skipped: {missing}");
    None
}

/// Starts the service with these switches. Returns it with its address.
async fn service(provisioning: &str, lifecycle: &str) -> (Edge, String) {
    let variables =
        [("SCIM_TOKEN", TOKEN), ("CONNECTOR_PROVISIONING", provisioning), ("CONNECTOR_LIFECYCLE", lifecycle)];
    let edge = Edge::with(account(), Options::default(), &variables).await;
    let url = format!("http://{}{BASE}", edge.server.address);
    (edge, url)
}

/// Runs scim2-tester. Returns a line for each check.
async fn tested(url: &str, arguments: &[&str]) -> Option<(bool, Vec<Value>)> {
    let check = Path::new(env!("CARGO_MANIFEST_DIR")).join("hosts/scim/check.py");
    let mut command = Command::new(program("python")?);
    command.arg(check).arg(url).args(arguments).env("SCIM_TOKEN", TOKEN);
    let output = command.output().await.unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(!lines.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    Some((output.status.success(), lines))
}

/// Returns the checks that failed: the type of the resource, the check, and the reason.
fn failed(lines: &[Value]) -> Vec<(&str, &str, &str)> {
    const GOOD: [&str; 4] = ["SUCCESS", "COMPLIANT", "ACCEPTABLE", "SKIPPED"];
    let failed = lines.iter().filter(|line| !GOOD.contains(&line["status"].as_str().unwrap()));
    failed.map(|line| (text(&line["type"]), text(&line["check"]), text(&line["reason"]))).collect()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[tokio::test]
pub async fn scim2_tester_finds_nothing_with_everything_on() {
    let (edge, url) = service("true", "true").await;
    let Some((passed, lines)) = tested(&url, &["--types", "User,Group"]).await else { return };
    assert!(passed && failed(&lines).is_empty(), "{:#?}", failed(&lines));
    assert!(lines.len() > 45, "{}", lines.len());
    edge.server.settle().await;
}

/// Roles are Cloudflare's own, so what would make, change or delete one is answered with 405. That leaves a
/// body unread, after which wasmtime's own server can close the connection under the client's next request.
#[tokio::test]
async fn scim2_tester_finds_of_roles_only_that_they_cannot_be_changed() {
    let _ours = ours();
    let (edge, url) = service("true", "true").await;
    let Some((_, lines)) = tested(&url, &["--types", "Role"]).await else { return };
    let failed = failed(&lines);
    assert_eq!(failed.len(), 11, "{failed:#?}");
    for (of, check, reason) in failed {
        assert!(of == "Role" && reason.contains("This path takes GET, HEAD."), "{check}: {reason}");
    }
    edge.server.settle().await;
}

#[tokio::test]
pub async fn scim2_tester_finds_nothing_in_what_is_told_of_a_service_that_only_reads() {
    for (provisioning, lifecycle) in [("", ""), ("true", "")] {
        let (edge, url) = service(provisioning, lifecycle).await;
        let Some((passed, lines)) = tested(&url, &["--tags", "discovery,misc"]).await else { return };
        assert!(passed && failed(&lines).is_empty(), "{:#?}", failed(&lines));
        assert!(lines.len() > 15, "{}", lines.len());
        edge.server.settle().await;
    }
}

/// It checks each request and each answer against the schemas that it has read.
#[tokio::test]
pub async fn scim2_client_reads_everybody_and_changes_a_group() {
    let (edge, url) = service("true", "true").await;
    let Some(python) = program("python") else { return };
    let walk = Path::new(env!("CARGO_MANIFEST_DIR")).join("hosts/scim/walk.py");
    let output = Command::new(python)
        .arg(walk)
        .args([&url, "Auditors"])
        .env("SCIM_TOKEN", TOKEN)
        .output()
        .await
        .unwrap();
    let told: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
    let everybody = ["ann@corp.example", "bob@corp.example", "cat@corp.example", "dee@partner.example"];
    let everybody = [&everybody[..], &["eve@corp.example"]].concat();
    let expected = json!({
        "by_cursor": everybody,
        "by_number": everybody,
        "unchanged": true,
        "members": [id_of("ann@corp.example")],
        "refused": {
            "late": [412, null],
            "unknown attribute": [400, "invalidFilter"],
            "nobody": [404, null],
        },
    });
    assert_eq!(told, expected);
    let include = edge.mock.read(|account| account.groups[2].include.clone().unwrap());
    assert_eq!(include, [email("ann@corp.example")]);
    edge.server.settle().await;
}

/// The command line makes its options of the schemas.
#[tokio::test]
pub async fn scim2_cli_makes_a_group_changes_it_and_deletes_it() {
    let (edge, url) = service("true", "true").await;
    let Some(program) = program("scim2") else { return };
    let ask = async |arguments: &[&str], input: &str| {
        let mut command = Command::new(&program);
        command.args(["--url", &url]).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
        command.stderr(Stdio::piped()).env("SCIM_CLI_HEADERS", format!("Authorization: Bearer {TOKEN}"));
        let mut asked = command.spawn().unwrap();
        asked.stdin.take().unwrap().write_all(input.as_bytes()).await.unwrap();
        let output = asked.wait_with_output().await.unwrap();
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        serde_json::from_slice(&output.stdout).unwrap_or(Value::Null)
    };
    let made = ask(&["create", "group", "--display-name", "Sales"], "").await;
    let id = made["id"].as_str().unwrap_or_else(|| panic!("{made}"));
    let operation = json!({"op": "add", "path": "members", "value": [{"value": CAT}]});
    let patch =
        json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [operation]});
    ask(&["modify", "group", id], &patch.to_string()).await;
    let shown = ask(&["query", "group", id], "").await;
    assert_eq!((&shown["displayName"], &shown["members"][0]["value"]), (&json!("Sales"), &json!(CAT)));
    ask(&["delete", "group", id], "").await;
    assert_eq!(edge.mock.read(|account| account.groups.len()), 3);
    edge.server.settle().await;
}

/// Checks of scim-sanity that the service fails on purpose, each with the reason.
const REFUSED: [(&str, &str); 5] = [
    ("GET /Users/{id} after PUT", "a name is the person's own: Cloudflare takes none from others"),
    (
        "GET /Users/{id} after PATCH",
        "somebody who never had access isn't inactive: Cloudflare has no such state",
    ),
    ("PATCH /Groups/{id}", "the answer is 204, as RFC 7644 (3.5.2) allows: members can be many"),
    ("PATCH /Groups/{id} add member", "the member's id is made up, and is no user's"),
    ("PATCH /Groups/{id} remove members", "the answer is 204 again"),
];

#[tokio::test]
pub async fn scim_sanity_finds_only_what_is_refused_on_purpose() {
    let (edge, url) = service("true", "true").await;
    let Some(program) = program("scim-sanity") else { return };
    let mut command = Command::new(program);
    command.args(["probe", &url, "--token", TOKEN, "--i-accept-side-effects", "--json-output"]);
    let output = command.args(["--user-domain", "people.example"]).output().await.unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
    let results = report["results"].as_array().unwrap_or_else(|| panic!("{report}"));
    let failed: Vec<&Value> = results.iter().filter(|result| result["status"] == "fail").collect();
    let names: Vec<&str> = failed.iter().map(|result| result["name"].as_str().unwrap()).collect();
    assert_eq!(names, REFUSED.map(|(name, _)| name), "{failed:#?}");
    edge.server.settle().await;
}
