//! JSON Lines that are compressed while they are written, because the name of the output ends in `.zst`.

use super::setup::{MockAndFolder, run_and_kill};
use super::{assert_exit, formats, has, names, text, written};
use std::fs::{self, OpenOptions};
use std::io::{Read, Write};
use std::path::Path;

const PACKED: [&str; 4] = ["--format", "jsonl", "--output", "out.jsonl.zst"];
const RESUMABLE: [&str; 6] = ["--format", "jsonl", "--output", "out.jsonl.zst", "--cursor-file", "cursor"];

/// Unpacks the first frame of a file, which has to be the only one: many readers don't go on behind it.
fn unpacked(file: &Path) -> String {
    let packed = fs::read(file).unwrap();
    let mut decoder = zstd::Decoder::with_buffer(packed.as_slice()).unwrap().single_frame();
    let mut unpacked = String::new();
    decoder.read_to_string(&mut unpacked).unwrap();
    assert!(decoder.finish().is_empty(), "more than one frame");
    unpacked
}

#[test]
fn it_is_the_same_text_in_one_frame() {
    let setup = MockAndFolder::company();
    let expected = fs::read_to_string(setup.undisturbed("jsonl")).unwrap();
    assert_exit(&setup.sync(&PACKED).output().unwrap(), 0);
    assert!(unpacked(&setup.path("out.jsonl.zst")) == expected, "the texts differ");
    assert!(fs::metadata(setup.path("out.jsonl.zst")).unwrap().len() * 5 < expected.len() as u64);
}

#[test]
fn what_is_not_compressed_takes_no_name_that_says_so() {
    let setup = MockAndFolder::company();
    let syncs = formats().into_iter().chain(["html"]).filter(|format| *format != "jsonl");
    let syncs = syncs.map(|format| vec!["sync", "--format", format, "--output", "out.ZST"]);
    for arguments in syncs.chain([vec!["review", "--output", "out.html.zst"]]) {
        let output = setup.command(&arguments).output().unwrap();
        assert_exit(&output, 2);
        has(text(&output.stderr), &["--output ends in .zst, and only the lines of sync --format jsonl"]);
    }
    assert_eq!(setup.mock.request_count(), 0);
    assert!(names(setup.place.path()).is_empty());
}

#[cfg(unix)]
#[test]
fn a_pipe_gets_it_page_by_page_too() {
    let setup = MockAndFolder::company();
    let expected = fs::read_to_string(setup.undisturbed("jsonl")).unwrap();
    let pipe = setup.path("pipe.zst");
    rustix::fs::mknodat(
        rustix::fs::CWD,
        &pipe,
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR,
        0,
    )
    .unwrap();
    let mut process = setup.sync(&["--format", "jsonl", "--output", "pipe.zst"]).spawn().unwrap();
    let packed = fs::read(&pipe).unwrap();
    assert!(process.wait().unwrap().success());
    fs::write(setup.path("copy"), packed).unwrap();
    assert!(unpacked(&setup.path("copy")) == expected, "the texts differ");
}

#[test]
fn many_killed_processes_write_what_one_would_have() {
    let setup = MockAndFolder::new();
    let expected = fs::read_to_string(setup.undisturbed("jsonl")).unwrap();
    let mut processes = 1;
    while run_and_kill(setup.sync(&RESUMABLE), &setup.path("cursor"), 1 + processes % 3).is_none() {
        if setup.path("out.jsonl.zst").exists() {
            break;
        }
        processes += 1;
        // It was killed while it wrote a frame.
        let mut partial = OpenOptions::new().append(true).open(setup.path("out.jsonl.zst.partial")).unwrap();
        partial.write_all(b"\x28\xb5\x2f\xfdhalf a frame").unwrap();
    }
    assert!(processes > 3, "only {processes} processes");
    let synced = unpacked(&setup.path("out.jsonl.zst"));
    for (line, (ours, theirs)) in synced.lines().zip(expected.lines()).enumerate() {
        assert_eq!(ours, theirs, "in line {line}");
    }
    assert_eq!(synced.len(), expected.len());
    let left: Vec<String> =
        names(setup.place.path()).into_iter().filter(|name| name.contains("partial")).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_sync_that_is_not_compressed_does_not_go_on_in_a_compressed_one() {
    let setup = MockAndFolder::new();
    assert!(run_and_kill(setup.sync(&RESUMABLE), &setup.path("cursor"), 2).is_none());
    let output = setup
        .sync(&["--format", "jsonl", "--output", "out.jsonl", "--cursor-file", "cursor"])
        .output()
        .unwrap();
    assert_exit(&output, 2);
    has(text(&output.stderr), &["belongs to another sync: one with an --output that ends in .zst"]);
}

#[test]
fn names_are_read_out_of_it() {
    let setup = MockAndFolder::company();
    assert_exit(&setup.sync(&PACKED).output().unwrap(), 0);
    let output = setup.command(&["get", "app:Payroll", "--names", "out.jsonl.zst"]).output().unwrap();
    assert_exit(&output, 0);
    assert!(written(&output).contains("Payroll"), "{}", written(&output));
    // Half of it is told from all of it.
    let packed = fs::read(setup.path("out.jsonl.zst")).unwrap();
    fs::write(setup.path("half.zst"), &packed[..packed.len() / 2]).unwrap();
    let output = setup.command(&["get", "app:Payroll", "--names", "half.zst"]).output().unwrap();
    assert_exit(&output, 2);
    has(text(&output.stderr), &["--names: half.zst can't be read"]);
}
