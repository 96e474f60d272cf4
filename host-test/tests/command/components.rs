//! The components that are published.

use super::{assert_exit, host_test, names, text};
use std::collections::BTreeSet;
use std::fs;
use wasm_metadata::{Metadata, Payload};

const NAMES: [&str; 4] = [
    "cloudflare-zero-trust-connector",
    "cloudflare-zero-trust-manager",
    "cloudflare-zero-trust-reader",
    "cloudflare-zero-trust",
];

fn read(component: &[u8]) -> Metadata {
    match Payload::from_binary(component).unwrap() {
        Payload::Component { metadata, .. } => metadata,
        Payload::Module(_) => panic!("it is a core module"),
    }
}

#[test]
fn each_component_says_what_it_is() {
    let place = tempfile::tempdir().unwrap();
    let directory = place.path().join("made/for/this");
    let output = host_test(&["components", "--output", directory.to_str().unwrap()]).output().unwrap();
    assert_exit(&output, 0);
    assert_eq!(names(&directory), BTreeSet::from(NAMES.map(|name| format!("{name}.wasm"))));
    for name in NAMES {
        let file = format!("{name}.wasm");
        assert!(text(&output.stdout).contains(&file), "{}", text(&output.stdout));
        let said = read(&fs::read(directory.join(file)).unwrap());
        let shown = |value: Option<&dyn std::fmt::Display>| value.map_or(String::new(), ToString::to_string);
        assert_eq!(said.name.as_deref(), Some(name));
        assert_eq!(shown(said.version.as_ref().map(|it| it as _)), env!("CARGO_PKG_VERSION"), "{name}");
        assert_eq!(shown(said.licenses.as_ref().map(|it| it as _)), "Apache-2.0", "{name}");
        assert_eq!(shown(said.source.as_ref().map(|it| it as _)), env!("CARGO_PKG_REPOSITORY"), "{name}");
        let description = shown(said.description.as_ref().map(|it| it as _));
        assert!(description.contains("Cloudflare Zero Trust"), "{name}: {description}");
    }
}

#[test]
fn no_component_says_where_it_was_built() {
    // A path into the registry's sources is as long as a home directory, and is stored beside each
    // place that can panic.
    for (name, component) in host_test::COMPONENTS {
        let found = component.windows(9).any(|part| part == b"registry/" || part == b"index.cra");
        assert!(!found, "{name}");
    }
}
