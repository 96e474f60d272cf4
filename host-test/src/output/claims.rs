//! The files of a command. No two outputs may be the same file, and no output may replace an input,
//! whatever the spelling of their paths.

use super::place::{Place, directory_of};
use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// A file or a directory that a command reads or writes.
pub struct Claim {
    /// The option that names it, for a message.
    name: &'static str,
    place: Place,
    role: Role,
    /// Other paths that it needs until it is complete.
    beside: Vec<PathBuf>,
}

/// The use that a command makes of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Read,
    Written,
    /// It is a directory, and is replaced with all that is in it.
    ReplacedAsDirectory,
}

impl Claim {
    /// Claims a file that is read.
    #[must_use]
    pub fn input(name: &'static str, place: Place) -> Claim {
        Claim { name, place, role: Role::Read, beside: Vec::new() }
    }

    /// Claims a file that is written, and the paths that it needs until it is complete.
    #[must_use]
    pub fn output(name: &'static str, place: Place, beside: Vec<PathBuf>) -> Claim {
        Claim { name, place, role: Role::Written, beside }
    }

    /// Claims a directory that is replaced, and the paths that it needs until it is complete.
    #[must_use]
    pub fn directory(name: &'static str, place: Place, beside: Vec<PathBuf>) -> Claim {
        Claim { name, place, role: Role::ReplacedAsDirectory, beside }
    }

    /// Says why two can't stand together. `None` if they can.
    fn clash(&self, other: &Claim) -> Option<String> {
        let (one, two) = (self.name, other.name);
        if self.role == Role::Read && other.role == Role::Read {
            return None;
        }
        if self.place.is_stdout() && other.place.is_stdout() {
            let reason = format!("{one} and {two} both go to standard output. Give one of them a file.");
            return (!is_null(Path::new("/dev/stdout"))).then_some(reason);
        }
        if self.place.is_stdout() || other.place.is_stdout() {
            return None;
        }
        if same(self.place.path(), other.place.path()) {
            if is_null(self.place.path()) {
                return None;
            }
            return Some(match (self.role, other.role) {
                (Role::Read, _) => replaces_input(two, one),
                (_, Role::Read) => replaces_input(one, two),
                _ => format!("{one} and {two} are the same file. Give each a file of its own."),
            });
        }
        self.covers(other).or_else(|| other.covers(self)).or_else(|| {
            let mut pairs = self.beside.iter().flat_map(|path| other.beside.iter().map(move |of| (path, of)));
            pairs.any(|(path, of)| same(path, of)).then(|| needed_by(one, two))
        })
    }

    /// Says how this one would overwrite the other, if it does.
    fn covers(&self, other: &Claim) -> Option<String> {
        let theirs = other.place.path();
        if self.role == Role::ReplacedAsDirectory && is_within(theirs, self.place.path()) {
            return Some(format!(
                "{} leads into the directory of {}, which is replaced as a whole. Give it another place.",
                other.name, self.name
            ));
        }
        let covered = self.beside.iter().any(|path| same(path, theirs) || is_within(theirs, path));
        covered.then(|| needed_by(other.name, self.name))
    }
}

fn replaces_input(output: &str, input: &str) -> String {
    format!("{output} would replace the file of {input}. Give it another place.")
}

fn needed_by(one: &str, other: &str) -> String {
    format!(
        "{one} leads to a file that {other} keeps beside its own until it is complete. Give it another place."
    )
}

/// Checks that no output overwrites another file of the same command.
///
/// # Errors
/// Returns a sentence that names the two options.
pub fn check_apart(claims: &[Claim]) -> Result<(), String> {
    let pairs =
        claims.iter().enumerate().flat_map(|(at, one)| claims[at + 1..].iter().map(move |two| (one, two)));
    match pairs.filter_map(|(one, two)| one.clash(two)).next() {
        Some(reason) => Err(reason),
        None => Ok(()),
    }
}

/// Whether two paths lead to the same file, or would if they were made. Symbolic links within them
/// are resolved already.
fn same(one: &Path, two: &Path) -> bool {
    match (inode(one), inode(two)) {
        (Some(one), Some(two)) => one == two,
        (None, None) => one == two || same_when_made(one, two),
        _ => false,
    }
}

fn same_when_made(one: &Path, two: &Path) -> bool {
    let (Some(name), Some(other)) = (one.file_name(), two.file_name()) else {
        return false;
    };
    let (directory, of_other) = (directory_of(one), directory_of(two));
    same(directory, of_other) && (name == other || is_one_name(directory, name, other))
}

/// Whether a path is somewhere below a directory.
fn is_within(path: &Path, directory: &Path) -> bool {
    path.ancestors().skip(1).any(|ancestor| same(ancestor, directory))
}

