//! The contract lists the words that the connector uses: each code of a warning, and each thing that an
//! error can be about.

use crate::{read, rust_files};
use cloudflare_zero_trust::model::{Missing, WarningCode};
use std::collections::{BTreeMap, BTreeSet};

/// Returns the connector's own code, file by file: no tests, no outputs, and not the service, whose
/// arguments are its own.
fn sources() -> Vec<(String, String)> {
    let is_core = |file: &String| {
        !["src/output/", "src/edge/", "src/command/"].iter().any(|room| file.starts_with(room))
            && !file.ends_with("tests.rs")
            && !file.contains("/tests/")
    };
    let files = rust_files("src").into_iter().filter(is_core);
    let without_tests = |file: &String| read(file).split("#[cfg(test)]\nmod ").next().unwrap().to_owned();
    files.map(|file| (file.clone(), without_tests(&file))).collect()
}

/// Returns the quoted words that follow `before` in a source.
fn words_behind<'a>(source: &'a str, before: &str) -> Vec<&'a str> {
    let behind = source.split(before).skip(1);
    behind.filter_map(|rest| rest.trim_start().strip_prefix('"')?.split('"').next()).collect()
}

/// Returns the comment above a field of a record, as one line.
fn comment(wit: &str, record: &str, field: &str) -> String {
    let record = wit.split(&format!("record {record} {{")).nth(1).expect(record);
    let above = record.split(&format!("\n        {field}: ")).next().unwrap();
    let lines: Vec<&str> = above.lines().rev().map_while(|line| line.trim().strip_prefix("/// ")).collect();
    lines.into_iter().rev().map(str::trim).collect::<Vec<_>>().join(" ")
}

#[test]
fn every_code_of_a_warning_is_in_the_contract_and_no_other() {
    let wit = read("wit/types.wit");
    let comment = comment(&wit, "warning", "code");
    let listed = comment.split("- `").skip(1).map(|line| {
        let (code, rest) = line.split_once("` (").expect("a code, and whether data is missing");
        (code, rest.split(" incomplete): ").next().unwrap())
    });
    let listed: BTreeMap<&str, &str> = listed.collect();
    let used = WarningCode::ALL.iter().map(|code| {
        let missing = match code.missing() {
            Missing::Always => "always",
            Missing::Never => "never",
            Missing::Sometimes => "sometimes",
        };
        (code.word(), missing)
    });
    assert_eq!(listed, used.collect());
}

#[test]
fn everything_that_an_error_can_be_about_is_in_the_contract() {
    let wit = read("wit/types.wit");
    let comment = comment(&wit, "error", "about");
    let listed: BTreeSet<&str> = comment.split('`').skip(1).step_by(2).collect();
    let mut used = BTreeSet::new();
    let sources = sources();
    for (_, source) in &sources {
        for before in [".about(", "Error::argument(", "Error::setting(", "kinds::asked("] {
            used.extend(words_behind(source, before));
        }
    }
    assert!(used.len() >= 8, "{used:?}");
    assert_eq!(used.difference(&listed).collect::<Vec<_>>(), [&""; 0], "the contract doesn't list these");
    let kinds = [
        "invalid-settings",
        "unauthenticated",
        "permission-denied",
        "invalid-argument",
        "invalid-cursor",
        "<kind>:<id>",
    ];
    let more: Vec<_> = listed.difference(&used).filter(|word| !kinds.contains(word)).collect();
    assert_eq!(more, [&""; 0], "no error is about these");
}
