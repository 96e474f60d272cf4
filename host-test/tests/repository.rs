//! What stands in the repository's pages and lists is so.

use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &str) -> String {
    std::fs::read_to_string(top().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Tests by the files that they stand in, as the table of promises names them.
fn named_tests(page: &str) -> BTreeMap<&str, Vec<&str>> {
    let mut named: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let promises =
        page.lines().filter(|line| line.starts_with("| ")).filter_map(|line| line.rsplit(" | ").next());
    for cell in promises.filter(|cell| cell.contains(".rs`")) {
        let mut file = "";
        for word in cell.split('`').skip(1).step_by(2) {
            if word.ends_with(".rs") {
                file = word;
            } else {
                named.entry(file).or_default().push(word);
            }
        }
    }
    named
}

/// Whether a source has a test of this name.
fn has_test(source: &str, name: &str) -> bool {
    let Some(at) = source.find(&format!("fn {name}(")) else { return false };
    let attributes = source[..at].rsplit("\n\n").next().unwrap_or_default();
    attributes.contains("#[test") || attributes.contains("#[tokio::test")
}

#[test]
fn every_promise_has_its_test() {
    let page = read("SECURITY.md");
    let named = named_tests(&page);
    assert!(named.values().map(Vec::len).sum::<usize>() > 30, "the page lost its tests: {named:?}");
    for (file, tests) in named {
        let source = read(file);
        for test in tests {
            assert!(has_test(&source, test), "SECURITY.md names {test} of {file}, which has no such test");
        }
    }
}

#[test]
fn a_test_is_told_from_other_functions() {
    let source = "fn helper() {}\n\n#[test]\nfn a_promise() {\n    helper();\n}\n\n#[tokio::test]\nasync fn another() {}\n";
    assert!(has_test(source, "a_promise") && has_test(source, "another"));
    assert!(!has_test(source, "helper") && !has_test(source, "a_prom") && !has_test(source, "gone"));
    let page = "| promise | test |\n|---|---|\n| A `word`, | `a.rs` `one` `two`, `b.rs` `three` |\n";
    assert_eq!(named_tests(page), BTreeMap::from([("a.rs", vec!["one", "two"]), ("b.rs", vec!["three"])]));
}

/// The licences that `deny.toml` allows.
fn allowed() -> Vec<spdx::Licensee> {
    let list = read("deny.toml");
    let list = list
        .split_once("allow = [")
        .and_then(|(_, rest)| rest.split_once(']'))
        .expect("a list of licences")
        .0;
    list.split('"').skip(1).step_by(2).map(|licence| spdx::Licensee::parse(licence).unwrap()).collect()
}

fn is_allowed(licence: &str, allowed: &[spdx::Licensee]) -> bool {
    let licence = spdx::Expression::parse_mode(licence, spdx::ParseMode::LAX)
        .unwrap_or_else(|why| panic!("{licence}: {why}"));
    licence.evaluate(|wanted| allowed.iter().any(|licensee| licensee.satisfies(wanted)))
}

#[test]
fn every_dependency_is_pinned_published_and_licensed() {
    let metadata = Command::new(env!("CARGO"))
        .args(["metadata", "--locked", "--format-version", "1"])
        .current_dir(top())
        .output()
        .unwrap();
    assert!(metadata.status.success(), "{}", String::from_utf8_lossy(&metadata.stderr));
    let metadata: Value = serde_json::from_slice(&metadata.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let ours = ["cloudflare-zero-trust-connector", "connector-host", "guests", "host-test", "people-csv"];
    let allowed = allowed();
    for package in packages {
        let (name, licence) =
            (package["name"].as_str().unwrap(), package["license"].as_str().unwrap_or("none"));
        assert!(is_allowed(licence, &allowed), "{name} is under {licence}, which deny.toml doesn't allow");
        match package["source"].as_str() {
            None => assert!(ours.contains(&name), "{name} comes from a directory"),
            Some(source) => {
                assert_eq!(source, "registry+https://github.com/rust-lang/crates.io-index", "{name}");
            }
        }
    }
    let lock = read("Cargo.lock");
    assert_eq!(
        lock.matches("\nchecksum = ").count(),
        packages.len() - ours.len(),
        "a package without a checksum"
    );
}

#[test]
fn a_licence_that_is_not_listed_is_not_allowed() {
    let allowed = allowed();
    assert!(is_allowed("GPL-3.0-only OR MIT", &allowed) && is_allowed("MIT/Apache-2.0", &allowed));
    assert!(!is_allowed("GPL-3.0-only", &allowed) && !is_allowed("MIT AND GPL-3.0-only", &allowed));
}
