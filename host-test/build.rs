//! Builds the connector's component, so that `cargo run` and `cargo test` need no step before them, and gives its path to the
//! crate as `COMPONENT_WASM`.

#[path = "build/component.rs"]
mod component;

use component::Component;
use std::path::Path;

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for input in ["src", "wit", "Cargo.toml", "Cargo.lock"] {
        println!("cargo:rerun-if-changed={}", root.join(input).display());
    }
    for script in ["build.rs", "build"] {
        println!("cargo:rerun-if-changed={script}");
    }
    let connector =
        Component { package: "cloudflare-zero-trust-connector", artifact: "cloudflare_zero_trust.wasm", features: &[] };
    println!("cargo:rustc-env=COMPONENT_WASM={}", connector.build(&root).display());
}
