//! Runs in an object store. The page of a number is `<account>/<run>/<number>.jsonl.zst`. A run is there once
//! its `manifest.json` is.

mod digest;
mod error;
mod manifest;
mod place;
mod reader;
#[cfg(test)]
mod tests;

pub use digest::Digest;
pub use error::StoreError;
pub use manifest::{Connector, Manifest};
pub use reader::Reader;

use error::failed;
use futures::TryStreamExt;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// The compression of a page: more takes several times as long, for a tenth less.
const LEVEL: i32 = 3;
/// The object that makes a run visible.
const MANIFEST: &str = "manifest.json";
/// The end of the name of a page.
const PAGE: &str = ".jsonl.zst";

/// A store of runs.
#[derive(Clone)]
pub struct Store {
    objects: Arc<dyn ObjectStore>,
    base: Path,
    /// The directory, where it is one on this machine.
    directory: Option<PathBuf>,
}

/// One run of an account.
#[derive(Clone)]
pub struct Run {
    store: Store,
    account: String,
    run: String,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("base", &self.base).finish_non_exhaustive()
    }
}

impl Store {
    /// Opens `s3://BUCKET/PREFIX`, with the access that the variables `AWS_…` give, or a directory: a path,
    /// or `file:///PATH`. Nothing is asked or made yet.
    ///
    /// # Errors
    /// If the text names no such place, or if a variable that the place needs has no sense.
    pub fn open(url: &str) -> Result<Store, StoreError> {
        Store::open_with(url, std::env::vars_os())
    }

    /// Opens a store with the access that these variables give, and not those of the environment.
    ///
    /// # Errors
    /// Like [`Store::open`].
    pub fn open_with(
        url: &str,
        variables: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Store, StoreError> {
        place::open(url, variables)
    }

    /// Returns a run of an account, which may be one that begins.
    #[must_use]
    pub fn run(&self, account: &str, run: &str) -> Run {
        Run { store: self.clone(), account: account.to_owned(), run: run.to_owned() }
    }

    /// Returns the manifests of an account's complete runs, from the oldest to the newest.
    ///
    /// # Errors
    /// If the store can't be read, or a manifest in it isn't one.
    pub async fn runs(&self, account: &str) -> Result<Vec<Manifest>, StoreError> {
        let mut manifests = Vec::new();
        for run in self.folders(account).await? {
            manifests.extend(self.run(account, &run).manifest().await?);
        }
        Ok(manifests)
    }

    /// Opens a complete run of an account: this one, or else the newest.
    ///
    /// # Errors
    /// If there is none, or if it isn't as it was written.
    pub async fn read(&self, account: &str, run: Option<&str>) -> Result<Reader, StoreError> {
        let Some(run) = run else {
            for run in self.folders(account).await?.into_iter().rev() {
                let run = self.run(account, &run);
                if let Some(manifest) = run.manifest().await? {
                    return Reader::open(run, manifest).await;
                }
            }
            return Err(StoreError::NoRun { account: account.to_owned() });
        };
        let run = self.run(account, run);
        let Some(manifest) = run.manifest().await? else {
            return Err(StoreError::NotComplete { run: run.to_string() });
        };
        Reader::open(run, manifest).await
    }

    /// The folders of an account. Their names begin with the time, so the newest is the last.
    async fn folders(&self, account: &str) -> Result<Vec<String>, StoreError> {
        let prefix = self.base.clone().join(account);
        let listed = self.objects.list_with_delimiter(Some(&prefix)).await;
        let listed = listed.map_err(failed("listing", &prefix))?;
        let mut folders: Vec<_> =
            listed.common_prefixes.iter().filter_map(|path| Some(path.filename()?.to_owned())).collect();
        folders.sort_unstable();
        Ok(folders)
    }

    async fn get(&self, path: &Path) -> Result<Vec<u8>, object_store::Error> {
        Ok(self.objects.get(path).await?.bytes().await?.into())
    }
}

impl Run {
    /// Compresses and writes a page whole. One that comes again takes the place of the other. Returns the
    /// digest of this page and all before it.
    ///
    /// # Errors
    /// If it can't be written.
    pub async fn put_page(
        &self,
        number: u32,
        lines: &[u8],
        digest_before: &Digest,
    ) -> Result<Digest, StoreError> {
        let path = self.page(number);
        let compressed = zstd::encode_all(lines, LEVEL);
        let bytes =
            compressed.map_err(|error| StoreError::Compress { run: self.to_string(), number, error })?;
        let digest = digest_before.after(&bytes);
        self.store.objects.put(&path, bytes.into()).await.map_err(failed("writing", &path))?;
        Ok(digest)
    }

