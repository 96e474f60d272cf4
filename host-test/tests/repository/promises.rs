//! Every promise of the security page names a test that exists.

use crate::read;
use std::collections::BTreeMap;

/// Tests by the files that they stand in, as the table of promises names them.
fn named_tests(page: &str) -> BTreeMap<&str, Vec<&str>> {
    let mut named: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let promises =
        page.lines().filter(|line| line.starts_with("| ")).filter_map(|line| line.rsplit(" | ").next());
    for cell in promises.filter(|cell| cell.contains(".rs`")) {
        let mut file = "";
        for word in cell.split('`').skip(1).step_by(2) {
            if word.ends_with(".rs") {
                file = word;
            } else {
                named.entry(file).or_default().push(word);
            }
        }
    }
    named
}

/// Whether a source has a test of this name.
fn has_test(source: &str, name: &str) -> bool {
    let Some(at) = source.find(&format!("fn {name}(")) else { return false };
    let attributes = source[..at].rsplit("\n\n").next().unwrap_or_default();
    attributes.contains("#[test") || attributes.contains("#[tokio::test")
}

#[test]
fn every_promise_has_its_test() {
    let page = read("SECURITY.md");
    let named = named_tests(&page);
    assert!(named.values().map(Vec::len).sum::<usize>() > 30, "the page lost its tests: {named:?}");
    for (file, tests) in named {
        let source = read(file);
        for test in tests {
            assert!(has_test(&source, test), "SECURITY.md names {test} of {file}, which has no such test");
        }
    }
}

#[test]
fn a_test_is_told_from_other_functions() {
    let source = "fn helper() {}\n\n#[test]\nfn a_promise() {\n    helper();\n}\n\n\
        #[tokio::test]\nasync fn another() {}\n";
    assert!(has_test(source, "a_promise") && has_test(source, "another"));
    assert!(!has_test(source, "helper") && !has_test(source, "a_prom") && !has_test(source, "gone"));
    let page = "| promise | test |\n|---|---|\n| A `word`, | `a.rs` `one` `two`, `b.rs` `three` |\n";
    assert_eq!(named_tests(page), BTreeMap::from([("a.rs", vec!["one", "two"]), ("b.rs", vec!["three"])]));
}
