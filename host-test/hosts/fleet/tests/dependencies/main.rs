//! Every dependency of the fleet is pinned, published, and under a licence that the project allows.

use serde_json::Value;
use std::path::Path;
use std::process::Command;

/// The project's own packages.
const OURS: [&str; 4] = ["cloudflare-zero-trust-connector", "connector-host", "fleet", "host-test"];

fn read(path: impl AsRef<Path>) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Returns the licence that a package names. One that only brings a text is known by its first line.
fn licence(package: &Value) -> String {
    if let Some(licence) = package["license"].as_str() {
        return licence.to_owned();
    }
    let folder = Path::new(package["manifest_path"].as_str().unwrap()).parent().unwrap();
    let text = read(folder.join(package["license_file"].as_str().expect("a licence, or the text of one")));
    match text.lines().next() {
        Some("The MIT License") => "MIT".to_owned(),
        first => panic!("{}: a licence that begins with {first:?}", package["name"]),
    }
}

#[test]
fn every_dependency_is_pinned_published_and_licensed() {
    let list = read("../../../deny.toml");
    let (_, list) = list.split_once("allow = [").unwrap();
    let (list, _) = list.split_once(']').unwrap();
    let allowed: Vec<spdx::Licensee> =
        list.split('"').skip(1).step_by(2).map(|licence| spdx::Licensee::parse(licence).unwrap()).collect();
    let metadata = Command::new(env!("CARGO"))
        .args(["metadata", "--locked", "--format-version", "1"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(metadata.status.success(), "{}", String::from_utf8_lossy(&metadata.stderr));
    let metadata: Value = serde_json::from_slice(&metadata.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    for package in packages {
        let name = package["name"].as_str().unwrap();
        let licence = licence(package);
        let parsed = spdx::Expression::parse_mode(&licence, spdx::ParseMode::LAX).unwrap();
        let is_allowed = parsed.evaluate(|wanted| allowed.iter().any(|licensee| licensee.satisfies(wanted)));
        assert!(is_allowed, "{name} is under {licence}, which deny.toml doesn't allow");
        match package["source"].as_str() {
            None => assert!(OURS.contains(&name), "{name} comes from a directory"),
            Some(source) => {
                assert_eq!(source, "registry+https://github.com/rust-lang/crates.io-index", "{name}");
            }
        }
    }
    let checksums = read("Cargo.lock").matches("\nchecksum = ").count();
    assert_eq!(checksums, packages.len() - OURS.len(), "a package without a checksum");
}
