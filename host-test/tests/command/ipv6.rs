//! An API on an address of IPv6.

use super::setup::MockAndFolder;
use super::{assert_exit, host_test, on_ipv6, text};
use host_test::mock::{Account, Recorded};
use std::io::{BufRead, BufReader};
use std::process::Stdio;

#[test]
fn an_account_on_ipv6_is_read_validated_and_changed() {
    let Some(options) = on_ipv6::options() else { return };
    let setup = MockAndFolder::with(Account::company(), options);
    assert!(setup.mock.base_url().starts_with("http://[::1]:"), "{}", setup.mock.base_url());
    assert_exit(&setup.command(&["validate"]).output().unwrap(), 0);
    let here = setup.sync(&["--format", "jsonl"]).output().unwrap();
    let there = MockAndFolder::company().sync(&["--format", "jsonl"]).output().unwrap();
    assert_eq!(here.status.code(), there.status.code());
    assert!(!here.stdout.is_empty() && here.stdout == there.stdout, "the lines are others");

    let group = setup.mock.read(|account| account.groups[0].id.clone());
    let entitlement = format!("group:{group}:member");
    let arguments = ["--entitlement", &entitlement, "--principal", "email:new.here@elsewhere.example"];
    let granted = setup.command(&[&["grant"], &arguments[..]].concat()).output().unwrap();
    assert_exit(&granted, 0);
    let host = format!("[::1]:{}", setup.mock.address().port());
    let requests: Vec<Recorded> = setup.mock.requests();
    assert!(requests.iter().any(|request| request.method == "PUT"));
    for request in requests {
        let sent = request.headers.iter().find(|(name, _)| name == "host").map(|(_, value)| value.as_deref());
        assert_eq!(sent, Some(Some(host.as_str())), "{} {}", request.method, request.path);
    }
}

#[test]
fn a_sync_on_ipv6_is_continued() {
    let Some(options) = on_ipv6::options() else { return };
    let setup = MockAndFolder::with(Account::company(), options);
    let arguments = ["--format", "jsonl", "--output", "out.jsonl", "--cursor-file", "cursor.json"];
    let whole = setup.undisturbed("jsonl");
    for _ in 0..2 {
        let output = setup.sync(&arguments).output().unwrap();
        assert!(matches!(output.status.code(), Some(0 | 6)), "{}", text(&output.stderr));
    }
    assert_eq!(std::fs::read(whole).unwrap(), std::fs::read(setup.path("out.jsonl")).unwrap());
}

#[test]
fn the_mock_listens_on_ipv6_and_on_no_network() {
    for address in ["0.0.0.0", "::", "192.0.2.7", "localhost"] {
        let output = host_test(&["mock", "--address", address]).output().unwrap();
        assert_exit(&output, 2);
        assert!(
            text(&output.stderr).contains("it is no address of this machine's loopback"),
            "{}",
            text(&output.stderr)
        );
    }
    if on_ipv6::options().is_none() {
        return;
    }
    let mut mock = host_test(&["mock", "--address", "::1"]).stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(mock.stdout.take().unwrap()).lines();
    let exported: Vec<(String, String)> = lines
        .map(Result::unwrap)
        .filter_map(|line| {
            let (name, value) = line.strip_prefix("export ")?.split_once('=')?;
            Some((name.to_owned(), value.to_owned()))
        })
        .take(3)
        .collect();
    let validated = host_test(&["validate"]).envs(exported.clone()).output().unwrap();
    mock.kill().unwrap();
    mock.wait().unwrap();
    assert!(exported[0].1.starts_with("http://[::1]:"), "{exported:?}");
    assert_exit(&validated, 0);
}
