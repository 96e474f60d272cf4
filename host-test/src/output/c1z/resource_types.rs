//! The resource types that a c1z's records refer to.

use cloudflare_zero_trust::contract::ResourceType;

/// The resource types of a connector, and the kinds that a sync reads.
#[derive(Clone, Debug, Default)]
pub struct ResourceTypes {
    /// All types, whether they are read or not: an entitlement names the types that can hold it.
    pub known: Vec<ResourceType>,
    /// The ids of the types that are read. Empty means all.
    pub kinds: Vec<String>,
}

impl ResourceTypes {
    /// Returns the types that are read.
    pub(super) fn read(&self) -> impl Iterator<Item = &ResourceType> {
        self.known.iter().filter(|of| self.kinds.is_empty() || self.kinds.contains(&of.id))
    }

    pub(super) fn find(&self, kind: &str) -> Option<&ResourceType> {
        self.known.iter().find(|of| of.id == kind)
    }
}
