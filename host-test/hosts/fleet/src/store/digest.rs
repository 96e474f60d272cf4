//! The digest of a run's pages.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// The digest of the pages so far: SHA-256 over the digest before, in hexadecimal digits, and the SHA-256 of
/// the page as it is stored. So one value is enough to go on, and no page can be lost, cut or exchanged
/// unnoticed. Before the first page it is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Digest(String);

impl Digest {
    /// The digest with one more page.
    #[must_use]
    pub(super) fn after(&self, page: &[u8]) -> Digest {
        let chained = Sha256::new().chain_update(&self.0).chain_update(Sha256::digest(page)).finalize();
        Digest(chained.iter().map(|byte| format!("{byte:02x}")).collect())
    }
}
