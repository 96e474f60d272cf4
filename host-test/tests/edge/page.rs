//! The commands of the page about the service work as they stand there, in their order.

use crate::asking::{Edge, TOKEN};
use host_test::mock::{Account, DEMO_TOKEN, Options};
use std::process::{Command, Stdio};

const PAGE: &str = include_str!("../../pages/edge.md");
/// The address at which the page serves.
const ADDRESS: &str = "127.0.0.1:8080";
/// Prints the status behind each answer.
const SHOW_STATUS: &str = r#"curl() { command curl -w '\n= %{http_code} %{url}\n' "$@"; }"#;

/// Returns the shell's blocks: one that starts the service, and one that asks it.
fn blocks() -> [&'static str; 2] {
    let blocks = PAGE.split("```sh\n").skip(1).map(|block| block.split("\n```").next().unwrap());
    blocks.collect::<Vec<_>>().try_into().expect("two blocks")
}

/// Returns the variables that a block exports, or that it gives to the service.
fn names<'a>(block: &'a str, before: &str, behind: &[char]) -> Vec<&'a str> {
    let mut names: Vec<&str> = block
        .split(before)
        .skip(1)
        .map(|rest| rest.split(behind).next().unwrap())
        .filter(|name| name.starts_with("CLOUDFLARE_") || name.starts_with("CONNECTOR_"))
        .collect();
    names.sort_unstable();
    names
}

#[tokio::test]
pub async fn its_commands_work_as_they_stand() {
    if Command::new("curl").arg("--version").stdout(Stdio::null()).status().is_err() {
        eprintln!("SKIPPED: curl isn't on the path");
        return;
    }
    let [start, ask] = blocks();
    // The service gets what the page's command line gives it, and no more.
    let given = names(start, "--env ", &[' ', '\n']);
    let exports: String =
        start.lines().filter(|line| line.starts_with("export ")).collect::<Vec<_>>().join(" ");
    assert_eq!(given, names(&exports, " ", &['=']), "each variable is exported and passed on");
    assert!(start.contains(&format!("--addr {ADDRESS}")) && ask.contains(&format!("url=http://{ADDRESS}")));
    let known = [
        "CLOUDFLARE_ACCOUNT_ID",
        "CLOUDFLARE_API_TOKEN",
        "CONNECTOR_TOKEN",
        "CONNECTOR_PROVISIONING",
        "CONNECTOR_LIFECYCLE",
    ];
    assert!(given.iter().all(|name| known.contains(name)), "{given:?}");
    let not_given = known.into_iter().filter(|name| !given.contains(name)).map(|name| (name, ""));
    let edge = Edge::with(Account::company(), Options::default(), &not_given.collect::<Vec<_>>()).await;
    let before = edge.mock.account();

    let ask = ask.replace(ADDRESS, &edge.server.address.to_string());
    let script = format!("set -eu -o pipefail\n{SHOW_STATUS}\n{ask}\n");
    let mut shell = Command::new("bash");
    shell.arg("-c").arg(script).env("CONNECTOR_TOKEN", TOKEN);
    let done = tokio::task::spawn_blocking(move || shell.output()).await.unwrap().unwrap();
    let (shown, errors) = (String::from_utf8(done.stdout).unwrap(), String::from_utf8(done.stderr).unwrap());
    assert!(done.status.success() && errors.is_empty(), "{errors}\n{shown}");
    let asked: Vec<&str> = shown.lines().filter_map(|line| line.strip_prefix("= ")).collect();
    for answer in &asked {
        assert!(answer.starts_with("200 "), "{answer}\n{shown}");
    }
    let paths: Vec<&str> = asked.iter().filter_map(|answer| answer.split('/').next_back()).collect();
    let (group, app) = (&before.groups.last().unwrap().id, &before.applications.last().unwrap().id);
    let first = ["healthz", "manifest", "openapi.json", "validate", "sync"];
    let then = [group, app, "held", "wanted", "apply", "steps", "offboard"];
    assert_eq!(paths, [&first[..], &then].concat());
    assert!(shown.contains(r#""status":"planned""#) && shown.contains("ann@corp.example"), "{shown}");
    for secret in [TOKEN, DEMO_TOKEN] {
        assert!(!shown.contains(secret));
    }
    assert_eq!(edge.mock.account(), before);
    // Every route of the table was asked.
    let table = PAGE.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    let routes: Vec<&str> =
        table.filter(|cell| matches!(cell.split(' ').next(), Some("GET" | "POST"))).collect();
    let by_id = ["/resources/", "/principals/"].map(|of| asked.iter().filter(|it| it.contains(of)).count());
    assert_eq!(by_id, [2, 1]);
    assert_eq!(routes.len(), paths.len() - 1, "{routes:?}");
}
