//! Reading a complete run.

use super::error::failed;
use super::{Digest, Manifest, Run, StoreError};
use object_store::path::Path;
use sha2::{Digest as _, Sha256};

/// A complete run, all of whose pages are those that were written.
pub struct Reader {
    run: Run,
    manifest: Manifest,
    /// The SHA-256 of each page.
    pages: Vec<[u8; 32]>,
}

impl Reader {
    /// Reads all pages once, so that nothing of a run that is damaged at its end is given out.
    pub(super) async fn open(run: Run, manifest: Manifest) -> Result<Reader, StoreError> {
        let mut digest = Digest::default();
        let mut pages = Vec::new();
        for (number, &written) in (0..).zip(&manifest.sizes) {
            let page = get(&run, number, &run.page(number)).await?;
            let found = page.len() as u64;
            if found != written {
                return Err(StoreError::Size { run: run.to_string(), number, found, written });
            }
            digest = digest.after(&page);
            pages.push(Sha256::digest(&page).into());
        }
        if digest != manifest.digest {
            return Err(StoreError::Changed { run: run.to_string() });
        }
        Ok(Reader { run, manifest, pages })
    }

    /// The run's manifest.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Returns the lines of a page, or nothing after the last one.
    ///
    /// # Errors
    /// If the page has gone or changed since the reader was opened.
    pub async fn page(&self, number: u32) -> Result<Option<Vec<u8>>, StoreError> {
        let known = usize::try_from(number).ok().and_then(|number| self.pages.get(number));
        let Some(known) = known else { return Ok(None) };
        let page = get(&self.run, number, &self.run.page(number)).await?;
        if Sha256::digest(&page)[..] != known[..] {
            return Err(StoreError::ChangedNow { run: self.run.to_string(), number });
        }
        let run = || self.run.to_string();
        let lines = zstd::decode_all(page.as_slice());
        lines.map(Some).map_err(|error| StoreError::Decompress { run: run(), number, error })
    }
}

async fn get(run: &Run, number: u32, path: &Path) -> Result<Vec<u8>, StoreError> {
    match run.store.get(path).await {
        Err(object_store::Error::NotFound { .. }) => {
            Err(StoreError::Missing { run: run.to_string(), number })
        }
        read => read.map_err(failed("reading", path)),
    }
}
