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
use std::path::Path;

const PACKAGE: &str = "cloudflare-zero-trust-connector";

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for input in ["src", "wit", "Cargo.toml", "Cargo.lock"] {
        println!("cargo:rerun-if-changed={}", root.join(input).display());
    }
    for script in ["build.rs", "build"] {
        println!("cargo:rerun-if-changed={script}");
    }
    for (variable, features, label) in [
        ("MANAGER", &["lifecycle"][..], &label::MANAGER),
        ("CONNECTOR", &["provision"], &label::CONNECTOR),
        ("READER", &[], &label::READER),
    ] {
        let artifact = Artifact::Module("cloudflare_zero_trust");
        let module = Component { package: PACKAGE, artifact, features, default_features: false }.build(&root);
        println!(
            "cargo:rustc-env={variable}_WASM={}",
            label.put_on(&encode::plugin(&module), label::VERSION).display()
        );
    }
    let artifact = Artifact::Program("cloudflare-zero-trust");
    let standalone =
        Component { package: PACKAGE, artifact, features: &["standalone"], default_features: false };
    println!(
        "cargo:rustc-env=STANDALONE_WASM={}",
        label::STANDALONE.put_on(&standalone.build(&root), label::VERSION).display()
    );
    let (contract, version) = contract::package(&root.join("wit"));
    println!("cargo:rustc-env=CONTRACT_WASM={}", label::CONTRACT.put_on(&contract, &version).display());
}