/// Whether a directory's file system takes two names for one, because of the case of letters or the
/// form of accents. The file system itself is asked, with a temporary directory.
fn is_one_name(directory: &Path, name: &OsStr, other: &OsStr) -> bool {
    let (folded, of_other) = (name.to_string_lossy().to_lowercase(), other.to_string_lossy().to_lowercase());
    if folded.is_ascii() && of_other.is_ascii() && folded != of_other {
        return false;
    }
    let Ok(place) = tempfile::tempdir_in(directory) else {
        // Nothing can be written there: the output will say so.
        return false;
    };
    File::create(place.path().join(name)).is_ok() && fs::symlink_metadata(place.path().join(other)).is_ok()
}

/// The device and the number of what is at a path.
#[cfg(unix)]
fn inode(path: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    fs::metadata(path).ok().map(|found| (found.dev(), found.ino()))
}

#[cfg(not(unix))]
fn inode(_path: &Path) -> Option<(u64, u64)> {
    None
}

/// Whether a path leads to the device that keeps nothing. Any number of outputs can go there.
#[cfg(unix)]
fn is_null(path: &Path) -> bool {
    use std::os::unix::fs::{FileTypeExt, MetadataExt};
    let device = |path: &Path| {
        fs::metadata(path).ok().filter(|found| found.file_type().is_char_device()).map(|found| found.rdev())
    };
    device(path).is_some_and(|found| Some(found) == device(Path::new("/dev/null")))
}

#[cfg(not(unix))]
fn is_null(_path: &Path) -> bool {
    false
}

#[cfg(all(test, unix))]
mod tests {
    use super::super::unfinished::all_beside;
    use super::*;
    use std::os::unix::fs::symlink;

    fn output(name: &'static str, path: &Path) -> Claim {
        let place = Place::find(path).unwrap();
        let beside = all_beside(place.path());
        Claim::output(name, place, beside)
    }

    fn said(one: Claim, two: Claim) -> String {
        check_apart(&[one, two]).unwrap_err()
    }

    #[test]
    fn one_file_is_known_by_each_of_its_names() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        fs::create_dir(root.join("a")).unwrap();
        fs::write(root.join("file"), "").unwrap();
        fs::hard_link(root.join("file"), root.join("a/hard")).unwrap();
        symlink("file", root.join("soft")).unwrap();
        symlink("a", root.join("b")).unwrap();
        symlink("a/new", root.join("dangling")).unwrap();
        for (one, two) in [
            ("file", "./file"),
            ("file", "a/../file"),
            ("file", "a/hard"),
            ("soft", "b/hard"),
            ("new", "./b/../new"),
            ("a/new", "b/new"),
            ("dangling", "b/new"),
        ] {
            let (one, two) = (root.join(one), root.join(two));
            let said = said(output("--output", &one), output("--stats", &two));
            assert!(said.contains("--output and --stats are the same file"), "{said}");
        }
        for (one, two) in [("file", "other"), ("new", "a/new"), ("x/new", "y/new"), ("out.json", "out")] {
            let (one, two) = (root.join(one), root.join(two));
            assert_eq!(check_apart(&[output("--output", &one), output("--stats", &two)]), Ok(()));
        }
        assert!(root.join("file").exists() && fs::read_dir(root).unwrap().count() == 5, "nothing was made");
    }

    #[test]
    fn what_grows_beside_and_what_is_within_is_taken_too() {
        let directory = tempfile::tempdir().unwrap();
        let (tables, root) = (directory.path().join("tables"), directory.path());
        let of_directory = || {
            let place = Place::find(&tables).unwrap();
            let beside = all_beside(place.path());
            Claim::directory("--output", place, beside)
        };
        for is_there in [false, true] {
            if is_there {
                fs::create_dir(&tables).unwrap();
                symlink("tables", root.join("link")).unwrap();
            }
            for path in
                ["tables/stats.json", "tables/a/b", "link/x"].into_iter().take(2 + usize::from(is_there))
            {
                let said = said(of_directory(), output("--stats", &root.join(path)));
                assert!(said.contains("--stats leads into the directory of --output"), "{said}");
            }
            for path in ["tables.partial", "tables.partial/x", "tables.previous", "tables.tables.partial"] {
                let said = said(output("--stats", &root.join(path)), of_directory());
                assert!(
                    said.contains("--stats leads to a file that --output keeps beside its own"),
                    "{said}"
                );
            }
        }
        let said = said(
            output("--output", &root.join("t")),
            Claim::input("--api-token-file", Place::find(&root.join("t")).unwrap()),
        );
        assert!(said.contains("--output would replace the file of --api-token-file"), "{said}");
    }

    #[test]
    fn the_null_device_takes_all() {
        let null = || output("--output", Path::new("/dev/null"));
        assert_eq!(check_apart(&[null(), null()]), Ok(()));
    }

    #[test]
    fn the_file_system_says_which_names_are_one() {
        let directory = tempfile::tempdir().unwrap();
        let folds = {
            fs::write(directory.path().join("probe"), "").unwrap();
            directory.path().join("PROBE").exists()
        };
        let is_one = |one: &str, two: &str| is_one_name(directory.path(), one.as_ref(), two.as_ref());
        assert_eq!(is_one("out.jsonl", "Out.jsonl"), folds);
        assert!(!is_one("out", "stats"));
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }
}
