//! Builds a package of this workspace as a component. It is a part of each build script that needs
//! one.

use std::env;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, exit};

/// The workspace's, for components.
const PROFILE: &str = "component";

/// What to build.
pub struct Component<'a> {
    pub package: &'a str,
    pub artifact: Artifact<'a>,
    pub features: &'a [&'a str],
    pub default_features: bool,
}

/// What is made of a package.
pub enum Artifact<'a> {
    /// A component of the library with this name.
    #[allow(dead_code, reason = "this file is a part of two build scripts")]
    Library(&'a str),
    /// The library's core module alone, which needs to be encoded as a component: it imports
    /// nothing for Rust's standard library.
    #[allow(dead_code, reason = "this file is a part of two build scripts")]
    Module(&'a str),
    /// A component of the program with this name.
    #[allow(dead_code, reason = "this file is a part of two build scripts")]
    Program(&'a str),
}

impl Artifact<'_> {
    fn target(&self) -> &'static str {
        match self {
            Artifact::Library(_) | Artifact::Program(_) => "wasm32-wasip2",
            Artifact::Module(_) => "wasm32-unknown-unknown",
        }
    }

    /// A library that is also an `rlib` isn't optimised as a whole unless cargo is told that the
    /// `rlib` isn't wanted.
    fn arguments(&self) -> Vec<&str> {
        match self {
            Artifact::Library(_) | Artifact::Module(_) => vec!["--lib", "--crate-type", "cdylib"],
            Artifact::Program(name) => vec!["--bin", name],
        }
    }

    /// To the optimiser: at the profile's level it inlines next to nothing, so that a loop is a
    /// call for each of its steps. With this it is 2 % larger, and a whole sync takes some
    /// fifth less CPU. To the linker: otherwise every address in a module takes five bytes, however
    /// small it is.
    fn rustc_arguments(&self) -> &'static [&'static str] {
        match self {
            Artifact::Library(_) | Artifact::Program(_) => &["-C", "llvm-args=-inline-threshold=15"],
            Artifact::Module(_) => {
                &["-C", "llvm-args=-inline-threshold=15", "-C", "link-arg=--compress-relocations"]
            }
        }
    }

    /// As cargo names the file.
    fn file(&self) -> String {
        match self {
            Artifact::Library(name) | Artifact::Module(name) => format!("{}.wasm", name.replace('-', "_")),
            Artifact::Program(name) => format!("{name}.wasm"),
        }
    }
}

impl Component<'_> {
    /// Builds it in the workspace at `root`, and gives a copy's path: the next build of the
    /// package, with other features, overwrites what cargo leaves.
    pub fn build(&self, root: &Path) -> PathBuf {
        // Not the directory that the cargo above us has locked.
        let target_dir = target_dir().join("component");
        let _one_at_a_time = lock(&target_dir);
        let target = self.artifact.target();
        if !is_installed(target) {
            install(target);
        }
        let mut build = Command::new(variable("CARGO"));
        build
            .args(["rustc", "--profile", PROFILE, "--locked", "--package", self.package, "--target", target])
            .args(self.artifact.arguments())
            .args(["--features", &self.features.join(",")])
            .arg("--manifest-path")
            .arg(root.join("Cargo.toml"))
            .arg("--target-dir")
            .arg(&target_dir);
        if !self.default_features {
            build.arg("--no-default-features");
        }
        build.arg("--").args(self.artifact.rustc_arguments());
        forget_outer_build(&mut build);
        build.env("CARGO_ENCODED_RUSTFLAGS", without_this_machines_paths().join("\u{1f}"));
        match build.status() {
            Ok(status) if status.success() => {}
            Ok(_) => fail(&format!("{} doesn't compile: see above", self.package)),
            Err(error) => fail(&format!("cargo can't be started: {error}")),
        }
        let file = self.artifact.file();
        let built = target_dir.join(target).join(PROFILE).join(&file);
        let which = if self.default_features { "default" } else { "no-default" };
        let name = [&[target, which], self.features, &[file.as_str()]].concat().join("-");
        let component = PathBuf::from(variable("OUT_DIR")).join(name);
        match fs::copy(&built, &component) {
            Ok(_) => component,
            Err(error) => fail(&format!("the build left no component at {}: {error}", built.display())),
        }
    }
}

/// Cargo runs build scripts side by side, and neither rustup nor a copy of what cargo built expects
/// that.
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

fn is_installed(target: &str) -> bool {
    let printed =
        Command::new(variable("RUSTC")).args(["--print", "target-libdir", "--target", target]).output();
    printed.is_ok_and(|output| {
        output.status.success() && Path::new(String::from_utf8_lossy(&output.stdout).trim()).is_dir()
    })
}

fn install(target: &str) {
    let mut rustup = Command::new("rustup");
    rustup.args(["target", "add", target]);
    let toolchain = env::var("RUSTUP_TOOLCHAIN").ok();
    if let Some(toolchain) = &toolchain {
        rustup.args(["--toolchain", toolchain]);
    }
    if !rustup.status().is_ok_and(|status| status.success()) {
        let toolchain = toolchain.map_or(String::new(), |name| format!(" --toolchain {name}"));
        fail(&format!(
            "the connector is built for {target}, which this Rust toolchain lacks, and rustup could not add it. Run\n\n    \
             rustup target add {target}{toolchain}\n\nor install the standard library for {target} from where your Rust \
             comes from"
        ));
    }
}

/// Flags, wrappers (clippy's), targets and profiles are meant for the host's build. What says where
/// crates come from is kept.
fn forget_outer_build(command: &mut Command) {
    const KEPT: [&str; 6] =
        ["CARGO_HOME", "CARGO_NET_", "CARGO_HTTP_", "CARGO_REGISTR", "CARGO_SOURCE_", "CARGO_TERM_"];
    const FORGOTTEN: [&str; 5] =
        ["RUSTFLAGS", "RUSTDOCFLAGS", "RUSTC_WRAPPER", "RUSTC_WORKSPACE_WRAPPER", "MAKEFLAGS"];
    for (name, _) in env::vars_os() {
        let Some(name) = name.to_str() else { continue };
        let of_cargo = name.starts_with("CARGO") && !KEPT.iter().any(|kept| name.starts_with(kept));
        if of_cargo || FORGOTTEN.contains(&name) {
            command.env_remove(name);
        }
    }
}

/// Panics name their places. Where this machine keeps the sources of crates is nobody's business,
/// and each place would be longer by it.
fn without_this_machines_paths() -> Vec<String> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| env::home_dir().map(|home| home.join(".cargo"))).unwrap_or_default();
    let registries = fs::read_dir(home.join("registry/src")).into_iter().flatten().flatten();
    registries.map(|registry| format!("--remap-path-prefix={}/=", registry.path().display())).collect()
}

fn variable(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| fail(&format!("cargo sets no {name}")))
}

pub fn fail(message: &str) -> ! {
    eprintln!("error: {message}");
    exit(1);
}
