//! Makes a component of a core module.

use super::component::fail;
use std::fs;
use std::path::{Path, PathBuf};
use wit_component::ComponentEncoder;

/// The module as a component, beside it. What the module imports and exports stands in it, as
/// wit-bindgen wrote it there.
pub fn plugin(module: &Path) -> PathBuf {
    let component = module.with_extension("component.wasm");
    let encode = || -> Result<(), Box<dyn std::error::Error>> {
        let mut encoder = ComponentEncoder::default().validate(true).module(&fs::read(module)?)?;
        fs::write(&component, encoder.encode()?)?;
        Ok(())
    };
    if let Err(error) = encode() {
        fail(&format!("{} can't be made a component: {error:#}", module.display()));
    }
    component
}
