//! Keeps the compiled component: compiling takes about a second, loading a millisecond.
//!
//! A compiled component is machine code that runs with all rights of this process, so a file is
//! loaded only if nobody else can have written it. If anything goes wrong here, the component is
//! compiled instead.
//!
//! wasmtime has a cache of its own (`Config::cache`). It is not used, for two reasons: it loads each
//! file that it finds under the right name, whoever wrote it; and its feature compiles zstd, which
//! is C, and a worker that rewrites old entries.

use sha2::{Digest, Sha256};
use std::fs::DirEntry;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;
use wasmtime::Engine;
use wasmtime::component::Component;

/// The place of compiled components.
#[derive(Clone, Debug)]
pub enum Cache {
    /// No place: each [`Host`](crate::Host) compiles its component.
    Off,
    /// This directory. It is made if it is missing, for nobody but its owner.
    Directory(PathBuf),
}

/// The use that a [`Host`](crate::Host) had of the cache.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CacheOutcome {
    /// The component was loaded.
    Loaded,
    /// The component was compiled, and kept for the next time.
    Kept,
    /// The component was compiled. It couldn't be kept, or the file that was kept couldn't be
    /// trusted; the text is the reason.
    Unusable(String),
    /// The component was compiled; there is no cache.
    Off,
}

impl Default for Cache {
    /// The directory `iga-connector-host` in the user's cache directory.
    fn default() -> Self {
        match dirs::cache_dir() {
            Some(caches) => Cache::Directory(caches.join("iga-connector-host")),
            None => Cache::Off,
        }
    }
}

impl Cache {
    /// Loads the component, or compiles it and keeps it.
    pub(crate) fn compile(
        &self,
        engine: &Engine,
        component: &[u8],
    ) -> wasmtime::Result<(Component, CacheOutcome)> {
        let Cache::Directory(directory) = self else {
            return Ok((Component::from_binary(engine, component)?, CacheOutcome::Off));
        };
        let path = directory.join(file_name(engine, component));
        let unusable = match load(engine, directory, &path) {
            Ok(Some(component)) => return Ok((component, CacheOutcome::Loaded)),
            Ok(None) => None,
            Err(reason) => Some(reason),
        };
        let component = Component::from_binary(engine, component)?;
        let kept = component.serialize().and_then(|compiled| Ok(keep(directory, &path, &compiled)?));
        let outcome = match (unusable, kept) {
            (None, Ok(())) => CacheOutcome::Kept,
            (Some(reason), _) => CacheOutcome::Unusable(reason.to_string()),
            (None, Err(reason)) => CacheOutcome::Unusable(reason.to_string()),
        };
        if let CacheOutcome::Unusable(reason) = &outcome {
            tracing::debug!(?directory, reason, "the compiled component is not cached");
        }
        Ok((component, outcome))
    }
}

/// A name for each pair of a component and a wasmtime; another version or configuration of wasmtime
/// counts as another one.
fn file_name(engine: &Engine, component: &[u8]) -> String {
    let mut compatibility = DefaultHasher::new();
    engine.precompile_compatibility_hash().hash(&mut compatibility);
    let digest: String = Sha256::digest(component).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{digest}-{:016x}.cwasm", compatibility.finish())
}

fn load(engine: &Engine, directory: &Path, path: &Path) -> io::Result<Option<Component>> {
    match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
        Ok(_) => {}
    }
    owner::only_ours(directory)?;
    owner::only_ours(path)?;
    let compiled = std::fs::read(path)?;
    // SAFETY: only this user can have written the file, and `keep` writes the output of
    // `Component::serialize` there. wasmtime refuses the output of another version or configuration.
    match unsafe { Component::deserialize(engine, compiled) } {
        Ok(component) => Ok(Some(component)),
        // The file is damaged: the next `keep` replaces it.
        Err(error) => {
            tracing::debug!(?path, "a cached component can't be loaded: {error:#}");
            Ok(None)
        }
    }
}

fn keep(directory: &Path, path: &Path, compiled: &[u8]) -> io::Result<()> {
    owner::make_private(directory)?;
    owner::only_ours(directory)?;
    // A reader finds the whole file or none. A temporary file has no other readers from the start.
    let mut file = tempfile::NamedTempFile::new_in(directory)?;
    file.write_all(compiled)?;
    file.persist(path)?;
    drop_old(directory);
    Ok(())
}

/// Removes files that are older than a month. Each new version of a component leaves the file of
/// the version before, which nothing else removes.
fn drop_old(directory: &Path) {
    const KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);
    let old = |entry: &DirEntry| {
        let written = entry.metadata().and_then(|metadata| metadata.modified()).ok();
        written.and_then(|written| written.elapsed().ok()).is_some_and(|age| age > KEPT)
    };
    let Ok(entries) = std::fs::read_dir(directory) else { return };
    let compiled = |entry: &DirEntry| entry.path().extension().is_some_and(|extension| extension == "cwasm");
    for entry in entries.flatten().filter(|entry| compiled(entry) && old(entry)) {
        if let Err(error) = std::fs::remove_file(entry.path()) {
            tracing::debug!(path = ?entry.path(), %error, "an old compiled component can't be removed");
        }
    }
}

#[cfg(unix)]
mod owner {
    use std::fs::{DirBuilder, symlink_metadata};
    use std::io;
    use std::os::unix::fs::{DirBuilderExt, MetadataExt};
    use std::path::Path;

