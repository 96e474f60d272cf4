//! Makes a component of a core module.

use super::component::fail;
use std::fs;
use std::path::{Path, PathBuf};
use wit_component::ComponentEncoder;

/// Encodes the module as a component, and writes it beside the module. wit-bindgen has written the
/// module's imports and exports into the module.
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
