//! The page of the review: its own tests in Chromium, once with made-up data and once with a review of the
//! mock, and whether the committed page is what its sources make.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The tests of the page that open the file that they are given.
const OF_ANY_FILE: [&str; 5] = ["access", "apply", "decisions", "print", "ways-in"];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("review")
}

/// Whether `host-test/hosts/install` has installed the packages and the browser. It says why if it couldn't
/// install the browser, and then the tests skip anywhere.
fn is_installed(with_browser: bool) -> bool {
    let missing = if !folder().join("node_modules/playwright-core").exists() {
        "the packages of the page of the review aren't installed: run host-test/hosts/install"
    } else if with_browser
        && std::env::var_os("CHROMIUM").is_none()
        && !Path::new("/usr/bin/chromium").exists()
    {
        if let Ok(why) = std::fs::read_to_string(folder().join("node_modules/.chromium-is-absent")) {
            eprintln!("skipped: host-test/hosts/install left out chromium: {}", why.trim());
            return false;
        }
        "/usr/bin/chromium isn't there: run host-test/hosts/install, or set CHROMIUM to its path"
    } else {
        return true;
    };
    assert!(std::env::var_os("HOSTS_REQUIRED").is_none(), "{missing}");
    eprintln!("skipped: {missing}");
    false
}

/// Runs a command in the page's folder, without variables that name an account.
fn run(command: &mut Command) {
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("CLOUDFLARE_"))
    {
        command.env_remove(name);
    }
    let done = command.current_dir(folder()).output().unwrap();
    let text = [done.stdout, done.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    assert!(done.status.success(), "{command:?}: {}\n{text}", done.status);
}

#[test]
fn the_page_is_what_its_sources_make() {
    if !is_installed(false) {
        return;
    }
    run(Command::new("node").args(["node_modules/typescript/bin/tsc", "--noEmit"]));
    run(Command::new("node").args(["node_modules/prettier/bin/prettier.cjs", "--check", "."]));
    run(Command::new("node").args(["build.mjs", "--check"]));
}

#[test]
fn the_page_passes_its_tests_with_made_up_data() {
    if is_installed(true) {
        run(Command::new("npm").args(["test", "--silent"]));
    }
}

#[test]
fn the_page_passes_its_tests_with_a_review_of_the_mock() {
    if !is_installed(true) {
        return;
    }
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("review.html");
    let program = env!("CARGO_BIN_EXE_host-test");
    run(Command::new(program).args(["review", "--mock", "--output"]).arg(&file));
    let tests = OF_ANY_FILE.map(|name| format!("tests/{name}.test.mjs"));
    run(Command::new("node").arg("--test").args(tests).env("REVIEW_HTML", &file).env("HOST_TEST", program));
}
