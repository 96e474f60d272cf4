//! Builds the connector's component, so that `cargo run` and `cargo test` need no step before them, and gives its path to the
//! crate as `COMPONENT_WASM`.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, exit};

const TARGET: &str = "wasm32-wasip2";
const PACKAGE: &str = "cloudflare-zero-trust-connector";
const ARTIFACT: &str = "cloudflare_zero_trust.wasm";

fn main() {
    let root = Path::new(&variable("CARGO_MANIFEST_DIR")).join("..");
    for input in ["src", "wit", "Cargo.toml", "Cargo.lock"] {
        println!("cargo:rerun-if-changed={}", root.join(input).display());
    }
    println!("cargo:rerun-if-changed=build.rs");

    if !target_is_installed() {
        install_target();
    }

    // Not the directory that the cargo above us has locked.
    let target_dir = target_dir().join("component");
    let mut build = Command::new(variable("CARGO"));
    build
        .args(["build", "--release", "--locked", "--lib"])
        .args(["--package", PACKAGE, "--target", TARGET])
        .arg("--manifest-path")
        .arg(root.join("Cargo.toml"))
        .arg("--target-dir")
        .arg(&target_dir);
    forget_outer_build(&mut build);
    match build.status() {
        Ok(status) if status.success() => {}
        Ok(_) => fail("the connector doesn't compile: see above"),
        Err(error) => fail(&format!("cargo can't be started: {error}")),
    }

    let component = target_dir.join(TARGET).join("release").join(ARTIFACT);
    if !component.is_file() {
        fail(&format!("the build left no component at {}", component.display()));
    }
    println!("cargo:rustc-env=COMPONENT_WASM={}", component.display());
}

/// `<target>/<profile>/build/<package>-<hash>/out` is where cargo puts a build script's output.
fn target_dir() -> PathBuf {
    let out = PathBuf::from(variable("OUT_DIR"));
    match out.ancestors().nth(4) {
        Some(dir) => dir.to_path_buf(),
        None => out,
    }
}

fn target_is_installed() -> bool {
    let printed = Command::new(variable("RUSTC")).args(["--print", "target-libdir", "--target", TARGET]).output();
    printed.is_ok_and(|output| {
        output.status.success() && Path::new(String::from_utf8_lossy(&output.stdout).trim()).is_dir()
    })
}

fn install_target() {
    let mut rustup = Command::new("rustup");
    rustup.args(["target", "add", TARGET]);
    let toolchain = env::var("RUSTUP_TOOLCHAIN").ok();
    if let Some(toolchain) = &toolchain {
        rustup.args(["--toolchain", toolchain]);
    }
    if !rustup.status().is_ok_and(|status| status.success()) {
        let toolchain = toolchain.map_or(String::new(), |name| format!(" --toolchain {name}"));
        fail(&format!(
            "the connector is built for {TARGET}, which this Rust toolchain lacks, and rustup could not add it. Run\n\n    \
             rustup target add {TARGET}{toolchain}\n\nor install the standard library for {TARGET} from where your Rust \
             comes from"
        ));
    }
}

/// Flags, wrappers (clippy's), targets and profiles are meant for the host's build. What says where crates come from is kept.
fn forget_outer_build(command: &mut Command) {
    const KEPT: [&str; 6] =
        ["CARGO_HOME", "CARGO_NET_", "CARGO_HTTP_", "CARGO_REGISTR", "CARGO_SOURCE_", "CARGO_TERM_"];
    const FORGOTTEN: [&str; 5] = ["RUSTFLAGS", "RUSTDOCFLAGS", "RUSTC_WRAPPER", "RUSTC_WORKSPACE_WRAPPER", "MAKEFLAGS"];
    for (name, _) in env::vars_os() {
        let Some(name) = name.to_str() else { continue };
        let of_cargo = name.starts_with("CARGO") && !KEPT.iter().any(|kept| name.starts_with(kept));
        if of_cargo || FORGOTTEN.contains(&name) {
            command.env_remove(name);
        }
    }
}

fn variable(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| fail(&format!("cargo sets no {name}")))
}

fn fail(message: &str) -> ! {
    eprintln!("error: {message}");
    exit(1);
}