    /// Makes the directory for nobody but its owner. An existing directory stays as it is.
    pub(super) fn make_private(directory: &Path) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(directory)
    }

    /// Fails unless the path is a file or a directory of this user that nobody else can write to.
    pub(super) fn only_ours(path: &Path) -> io::Result<()> {
        const OTHERS_WRITE: u32 = 0o022;
        let metadata = symlink_metadata(path)?;
        let refuse = |why: &str| Err(io::Error::other(format!("{} {why}", path.display())));
        if metadata.is_symlink() {
            return refuse("is a symbolic link");
        }
        if metadata.uid() != rustix::process::geteuid().as_raw() {
            return refuse("belongs to another user");
        }
        if metadata.mode() & OTHERS_WRITE != 0 {
            return refuse("can be written by others");
        }
        Ok(())
    }
}

/// On other systems the writers of a file aren't known, so nothing is loaded or kept.
#[cfg(not(unix))]
mod owner {
    use std::io;
    use std::path::Path;

    pub(super) fn make_private(_directory: &Path) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(super) fn only_ours(_path: &Path) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;

    /// The smallest component: an empty one.
    const EMPTY: &[u8] = b"\0asm\x0d\0\x01\0";

    struct Place {
        _above: tempfile::TempDir,
        directory: PathBuf,
        engine: Engine,
    }

    impl Place {
        fn new() -> Place {
            let above = tempfile::tempdir().unwrap();
            Place { directory: above.path().join("cache"), _above: above, engine: Engine::default() }
        }

        fn compile(&self) -> CacheOutcome {
            let cache = Cache::Directory(self.directory.clone());
            cache.compile(&self.engine, EMPTY).unwrap().1
        }

        fn file(&self) -> PathBuf {
            self.directory.join(file_name(&self.engine, EMPTY))
        }

        fn set_mode(path: &Path, mode: u32) {
            fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
        }

        fn is_unusable_because(&self, reason: &str) -> bool {
            matches!(self.compile(), CacheOutcome::Unusable(why) if why.contains(reason))
        }
    }

    #[test]
    fn the_second_time_it_is_loaded() {
        let place = Place::new();
        assert_eq!(place.compile(), CacheOutcome::Kept);
        assert_eq!(place.compile(), CacheOutcome::Loaded);
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&place.directory), 0o700);
        assert_eq!(mode(&place.file()), 0o600);
    }

    #[test]
    fn another_configuration_has_another_file() {
        let place = Place::new();
        let mut config = wasmtime::Config::new();
        config.epoch_interruption(true);
        let other = Engine::new(&config).unwrap();
        assert_ne!(file_name(&place.engine, EMPTY), file_name(&other, EMPTY));
    }

    #[test]
    fn what_others_can_write_is_not_loaded() {
        let place = Place::new();
        place.compile();
        Place::set_mode(&place.file(), 0o620);
        assert!(place.is_unusable_because("written by others"));
        Place::set_mode(&place.file(), 0o600);
        Place::set_mode(&place.directory, 0o777);
        assert!(place.is_unusable_because("written by others"));
        Place::set_mode(&place.directory, 0o700);
        assert_eq!(place.compile(), CacheOutcome::Loaded);
    }

    #[test]
    fn nothing_is_put_where_others_can_write() {
        let place = Place::new();
        fs::create_dir(&place.directory).unwrap();
        Place::set_mode(&place.directory, 0o770);
        assert!(place.is_unusable_because("written by others"));
        assert!(!place.file().exists());
    }

    #[test]
    fn a_symbolic_link_is_not_followed() {
        let place = Place::new();
        place.compile();
        let elsewhere = place.directory.with_file_name("elsewhere.cwasm");
        fs::rename(place.file(), &elsewhere).unwrap();
        std::os::unix::fs::symlink(&elsewhere, place.file()).unwrap();
        assert!(place.is_unusable_because("symbolic link"));
    }

    #[test]
    fn what_belongs_to_another_user_is_not_loaded() {
        let place = Place::new();
        place.compile();
        if std::os::unix::fs::chown(place.file(), Some(65_534), None).is_err() {
            // Only root may give a file away. Everybody else takes root's directory as the other
            // user's.
            let theirs = owner::only_ours(Path::new("/")).unwrap_err().to_string();
            assert!(theirs.contains("another user"), "{theirs}");
            return;
        }
        assert!(place.is_unusable_because("another user"));
    }

    #[test]
    fn a_damaged_file_is_replaced() {
        let place = Place::new();
        place.compile();
        for damage in [&b""[..], b"not a component", &[0x7f; 4096]] {
            fs::write(place.file(), damage).unwrap();
            assert_eq!(place.compile(), CacheOutcome::Kept);
            assert_eq!(place.compile(), CacheOutcome::Loaded);
        }
    }

    #[test]
    fn what_was_not_written_for_a_month_goes() {
        let place = Place::new();
        place.compile();
        let [old, recent, other] =
            ["old.cwasm", "recent.cwasm", "old.txt"].map(|name| place.directory.join(name));
        let month = Duration::from_secs(31 * 24 * 60 * 60);
        for path in [&old, &recent, &other] {
            let file = fs::File::create(path).unwrap();
            if path != &recent {
                file.set_modified(std::time::SystemTime::now() - month).unwrap();
            }
        }
        fs::remove_file(place.file()).unwrap();
        assert_eq!(place.compile(), CacheOutcome::Kept);
        assert!(!old.exists() && recent.exists() && other.exists());
    }

    #[test]
    fn an_unwritable_place_is_no_failure() {
        let cache = Cache::Directory(PathBuf::from("/dev/null/cache"));
        let (_, outcome) = cache.compile(&Engine::default(), EMPTY).unwrap();
        assert!(matches!(outcome, CacheOutcome::Unusable(_)));
    }
}
