//! The promises of wasmCloud: its host runs the program's file as it is, lets it go where the manifest
//! says, and a sync there is the sync of our own host.

mod host;
mod manifest;
mod nats;

use crate::setup::MockAndOwnHost;
use crate::tools::{Tool, are_installed};
use host::{CONNECTOR_TOKEN, Cloud};
use host_test::mock::{Account, DEMO_TOKEN, Options, Size};
use http::StatusCode;
use manifest::{component, manifest};
use serde_json::{Value, json};

#[test]
fn the_manifest_for_wasmcloud_names_the_program_and_its_origins() {
    let mut manifest = manifest();
    assert_eq!(manifest["kind"], "WorkloadDeployment");
    let interfaces = &manifest["spec"]["template"]["spec"]["hostInterfaces"];
    let handler = ["namespace", "package"].map(|name| interfaces[0][name].as_str().unwrap());
    assert_eq!((handler, &interfaces[0]["interfaces"]), (["wasi", "http"], &json!(["incoming-handler"])));
    let component = component(&mut manifest);
    let image = format!("ghcr.io/OWNER/cloudflare-zero-trust:{}", env!("CARGO_PKG_VERSION"));
    assert_eq!(component["image"], image);
    let origins = MockAndOwnHost::new(Account::company()).manifest().origins;
    assert_eq!(component["localResources"]["allowedHosts"], json!(origins));
}

#[test]
fn wasmcloud_syncs_as_our_host_does_and_goes_only_where_the_manifest_says() {
    if !are_installed(&[Tool::Wash, Tool::NatsServer, Tool::DockerRegistry]) {
        return;
    }
    let size = Size { users: 230, members: 110, groups: 40, roles: 60 };
    let max_per_page = ["access/users", "members", "roles", "access/groups"];
    let max_per_page = max_per_page.map(|route| (route.to_owned(), 20)).into();
    let account = Account::generate(4, size);
    let setup = MockAndOwnHost::with(account, Options { max_per_page, ..Options::default() });
    let (expected, requests) = (setup.lines(), setup.requests());
    let other = MockAndOwnHost::new(Account::company());
    let mut cloud = Cloud::start();

    // The names of the manifest, which are for people, are replaced by those of this test.
    let with = |name: &str, allowed_hosts: Value| {
        let mut manifest = manifest();
        manifest["spec"]["template"]["spec"]["hostInterfaces"][0]["config"]["host"] = json!(name);
        let component = component(&mut manifest);
        let resources = &mut component["localResources"];
        if !allowed_hosts.is_null() {
            resources["allowedHosts"] = allowed_hosts;
        }
        let id = setup.mock.read(|account| account.id.clone());
        let settings = json!({ "CLOUDFLARE_ACCOUNT_ID": id, "CLOUDFLARE_BASE_URL": setup.mock.base_url() });
        resources["environment"]["config"] = settings;
        manifest
    };
    let allowed = format!("http://{}", setup.mock.address());
    cloud.deploy("northwind", with("northwind.example", json!([allowed])));
    let answer = cloud.sync("northwind.example");
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    let last = answer.body.lines().last().unwrap_or_default();
    assert!(last.starts_with(r#"{"type":"end","requests":"#), "{last}");
    assert_eq!(records(&answer.body), records(&expected));
    assert_eq!(setup.requests(), requests);

    // As the manifest stands in the repository, and with another port of the same machine.
    let elsewhere = format!("http://{}", other.mock.address());
    for (name, allowed_hosts) in [("as-it-is", Value::Null), ("elsewhere", json!([elsewhere]))] {
        let host = format!("{name}.example");
        cloud.deploy(name, with(&host, allowed_hosts));
        let answer = cloud.sync(&host);
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{name}: {answer:?}");
        assert_eq!(
            (&answer.json["kind"], &answer.json["retryable"]),
            (&json!("unavailable"), &json!(false)),
            "{answer:?}"
        );
        let message = answer.json["message"].as_str().unwrap();
        assert!(message.contains("the host doesn't allow this request"), "{message}");
        assert!(
            message.contains("the host and port of base-url (or else to the manifest's origins)"),
            "{message}"
        );
    }
    assert_eq!((setup.requests(), other.requests()), (vec![], vec![]));
    let log = cloud.log();
    assert!(!log.contains(DEMO_TOKEN) && !log.contains(CONNECTOR_TOKEN), "{log}");
}

/// Returns the records of a sync, in an order of their own.
fn records(lines: &str) -> Vec<&str> {
    let is_record = |line: &&str| {
        let of_the_stream = [r#"{"type":"cursor","#, r#"{"type":"end","#];
        !of_the_stream.iter().any(|beginning| line.starts_with(beginning))
    };
    let mut records: Vec<&str> = lines.lines().filter(is_record).collect();
    records.sort_unstable();
    records
}
