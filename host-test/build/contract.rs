//! Makes a WebAssembly file of the contract, as registries keep WIT packages.

use super::component::fail;
use std::fs;
use std::path::{Path, PathBuf};
use wit_parser::Resolve;

/// Encodes the WIT package in a folder, with its comments, and returns the file's path and the
/// package's version.
pub fn package(folder: &Path) -> (PathBuf, String) {
    let file = PathBuf::from(super::component::variable("OUT_DIR")).join("contract.wasm");
    let encode = || -> Result<String, Box<dyn std::error::Error>> {
        let mut resolve = Resolve::default();
        let (package, _) = resolve.push_dir(folder)?;
        fs::write(&file, wit_component::encode(&resolve, package)?)?;
        let version = resolve.packages[package].name.version.as_ref();
        Ok(version.ok_or("the package has no version")?.to_string())
    };
    match encode() {
        Ok(version) => (file, version),
        Err(error) => fail(&format!("{} can't be encoded as a WIT package: {error:#}", folder.display())),
    }
}
