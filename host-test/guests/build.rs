//! Builds this same package, and the host's example connector, as components. The native library
//! gets their paths as `<NAME>_WASM`.

#[path = "../build/component.rs"]
mod component;
#[path = "../build/encode.rs"]
mod encode;

use component::{Artifact, Component, DIRECTORY};
use std::path::Path;

fn main() {
    // Cargo runs this script for the guest too.
    if std::env::var("CARGO_CFG_TARGET_FAMILY").is_ok_and(|family| family == "wasm") {
        println!("cargo:rerun-if-changed=build.rs");
        return;
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for input in [
        "wit",
        "Cargo.toml",
        "Cargo.lock",
        "host-test/guests",
        "host-test/host/people-csv",
        "host-test/build",
    ] {
        println!("cargo:rerun-if-changed={}", root.join(input).display());
    }
    for (name, package, features) in [
        ("HOSTILE", "guests", &[][..]),
        ("WANTS_FILES", "guests", &["filesystem"][..]),
        ("WANTS_SOCKETS", "guests", &["sockets"][..]),
        ("PEOPLE_CSV", "people-csv", &[][..]),
    ] {
        let artifact = Artifact::Library(package);
        let guest = Component { package, artifact, features, default_features: true, directory: DIRECTORY };
        println!("cargo:rustc-env={name}_WASM={}", guest.build(&root).display());
    }
    let artifact = Artifact::Module("guests");
    let module = Component {
        package: "guests",
        artifact,
        features: &[],
        default_features: true,
        directory: DIRECTORY,
    };
    println!("cargo:rustc-env=HOSTILE_PLUGIN_WASM={}", encode::plugin(&module.build(&root)).display());
}
