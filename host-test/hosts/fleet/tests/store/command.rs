//! `fleet read`, as its user runs it.

use fleet::store::{Digest, Manifest, Store};
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

/// Writes a complete run of account `a` with two pages.
async fn write(store: &Path, run: &str, incomplete: bool) {
    let (account, name) = ("a".to_owned(), run.to_owned());
    let run = Store::open(store.to_str().unwrap()).unwrap().run(&account, run);
    let digest = run.put_page(0, format!("{{\"run\":\"{name}\"}}\n").as_bytes(), &Digest::default()).await;
    let digest = run.put_page(1, b"{\"last\":true}\n", &digest.unwrap()).await.unwrap();
    let manifest = Manifest { account, run: name, pages: 2, digest, incomplete, ..Manifest::default() };
    run.complete(manifest).await.unwrap();
}

fn read(store: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fleet"));
    command.arg("read").args(arguments).arg("--store").arg(store).output().unwrap()
}

/// Checks the exit code, and returns what was written to standard output and to standard error.
fn told(output: Output, code: i32) -> (String, String) {
    let [out, error] = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
    assert_eq!(output.status.code(), Some(code), "{error}");
    (out, error)
}

#[tokio::test]
async fn the_records_of_the_newest_run_or_of_another_are_written() {
    let place = tempfile::tempdir().unwrap();
    write(place.path(), "1", false).await;
    write(place.path(), "2", false).await;
    let (newest, other) = ("{\"run\":\"2\"}\n{\"last\":true}\n", "{\"run\":\"1\"}\n{\"last\":true}\n");
    assert_eq!(told(read(place.path(), &["a"]), 0), (newest.to_owned(), String::new()));
    assert_eq!(told(read(place.path(), &["a", "--run", "1"]), 0), (other.to_owned(), String::new()));
    let file = place.path().join("records.jsonl");
    let output = read(place.path(), &["a", "--output", file.to_str().unwrap()]);
    assert_eq!(told(output, 0), (String::new(), String::new()));
    assert_eq!(fs::read_to_string(file).unwrap(), newest);
}

#[tokio::test]
async fn data_that_is_missing_has_an_exit_code_of_its_own() {
    let place = tempfile::tempdir().unwrap();
    write(place.path(), "1", true).await;
    let (records, warning) = told(read(place.path(), &["a"]), 6);
    assert!(records.ends_with("{\"last\":true}\n"), "{records}");
    assert!(warning.starts_with("warning: data is missing"), "{warning}");
}

#[tokio::test]
async fn a_run_that_is_damaged_or_not_there_leaves_no_record() {
    let place = tempfile::tempdir().unwrap();
    write(place.path(), "1", false).await;
    fs::remove_file(place.path().join("a/1/000001.jsonl.zst")).unwrap();
    let file = place.path().join("records.jsonl");
    fs::write(&file, "of before\n").unwrap();
    for (arguments, code, error) in [
        (&["a"][..], 1, "page 1 of a/1 is missing"),
        (&["a", "--output", file.to_str().unwrap()], 1, "page 1 of a/1 is missing"),
        (&["a", "--run", "2"], 1, "the run a/2 isn't complete"),
        (&["b"], 1, "b has no complete run"),
        (&["../a"], 2, "\"../a\" can't be a name"),
    ] {
        let (records, told) = told(read(place.path(), arguments), code);
        assert_eq!(records, "", "{arguments:?}");
        assert!(told.starts_with(&format!("error: {error}")), "{arguments:?}: {told}");
    }
    assert_eq!(fs::read_to_string(file).unwrap(), "of before\n");
    let told = told(read(Path::new("http://host/a"), &["a"]), 2).1;
    assert!(told.contains("can't be a store"), "{told}");
}
