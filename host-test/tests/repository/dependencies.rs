//! Every dependency is pinned, published, and under a licence that is allowed.

use crate::{read, top};
use serde_json::Value;
use std::process::Command;

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
