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

/// Checks of scim2-tester that the service doesn't pass: the type, a part of the reason, and why.
const NOT_PASSED: [(&str, &str, &str); 4] = [
    ("User", "externalId", "the tester writes it to every resource, and Cloudflare has no place for it"),
    ("User", "no member of the Cloudflare account", "it gives roles to a new user, who is no account member"),
    ("User", "extension:cloudflare:2.0:User", "it writes an extension that is read-only as a whole"),
    ("Group", "Groups aren't created", "groups are created in Cloudflare's dashboard"),
];

#[tokio::test]
pub async fn scim2_tester_finds_only_what_is_known_with_everything_on() {
    let (edge, url) = service("true", "true").await;
    let Some((_, lines)) = tested(&url, &["--types", "User,Group"]).await else { return };
    let failed = failed(&lines);
    let is_known = |(of, _, reason): &&(&str, &str, &str)| {
        NOT_PASSED.iter().any(|(known, part, _)| of == known && reason.contains(part))
    };
    let unknown: Vec<_> = failed.iter().filter(|failed| !is_known(failed)).collect();
    assert!(unknown.is_empty(), "{unknown:#?}");
    for (of, part, why) in NOT_PASSED {
        let is_left = failed.iter().any(|(failed, _, reason)| *failed == of && reason.contains(part));
        assert!(is_left, "passed now: {of}, {part}, {why}");
    }
    assert!(lines.len() - failed.len() > 35, "{} of {}", failed.len(), lines.len());
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
const REFUSED: [(&str, &str); 3] = [
    ("GET /Users/{id} after PUT", "a name is the person's own: Cloudflare takes none from others"),
    (
        "GET /Users/{id} after PATCH",
        "somebody who never had access isn't inactive: Cloudflare has no such state",
    ),
    ("POST /Groups", "Cloudflare keeps no group without an include rule"),
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
