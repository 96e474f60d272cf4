//! Builds a package of this workspace as a component. It is a part of each build script that needs one.

use std::env;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, exit};

const TARGET: &str = "wasm32-wasip2";

/// What to build.
pub struct Component<'a> {
    pub package: &'a str,
    /// The library's name, as a file has it.
    pub artifact: &'a str,
    pub features: &'a [&'a str],
}

impl Component<'_> {
    /// Builds it in the workspace at `root`, and gives a copy's path: the next build of the package, with other features, overwrites
    /// what cargo leaves.
    pub fn build(&self, root: &Path) -> PathBuf {
        // Not the directory that the cargo above us has locked.
        let target_dir = target_dir().join("component");
        let _one_at_a_time = lock(&target_dir);
        if !target_is_installed() {
            install_target();
        }
        let mut build = Command::new(variable("CARGO"));
        build
            .args(["build", "--release", "--locked", "--lib"])
            .args(["--package", self.package, "--target", TARGET])
            .args(["--features", &self.features.join(",")])
            .arg("--manifest-path")
            .arg(root.join("Cargo.toml"))
            .arg("--target-dir")
            .arg(&target_dir);
        forget_outer_build(&mut build);
        match build.status() {
            Ok(status) if status.success() => {}
            Ok(_) => fail(&format!("{} doesn't compile: see above", self.package)),
            Err(error) => fail(&format!("cargo can't be started: {error}")),
        }
        let built = target_dir.join(TARGET).join("release").join(self.artifact);
        let name = [self.features, &[self.artifact]].concat().join("-");
        let component = PathBuf::from(variable("OUT_DIR")).join(name);
        match fs::copy(&built, &component) {
            Ok(_) => component,
            Err(error) => fail(&format!("the build left no component at {}: {error}", built.display())),
        }
    }
}

/// Cargo runs build scripts side by side, and neither rustup nor a copy of what cargo built expects that.
fn lock(target_dir: &Path) -> File {
    let locked = fs::create_dir_all(target_dir).and_then(|()| {
        let file = File::create(target_dir.join(".build-script-lock"))?;
        file.lock()?;
        Ok(file)
    });
    locked.unwrap_or_else(|error| fail(&format!("{} can't be locked: {error}", target_dir.display())))
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
