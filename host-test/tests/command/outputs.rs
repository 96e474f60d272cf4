//! The forms of an output: no two are the same file, what is no plain file is written through or
//! refused, and what is replaced keeps its mode.

use super::setup::MockAndFolder;
use super::{assert_exit, formats, names, text, written};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Returns all plain files below a directory, with their content.
fn contents(directory: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(directory).unwrap() {
        let entry = entry.unwrap();
        match entry.file_type().unwrap() {
            kind if kind.is_dir() => found.extend(contents(&entry.path())),
            kind if kind.is_file() => {
                found.insert(entry.path(), fs::read(entry.path()).unwrap());
            }
            _ => {}
        }
    }
    found
}

/// Makes a folder with files, directories and links that lead to each other.
#[cfg(unix)]
fn tangled() -> MockAndFolder {
    use std::os::unix::fs::symlink;
    let setup = MockAndFolder::company();
    fs::create_dir_all(setup.path("a/b")).unwrap();
    fs::create_dir(setup.path("tables")).unwrap();
    fs::write(setup.path("old"), "of yesterday").unwrap();
    fs::write(setup.path("token"), host_test::mock::DEMO_TOKEN).unwrap();
    fs::hard_link(setup.path("old"), setup.path("a/hard")).unwrap();
    fs::hard_link(setup.path("token"), setup.path("a/token")).unwrap();
    for (link, target) in [
        ("to-a", "a"),
        ("to-old", "old"),
        ("to-new", "new"),
        ("a/b/to-new", "../../new"),
        ("to-tables", "tables"),
    ] {
        symlink(target, setup.path(link)).unwrap();
    }
    setup
}

#[cfg(unix)]
#[test]
fn no_two_outputs_are_the_same_file_whatever_the_spelling() {
    let setup = tangled();
    let absolute = setup.path("new");
    let jsonl = ["--format", "jsonl", "--output"];
    let cursor = ["--cursor-file", "cursor"];
    let same = "are the same file";
    let needs = "keeps beside its own until it is complete";
    let mut cases: Vec<(Vec<&str>, [&str; 2], &str)> = Vec::new();
    for (output, stats) in [
        ("new", "new"),
        ("new", "./new"),
        ("a/../new", "to-a/b/../../new"),
        ("new", absolute.to_str().unwrap()),
        ("to-new", "a/b/to-new"),
        ("old", "a/hard"),
        ("to-old", "to-a/hard"),
    ] {
        cases.push(([&jsonl[..], &[output, "--stats", stats]].concat(), ["--output", "--stats"], same));
    }
    for (output, stats, said) in
        [("new", "cursor", ["--stats", "--cursor-file"]), ("cursor", "stats", ["--output", "--cursor-file"])]
    {
        cases.push(([&jsonl[..], &[output, "--stats", stats], &cursor].concat(), said, same));
    }
    for stats in ["new.partial", "to-a/../new.partial"] {
        let arguments = [&jsonl[..], &["new", "--stats", stats], &cursor].concat();
        cases.push((arguments, ["--stats", "--output"], needs));
    }
    cases.push(([&jsonl[..], &["cursor.new"], &cursor].concat(), ["--output", "--cursor-file"], needs));
    for (output, stats) in [
        ("tables", "tables/stats.json"),
        ("tables", "to-tables/stats.json"),
        ("to-tables", "./tables/grants.csv"),
        ("none", "none/stats.json"),
    ] {
        let arguments = vec!["--format", "csv", "--output", output, "--stats", stats];
        cases.push((arguments, ["--stats", "--output"], "leads into the directory"));
    }
    cases.push((
        vec!["--format", "csv", "--output", "tables", "--stats", "tables.previous"],
        ["--stats", "--output"],
        needs,
    ));
    for (output, stats) in [("token", "stats"), ("a/token", "stats"), ("new", "token")] {
        let arguments = [&jsonl[..], &[output, "--stats", stats, "--api-token-file", "token"]].concat();
        let option = if stats == "token" { "--stats" } else { "--output" };
        let with_mock = [&arguments[..], &["--mock"]].concat();
        for arguments in [arguments, with_mock] {
            cases.push((arguments, [option, "--api-token-file"], "would replace the file of"));
        }
    }
    for arguments in [&["--stats", "-"][..], &["--stats", "/dev/stdout"], &["--output", "-", "--stats", "-"]]
    {
        cases.push((arguments.to_vec(), ["--stats", "the result"], "both go to standard output"));
    }
    #[cfg(feature = "c1z")]
    for name in ["new.partial-journal", "new.packed.partial"] {
        let arguments =
            vec!["--format", "c1z", "--output", "new", "--stats", name, "--cursor-file", "cursor"];
        cases.push((arguments, ["--stats", "--output"], needs));
    }

    let before = contents(setup.place.path());
    for (arguments, options, said) in cases {
        let output = setup.sync(&arguments).output().unwrap();
        assert_exit(&output, 2);
        let told = text(&output.stderr);
        assert!(told.contains(said), "{arguments:?}: {told}");
        assert!(options.iter().all(|option| told.contains(option)), "{arguments:?}: {told}");
        assert!(contents(setup.place.path()) == before, "{arguments:?} wrote something");
    }
    assert_eq!(setup.mock.request_count(), 0);
    // What only looks alike is two files.
    let arguments = [&jsonl[..], &["to-new", "--stats", "new.json"], &cursor].concat();
    assert_exit(&setup.sync(&arguments).output().unwrap(), 0);
}