    /// Whether the pages from 0 on are there, as many as this.
    ///
    /// # Errors
    /// If the store can't be read.
    pub async fn has_pages(&self, count: u32) -> Result<bool, StoreError> {
        let pages = self.pages().await?;
        Ok((0..count).all(|number| pages.contains_key(&number)))
    }

    /// Makes the run visible. The caller says what it read; the version, the bytes and the number of all
    /// records are filled in here.
    ///
    /// # Errors
    /// If a page is missing, or if the manifest can't be written.
    pub async fn complete(&self, mut manifest: Manifest) -> Result<(), StoreError> {
        let pages = self.pages().await?;
        let mut sizes = Vec::new();
        for number in 0..manifest.pages {
            let Some(&size) = pages.get(&number) else {
                return Err(StoreError::Missing { run: self.to_string(), number });
            };
            sizes.push(size);
        }
        // Of a time before the run began again from its first page.
        for (&number, _) in pages.range(manifest.pages..) {
            self.delete(&self.page(number)).await?;
        }
        manifest.fill_in(sizes);
        let path = self.path(MANIFEST);
        let put = self.store.objects.put(&path, manifest.to_json().into()).await;
        put.map(|_| ()).map_err(failed("writing", &path))
    }

    /// Deletes what is older than this run: abandoned runs, and complete ones beyond the newest ones of the
    /// account, as many as this. Newer ones, and this one, stay.
    ///
    /// # Errors
    /// If the store can't be read, or something can't be deleted. The next run tries again.
    pub async fn clean(&self, keep: usize) -> Result<(), StoreError> {
        let mut complete = 0;
        for name in self.store.folders(&self.account).await?.into_iter().rev() {
            let run = self.store.run(&self.account, &name);
            let is_complete = run.has_manifest().await?;
            complete += usize::from(is_complete);
            if name < self.run && (!is_complete || complete > keep) {
                run.remove().await?;
            }
        }
        Ok(())
    }

    /// Removes the run: first the manifest, so that nobody begins to read what goes.
    async fn remove(&self) -> Result<(), StoreError> {
        self.delete(&self.path(MANIFEST)).await?;
        let folder = self.folder();
        let listed: Result<Vec<_>, _> = self.store.objects.list(Some(&folder)).try_collect().await;
        for object in listed.map_err(failed("listing", &folder))? {
            self.delete(&object.location).await?;
        }
        let Some(directory) = &self.store.directory else { return Ok(()) };
        // A process that was killed in the middle of a page leaves a file that no listing shows.
        let directory = directory.join(&self.account).join(&self.run);
        match tokio::fs::remove_dir_all(&directory).await {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(StoreError::Remove { directory, error })
            }
            _ => Ok(()),
        }
    }

    async fn delete(&self, path: &Path) -> Result<(), StoreError> {
        match self.store.objects.delete(path).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(failed("deleting", path)(error)),
        }
    }

    async fn has_manifest(&self) -> Result<bool, StoreError> {
        let path = self.path(MANIFEST);
        match self.store.objects.head(&path).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(failed("reading", &path)(error)),
        }
    }

    async fn manifest(&self) -> Result<Option<Manifest>, StoreError> {
        let path = self.path(MANIFEST);
        let bytes = match self.store.get(&path).await {
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            read => read.map_err(failed("reading", &path))?,
        };
        let manifest = Manifest::parse(&bytes, &self.account, &self.run);
        manifest.map(Some).map_err(|why| StoreError::Manifest { path: path.to_string(), why })
    }

    /// The pages that are there, with their sizes.
    async fn pages(&self) -> Result<BTreeMap<u32, u64>, StoreError> {
        let folder = self.folder();
        let listed: Result<Vec<_>, _> = self.store.objects.list(Some(&folder)).try_collect().await;
        let listed = listed.map_err(failed("listing", &folder))?;
        let of = |object: &object_store::ObjectMeta| {
            let number = object.location.filename()?.strip_suffix(PAGE)?.parse().ok()?;
            Some((number, object.size))
        };
        Ok(listed.iter().filter_map(of).collect())
    }

    fn page(&self, number: u32) -> Path {
        self.path(&format!("{number:06}{PAGE}"))
    }

    fn folder(&self) -> Path {
        self.store.base.clone().join(self.account.as_str()).join(self.run.as_str())
    }

    fn path(&self, name: &str) -> Path {
        self.folder().join(name)
    }
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.account, self.run)
    }
}
