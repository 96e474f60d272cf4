//! The imports and exports of each plugin show what it can do. A security engineer reads them from
//! the file, and so does this test.

use crate::common::interfaces::imports_and_exports;
use std::collections::BTreeSet;

const PLUGINS: [(&str, &[u8]); 3] =
    [("manager", host_test::MANAGER), ("connector", host_test::CONNECTOR), ("reader", host_test::READER)];

/// Returns the interface's name without its version.
fn unversioned(name: &str) -> String {
    name.split('@').next().unwrap_or_default().to_owned()
}

fn exports(plugin: &[u8]) -> BTreeSet<String> {
    let [_, exports] = imports_and_exports(plugin);
    exports
}

fn of_the_contract(interfaces: &[&str]) -> BTreeSet<String> {
    interfaces.iter().map(|name| format!("iga:connector/{name}@0.1.0")).collect()
}

fn imports(component: &[u8]) -> BTreeSet<String> {
    let [imports, _] = imports_and_exports(component);
    imports.iter().map(|name| unversioned(name)).collect()
}

#[test]
fn a_plugin_imports_io_clocks_and_http_alone() {
    let expected = [
        "wasi:clocks/monotonic-clock",
        "wasi:http/outgoing-handler",
        "wasi:http/types",
        "wasi:io/error",
        "wasi:io/poll",
        "wasi:io/streams",
    ];
    for (name, plugin) in PLUGINS {
        assert_eq!(imports(plugin), expected.map(str::to_owned).into(), "{name}");
    }
}

#[test]
fn a_connector_exports_the_contract() {
    assert_eq!(
        exports(host_test::CONNECTOR),
        of_the_contract(&["connection", "identities", "provision", "sync", "types", "verification"])
    );
}

#[test]
fn a_manager_also_exports_the_lifecycle() {
    let expected = ["connection", "identities", "lifecycle", "provision", "sync", "types", "verification"];
    assert_eq!(exports(host_test::MANAGER), of_the_contract(&expected));
}

#[test]
fn a_reader_exports_no_provision() {
    assert_eq!(exports(host_test::READER), of_the_contract(&["connection", "identities", "sync", "types"]));
}

#[test]
fn a_reader_has_at_most_640_kib_a_connector_800_and_a_manager_928() {
    let most = [928, 800, 640];
    for ((name, plugin), most) in PLUGINS.into_iter().zip(most) {
        assert!(plugin.len() <= most * 1024, "{name}: {} bytes", plugin.len());
    }
}

/// The program has a command line, and the interfaces that Rust's standard library needs for one.
/// It has no files, no sockets and no wall clock.
#[test]
fn the_program_that_stands_alone_imports_a_command_line_and_http() {
    let expected = [
        "wasi:cli/environment",
        "wasi:cli/exit",
        "wasi:cli/stderr",
        "wasi:cli/stdin",
        "wasi:cli/stdout",
        "wasi:cli/terminal-input",
        "wasi:cli/terminal-output",
        "wasi:cli/terminal-stderr",
        "wasi:cli/terminal-stdin",
        "wasi:cli/terminal-stdout",
        "wasi:clocks/monotonic-clock",
        "wasi:http/outgoing-handler",
        "wasi:http/types",
        "wasi:io/error",
        "wasi:io/poll",
        "wasi:io/streams",
        "wasi:random/insecure-seed",
    ];
    let unexpected: Vec<String> = imports(host_test::STANDALONE)
        .into_iter()
        .filter(|import| !expected.contains(&import.as_str()))
        .collect();
    assert!(unexpected.is_empty(), "{unexpected:?}");
}

#[test]
fn the_program_that_stands_alone_exports_the_contract_a_command_and_a_service() {
    let exports: BTreeSet<String> =
        exports(host_test::STANDALONE).iter().map(|name| unversioned(name)).collect();
    let contract = of_the_contract(&[
        "connection",
        "identities",
        "lifecycle",
        "provision",
        "sync",
        "types",
        "verification",
    ]);
    let mut expected: BTreeSet<String> = contract.iter().map(|name| unversioned(name)).collect();
    expected.extend(["wasi:cli/run".to_owned(), "wasi:http/incoming-handler".to_owned()]);
    assert_eq!(exports, expected);
}