/// Makes a special file. Returns false if this user may not.
#[cfg(unix)]
fn special(path: &Path, of: &[&str]) -> bool {
    let made = std::process::Command::new("mknod").arg(path).args(of).output().unwrap();
    made.status.success()
}

#[cfg(unix)]
#[test]
fn a_pipe_and_a_device_are_written_through() {
    use std::os::unix::fs::FileTypeExt;
    let setup = MockAndFolder::company();
    let expected = fs::read_to_string(setup.undisturbed("jsonl")).unwrap();
    assert!(special(&setup.path("pipe"), &["p"]));
    let piped = |arguments: &[&str]| {
        let (process, pipe) = (setup.sync(arguments).spawn().unwrap(), setup.path("pipe"));
        let reader = std::thread::spawn(move || fs::read_to_string(pipe).unwrap());
        assert_exit(&process.wait_with_output().unwrap(), 0);
        // The reader of a pipe that was replaced would wait forever.
        assert!(fs::symlink_metadata(setup.path("pipe")).unwrap().file_type().is_fifo());
        reader.join().unwrap()
    };
    assert!(piped(&["--format", "jsonl", "--output", "pipe"]) == expected, "the pipe got something else");
    let stats = piped(&["--format", "csv", "--output", "tables", "--stats", "pipe"]);
    assert!(serde_json::from_str::<serde_json::Value>(&stats).unwrap()["requests"].as_u64() > Some(0));

    if !special(&setup.path("null"), &["c", "1", "3"]) {
        return println!("skipped: only root can make a device");
    }
    let both = setup.sync(&["--format", "jsonl", "--output", "null", "--stats", "null"]).output().unwrap();
    assert_exit(&both, 0);
    assert!(fs::symlink_metadata(setup.path("null")).unwrap().file_type().is_char_device());
    assert!(names(setup.place.path()).iter().all(|name| !name.contains("partial")), "something is left");
}

