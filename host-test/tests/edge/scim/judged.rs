//! The judges: scim2-tester and scim-sanity, which others wrote, ask the service everything that they know.

use super::{BASE, TOKEN, account};
use crate::asking::Edge;
use host_test::mock::Options;
use serde_json::Value;
use std::path::{Path, PathBuf};
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
