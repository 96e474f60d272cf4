//! The components that are published, and the contract.

use super::{assert_exit, host_test, names, text};
use std::collections::BTreeSet;
use std::fs;
use wasm_metadata::{Metadata, Payload};
use wasmparser::{Parser, Payload as Section};

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
    let (contract, _) = host_test::CONTRACT;
    let expected = NAMES.map(|name| format!("{name}.wasm")).into_iter().chain([contract.to_owned()]);
    assert_eq!(names(&directory), expected.collect());
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
fn the_contract_has_each_interface_and_world_with_their_comments() {
    let (_, contract) = host_test::CONTRACT;
    let (mut names, mut comments) = (BTreeSet::new(), String::new());
    for section in Parser::new(0).parse_all(contract) {
        match section.unwrap() {
            Section::ComponentExportSection(exports) => {
                names.extend(exports.into_iter().map(|export| export.unwrap().name.name.to_owned()));
            }
            Section::CustomSection(section) if section.name() == "package-docs" => {
                comments = String::from_utf8_lossy(section.data()).into_owned();
            }
            _ => {}
        }
    }
    let (mut expected, mut version) = (BTreeSet::new(), String::new());
    for file in fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../wit")).unwrap() {
        for line in fs::read_to_string(file.unwrap().path()).unwrap().lines() {
            match line.split_once(' ') {
                Some(("interface" | "world", name)) => {
                    expected.insert(name.trim_end_matches(" {").to_owned());
                }
                Some(("package", package)) => {
                    version = package.trim_start_matches("iga:connector@").trim_end_matches(';').to_owned();
                }
                _ => {}
            }
        }
    }
    assert!(expected.contains("sync") && expected.contains("manager"), "{expected:?}");
    assert_eq!(names, expected);
    assert!(comments.contains("A connector that can only read."), "{comments}");
    let said = read(contract);
    assert_eq!(said.name.as_deref(), Some("iga:connector"));
    assert_eq!(said.version.unwrap().to_string(), version);
    assert_eq!(said.licenses.unwrap().to_string(), "Apache-2.0");
    assert!(said.description.unwrap().to_string().starts_with("The contract between"));
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
