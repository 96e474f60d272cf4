//! What the component can do shows in what it imports: a security engineer reads it from the file, and so does this.

use std::collections::BTreeSet;
use wasmtime::Engine;
use wasmtime::component::Component;
use wasmtime::component::types::ComponentItem;

/// The interface's name without its version.
fn unversioned(name: &str) -> String {
    name.split('@').next().unwrap_or_default().to_owned()
}

fn component() -> (Engine, Component) {
    let engine = Engine::default();
    let component = Component::new(&engine, host_test::COMPONENT).unwrap();
    (engine, component)
}

#[test]
fn it_imports_http_and_what_std_takes_and_nothing_else() {
    let (engine, component) = component();
    let imports: BTreeSet<String> =
        component.component_type().imports(&engine).map(|(name, _)| unversioned(name)).collect();
    let allowed = [
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
    let unexpected: Vec<_> = imports.iter().filter(|import| !allowed.contains(&import.as_str())).collect();
    assert!(unexpected.is_empty(), "{unexpected:?}");
    assert!(imports.contains("wasi:http/outgoing-handler"), "a connector that can't send is no connector");
}

#[test]
fn it_exports_the_contract() {
    let (engine, component) = component();
    let exports: BTreeSet<String> = component
        .component_type()
        .exports(&engine)
        .filter(|(_, item)| matches!(item.ty, ComponentItem::ComponentInstance(_)))
        .map(|(name, _)| name.to_owned())
        .collect();
    let expected = ["connection", "provision", "sync", "types"].map(|name| format!("iga:connector/{name}@0.1.0"));
    assert_eq!(exports, BTreeSet::from(expected));
}
