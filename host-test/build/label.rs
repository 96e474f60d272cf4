//! The label of a component or of the contract for registries and tools: its name, description,
//! licence, version and source.

use super::component::fail;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use wasm_metadata::{AddMetadata, AddMetadataField};
use wasmparser::{Parser, Payload};

/// The part of a label that differs between the components. The licence and the source are the
/// workspace's, in `Cargo.toml`.
pub struct Label {
    name: &'static str,
    description: &'static str,
}

pub const CONNECTOR: Label = Label {
    name: "cloudflare-zero-trust-connector",
    description: "Reads and changes who holds what in Cloudflare Zero Trust: \
        a plugin for hosts of iga:connector",
};

pub const MANAGER: Label = Label {
    name: "cloudflare-zero-trust-manager",
    description: "Reads and changes who holds what in Cloudflare Zero Trust, brings people in, and removes \
        them: a plugin for hosts of iga:connector",
};

pub const READER: Label = Label {
    name: "cloudflare-zero-trust-reader",
    description: "Reads who holds what in Cloudflare Zero Trust, and can't change it: \
        a plugin for hosts of iga:connector",
};

pub const STANDALONE: Label = Label {
    name: "cloudflare-zero-trust",
    description: "Reads and changes who holds what in Cloudflare Zero Trust: \
        a command line and an HTTP service",
};

pub const CONTRACT: Label = Label {
    name: "iga:connector",
    description: "The contract between a governance platform and a connector: \
        who holds what, why, and how to change it",
};

/// The components' version, which is the workspace's. The contract has one of its own.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

impl Label {
    /// Writes the component with this label and version beside it.
    pub fn put_on(&self, component: &Path, version: &str) -> PathBuf {
        let labelled = component.with_file_name(format!("{}.labelled.wasm", self.name.replace(':', "-")));
        let put_on = || -> Result<(), Box<dyn Error>> {
            fs::write(&labelled, self.metadata(version)?.to_wasm(&without_names(&fs::read(component)?)?)?)?;
            Ok(())
        };
        if let Err(error) = put_on() {
            fail(&format!("{} can't be labelled: {error:#}", component.display()));
        }
        labelled
    }

    fn metadata(&self, version: &str) -> Result<AddMetadata, Box<dyn Error>> {
        let mut metadata = AddMetadata::default();
        metadata.name = AddMetadataField::Set(self.name.to_owned());
        metadata.description = AddMetadataField::Set(self.description.parse()?);
        metadata.licenses = AddMetadataField::Set(env!("CARGO_PKG_LICENSE").parse()?);
        metadata.version = AddMetadataField::Set(version.parse()?);
        // Empty until the source is published.
        if !env!("CARGO_PKG_REPOSITORY").is_empty() {
            metadata.source = AddMetadataField::Set(env!("CARGO_PKG_REPOSITORY").parse()?);
        }
        Ok(metadata)
    }
}

/// Removes the names of the component's parts, some 6 KiB that no host reads.
fn without_names(component: &[u8]) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut kept = Vec::with_capacity(component.len());
    let (mut depth, mut copied) = (0, 0);
    for payload in Parser::new(0).parse_all(component) {
        match payload? {
            Payload::Version { .. } => depth += 1,
            Payload::End(_) => depth -= 1,
            Payload::CustomSection(section) if depth == 1 && section.name() == "component-name" => {
                let (start, end) = (section.range().start, section.range().end);
                // A section's content follows its kind, one byte, and its length in groups of seven bits.
                let length = (usize::BITS - (end - start).leading_zeros()).div_ceil(7) as usize;
                kept.extend_from_slice(&component[copied..start - length - 1]);
                copied = end;
            }
            _ => {}
        }
    }
    kept.extend_from_slice(&component[copied..]);
    Ok(kept)
}
