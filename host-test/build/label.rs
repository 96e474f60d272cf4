//! What a component says of itself to registries and tools: its name, description, licence, version and source.

use super::component::fail;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use wasm_metadata::{AddMetadata, AddMetadataField};

/// What differs between the components. The version, the licence and the source are the workspace's, in `Cargo.toml`.
pub struct Label {
    name: &'static str,
    description: &'static str,
}

pub const CONNECTOR: Label = Label {
    name: "cloudflare-zero-trust-connector",
    description: "Reads and changes who holds what in Cloudflare Zero Trust: a plugin for hosts of iga:connector",
};

pub const READER: Label = Label {
    name: "cloudflare-zero-trust-reader",
    description: "Reads who holds what in Cloudflare Zero Trust, and can't change it: a plugin for hosts of iga:connector",
};

pub const STANDALONE: Label = Label {
    name: "cloudflare-zero-trust",
    description: "Reads and changes who holds what in Cloudflare Zero Trust: a command line and an HTTP service",
};

impl Label {
    /// Writes the component with this label beside it.
    pub fn put_on(&self, component: &Path) -> PathBuf {
        let labelled = component.with_file_name(format!("{}.labelled.wasm", self.name));
        let put_on = || -> Result<(), Box<dyn Error>> {
            fs::write(&labelled, self.metadata()?.to_wasm(&fs::read(component)?)?)?;
            Ok(())
        };
        if let Err(error) = put_on() {
            fail(&format!("{} can't be labelled: {error:#}", component.display()));
        }
        labelled
    }

    fn metadata(&self) -> Result<AddMetadata, Box<dyn Error>> {
        let mut metadata = AddMetadata::default();
        metadata.name = AddMetadataField::Set(self.name.to_owned());
        metadata.description = AddMetadataField::Set(self.description.parse()?);
        metadata.licenses = AddMetadataField::Set(env!("CARGO_PKG_LICENSE").parse()?);
        metadata.version = AddMetadataField::Set(env!("CARGO_PKG_VERSION").parse()?);
        // Empty until the source is published.
        if !env!("CARGO_PKG_REPOSITORY").is_empty() {
            metadata.source = AddMetadataField::Set(env!("CARGO_PKG_REPOSITORY").parse()?);
        }
        Ok(metadata)
    }
}
