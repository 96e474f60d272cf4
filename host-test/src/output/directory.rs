//! A directory of tables. It replaces an earlier sync's directory, and nothing else.

use super::place::{inherit, metadata, refused};
use super::unfinished::{open_locked, previous};
use cloudflare_zero_trust::output::csv;
use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// The directories of one format.
#[derive(Clone, Copy, Debug)]
pub struct Tables {
    /// The names of all files in a directory.
    pub(super) names: &'static [&'static str],
    /// The format, in a word for people.
    pub(super) of: &'static str,
}

/// The directories of CSV files.
pub const CSV: Tables = Tables { names: &csv::NAMES, of: "CSV" };

impl Tables {
    /// Returns the paths of the files in a directory.
    pub(super) fn files(self, directory: &Path) -> Vec<PathBuf> {
        self.names.iter().map(|name| directory.join(name)).collect()
    }

    /// The reason why a directory can't be put in this place, where that is plain from what is there.
    /// `None` if it can, or if the system doesn't let anybody look.
    #[must_use]
    pub fn refusal(self, place: &Path) -> Option<String> {
        let error = self.check_place(place).err()?;
        let is_of_place = matches!(
            error.kind(),
            ErrorKind::NotADirectory | ErrorKind::DirectoryNotEmpty | ErrorKind::InvalidInput
        );
        is_of_place.then(|| error.to_string())
    }

    /// Checks that a directory may be put in this place.
    pub(super) fn check_place(self, place: &Path) -> io::Result<()> {
        match metadata(place)? {
            None => Ok(()),
            Some(_) => self.check(place),
        }
    }

    /// Checks that a directory contains only an earlier sync's files, so that nothing of value is lost
    /// with it.
    pub(super) fn check(self, directory: &Path) -> io::Result<()> {
        if !fs::symlink_metadata(directory)?.is_dir() {
            return Err(refused(ErrorKind::NotADirectory, "it is no directory"));
        }
        for entry in fs::read_dir(directory)? {
            let entry = entry?;
            let is_ours =
                self.names.iter().any(|name| entry.file_name() == *name) && entry.file_type()?.is_file();
            if !is_ours {
                let of = self.of;
                let reason =
                    format!("it holds other things than an earlier sync's {of} files, and is not replaced");
                return Err(refused(ErrorKind::DirectoryNotEmpty, &reason));
            }
        }
        Ok(())
    }

    /// Removes a directory, if [`Tables::check`] lets it pass.
    pub(super) fn remove(self, directory: &Path) -> io::Result<()> {
        self.check(directory)?;
        for entry in fs::read_dir(directory)? {
            fs::remove_file(entry?.path())?;
        }
        fs::remove_dir(directory)
    }

    /// Removes an unfinished directory, unless another process is writing it. It may be missing.
    pub(super) fn remove_left(self, directory: &Path) -> io::Result<()> {
        if metadata(directory)?.is_none() {
            return Ok(());
        }
        self.check(directory)?;
        let locked: io::Result<Vec<_>> = self.files(directory).iter().map(|file| open_locked(file)).collect();
        let _locked = locked?;
        self.remove(directory)
    }

    /// Puts a directory in its place. An earlier one is moved aside first, because a directory can't be
    /// renamed to one that contains files. The new one gets its mode, and each file that of the earlier
    /// file.
    pub(super) fn replace(self, new: &Path, place: &Path) -> io::Result<()> {
        self.check_place(place)?;
        if !place.exists() {
            return fs::rename(new, place);
        }
        for (file, replaced) in self.files(new).iter().zip(self.files(place)) {
            inherit(&File::open(file)?, &replaced)?;
        }
        inherit_directory(new, place)?;
        let aside = previous(place);
        if aside.exists() {
            self.remove(&aside)?;
        }
        fs::rename(place, &aside)?;
        if let Err(error) = fs::rename(new, place) {
            fs::rename(&aside, place)?;
            return Err(error);
        }
        self.remove(&aside)
    }
}

#[cfg(unix)]
fn inherit_directory(new: &Path, place: &Path) -> io::Result<()> {
    inherit(&File::open(new)?, place)
}

/// Elsewhere a directory can't be opened, and has no mode.
#[cfg(not(unix))]
fn inherit_directory(_new: &Path, _place: &Path) -> io::Result<()> {
    Ok(())
}
