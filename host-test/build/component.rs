//! Builds a package of this workspace as a component. Each build script that needs a component
//! includes this file.

use std::env;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, exit};

/// The profile of the workspace for components.
const PROFILE: &str = "component";

/// A component to build.
pub struct Component<'a> {
    pub package: &'a str,
    pub artifact: Artifact<'a>,
    pub features: &'a [&'a str],
    pub default_features: bool,
    /// The directory in which it is built: cargo does one thing at a time in one.
    pub directory: &'a str,
}

/// The usual directory of components.
pub const DIRECTORY: &str = "component";

/// The artifact that is made of a package.
pub enum Artifact<'a> {
    /// A component, from the library of this name.
    #[allow(dead_code, reason = "this file is a part of two build scripts")]
    Library(&'a str),
    /// A core module, from the library of this name. It imports nothing for Rust's standard library,
    /// and has to be encoded as a component.
    #[allow(dead_code, reason = "this file is a part of two build scripts")]
    Module(&'a str),
    /// A component, from the program of this name.
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

    /// Cargo's arguments. A library that is also an `rlib` is optimised as a whole only if cargo is
    /// told to build no `rlib`.
    fn arguments(&self) -> Vec<&str> {
        match self {
            Artifact::Library(_) | Artifact::Module(_) => vec!["--lib", "--crate-type", "cdylib"],
            Artifact::Program(name) => vec!["--bin", name],
        }
    }

    /// The compiler's arguments. At the profile's level the optimiser inlines almost nothing, so that
    /// each step of a loop is a call. With the threshold the component is 2 % larger, and a whole
    /// sync takes 6 % less CPU. Without the linker's argument each address in a module takes five
    /// bytes, however small it is.
    fn rustc_arguments(&self) -> &'static [&'static str] {
        match self {
            Artifact::Library(_) | Artifact::Program(_) => &["-C", "llvm-args=-inline-threshold=15"],
            Artifact::Module(_) => {
                &["-C", "llvm-args=-inline-threshold=15", "-C", "link-arg=--compress-relocations"]
            }
        }
    }

    /// The name that cargo gives the file.
    fn file(&self) -> String {
        match self {
            Artifact::Library(name) | Artifact::Module(name) => format!("{}.wasm", name.replace('-', "_")),
            Artifact::Program(name) => format!("{name}.wasm"),
        }
    }
}

impl Component<'_> {
    /// Builds the component in the workspace at `root`, and returns the path of a copy. Cargo
    /// overwrites its own file when the package is built again with other features.
    pub fn build(&self, root: &Path) -> PathBuf {
        // The outer cargo has locked its own directory.
        let target = self.artifact.target();
        install(target);
        let target_dir = target_dir().join(self.directory);
        let _one_at_a_time = lock(&target_dir);
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
        build.env("CARGO_ENCODED_RUSTFLAGS", arguments_for_all_crates().join("\u{1f}"));
        // Without it, the builds of a package with different features have one file, and each later build
        // script builds all of them again.
        build.env("__CARGO_DEFAULT_LIB_METADATA", PROFILE);
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

/// Waits until nobody else is in here. Cargo runs build scripts side by side, but rustup and the copy of
/// a built file need one at a time.
fn lock(target_dir: &Path) -> File {
    let locked = fs::create_dir_all(target_dir).and_then(|()| {
        let file = File::create(target_dir.join(".build-script-lock"))?;
        file.lock()?;
        Ok(file)
    });
    locked.unwrap_or_else(|error| fail(&format!("{} can't be locked: {error}", target_dir.display())))
}

/// The target directory. Cargo puts a build script's output into
/// `<target>/<profile>/build/<package>-<hash>/out`.
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

/// Installs the standard library for a target, if it is missing.
fn install(target: &str) {
    let _one_at_a_time = lock(&target_dir().join(DIRECTORY));
    if is_installed(target) {
        return;
    }
    let mut rustup = Command::new("rustup");
    rustup.args(["target", "add", target]);
    let toolchain = env::var("RUSTUP_TOOLCHAIN").ok();
    if let Some(toolchain) = &toolchain {
        rustup.args(["--toolchain", toolchain]);
    }
    if !rustup.status().is_ok_and(|status| status.success()) {
        let toolchain = toolchain.map_or(String::new(), |name| format!(" --toolchain {name}"));
        fail(&format!(
            "the connector is built for {target}, which this Rust toolchain lacks, and rustup could not \
             add it. Run\n\n    rustup target add {target}{toolchain}\n\nor install the standard library \
             for {target} from where your Rust comes from"
        ));
    }
}

/// Removes the variables of the outer build: its flags, wrappers (clippy's), targets and profiles.
/// Variables that name the sources of crates are kept.
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

/// The compiler's arguments for all crates. With vectors, records are moved in larger pieces: the plugin
/// is 5 kB smaller. The others shorten the paths of crates. A panic names its place in a source file;
/// this machine's directories must not stand in a component, and they would make it larger.
fn arguments_for_all_crates() -> Vec<String> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| env::home_dir().map(|home| home.join(".cargo"))).unwrap_or_default();
    let registries = fs::read_dir(home.join("registry/src")).into_iter().flatten().flatten();
    let shortened = registries.map(|registry| format!("--remap-path-prefix={}/=", registry.path().display()));
    ["-Ctarget-feature=+simd128".to_owned()].into_iter().chain(shortened).collect()
}

pub fn variable(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| fail(&format!("cargo sets no {name}")))
}

pub fn fail(message: &str) -> ! {
    eprintln!("error: {message}");
    exit(1);
}