#[cfg(unix)]
#[test]
fn what_can_not_be_written_through_is_refused_and_stays() {
    use std::os::unix::fs::FileTypeExt;
    let setup = MockAndFolder::company();
    assert!(special(&setup.path("pipe"), &["p"]));
    let _socket = std::os::unix::net::UnixListener::bind(setup.path("socket")).unwrap();
    let has_disk = special(&setup.path("disk"), &["b", "1", "250"]);
    let mut cases = vec![
        (vec!["--format", "csv", "--output", "pipe"], "--output: it leads to a stream"),
        (vec!["--format", "jsonl", "--output", "pipe", "--cursor-file", "cursor"], "--output: it leads to a"),
        (
            vec!["--format", "jsonl", "--output", "new", "--cursor-file", "pipe"],
            "--cursor-file: it leads to a",
        ),
        (vec!["--format", "jsonl", "--output", "new", "--cursor-file", "-"], "--cursor-file: it leads to a"),
        (
            vec!["--format", "jsonl", "--output", "-", "--cursor-file", "cursor"],
            "--cursor-file needs --output",
        ),
        (vec!["--format", "jsonl", "--output", "socket"], "--output: it leads to a socket"),
        (vec!["--stats", "socket"], "--stats: it leads to a socket"),
    ];
    #[cfg(feature = "c1z")]
    cases.extend([
        (vec!["--format", "c1z", "--output", "pipe"], "--output: it leads to a stream"),
        (vec!["--format", "c1z", "--output", "-"], "--format c1z needs --output"),
    ]);
    if has_disk {
        cases.push((vec!["--output", "disk"], "--output: it leads to a block device"));
    }
    for (arguments, said) in cases {
        let output = setup.sync(&arguments).output().unwrap();
        assert_exit(&output, 2);
        assert!(text(&output.stderr).contains(said), "{arguments:?}: {}", text(&output.stderr));
    }
    assert_eq!(setup.mock.request_count(), 0);
    let kind = |name: &str| fs::symlink_metadata(setup.path(name)).unwrap().file_type();
    assert!(kind("pipe").is_fifo() && kind("socket").is_socket());
    assert!(!has_disk || kind("disk").is_block_device());
    assert!(!setup.path("new").exists() && !setup.path("cursor").exists());
}

#[test]
fn what_is_there_and_is_of_another_kind_is_a_wrong_argument() {
    let setup = MockAndFolder::company();
    for folder in ["empty", "foreign"] {
        fs::create_dir(setup.path(folder)).unwrap();
    }
    fs::write(setup.path("foreign/thesis.txt"), "years of work").unwrap();
    fs::write(setup.path("file"), "years of work").unwrap();
    let before = contents(setup.place.path());
    let refused = |arguments: &[&str], said: &str| {
        let output = setup.command(arguments).output().unwrap();
        assert_exit(&output, 2);
        assert!(text(&output.stderr).contains(said), "{arguments:?}: {}", text(&output.stderr));
    };
    for format in formats().into_iter().chain(["html"]) {
        let sync = |output| ["sync", "--format", format, "--output", output];
        if matches!(format, "csv" | "parquet") {
            refused(&sync("file"), "--output: it is no directory");
            refused(&sync("foreign"), "--output: it holds other things than an earlier sync's");
            refused(&sync("."), "--output: it holds other things than an earlier sync's");
        } else {
            refused(&sync("empty"), "--output: it is a directory");
            refused(&sync("."), "--output: it is a directory");
        }
    }
    refused(&["sync", "--format", "jsonl", "--stats", "empty"], "--stats: it is a directory");
    refused(
        &["sync", "--format", "jsonl", "--output", "new", "--cursor-file", "empty"],
        "--cursor-file: it is a directory",
    );
    for output in [".", "empty", "foreign"] {
        refused(&["review", "--output", output], "--output: it is a directory");
    }
    refused(&["components", "--output", "file"], "--output: it is no directory");
    assert_eq!(setup.mock.request_count(), 0);
    assert!(contents(setup.place.path()) == before, "something was written");
    assert_eq!(names(setup.place.path()).len(), 3);
}

#[test]
fn a_hyphen_is_standard_output() {
    let setup = MockAndFolder::company();
    let shown = |arguments: &[&str]| {
        let output = setup.sync(arguments).output().unwrap();
        assert_exit(&output, 0);
        text(&output.stdout).to_owned()
    };
    let plain = shown(&["--format", "jsonl"]);
    assert!(shown(&["--format", "jsonl", "--output", "-"]) == plain);
    if cfg!(unix) {
        assert!(shown(&["--format", "jsonl", "--output", "/dev/stdout"]) == plain);
    }
    let stats = shown(&["--format", "jsonl", "--output", "out", "--stats", "-"]);
    assert!(serde_json::from_str::<serde_json::Value>(&stats).unwrap()["requests"].is_u64());
    assert!(setup.read("out") == plain);
    assert_eq!(names(setup.place.path()).len(), 1);
}

