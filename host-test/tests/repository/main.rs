//! The repository's promises about itself: its structure, its text, its dependencies, and the pages
//! that name tests.

mod contract;
mod dependencies;
mod pages;
mod promises;
mod source;
mod structure;
mod text;

use std::path::{Path, PathBuf};

fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &str) -> String {
    std::fs::read_to_string(top().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Returns the paths of the Rust files below a directory of the repository, in order.
fn rust_files(directory: &str) -> Vec<String> {
    files(directory, ".rs")
}

fn wit_files(directory: &str) -> Vec<String> {
    files(directory, ".wit")
}

fn files(directory: &str, ending: &str) -> Vec<String> {
    let (mut found, mut open) = (Vec::new(), vec![directory.to_owned()]);
    while let Some(directory) = open.pop() {
        let entries =
            std::fs::read_dir(top().join(&directory)).unwrap_or_else(|error| panic!("{directory}: {error}"));
        for entry in entries {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            let path = format!("{directory}/{name}");
            // Builds and packages of other tools aren't the repository's.
            let is_ours = !name.starts_with('.') && !matches!(name.as_str(), "target" | "node_modules");
            match entry.file_type().unwrap().is_dir() {
                true if is_ours => open.push(path),
                false if name.ends_with(ending) => found.push(path),
                _ => {}
            }
        }
    }
    found.sort();
    found
}
