//! What each plugin can do shows in what it imports and exports: a security engineer reads it from the file, and so does this.

use std::collections::BTreeSet;
use wasmtime::Engine;
use wasmtime::component::Component;
use wasmtime::component::types::ComponentItem;

const PLUGINS: [(&str, &[u8]); 2] = [("connector", host_test::CONNECTOR), ("reader", host_test::READER)];

/// The interface's name without its version.
fn unversioned(name: &str) -> String {
    name.split('@').next().unwrap_or_default().to_owned()
}

fn read(plugin: &[u8]) -> (Engine, Component) {
    let engine = Engine::default();
    let component = Component::new(&engine, plugin).unwrap();
    (engine, component)
}

fn exports(plugin: &[u8]) -> BTreeSet<String> {
    let (engine, component) = read(plugin);
    let exports = component.component_type();
    let interfaces =
        exports.exports(&engine).filter(|(_, item)| matches!(item.ty, ComponentItem::ComponentInstance(_)));
    interfaces.map(|(name, _)| name.to_owned()).collect()
}

fn of_the_contract(interfaces: &[&str]) -> BTreeSet<String> {
    interfaces.iter().map(|name| format!("iga:connector/{name}@0.1.0")).collect()
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
        let (engine, component) = read(plugin);
        let component = component.component_type();
        let imports: BTreeSet<String> = component.imports(&engine).map(|(name, _)| unversioned(name)).collect();
        assert_eq!(imports, expected.map(str::to_owned).into(), "{name}");
    }
}

#[test]
fn a_connector_exports_the_contract() {
    assert_eq!(exports(host_test::CONNECTOR), of_the_contract(&["connection", "provision", "sync", "types"]));
}

#[test]
fn a_reader_exports_no_provision() {
    assert_eq!(exports(host_test::READER), of_the_contract(&["connection", "sync", "types"]));
}