/// A file that is appended to stays as it was: the path leads to where standard output goes, and the file
/// isn't replaced behind the shell's back.
#[cfg(unix)]
#[test]
fn a_file_behind_standard_output_is_not_replaced() {
    let setup = MockAndFolder::company();
    fs::write(setup.path("log"), "before\n").unwrap();
    for (path, to_error) in [("/dev/stdout", false), ("log", false), ("/dev/stderr", true)] {
        fs::write(setup.path("log"), "before\n").unwrap();
        let log = fs::OpenOptions::new().append(true).open(setup.path("log")).unwrap();
        let mut command = setup.sync(&["--format", "jsonl", "--output", path]);
        let output = if to_error { command.stderr(log) } else { command.stdout(log) }.output().unwrap();
        assert_exit(&output, 0);
        let log = setup.read("log");
        assert!(log.starts_with("before\n{\"type\":"), "{path}: {}", written(&output));
        assert!(log.lines().count() > 50, "{path}");
    }
    // A descriptor of a plain file would be written from its beginning.
    let output = setup.sync(&["--format", "jsonl", "--output", "/dev/fd/0"]);
    let mut output = output;
    let output = output.stdin(fs::File::open(setup.path("log")).unwrap()).output().unwrap();
    assert_exit(&output, 2);
    assert!(text(&output.stderr).contains("open already"), "{}", text(&output.stderr));
}

#[cfg(unix)]
#[test]
fn what_is_replaced_keeps_its_mode_and_a_link_stays_a_link() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let setup = MockAndFolder::company();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    let set = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    for format in formats() {
        for resumes in [&[][..], &["--cursor-file", "cursor"]] {
            if format == "table" && !resumes.is_empty() {
                continue;
            }
            let link = format!("link-{format}-{}", resumes.len());
            let target = setup.path(&link.replace("link", "target"));
            symlink(target.file_name().unwrap(), setup.path(&link)).unwrap();
            let arguments =
                [&["--format", format, "--output", &link, "--stats", "stats"][..], resumes].concat();
            let sync = || assert_exit(&setup.sync(&arguments).output().unwrap(), 0);
            sync();
            let is_directory = target.is_dir();
            assert_eq!(mode(&target), if is_directory { 0o700 } else { 0o600 }, "{link}: a new one");
            let files: Vec<PathBuf> = match is_directory {
                true => names(&target).into_iter().map(|name| target.join(name)).collect(),
                false => vec![target.clone()],
            };
            let before = fs::read(&files[0]).unwrap();
            if is_directory {
                set(&target, 0o2750);
            }
            files.iter().for_each(|file| set(file, 0o640));
            set(&setup.path("stats"), 0o644);
            fs::write(&files[0], "of yesterday").unwrap();
            sync();
            assert_eq!(mode(&target), if is_directory { 0o2750 } else { 0o640 }, "{link}");
            assert!(files.iter().all(|file| mode(file) == 0o640), "{link}");
            assert_eq!(mode(&setup.path("stats")), 0o644);
            assert!(setup.path(&link).is_symlink());
            let after = fs::read(&files[0]).unwrap();
            assert!(after == before || (format == "c1z" && after.starts_with(b"C1ZF\0")), "{link}");
        }
    }
}

#[cfg(unix)]
#[test]
fn components_are_written_as_any_output() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let setup = MockAndFolder::company();
    let dist = setup.path("dist");
    let write = || setup.command(&["components"]).output().unwrap();
    assert_exit(&write(), 0);
    let [connector, reader] =
        ["connector", "reader"].map(|name| dist.join(format!("cloudflare-zero-trust-{name}.wasm")));
    fs::set_permissions(&connector, fs::Permissions::from_mode(0o604)).unwrap();
    assert_exit(&write(), 0);
    assert_eq!(fs::metadata(&connector).unwrap().permissions().mode() & 0o777, 0o604);
    assert_eq!(names(&dist).len(), 5);

    fs::remove_file(&reader).unwrap();
    symlink(connector.file_name().unwrap(), &reader).unwrap();
    let refused = write();
    assert_exit(&refused, 2);
    assert!(text(&refused.stderr).contains("are the same file"), "{}", text(&refused.stderr));
    fs::remove_file(&reader).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(&reader).unwrap();
    assert_exit(&write(), 2);
}
