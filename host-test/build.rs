//! Builds the connector's components, so that `cargo run` and `cargo test` need no step before them.
//! The crate gets their paths as `MANAGER_WASM`, `CONNECTOR_WASM`, `READER_WASM` and `STANDALONE_WASM`, and
//! that of the contract, as a WIT package, as `CONTRACT_WASM`.

#[path = "build/component.rs"]
mod component;
#[path = "build/contract.rs"]
mod contract;
#[path = "build/encode.rs"]
mod encode;
#[path = "build/label.rs"]
mod label;

use component::{Artifact, Component};
use label::Label;
use std::path::Path;

const PACKAGE: &str = "cloudflare-zero-trust-connector";
/// The directory of the components that are built beside the others.
const BESIDE: &str = "component-beside";

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for input in ["src", "wit", "Cargo.toml", "Cargo.lock"] {
        println!("cargo:rerun-if-changed={}", root.join(input).display());
    }
    for script in ["build.rs", "build"] {
        println!("cargo:rerun-if-changed={script}");
    }
    // The optimiser takes a minute for each, and uses one processor.
    std::thread::scope(|scope| {
        scope.spawn(|| {
            plugin(&root, component::DIRECTORY, "MANAGER", &["lifecycle"], &label::MANAGER);
            plugin(&root, component::DIRECTORY, "CONNECTOR", &["provision"], &label::CONNECTOR);
        });
        scope.spawn(|| {
            standalone(&root, BESIDE);
            plugin(&root, BESIDE, "READER", &[], &label::READER);
        });
    });
    let (contract, version) = contract::package(&root.join("wit"));
    println!("cargo:rustc-env=CONTRACT_WASM={}", label::CONTRACT.put_on(&contract, &version).display());
}

/// Builds a plugin, and tells the crate its path.
fn plugin(root: &Path, directory: &str, variable: &str, features: &[&str], label: &Label) {
    let artifact = Artifact::Module("cloudflare_zero_trust");
    let module = Component { package: PACKAGE, artifact, features, default_features: false, directory };
    let plugin = label.put_on(&encode::plugin(&module.build(root)), label::VERSION);
    println!("cargo:rustc-env={variable}_WASM={}", plugin.display());
}

/// Builds the program that stands alone, and tells the crate its path.
fn standalone(root: &Path, directory: &str) {
    let artifact = Artifact::Program("cloudflare-zero-trust");
    let features = &["standalone"];
    let program = Component { package: PACKAGE, artifact, features, default_features: false, directory };
    let program = label::STANDALONE.put_on(&program.build(root), label::VERSION);
    println!("cargo:rustc-env=STANDALONE_WASM={}", program.display());
}
